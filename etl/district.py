"""A district: one deployment, read from one TOML file, checked whole before anything else."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pyproj import CRS
from pyproj.exceptions import CRSError

from etl import schema
from etl.errors import DistrictError

FORMATS = ("csv", "tsv", "xlsx", "geojson", "gpkg", "shapefile", "geoparquet", "parquet")
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
BASES = ("none", "xyz", "wmts", "pmtiles")
ENCODINGS = ("utf-8", "gb18030", "utf-16", "cp949", "big5")
CATEGORY = "category"


@dataclass(frozen=True)
class SourceSpec:
    """One entry of `[[sources]]`: which files, and how their columns become ours.

    `columns` maps a dictionary column to the source column, or to several source columns whose
    texts are joined by a blank (date and time). The pseudo-column `category` with `categories`
    maps one source value to "class/type". `values` maps source values per dictionary column.
    `constants` gives a column the same value in every row. `generate_id` numbers rows that have no
    number of their own, by a digest of the row, so that the number survives a reload.
    """

    table: str
    path: str
    format: str
    columns: dict[str, tuple[str, ...]]
    datum: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    layer: str | None = None
    time_formats: tuple[str, ...] = ()
    time_zone: str | None = None
    categories: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    generate_id: bool = False
    optional: bool = False
    ids_as_text: bool = False


@dataclass(frozen=True)
class District:
    """One deployment of Anxing."""

    district_id: str
    name: str
    name_en: str
    time_zone: str
    crs: str
    path: Path
    sources: tuple[SourceSpec, ...]
    folder: Path
    standards: tuple[str, ...] = ("security-star",)
    patrol_radius_m: float = 300.0
    coverage_cell_m: float = 1.0
    hotspot_cell_m: float = 100.0
    hotspot_bandwidth_m: float | None = None
    reject_above_fraction: float = 0.2
    tolerance_m: float = 1.0
    bounds: tuple[float, float, float, float] | None = None
    as_of: date | None = None
    rating_workflow: bool = False
    map: dict[str, Any] = field(default_factory=dict)
    publication: dict[str, Any] = field(default_factory=dict)

    @property
    def epsg(self) -> int:
        """EPSG code of the projected reference system."""
        return int(self.crs.split(":")[1])


class _Faults:
    """Collects everything wrong with a district file, so that it is said once."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[str] = []

    def add(self, key: str, found: object, expected: str, mend: str) -> None:
        self.found.append(f"{self.where}, {key}: found {found!r}; expected {expected}. {mend}")

    def stop(self) -> None:
        if self.found:
            raise DistrictError("\n".join(self.found))


def read_district(path: Path, *, folder: Path | None = None) -> District:
    """Read and check a district file.

    Parameters
    ----------
    path
        The TOML file.
    folder
        Folder of the inputs; overrides the file's own `folder`, which is relative to the file.

    Returns
    -------
    District
        The deployment, checked.

    Raises
    ------
    DistrictError
        With every fault of the file, one a line; mend the file.
    """
    faults = _Faults(path.name)
    body = _parse(path)
    head = body.get("district", {})
    for key in set(body) - {"district", "sources", "map", "publication"}:
        faults.add(key, key, "district, sources, map or publication", "Remove or rename it.")
    known = set(_HEAD_KEYS)
    for key in sorted(set(head) - known):
        faults.add(f"district.{key}", key, "a known key", f"Known keys: {', '.join(_HEAD_KEYS)}.")
    for key in ("id", "name", "time_zone", "crs"):
        if not isinstance(head.get(key), str) or not head.get(key):
            faults.add(f"district.{key}", head.get(key), "a text", "Add it.")
    faults.stop()
    _check_zone(head["time_zone"], "district.time_zone", faults)
    _check_projected(head["crs"], faults)
    bounds = _check_bounds(head.get("bounds"), faults)
    numbers = _check_numbers(head, faults)
    sources = tuple(
        _source(one, number, faults) for number, one in enumerate(body.get("sources", []), start=1)
    )
    brought = {one.table for one in sources}
    for name in schema.REQUIRED_TABLES:
        if name not in brought:
            faults.add("sources", sorted(brought), f"a source for {name}", "Add [[sources]].")
    base = body.get("map", {}).get("base", "none")
    if base not in BASES:
        faults.add("map.base", base, "one of " + ", ".join(BASES), "Choose one.")
    workflow = _check_flag(head, "rating_workflow", faults)
    faults.stop()
    inputs = folder or (path.parent / str(head.get("folder", "."))).resolve()
    return District(
        district_id=head["id"],
        name=head["name"],
        name_en=head.get("name_en", head["name"]),
        time_zone=head["time_zone"],
        crs=head["crs"].upper(),
        path=path,
        sources=sources,
        folder=inputs,
        standards=tuple(head.get("standards", ["security-star"])),
        bounds=bounds,
        as_of=head.get("as_of"),
        rating_workflow=workflow,
        map=body.get("map", {}),
        publication=body.get("publication", {}),
        **numbers,
    )


_NUMBERS = (
    ("patrol_radius_m", 0.0, 5000.0),
    ("coverage_cell_m", 0.1, 50.0),
    ("hotspot_cell_m", 5.0, 5000.0),
    ("hotspot_bandwidth_m", 10.0, 20000.0),
    ("reject_above_fraction", 0.0, 1.0),
    ("tolerance_m", 0.0, 100.0),
)
_HEAD_KEYS = (
    "id",
    "name",
    "name_en",
    "time_zone",
    "crs",
    "folder",
    "standards",
    "bounds",
    "as_of",
    "rating_workflow",
    *(key for key, _, _ in _NUMBERS),
)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DistrictError(
            f"{path}: no such file; expected a district file. "
            "Give the path of a TOML file such as data/districts/baltimore.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DistrictError(
            f"{path.name}: not readable as TOML ({error}); expected a district file in UTF-8. "
            "Mend the line named."
        ) from None


