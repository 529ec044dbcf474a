"""A trial of other weights: who would rise, who would fall, and by which item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo.scoring import Scored, Shares, contributions, read_scheme, score_shares

SHARE_COLUMNS = ("filled", "filled_low", "filled_high")


@dataclass(frozen=True)
class Trial:
    """One standard over the communities of one period: what is needed to score it again."""

    body: Mapping[str, Any]
    communities: tuple[str, ...]
    shares: Shares
    grade_limit: np.ndarray
    may_be_rated: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Weights of the standard as written."""
        return read_scheme(self.body).weights

    def score(self, weights: np.ndarray | None = None) -> Scored:
        """Score every community, under other weights when they are given."""
        return score_shares(
            read_scheme(self.body),
            self.shares,
            grade_limit=self.grade_limit,
            may_be_rated=self.may_be_rated,
            weights=weights,
        )

    def compare(self, weights: np.ndarray) -> pd.DataFrame:
        """Return each community before and after, and the item that moved it most.

        Grades are places in the standard's list, 0 the best, -1 for none.
        """
        scheme = read_scheme(self.body)
        before, after = self.score(), self.score(weights)
        moved = contributions(scheme, after) - contributions(scheme, before)
        most = np.abs(moved).argmax(axis=1)
        frame = pd.DataFrame(
            {
                "community_id": self.communities,
                "score_before": before.score,
                "score_after": after.score,
                "grade_before": before.grade,
                "grade_after": after.grade,
                "item": [scheme.item_ids[one] for one in most],
                "item_change": moved[np.arange(len(most)), most],
            }
        )
        frame["change"] = frame["score_after"] - frame["score_before"]
        return frame.assign(
            rank_before=frame["score_before"].rank(ascending=scheme.lower_is_better, method="min"),
            rank_after=frame["score_after"].rank(ascending=scheme.lower_is_better, method="min"),
        )


def is_relative(body: Mapping[str, Any]) -> bool:
    """Tell whether grades are shares of a group, which one area's slice cannot fill."""
    return bool(body.get("relative"))


def read_trial(body: Mapping[str, Any], ratings: pd.DataFrame, items: pd.DataFrame) -> Trial:
    """Return the trial of one standard and period.

    `ratings` has community_id, grade_limit and may_be_rated; `items` has community_id, item_id,
    applies and the shares of the points.
    """
    communities = tuple(ratings["community_id"].astype(str))
    ids = [str(item["id"]) for item in body["items"]]
    row = {one: n for n, one in enumerate(communities)}
    column = {one: n for n, one in enumerate(ids)}
    known = items[items["community_id"].isin(row) & items["item_id"].isin(column)]
    at = (known["community_id"].map(row).to_numpy(int), known["item_id"].map(column).to_numpy(int))
    arrays = {}
    for name in SHARE_COLUMNS:
        arrays[name] = np.full((len(communities), len(ids)), np.nan)
        arrays[name][at] = known[name].to_numpy(float)
    applies = np.zeros((len(communities), len(ids)), dtype=np.bool_)
    applies[at] = known["applies"].fillna(False).to_numpy(bool)
    return Trial(
        body,
        communities,
        Shares(arrays["filled"], arrays["filled_low"], arrays["filled_high"], applies),
        ratings["grade_limit"].fillna(0).to_numpy(np.int64),
        ratings["may_be_rated"].fillna(False).to_numpy(bool),
    )
