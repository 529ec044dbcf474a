"""The matrix says who may read what; each of its cells is a test, and the default is no."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from dashboard.access import PAGES, ROLES, load_access, tables_of
from dashboard.errors import AccessError
from etl import schema

ACCESS = load_access()
TABLES = [one.full_name for one in schema.TABLES]
CELLS = list(itertools.product(ROLES, PAGES))


@pytest.mark.parametrize(("role", "page"), CELLS)
def test_a_page_reads_the_tables_granted_and_is_refused_every_other(role: str, page: str) -> None:
    granted = ACCESS.grants.get((role, page), frozenset())
    for table in TABLES:
        sql = f"SELECT * FROM {table} WHERE ? IS NULL"
        if table in granted:
            ACCESS.check_sql(role, page, sql)
        else:
            with pytest.raises(AccessError, match="not granted"):
                ACCESS.check_sql(role, page, sql)


def test_the_matrix_grants_nothing_that_the_dictionary_hides_from_a_role() -> None:
    for (role, page), tables in ACCESS.grants.items():
        for name in tables:
            table = schema.table(name)
            seen = [c for c in table.columns if table.may_see(role, c)]  # type: ignore[arg-type]
            assert seen or name == "mart.map_layers", f"{role}, {page}: {name}"


def test_every_table_of_the_matrix_is_in_the_dictionary() -> None:
    assert {t for tables in ACCESS.grants.values() for t in tables} <= set(TABLES)


def test_an_unknown_role_or_page_is_refused() -> None:
    assert not ACCESS.may("nobody", "overview")
    assert not ACCESS.may("chief", "secrets")
    assert ACCESS.pages("nobody") == ()
    with pytest.raises(AccessError, match="not granted"):
        ACCESS.check_page("nobody", "overview")


@pytest.mark.parametrize("table", ["core.incidents", "mart.hotspots", "core.patrol_visits"])
def test_a_planner_is_never_granted_single_incidents(table: str) -> None:
    assert not any(ACCESS.may("planner", page, table) for page in PAGES)


def test_the_public_is_granted_no_incident_camera_blind_spot_or_count() -> None:
    granted = {t for page in PAGES for t in ACCESS.grants.get(("public", page), ())}
    hidden = re.compile(r"incident|camera|blind|coverage|viewshed|patrol|hotspot|summary|figures")
    assert not [t for t in granted if hidden.search(t)]
    assert granted


def test_only_the_steward_and_the_district_read_refused_rows() -> None:
    readers = {r for r, p in CELLS if ACCESS.may(r, p, "meta.rejected_rows")}
    assert readers == {"steward", "district"}


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1", set()),
        ("SELECT * FROM core.a JOIN core.b USING (i)", {"core.a", "core.b"}),
        ("WITH x AS (SELECT * FROM core.a) SELECT * FROM x", {"core.a"}),
        ("SELECT (SELECT count(*) FROM mart.c) FROM core.a", {"core.a", "mart.c"}),
        ("SELECT * FROM core.a WHERE i IN (SELECT i FROM core.b)", {"core.a", "core.b"}),
        ("SELECT * FROM core.a UNION ALL SELECT * FROM core.b", {"core.a", "core.b"}),
        ('SELECT * FROM "core"."A b"', {"core.A b"}),
    ],
)
def test_every_table_of_a_statement_is_found(sql: str, tables: set[str]) -> None:
    assert tables_of(sql) == tables


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE core.a", "SELECT * FROM read_csv('x')", "SELECT * FROM 'x.parquet'", "PRAGMA x",
     "SELECT * FROM duckdb_tables()", "SELECT 1; SELECT 2 FROM core.a; DELETE FROM core.a"],
)  # fmt: skip
def test_what_is_not_one_select_over_named_tables_is_refused(sql: str) -> None:
    with pytest.raises(AccessError, match="query"):
        tables_of(sql)


@pytest.mark.parametrize(
    ("role", "page", "table", "message"),
    [
        ("guest", "data", "@places", "unknown role guest"),
        ("chief", "secrets", "@places", "unknown page secrets"),
        ("chief", "data", "@nothing", "unknown group @nothing"),
    ],
)
def test_a_matrix_with_a_word_nobody_knows_is_refused(
    role: str, page: str, table: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "access.toml"
    path.write_text(
        f'[groups]\nplaces = []\n[roles.{role}]\nopens = "x"\n'
        f'[roles.{role}.pages]\n{page} = ["{table}"]\n'
    )
    with pytest.raises(AccessError, match=message):
        load_access(path)
