"""Emerging hot spots of the district and each jurisdiction, by class."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np

from etl.marts.cell_months import Area, CellMonths
from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.notes import Notes, Row, insert
from geo import projection
from geo.emerging import MIN_BINS, PATTERNS, Emerging, emerging

FEWEST_INCIDENTS = 50


def fill_emerging(context: MartContext, months: CellMonths, notes: Notes) -> None:
    """Fill `mart.emerging_cells`.

    Parameters
    ----------
    context
        The open build.
    months
        Incidents by cell and month.
    notes
        Told what could not be said.

    Notes
    -----
    With fewer than 50 incidents or 10 months, all in one cell or in one month, nothing is said.
    """
    rows: list[Row] = []
    for area in months.areas:
        for name in COUNTED:
            n = area.of_class(name)
            outcome, needed = what_hinders(n, area.total(name))
            found = 0
            if outcome == "ok":
                history = emerging(n, area.inside)
                mine = _rows(area, name, n, history, months)
                found, rows = len(mine), rows + mine
                outcome = "ok" if found else "nothing_found"
            notes.add(
                area.kind, area.scope_id, "emerging", name, outcome,
                n=area.total(name), needed=needed, n_found=found,
            )  # fmt: skip
    insert(context.con, "emerging_cells", with_lonlat(rows, epsg=context.district.epsg))


def what_hinders(n: np.ndarray, total: int) -> tuple[str, int | None]:
    """Return why counts (bins, rows, columns) say nothing, or "ok", and what it takes.

    `total` has the incidents of months that are not whole too.
    """
    if total == 0:
        return "no_incident", FEWEST_INCIDENTS
    if len(n) < MIN_BINS:
        return "too_short", MIN_BINS
    if n.sum() < FEWEST_INCIDENTS:
        return "too_few", FEWEST_INCIDENTS
    if int((n.sum(axis=0) > 0).sum()) == 1:
        return "one_point", None
    if int((n.sum(axis=(1, 2)) > 0).sum()) == 1:
        return "one_day", None
    return "ok", None


def with_lonlat(rows: list[Row], *, epsg: int) -> list[Row]:
    """Add longitude and latitude to rows with x and y."""
    if rows:
        x, y = (np.array([one[key] for one in rows], float) for key in ("x", "y"))
        for one, lon, lat in zip(rows, *projection.unproject(x, y, epsg=epsg), strict=True):
            one |= {"lon": float(lon), "lat": float(lat)}
    return rows


def cell_columns(area: Area, cell: int) -> Row:
    """Return what names the cell of an area: numbers run row by row."""
    row, col = divmod(cell, area.grid.nx)
    x = area.grid.x0 + (col + 0.5) * area.grid.cell_m
    y = area.grid.y0 + (row + 0.5) * area.grid.cell_m
    return {"cell_id": area.cell_id(x, y), "x": x, "y": y, "cell_m": area.grid.cell_m}


def _rows(area: Area, name: str, n: np.ndarray, history: Emerging, months: CellMonths) -> list[Row]:
    rows: list[Row] = []
    for cell in np.flatnonzero(history.pattern.ravel()):
        at = divmod(int(cell), area.grid.nx)
        state, counts = history.state[:, at[0], at[1]], n[:, at[0], at[1]]
        hot = np.flatnonzero(state == 1)
        # the run of hot bins that ends with the last, if it is hot
        since = int(hot[-1]) if len(hot) else 0
        while since > 0 and state[since - 1] == 1:
            since -= 1
        is_hot_now = len(hot) > 0 and hot[-1] == len(state) - 1
        rows.append(
            {
                "scope_kind": area.kind,
                "scope_id": area.scope_id,
                "station_id": area.station_id,
                "class": name,
                **cell_columns(area, int(cell)),
                "pattern": PATTERNS[history.pattern[at]],
                "n": int(counts.sum()),
                "n_last": int(counts[-1]),
                "n_bins": len(state),
                "n_bins_hot": len(hot),
                "n_bins_cold": int((state == -1).sum()),
                "hot_from": months.edges[hot[0]],
                "hot_to": months.edges[hot[-1] + 1] - timedelta(days=1),
                "hot_since": months.edges[since] if is_hot_now else None,
                "z_last": float(history.z[-1, at[0], at[1]]),
                "trend_z": float(history.trend_z[at]),
                "trend_p": float(history.trend_p[at]),
                "counts": json.dumps(counts.tolist()),
                "hot_bins": json.dumps(state.tolist()),
            }
        )
    return rows
