"""Credit files of property companies and managers: every event with its points, and the sums."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from etl.marts.context import MartContext
from etl.marts.rating_evidence import HAZARDS, SANCTIONS
from etl.marts.rows import insert_rows, nullable
from etl.rating import MEASURES, Standard
from etl.standards import SHIPPED, find_standard
from geo.grades import grade_by_cuts, rank

STANDARD = "manager-demerit"
RED_LIST_SCORE = 90.0  # Huoqiu: red list from 90 points

_IN_CHARGE = """
CREATE OR REPLACE TEMP TABLE in_charge AS
SELECT 'company' AS subject_kind, company_id AS subject_id, community_id,
    NULL::DATE AS from_on, NULL::DATE AS until_on
FROM core.communities WHERE company_id IS NOT NULL
UNION ALL SELECT 'manager', manager_id, community_id, from_on, until_on FROM core.managers
"""
_CHARGED = """
FROM rows JOIN in_charge USING (community_id)
WHERE coalesce(happened_on >= from_on, true) AND coalesce(happened_on <= until_on, true)
"""
_SCOPES = """
CREATE OR REPLACE TEMP TABLE subject_place AS
WITH places AS (
    SELECT DISTINCT subject_kind, subject_id, community_id, station_id, street_id
    FROM in_charge JOIN core.communities USING (community_id)
    WHERE coalesce(from_on <= $last, true) AND coalesce(until_on >= $first, true)
)
SELECT 'district' AS scope_kind, $district AS scope_id, NULL::VARCHAR AS scope_station,
    NULL::VARCHAR AS scope_street, * FROM places
UNION ALL SELECT 'station', station_id, station_id, NULL, * FROM places
    WHERE station_id IS NOT NULL
UNION ALL SELECT 'street', street_id, NULL, street_id, * FROM places WHERE street_id IS NOT NULL
"""
_FILES = """
WITH punished AS (
    SELECT community_id, subject_kind, subject_id,
        count(*) FILTER (kind = 'notice') AS n_notices,
        count(*) FILTER (kind = 'interview') AS n_interviews,
        count(*) FILTER (kind = 'yellow_card') AS n_yellow_cards,
        count(*) FILTER (kind = 'red_card') AS n_red_cards,
        count(*) FILTER (kind = 'black_card') AS n_black_cards,
        count(*) FILTER (kind = 'fine') AS n_fines,
        coalesce(sum(amount_yuan) FILTER (kind = 'fine'), 0) AS fines_yuan,
        count(*) FILTER (kind = 'award') AS n_awards
    FROM (SELECT *, issued_on AS happened_on FROM core.sanctions) s
    JOIN in_charge USING (community_id)
    WHERE issued_on BETWEEN $first AND $last AND coalesce(issued_on >= from_on, true)
        AND coalesce(issued_on <= until_on, true)
    GROUP BY ALL
), open_hazards AS (
    SELECT community_id,
        count(*) FILTER (found_on >= $first OR state IN ('due', 'overdue', 'refused')) AS n_hazards,
        count(*) FILTER (state IN ('due', 'overdue', 'refused')) AS n_hazards_open,
        count(*) FILTER (days_overdue > 0) AS n_hazards_overdue,
        count(*) FILTER (is_reopened AND reopened_on >= $first) AS n_reopened,
        count(*) FILTER (state = 'refused') AS n_refused
    FROM mart.hazard_board GROUP BY ALL
), pointed AS (
    SELECT community_id, subject_kind, subject_id, sum(points) AS points
    FROM mart.credit_entries GROUP BY ALL
), rated AS (
    SELECT community_id, score, stars FROM mart.ratings
    WHERE standard_id = $standard AND period = $period AND grade IS NOT NULL
)
SELECT p.scope_kind, p.scope_id, any_value(p.scope_station) AS station_id,
    any_value(p.scope_street) AS street_id, p.subject_kind, p.subject_id,
    count(*) AS n_communities,
    {sums},
    coalesce(sum(points), 0) AS points, coalesce(max(points), 0) AS worst_points,
    avg(score) AS mean_score, avg(stars) AS mean_stars
