"""Gi* of stacks of counts: equal to the plain Gi*, in time as in space, and quiet under chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo._skewed import two_sided_p
from geo.errors import GeoError
from geo.hotspots import fdr, gi_star
from geo.star_layers import EVEN, NEAR_EVEN, star_layers


@pytest.mark.parametrize("mean", [0.02, 0.3, 3.0, 30.0])
def test_one_layer_is_gi_star_with_the_gamma_p(mean: float) -> None:
    rng = np.random.default_rng(7)
    inside = rng.random((21, 18)) > 0.2
    counts = rng.poisson(mean, (1, 21, 18))
    found = star_layers(counts, inside)
    plain = gi_star(np.where(inside, counts[0], np.nan), approximation="gamma")
    np.testing.assert_allclose(found.z[0], plain.z, atol=1e-12)
    far = np.abs(plain.z) >= 1.6
    np.testing.assert_allclose(found.p[0][far], plain.p[far], atol=1e-12)
    skipped = inside & (found.p[0] == 1)
    assert plain.p[skipped].min(initial=1) > 0.05
    assert (found.p[0][inside & (np.abs(plain.z) < 1)] == 1).all()
    expected = np.where(plain.p_fdr <= 0.05, np.sign(plain.z), 0)
    np.testing.assert_array_equal(found.state[0], np.nan_to_num(expected))


def test_where_p_is_not_worked_out_it_would_be_over_five_in_a_hundred() -> None:
    # of any skewness under the bound, in deviations from the mean, at either end
    for lean in np.linspace(-EVEN, EVEN, 41):
        for z in (-NEAR_EVEN, NEAR_EVEN):
            one = np.ones(1)
            assert two_sided_p(z * one, one, lean * one, step=0.0)[0] > 0.08


def test_layers_apart_are_as_if_each_were_given_alone() -> None:
    rng = np.random.default_rng(3)
    inside = rng.random((12, 15)) > 0.1
    counts = rng.poisson([[[0.2]], [[4.0]], [[1.0]]], (3, 12, 15))
    counts[1, 3:6, 3:6] += 9
    found = star_layers(counts, inside, apart=True)
    for k in range(3):
        alone = star_layers(counts[k : k + 1], inside)
        np.testing.assert_allclose(found.z[k], alone.z[0], atol=1e-12)
        np.testing.assert_allclose(found.p[k], alone.p[0], atol=1e-12)
        np.testing.assert_array_equal(found.state[k], alone.state[0])
    assert (found.state[1] == 1).any()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2), st.integers(0, 999)
)
def test_z_is_the_sum_over_neighbours_in_space_and_before(
    layers: int, rows: int, cols: int, back: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 6, (layers, rows, cols))
    inside = rng.random((rows, cols)) > 0.3
    if inside.sum() * layers < 3 or np.ptp(counts[:, inside]) == 0:
        return
    x = counts[:, inside]
    found = star_layers(counts, inside, steps_back=back)
    for t, r, c in np.ndindex(layers, rows, cols):
        if not inside[r, c]:
            assert np.isnan(found.z[t, r, c])
            continue
        window = [
            counts[u, i, j]
            for u in range(max(0, t - back), t + 1)
            for i in range(max(0, r - 1), min(rows, r + 2))
            for j in range(max(0, c - 1), min(cols, c + 2))
            if inside[i, j]
        ]
        n, w = x.size, len(window)
        spread = x.std() * np.sqrt(max(n * w - w * w, 0) / (n - 1))
        expected = (sum(window) - w * x.mean()) / spread if spread > 1e-6 else 0.0
        assert found.z[t, r, c] == pytest.approx(expected, abs=1e-9)


def test_a_rejected_p_is_one_that_benjamini_and_hochberg_reject() -> None:
    rng = np.random.default_rng(11)
    counts = rng.poisson(0.5, (6, 15, 15))
    counts[3:, 4:7, 4:7] += 3
    found = star_layers(counts, np.ones((15, 15), bool), steps_back=1)
    expected = np.where(fdr(found.p) <= 0.05, np.sign(found.z), 0)
    np.testing.assert_array_equal(found.state, expected)
    assert (found.state == 1).any()


def test_chance_gives_at_most_five_in_a_hundred_before_the_rule_and_almost_none_after() -> None:
    inside, before, hot = np.ones((16, 16), bool), [], 0
    for seed in range(200):
        counts = np.random.default_rng(seed).poisson(5.0, (12, 16, 16))
        found = star_layers(counts, inside, steps_back=1)
        before.append((found.p <= 0.05).mean())
        hot += bool((found.state != 0).any())
    # whole counts cannot hit 5 % exactly, and half a count is kept back: a little less
    assert 0.03 < np.mean(before) < 0.055
    assert hot <= 16  # 5 % of 200 may hold a false find; 16 is three deviations above


def test_one_busy_month_of_one_cell_is_hot_to_mixed_poisson_counts_alone() -> None:
    counts = np.random.default_rng(0).poisson(0.03, (24, 20, 40))
    counts[23, 10, 10] += 12
    inside = np.ones((20, 40), bool)
    measured = star_layers(counts, inside, steps_back=1)
    mixed = star_layers(counts, inside, steps_back=1, skewness="mixed_poisson")
    assert measured.state[23, 10, 10] == 0
    assert (mixed.state[23, 9:12, 9:12] == 1).all()
    assert not mixed.state[:23].any()


def test_p_of_mixed_poisson_counts_is_a_little_cautious() -> None:
    x = np.random.default_rng(1).negative_binomial(0.5, 0.2, (200, 30, 30))
    p = star_layers(x, np.ones((30, 30), bool), skewness="mixed_poisson").p[:, 1:-1:3, 1:-1:3]
    assert 0.002 < (p <= 0.01).mean() <= 0.0105
    assert 0.02 < (p <= 0.05).mean() <= 0.0515


def test_busy_cells_strewn_at_random_are_rarely_called_hot() -> None:
    hot = 0
    for seed in range(40):
        x = np.random.default_rng(seed).negative_binomial(0.3, 0.2, (12, 16, 16))
        hot += bool(star_layers(x, np.ones((16, 16), bool), skewness="mixed_poisson").state.any())
    assert hot <= 6


def test_equal_counts_and_too_few_cells_say_nothing() -> None:
    even = star_layers(np.full((3, 4, 4), 2), np.ones((4, 4), bool))
    assert even.outcome == "constant"
    assert not even.state.any()
    assert (even.z == 0).all()
    few = star_layers(np.array([[[1, 5]]]), np.ones((1, 2), bool))
    assert few.outcome == "too_few"
    assert np.isnan(few.p).all()


def test_counts_outside_the_area_are_not_used() -> None:
    rng = np.random.default_rng(5)
    inside = np.ones((9, 9), bool)
    inside[0] = False
    counts = rng.poisson(2.0, (2, 9, 9))
    more = counts.copy()
    more[:, 0] = 1000
    np.testing.assert_array_equal(star_layers(counts, inside).z, star_layers(more, inside).z)


@pytest.mark.parametrize(
    ("counts", "more"),
    [
        (np.zeros((2, 3, 3)), {}),
        (np.zeros((3, 3), int), {}),
        (np.zeros((2, 4, 3), int), {}),
        (np.zeros((2, 3, 3), int), {"steps_back": -1}),
        (np.zeros((2, 3, 3), int), {"steps_back": 1, "apart": True}),
    ],
)
def test_what_is_not_a_stack_of_counts_is_refused(counts: np.ndarray, more: dict) -> None:
    with pytest.raises(GeoError, match="Stack one grid of counts per layer"):
        star_layers(counts, np.ones((3, 3), bool), **more)
