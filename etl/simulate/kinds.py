"""What happens in the model city: incident types, their shares, hours, seasons and trends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FIRST_DAY = np.datetime64("2024-07-01")
LAST_DAY = np.datetime64("2026-06-30")
N_DAYS = int((LAST_DAY - FIRST_DAY).astype(int)) + 1
CLASSES = ("call", "public_security", "criminal", "dispute")
CLASS_SHARE = np.array([0.60, 0.09, 0.07, 0.24])
# Change from the first year to the second, as a well-run station reports it.
_YEARLY_CHANGE = np.array([-0.12, -0.15, -0.15, -0.14])


@dataclass(frozen=True)
class Type:
    """One incident type and how it behaves.

    `share` is within its class; `peaks` are (hour, width in hours, weight) of its day; `inside` is
    the share that happens inside communities; `unsure` the share whose time is only known as a
    span, of median length `span_h`.
    """

    kind: int
    code: str
    zh: str
    share: float
    peaks: tuple[tuple[float, float, float], ...]
    inside: float
    unsure: float = 0.0
    span_h: float = 0.0
    solved: float = -1.0


_DAY = ((10.5, 2.5, 1.0), (16.0, 3.0, 1.0), (20.5, 2.0, 0.5))
_EVENING = ((19.5, 2.2, 1.5), (12.0, 3.0, 0.5))
_NIGHT = ((23.5, 2.2, 1.6), (20.0, 2.0, 0.5))
_AWAY = ((23.0, 1.8, 1.3), (8.6, 1.2, 0.9), (14.0, 2.0, 0.3))
_RUSH = ((8.0, 1.1, 1.0), (17.8, 1.3, 1.1), (13.0, 4.0, 0.6))

TYPES: tuple[Type, ...] = (
    Type(0, "help", "群众求助", 0.30, _DAY, 0.62),
    Type(0, "traffic", "交通警情", 0.24, _RUSH, 0.06),
    Type(0, "noise", "噪音扰民", 0.13, _NIGHT, 0.82),
    Type(0, "lost_property", "遗失物品", 0.11, _DAY, 0.22),
    Type(0, "missing_person", "走失人员", 0.04, _DAY, 0.55),
    Type(0, "lift_trapped", "电梯困人", 0.06, _EVENING, 0.93),
    Type(0, "fire_alarm", "火警", 0.03, _EVENING, 0.60),
    Type(0, "false_alarm", "误报警", 0.09, _DAY, 0.40),
    Type(1, "fight", "殴打他人", 0.33, _NIGHT, 0.24, solved=0.86),
    Type(1, "petty_theft", "小额盗窃", 0.27, _DAY, 0.34, 0.3, 3.0, solved=0.42),
    Type(1, "damage", "故意损毁财物", 0.16, _NIGHT, 0.58, 0.4, 7.0, solved=0.38),
    Type(1, "gambling", "赌博", 0.11, _EVENING, 0.38, solved=0.97),
    Type(1, "harassment", "滋扰骚扰", 0.13, _EVENING, 0.46, solved=0.71),
    Type(2, "burglary", "入室盗窃", 0.24, _AWAY, 0.88, 0.85, 6.5, solved=0.31),
    Type(2, "ebike_theft", "盗窃电动自行车", 0.27, _AWAY, 0.52, 0.7, 6.0, solved=0.36),
    Type(2, "theft_from_vehicle", "盗窃车内财物", 0.13, _AWAY, 0.47, 0.8, 8.0, solved=0.29),
    Type(2, "fraud", "诈骗", 0.26, _DAY, 0.55, solved=0.14),
    Type(2, "robbery", "抢劫抢夺", 0.03, _NIGHT, 0.12, solved=0.9),
    Type(2, "assault", "故意伤害", 0.07, _NIGHT, 0.3, solved=0.92),
    Type(3, "property_management", "物业纠纷", 0.22, _DAY, 0.97),
    Type(3, "neighbours", "邻里纠纷", 0.20, _EVENING, 0.95),
    Type(3, "family", "家庭纠纷", 0.24, _EVENING, 0.86),
    Type(3, "parking", "停车纠纷", 0.14, _RUSH, 0.6),
    Type(3, "consumer", "消费纠纷", 0.11, _DAY, 0.08),
    Type(3, "wages", "劳资纠纷", 0.09, _DAY, 0.07),
)
CODE = {one.code: index for index, one in enumerate(TYPES)}
TYPE_CLASS = np.array([one.kind for one in TYPES])


def class_mixes() -> np.ndarray:
    """Return the probability of each type within each class, shape (4, n_types)."""
    share = np.array([one.share for one in TYPES])
    mix = np.where(TYPE_CLASS[None, :] == np.arange(4)[:, None], share[None, :], 0.0)
    return np.asarray(mix / mix.sum(axis=1, keepdims=True))


def hour_shares() -> np.ndarray:
    """Return the share of each local hour per type, shape (n_types, 24)."""
    hour = np.arange(24) + 0.5
    rows = []
    for one in TYPES:
        row = np.full(24, 0.012)
        for peak, width, weight in one.peaks:
            apart = np.abs(hour - peak)
            apart = np.minimum(apart, 24 - apart)
            row = row + weight * np.exp(-0.5 * (apart / width) ** 2)
        rows.append(row / row.sum())
    return np.array(rows)


def day_weights() -> np.ndarray:
    """Return the expected share of incidents per day and class, shape (N_DAYS, 4), sum 1.

    Notes
    -----
    Trend: linear through the two years, so that the second year differs from the first by the
    yearly change. Season: crime peaks in January before the Spring Festival, calls and disputes
    in July and August. Weekday: disputes and calls rise at the weekend, crime on Fridays.
    """
    day = np.arange(N_DAYS)
    date = FIRST_DAY + day
    month = (date.astype("datetime64[M]").astype(int) % 12)[:, None] + 0.5
    # The mean of year two over year one is (1 + 1.5 s) / (1 + 0.5 s) for a slope s per year.
    change = 1 + _YEARLY_CHANGE
    slope = (change - 1) / (1.5 - 0.5 * change)
    trend = 1 + slope[None, :] * (day[:, None] / 365.0)
    peak = np.array([7.5, 7.5, 0.5, 7.5])
    swing = np.array([0.10, 0.14, 0.22, 0.12])
    season = 1 + swing * np.cos(2 * np.pi * (month - peak) / 12)
    weekday = ((date.astype(int) + 3) % 7)[:, None]  # 0 is Monday; 1970-01-01 was a Thursday
    ends = np.where(weekday >= 5, np.array([0.08, 0.10, 0.02, 0.22]), 0.0)
    friday = np.where(weekday == 4, np.array([0.02, 0.12, 0.10, 0.05]), 0.0)
    weight = trend * season * (1 + ends + friday)
    return np.asarray(weight / weight.sum(axis=0) * CLASS_SHARE)
