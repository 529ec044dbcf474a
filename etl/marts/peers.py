"""The communities most like each one, and where it stands among them."""

from __future__ import annotations

import numpy as np

from etl.marts.context import MartContext
from etl.marts.rating_evidence import Frame, PeriodEvidence
from etl.marts.rows import insert_rows, nullable
from etl.rating import MEASURES, Outcome
from geo.peers import Peers, compare_with_peers, find_peers

N_PEERS = 8
# The latest rating's score, and measures that a chief asks about.
COMPARED = (
    "criminal_per_1000",
    "public_security_per_1000",
    "cases_change",
    "hazards_in_time_fraction",
    "guards_per_200_households",
)


def fill_peers(context: MartContext, frame: Frame, made: PeriodEvidence, outcome: Outcome) -> None:
    """Fill `mart.peers` and `mart.peer_standing`.

    Parameters
    ----------
    context
        The open build.
    frame, made, outcome
        The communities, what is known of them in the latest period, and their ratings under the
        district's first standard.

    Notes
    -----
    Alike is alike in households, households per building (form) and year built: the logarithms of
    the first two, each by its own spread (`geo.peers`). A community of which fewer than two are
    known has no peers. Only stars of a published standard are shown of a peer elsewhere.
    """
    rows = context.con.execute(
        "SELECT name, name_en, n_households, n_buildings, built_year FROM core.communities "
        "ORDER BY community_id"
    ).fetchnumpy()
    households, buildings, built = (
        np.ma.filled(np.ma.asarray(rows[name], dtype=np.float64), np.nan)
        for name in ("n_households", "n_buildings", "built_year")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        features = np.stack([np.log(households), np.log(households / buildings), built], axis=1)
    features[~np.isfinite(features)] = np.nan
    peers = find_peers(features, k=N_PEERS)
    who, place = np.nonzero(peers.index >= 0)
    other = peers.index[who, place]
    stars = outcome.stars if outcome.standard.published else np.full(frame.n, -1)
    names, names_en = (np.ma.filled(rows[one].astype(object), None) for one in ("name", "name_en"))
    if len(who):
        insert_rows(
            context.con,
            "mart.peers",
            [
                {
                    **_places(frame, who),
                    "peer_id": [frame.ids[i] for i in other.tolist()],
                    "peer_rank": place + 1,
                    "distance": np.round(peers.distance[who, place], 6),
                    "peer_name": names[other].tolist(),
                    "peer_name_en": names_en[other].tolist(),
                    "peer_households": households[other],
                    "peer_buildings": buildings[other],
                    "peer_built_year": built[other],
                    "peer_stars": nullable(stars[other], empty=-1),
                }
            ],
        )
    _fill_standing(context, frame, made, outcome, peers)


def _fill_standing(
    context: MartContext, frame: Frame, made: PeriodEvidence, outcome: Outcome, peers: Peers
) -> None:
    rated = np.where(outcome.grade < 0, np.nan, outcome.score)
    better = {name: str(MEASURES[name].better) for name in COMPARED}
    better["score"] = outcome.standard.direction
    values = {"score": rated}
    values |= {name: made.measures[name].value for name in COMPARED if name in made.measures}
    parts = []
    for name, one in values.items():
        found = compare_with_peers(one, peers, lower_is_better=better[name] == "lower")
        told = np.flatnonzero(~np.isnan(found["rank"]))
        parts.append(
            {
                **_places(frame, told),
                "measure": [name] * len(told),
                "value": one[told],
                "peer_low": found["low"][told],
                "peer_median": found["median"][told],
                "peer_high": found["high"][told],
                "rank": found["rank"][told],
                "n_compared": found["n"][told],
                "better": [better[name]] * len(told),
            }
        )
    insert_rows(context.con, "mart.peer_standing", [one for one in parts if one["measure"]])


def _places(frame: Frame, which: np.ndarray) -> dict[str, list[str | None]]:
    rows = which.tolist()
    return {
        "community_id": [frame.ids[i] for i in rows],
        "station_id": [frame.stations[i] for i in rows],
        "street_id": [frame.streets[i] for i in rows],
    }
