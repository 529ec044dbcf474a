"""Write who manages which community, and what offices did with the ratings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.simulate.district_file import Source
from etl.simulate.evidence import STANDARD
from etl.simulate.flaws import Truth
from etl.simulate.kinds import FIRST_DAY, LAST_DAY
from etl.simulate.model import City
from etl.simulate.people import Communities
from etl.simulate.places import community_ids, numbered
from etl.simulate.sheets import days, describe, pick, write_register, write_text

EVENTS_ZH = {
    "初评": "drafted",
    "送达核对": "sent_for_check",
    "核对完成": "checked",
    "公示": "published",
    "提出申诉": "appealed",
    "驳回申诉": "appeal_dismissed",
    "重新评定": "re_rated",
    "小区答复": "replied",
}
_EVENTS = tuple(EVENTS_ZH)
_OFFICE, _STATION, _COMPANY = "区星级评定办公室", "派出所", "物业公司"
_ACTOR = (_OFFICE, _OFFICE, _COMPANY, _OFFICE, _COMPANY, _OFFICE, _OFFICE, _COMPANY)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = "明华国平建军志强秀英丽敏静伟芳娜磊洋勇艳杰涛超霞刚桂兰斌宇浩凯"


@dataclass(frozen=True)
class Managers:
    """Terms of office: manager, community, first day, last day (NaT while it lasts)."""

    manager: np.ndarray
    community: np.ndarray
    from_on: np.ndarray
    until_on: np.ndarray


def appoint(communities: Communities, *, rng: np.random.Generator) -> Managers:
    """Appoint a manager to each community; neighbours of one company may share one.

    Parameters
    ----------
    communities
        The communities and their companies.
    rng
        Source of randomness.

    Returns
    -------
    Managers
        In order of community and day; one in six changed hands within the two years.
    """
    n = communities.form.size
    shares = np.zeros(n, dtype=bool)
    shares[1:] = (communities.company[1:] == communities.company[:-1]) & (rng.random(n - 1) < 0.4)
    first = np.cumsum(~shares) - 1
    changed = rng.random(n) < 1 / 6
    day = FIRST_DAY + rng.integers(120, 600, n)
    since = FIRST_DAY - rng.integers(100, 1500, n)
    nat = np.datetime64("NaT")
    successor = first.max() + np.cumsum(changed)
    who = np.concatenate([first, successor[changed]])
    where = np.concatenate([np.arange(n), np.flatnonzero(changed)])
    start = np.concatenate([since, day[changed]])
    end = np.concatenate([np.where(changed, day - 1, nat), np.full(int(changed.sum()), nat)])
    order = np.lexsort((start, where))
    return Managers(who[order], where[order], start[order], end[order])


@dataclass(frozen=True)
class Events:
    """Events of ratings: community, period, kind, day; and how many of them are out of order."""

    community: np.ndarray
    period: np.ndarray
    event: np.ndarray
    event_on: np.ndarray
    n_refused: int


def handle_ratings(n: int, *, rng: np.random.Generator) -> Events:
    """Let offices draft, check, publish and hear appeals for last year; this year is under way.

    Parameters
    ----------
    n
        Number of communities.
    rng
        Source of randomness.

    Returns
    -------
    Events
        In order of community and day. Some appeals come too late and some ratings are published
        before their factual check has ended: those are refused.
    """
    every = np.arange(n)
    late, early = rng.random(n) < 0.05, rng.random(n) < 0.04
    late[0] = early[-1] = True
    early[0] = late[-1] = False
    drafted = np.datetime64("2025-12-01") + rng.integers(0, 4, n)
    sent = drafted + 2
    checked = np.where(early, np.datetime64("NaT"), sent + rng.integers(6, 12, n))
    published = np.where(early, sent + 5, checked + rng.integers(3, 8, n))
    published_again = np.where(early, sent + 25, np.datetime64("NaT"))
    stands = np.where(early, published_again, published)
    appeals = (rng.random(n) < 0.18) | late
    appealed = np.where(appeals, stands + np.where(late, 30, rng.integers(4, 20, n)), published[0])
    decided = appealed + rng.integers(10, 35, n)
    upheld = appeals & ~late & (rng.random(n) < 0.6)
    re_rated = appeals & ~late & ~upheld
    replied = ~appeals & (rng.random(n) < 0.1)
    this_year = np.datetime64("2026-06-08") + rng.integers(0, 12, n)
    in_check = rng.random(n) < 0.7
    done = in_check & (rng.random(n) < 0.25) & (this_year + 9 <= LAST_DAY)
    parts = [
        (every, 0, 0, drafted),
        (every, 0, 1, sent),
        (every[~early], 0, 2, checked[~early]),
        (every, 0, 3, published),
        (every[early], 0, 3, published_again[early]),
        (every[appeals], 0, 4, appealed[appeals]),
        (every[upheld], 0, 5, decided[upheld]),
        (every[re_rated], 0, 6, decided[re_rated]),
        (every[replied], 0, 7, (stands + 3)[replied]),
        (every, 1, 0, this_year),
        (every[in_check], 1, 1, (this_year + 1)[in_check]),
        (every[done], 1, 2, (this_year + 9)[done]),
    ]
    who = np.concatenate([one[0] for one in parts])
    period = np.concatenate([np.full(len(one[0]), one[1]) for one in parts])
    event = np.concatenate([np.full(len(one[0]), one[2]) for one in parts])
    day = np.concatenate([one[3] for one in parts])
    order = np.lexsort((event, day, period, who))
    refused = int(late.sum() + early.sum())
    return Events(who[order], period[order], event[order], day[order], refused)


def write_managers(city: City, folder: Path, truth: Truth) -> Source:
    """Write the terms of office of the managers."""
    it = appoint(city.communities, rng=city.size.rng(50))
    ids = community_ids(city.size.communities).tolist()
    table = pa.table(
        {
            "经理编号": pick(numbered("JL", int(it.manager.max()) + 1, 4).tolist(), it.manager),
            "小区编号": pick(ids, it.community),
            "经理姓名": [_name(one) for one in it.manager.tolist()],
            "任职日期": days(it.from_on),
            "离任日期": days(it.until_on),
        }
    )
    entry = write_register(folder, "managers", table, truth, key="", sheet="小区经理")
    columns = ("manager_id", "community_id", "name", "from_on", "until_on")
    return describe("managers", entry, dict(zip(columns, table.column_names, strict=True)))


def _name(number: int) -> str:
    rest, a = divmod(number * 7 + 3, len(_SURNAMES))
    return _SURNAMES[a] + _GIVEN[(rest * 5 + a) % len(_GIVEN)]


def write_rating_events(city: City, folder: Path, truth: Truth) -> Source:
    """Write what was done with the ratings of last year and this one."""
    it = handle_ratings(city.size.communities, rng=city.size.rng(51))
    ids = community_ids(city.size.communities).tolist()
    table = pa.table(
        {
            "小区编号": pick(ids, it.community),
            "标准": [STANDARD] * it.event.size,
            "周期": pick(["2025", "2026"], it.period),
            "事项": pick(_EVENTS, it.event),
            "日期": days(it.event_on),
            "办理单位": pick(_ACTOR, it.event),
        }
    )
    entry = write_text(folder, "rating_events", table, truth, key="")
    columns = ("community_id", "standard_id", "period", "event", "event_on", "actor")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return describe("rating_events", entry, mapping, values={"event": EVENTS_ZH})
