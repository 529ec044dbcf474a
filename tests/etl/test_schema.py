"""The dictionary and the built store say the same, both ways."""

from pathlib import Path

import duckdb
import pytest

from etl import schema
from etl.dictionary.model import SQL_TYPES
from etl.store import Store


@pytest.fixture
def served(model_store: Path):
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        yield con


def test_every_column_of_the_store_is_in_the_dictionary_and_the_other_way(served) -> None:
    found = {
        (row[0], row[1], row[2], row[3])
        for row in served.execute(
            "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE NOT internal AND database_name = current_database()"
        ).fetchall()
    }
    stated = {
        (table.schema, table.name, column.name, column.sql_type)
        for table in schema.TABLES
        for column in table.columns
    }

    assert found == stated


def test_meta_columns_is_the_dictionary(served) -> None:
    rows = served.execute("SELECT * FROM meta.columns").fetchall()

    assert rows == schema.column_rows()


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda one: one.full_name)
def test_a_table_keeps_what_the_dictionary_promises(served, table: schema.Table) -> None:
    name = table.full_name
    if table.key:
        keys = ", ".join(schema.quote(one) for one in table.key)
        twice = served.execute(
            f"SELECT {keys} FROM {name} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
        ).fetchall()
        assert twice == []
    for column in table.columns:
        here = schema.quote(column.name)
        if column.required:
            empty = served.execute(f"SELECT count(*) FROM {name} WHERE {here} IS NULL").fetchone()
            assert empty == (0,), column.name
        if column.vocabulary:
            words = served.execute(f"SELECT DISTINCT {here} FROM {name}").fetchall()
            assert {word for (word,) in words} <= {*column.vocabulary, None}, column.name
        for operator, limit in (("<", column.minimum), (">", column.maximum), ("<=", column.above)):
            if limit is not None:
                beyond = served.execute(
                    f"SELECT count(*) FROM {name} WHERE {here} {operator} {limit}"
                ).fetchone()
                assert beyond == (0,), column.name
        if column.references and table.schema == "core":
            other, key = column.references.split(".")
            if served.execute(f"SELECT count(*) FROM core.{other}").fetchone() != (0,):
                strange = served.execute(
                    f"SELECT count(*) FROM {name} WHERE {here} IS NOT NULL AND {here} NOT IN "
                    f"(SELECT {key} FROM core.{other})"
                ).fetchone()
                assert strange == (0,), column.name


def test_every_column_is_described_in_both_languages() -> None:
    for table in schema.TABLES:
        assert table.en
        assert table.zh
        for column in table.columns:
            assert column.en, (table.full_name, column.name)
            assert any("\u4e00" <= letter <= "\u9fff" for letter in column.zh) or column.zh in (
                "Gi* z 值",
            ), (table.full_name, column.name)
            assert column.kind in SQL_TYPES
            assert table.visible_to or column.visible_to, (table.full_name, column.name)
