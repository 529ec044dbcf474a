"""Weighted items to scores and grades, as arrays: what the build rates by and a page tries out.

References
----------
Saltelli, A., Annoni, P. (2010). How to avoid a perfunctory sensitivity analysis. Environmental
Modelling & Software 25(12), 1508-1517: a weight is a choice, so show what it decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grades import SLACK, grade_by_cuts, grade_by_place, round_half_up
from geo.grid import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WorstItemLimit:
    """No grade better than `allowed[j]` for the first bound that the worst of `columns` keeps.

    `allowed` is one longer than `bounds`: its last is for a worst item that keeps none.
    """

    columns: Ints
    bounds: Floats
    allowed: Ints


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a standard's numbers say; k items and g grades, the best grade first.

    Parameters
    ----------
    item_ids
        Names of the items, in the order of the columns.
    weights
        Points of each item, shape (k,).
    is_bonus
        Whether they come on top of the maximum, shape (k,).
    zero_if_missing
        Whether a missing item counts as the worst, instead of leaving the sum, shape (k,).
    cuts
        Cut points of the grades, shape (g,); None where grades are relative.
    places
        Share of a group that each grade takes, shape (g,); None where grades have cuts.
    min_group
        Smallest group that stands on its own.
    stars
        Stars of each grade, -1 where the standard gives none, shape (g,).
    max_score, decimals, lower_is_better, max_missing_fraction
        As the standard has them.
    certain
        Pairs of a lower bound to reach and the best grade without reaching it.
    worst
        Limits by the worst single item.
    """

    item_ids: tuple[str, ...]
    weights: Floats
    is_bonus: Flags
    zero_if_missing: Flags
    cuts: Floats | None
    places: Floats | None
    min_group: int
    stars: Ints
    max_score: float
    decimals: int
    lower_is_better: bool
    max_missing_fraction: float
    certain: tuple[tuple[float, int], ...]
    worst: tuple[WorstItemLimit, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """How full each item's points are, 0 to 1, with bounds, shape (n, k) each; NaN is missing.

    Where low scores are good it is the share of the penalty. `applies` is False where an item
    leaves the sum.
    """

    value: Floats
    low: Floats
    high: Floats
    applies: Flags


@dataclass(frozen=True, slots=True)
class Scored:
    """Points (n, k) and scores (n,) with bounds, and grades: their place, -1 for none.

    `certain` and `worst` hold the best grade that each of the scheme's limits allows, shape
    (n, limits).
    """

    points: Floats
    points_low: Floats
    points_high: Floats
    max_points: Floats
    is_missing: Flags
    scale: Floats
    score: Floats
    score_low: Floats
    score_high: Floats
    missing_fraction: Floats
    is_enough: Flags
    grade_by_points: Ints
    certain: Ints
    worst: Ints
    grade: Ints
    stars: Ints


def score_shares(
    scheme: Scheme,
    shares: Shares,
    *,
    grade_limit: Ints | None = None,
    may_be_rated: Flags | None = None,
    weights: Floats | None = None,
    group: Ints | None = None,
) -> Scored:
    """Add up items to scores and grade them.

    Parameters
    ----------
    scheme
        Of the standard.
    shares
        How full each item is, n communities.
    grade_limit
        Best grade that everything besides the scheme allows (flags, vetoes), shape (n,); 0 where
        nothing binds.
    may_be_rated
        Whether a community is eligible and its period long enough, shape (n,).
    weights
        Other weights than the scheme's, shape (k,), above 0; they are scaled to the same maximum.
    group
        Number of the group of each community, for relative grades, shape (n,).

    Returns
    -------
    Scored
        No communities give empty arrays; a community of which nothing is known has no score.

    Raises
    ------
    GeoError
        When shares have another number of items than the scheme, or a weight is not above 0.

    Notes
    -----
    Points are rounded half up to the scheme's decimals item by item, then summed, so that what is
    printed adds up. The bounds of a score are the sums of the bounds of its items: wider than the
    interval of independent items would be, and never moved the wrong way by better evidence.
    """
    used = scheme.weights if weights is None else normalise_weights(scheme, weights)
    _check_items(scheme, shares)
    missing = np.isnan(shares.value) & shares.applies
    counted = shares.applies & (~missing | scheme.zero_if_missing)
    core = ~scheme.is_bonus
    scale = _divide(np.full(len(counted), scheme.max_score), counted @ (used * core))
    points = round_half_up(shares.value * used, scheme.decimals)
    # Bounds that are the values themselves are not reckoned again: it is half of the work.
    low, high = (
        points if one is shares.value else round_half_up(one * used, scheme.decimals)
        for one in (shares.low, shares.high)
    )
    weighed = shares.applies @ (used * core)
    gone = _divide(missing @ (used * core), weighed)
    known = gone < 1.0
    score = np.where(known, _total(scheme, used, points, counted, scale), np.nan)
    score_low, score_high = (
        score
        if one is points
        else np.where(known, _total(scheme, used, one, counted, scale), np.nan)
        for one in (low, high)
    )
    enough = (gone <= scheme.max_missing_fraction + SLACK) & known
    rated = np.where(enough if may_be_rated is None else enough & may_be_rated, score, np.nan)
    by_points = _grade(scheme, rated, group)
    certain, worst = _certain(scheme, score_low), _worst(scheme, shares, points)
    floor = np.zeros(len(rated), dtype=np.int64) if grade_limit is None else grade_limit
    limits = np.column_stack([by_points, floor, certain, worst])
    grade = np.where(by_points < 0, -1, limits.max(axis=1))
    return Scored(
        points=points,
        points_low=low,
        points_high=high,
        max_points=np.where(shares.applies, used, 0.0),
        is_missing=missing,
        scale=scale,
        score=score,
        score_low=score_low,
        score_high=score_high,
        missing_fraction=gone,
        is_enough=enough,
        grade_by_points=by_points,
        certain=certain,
        worst=worst,
        grade=grade,
        stars=np.where(grade < 0, -1, scheme.stars[grade]),
    )


def normalise_weights(scheme: Scheme, weights: Floats) -> Floats:
    """Scale changed weights so that all but bonuses sum to the scheme's maximum.

    Parameters
    ----------
    scheme
        Of the standard.
    weights
        Wanted weights, shape (k,), finite and above 0.

    Returns
    -------
    Floats
        Weights in the same proportion; those of the scheme when nothing was changed.

    Raises
    ------
    GeoError
        When a weight is missing, not finite or not above 0.
    """
    wanted = np.asarray(weights, dtype=np.float64)
    if wanted.shape != scheme.weights.shape or not (np.isfinite(wanted) & (wanted > 0)).all():
        raise GeoError(
            f"normalise_weights: found {wanted.tolist()}; expected {len(scheme.weights)} weights "
            "above 0. Leave an item out by giving it a weight close to 0."
        )
    if np.array_equal(wanted, scheme.weights):
        return scheme.weights
    core = ~scheme.is_bonus
    return np.where(core, wanted * (scheme.max_score / wanted[core].sum()), wanted)


def contributions(scheme: Scheme, scored: Scored) -> Floats:
    """Return what each item adds to each score, after scaling for items left out.

    Parameters
    ----------
    scheme
        Of the standard.
    scored
        By it, n communities.

    Returns
    -------
    Floats
        Shape (n, k); a missing item adds nothing, or all its penalty points where it counts as
        the worst. They sum to the score but for its rounding.
    """
    worst = scored.max_points * (scheme.zero_if_missing & scheme.lower_is_better)
    filled = np.where(scored.is_missing, worst, np.nan_to_num(scored.points))
    return filled * np.where(scheme.is_bonus, 1.0, scored.scale[:, None])


def _check_items(scheme: Scheme, shares: Shares) -> None:
    k = len(scheme.item_ids)
    if shares.value.ndim != 2 or shares.value.shape[1] != k:
        raise GeoError(
            f"score_shares: shares have shape {shares.value.shape}; expected (n, {k}), one column "
            f"for each item. Order them as {', '.join(scheme.item_ids)}."
        )


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.ones(below.shape), where=below > 0.0)


