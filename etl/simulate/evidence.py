"""What officers and offices write down: companies, assessments, hazards, sanctions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.kinds import LAST_DAY
from etl.simulate.people import Communities

STANDARD = "security-star"
# Item → (points, who assesses, how closely it follows the community's quality).
ITEMS: dict[str, tuple[float, str, float]] = {
    "lighting": (8.0, "街道办事处", 0.9),
    "gate_access": (12.0, "派出所", 1.1),
    "video_upkeep": (12.0, "派出所", 1.0),
    "perimeter": (8.0, "街道办事处", 0.8),
    "internal_management": (10.0, "街道办事处", 1.2),
    "guard_team": (12.0, "派出所", 1.1),
    "disputes_mediation": (8.0, "社区居委会", 0.7),
}
PERIODS = ("2023", "2024", "2025", "2026")
_ASSESSED = tuple(
    np.datetime64(day) for day in ("2023-11-20", "2024-11-20", "2025-11-20", "2026-06-10")
)
# Each body sends one of so many teams; one team of the police scores everything higher.
TEAMS = 4
LENIENT_TEAM, LENIENT_LOGIT = ("派出所", 1), 0.9
HAZARD_KINDS = (
    "消防通道堵塞", "灭火器过期", "围墙破损", "监控设备故障", "门禁损坏", "路灯损坏",
    "电动自行车违规充电", "高空抛物隐患", "群租房", "保安脱岗",
)  # fmt: skip
SANCTION_KINDS = (
    "notice", "interview", "yellow_card", "red_card", "black_card", "fine", "award",
)  # fmt: skip
_REASONS = {
    "notice": "夜间检查发现保安睡岗",
    "interview": "隐患逾期未整改",
    "yellow_card": "技防设施长期故障",
    "red_card": "拒不整改",
    "black_card": "连续两次红牌",
    "fine": "未落实访客登记制度",
    "award": "年度零发案",
}


@dataclass(frozen=True)
class Companies:
    """Property companies."""

    registered: np.ndarray
    qualification: np.ndarray


def found_companies(n: int, *, rng: np.random.Generator) -> Companies:
    """Found `n` companies; one in sixteen is not registered."""
    grade = np.array(["一级", "二级", "三级"])[rng.choice(3, n, p=[0.25, 0.45, 0.3])]
    registered = rng.random(n) > 1 / 16
    registered[0] = True  # the largest
    return Companies(registered, grade)


@dataclass(frozen=True)
class Assessments:
    """Scores: community, item, period, score, day, team; in order of community, period, item."""

    community: np.ndarray
    item: np.ndarray
    period: np.ndarray
    score: np.ndarray
    assessed_on: np.ndarray
    team: np.ndarray


def assess(communities: Communities, *, rng: np.random.Generator) -> Assessments:
    """Score every item of every year.

    Parameters
    ----------
    communities
        The communities; their latent quality moves the scores.
    rng
        Source of randomness.

    Returns
    -------
    Assessments
        Half points from 0 to each item's maximum; two in a hundred are missing.
    """
    n, n_items, years = communities.form.size, len(ITEMS), len(PERIODS)
    top = np.array([one[0] for one in ITEMS.values()])
    bodies = [one[1] for one in ITEMS.values()]
    pull = np.array([one[2] for one in ITEMS.values()])
    lot = communities.quality[:, None, None] * pull[None, None, :]
    rise = np.arange(years)[None, :, None] - (years - 2)
    year = rng.normal(0.12, 0.2, (n, 1, 1)) * rise + rng.normal(0, 0.12, (n, years, 1))
    names = sorted(set(bodies))
    teams = rng.integers(0, TEAMS, (n, years, len(names)))
    team = teams[:, :, [names.index(body) for body in bodies]]
    lenient = (np.array(bodies) == LENIENT_TEAM[0])[None, None, :] & (team == LENIENT_TEAM[1])
    noise = rng.normal(0, 0.45, (n, years, n_items))
    level = 1 / (1 + np.exp(-(1.65 + 0.85 * lot + year + noise + LENIENT_LOGIT * lenient)))
    score = np.clip(np.round(level * top * 2) / 2, 0, top)
    who, period, item = np.indices(score.shape).reshape(3, -1)
    day = np.array(_ASSESSED)[period] - rng.integers(0, 25, who.size)
    keep = rng.random(who.size) > 0.02
    found = (who, item, period, score.ravel(), day, team.ravel())
    return Assessments(*(one[keep] for one in found))


def team_name(body: str, team: int) -> str:
    """Return what an assessing team is called."""
    return f"{body}考评{team + 1}组"


@dataclass(frozen=True)
class Hazards:
    """Hazards with their dates; NaT where nothing happened yet."""

    community: np.ndarray
    kind: np.ndarray
    major: np.ndarray
    found_on: np.ndarray
    due_on: np.ndarray
    resolved_on: np.ndarray
    accepted_on: np.ndarray
    refused: np.ndarray
    reopened_on: np.ndarray


def find_hazards(communities: Communities, *, rng: np.random.Generator) -> Hazards:
    """Find hazards over two years: worse communities have more, and mend them later or never."""
    n = communities.form.size
    count = rng.poisson(3.6 * np.exp(-0.35 * communities.quality))
    who = np.repeat(np.arange(n), count)
    size = who.size
    found = np.asarray(LAST_DAY - np.floor(rng.random(size) * 720).astype(int))
    major = rng.random(size) < 0.14
    due = found + np.where(major, 15, 30)
    late = -0.5 * communities.quality[who] + rng.normal(0, 0.8, size)
    took = np.maximum(1, np.round(np.where(major, 13, 22) * np.exp(0.45 * late))).astype(int)
    refused = (late > 1.15) & (rng.random(size) < 0.3)
    never = (late > 1.0) & (rng.random(size) < 0.3) | refused
    nat = np.datetime64("NaT")
    resolved = np.where(never, nat, found + took)
    resolved = np.where(resolved > LAST_DAY, nat, resolved)
    accepted = resolved + rng.integers(1, 12, size)
    accepted = np.where((accepted > LAST_DAY) | (rng.random(size) < 0.12), nat, accepted)
    order = np.lexsort((who, found))
    kind = rng.integers(0, len(HAZARD_KINDS), size)
    # One in twelve comes back; half of these are rectified once more.
    again = resolved + rng.integers(5, 45, size)
    back = (rng.random(size) < 1 / 12) & ~np.isnat(resolved) & (again <= LAST_DAY)
    reopened = np.where(back, again, nat)
    once_more = back & (rng.random(size) < 0.5) & (again + 12 <= LAST_DAY)
    resolved = np.where(once_more, again + 12, resolved)
    accepted = np.where(back, nat, accepted)
    columns = (who, kind, major, found, due, resolved, accepted, refused, reopened)
    return Hazards(*(one[order] for one in columns))


@dataclass(frozen=True)
class Sanctions:
    """Sanctions and awards."""

    community: np.ndarray
    kind: np.ndarray
    issued_on: np.ndarray
    amount: np.ndarray
    at_night: np.ndarray


def sanction(communities: Communities, *, rng: np.random.Generator) -> Sanctions:
    """Issue notices, cards and fines to the worse-run, awards to the better-run communities."""
    quality = communities.quality
    bad, good = 1 / (1 + np.exp(1.2 + 1.6 * quality)), 1 / (1 + np.exp(2.2 - 1.5 * quality))
    rate = np.array([2.0, 0.9, 0.7, 0.28, 0.06, 0.5])[:, None] * bad[None, :]
    count = np.concatenate([rng.poisson(rate), rng.poisson(0.9 * good[None, :])])
    row, column = np.indices(count.shape)
    kind, who = np.repeat(row.ravel(), count.ravel()), np.repeat(column.ravel(), count.ravel())
    day = np.asarray(LAST_DAY - np.floor(rng.random(kind.size) * 700).astype(int))
    fine, award = kind == 5, kind == 6
    amount = np.where(fine, rng.choice([500.0, 1000.0, 2000.0, 5000.0], kind.size), np.nan)
    amount = np.where(award, rng.choice([2000.0, 3000.0, 5000.0], kind.size), amount)
    at_night = (kind <= 2) & (rng.random(kind.size) < 0.55)
    order = np.lexsort((kind, who, day))
    # The same kind on the same day in the same community is one sanction.
    same = np.stack([who, kind, day.astype(np.int64)])[:, order]
    keep = order[np.sort(np.unique(same, axis=1, return_index=True)[1])]
    return Sanctions(who[keep], kind[keep], day[keep], amount[keep], at_night[keep])


def reason(kind: int) -> str:
    """Return what is written as the reason of a sanction."""
    return _REASONS[SANCTION_KINDS[kind]]
