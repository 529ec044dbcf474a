"""Where a build came from and what was refused."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def sources(read: Reader) -> pd.DataFrame:
    """Return the files read with their row counts."""
    return read.frame("SELECT * FROM meta.sources ORDER BY table_name, source")


def freshness(read: Reader) -> pd.DataFrame:
    """Return the newest date of each table."""
    return read.frame(
        """
        SELECT table_name, max(newest) AS newest, max(modified_at) AS modified_at
        FROM meta.sources GROUP BY table_name ORDER BY table_name
        """
    )


def findings(read: Reader) -> pd.DataFrame:
    """Return warnings and repairs, the gravest first."""
    return read.frame(
        """
        SELECT * FROM meta.findings
        ORDER BY list_position(['error', 'warning', 'info'], severity), code, table_name
        """
    )


def rejected(read: Reader, *, at_most: int) -> pd.DataFrame:
    """Return refused rows, and `n_all` of them in all."""
    return read.frame(
        """
        SELECT *, count(*) OVER () AS n_all FROM meta.rejected_rows
        ORDER BY table_name, source, line, column_name LIMIT ?
        """,
        (at_most,),
    )


def rejected_rules(read: Reader) -> pd.DataFrame:
    """Return how many rows each rule refused."""
    return read.frame(
        """
        SELECT table_name, rule, count(*) AS n FROM meta.rejected_rows
        GROUP BY ALL ORDER BY n DESC, table_name, rule
        """
    )


def dictionary(read: Reader) -> pd.DataFrame:
    """Return the dictionary in its own order."""
    return read.frame("SELECT * FROM meta.columns")


def whole_table(read: Reader, table: str, columns: list[str], *, at_most: int) -> pd.DataFrame:
    """Return the rows of one table as they are.

    `table` and `columns` come from `meta.columns` of the slice and are quoted here.
    """
    schema_name, _, name = table.partition(".")
    chosen = ", ".join(_quote(c) for c in columns)
    sql = f"SELECT {chosen} FROM {_quote(schema_name)}.{_quote(name)} LIMIT ?"  # noqa: S608
    return read.frame(sql, (at_most,))


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