def _total(scheme: Scheme, weights: Floats, one: Floats, counted: Flags, scale: Floats) -> Floats:
    # A missing item that counts is worth the worst: no points, or all penalty points.
    filled = np.where(np.isnan(one), weights if scheme.lower_is_better else 0.0, one) * counted
    total = (filled @ (~scheme.is_bonus).astype(np.float64)) * scale
    if scheme.is_bonus.any():
        total = total + filled @ scheme.is_bonus.astype(np.float64)
    return round_half_up(total, scheme.decimals)


def _grade(scheme: Scheme, score: Floats, group: Ints | None) -> Ints:
    if scheme.cuts is not None:
        return grade_by_cuts(score, scheme.cuts, lower_is_better=scheme.lower_is_better)
    groups = np.zeros(len(score), dtype=np.int64) if group is None else group
    return grade_by_place(
        score,
        groups,
        np.asarray(scheme.places),
        min_group=scheme.min_group,
        lower_is_better=scheme.lower_is_better,
    )


def _certain(scheme: Scheme, low: Floats) -> Ints:
    limits = np.zeros((len(low), len(scheme.certain)), dtype=np.int64)
    for column, (bound, grade) in enumerate(scheme.certain):
        limits[:, column] = np.where(low >= bound - SLACK, 0, grade)
    return limits


