"""The books of a build: every row read is loaded, rejected or a duplicate, and each is told."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from etl import schema
from etl.clean import REJECTED, rejected_batch
from etl.errors import StoreError
from etl.report import Report
from etl.schema import quote
from etl.staging import FileRows


def balance(con: duckdb.DuckDBPyConnection, files: list[FileRows]) -> None:
    """Hold rows read = loaded + rejected + duplicates against what the tables hold.

    Raises
    ------
    StoreError
        If a row is unaccounted for: a fault of the program, not of the files; nothing is published.
    """
    for name in sorted({one.spec.table for one in files}):
        stated = sum(one.n_loaded for one in files if one.spec.table == name)
        found = con.execute(f"SELECT count(*) FROM core.{quote(name)}").fetchone()[0]
        if stated != found:
            raise StoreError(
                f"core.{name}: holds {found} rows; expected {stated} by the count of its files. "
                "This is a fault of the program: report it with the district file."
            )


def write_meta(
    con: duckdb.DuckDBPyConnection,
    files: list[FileRows],
    report: Report,
    facts: dict[str, str],
) -> None:
    """Fill the meta tables."""
    _insert(con, "meta.build", sorted(facts.items()))
    _insert(con, "meta.columns", schema.column_rows())
    _insert(con, "meta.sources", [one.source_row() for one in files])
    findings = sorted(
        report.findings,
        key=lambda one: (one.severity, one.code, one.table or "", one.source or "", one.en),
    )
    _insert(
        con,
        "meta.findings",
        [(f.severity, f.code, f.table, f.source, f.n, f.area_m2, f.en, f.zh) for f in findings],
    )
    rejected = [one for owner in files for one in owner.rejected] + _report_batches(report)
    if rejected:
        con.register("rejected", pa.Table.from_batches(rejected, REJECTED))
        con.execute(
            "INSERT INTO meta.rejected_rows SELECT * FROM rejected "
            "ORDER BY table_name, source, line, column_name, rule"
        )
        con.unregister("rejected")


def _report_batches(report: Report) -> list[pa.RecordBatch]:
    return [
        rejected_batch(
            one.table,
            one.source,
            np.array([-1 if one.line is None else one.line]),
            one.column,
            pa.array([one.value], pa.string()),
            one.rule,
            one.expected,
        )
        for one in report.rejections
    ]


def table_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the number of rows of every table of the build."""
    return {
        one.full_name: con.execute(
            f"SELECT count(*) FROM {quote(one.schema)}.{quote(one.name)}"
        ).fetchone()[0]
        for one in schema.TABLES
    }


def _insert(con: duckdb.DuckDBPyConnection, name: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        columns = [pa.array(values) for values in zip(*rows, strict=True)]
        names = [column.name for column in schema.table(name).columns]
        con.register("meta_rows", pa.table(columns, names))  # one by one costs a second
        con.execute(f"INSERT INTO {name} SELECT * FROM meta_rows")
        con.unregister("meta_rows")
