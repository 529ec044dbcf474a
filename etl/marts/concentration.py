"""80/20: communities and cells by their share of incidents, and repeat addresses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.marts.cell_months import Area, CellMonths
from etl.marts.context import MartContext
from etl.marts.notes import Notes, Row, insert
from geo import projection
from geo.concentration import Concentration, concentration

CLASSES_RANKED = ("all", "case")
# with fewer incidents 80 % of them is a handful of accidents
FEWEST_INCIDENTS = 10
MOST_ROWS = 500

_COMMUNITIES = """
SELECT c.community_id, c.station_id, c.street_id, c.lon, c.lat, f.class, f.n
FROM mart.figures f JOIN core.communities c ON c.community_id = f.scope_id
WHERE f.scope_kind = 'community' AND f.period_kind = '12_months' AND f.class IN ('all', 'case')
ORDER BY c.community_id, f.class
"""


def fill_concentration(context: MartContext, months: CellMonths, notes: Notes) -> None:
    """Fill `mart.concentration` and `mart.concentration_figures`.

    Parameters
    ----------
    context
        The open build; `mart.figures` is filled.
    months
        Incidents by cell and month.
    notes
        Told what could not be said.

    Notes
    -----
    Last 12 months. Ranked rows stop at the 80 % mark, and at 500. Communities of the district,
    of each station and of each street; cells of the district and of each station.
    """
    rows: list[pa.Table] = []
    figures: list[Row] = []
    table = context.con.execute(_COMMUNITIES).to_arrow_table()
    for kind, column in (("district", None), ("station", "station_id"), ("street", "street_id")):
        whole = [context.district.district_id]
        scopes = whole if column is None else table[column].unique().drop_null().to_pylist()
        for scope_id in sorted(scopes):
            here = table if column is None else table.filter(pc.equal(table[column], scope_id))
            for name in CLASSES_RANKED:
                mine = here.filter(pc.equal(here["class"], name))
                n = mine["n"].to_numpy()
                found = _rank(kind, scope_id, name, "community", n, notes)
                if found is not None:
                    figures.append(_figures(kind, scope_id, name, "community", n, found))
                    kept = mine.take(pa.array(found.order[: min(found.n_marked, MOST_ROWS)]))
                    places = kept.select(["lon", "lat", "n"])
                    places = places.add_column(0, "unit_id", kept["community_id"])
                    rows.append(_ranked(kind, scope_id, name, "community", places, found, len(n)))
    for area in months.areas:
        cells = np.flatnonzero(area.inside)
        for name in CLASSES_RANKED:
            n = area.last_year(name).ravel()[cells]
            found = _rank(area.kind, area.scope_id, name, "cell", n, notes)
            if found is not None:
                figures.append(_figures(area.kind, area.scope_id, name, "cell", n, found))
                kept = found.order[: min(found.n_marked, MOST_ROWS)]
                places = _places(area, cells[kept], n[kept], epsg=context.district.epsg)
                rows.append(_ranked(area.kind, area.scope_id, name, "cell", places, found, len(n)))
    if rows:
        insert(context.con, "concentration", pa.concat_tables(rows))
    insert(context.con, "concentration_figures", figures)


def _places(area: Area, cells: np.ndarray, n: np.ndarray, *, epsg: int) -> pa.Table:
    """Return names, middles and counts of cells."""
    grid = area.grid
    row, col = np.divmod(cells, grid.nx)
    x, y = grid.x0 + (col + 0.5) * grid.cell_m, grid.y0 + (row + 0.5) * grid.cell_m
    lon, lat = projection.unproject(x, y, epsg=epsg)
    at = np.floor(np.column_stack([x, y]) / grid.cell_m).astype(np.int64).tolist()
    names = [f"x{one}y{other}" for one, other in at]
    size = np.full(len(cells), grid.cell_m)
    named = {"unit_id": pa.array(names, pa.string()), "cell_m": size}
    return pa.table(named | {"lon": lon, "lat": lat, "n": n})


def _rank(
    kind: str, scope_id: str, name: str, unit: str, n: np.ndarray, notes: Notes
) -> Concentration | None:
    """Rank places; None, and a note of communities, when there is too little."""
    total = int(n.sum())
    outcome = "no_incident" if total == 0 else "too_few" if total < FEWEST_INCIDENTS else "ok"
    if len(n) < 2 and outcome == "ok":
        outcome = "one_point"
    found = concentration(n.astype(np.int64)) if outcome == "ok" else None
    if unit == "community":
        needed = None if outcome in ("ok", "one_point") else FEWEST_INCIDENTS
        marked = 0 if found is None else found.n_marked
        notes.add(
            kind, scope_id, "concentration", name, outcome, n=total, needed=needed, n_found=marked
        )
    return found


def _figures(
    kind: str, scope_id: str, name: str, unit: str, n: np.ndarray, found: Concentration
) -> Row:
    return {
        **_scope(kind, scope_id),
        "class": name,
        "unit_kind": unit,
        "n_units": len(n),
        "n_units_hit": int((n > 0).sum()),
        "n": int(n.sum()),
        "n_units_80": found.n_marked,
        "units_80_fraction": found.marked_fraction,
        "chance_80_fraction": found.chance_fraction,
        "gini": found.gini,
        "gini_adjusted": found.gini_adjusted,
    }


def _ranked(
    kind: str,
    scope_id: str,
    name: str,
    unit: str,
    places: pa.Table,
    found: Concentration,
    n_units: int,
) -> pa.Table:
    many = places.num_rows
    rank = np.arange(1, many + 1)
    total = float(found.cumulative[-1])
    n = places["n"].to_numpy()
    first = found.cumulative[:many]
    fraction = np.diff(np.concatenate([[0.0], first])) / total
    constant = {**_scope(kind, scope_id), "class": name, "unit_kind": unit}
    columns = {key: pa.array([value] * many, pa.string()) for key, value in constant.items()}
    return pa.table(
        {
            **columns,
            "unit_id": places["unit_id"].cast(pa.string()),
            "cell_m": places["cell_m"] if unit == "cell" else pa.nulls(many, pa.float64()),
            "rank": rank,
            "lon": places["lon"].cast(pa.float64()),
            "lat": places["lat"].cast(pa.float64()),
            "n": n.astype(np.int64),
            "fraction": fraction,
            "units_fraction": rank / n_units,
            "cumulative_fraction": first,
        }
    )


def _scope(kind: str, scope_id: str) -> Row:
    return {
        "scope_kind": kind,
        "scope_id": scope_id,
        "station_id": scope_id if kind == "station" else None,
        "street_id": scope_id if kind == "street" else None,
    }
