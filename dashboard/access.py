"""Who may open which page and read which table: the matrix of `data/access.toml`, deny by default.

The slice already holds nothing that its role may not see; this is the second lock, on the
question itself. Every statement a page asks is parsed, and each table in it has to be granted.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import duckdb

from dashboard.errors import AccessError

FILE = Path(__file__).resolve().parent.parent / "data" / "access.toml"
ROLES = ("public", "planner", "chief", "district", "steward", "auditor")
PAGES = (
    "overview", "dossier", "coverage", "cameras", "patrols", "clusters", "alarms", "tonight",
    "hotspots", "clock", "concentration", "accuracy", "ratings", "hazards",
    "companies", "standards", "data",
)  # fmt: skip
_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})


@dataclass(frozen=True)
class Access:
    """The matrix: which kind of slice a role opens, which tables each of its pages may read."""

    opens: dict[str, str]
    grants: dict[tuple[str, str], frozenset[str]]

    def pages(self, role: str) -> tuple[str, ...]:
        """Return the pages of `role` in the order of the menu; an unknown role has none."""
        return tuple(page for page in PAGES if (role, page) in self.grants)

    def may(self, role: str, page: str, table: str | None = None) -> bool:
        """Tell whether `role` may open `page`, or read `table` on it."""
        granted = self.grants.get((role, page))
        return granted is not None and (table is None or table in granted)

    def check_page(self, role: str, page: str) -> None:
        """Raise AccessError unless `role` may open `page`."""
        if not self.may(role, page):
            raise AccessError(f"page {page}: not granted to {role}. See data/access.toml.")

    def check_sql(self, role: str, page: str, sql: str) -> None:
        """Raise AccessError unless every table that `sql` reads is granted to `role` on `page`."""
        self.check_page(role, page)
        refused = sorted(t for t in tables_of(sql) if not self.may(role, page, t))
        if refused:
            raise AccessError(
                f"page {page}: {', '.join(refused)} not granted to {role}. See data/access.toml."
            )


@lru_cache(maxsize=8)
def load_access(path: Path = FILE) -> Access:
    """Read the matrix; AccessError names what it does not know."""
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    groups = {str(name): [str(t) for t in tables] for name, tables in written["groups"].items()}
    opens: dict[str, str] = {}
    grants: dict[tuple[str, str], frozenset[str]] = {}
    for role, section in written["roles"].items():
        if role not in ROLES:
            raise AccessError(f"{path}: unknown role {role}; one of {', '.join(ROLES)}.")
        opens[role] = str(section["opens"])
        for page, tables in section.get("pages", {}).items():
            if page not in PAGES:
                raise AccessError(f"{path}: unknown page {page}; one of {', '.join(PAGES)}.")
            grants[role, page] = frozenset(_expand(tables, groups, path))
    return Access(opens, grants)


def _expand(tables: list[str], groups: dict[str, list[str]], path: Path) -> list[str]:
    found: list[str] = []
    for name in tables:
        if not name.startswith("@"):
            found.append(name)
        elif name[1:] in groups:
            found.extend(groups[name[1:]])
        else:
            raise AccessError(f"{path}: unknown group {name}; write it under [groups].")
    return found


@lru_cache(maxsize=512)
def tables_of(sql: str) -> frozenset[str]:
    """Return the tables that one SELECT reads, as `schema.name`.

    Raises
    ------
    AccessError
        The text is not one SELECT, or reads a file or a function that is not a table.
    """
    row = _parser().cursor().execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    if tree.get("error"):
        raise AccessError(f"query: {tree.get('error_message', 'unreadable')}. Pages only SELECT.")
    nodes = list(_nodes(tree))
    called = {n["function"]["function_name"] for n in nodes if n.get("type") == "TABLE_FUNCTION"}
    if called - _FUNCTIONS:
        raise AccessError(f"query: {', '.join(sorted(called - _FUNCTIONS))} is not a table.")
    read = {(n["schema_name"], n["table_name"]) for n in nodes if n.get("type") == "BASE_TABLE"}
    named = {key for node in nodes if isinstance(node.get("map"), list) for key in _cte(node)}
    loose = {table for schema, table in read if not schema and table not in named}
    if loose:
        raise AccessError(f"query: {', '.join(sorted(loose))} has no schema; write schema.table.")
    return frozenset(f"{schema}.{table}" for schema, table in read if schema)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return the empty database whose parser reads statements: opening one takes 10 ms."""
    return duckdb.connect()


def _nodes(tree: Any) -> Any:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _cte(node: dict[str, Any]) -> list[str]:
    return [str(one["key"]) for one in node["map"] if isinstance(one, dict) and "key" in one]
