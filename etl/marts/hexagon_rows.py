"""Rows of hotspots on hexagons: one for an area, class and period, its cells in lists.

A row a cell, as squares have, would write the area, the class and the period once more a cell: a
third of a large build's hotspots.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from geo.study_area import StudyArea

Found = dict[tuple[str, str], dict[str, np.ndarray]]
MEASURES = ("density_per_km2", "z", "p", "p_fdr")


def hexagon_rows(
    place: dict[str, str | None],
    cells: StudyArea,
    found: Found,
    kept: dict[tuple[str, str], np.ndarray],
) -> pa.Table:
    """Return the rows of one area.

    Parameters
    ----------
    place
        Kind and id of the area and its station.
    cells
        The hexagons.
    found
        Measures of every cell by period and class.
    kept
        Cells to be stored by period and class; without any there is no row of it.

    Returns
    -------
    pa.Table
        Columns of `mart.hotspot_hexagons`; a measure that is nowhere known is null.
    """
    parts = []
    for (period, name), measures in found.items():
        at = kept[period, name]
        if not len(at):
            continue
        col, row = cells.numbers(at)
        lists: dict[str, np.ndarray | None] = {
            "col": col, "row": row, "n": measures["n"].ravel()[at],
        }  # fmt: skip
        for key in MEASURES:
            values = measures[key].ravel()[at]
            lists[key] = None if np.isnan(values).all() else values
        row_of = place | {"class": name, "period_kind": period}
        columns = {key: pa.array([one], pa.string()) for key, one in row_of.items()}
        columns["cell_m"] = pa.array([cells.grid.cell_m], pa.float64())
        columns["n_cells"] = pa.array([int(cells.inside.sum())], pa.int64())
        columns |= {f"{key}_by_cell": _one_list(one) for key, one in lists.items()}
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def _one_list(values: np.ndarray | None) -> pa.Array:
    if values is None:
        return pa.nulls(1, pa.list_(pa.float64()))
    flat = pa.array(np.asarray(values, np.float64))
    return pa.ListArray.from_arrays(pa.array([0, len(flat)], pa.int32()), flat)
