"""What the dossier of one community says, as ready texts in one language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from etl.errors import StoreError
from etl.notice.plan import Plan
from etl.notice.served import Row, Served

Words = Mapping[str, Any]
_CLASSES = ("all", "criminal", "public_security", "dispute")
_SHARES = ("occupancy_fraction", "seen_fraction", "seen_night_fraction", "reach_fraction",
           "uncovered_fraction", "hazards_in_time_fraction")  # fmt: skip
_FACTS = ("n_households", "n_residents", "n_buildings", "built_year", "n_guards",
          "occupancy_fraction", "is_enclosed", "company", "manager", "area")  # fmt: skip
_COVER = ("seen_fraction", "seen_night_fraction", "reach_fraction", "uncovered_fraction")
SHOWN_HAZARDS, SHOWN_SANCTIONS = 20, 12
COLUMN_MM, PLAN_HEIGHT_MM = 90.0, 100.0


def describe_community(
    served: Served, community_id: str, plan: Plan, words: Words, language: str
) -> dict[str, Any]:
    """Return everything that the dossier of a community says.

    Parameters
    ----------
    served
        The build.
    community_id
        One of its communities.
    plan
        Its plan.
    words
        Of the language.
    language
        "zh" or "en".

    Returns
    -------
    dict
        As the template reads it: texts, and shares of points.

    Raises
    ------
    StoreError
        When the build has no such community; the message names one that it has.
    """
    one = read_community(served, community_id)
    standard = served.first_standard()
    rated = served.rows(
        "SELECT * FROM mart.ratings WHERE community_id = $id AND standard_id = $standard "
        "ORDER BY period DESC LIMIT 1",
        id=community_id,
        standard=standard["standard_id"],
    )
    rating = rated[0] if rated else None
    told = _Teller(words, language)
    name = one["name_en"] if language == "en" and one["name_en"] else one["name"]
    return {
        "words": dict(words),
        "language": language,
        "title": words["title"].format(name=name),
        "subtitle": words["subtitle"].format(
            id=community_id,
            street=one["street"] or words["unknown"],
            station=one["station"] or words["unknown"],
            as_of=served.as_of,
        ),
        "build": words["build"].format(build=served.build_id),
        "plan": plan.svg,
        "plan_mm": min(COLUMN_MM, PLAN_HEIGHT_MM / plan.ratio),
        "caption": words["caption"].format(bar=plan.bar_m, **plan.counts),
        "facts": [[words["fact"][key], told.value(key, one[key])] for key in _FACTS],
        "rating": _rating(rating, standard, told, served, community_id),
        "item_head": words["item_head"],
        "items": _items(served, rating, told),
        "steps": _steps(rating, told),
        **_history(served, community_id, standard, told),
        **_incidents(served, community_id, told),
        "coverage": _coverage(served, community_id, told),
        **_hazards(served, community_id, told),
        **_sanctions(served, community_id, told),
        **_peers(served, community_id, told),
        "sources": _sources(rating, standard, told),
    }


class _Teller:
    """Puts values into words of one language."""

    def __init__(self, words: Words, language: str) -> None:
        self.words, self.language = words, language

    def pick(self, row: Mapping[str, Any], stem: str) -> str:
        """Return a text that a row has in both languages."""
        return str(row[f"{stem}_{self.language}"] or "")

    def value(self, key: str, value: Any) -> str:
        """Return a value as text; nothing known says so."""
        if value is None:
            return str(self.words["unknown"])
        if isinstance(value, bool):
            return str(self.words["yes" if value else "no"])
        if key in _SHARES:
            return f"{value:.1%}"
        if key == "area":
            return f"{value:,.0f} m²"
        if key == "built_year" or isinstance(value, str):
            return str(value)
        return f"{value:,.0f}" if isinstance(value, int) else f"{value:,.2f}"


def read_community(served: Served, community_id: str) -> Row:
    """Return the register's row of a community, with the names it refers to.

    Raises
    ------
    StoreError
        When the build has no such community.
    """
    found = served.rows(
        "SELECT c.*, s.name AS street, p.name AS station, q.name AS company, c.area_m2 AS area, "
        "(SELECT string_agg(DISTINCT m.name, '、' ORDER BY m.name) FROM core.managers m "
        " WHERE m.community_id = c.community_id AND m.from_on <= $as_of "
        " AND coalesce(m.until_on, $as_of) >= $as_of) AS manager "
        "FROM core.communities c LEFT JOIN core.streets s ON s.street_id = c.street_id "
        "LEFT JOIN core.stations p ON p.station_id = c.station_id "
        "LEFT JOIN core.companies q ON q.company_id = c.company_id WHERE c.community_id = $id",
        id=community_id,
        as_of=served.as_of,
    )
    if found:
        return found[0]
    first = served.rows("SELECT min(community_id) AS one, count(*) AS n FROM core.communities")[0]
    raise StoreError(
        f"dossier: found {community_id!r}; expected one of {first['n']} communities, for example "
        f"{first['one']!r}. Take an identifier of core.communities."
    )


def _rating(
    rating: Row | None, standard: Row, told: _Teller, served: Served, community_id: str
) -> dict[str, Any]:
    words = told.words
    if rating is None:
        return {"label": told.pick(standard, "name"), "grade": words["no_grade"], "stars": None,
                "score": "", "lines": []}  # fmt: skip
    grades = {one["id"]: one for one in json.loads(standard["body"])["grades"]}
    grade = grades.get(rating["grade"])
    score = ""
    if rating["rank"] is not None:
        score = words["score"].format(
            score=f"{rating['score']:g}",
            most=f"{rating['max_score']:g}",
            low=f"{rating['score_low']:g}",
            high=f"{rating['score_high']:g}",
            rank=rating["rank"],
            n=rating["n_ranked"],
        )
    firm = served.rows(
        "SELECT sentence_zh, sentence_en FROM mart.rating_stability "
        "WHERE community_id = $id AND standard_id = $standard AND period = $period",
        id=community_id,
        standard=rating["standard_id"],
        period=rating["period"],
    )
    return {
        "label": words["rating"].format(
            period=rating["period"], standard=told.pick(standard, "name")
        ),
        "grade": told.pick(grade, "name") if grade else words["no_grade"],
        "stars": rating["stars"],
        "score": score,
        "lines": [told.pick(rating, "reason"), *(told.pick(one, "sentence") for one in firm)],
    }


def _items(served: Served, rating: Row | None, told: _Teller) -> list[dict[str, Any]]:
    if rating is None:
        return []
    rows = served.rows(
        "SELECT * FROM mart.rating_items WHERE community_id = $id AND standard_id = $standard "
        "AND period = $period ORDER BY list_position($order, item_id)",
        id=rating["community_id"],
        standard=rating["standard_id"],
        period=rating["period"],
        order=[one["id"] for one in json.loads(served.first_standard()["body"])["items"]],
    )
    unknown = str(told.words["unknown"])
    return [
        {
            "name": told.pick(row, "name"),
            "points": unknown
            if row["points"] is None
            else f"{row['points']:g} / {row['max_points']:g}",
            "share": row["filled"],
            "why": told.pick(row, "ground"),
        }
        for row in rows
    ]


def _steps(rating: Row | None, told: _Teller) -> list[str]:
    if rating is None or rating["next_step"] is None:
        return []
    step, words = json.loads(rating["next_step"]), told.words
    lines = []
    if step["points"]:
        goal = {"points": f"{step['points']:g}", "grade": told.pick(step, "name")}
        lines.append(words["step_goal"].format(**goal))
    for one in step["items"]:
        gain = {"action": told.pick(one, "action"), "points": f"{one['points']:g}"}
        lines.append(words["step_points"].format(**gain))
    for key, word in (("lift", "step_lift"), ("make_sure", "step_sure")):
        lines += [words[word].format(name=told.pick(one, "name")) for one in step[key]]
    return lines


def _history(
    served: Served, community_id: str, standard: Row, told: _Teller
) -> dict[str, list[Any]]:
    grades = {one["id"]: one for one in json.loads(standard["body"])["grades"]}
    rows = served.rows(
        "SELECT * FROM mart.rating_history WHERE community_id = $id "
        "AND standard_id = $standard ORDER BY period DESC",
        id=community_id,
        standard=standard["standard_id"],
    )
    told_rows = [
        [
            row["period"],
            told.pick(grades[row["grade"]], "name") if row["grade"] else told.words["no_grade"],
            "–" if row["rank"] is None else f"{row['score']:g}",
            "–" if row["rank"] is None else str(row["rank"]),
            str(row["n_ranked"]),
        ]
        for row in rows
    ]
    return {"history_head": told.words["history_head"], "history": told_rows}


def _incidents(served: Served, community_id: str, told: _Teller) -> dict[str, Any]:
    rows = {
        row["class"]: row
        for row in served.rows(
            "SELECT * FROM mart.figures WHERE scope_kind = 'community' AND scope_id = $id "
            "AND period_kind = '12_months'",
            id=community_id,
        )
    }
    lines = []
    for name in (one for one in _CLASSES if one in rows):
        row, change = rows[name], "–"
        if row["change_fraction"] is not None:
            change = f"{row['change_fraction']:+.0%}"
            if row["ratio_low"] is not None and row["ratio_high"] is not None:
                change += f"（{row['ratio_low']:.2f}–{row['ratio_high']:.2f}）"
        before = "–" if row["n_before"] is None else str(row["n_before"])
        lines.append([told.words["class"][name], str(row["n"]), before, change])
    return {
        "incident_head": told.words["incident_head"],
        "incidents": lines,
        "incident_note": told.words["incident_note"],
    }


def _coverage(served: Served, community_id: str, told: _Teller) -> list[list[str]]:
    rows = served.rows(
        "SELECT * FROM mart.community_summary WHERE community_id = $id", id=community_id
    )
    return [[told.words["cover"][key], told.value(key, row[key])] for row in rows for key in _COVER]


def _hazards(served: Served, community_id: str, told: _Teller) -> dict[str, Any]:
    rows = served.rows(
        "SELECT * FROM mart.hazard_board WHERE community_id = $id AND state <> 'accepted' "
        "ORDER BY urgency LIMIT $most",
        id=community_id,
        most=SHOWN_HAZARDS,
    )
    words = told.words
    lines = [
        [
            row["hazard_id"],
            row["kind"],
            words["severity"][row["severity"]],
            str(row["due_on"]),
            words["state"][row["state"]].format(days=row["days_overdue"]),
            row["responsible"] or words["unknown"],
        ]
        for row in rows
    ]
    return {"hazard_head": words["hazard_head"], "hazards": lines}


def _sanctions(served: Served, community_id: str, told: _Teller) -> dict[str, Any]:
    stands = served.rows("SELECT * FROM mart.card_standing WHERE community_id = $id",
                         id=community_id)  # fmt: skip
    rows = served.rows(
        "SELECT * FROM mart.sanction_ledger WHERE community_id = $id "
        "ORDER BY issued_on DESC, kind LIMIT $most",
        id=community_id,
        most=SHOWN_SANCTIONS,
    )
    return {
        "standing": " ".join(told.pick(one, "sentence") for one in stands)
        or told.words["none_yet"],
        "sanction_head": told.words["sanction_head"],
        "sanctions": [
            [str(row["issued_on"]), told.pick(row, "sentence") + (row["reason"] or "")]
            for row in rows
        ],
    }


def _peers(served: Served, community_id: str, told: _Teller) -> dict[str, Any]:
    rows = served.rows("SELECT * FROM mart.peer_standing WHERE community_id = $id", id=community_id)
    by_name = {row["measure"]: row for row in rows}
    names = [name for name in told.words["measure"] if name in by_name]
    n = served.rows("SELECT count(*) AS n FROM mart.peers WHERE community_id = $id",
                    id=community_id)[0]["n"]  # fmt: skip
    return {
        "peer_head": told.words["peer_head"],
        "peers": [
            [
                told.words["measure"][name],
                told.value(name, by_name[name]["value"]),
                told.value(name, by_name[name]["peer_median"]),
                f"{by_name[name]['rank']} / {by_name[name]['n_compared']}",
            ]
            for name in names
        ],
        "peer_note": told.words["peer_note"].format(n=n),
    }


def _sources(rating: Row | None, standard: Row, told: _Teller) -> list[str]:
    lines = [str(told.words["method"])]
    if rating is not None:
        source = told.words["source"].format(
            standard=told.pick(standard, "name"),
            version=rating["standard_version"],
            digest=rating["standard_digest"][:16],
            evidence=rating["evidence_digest"][:16],
        )
        lines.insert(0, source)
    return lines
