"""What a bulletin says: the ranking, the red and black list, hazards and companies of a period."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from etl.errors import StoreError
from etl.notice.served import Row, Served

HONOURED, CRITICISED = 10, 10
CARDS_ZH = {"yellow_card": "黄牌", "red_card": "红牌", "black_card": "黑牌"}
STATES_ZH = {
    "draft": "初评",
    "factual_check": "事实核对中",
    "checked": "已核对",
    "published": "已公示",
    "appealed": "申诉中",
    "upheld": "维持",
    "re_rated": "已重评",
    "withdrawn": "已撤回",
}

_RANKING = """
SELECT r.rank, c.name, s.name AS street, p.name AS station, q.name AS company, r.grade, r.stars,
    r.score, r.previous_stars, r.is_eligible, r.has_enough_data, h.score AS previous_score,
    b.word, w.state, r.community_id, r.reason_zh
FROM mart.ratings r JOIN core.communities c USING (community_id)
LEFT JOIN core.streets s ON s.street_id = c.street_id
LEFT JOIN core.stations p ON p.station_id = c.station_id
LEFT JOIN core.companies q USING (company_id)
LEFT JOIN mart.rating_history h ON h.community_id = r.community_id
    AND h.standard_id = r.standard_id AND h.period = $before AND h.is_rated
LEFT JOIN mart.rating_stability b ON b.community_id = r.community_id
    AND b.standard_id = r.standard_id AND b.period = r.period
LEFT JOIN mart.rating_workflow w ON w.community_id = r.community_id
    AND w.standard_id = r.standard_id AND w.period = r.period
WHERE r.standard_id = $standard AND r.period = $period
ORDER BY r.rank NULLS LAST, r.community_id
"""
_CARDS = """
SELECT c.name, s.name AS street, q.name AS company, d.standing, d.since_on, d.sentence_zh
FROM mart.card_standing d JOIN core.communities c USING (community_id)
LEFT JOIN core.streets s ON s.street_id = c.street_id
LEFT JOIN core.companies q USING (company_id)
WHERE d.standing IN ('yellow_card', 'red_card', 'black_card')
ORDER BY list_position(['black_card', 'red_card', 'yellow_card'], d.standing), d.since_on DESC,
    d.community_id
"""
_HAZARDS = """
SELECT coalesce(s.name, '未划定街道') AS street, count(*) AS n,
    count(*) FILTER (b.state IN ('due', 'overdue', 'refused')) AS n_open,
    count(*) FILTER (b.days_overdue > 0) AS n_overdue,
    count(*) FILTER (b.days_overdue > 0 AND b.severity = 'major') AS n_major_overdue,
    count(*) FILTER (b.is_reopened) AS n_reopened,
    count(*) FILTER (b.state = 'refused') AS n_refused,
    count(*) FILTER (b.is_in_time) / nullif(count(*) FILTER (b.is_in_time IS NOT NULL), 0)
        AS in_time_fraction
FROM mart.hazard_board b LEFT JOIN core.streets s USING (street_id)
WHERE b.found_on BETWEEN $first AND $last OR b.state IN ('due', 'overdue', 'refused')
GROUP BY s.street_id, s.name ORDER BY n_overdue DESC, s.street_id
"""
_COMPANIES = """
SELECT rank, name, n_communities, mean_score, n_notices, n_yellow_cards, n_red_cards,
    n_black_cards, n_hazards_overdue, points, level_zh, list
