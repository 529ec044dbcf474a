"""Cameras that stand where none may: refused, and kept in the register by name alone.

References
----------
.. [1] State Council of the People's Republic of China (2025). Regulations on Public-Security Video
   Image Information Systems, order 799, article 8.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from etl.forbidden import forbidden_rows, read_places
from etl.readers.raw import LINE
from etl.report import Report
from etl.staging import FILE, Staged

_COLUMNS = ("camera_id", "place_type", "status", "owner_kind")
_SCOPES = ("station_id", "street_id", "community_id")


def set_aside_forbidden(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    added: dict[str, pa.Array],
    report: Report,
) -> dict[str, pa.Array]:
    """Refuse cameras in forbidden places and fill `mart.forbidden_cameras` with them.

    Parameters
    ----------
    con
        The open build.
    staged
        Rows of the cameras, placed; the refused ones leave it.
    added
        Station, street and community of each row.
    report
        Where the steward is told, file by file.

    Returns
    -------
    dict
        `added` for the rows that stay.

    Notes
    -----
    They are neither drawn nor counted. The register names them with their place, file and line, so
    that whoever is responsible for the ground can have them taken down.
    """
    rows = staged.rows
    if "place_type" not in rows.column_names:
        return added
    found = forbidden_rows(rows["place_type"].combine_chunks())
    if not len(found):
        return added
    _insert(con, staged, {name: one.take(pa.array(found)) for name, one in added.items()}, found)
    _tell(staged, found, report)
    bad = np.zeros(rows.num_rows, bool)
    bad[found] = True
    staged.drop(
        bad, "place_type", "forbidden_place", value="place_type", expected=read_places().article
    )
    return {name: one.filter(pa.array(~bad)) for name, one in added.items()}


def _insert(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    scopes: dict[str, pa.Array],
    found: np.ndarray,
) -> None:
    places, rows = read_places(), staged.rows.take(pa.array(found))
    none = pa.nulls(len(found), pa.string())
    codes = [places.find(one) for one in rows["place_type"].to_pylist()]
    owners = rows[FILE].to_pylist()
    columns = {
        **{name: rows[name] if name in rows.column_names else none for name in _COLUMNS},
        **{name: scopes.get(name, none) for name in _SCOPES},
        "place": pa.array([None if one is None else one.code for one in codes], pa.string()),
        "article": pa.array([places.article] * len(found)),
        "source": pa.array([staged.files[number].file.label for number in owners], pa.string()),
        "line": rows[LINE],
    }
    con.register("aside", pa.table(columns))
    con.execute("INSERT INTO mart.forbidden_cameras BY NAME SELECT * FROM aside ORDER BY camera_id")
    con.unregister("aside")


def _tell(staged: Staged, found: np.ndarray, report: Report) -> None:
    places, owners = read_places(), staged.rows[FILE].to_numpy()[found]
    for number in np.unique(owners):
        label, n = staged.files[number].file.label, int((owners == number).sum())
        report.find(
            "error",
            "forbidden_place",
            f"{label}: {n} cameras stand where none may ({places.article}); they are neither "
            "drawn nor counted. Have them taken down, or correct their place.",
            f"{label}：{n} 台摄像机位于禁止安装的场所（{places.article_zh}），不显示也不计入。"
            "请拆除或更正场所类型。",
            table="cameras",
            source=label,
            n=n,
        )
