"""Measures that a standard may name, each with its meaning and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from etl.rating.model import Text

Better = Literal["lower", "higher", "neither"]
Kind = Literal["register", "incident_count", "incident_rate", "hazard", "sanction"]


@dataclass(frozen=True)
class Measure:
    """One measure of a community in a period."""

    name: str
    text: Text
    kind: Kind
    better: Better
    unit: str | None = None


def _measure(name: str, en: str, zh: str, kind: Kind, better: Better, unit: str = "") -> Measure:
    return Measure(name, Text(en, zh), kind, better, unit or None)


_REGISTER = (
    _measure("n_buildings", "buildings", "楼栋数", "register", "neither"),
    _measure("n_households", "households", "户数", "register", "neither"),
    _measure("n_residents", "residents", "居民数", "register", "neither"),
    _measure("occupancy_fraction", "occupied share of flats", "入住率", "register", "neither"),
    _measure("is_enclosed", "fully enclosed", "封闭管理", "register", "higher"),
    _measure(
        "has_construction_permit", "construction permit held", "有施工许可", "register", "higher"
    ),
    _measure(
        "company_registered",
        "property company registered with the market regulator",
        "物业公司已工商登记",
        "register",
        "higher",
    ),
    _measure(
        "guards_per_200_households",
        "guards per 200 households",
        "每200户保安数",
        "register",
        "higher",
    ),
)
_INCIDENTS = (
    _measure("n_criminal", "criminal cases", "刑事案件数", "incident_count", "lower"),
    _measure("n_public_security", "public-security cases", "治安案件数", "incident_count", "lower"),
    _measure("n_disputes", "disputes", "纠纷数", "incident_count", "lower"),
    _measure(
        "n_cases",
        "criminal and public-security cases",
        "刑事与治安案件数",
        "incident_count",
        "lower",
    ),
    _measure("n_serious", "serious criminal cases", "重大刑事案件数", "incident_count", "lower"),
    _measure("n_serious_solved", "of these solved", "其中已破获", "incident_count", "higher"),
    _measure(
        "criminal_fraction",
        "criminal cases per resident",
        "刑事案件占人口比例",
        "incident_count",
        "lower",
    ),
    _measure(
        "criminal_per_1000",
        "criminal cases per 1,000 households a year, shrunk",
        "年每千户刑事案件（收缩）",
        "incident_rate",
        "lower",
        "1/1000",
    ),
    _measure(
        "public_security_per_1000",
        "public-security cases per 1,000 households a year, shrunk",
        "年每千户治安案件（收缩）",
        "incident_rate",
        "lower",
        "1/1000",
    ),
    _measure(
        "criminal_relative",
        "criminal cases per 1,000 households against the district, shrunk",
        "每千户刑事案件与全区平均之比（收缩）",
        "incident_rate",
        "lower",
    ),
    _measure(
        "public_security_relative",
        "public-security cases per 1,000 households against the district, shrunk",
        "每千户治安案件与全区平均之比（收缩）",
        "incident_rate",
        "lower",
    ),
    _measure(
        "cases_change",
        "cases against the same days of the year before, shrunk",
        "案件与上年同期之比（收缩）",
        "incident_rate",
        "lower",
    ),
)
_HAZARDS = (
    _measure("n_hazards_overdue", "hazards overdue", "逾期隐患", "hazard", "lower"),
    _measure("n_major_overdue", "major hazards overdue", "逾期重大隐患", "hazard", "lower"),
    _measure("n_hazards_refused", "rectifications refused", "拒不整改", "hazard", "lower"),
    _measure("n_hazards_reopened", "hazards reopened", "重新打开的隐患", "hazard", "lower"),
    _measure(
        "hazards_in_time_fraction",
        "hazards rectified by the deadline",
        "隐患按期整改率",
        "hazard",
        "higher",
    ),
    _measure(
        "major_rectified_fraction",
        "major hazards rectified",
        "重大隐患整改率",
        "hazard",
        "higher",
    ),
    _measure(
        "ordinary_rectified_fraction",
        "ordinary hazards rectified",
        "一般隐患整改率",
        "hazard",
        "higher",
    ),
    _measure(
        "hazards_accepted_fraction",
        "rectified hazards accepted by inspection",
        "整改后验收率",
        "hazard",
        "higher",
    ),
)
_SANCTIONS = (
    _measure("n_notices", "inspection notices", "检查通知书", "sanction", "lower"),
    _measure("n_interviews", "interviews", "约谈", "sanction", "lower"),
    _measure("n_yellow_cards", "yellow cards", "黄牌", "sanction", "lower"),
    _measure("n_red_cards", "red cards", "红牌", "sanction", "lower"),
    _measure("n_black_cards", "black cards", "黑牌", "sanction", "lower"),
    _measure("n_fines", "fines", "罚款", "sanction", "lower"),
    _measure("n_awards", "awards", "表彰", "sanction", "higher"),
    _measure(
        "n_night_findings", "violations found at night", "夜间发现的违规", "sanction", "lower"
    ),
    _measure("n_day_notices", "notices issued by day", "日间检查通知书", "sanction", "lower"),
)

MEASURES: dict[str, Measure] = {
    one.name: one for one in (*_REGISTER, *_INCIDENTS, *_HAZARDS, *_SANCTIONS)
}
COVERAGE_WORDS = ("camera", "coverage", "seen_", "uncovered", "blind", "viewshed")


def may_be_published(name: str) -> bool:
    """Tell whether a published rating may rest on a measure.

    Parameters
    ----------
    name
        Name of the measure.

    Returns
    -------
    bool
        False for camera coverage, which would point at the worst-watched places, and for bare
        incident counts, from which a small count could be read back.
    """
    if any(word in name for word in COVERAGE_WORDS):
        return False
    known = MEASURES.get(name)
    return known is None or known.kind != "incident_count"


def rests_on_incidents(name: str) -> bool:
    """Tell whether a measure is counted from incidents, so that its value stays inside."""
    known = MEASURES.get(name)
    return known is not None and known.kind in ("incident_count", "incident_rate")
