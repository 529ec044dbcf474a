"""Who moves when ratings are reckoned differently, and which items moved them.

Nothing here reads a file or a database.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.rating.engine import Outcome
from etl.rating.grading import Ints, scheme_of
from etl.rating.model import Text
from etl.rating.points import Floats
from geo.grades import rank
from geo.scoring import contributions


@dataclass(frozen=True)
class Moves:
    """Two ratings of the same communities side by side; scores per 100 of each maximum.

    `change`, shape (n, items), is what each item adds to or takes from the score per 100; items are
    those of both standards, an item that one lacks adds nothing there. `direction` is 1 where the
    grade or the stars got better, -1 where they got worse, 0 elsewhere, also without a rating.
    Ranks are 0 where there is no rating.
    """

    before: Outcome
    after: Outcome
    item_ids: tuple[str, ...]
    names: tuple[Text, ...]
    change: Floats
    score_before: Floats
    score_after: Floats
    rank_before: Ints
    rank_after: Ints
    direction: Ints


def compare(before: Outcome, after: Outcome) -> Moves:
    """Set two ratings of the same communities side by side.

    Parameters
    ----------
    before, after
        Of the same communities in the same order, under any standards.

    Returns
    -------
    Moves
        Under two standards with different grades only stars are compared; where one gives none,
        the place among the rated is.
    """
    names = {item.item_id: item.name for one in (before, after) for item in one.standard.items}
    old, new = (_per_hundred(one, tuple(names)) for one in (before, after))
    ranks = [_ranks(one) for one in (before, after)]
    return Moves(
        before=before,
        after=after,
        item_ids=tuple(names),
        names=tuple(names.values()),
        change=new - old,
        score_before=_score(before),
        score_after=_score(after),
        rank_before=ranks[0],
        rank_after=ranks[1],
        direction=_direction(before, after, ranks[0], ranks[1]),
    )


def _score(outcome: Outcome) -> Floats:
    score = np.where(outcome.grade < 0, np.nan, outcome.score)
    return np.asarray(100.0 * score / outcome.standard.max_score)


def _per_hundred(outcome: Outcome, item_ids: tuple[str, ...]) -> Floats:
    standard = outcome.standard
    found = contributions(scheme_of(standard), outcome.scored)
    spread = np.zeros((len(found), len(item_ids)))
    spread[:, [item_ids.index(item.item_id) for item in standard.items]] = found
    return np.asarray(100.0 * spread / standard.max_score)


def _ranks(outcome: Outcome) -> Ints:
    score = np.where(outcome.grade < 0, np.nan, outcome.score)
    return rank(score, lower_is_better=outcome.standard.direction == "lower")


def _direction(before: Outcome, after: Outcome, old: Ints, new: Ints) -> Ints:
    both = (before.grade >= 0) & (after.grade >= 0)
    grades = [[one.grade_id for one in outcome.standard.grades] for outcome in (before, after)]
    if grades[0] == grades[1]:
        step = before.grade - after.grade
    elif (before.stars[both] >= 0).all() and (after.stars[both] >= 0).all():
        step = after.stars - before.stars
    else:
        step = old - new
    return np.where(both, np.sign(step), 0).astype(np.int64)


def top_items(moves: Moves, i: int, *, most: int = 3, least: float = 0.05) -> list[int]:
    """Return the items that moved a community's score most, the largest change first.

    Parameters
    ----------
    moves
        From `compare`.
    i
        Number of the community.
    most
        How many at most.
    least
        Changes below this do not count, per 100.

    Returns
    -------
    list[int]
        Numbers of items; none when the score stayed.
    """
    size = np.abs(moves.change[i])
    order = np.lexsort((np.arange(len(size)), -np.round(size, 6)))
    return [int(k) for k in order[:most] if size[k] >= least]
