"""A trial of weights scores as the build does, and says which item moved whom."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from dashboard.trial import Trial, is_relative, read_trial
from etl.store import Store


@pytest.fixture
def built(model_store: Path) -> tuple[Trial, pd.DataFrame]:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        body = json.loads(
            con.execute(
                "SELECT body FROM meta.standards WHERE standard_id = 'security-star'"
            ).fetchone()[0]
        )
        of = "FROM mart.{} WHERE standard_id = 'security-star' AND period = '2026'"
        ratings = con.execute(f"SELECT * {of.format('ratings')} ORDER BY community_id").df()
        items = con.execute(f"SELECT * {of.format('rating_items')}").df()
    return read_trial(body, ratings, items), ratings


def test_with_the_standards_own_weights_every_score_and_star_is_the_builds(
    built: tuple[Trial, pd.DataFrame],
) -> None:
    trial, ratings = built
    found = trial.score()
    np.testing.assert_allclose(found.score, ratings["score"].to_numpy(float), atol=1e-9)
    np.testing.assert_allclose(found.score_low, ratings["score_low"].to_numpy(float), atol=1e-9)
    stars = np.where(found.stars < 0, np.nan, found.stars)
    np.testing.assert_array_equal(stars, ratings["stars"].to_numpy(float))
    assert np.isfinite(stars).sum() > 5


def test_the_same_weights_move_nobody(built: tuple[Trial, pd.DataFrame]) -> None:
    trial, _ = built
    assert (trial.compare(trial.weights)["change"].fillna(0) == 0).all()


def test_twice_all_weights_are_the_same_weights(built: tuple[Trial, pd.DataFrame]) -> None:
    trial, _ = built
    assert (trial.compare(trial.weights * 2)["grade_after"] == trial.score().grade).all()


def test_more_weight_for_an_item_lifts_those_who_are_better_at_it_than_elsewhere(
    built: tuple[Trial, pd.DataFrame],
) -> None:
    trial, _ = built
    weights = trial.weights.copy()
    weights[0] *= 5
    found = trial.compare(weights).set_index("community_id")
    share = pd.Series(trial.shares.value[:, 0], index=trial.communities)
    known = share.notna() & trial.shares.applies[:, 0] & found["score_before"].notna()
    better = share * 100 > found["score_before"] + 2
    worse = share * 100 < found["score_before"] - 2
    assert (known & better).any()
    assert (known & worse).any()
    assert (found.loc[known & better, "change"] > 0).all()
    assert (found.loc[known & worse, "change"] < 0).all()


def test_a_standard_by_places_cannot_be_tried_in_one_area() -> None:
    assert is_relative({"relative": {"min_group": 5}})
    assert not is_relative({"grades": []})
