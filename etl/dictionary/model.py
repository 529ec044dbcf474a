"""What the dictionary can say of a table and a column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Role = Literal["public", "planner", "chief", "district", "steward", "auditor"]
Kind = Literal[
    "text", "int", "float", "bool", "date", "instant", "geometry", "json", "bytes", "floats"
]
Origin = Literal["input", "computed"]

SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "geometry": "BLOB",
    "json": "VARCHAR",
    "bytes": "BLOB",
    "floats": "DOUBLE[]",
}

STAFF: frozenset[Role] = frozenset({"planner", "chief", "district"})
POLICE: frozenset[Role] = frozenset({"chief", "district"})
EVERYONE: frozenset[Role] = STAFF | {"public"}
STEWARDS: frozenset[Role] = frozenset({"district", "steward"})
ALL_STAFF: frozenset[Role] = STAFF | STEWARDS


@dataclass(frozen=True)
class Column:
    """One column: its type, what it may hold, who may see it, what it means."""

    name: str
    kind: Kind
    en: str
    zh: str
    required: bool = False
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    vocabulary: tuple[str, ...] | None = None
    references: str | None = None
    origin: Origin = "input"
    visible_to: frozenset[Role] | None = None
    few_words: bool = False

    @property
    def repeats(self) -> bool:
        """Whether a text says one of few words, which are then looked at once each."""
        return self.few_words or self.vocabulary is not None

    @property
    def sql_type(self) -> str:
        """DuckDB type of the column."""
        return SQL_TYPES[self.kind]

    def describe_range(self) -> str | None:
        """Allowed values as one phrase, or None when anything of the type is allowed."""
        if self.vocabulary:
            return "one of " + ", ".join(self.vocabulary)
        low = f"({self.above:g}" if self.above is not None else None
        low = low or (f"[{self.minimum:g}" if self.minimum is not None else None)
        if low is None and self.maximum is None:
            return None
        high = f"{self.maximum:g}]" if self.maximum is not None else "∞)"
        return f"{low or '(-∞'}, {high}"


@dataclass(frozen=True)
class Table:
    """One table: where it lives, its key, its geometry, who may see it."""

    schema: Literal["core", "mart", "meta"]
    name: str
    en: str
    zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    geometry: Literal["polygon", "point", "any"] | None = None
    visible_to: frozenset[Role] = field(default_factory=frozenset)
    order_by: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """Name with its schema, as SQL writes it."""
        return f"{self.schema}.{self.name}"

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Columns that a source may bring."""
        return tuple(column for column in self.columns if column.origin == "input")

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError when the dictionary has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name}.{name}")

    def may_see(self, role: Role, column: Column) -> bool:
        """Tell whether `role` may see `column` of this table; denied unless written here."""
        return role in (self.visible_to if column.visible_to is None else column.visible_to)


def text(name: str, en: str, zh: str, **more: object) -> Column:
    """Return a text column."""
    return Column(name, "text", en, zh, **more)  # type: ignore[arg-type]


def number(name: str, en: str, zh: str, unit: str | None = None, **more: object) -> Column:
    """Return a float column."""
    return Column(name, "float", en, zh, unit=unit, **more)  # type: ignore[arg-type]


def count(name: str, en: str, zh: str, **more: object) -> Column:
    """Return an integer column that counts things, zero or more."""
    return Column(name, "int", en, zh, **{"minimum": 0, **more})  # type: ignore[arg-type]


def flag(name: str, en: str, zh: str, **more: object) -> Column:
    """Return a boolean column."""
    return Column(name, "bool", en, zh, **more)  # type: ignore[arg-type]


def day(name: str, en: str, zh: str, **more: object) -> Column:
    """Return a date column (local calendar)."""
    return Column(name, "date", en, zh, **more)  # type: ignore[arg-type]


def instant(name: str, en: str, zh: str, **more: object) -> Column:
    """Return an instant column (UTC)."""
    return Column(name, "instant", en, zh, **more)  # type: ignore[arg-type]


def share(name: str, en: str, zh: str, **more: object) -> Column:
    """Return a share in 0 to 1."""
    return Column(name, "float", en, zh, minimum=0.0, maximum=1.0, **more)  # type: ignore[arg-type]


def computed(*columns: Column) -> tuple[Column, ...]:
    """Return the columns marked as computed by the build, never read from a source."""
    return tuple(replace(column, origin="computed") for column in columns)


COMMUNITY = text("community_id", "Community", "小区", references="communities.community_id")
STATION = text("station_id", "Police station", "派出所", references="stations.station_id")
STREET = text("street_id", "Street office", "街道", references="streets.street_id")
SCOPE = computed(STATION, STREET)
GEOMETRY = Column("geometry", "geometry", "Shape (WKB, metres)", "图形（WKB，米）", required=True)
LONLAT = (
    number("lon", "Longitude, WGS 84", "经度（WGS 84）", "deg", minimum=-180.0, maximum=180.0),
    number("lat", "Latitude, WGS 84", "纬度（WGS 84）", "deg", minimum=-90.0, maximum=90.0),
)
XY = computed(
    number("x", "Easting in the district's projection", "投影东坐标", "m"),
    number("y", "Northing in the district's projection", "投影北坐标", "m"),
)
