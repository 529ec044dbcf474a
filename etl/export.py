"""One table of the served build as a file that other programs open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import shapely

from etl import schema
from etl.errors import StoreError
from etl.schema import quote
from etl.store import Store, read_manifest

FORMATS = (".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")
# A cell that starts so is run as a formula by spreadsheet programs (OWASP ASVS 5.0, 1.2.10).
# The full-width signs count in East Asian locales.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export_table(store: Store, name: str, out: Path) -> int:
    """Write a table of the served build.

    Parameters
    ----------
    store
        Store to read.
    name
        Table such as `communities` or `mart.coverage`.
    out
        File to write; its ending gives the format. Geometry is written in WGS 84 by geojson, gpkg
        and parquet, left out by csv and xlsx.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    StoreError
        If there is no build, no such table, or no such format.
    """
    folder = store.current()
    if folder is None:
        raise StoreError(f"{store.path}: no build; expected one. Run anxing build first.")
    table = _find(name)
    if out.suffix not in FORMATS:
        raise StoreError(
            f"{out.name}: format {out.suffix!r}; expected one of {', '.join(FORMATS)}. Rename it."
        )
    has_shape = "geometry" in {column.name for column in table.columns}
    if out.suffix in (".geojson", ".gpkg") and not has_shape and "lon" not in _names(table):
        raise StoreError(
            f"{name}: has no geometry; expected csv, xlsx or parquet. Rename the file."
        )
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        con.execute("SET enable_external_access = false")
        columns = ", ".join(_plain(c) for c in table.columns if c.kind != "bytes")
        order = ", ".join(quote(one) for one in (table.key or table.order_by)) or "ALL"
        frame = (
            con.execute(
                f"SELECT {columns} FROM {quote(table.schema)}.{quote(table.name)} ORDER BY {order}"
            )
            .to_arrow_table()
            .to_pandas()
        )
    crs = read_manifest(folder)["district"]["crs"]
    _write(frame, out, crs=crs, has_shape=has_shape)
    return len(frame)


def _plain(column: schema.Column) -> str:
    """Return the SQL of a column as a file holds it: a list becomes its text."""
    name = quote(column.name)
    return f"CAST({name} AS VARCHAR) AS {name}" if column.kind == "floats" else name


def _find(name: str) -> schema.Table:
    full = name if "." in name else f"core.{name}"
    try:
        return schema.table(full)
    except KeyError:
        known = ", ".join(one.full_name for one in schema.TABLES)
        raise StoreError(f"{name}: no such table; expected one of {known}.") from None


def _names(table: schema.Table) -> set[str]:
    return {column.name for column in table.columns}


def _write(frame: pd.DataFrame, out: Path, *, crs: str, has_shape: bool) -> None:
    if out.suffix in (".csv", ".xlsx"):
        plain = without_formulas(frame.drop(columns="geometry", errors="ignore"))
        if out.suffix == ".csv":
            plain.to_csv(out, index=False, encoding="utf-8-sig")
        else:
            plain.to_excel(out, index=False)
        return
    if not has_shape and "lon" not in frame.columns:
        frame.to_parquet(out, index=False)
        return
    import geopandas

    if has_shape:
        shapes = shapely.from_wkb(frame["geometry"].to_numpy())
        spatial = geopandas.GeoDataFrame(frame, geometry=shapes, crs=crs).to_crs(4326)
    else:
        lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
        points = np.where(np.isnan(lon), None, shapely.points(lon, lat))
        spatial = geopandas.GeoDataFrame(frame, geometry=points, crs=4326)
    if out.suffix == ".parquet":
        spatial.to_parquet(out, index=False)
        return
    driver = "GeoJSON" if out.suffix == ".geojson" else "GPKG"
    spatial.to_file(out, driver=driver, engine="pyogrio")


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a single quote before every text that a spreadsheet would run."""

    def guard(value: Any) -> Any:
        risky = isinstance(value, str) and value.startswith(FORMULA_STARTS)
        return f"'{value}" if risky else value

    texts = [name for name in frame.columns if frame[name].dtype.kind in "OTU"]
    texts += [name for name in frame.columns if str(frame[name].dtype) in ("str", "string")]
    guarded = {name: frame[name].map(guard) for name in dict.fromkeys(texts)}
    return frame.assign(**guarded)