def _worst(scheme: Scheme, shares: Shares, points: Floats) -> Ints:
    limits = np.zeros((len(points), len(scheme.worst)), dtype=np.int64)
    for column, cap in enumerate(scheme.worst):
        if scheme.lower_is_better:
            worst = np.nan_to_num(points[:, cap.columns]).max(axis=1)
            kept = worst[:, None] <= cap.bounds[None, :] + SLACK
        else:
            of = shares.value[:, cap.columns]
            worst = np.where(np.isnan(of), np.inf, of).min(axis=1)
            kept = worst[:, None] >= cap.bounds[None, :] - SLACK
        first = np.where(kept.any(axis=1), kept.argmax(axis=1), len(cap.bounds))
        limits[:, column] = cap.allowed[first]
    return limits


def read_scheme(body: Mapping[str, Any]) -> Scheme:
    """Return the numbers of a standard from its checked body, as `meta.standards` holds it.

    Parameters
    ----------
    body
        The standard's TOML as a mapping; it was checked when it was loaded.

    Returns
    -------
    Scheme
        Its weights, cuts and limits as arrays.
    """
    items, grades = body["items"], body["grades"]
    place = {grade["id"]: number for number, grade in enumerate(grades)}
    column = {item["id"]: number for number, item in enumerate(items)}
    caps = body.get("caps", [])
    relative = body.get("relative")
    return Scheme(
        item_ids=tuple(column),
        weights=np.asarray([item["weight"] for item in items], dtype=np.float64),
        is_bonus=np.asarray([item["rule"] == "bonus" for item in items], dtype=np.bool_),
        zero_if_missing=np.asarray(
            [item.get("missing", body["missing"]) == "zero" for item in items], dtype=np.bool_
        ),
        cuts=None if relative else _column(grades, "cut"),
        places=_column(grades, "share") if relative else None,
        min_group=int(relative["min_group"]) if relative else 1,
        stars=np.asarray([grade.get("stars", -1) for grade in grades], dtype=np.int64),
        max_score=float(body["max_score"]),
        decimals=int(body.get("decimals", 1)),
        lower_is_better=body.get("direction", "higher") == "lower",
        max_missing_fraction=float(body["enough"]["max_missing_fraction"]),
        certain=tuple(
            (float(cap["low_at_least"]), place[cap["grade"]])
            for cap in caps
            if cap["kind"] == "certainty_cap"
        ),
        worst=tuple(
            WorstItemLimit(
                columns=np.asarray([column[one] for one in cap["items"]], dtype=np.int64),
                bounds=np.asarray([bound for bound, _ in cap["limits"]], dtype=np.float64),
                allowed=np.asarray(
                    [*(place[one] for _, one in cap["limits"]), len(grades) - 1], dtype=np.int64
                ),
            )
            for cap in caps
            if cap["kind"] == "worst_item_cap"
        ),
    )


def _column(grades: Sequence[Mapping[str, Any]], key: str) -> Floats:
    return np.asarray([grade[key] for grade in grades], dtype=np.float64)
