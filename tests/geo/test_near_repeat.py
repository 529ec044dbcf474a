"""Knox tables: the published one, brute force, and chance."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.near_repeat import knox


@pytest.mark.parametrize("case", [0, 1])
def test_burglaries_of_chicago_give_the_published_table(shared_data: Path, case: int) -> None:
    truth = json.loads((shared_data / "oracles" / "knox_burglary.json").read_text())["cases"][case]
    with (shared_data / "oracles" / truth["file"]).open() as file:
        rows = list(csv.reader(file))
    points = np.array([[float(x), float(y)] for x, y, _ in rows])
    dates = np.array([day for *_, day in rows], dtype="datetime64[D]")
    found = knox(
        points,
        dates,
        distance_bands_m=[float(d) for d in truth["sds"]],
        time_bands_days=[float(d) for d in truth["tds"]],
        permutations=99,
        rng=np.random.default_rng(1),
    )
    assert found.observed.tolist() == truth["observed"]
    np.testing.assert_allclose(found.expected, truth["analytic_expected"], atol=1e-6)
    # the calculator: same place within the first band about 1.65 to 1.7 times chance, p 0.05 of 19
    assert found.mean_simulated[0, 0] == pytest.approx(found.expected[0, 0], rel=0.1)
    assert found.p[0, 0] == 0.01
    assert found.ratio[0, 0] == pytest.approx(found.observed[0, 0] / found.expected[0, 0])


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 25),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["manhattan", "euclidean"]),
    st.booleans(),
    st.booleans(),
)
def test_pairs_are_those_of_brute_force(
    n: int, seed: int, metric: str, far: bool, late: bool
) -> None:
    rng = np.random.default_rng(seed)
    xy, day = rng.integers(0, 12, (n, 2)) * 25.0, rng.integers(-20, 20, n)
    rows, cols = (
        [0, 1, 100, 200, np.inf][: 5 if far else 4],
        [0, 1, 8, 15, np.inf][: 5 if late else 4],
    )
    found = knox(
        xy,
        day,
        distance_bands_m=rows,
        time_bands_days=cols,
        metric=metric,
        permutations=0,  # type: ignore[arg-type]
    )
    slow = np.zeros((len(rows) - 1, len(cols) - 1), int)
    for i in range(n):
        for j in range(i):
            gap = np.abs(xy[i] - xy[j])
            away = gap.sum() if metric == "manhattan" else np.sqrt((gap**2).sum())
            for r in range(len(rows) - 1):
                for c in range(len(cols) - 1):
                    late_ = cols[c] <= abs(day[i] - day[j]) < cols[c + 1]
                    slow[r, c] += rows[r] <= away < rows[r + 1] and late_
    np.testing.assert_array_equal(found.observed, slow)
    assert np.isnan(found.p).all()


def test_a_planted_series_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(0)
    xy, day = rng.uniform(0, 5000, (400, 2)), rng.integers(0, 365, 400)
    bands = {"distance_bands_m": [0, 200, 1000], "time_bands_days": [0, 8, 100]}
    plain = knox(xy, day, permutations=199, rng=np.random.default_rng(1), **bands)  # type: ignore[arg-type]
    again = xy[:15] + 30
    series = knox(
        np.concatenate([xy, again]),
        np.concatenate([day, day[:15] + 3]),
        permutations=199,
        rng=np.random.default_rng(1),
        **bands,  # type: ignore[arg-type]
    )
    assert plain.p[0, 0] > 0.05
    assert series.p[0, 0] == 1 / 200
    assert series.ratio[0, 0] > 2


def test_p_is_uniform_under_chance() -> None:
    p = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = knox(
            rng.uniform(0, 500, (80, 2)),
            rng.integers(0, 200, 80),
            distance_bands_m=[0, 150, np.inf],
            time_bands_days=[0, 30, np.inf],
            permutations=99,
            rng=rng,
        )
        p.append(found.p[0, 0])
    for share in (0.1, 0.3, 0.6):
        # standard error of 200 draws: at most 0.035; ties make p a little large
        assert -0.11 < np.mean(np.array(p) <= share) - share < 0.09


def test_rearrangements_number_as_asked_and_repeat_with_the_seed() -> None:
    rng = np.random.default_rng(0)
    xy, day = rng.uniform(0, 500, (50, 2)), rng.integers(0, 30, 50)
    runs = [
        knox(
            xy,
            day,
            distance_bands_m=[0, 100, np.inf],
            time_bands_days=[0, 7, np.inf],
            permutations=70,
            rng=np.random.default_rng(3),
        )
        for _ in range(2)
    ]
    np.testing.assert_array_equal(runs[0].p, runs[1].p)
    share = runs[0].p * 71
    np.testing.assert_allclose(share, np.round(share))
    # all pairs are counted in every rearrangement when both last bands are infinite
    assert runs[0].mean_simulated.sum() == pytest.approx(50 * 49 / 2)
    np.testing.assert_allclose(runs[0].mean_simulated.sum(axis=1), runs[0].observed.sum(axis=1))


def test_incidents_without_place_or_date_are_left_out() -> None:
    xy = np.array([[0.0, 0], [0, 0], [np.nan, 0], [0, 0]])
    dates = np.array(["2024-01-01T23:59", "2024-01-02T00:01", "2024-01-01", "NaT"], "datetime64[s]")
    found = knox(xy, dates, distance_bands_m=[0, 1], time_bands_days=[0, 1, 2], permutations=0)
    assert (found.n, found.n_left_out) == (2, 2)
    assert found.observed.tolist() == [[0, 1]]  # two minutes apart, but on the next day
    few = knox(
        xy[:1],
        dates[:1],
        distance_bands_m=[0, 1],
        time_bands_days=[0, 1],
        permutations=9,
        rng=np.random.default_rng(0),
    )
    assert few.p.tolist() == [[1.0]]
    assert np.isnan(few.ratio).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"distance_bands_m": [1, 5]}, "distance_bands_m is"),
        ({"distance_bands_m": [0, 5, 5]}, "rising edges from 0"),
        ({"time_bands_days": [0]}, "time_bands_days is"),
        ({"permutations": 9}, "without rng"),
        ({"dates": np.zeros(3)}, "2 points and 3 dates"),
        ({"dates": np.array([0.5, 1])}, "not whole days"),
    ],
)
def test_what_makes_no_table_is_refused(given: dict[str, object], message: str) -> None:
    call = {
        "points": np.zeros((2, 2)),
        "dates": np.zeros(2),
        "distance_bands_m": [0, 1],
        "time_bands_days": [0, 1],
        "permutations": 0,
    } | given
    with pytest.raises(GeoError, match=message):
        knox(**call)  # type: ignore[arg-type]
