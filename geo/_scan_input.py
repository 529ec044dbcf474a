"""What a scan is given, checked and turned into places, cases and expected cases."""

from math import isnan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grid import Floats, Ints, as_points

Model = Literal["poisson", "permutation"]

MIN_PLACES = 2


def read_places(points: Floats) -> Floats:
    """Check the places.

    Parameters
    ----------
    points
        As given to ``scan``.

    Returns
    -------
    Floats
        Shape (n, 2), metres.
    """
    xy = as_points(points, where="scan")
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        raise GeoError(
            f"scan: {bad.sum()} places have no coordinates (the first is number "
            f"{np.flatnonzero(bad)[0]}); metres were expected. Leave unlocated places out."
        )
    if len(xy) < MIN_PLACES or (xy == xy[0]).all():
        raise GeoError(
            f"scan: {len(xy)} places at {min(len(xy), 1)} spot; two spots to compare were "
            "expected. Use smaller places, or look at time alone."
        )
    return xy


def read_cases(
    place: NDArray[np.generic],
    time: NDArray[np.generic] | None,
    n_times: int | None,
    n_places: int,
    model: Model,
    min_cases: int,
) -> tuple[Ints, Ints, int]:
    """Check the cases.

    Parameters
    ----------
    place, time, n_times, model, min_cases
        As given to ``scan``.
    n_places
        Number of places.

    Returns
    -------
    tuple
        Place and time of each case, and the number of times.
    """
    where = _whole(place, "place", n_places)
    when = np.zeros(len(where), np.int64) if time is None else _whole(time, "time", n_times)
    if len(when) != len(where):
        raise GeoError(
            f"scan: {len(where)} places and {len(when)} times of cases; equally many were "
            "expected. Give one of each per case."
        )
    if len(where) < min_cases:
        raise GeoError(
            f"scan: {len(where)} cases; at least min_cases, {min_cases}, were expected. Take a "
            "longer period or a wider class."
        )
    n_slots = n_times if n_times is not None else int(when.max(initial=0)) + 1
    if time is None and n_slots != 1:
        raise GeoError(
            f"scan: n_times is {n_slots} without time; the time of each case was expected. Give "
            "time, or leave n_times out."
        )
    if model == "permutation":
        for values, what in ((where, "place"), (when, "time")):
            if (values == values[0]).all():
                raise GeoError(
                    f"scan: all {len(values)} cases are of one {what}; at least two were expected, "
                    "since the permutation model compares places and times with one another. Use "
                    "model='poisson', or other places or times."
                )
    return where, when, n_slots


def expected_cases(
    place: Ints, time: Ints, n_times: int, n_places: int, model: Model, population: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Work out the cases expected.

    Parameters
    ----------
    place, time
        Of each case.
    n_times, n_places
        Number of times and places.
    model, population
        As given to ``scan``.

    Returns
    -------
    tuple
        Expected cases of each place; their share before each time, shape (n_times + 1,); and,
        where that differs from place to place, the cases expected at each before each time,
        shape (n, n_times + 1), else shape (0, 0).
    """
    total, nowhere = len(place), np.zeros((0, 0))
    if model == "permutation":
        if population is not None:
            raise GeoError(
                "scan: population with model 'permutation'; it takes what is expected from the "
                "cases themselves. Leave population out or use model='poisson'."
            )
        weight = np.bincount(place, minlength=n_places).astype(np.float64)
        daily = np.bincount(time, minlength=n_times)
        return weight, np.concatenate([[0], np.cumsum(daily)]) / total, nowhere
    people = _people(population, n_places, n_times)
    held = people if people.ndim == 1 else people[np.arange(n_places)[place], time]
    if not (held[place] if people.ndim == 1 else held).all():
        raise GeoError(
            "scan: cases where population is 0; people were expected wherever there are cases. "
            "Correct the population or join the place with its neighbour."
        )
    if people.ndim == 1:
        return people * (total / people.sum()), np.arange(n_times + 1) / n_times, nowhere
    expected = people * (total / people.sum())
    before = np.concatenate([np.zeros((n_places, 1)), np.cumsum(expected, axis=1)], axis=1)
    times = before.sum(axis=0) / total
    return expected.sum(axis=1), times, before


def check_limits(
    *,
    max_share: float,
    max_radius_m: float,
    penalty: float,
    shapes: tuple[tuple[float, int], ...],
    min_cases: int,
    replications: int,
    stop_after: int | None,
    rng: np.random.Generator | None,
) -> None:
    """Refuse settings that mean nothing.

    Parameters
    ----------
    max_share, max_radius_m, penalty, shapes, min_cases, replications, stop_after, rng
        As given to ``scan``.
    """
    wrong = (
        (not 0 < max_share <= 0.5, f"max_share is {max_share}", "a share in (0, 0.5]"),
        (isnan(max_radius_m) or max_radius_m <= 0, f"max_radius_m is {max_radius_m}", "metres > 0"),
        (not 0 <= penalty < np.inf, f"penalty is {penalty}", "0 (none), 0.5 or 1"),
        (
            not shapes or any(ratio < 1 or angles < 1 for ratio, angles in shapes),
            f"shapes are {shapes}",
            "axis ratios of at least 1, each with a number of angles",
        ),
        (min_cases < 1, f"min_cases is {min_cases}", "at least 1"),
        (replications < 0, f"replications is {replications}", "at least 0, usually 999"),
        (stop_after is not None and stop_after < 1, f"stop_after is {stop_after}", "at least 1"),
        (replications > 0 and rng is None, f"replications is {replications} without rng", "both"),
    )
    found = [f"{what}; {expected} was expected" for bad, what, expected in wrong if bad]
    if found:
        raise GeoError(
            f"scan: {'; '.join(found)}. Correct the settings"
            f"{'; pass rng=np.random.default_rng(seed)' if replications and rng is None else ''}."
        )


def _people(population: Floats | None, n_places: int, n_times: int) -> Floats:
    if population is None:
        raise GeoError(
            "scan: model 'poisson' without population; people or expected cases of each place were "
            "expected. Give population, or use model='permutation'."
        )
    people = np.asarray(population, dtype=np.float64)
    if people.shape not in ((n_places,), (n_places, n_times)):
        raise GeoError(
            f"scan: population has shape {people.shape}; ({n_places},) or ({n_places}, {n_times}) "
            "was expected. Give one value per place, or per place and time."
        )
    if not (np.isfinite(people) & (people >= 0)).all() or not people.any():
        raise GeoError(
            "scan: population is missing or negative somewhere, or 0 everywhere; values of at "
            "least 0 were expected. Fill the gaps or leave the place out."
        )
    return people


def _whole(values: NDArray[np.generic], name: str, limit: int | None) -> Ints:
    """Check that values count from 0 to below a limit."""
    given = np.asarray(values)
    number = (
        given.astype(np.float64) if given.dtype.kind in "iufb" else np.full(given.shape, np.nan)
    )
    most = np.inf if limit is None else limit
    bad = ~((number >= 0) & (number < most) & (number == np.floor(number)))
    if given.ndim != 1 or bad.any():
        first = f"the first is {given[bad][0]}" if bad.any() else f"shape {given.shape}"
        raise GeoError(
            f"scan: {int(bad.sum())} cases have no usable {name} ({first}); whole numbers from 0 "
            f"to below {most:g} were expected. Leave such cases out."
        )
    return number.astype(np.int64)
