"""A page open for one viewer: texts, formats, the slice, and the only way to ask it anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pandas as pd

from dashboard.access import Access
from dashboard.formats import NOTHING, Formats
from dashboard.store import Build, Slice
from dashboard.texts import Texts
from dashboard.viewer import Viewer


@dataclass(frozen=True)
class Page:
    """What a view is given."""

    name: str
    t: Texts
    f: Formats
    viewer: Viewer
    build: Build
    slice: Slice
    access: Access
    links: Mapping[str, Any] = field(default_factory=dict)

    def frame(self, sql: str, parameters: tuple[Any, ...] = ()) -> pd.DataFrame:
        """Return the rows of `sql`; AccessError when it reads a table this role may not."""
        self.access.check_sql(self.viewer.role, self.name, sql)
        return self.slice.frame(sql, parameters)

    def state(self, table: str) -> str:
        """Tell what there is of a table: here, empty (none in this area), missing or denied."""
        if not self.access.may(self.viewer.role, self.name, table):
            return "denied"
        if table not in self.slice.tables:
            return "denied"
        sql = f"SELECT count(*) AS n FROM (SELECT 1 FROM {table} LIMIT 1)"  # noqa: S608
        if int(self.frame(sql).loc[0, "n"]):
            return "here"
        return "empty" if self._n_rows(table) else "missing"

    def has(self, table: str) -> bool:
        """Tell whether a table has rows for this viewer on this page."""
        return self.state(table) == "here"

    def label(self, table: str, column: str) -> str:
        """Return the dictionary's name of a column in the language of the session."""
        found = _labels(self.slice).get((table, column))
        return column if found is None else self.t.pick(*found)

    def unit(self, table: str, column: str) -> str | None:
        """Return the unit of a column."""
        return _units(self.slice).get((table, column))

    def name_of(self, row: Mapping[str, Any] | pd.Series) -> str:
        """Return the name of a row that carries `name` and perhaps `name_en`."""
        named = self.t.pick(row.get("name"), row.get("name_en"))
        number = row.get("community_id")
        return named or (number if isinstance(number, str) else NOTHING)

    @property
    def scope_name(self) -> str:
        """Name of the area this viewer sees."""
        scope = self.slice.scope
        if scope.kind not in ("station", "street"):
            district = self.build.district
            return self.t.pick(district.get("name"), district.get("name_en")) or scope.name
        return self.t.pick(scope.name, scope.name_en)

    @property
    def scope_kind(self) -> str:
        """Kind of area of the headline figures."""
        return self.slice.scope.kind

    @property
    def scope_id(self) -> str:
        """Number of the area of the headline figures."""
        if self.scope_kind == "district":
            return str(self.build.district.get("id", self.slice.scope.id))
        return self.slice.scope.id

    def _n_rows(self, table: str) -> int:
        counts = self.build.n_rows
        return counts.get(table, counts.get(table.partition(".")[2], 0))


@lru_cache(maxsize=64)
def _columns(part: Slice) -> list[dict[str, Any]]:
    if "meta.columns" not in part.tables:
        return []
    return part.arrow(
        "SELECT schema_name || '.' || table_name AS t, column_name AS c, zh, en, unit "
        "FROM meta.columns"
    ).to_pylist()


@lru_cache(maxsize=64)
def _labels(part: Slice) -> dict[tuple[str, str], tuple[str, str]]:
    return {(row["t"], row["c"]): (row["zh"], row["en"]) for row in _columns(part)}


@lru_cache(maxsize=64)
def _units(part: Slice) -> dict[tuple[str, str], str | None]:
    return {(row["t"], row["c"]): row["unit"] for row in _columns(part)}
