"""Reading of the served build for what is circulated: rows as mappings, one build at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from etl.errors import StoreError
from etl.store import Store, read_manifest

Row = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """The open database of the build that is served, read only."""

    con: duckdb.DuckDBPyConnection
    manifest: Mapping[str, Any]

    @property
    def build_id(self) -> str:
        """Identifier of the build."""
        return str(self.manifest["build_id"])

    @property
    def as_of(self) -> date:
        """Last day of the data."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def district(self) -> Mapping[str, Any]:
        """Identifier, names and time zone of the district."""
        return self.manifest["district"]  # type: ignore[no-any-return]

    def rows(self, sql: str, /, **bound: object) -> list[Row]:
        """Return the rows of a query whose parameters are `$name`."""
        cursor = self.con.execute(sql, bound) if bound else self.con.execute(sql)
        names = [one[0] for one in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def first_standard(self) -> Row:
        """Return the district's first standard, the published one.

        Raises
        ------
        StoreError
            When the build rates by none.
        """
        found = self.rows(
            "SELECT standard_id, version, digest, name_zh, name_en, body FROM meta.standards "
            "ORDER BY position LIMIT 1"
        )
        if not found:
            raise StoreError(
                f"{self.build_id}: no rating standard; expected one. "
                "Name it under standards in the district file and build again."
            )
        return found[0]


@contextmanager
def open_served(store: Store) -> Iterator[Served]:
    """Open the build that is served.

    Parameters
    ----------
    store
        Store of builds.

    Yields
    ------
    Served
        Closed when the block ends.

    Raises
    ------
    StoreError
        When nothing is served; build first.
    """
    folder = store.current()
    if folder is None:
        raise StoreError(f"{store.path}: no build; expected one. Run anxing build first.")
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        con.execute("SET enable_external_access = false")
        con.execute("SET TimeZone = 'UTC'")
        yield Served(con, read_manifest(folder))