def _check_zone(zone: str, key: str, faults: _Faults) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        faults.add(key, zone, "an IANA time zone", 'Write for example "Asia/Shanghai".')


def _check_projected(crs: str, faults: _Faults) -> None:
    try:
        found = CRS.from_user_input(crs)
    except CRSError:
        faults.add("district.crs", crs, "an EPSG code", 'Write for example "EPSG:4549".')
        return
    metres = all(axis.unit_conversion_factor == 1.0 for axis in found.axis_info)
    if not crs.upper().startswith("EPSG:") or not found.is_projected or not metres:
        faults.add("district.crs", crs, "a projected EPSG code in metres", "Choose a local one.")


def _check_bounds(bounds: object, faults: _Faults) -> tuple[float, float, float, float] | None:
    if bounds is None:
        return None
    if isinstance(bounds, list) and len(bounds) == 4:
        west, south, east, north = (float(one) for one in bounds)
        if -180 <= west < east <= 180 and -90 <= south < north <= 90:
            return west, south, east, north
    faults.add("district.bounds", bounds, "[west, south, east, north] in degrees", "Mend it.")
    return None


def _check_flag(head: dict[str, Any], key: str, faults: _Faults) -> bool:
    value = head.get(key, False)
    if not isinstance(value, bool):
        faults.add(f"district.{key}", value, "true or false", "Mend it.")
        return False
    return value


def _check_numbers(head: dict[str, Any], faults: _Faults) -> dict[str, float]:
    given = {}
    for key, low, high in _NUMBERS:
        if key not in head:
            continue
        value = head[key]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            faults.add(f"district.{key}", value, f"a number from {low:g} to {high:g}", "Mend it.")
            continue
        given[key] = float(value)
    return given


def _source(body: dict[str, Any], number: int, faults: _Faults) -> SourceSpec:
    where = f"sources[{number}]"
    for key in sorted(set(body) - set(SourceSpec.__dataclass_fields__)):
        faults.add(f"{where}.{key}", key, "a known key", "See CONTRIBUTING.md, 'A district'.")
    name, kind = body.get("table", ""), body.get("format", "")
    tables = [one.name for one in schema.CORE]
    if name not in tables:
        faults.add(f"{where}.table", name, "one of " + ", ".join(tables), "Choose one.")
        return SourceSpec(name, "", "", {})
    if kind not in FORMATS:
        faults.add(f"{where}.format", kind, "one of " + ", ".join(FORMATS), "Choose one.")
    if not body.get("path"):
        faults.add(f"{where}.path", body.get("path"), "a file name or glob", "Add it.")
    datum = body.get("datum")
    if datum is not None and datum not in DATUMS and not _is_epsg(datum):
        expected = "one of " + ", ".join(DATUMS) + ' or an "EPSG:…" code'
        faults.add(f"{where}.datum", datum, expected, "Ask the office that made the file.")
    encoding = body.get("encoding")
    if encoding is not None and encoding not in ENCODINGS:
        faults.add(f"{where}.encoding", encoding, "one of " + ", ".join(ENCODINGS), "Choose one.")
    if body.get("time_zone"):
        _check_zone(body["time_zone"], f"{where}.time_zone", faults)
    columns = _columns(name, body.get("columns", {}), where, faults)
    constants = {key: str(one) for key, one in body.get("constants", {}).items()}
    for key in sorted({*body.get("values", {}), *constants}):
        _known_column(name, key, f"{where}.values or constants", faults)
    return SourceSpec(
        table=name,
        path=str(body.get("path", "")),
        format=kind,
        columns=columns,
        datum=datum,
        encoding=encoding,
        sheet=body.get("sheet"),
        layer=body.get("layer"),
        time_formats=tuple(body.get("time_formats", ())),
        time_zone=body.get("time_zone"),
        categories=dict(body.get("categories", {})),
        values={
            schema.ALIASES.get(name, {}).get(key, key): {str(k): str(v) for k, v in one.items()}
            for key, one in body.get("values", {}).items()
        },
        constants={schema.ALIASES.get(name, {}).get(k, k): v for k, v in constants.items()},
        ignore=tuple(body.get("ignore", ())),
        generate_id=bool(body.get("generate_id", False)),
        optional=bool(body.get("optional", False)),
        ids_as_text=bool(body.get("ids_as_text", False)),
    )


def _is_epsg(datum: str) -> bool:
    try:
        return datum.upper().startswith("EPSG:") and CRS.from_user_input(datum) is not None
    except CRSError:
        return False


def _columns(
    table: str, body: dict[str, Any], where: str, faults: _Faults
) -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {}
    for key, theirs in body.items():
        names = (theirs,) if isinstance(theirs, str) else tuple(theirs)
        if not names or not all(isinstance(one, str) and one for one in names):
            faults.add(f"{where}.columns.{key}", theirs, "a column name or a list", "Mend it.")
            continue
        if key != CATEGORY:
            _known_column(table, key, f"{where}.columns", faults)
        columns[schema.ALIASES.get(table, {}).get(key, key)] = names
    return columns


def _known_column(table: str, key: str, where: str, faults: _Faults) -> None:
    known = [one.name for one in schema.input_table(table).inputs]
    if key not in known and key not in schema.ALIASES.get(table, {}):
        faults.add(f"{where}.{key}", key, f"a column of {table}", f"Known: {', '.join(known)}.")