FROM subject_place p
LEFT JOIN punished USING (community_id, subject_kind, subject_id)
LEFT JOIN open_hazards USING (community_id)
LEFT JOIN pointed USING (community_id, subject_kind, subject_id)
LEFT JOIN rated USING (community_id)
GROUP BY p.scope_kind, p.scope_id, p.subject_kind, p.subject_id
ORDER BY p.scope_kind, p.scope_id, p.subject_kind, p.subject_id
"""
_SUMMED = (
    "n_notices",
    "n_interviews",
    "n_yellow_cards",
    "n_red_cards",
    "n_black_cards",
    "n_fines",
    "fines_yuan",
    "n_awards",
    "n_hazards",
    "n_hazards_open",
    "n_hazards_overdue",
    "n_reopened",
    "n_refused",
)


def derive(context: MartContext) -> None:
    """Fill `mart.credit_entries` and `mart.credit_files`.

    Parameters
    ----------
    context
        The open build; ratings, sanctions and hazards are filled.

    Notes
    -----
    Points are those of the standard `manager-demerit`: each penalty item gives its `per_event` for
    every event of its measure in the calendar year, to the company of the community and to the
    manager in charge on that day. The level is by the standard's cut points, of a manager's sum,
    and of a company's worst community, so that many communities are no fault. A file of a station
    or street counts what lies there; level and points of the district are those of all communities.
    """
    if {"hazards", "sanctions"} <= context.missing:
        return
    con, as_of = context.con, context.as_of
    folders = (context.district.path.parent / "standards", SHIPPED)
    standard = find_standard(STANDARD, folders)
    first = date(as_of.year, 1, 1)
    con.execute(_IN_CHARGE)
    _fill_entries(context, standard, first)
    con.execute(_SCOPES, {"district": context.district.district_id, "first": first, "last": as_of})
    sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in _SUMMED)
    rows = con.execute(
        _FILES.format(sums=sums),
        {
            "first": first,
            "last": as_of,
            "period": str(as_of.year),
            "standard": context.district.standards[0] if context.district.standards else "",
        },
    ).to_arrow_table()
    if rows.num_rows:
        insert_rows(con, "mart.credit_files", [_file_columns(context, standard, rows)])


def _fill_entries(context: MartContext, standard: Standard, first: date) -> None:
    for item in standard.items:
        if item.rule != "penalty":
            continue
        if item.measure in SANCTIONS:
            table, day, number = "sanctions", "issued_on", "kind || ' ' || issued_on"
            condition = f"{SANCTIONS[item.measure]} AND issued_on BETWEEN $first AND $last"
        elif item.measure in HAZARDS:
            # An overdue hazard happens on the day after its deadline, whatever was done later.
            table, number, condition = "hazards", "hazard_id", HAZARDS[item.measure]
            day = "due_on + 1" if "overdue" in item.measure else "found_on"
        else:
            continue
        text = MEASURES[item.measure].text
        context.con.execute(
            f"INSERT INTO mart.credit_entries BY NAME WITH rows AS ("
            f"SELECT community_id, station_id, street_id, {day} AS happened_on, "
            f"{number} AS reference FROM core.{table} WHERE {condition}) "
            "SELECT community_id || '/' || $item || '/' || reference || '/' || subject_id "
            "AS entry_id, community_id, station_id, street_id, subject_kind, subject_id, "
            "happened_on, $item AS kind, $points::DOUBLE AS points, reference, "
            f"$zh AS sentence_zh, $en AS sentence_en {_CHARGED} "
            "ORDER BY community_id, happened_on, reference, subject_id",
            _bound(
                condition,
                {"first": first, "last": context.as_of},
                item=item.item_id,
                points=float(item.parameters["per_event"]),
                zh=f"{text.zh}，记{item.parameters['per_event']:g}分。",
                en=f"{text.en.capitalize()}: {item.parameters['per_event']:g} points.",
            ),
        )


def _bound(condition: str, days: dict[str, date], **more: Any) -> dict[str, Any]:
    return {name: one for name, one in days.items() if f"${name}" in condition} | more


def _file_columns(context: MartContext, standard: Standard, rows: pa.Table) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: rows[name].combine_chunks() for name in rows.column_names if name != "worst_points"
    }
    keys = list(zip(*(rows[n].to_pylist() for n in ("subject_kind", "subject_id")), strict=True))
    whole = {
        key: at
        for at, (key, kind) in enumerate(zip(keys, rows["scope_kind"].to_pylist(), strict=True))
        if kind == "district"
    }
    at = np.asarray([whole[key] for key in keys])
    points, worst = (np.asarray(rows[n].to_numpy(), float) for n in ("points", "worst_points"))
    judged = np.where([kind == "company" for kind, _ in keys], worst, points)[at]
    cuts = np.asarray([grade.cut for grade in standard.grades], dtype=np.float64)
    level = grade_by_cuts(judged, cuts, lower_is_better=standard.direction == "lower")
    grades = [standard.grades[one] for one in level.tolist()]
    black = np.asarray(rows["n_black_cards"].to_numpy(), float)[at] > 0
    score = np.asarray(rows["mean_score"].cast(pa.float64()).fill_null(np.nan).to_numpy(), float)
    red = (score[at] >= RED_LIST_SCORE) & (level == 0) & ~black
    marks = np.select([black, red], ["black", "red"], "").tolist()
    effects = _consequences(context, keys)
    texts = [_effect_text(effects.get(key, []), one) for key, one in zip(keys, grades, strict=True)]
    return {
        **columns,
        "name": _names(context, keys),
        "points_district": points[at],
        "n_communities_district": np.asarray(rows["n_communities"].to_numpy())[at],
        "level": [one.grade_id for one in grades],
        "level_zh": [one.name.zh for one in grades],
        "level_en": [one.name.en for one in grades],
        "list": [one or None for one in marks],
        "consequences_zh": [one[0] for one in texts],
        "consequences_en": [one[1] for one in texts],
        "rank": _ranks(rows, points),
    }


def _ranks(rows: pa.Table, points: np.ndarray) -> pa.Array:
    """Place by points a community, within each scope and kind of subject, 1 the cleanest."""
    per_community = points / np.asarray(rows["n_communities"].to_numpy(), float)
    names = [rows[one].to_pylist() for one in ("scope_kind", "scope_id", "subject_kind")]
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, key in enumerate(zip(*names, strict=True)):
        groups.setdefault(key, []).append(at)
    places = np.zeros(len(points), dtype=np.int64)
    for members in groups.values():
        places[members] = rank(per_community[members], lower_is_better=True)
    return nullable(places, empty=0)


def _names(context: MartContext, keys: list[tuple[str, str]]) -> list[str | None]:
    known = {
        ("company", one): name
        for one, name in context.con.execute(
            "SELECT company_id, name FROM core.companies"
        ).fetchall()
    }
    known |= {
        ("manager", one): name
        for one, name in context.con.execute(
            "SELECT manager_id, any_value(name ORDER BY from_on) FROM core.managers GROUP BY ALL"
        ).fetchall()
    }
    return [known.get(key) for key in keys]


def _consequences(
    context: MartContext, keys: list[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return the consequences in force in any community of each subject, each once."""
    rows = context.con.execute(
        "SELECT DISTINCT subject_kind, subject_id, name_zh, name_en FROM mart.consequences "
        "JOIN subject_place USING (community_id) WHERE scope_kind = 'district' "
        "AND period = $period ORDER BY ALL",
        {"period": str(context.as_of.year)},
    ).fetchall()
    found: dict[tuple[str, str], list[tuple[str, str]]] = {key: [] for key in keys}
    for kind, one, zh, en in rows:
        found.setdefault((kind, one), []).append((zh, en))
    return found


def _effect_text(effects: list[tuple[str, str]], grade: Any) -> tuple[str | None, str | None]:
    own = [(grade.consequence.zh, grade.consequence.en)] if grade.consequence else []
    every = list(dict.fromkeys([*own, *effects]))
    if not every:
        return None, None
    return "；".join(one[0] for one in every) + "。", "; ".join(one[1] for one in every) + "."
