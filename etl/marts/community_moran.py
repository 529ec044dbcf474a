"""Communities beside their real neighbours: local Moran and Gi* of shrunk rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from etl.marts.community_shapes import Shapes
from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.notes import Notes, insert
from geo.hotspots import gi_star, local_moran
from geo.rates import shrink
from geo.weights import adjacency

# communities face each other across a street
STREET_M = 60.0
PERMUTATIONS = 9999
FEWEST_COMMUNITIES, FEWEST_INCIDENTS = 10, 30
SIGNIFICANT = 0.05
QUADRANTS = np.array(["none", "high_high", "low_high", "low_low", "high_low"], dtype=object)
PER = {"households": 1.0, "residents": 1.0, "km2": 1.0}

_FIGURES = """
SELECT c.community_id, c.station_id, c.street_id, c.area_m2, c.n_households,
    c.n_residents, {counts}
FROM core.communities c LEFT JOIN mart.figures f ON f.scope_id = c.community_id
    AND f.scope_kind = 'community' AND f.period_kind = '12_months'
GROUP BY ALL ORDER BY c.community_id
"""


@dataclass(frozen=True)
class _Communities:
    """Communities, what their rates are of, and who lies beside whom."""

    rows: pa.Table
    exposure: np.ndarray
    kind: str
    beside: csr_array


def fill_community_moran(context: MartContext, shapes: Shapes, notes: Notes) -> None:
    """Fill `mart.community_moran`.

    Parameters
    ----------
    context
        The open build; `mart.figures` is filled.
    shapes
        The communities and their shapes.
    notes
        Told what could not be said.

    Notes
    -----
    Neighbours are communities at most 60 m apart (a street); one without any has no p. Rates are
    per household, or per resident, or per km2 where households are not known for nine in ten,
    shrunk towards the mean (Marshall 1991), so that a small community is not an outlier by
    accident. p is by 9,999 conditional permutations, adjusted over the communities of the district.
    """
    stations = context.con.execute("SELECT station_id FROM core.stations ORDER BY ALL").fetchall()
    areas = [("district", context.district.district_id), *(("station", one) for (one,) in stations)]
    communities = _read(context, shapes)
    tables = []
    for k, name in enumerate(COUNTED):
        n = communities.rows[f"n_{name}"].to_numpy().astype(np.int64)
        rng = np.random.default_rng([context.seed, k])
        outcome, needed, found = _what_hinders(n, communities), None, 0
        if outcome == "ok":
            table = _analyse(communities, name, n, rng=rng)
            tables.append(table)
            found = int(np.sum(table["is_moran_significant"].to_numpy(zero_copy_only=False)))
            outcome = "ok" if found else "nothing_found"
        elif outcome == "too_few":
            needed = FEWEST_INCIDENTS
        # a station sees its own communities beside all others: what holds of all holds for it
        for kind, one in areas:
            notes.add(
                kind, one, "community_moran", name, outcome,
                n=int(n.sum()), needed=needed, n_found=found,
            )  # fmt: skip
    if tables:
        insert(context.con, "community_moran", pa.concat_tables(tables))


def _read(context: MartContext, shapes: Shapes) -> _Communities:
    counts = ", ".join(
        f"coalesce(max(f.n) FILTER (f.class = '{name}'), 0) AS n_{name}" for name in COUNTED
    )
    rows = context.con.execute(_FIGURES.format(counts=counts)).to_arrow_table()
    exposure, kind = _exposure(rows)
    beside = adjacency(shapes.shapes, gap_m=STREET_M) if shapes.names else csr_array((0, 0))
    return _Communities(rows, exposure, kind, beside)


def _exposure(rows: pa.Table) -> tuple[np.ndarray, str]:
    for column, kind in (("n_households", "households"), ("n_residents", "residents")):
        values = rows[column].cast(pa.float64()).fill_null(np.nan).to_numpy().copy()
        values[~(values > 0)] = np.nan
        if len(values) and np.isfinite(values).mean() >= 0.9:
            return values, kind
    area = rows["area_m2"].cast(pa.float64()).fill_null(np.nan).to_numpy() / 1e6
    return np.where(area > 0, area, np.nan), "km2"


def _what_hinders(n: np.ndarray, communities: _Communities) -> str:
    if n.sum() == 0:
        return "no_incident"
    if n.sum() < FEWEST_INCIDENTS or len(n) < FEWEST_COMMUNITIES:
        return "too_few"
    if (n > 0).sum() == 1:
        return "one_point"
    rate = n / communities.exposure
    known = np.isfinite(rate)
    if known.sum() < FEWEST_COMMUNITIES:
        return "too_few"
    return "constant" if np.ptp(rate[known]) == 0 else "ok"


def _analyse(
    communities: _Communities, name: str, n: np.ndarray, *, rng: np.random.Generator
) -> pa.Table:
    found = shrink(n, communities.exposure)
    rate, beside = np.asarray(found.rate), communities.beside
    chance = found.variance == 0  # all rates are the pooled one: nobody differs from a neighbour
    known = np.isfinite(rate)
    n_beside = beside @ known.astype(float)
    summed = beside @ np.where(known, rate, 0.0)
    mean = np.divide(summed, n_beside, out=np.full(len(n), np.nan), where=n_beside > 0)
    moran = local_moran(rate, beside, permutations=0 if chance else PERMUTATIONS, rng=rng)
    star = gi_star(rate, beside, permutations=0 if chance else PERMUTATIONS, rng=rng)
    alone = n_beside == 0
    gi_p = np.where(alone, np.nan, star.p)
    gi_fdr = np.where(alone, np.nan, star.p_fdr)
    sure = gi_fdr <= SIGNIFICANT
    many = len(n)
    columns = {
        key: communities.rows[key].combine_chunks()
        for key in ("community_id", "station_id", "street_id")
    }
    return pa.table(
        {
            **columns,
            "class": pa.array([name] * many),
            "n": n,
            "exposure": _nullable(communities.exposure),
            "exposure_kind": pa.array([communities.kind] * many),
            "rate": _nullable(rate),
            "rate_low": _nullable(np.asarray(found.low)),
            "rate_high": _nullable(np.asarray(found.high)),
            "n_neighbours": np.diff(beside.indptr).astype(np.int64),
            "neighbour_rate": _nullable(mean),
            "moran_i": _nullable(moran.statistic),
            "moran_z": _nullable(moran.z),
            "moran_p": _nullable(moran.p),
            "moran_p_fdr": _nullable(moran.p_fdr),
            "quadrant": pa.array(QUADRANTS[moran.quadrant], pa.string()),
            "is_moran_significant": np.nan_to_num(moran.p_fdr, nan=1.0) <= SIGNIFICANT,
            "gi_z": _nullable(np.where(alone, np.nan, star.z)),
            "gi_p": _nullable(gi_p),
            "gi_p_fdr": _nullable(gi_fdr),
            "is_hot": sure & (star.z > 0),
            "is_cold": sure & (star.z < 0),
        }
    )


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))
