"""Gi* and local Moran: by hand, against R spdep, and under chance."""

import csv
import json
from itertools import permutations as orders
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.hotspots import fdr, gi_star, local_moran
from geo.permutation import draw_distinct
from geo.weights import contiguity

Columbus = tuple[dict[str, np.ndarray], list[list[int]]]


@pytest.fixture(scope="module")
def columbus(shared_data: Path) -> Columbus:
    """49 neighbourhoods with R spdep's figures, and their neighbours counting from 0."""
    folder = shared_data / "oracles"
    with (folder / "columbus_spdep_local.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    lists = json.loads((folder / "columbus_nb.json").read_text())
    return columns, [[j - 1 for j in row] for row in lists]


def test_gi_star_and_gi_equal_spdep(columbus: Columbus) -> None:
    r, nb = columbus
    np.testing.assert_allclose(gi_star(r["CRIME"], nb).z, r["GiStar"], rtol=0, atol=1e-12)
    gi = gi_star(r["CRIME"], nb, include_self=False)
    np.testing.assert_allclose(gi.z, r["Gi"], rtol=0, atol=1e-12)


def test_local_moran_equals_spdep(columbus: Columbus) -> None:
    r, nb = columbus
    found = local_moran(r["CRIME"], nb)
    np.testing.assert_allclose(found.statistic, r["Ii"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.z, r["ZIi"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.p_fdr, r["padj_fdr"], rtol=0, atol=1e-12)


def test_local_moran_does_not_care_whether_weights_are_standardised(columbus: Columbus) -> None:
    r, nb = columbus
    binary = np.zeros((49, 49))
    for i, row in enumerate(nb):
        binary[i, row] = 1
    from scipy.sparse import csr_array

    rows = csr_array(binary / binary.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(local_moran(r["CRIME"], rows).z, r["ZIi"], atol=1e-12)
    first, second = (
        local_moran(r["CRIME"], w, permutations=499, rng=np.random.default_rng(1)).p
        for w in (rows, csr_array(binary))
    )
    np.testing.assert_array_equal(first, second)


def test_gi_star_of_a_row_of_five_by_hand() -> None:
    # values 0 0 0 0 5, rook: the last window is {4, 5}: sum 5, W = 2, S = 2, mean 1, s = 2
    # z = (5 - 2) / (2 sqrt((5*2 - 4) / 4)) = 3 / (2 sqrt(1.5)); the middle window: -3/(2 sqrt(1.5))
    found = gi_star(np.array([[0, 0, 0, 0, 5]]), neighbourhood="rook")
    assert found.z[0, 4] == pytest.approx(3 / (2 * np.sqrt(1.5)))
    assert found.z[0, 2] == pytest.approx(-3 / (2 * np.sqrt((5 * 3 - 9) / 4)))


def test_quadrants_name_the_place_and_then_its_neighbours() -> None:
    values = np.array([[9.0, 9, 9, 0, 0, 0, 9, 0, 0, 0, 0]])
    found = local_moran(values, neighbourhood="rook")
    assert found.quadrant[0, [1, 9, 6, 3]].tolist() == [1, 3, 4, 2]


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 6), st.integers(2, 6), st.integers(0, 2**32 - 1), st.sampled_from([1, 1.5, 2.3])
)
def test_a_grid_and_its_weights_matrix_agree(ny: int, nx: int, seed: int, radius: float) -> None:
    x = np.random.default_rng(seed).poisson(2, (ny, nx)).astype(float)
    for measure in (gi_star, local_moran):
        grid = measure(x, radius_cells=radius)
        flat = measure(x.ravel(), contiguity((ny, nx), radius_cells=radius))
        shaped = measure(x.ravel(), shape=(ny, nx), radius_cells=radius)
        assert grid.outcome == flat.outcome
        np.testing.assert_allclose(grid.z.ravel(), flat.z, atol=1e-9)
        np.testing.assert_array_equal(grid.z.ravel(), shaped.z)


def test_a_weight_of_a_place_on_itself_is_ignored() -> None:
    from scipy.sparse import csr_array

    x = np.random.default_rng(0).uniform(size=12)
    w = contiguity((3, 4)).toarray()
    for measure in (gi_star, local_moran):
        plain, own = measure(x, csr_array(w)), measure(x, csr_array(w + 3 * np.eye(12)))
        np.testing.assert_array_equal(plain.z, own.z)


def test_nan_is_outside_the_study_area() -> None:
    rng = np.random.default_rng(3)
    x = rng.poisson(3, (6, 6)).astype(float)
    x[0, 0] = x[3, 3] = np.nan
    grid = gi_star(x)
    inside = ~np.isnan(x).ravel()
    w = contiguity((6, 6)).toarray()[np.ix_(inside, inside)]
    from scipy.sparse import csr_array

    np.testing.assert_allclose(grid.z.ravel()[inside], gi_star(x.ravel()[inside], csr_array(w)).z)
    assert np.isnan(grid.z[0, 0])
    assert np.isnan(grid.p_fdr[3, 3])
    assert grid.n == 34
    same = gi_star(x.ravel(), contiguity((6, 6)))
    np.testing.assert_allclose(same.z, grid.z.ravel())


@pytest.mark.parametrize("measure", [gi_star, local_moran])
def test_equal_values_stand_out_nowhere(measure: object) -> None:
    found = measure(np.full((4, 4), 7.0))  # type: ignore[operator]
    assert found.outcome == "constant"
    assert (found.z == 0).all()
    assert (found.p_fdr == 1).all()


@pytest.mark.parametrize(
    "values", [np.zeros((0, 3)), np.ones((1, 1)), np.array([[1.0, 2, np.nan]])]
)
def test_too_few_places_say_nothing(values: np.ndarray) -> None:
    found = gi_star(values)
    assert found.outcome == "too_few"
    assert np.isnan(found.p).all()
    assert found.p.shape == values.shape


def test_a_window_that_is_everything_cannot_stand_out() -> None:
    found = gi_star(np.array([[1.0, 2, 9]]), radius_cells=5)
    assert found.z.tolist() == [[0, 0, 0]]


def test_a_place_without_neighbours_has_no_moran_but_its_own_gi_star() -> None:
    lists = [[1], [0], [3], [2], []]
    x = np.array([1.0, 2, 3, 4, 30])
    moran = local_moran(x, lists, permutations=99, rng=np.random.default_rng(0))
    assert np.isnan([moran.statistic[4], moran.z[4], moran.p[4], moran.p_fdr[4]]).all()
    assert moran.quadrant[4] == 0
    assert np.isfinite(moran.p_fdr[:4]).all()
    # window of itself: (30 - 8) / (s sqrt((5 - 1) / 4)) = 22 / s
    assert gi_star(x, lists).z[4] == pytest.approx(22 / x.std())
    assert np.isnan(gi_star(x, lists, include_self=False).z[4])


@pytest.mark.parametrize("null", ["conditional", "total"])
def test_permutation_p_is_that_of_every_rearrangement(null: str) -> None:
    x = np.array([0.0, 1, 1, 2, 4, 7, 7.5])
    lists = [[1, 2], [0, 2, 3], [0, 1], [1, 4, 5, 6], [3, 5, 6], [3, 4, 6], [3, 4, 5]]
    found = gi_star(x, lists, permutations=40_000, rng=np.random.default_rng(5), null=null)  # type: ignore[arg-type]
    for i, row in enumerate(lists):
        window = row if null == "conditional" else [*row, i]
        others = [j for j in range(7) if j != i] if null == "conditional" else list(range(7))
        sums = np.array([x[list(o)].sum() for o in orders(others, len(window))])
        seen = x[window].sum()
        exact = min(1, 2 * min((sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean()))
        assert found.p[i] == pytest.approx(exact, abs=0.015)


def test_no_p_is_smaller_than_the_rearrangements_can_show() -> None:
    x = np.random.default_rng(0).uniform(size=(12, 12))
    x[5:8, 5:8] += 20
    found = gi_star(x, permutations=99, rng=np.random.default_rng(0))
    assert found.p[6, 6] == pytest.approx(2 / 100)
    np.testing.assert_allclose(found.p * 50, np.round(found.p * 50))


def test_samples_are_without_repeats_however_large() -> None:
    rng = np.random.default_rng(0)
    for n, k in ((40, 40), (40, 3), (2000, 50)):
        draws = draw_distinct(n, k, 300, rng=rng)
        assert draws.shape == (300, k)
        assert all(len(set(row)) == k for row in draws.tolist())
        assert draws.min() >= 0
        assert draws.max() < n
    # every number is as likely in the first as in the last place of the sample
    for place in (0, -1):
        first = np.bincount(draw_distinct(6, 4, 30_000, rng=rng)[:, place]) / 30_000
        assert np.abs(first - 1 / 6).max() < 0.01


@pytest.mark.parametrize("null", ["conditional", "total"])
def test_unequal_weights_are_rearranged_too(null: str) -> None:
    from scipy.sparse import csr_array

    x = np.array([0.0, 1, 1, 2, 4, 7])
    w = np.zeros((6, 6))
    w[:3, 3:] = [0.5, 1, 2]
    w[3:, :3] = [3, 1, 1]
    found = gi_star(
        x,
        csr_array(w),
        permutations=40_000,
        rng=np.random.default_rng(5),
        null=null,  # type: ignore[arg-type]
    )
    for i in range(6):
        others = [j for j in range(6) if j != i] if null == "conditional" else list(range(6))
        row = w[i][w[i] > 0] if null == "conditional" else [*w[i][w[i] > 0], 1]
        sums = np.array([x[list(o)] @ row for o in orders(others, len(row))])
        seen = w[i] @ x + (0 if null == "conditional" else x[i])
        exact = min(1, 2 * min((sums >= seen - 1e-9).mean(), (sums <= seen + 1e-9).mean()))
        assert found.p[i] == pytest.approx(exact, abs=0.015)


@pytest.mark.parametrize("null", ["conditional", "total"])
@pytest.mark.parametrize("measure", [gi_star, local_moran])
def test_permutation_p_is_uniform_under_chance(measure: object, null: str) -> None:
    given = {"null": null} if measure is gi_star else {}
    p = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        found = measure(rng.exponential(size=(8, 8)), permutations=99, rng=rng, **given)  # type: ignore[operator]
        p.append(found.p[[0, 3, 0], [0, 3, 4]])
    for share in (0.1, 0.3, 0.5, 0.8):
        # 300 draws: standard error at most 0.029
        assert np.abs((np.array(p) <= share).mean(axis=0) - share).max() < 0.09


def test_uniform_incidents_are_significant_as_often_as_chance_allows() -> None:
    before, after = [], []
    for seed in range(200):
        x = np.random.default_rng(seed).poisson(5, (30, 30))
        found = gi_star(x)
        before.append((found.p <= 0.05).mean())
        after.append((found.p_fdr <= 0.05).mean())
    assert np.mean(before) == pytest.approx(0.05, abs=0.005)
    assert np.mean(after) < 0.002


@pytest.mark.parametrize("mean", [0.01, 0.1, 1, 10])
def test_rare_chance_incidents_make_no_hotspots_by_the_gamma_p(mean: float) -> None:
    false, at_5_percent = [], []
    for seed in range(100):
        x = np.random.default_rng(seed).poisson(mean, (40, 40))
        found = gi_star(x, approximation="gamma")
        false.append((found.p_fdr <= 0.05).any())
        at_5_percent.append((found.p <= 0.05).mean())
    assert np.mean(false) <= 0.09
    assert np.mean(at_5_percent) < 0.055


def test_the_gamma_p_is_near_that_of_many_rearrangements() -> None:
    x = np.random.default_rng(4).poisson(0.7, (20, 20)).astype(float)
    x[3:5, 3:6] += 2
    by_chance = gi_star(x, permutations=200_000, rng=np.random.default_rng(0), null="total").p
    gamma = gi_star(x, approximation="gamma").p
    rare = (by_chance < 0.05) & (gi_star(x).z > 0)
    assert rare.sum() > 10
    assert np.abs(np.log(gamma[rare] / by_chance[rare])).max() < 0.45
    normal = gi_star(x).p
    assert np.abs(np.log(normal[rare] / by_chance[rare])).max() > 0.8


def test_the_gamma_p_does_not_call_quiet_places_cold_beside_one_busy_place() -> None:
    rng = np.random.default_rng(2)
    x = rng.poisson(np.exp(rng.normal(-1, 1.3, (18, 18)))).astype(float)
    by_chance = gi_star(x, permutations=50_000, rng=rng, null="total").p
    found = gi_star(x, approximation="gamma")
    quiet = found.z < 0
    assert (found.p[quiet] >= 0.8 * by_chance[quiet]).all()
    assert (found.p_fdr[quiet] > 0.05).all()


def test_the_gamma_p_takes_weights_and_measures() -> None:
    from scipy.sparse import csr_array

    x = np.random.default_rng(4).exponential(size=80)
    w = csr_array(np.random.default_rng(5).uniform(0, 2, (80, 80)) * (np.arange(80) % 9 == 0))
    by_chance = gi_star(x, w, permutations=40_000, rng=np.random.default_rng(0), null="total").p
    for sign in (1, -1):  # mirrored values have the same two-sided p
        gamma = gi_star(sign * x, w, approximation="gamma").p
        assert np.abs(gamma - by_chance).max() < 0.06
    even = np.tile([0.0, 1], 40)
    flat = gi_star(even + 0.5, w, approximation="gamma").p
    np.testing.assert_allclose(flat, gi_star(even + 0.5, w).p, atol=0.01)
    alone = gi_star(np.array([[1.0, 2, 9]]), radius_cells=5, approximation="gamma")
    assert (alone.p == 1).all()


def test_a_planted_hotspot_is_found_and_little_else() -> None:
    x = np.random.default_rng(8).poisson(3, (40, 40))
    x[10:13, 20:23] += 9
    found = gi_star(x)
    hot = (found.p_fdr < 0.05) & (found.z > 0)
    assert hot[10:13, 20:23].all()
    assert hot[:8].sum() + hot[16:].sum() <= 2


def test_the_analytic_p_is_near_the_permutation_p_of_the_same_null() -> None:
    x = np.random.default_rng(4).gamma(4, size=(20, 20))
    by_chance = gi_star(x, permutations=20_000, rng=np.random.default_rng(0), null="total").p
    assert np.abs(by_chance - gi_star(x).p).max() < 0.06


def test_the_same_seed_gives_the_same_p() -> None:
    x = np.random.default_rng(0).poisson(3, (9, 9))
    runs = [gi_star(x, permutations=99, rng=np.random.default_rng(7)).p for _ in range(2)]
    np.testing.assert_array_equal(*runs)


def test_fdr_by_hand() -> None:
    # p 0.01 0.02 0.04 0.5 times 4/1 4/2 4/3 4/4
    adjusted = fdr(np.array([0.5, np.nan, 0.02, 0.01, 0.04]))
    np.testing.assert_allclose(adjusted, [0.5, np.nan, 0.04, 0.04, 0.16 / 3])
    assert len(fdr(np.array([]))) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_fdr_never_lowers_p_and_keeps_its_order(p: list[float]) -> None:
    values = np.array(p)
    adjusted = fdr(values)
    assert (adjusted >= values - 1e-15).all()
    assert (np.diff(adjusted[np.argsort(values)]) >= 0).all()
    assert adjusted.max() <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gi_star(np.arange(6)), r"Pass shape=\(rows, columns\) or weights="),
        (lambda: gi_star(np.arange(6), shape=(4, 2)), "6 values of shape"),
        (lambda: gi_star(np.array([[1.0, np.inf]])), "1 values are infinite"),
        (lambda: gi_star(np.arange(3), [[1], [0]]), "one row of weights for each value"),
        (lambda: gi_star(np.arange(9), shape=(3, 3), permutations=9), "rng is None"),
        (lambda: gi_star(np.arange(9), shape=(3, 3), permutations=-9), "permutations is -9"),
        (
            lambda: gi_star(np.arange(9), shape=(3, 3), include_self=False, null="total"),
            "Use null='conditional'",
        ),
        (lambda: gi_star(np.arange(4), -contiguity((2, 2))), "12 weights are negative"),
        (
            lambda: gi_star(np.arange(9), shape=(3, 3), include_self=False, approximation="gamma"),
            "it is made for Gi",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(call: object, message: str) -> None:
    with pytest.raises(GeoError, match=message):
        call()  # type: ignore[operator]