FROM mart.credit_files WHERE scope_kind = 'district' AND subject_kind = 'company'
ORDER BY rank, subject_id
"""


@dataclass(frozen=True)
class Bulletin:
    """Everything that a bulletin of one period says."""

    district: str
    standard: Row
    period: str
    as_of: Any
    build_id: str
    ranking: list[Row]
    cards: list[Row]
    hazards: list[Row]
    companies: list[Row]
    sentences: list[str]

    @property
    def rated(self) -> list[Row]:
        """Communities with a rating, the best first."""
        return [row for row in self.ranking if row["rank"] is not None]

    @property
    def grade_names(self) -> dict[str, str]:
        """Chinese names of the standard's grades."""
        return {one["id"]: one["name_zh"] for one in json.loads(self.standard["body"])["grades"]}

    @property
    def is_draft(self) -> bool:
        """Whether the office keeps a workflow and not every rating has been published yet."""
        states = {row["state"] for row in self.rated if row["state"] is not None}
        return bool(states - {"published", "upheld", "re_rated"})


def read_bulletin(served: Served, period: str) -> Bulletin:
    """Read what a bulletin of a period says.

    Parameters
    ----------
    served
        The build.
    period
        One that the build rates in full: this year or the last.

    Returns
    -------
    Bulletin
        Under the district's first standard. It holds no count of incidents.

    Raises
    ------
    StoreError
        When the period is not rated; name one that is.
    """
    standard = served.first_standard()
    known = [
        row["period"]
        for row in served.rows(
            "SELECT DISTINCT period FROM mart.ratings WHERE standard_id = $standard ORDER BY ALL",
            standard=standard["standard_id"],
        )
    ]
    if period not in known:
        raise StoreError(
            f"notice: period is {period!r}; expected one of {', '.join(known) or 'none'}. "
            "Name a period that the build rates in full."
        )
    bound = {"standard": standard["standard_id"], "period": period}
    ranking = served.rows(_RANKING, **bound, before=str(int(period) - 1))
    first, last = f"{period}-01-01", min(f"{period}-12-31", served.as_of.isoformat())
    hazards = served.rows(_HAZARDS, first=first, last=last)
    cards = served.rows(_CARDS)
    return Bulletin(
        district=str(served.district["name"]),
        standard=standard,
        period=period,
        as_of=served.as_of,
        build_id=served.build_id,
        ranking=ranking,
        cards=cards,
        hazards=hazards,
        companies=served.rows(_COMPANIES),
        sentences=_sentences(ranking, hazards, cards, period),
    )


def _sentences(ranking: list[Row], hazards: list[Row], cards: list[Row], period: str) -> list[str]:
    rated = [row for row in ranking if row["rank"] is not None]
    stars = Counter(row["stars"] for row in rated if row["stars"] is not None)
    others = (
        ("不符合参评条件", sum(not row["is_eligible"] for row in ranking)),
        ("数据不足", sum(row["is_eligible"] and row["rank"] is None for row in ranking)),
    )
    left = "".join(f"，{name}{n}个" for name, n in others if n)
    found = [f"{period}年度全区住宅小区{len(ranking)}个，参评并定级{len(rated)}个{left}。"]
    if stars:
        told = "，".join(
            f"{_star_name(one)}{n}个" for one, n in sorted(stars.items(), reverse=True)
        )
        found.append(f"评定结果：{told}。")
    both = [row for row in rated if None not in (row["stars"], row["previous_stars"])]
    if both:
        up = sum(row["stars"] > row["previous_stars"] for row in both)
        down = sum(row["stars"] < row["previous_stars"] for row in both)
        found.append(f"与上期相比，{up}个小区升星，{down}个小区降星。")
    if hazards:
        total, late, major = (
            sum(row[name] for row in hazards) for name in ("n", "n_overdue", "n_major_overdue")
        )
        found.append(f"本期在册隐患{total}处，逾期未整改{late}处，其中重大隐患逾期{major}处。")
    if cards:
        kinds = Counter(row["standing"] for row in cards)
        told = "，".join(f"{CARDS_ZH[one]}{kinds[one]}个" for one in CARDS_ZH if kinds[one])
        found.append(f"目前持牌小区：{told}。")
    return found


def _star_name(stars: int) -> str:
    return "未获星级" if stars == 0 else "一二三四五"[stars - 1] + "星"
