"""The slices of a build: for whom each is, and its file."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote as quote_name

import duckdb

from etl.dictionary.model import Role


@dataclass(frozen=True)
class Slice:
    """One file of a build: for whom, and where."""

    kind: str
    scope_id: str
    name: str
    name_en: str | None
    file: str
    role: Role

    @property
    def scope(self) -> str | None:
        """Column that every row of the scope carries, None when the slice has no scope."""
        return {"station": "station_id", "street": "street_id"}.get(self.kind)

    def manifest(self) -> dict[str, object]:
        """Return the entry of the manifest."""
        return {
            "kind": self.kind,
            "id": self.scope_id,
            "name": self.name,
            "name_en": self.name_en,
            "file": self.file,
        }


def plan_slices(con: duckdb.DuckDBPyConnection) -> list[Slice]:
    """Return the slices of a build: every station, every street, the steward, the public."""
    plan = []
    roles: tuple[tuple[str, Role], ...] = (("station", "chief"), ("street", "planner"))
    for kind, role in roles:
        rows = con.execute(
            f"SELECT {kind}_id, name, name_en FROM core.{kind}s ORDER BY {kind}_id"
        ).fetchall()
        plan += [
            Slice(kind, one, name, name_en, slice_file(kind, one), role)
            for one, name, name_en in rows
        ]
    steward = Slice(
        "steward", "steward", "数据专员", "Data steward", "slices/steward.duckdb", "steward"
    )
    public = Slice("public", "public", "公众", "Public", "public/public.duckdb", "public")
    return [*plan, steward, public]


def slice_file(kind: str, scope_id: str) -> str:
    """Return the file of a scope's slice; an id from a file cannot climb out of the folder."""
    return f"slices/{kind}-{quote_name(scope_id, safe='')}.duckdb"
