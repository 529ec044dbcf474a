"""Assessors' sheets for the rating engine: what counts, what is refused and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.marts.context import MartContext
from etl.marts.rating_measures import Floats, Period
from etl.rating import Item, Standard

# An inspection of a year is still written up in the month after it.
GRACE_DAYS = 31


@dataclass
class Assessed:
    """Assessments of one standard in one period: by item, one value per community.

    `days` and `assessors` are texts, None where the sheet leaves them open or there is no sheet.
    """

    scores: dict[str, Floats]
    values: dict[str, Floats]
    days: dict[str, list[str | None]]
    assessors: dict[str, list[str | None]]


def read_assessed(
    context: MartContext, ids: list[str], standard: Standard, period: Period
) -> Assessed:
    """Read the assessments of a standard in a period; refused ones become findings."""
    items = [item for item in standard.items if item.is_assessed]
    rows = context.con.execute(
        "SELECT i, coalesce(list_position($items, item_id), 0) AS k, score, value, "
        "assessed_on IS NOT NULL AND assessed_on NOT BETWEEN $first AND $last AS is_outside, "
        "strftime(assessed_on, '%Y-%m-%d') AS day, assessor, item_id FROM core.assessments "
        "JOIN rating_communities USING (community_id) "
        "WHERE standard_id = $standard AND period = $period ORDER BY k, i",
        {
            "items": [item.item_id for item in items] or [""],
            "first": period.first,
            "last": date(int(period.name), 12, 31) + timedelta(days=GRACE_DAYS),
            "standard": standard.standard_id,
            "period": period.name,
        },
    ).fetchnumpy()
    at = np.asarray(rows["k"])
    assessed = Assessed({}, {}, {}, {})
    refused = {"unknown_item": int((at == 0).sum())}
    examples = {"unknown_item": _example(ids, rows, np.flatnonzero(at == 0))}
    for k, item in enumerate(items, start=1):
        rows_of_item = slice(*np.searchsorted(at, [k, k + 1]))
        sheets = {name: one[rows_of_item] for name, one in rows.items()}
        why = _refuse(item, _floats(sheets["score"]), np.asarray(sheets["is_outside"], dtype=bool))
        for name, flags in why.items():
            refused[name] = refused.get(name, 0) + int(flags.sum())
            examples.setdefault(name, "")
            examples[name] = examples[name] or _example(ids, sheets, np.flatnonzero(flags))
        good = ~np.logical_or.reduce(list(why.values()))
        _add_sheets(assessed, item.item_id, len(ids), {k: one[good] for k, one in sheets.items()})
    for name, times in sorted(refused.items()):
        if times:
            _report_refused(context, standard, period, (name, times, examples[name]))
    return assessed


def _example(ids: list[str], sheets: dict[str, Any], rows: NDArray[np.int64]) -> str:
    """Return the first of some sheets as community/item = score, to be found again in its file."""
    if not len(rows):
        return ""
    at = int(rows[0])
    score = _floats(sheets["score"])[at]
    told = "" if np.isnan(score) else f" = {score:g}"
    return f"{ids[int(sheets['i'][at])]}/{sheets['item_id'][at]}{told}"


def _add_sheets(assessed: Assessed, item_id: str, n: int, sheets: dict[str, Any]) -> None:
    where = np.asarray(sheets["i"])
    for column, into in (("score", assessed.scores), ("value", assessed.values)):
        filled = np.full(n, np.nan)
        filled[where] = _floats(sheets[column])
        into[item_id] = filled
    for column, texts in (("day", assessed.days), ("assessor", assessed.assessors)):
        found = np.full(n, None, dtype=object)
        found[where] = np.ma.filled(sheets[column].astype(object), None)
        texts[item_id] = found.tolist()


def _floats(column: Any) -> Floats:
    return np.asarray(np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan))


def _refuse(
    item: Item, score: Floats, is_outside: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """Return which sheets are refused, each for one reason."""
    most = float(item.parameters.get("scale", item.weight))
    beyond = ~is_outside & ((score < 0.0) | (score > most))
    found = {"outside_period": is_outside, "out_of_range": beyond}
    if "allowed" in item.parameters:
        known = np.isin(score, item.parameters["allowed"]) | np.isnan(score)
        found["not_allowed"] = ~is_outside & ~beyond & ~known
    return found


_REFUSALS = {
    "unknown_item": ("name an item the standard does not know", "考评项不在标准之内"),
    "outside_period": ("were made outside the period", "考评日期不在考评周期内"),
    "out_of_range": ("are below 0 or above the item's maximum", "得分低于0或超过该项满分"),
    "not_allowed": ("are not among the scores the item allows", "得分不在该项允许值之内"),
}


def _report_refused(
    context: MartContext, standard: Standard, period: Period, found: tuple[str, int, str]
) -> None:
    why, times, example = found
    en, zh = _REFUSALS[why]
    context.report.find(
        "warning",
        f"assessment_{why}",
        f"{standard.name.en}, {period.name}: {times} assessments {en} and are not used, for "
        f"example {example}. Correct the assessment file.",
        f"{standard.name.zh}，{period.name}：{times}条考评记录{zh}，未采用，例如{example}。"
        "请更正考评文件。",
        table="assessments",
        n=times,
    )


def report_strange_assessments(
    context: MartContext, standards: Sequence[Standard], first_year: int
) -> None:
    """Tell of assessments that no rating can use: of other standards or of no period rated."""
    known = [one.standard_id for one in standards]
    years = [str(year) for year in range(first_year, context.as_of.year + 1)]
    rows = context.con.execute(
        "SELECT list_contains($known, standard_id) AS is_known, standard_id, period, "
        "count(*) FROM core.assessments WHERE NOT (list_contains($known, standard_id) "
        "AND list_contains($years, period)) GROUP BY ALL ORDER BY ALL LIMIT 20",
        {"known": known, "years": years},
    ).fetchall()
    for is_known, standard_id, period, times in rows:
        en = (
            f"are of the period {period!r}, which is not a calendar year from {years[0]} to "
            f"{years[-1]}"
            if is_known
            else f"are of the standard {standard_id!r}, which the district does not rate by"
        )
        zh = (
            f"的周期为{period!r}，不是{years[0]}至{years[-1]}的年份"
            if is_known
            else f"的标准为{standard_id!r}，本区未采用"
        )
        context.report.find(
            "warning",
            "assessment_unknown_period" if is_known else "assessment_unknown_standard",
            f"{times} assessments {en}; they are not used. Correct the file or the district file.",
            f"{times}条考评记录{zh}，未采用。请更正考评文件或区配置。",
            table="assessments",
            n=times,
        )
