"""Ratings of every year side by side, what moved since the last, and consequences in force."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from etl.marts.context import MartContext
from etl.marts.rating_evidence import Frame
from etl.marts.rating_rows import ranks_of
from etl.marts.rows import Columns, nullable
from etl.rating import Outcome, Standard
from etl.rating.grading import Ints, scheme_of
from etl.rating.model import Demerits
from geo.scoring import contributions

MOST_PERIODS = 10
# What printing rounds away is no change.
LEAST_CHANGE = 0.05


def first_year(context: MartContext) -> int:
    """Return the first calendar year that any evidence reaches, at most ten years back."""
    found = context.con.execute(
        "SELECT least((SELECT min(year(occurred_from)) FROM core.incidents), "
        "(SELECT min(try_cast(period AS INTEGER)) FROM core.assessments "
        " WHERE list_contains($standards, standard_id)), "
        "(SELECT min(year(found_on)) FROM core.hazards), "
        "(SELECT min(year(issued_on)) FROM core.sanctions))",
        {"standards": list(context.district.standards)},
    ).fetchone()
    last = context.as_of.year
    first = last if found is None or found[0] is None else int(found[0])
    return min(max(first, last - MOST_PERIODS + 1), last)


def head(frame: Frame, standard: Standard, period: str, which: Ints | None = None) -> Columns:
    """Return the columns that say which rating a row is about."""
    rows = range(frame.n) if which is None else which.tolist()
    return {
        "community_id": [frame.ids[i] for i in rows],
        "station_id": [frame.stations[i] for i in rows],
        "street_id": [frame.streets[i] for i in rows],
        "standard_id": [standard.standard_id] * len(rows),
        "period": [period] * len(rows),
    }


def history_columns(frame: Frame, outcome: Outcome, period: str) -> Columns:
    """Return the columns of `mart.rating_history` for one period."""
    standard, rated = outcome.standard, outcome.grade >= 0
    names = [*(grade.grade_id for grade in standard.grades), None]
    ranks = ranks_of(outcome)
    return {
        **head(frame, standard, period),
        "is_rated": rated,
        "grade": [names[one] for one in outcome.grade.tolist()],
        "stars": nullable(outcome.stars, empty=-1),
        "score": outcome.score,
        "score_low": outcome.score_low,
        "score_high": outcome.score_high,
        "rank": nullable(ranks, empty=0),
        "n_ranked": [int(rated.sum())] * frame.n,
        "missing_fraction": outcome.missing_fraction,
    }


def change_columns(
    frame: Frame, before: Outcome, after: Outcome, periods: tuple[str, str]
) -> Columns:
    """Return the columns of `mart.rating_changes`: items that moved a rating between two periods.

    Parameters
    ----------
    frame
        The communities.
    before, after
        Of two periods under the same standard.
    periods
        Their names.

    Returns
    -------
    Columns
        Rows of communities rated in both; a change counts what is scaled up for missing items.
    """
    standard = after.standard
    scheme = scheme_of(standard)
    old, new = contributions(scheme, before.scored), contributions(scheme, after.scored)
    both = (before.grade >= 0) & (after.grade >= 0)
    rows, items = np.nonzero((np.abs(new - old) >= LEAST_CHANGE) & both[:, None])
    named = [standard.items[k] for k in items.tolist()]
    return {
        **head(frame, standard, periods[1], rows),
        "item_id": [item.item_id for item in named],
        "previous_period": [periods[0]] * len(rows),
        "name_zh": [item.name.zh for item in named],
        "name_en": [item.name.en for item in named],
        "points_before": np.round(old[rows, items], standard.decimals + 1),
        "points_after": np.round(new[rows, items], standard.decimals + 1),
        "change": np.round((new - old)[rows, items], standard.decimals + 1),
    }


def consequence_columns(
    frame: Frame, standard: Standard, period: str, drawn: Mapping[str, Ints], grade: Ints
) -> list[Columns]:
    """Return the columns of `mart.consequences`: those drawn from history, and those of grades."""
    parts = []
    for one in standard.consequences:
        levels = drawn[one.consequence_id]
        rows = np.flatnonzero(levels)
        texts = [
            one.levels[level - 1][1] if isinstance(one, Demerits) else one.name
            for level in levels[rows].tolist()
        ]
        parts.append((one.consequence_id, rows, texts, levels[rows]))
    for place, of_grade in enumerate(standard.grades):
        rows = np.flatnonzero(grade == place)
        if of_grade.consequence is not None and len(rows):
            texts = [of_grade.consequence] * len(rows)
            parts.append((of_grade.grade_id, rows, texts, np.ones(len(rows), dtype=np.int64)))
    return [
        {
            **head(frame, standard, period, rows),
            "consequence_id": [name] * len(rows),
            "name_zh": [text.zh for text in texts],
            "name_en": [text.en for text in texts],
            "level": levels,
        }
        for name, rows, texts, levels in parts
        if len(rows)
    ]
