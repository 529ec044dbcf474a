"""Rows of `mart.camera_duties`: the register of cameras and what order 799 asks of each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.dictionary.cameras import DUTY_STATES
from etl.duties import Judged, Law, Register, judge, read_law
from etl.marts.context import MartContext
from etl.marts.coverage_rows import append
from etl.marts.scoped_rows import as_columns

_IN_USE = """
SELECT camera_id, station_id, street_id, community_id, legal_basis, installed_on, filed_on,
    consented_on, retention_days,
    coalesce(has_sign::TINYINT, -1)::TINYINT AS has_sign, place_type
FROM core.cameras
WHERE coalesce(status, 'working') NOT IN ('planned', 'retired')
    AND coalesce(installed_on <= $day, true) AND coalesce(retired_on > $day, true)
"""
_SCOPE = ("camera_id", "station_id", "street_id", "community_id", "legal_basis")
_FORBIDDEN = """
INSERT INTO mart.camera_duties
    (camera_id, station_id, street_id, community_id, duty, article, is_local, state, found)
SELECT camera_id, station_id, street_id, community_id, 'forbidden_place', $article, false,
    'violated', place_type
FROM mart.forbidden_cameras ORDER BY camera_id
"""


def derive(context: MartContext) -> None:
    """Fill `mart.camera_duties`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    Cameras in use on the day of the build have duties: working or faulty, installed and not
    retired. Cameras refused because of their place are in the register with that one row.
    """
    con, law = context.con, read_law()
    rows = con.execute(_IN_USE, {"day": context.as_of}).to_arrow_table().combine_chunks()
    if rows.num_rows:
        register = Register(
            rows["legal_basis"].combine_chunks(), rows["place_type"].combine_chunks(),
            _days(rows["installed_on"]), _days(rows["filed_on"]), _days(rows["consented_on"]),
            rows["retention_days"].to_numpy(), rows["has_sign"].to_numpy(),
        )  # fmt: skip
        judged = judge(register, law, as_of=context.as_of)
        for one in judged:
            _insert(context, rows, one, law)
        _tell(context, judged)
    article = next(one.article for one in law.duties if one.code == "forbidden_place")
    con.execute(_FORBIDDEN, {"article": article})


def _insert(context: MartContext, rows: pa.Table, one: Judged, law: Law) -> None:
    if not len(one.rows):
        return
    asked = str(one.duty.days) if one.duty.rule == "at_least" else None
    index = pa.array(one.rows)
    article = np.where(one.is_local, law.local_title, one.duty.article)
    found = pa.table(
        {
            **{name: rows[name].take(index) for name in _SCOPE},
            "duty": _same(one.duty.code, len(index)),
            "article": pa.array(article, pa.string()).dictionary_encode(),
            "is_local": one.is_local,
            "state": pa.DictionaryArray.from_arrays(one.state, list(DUTY_STATES)),
            "due_on": pa.array(one.due_on),
            "done_on": pa.array(one.done_on),
            "found": one.found,
            "asked": _same(asked, len(index)),
        }
    )
    append(context.con, "camera_duties", as_columns(found))


def _tell(context: MartContext, judged: list[Judged]) -> None:
    """Tell the steward of overdue filings and of cameras without a legal basis."""
    by_code = {one.duty.code: one for one in judged}
    overdue = by_code["filing"].n("overdue") if "filing" in by_code else 0
    unknown = by_code["legal_basis"].n("unknown") if "legal_basis" in by_code else 0
    if overdue:
        context.report.find(
            "warning", "filing_overdue",
            f"{overdue} cameras are not filed though their 30 days are over (order 799, "
            "article 14). File them.",
            f"{overdue} 台摄像机逾期未备案（国务院令第799号第十四条），请尽快备案。",
            table="cameras", n=overdue,
        )  # fmt: skip
    if unknown:
        context.report.find(
            "info", "legal_basis_unknown",
            f"{unknown} cameras have no legal basis; their duties cannot be told. Fill in "
            "legal_basis.",
            f"{unknown} 台摄像机未填法律依据，无法判断其义务，请补填。",
            table="cameras", n=unknown,
        )  # fmt: skip


def _same(text: str | None, n: int) -> pa.Array:
    return pa.array([text], pa.string()).take(pa.array(np.zeros(n, np.int64)))


def _days(values: pa.ChunkedArray) -> NDArray[np.datetime64]:
    return np.asarray(values.to_numpy(), dtype="datetime64[D]")
