"""Clusters in space and time: what started lately, and what gathered in the last 12 months."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
from scipy.spatial import cKDTree

from etl.marts.cluster_places import Places, Setting, number_areas, read_places
from etl.marts.cluster_rows import Rows, Story
from etl.marts.context import MartContext
from geo._threads import n_threads
from geo.scan import scan

CLASSES = ("all", "case")
# with fewer incidents nothing can be said
FEWEST_INCIDENTS = 10
SIGNIFICANT = 0.05
# a cluster wider than this names no place to go to
RADIUS_M = 500.0
MAX_SHARE = 0.25
# a scan of more incidents looks at an even sample of about so many
MOST_INCIDENTS = {"district": 200_000, "station": 10_000}
REPLICATIONS = {"prospective": (99, 999), "retrospective": (99, 199)}
# a scan stops once so many random rearrangements were as likely: then p is known to be large
STOP_AFTER = 10
# zones looked through and incidents drawn that all scans of one kind may cost
WORK = {"prospective": 2e8, "retrospective": 4e7}
ANALYSES = (
    Setting("prospective", n_slots=90, days_a_slot=1, longest=28),
    Setting("retrospective", n_slots=52, days_a_slot=7, longest=8),
)


@dataclass(frozen=True)
class _Scope:
    """Whose incidents are scanned: ``number`` counts the stations, -1 for the district.

    `share` is its part of the work allowed.
    """

    kind: str
    scope_id: str
    number: int
    share: float


def derive(context: MartContext) -> None:
    """Fill `mart.cluster_scans`, `mart.clusters` and `mart.cluster_places`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    Kulldorff's space-time permutation scan (2005), circles up to 500 m with at most a quarter of
    the incidents: it needs no population and is not misled by places and days that are always
    busy. Prospective: the last 90 days by day, clusters of up to 28 days that reach the last day.
    Retrospective: the last 52 weeks by week, clusters of up to 8 weeks. 999 random rearrangements
    (retrospective 199), fewer where there is very much to look at but never under 99, and no more
    once 10 of them reached the most likely cluster. Only clusters with p <= 0.05 are kept. Above
    200,000 incidents (of a station 10,000) a scan looks at an even sample of them, which p and the
    statistic are of; counts are of all.
    """
    number_areas(context.con)
    stations = context.con.execute(
        "SELECT station_id FROM scanned_station ORDER BY number"
    ).fetchall()
    scopes = [_Scope("district", context.district.district_id, -1, 0.5)]
    scopes += [
        _Scope("station", name, i, 0.5 / len(stations)) for i, (name,) in enumerate(stations)
    ]
    context.progress.start("clusters", len(ANALYSES) * len(scopes))
    told = Rows(context.district.epsg)
    for setting in ANALYSES:
        places = read_places(context, setting)
        asked = [(scope, name) for scope in scopes for name in CLASSES]
        tell = partial(_tell, context, setting, places)
        with ThreadPoolExecutor(n_threads()) as pool:  # each scan has its own random numbers
            for (_, name), story in zip(asked, pool.map(tell, asked), strict=True):
                told.add(story)
                if name == CLASSES[-1]:
                    context.progress.advance()
    told.insert(context.con)
    scans = told.rows["cluster_scans"]
    few = sum(1 for one in scans if one["outcome"] == "too_few")
    if few:
        context.report.find(
            "info",
            "clusters_too_few",
            f"{few} of {len(scans)} scans for clusters had fewer than {FEWEST_INCIDENTS} "
            "located incidents: nothing can be said there.",
            f"{len(scans)} 项聚集扫描中有 {few} 项有坐标警情不足 {FEWEST_INCIDENTS} 起，无法判断。",
            n=few,
        )


def _tell(
    context: MartContext, setting: Setting, places: Places, asked: tuple[_Scope, str]
) -> Story:
    """Scan one class of one area."""
    scope, name = asked
    mine = places.pick(scope.number, only_cases=name == "case")
    story = Story(setting, scope.kind, scope.scope_id, name, context.as_of, mine, RADIUS_M)
    key = crc32(f"{setting.name}/{scope.kind}/{scope.scope_id}/{name}".encode())
    rng = np.random.default_rng([context.seed, key])
    place, slot = mine.incidents(MOST_INCIDENTS[scope.kind], rng)
    story.outcome = _why_not(place, slot, mine.xy)
    if story.outcome:
        return story
    # in a small area one place may hold more than a quarter: it is looked at all the same
    smallest = min(0.5, np.bincount(place).max() / len(place))
    found = scan(
        mine.xy,
        place,
        slot,
        model="permutation",
        n_times=setting.n_slots,
        prospective=setting.name == "prospective",
        max_share=max(MAX_SHARE, smallest),
        max_radius_m=RADIUS_M,
        max_length=setting.longest,
        replications=_replications(mine.xy, place, slot, setting, scope.share),
        stop_after=STOP_AFTER,
        max_p=SIGNIFICANT,
        rng=rng,
    )
    story.tell(found, SIGNIFICANT)
    return story


def _why_not(place: np.ndarray, slot: np.ndarray, xy: np.ndarray) -> str:
    """Return why there is nothing to scan, or nothing."""
    if len(place) < FEWEST_INCIDENTS:
        return "too_few"
    if (xy[place] == xy[place[0]]).all():
        return "one_place"
    return "one_day" if (slot == slot[0]).all() else ""


def _replications(
    xy: np.ndarray, place: np.ndarray, slot: np.ndarray, setting: Setting, share: float
) -> int:
    """Return how many rearrangements fit the work allowed."""
    zones = cKDTree(xy).query_ball_point(xy, RADIUS_M, return_length=True).sum()
    prospective = setting.name == "prospective"
    drawn = (slot >= setting.n_slots - setting.longest).sum() if prospective else len(place)
    work = WORK[setting.name] * share / len(CLASSES)
    return int(np.clip(work // (zones + drawn), *REPLICATIONS[setting.name]))
