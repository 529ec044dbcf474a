"""Maps tested on the months that followed: by hand, without peeking, and chance is chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.density import kde
from geo.errors import GeoError
from geo.grid import SquareGrid
from geo.hotspots import gi_star
from geo.trials import summarise
from geo.walk_forward import METHODS, SHARES, Trial, smooth_counts, walk_forward


def trials_of(counts: np.ndarray, inside: np.ndarray | None = None, **more: object) -> list[Trial]:
    inside = np.ones(counts.shape[1:], bool) if inside is None else inside
    given = {"cell_m": 100.0, "bandwidth_m": 150.0, "train": 2} | more
    return walk_forward(counts, inside, **given)  # type: ignore[arg-type]


def pick(trials: list[Trial], method: str, flagged: str) -> list[Trial]:
    return [one for one in trials if (one.method, one.flagged) == (method, flagged)]


def test_last_years_counts_by_hand() -> None:
    # 10 cells in a row, 20 % are 2 cells. Two bins of training: cell 3 has 5, cell 7 has 3, cell
    # 0 has 1; the next month 4 in cell 3, 1 in cell 7, 2 in cell 9, 1 in cell 5.
    counts = np.zeros((3, 1, 10), int)
    counts[0, 0, [3, 7, 0]] = 2, 3, 1
    counts[1, 0, 3] = 3
    counts[2, 0, [3, 7, 9, 5]] = 4, 1, 2, 1
    (one,) = pick(trials_of(counts), "last_year", "top_20")
    assert (one.period, one.n_flagged, one.n_cells, one.n) == (2, 2, 10, 8)
    assert one.n_hit == 5
    assert one.hit_rate == 5 / 8
    assert one.pai == pytest.approx(5 / 8 / 0.2)
    assert one.pei == pytest.approx(5 / 6)  # the best two cells held 4 and 2
    assert one.rri == pytest.approx(5 / 8 / (8 / 9))


def test_a_tie_for_the_last_place_is_flagged_in_part() -> None:
    counts = np.zeros((2, 1, 10), int)
    counts[0, 0, [1, 2, 4, 6]] = 5, 1, 1, 1
    counts[1, 0, [1, 2, 4]] = 1, 3, 3
    (one,) = pick(trials_of(counts, train=1), "last_year", "top_20")
    # cell 1 whole; cells 2, 4 and 6 a third each: 1 + (3 + 3 + 0) / 3
    assert one.n_hit == pytest.approx(3)
    # all ten cells tie: chance
    (one,) = pick(trials_of(counts, train=1), "chance", "top_20")
    assert one.n_hit == pytest.approx(0.2 * 7)
    assert one.pai == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.integers(2, 4))
def test_the_future_changes_no_record_of_the_past(seed: int, train: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(1.0, (8, 6, 7))
    inside = rng.random((6, 7)) > 0.2
    cut = int(rng.integers(train + 1, 8))
    later = counts.copy()
    later[cut:] = rng.poisson(20.0, later[cut:].shape)
    before = [one for one in trials_of(counts, inside, train=train) if one.period < cut]
    after = [one for one in trials_of(later, inside, train=train) if one.period < cut]
    assert before == after
    assert all(one.period >= train for one in after)
    # nor does what lay before the months of training
    earlier = counts.copy()
    earlier[0] = rng.poisson(20.0, earlier[0].shape)
    kept = [one for one in trials_of(counts, inside, train=train) if one.period > train]
    assert kept == [one for one in trials_of(earlier, inside, train=train) if one.period > train]


def test_a_map_is_drawn_from_the_months_before_and_not_from_the_month_itself() -> None:
    counts = np.zeros((3, 1, 20), int)
    counts[:2, 0, 4] = 9
    counts[2, 0, 15] = 9
    for method in ("last_year", "kde", "gi_star"):
        (one,) = pick(trials_of(counts, bandwidth_m=100.0), method, "top_5")
        assert one.n_hit == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999))
def test_every_method_flags_the_same_area_and_no_more_than_the_best_hits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(0.4, 2.0, (5, 8)), (4, 5, 8))
    inside = rng.random((5, 8)) > 0.3
    trials = trials_of(counts, inside)
    cells = int(inside.sum())
    for one in trials:
        assert one.n_cells == cells
        assert one.n == counts[one.period][inside].sum()
        best = np.sort(counts[one.period][inside])[::-1][: one.n_flagged].sum()
        assert one.n_hit <= best + 1e-9
        if one.flagged != "significant":
            assert one.n_flagged == max(1, round(SHARES[one.flagged] * cells))
            share = one.n_flagged / cells
            assert one.pai == pytest.approx(one.hit_rate / share)
    by_kind = {(one.period, one.method, one.flagged) for one in trials}
    assert len(by_kind) == len(trials)
    periods = {one.period for one in trials}
    assert len(pick(trials, "kde", "top_10")) == len(periods)


def test_the_scores_are_those_of_the_maps_shown() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(0.5, 2.0, (12, 10)), (3, 12, 10))
    counts[:, 4:7, 4:7] += 6
    past, now = counts[:2].sum(axis=0), counts[2]
    trials = trials_of(counts)
    star = gi_star(past, approximation="gamma")
    hot = (star.p_fdr <= 0.05) & (star.z > 0)
    (one,) = pick(trials, "gi_star", "significant")
    assert (one.n_flagged, one.n_hit) == (hot.sum(), now[hot].sum())
    (naive,) = pick(trials, "last_year", "significant")
    assert naive.n_flagged == hot.sum()
    (ranked,) = pick(trials, "gi_star", "top_10")
    z, came = np.round(star.z.ravel(), 9), now.ravel()
    last = np.sort(z)[-12]
    part = (12 - (z > last).sum()) / (z == last).sum()
    assert ranked.n_hit == pytest.approx(came[z > last].sum() + part * came[z == last].sum())


def test_smoothing_counts_is_kde_with_all_incidents_in_the_middle_of_their_cell() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(0.5, (9, 11))
    inside = rng.random((9, 11)) > 0.2
    counts[~inside] = 0
    grid = SquareGrid(0.0, 0.0, 50.0, 11, 9)
    points = np.repeat(grid.centres(), counts.ravel(), axis=0)
    dense = kde(
        points, cell_m=50.0, bandwidth_m=100.0, bounds=grid.bounds, inside=inside, edge="diggle"
    )
    found = smooth_counts(counts, inside, s=2.0)
    np.testing.assert_allclose(found, dense.per_m2 * 50.0**2, atol=1e-6)
    assert found.sum() == pytest.approx(counts.sum())


def test_no_incident_before_or_in_a_month_makes_no_trial() -> None:
    counts = np.zeros((5, 4, 4), int)
    assert trials_of(counts) == []
    counts[1, 0, 0] = 3
    assert trials_of(counts) == []
    counts[2, 3, 3] = 1
    assert {one.period for one in trials_of(counts)} == {2}
    assert {one.method for one in trials_of(counts)} == set(METHODS)


def test_what_is_no_stack_of_counts_is_refused() -> None:
    with pytest.raises(GeoError, match="Stack one grid of counts per bin"):
        trials_of(np.zeros((4, 4), int), np.ones((4, 4), bool))
    with pytest.raises(GeoError, match="train 0"):
        trials_of(np.zeros((3, 4, 4), int), train=0)


def trial(period: int, hits: float, n: int, *, flagged: int = 10, pei: float = 0.5) -> Trial:
    return Trial(period, "kde", "top_10", flagged, 100, hits, n, hits / n, hits / n / 0.1, pei, 1.0)


def test_a_summary_by_hand() -> None:
    # hits 4 of 10, 6 of 10, 5 of 20: 15 of 40. Left out in turn: 11/30, 9/30, 10/20; their mean
    # 0.388889, squares of the distances 0.000494 + 0.007901 + 0.012346, times 2/3, root 0.117589;
    # t of 2 degrees 4.302653: 0.505945 to either side.
    mine = [trial(0, 4, 10), trial(1, 6, 10), trial(2, 5, 20)]
    naive = [trial(0, 2, 10), trial(1, 2, 10), trial(2, 4, 20)]
    found = summarise(mine, naive)
    assert (found.n_periods, found.n) == (3, 40)
    assert found.hit_rate.value == 0.375
    assert found.hit_rate.low == 0.0
    assert found.hit_rate.high == pytest.approx(0.375 + 0.505945, abs=1e-5)
    assert found.pai.value == pytest.approx(3.75)
    assert found.gain.value == pytest.approx(7 / 40)
    assert found.word == "no_real_difference"


def test_a_map_that_always_wins_is_better_and_one_that_always_loses_worse() -> None:
    mine = [trial(k, 30 + k % 2, 100) for k in range(6)]
    naive = [trial(k, 20, 100) for k in range(9)]
    assert summarise(mine, naive).word == "better"
    assert summarise([trial(k, 10, 100) for k in range(6)], naive).word == "worse"
    assert summarise(naive, naive).word == "no_real_difference"


def test_too_few_periods_or_incidents_are_said() -> None:
    two = [trial(k, 30, 100) for k in range(2)]
    assert summarise(two, two).word == "too_few"
    assert np.isnan(summarise(two, two).hit_rate.low)
    thin = [trial(k, 1, 9) for k in range(3)]
    assert summarise(thin, thin).word == "too_few"
    assert summarise([trial(k, 1, 10) for k in range(3)], thin).word != "too_few"
    nothing = summarise([], [])
    assert nothing.word == "too_few"
    assert np.isnan(nothing.hit_rate.value)
    assert np.isnan(summarise(two, []).gain.value)


def test_two_maps_that_differ_by_chance_alone_are_told_apart_five_times_in_a_hundred() -> None:
    told = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        mine, naive = rng.binomial(60, 0.3, (2, 12))
        pairs = [[trial(k, float(h), 60) for k, h in enumerate(hits)] for hits in (mine, naive)]
        told += summarise(*pairs).word != "no_real_difference"
    assert 8 <= told <= 34
