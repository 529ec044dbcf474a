"""One row a community: what the other marts found, side by side, for the chief's ranking."""

from __future__ import annotations

import tomllib

import numpy as np
import pyarrow as pa

from etl.marts.context import MartContext
from etl.paths import REFERENCE
from geo.rates import shrink

PER = 1000.0

_GATHERED = """
CREATE OR REPLACE TEMP TABLE gathered AS
SELECT c.community_id, c.station_id, c.street_id, c.name, c.name_en, c.n_households,
    coalesce(everything.n, 0) AS n_incidents,
    everything.n_before AS n_incidents_before,
    coalesce(cases.n, 0) AS n_cases,
    coalesce(criminal.n, 0) AS n_criminal,
    coalesce(disputes.n, 0) AS n_disputes,
    coalesce(recent.n, 0) AS n_incidents_28_days,
    recent.n_before AS n_incidents_28_days_before,
    CASE WHEN $has_cameras THEN coalesce(cameras.n, 0) END AS n_cameras,
    by_day.seen_fraction,
    by_night.seen_fraction AS seen_night_fraction,
    patrol.reach_fraction,
    uncovered.uncovered_fraction,
    CASE WHEN $has_hazards THEN coalesce(hazards.n_open, 0) END AS n_hazards_open,
    CASE WHEN $has_hazards THEN coalesce(hazards.n_overdue, 0) END AS n_hazards_overdue,
    rating.stars, rating.score, rating.max_score,
    CASE WHEN rating.community_id IS NULL THEN 'no_data'
         WHEN NOT rating.is_eligible THEN 'not_eligible'
         WHEN NOT rating.has_enough_data THEN 'no_data'
         ELSE 'rated' END AS rating_state
FROM core.communities c
LEFT JOIN figure everything ON everything.scope_id = c.community_id
    AND everything.class = 'all' AND everything.period_kind = '12_months'
LEFT JOIN figure cases ON cases.scope_id = c.community_id
    AND cases.class = 'case' AND cases.period_kind = '12_months'
LEFT JOIN figure criminal ON criminal.scope_id = c.community_id
    AND criminal.class = 'criminal' AND criminal.period_kind = '12_months'
LEFT JOIN figure disputes ON disputes.scope_id = c.community_id
    AND disputes.class = 'dispute' AND disputes.period_kind = '12_months'
LEFT JOIN figure recent ON recent.scope_id = c.community_id
    AND recent.class = 'all' AND recent.period_kind = '28_days'
LEFT JOIN (SELECT community_id, count(*) AS n FROM mart.camera_coverage
           WHERE state = 'working' GROUP BY ALL) cameras USING (community_id)
LEFT JOIN mart.coverage by_day ON by_day.community_id = c.community_id
    AND by_day.level = 'recognise' AND by_day.daypart = 'day'
LEFT JOIN mart.coverage by_night ON by_night.community_id = c.community_id
    AND by_night.level = 'recognise' AND by_night.daypart = 'night'
LEFT JOIN mart.patrol_reach patrol ON patrol.community_id = c.community_id
LEFT JOIN mart.uncovered uncovered ON uncovered.community_id = c.community_id
LEFT JOIN (SELECT community_id,
               count(*) FILTER (state IN ('due', 'overdue', 'refused')) AS n_open,
               count(*) FILTER (days_overdue > 0) AS n_overdue
           FROM mart.hazard_board GROUP BY ALL) hazards
    ON hazards.community_id = c.community_id
LEFT JOIN (SELECT * FROM mart.ratings WHERE standard_id = $standard
           QUALIFY row_number() OVER (PARTITION BY community_id ORDER BY period DESC) = 1) rating
    ON rating.community_id = c.community_id
ORDER BY c.community_id
"""


def derive(context: MartContext) -> None:
    """Fill `mart.community_summary`.

    Parameters
    ----------
    context
        The open build; the other marts are filled.

    Notes
    -----
    Rates are cases per 1,000 households shrunk towards the district's mean (`geo.rates.shrink`);
    a community without households has none. The security index is null where a part of it is.
    """
    con = context.con
    con.execute(
        "CREATE OR REPLACE TEMP VIEW figure AS SELECT * FROM mart.figures "
        "WHERE scope_kind = 'community'"
    )
    bound = {
        "has_cameras": "cameras" not in context.missing,
        "has_hazards": "hazards" not in context.missing,
        "standard": context.district.standards[0] if context.district.standards else "",
    }
    con.execute(_GATHERED, bound)
    rows = con.execute("SELECT * FROM gathered ORDER BY community_id").to_arrow_table()
    if rows.num_rows == 0:
        return
    for name, values in {**_rates(rows), **_index(rows)}.items():
        rows = rows.append_column(name, values)
    con.register("summary", rows)
    con.execute(
        "INSERT INTO mart.community_summary BY NAME SELECT * EXCLUDE (max_score) FROM summary"
    )
    con.unregister("summary")


def _floats(rows: pa.Table, name: str) -> np.ndarray:
    return np.asarray(rows[name].cast(pa.float64()).fill_null(np.nan).to_numpy(), dtype=float)


def _rates(rows: pa.Table) -> dict[str, pa.Array]:
    cases, households = _floats(rows, "n_cases"), _floats(rows, "n_households")
    known = households > 0
    found = {name: np.full(len(cases), np.nan) for name in ("rate", "low", "high")}
    if known.any():
        shrunk = shrink(cases[known], households[known])
        for name in found:
            found[name][known] = PER * np.asarray(getattr(shrunk, name))
    names = {"rate_per_1000": "rate", "rate_low": "low", "rate_high": "high"}
    return {ours: _nullable(found[theirs]) for ours, theirs in names.items()}


def _index(rows: pa.Table) -> dict[str, pa.Array]:
    weights = tomllib.loads((REFERENCE / "security_index.toml").read_text(encoding="utf-8"))
    share = weights["weights"]
    score = _floats(rows, "score") / _floats(rows, "max_score")
    covered = 1.0 - _floats(rows, "uncovered_fraction")
    reached = _floats(rows, "reach_fraction")
    index = share["score"] * score + share["covered"] * covered + share["reached"] * reached
    return {"security_index": _nullable(100.0 * index)}


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
