"""Rules that give an item its points, each from arrays of one value per community.

Every function takes the measured value, shape (n,), NaN where there is no evidence, the item's
weight and the rule's parameters, and returns points, shape (n,), NaN where there is no evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Parameters = Mapping[str, Any]
Points = Callable[[Floats, float, Parameters], Floats]


def score(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Give an assessor's score, scaled from `scale` (default: the weight) to the weight.

    A score outside 0 to `scale`, or not in `allowed`, is no evidence.
    """
    scale = float(parameters.get("scale", weight))
    good = (value >= 0.0) & (value <= scale)
    if "allowed" in parameters:
        good &= np.isin(value, np.asarray(parameters["allowed"], dtype=np.float64))
    return np.where(good, value * (weight / scale), np.nan)


def target(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Give all points when the target is met, none when it is missed."""
    if "at_least" in parameters:
        met = value >= float(parameters["at_least"])
    else:
        met = value <= float(parameters["at_most"])
    return np.where(np.isnan(value), np.nan, np.where(met, weight, 0.0))


def deduction(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Take `per_event` off the weight for each event after `free` ones, not below `floor`."""
    events = np.maximum(value - float(parameters.get("free", 0.0)), 0.0)
    return np.maximum(
        weight - float(parameters["per_event"]) * events, float(parameters.get("floor", 0.0))
    )


def mitigated_deduction(
    value: Floats, mitigated: Floats, weight: float, parameters: Parameters
) -> Floats:
    """Take `per_event` off for each event, but only `per_mitigated` for the mitigated ones.

    `mitigated`, shape (n,), counts those among `value` that cost less; unknown counts as none.
    """
    milder = np.minimum(np.where(np.isnan(mitigated), 0.0, mitigated), value)
    lost = float(parameters["per_event"]) * (value - milder)
    lost = lost + float(parameters["per_mitigated"]) * milder
    return np.maximum(weight - lost, float(parameters.get("floor", 0.0)))


def steps(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Take off the deduction of the highest step that the value is over, not below `floor`."""
    table = np.asarray(parameters["steps"], dtype=np.float64)
    deductions = np.concatenate(([0.0], table[:, 1]))
    # side="left": a value exactly on a threshold is not over it.
    lost = deductions[np.searchsorted(table[:, 0], value, side="left")]
    given = np.maximum(weight - lost, float(parameters.get("floor", 0.0)))
    return np.where(np.isnan(value), np.nan, given)


def shortfall(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Take `per_step` off for each `step` that the value falls short of `target`.

    In proportion, or with `whole_steps` for each step begun; not below `floor`.
    """
    short = np.maximum(float(parameters["target"]) - value, 0.0) / float(parameters["step"])
    if parameters.get("whole_steps", False):
        short = np.ceil(np.round(short, 9))  # 0.3 short of 0.1-steps is 3 steps, not 4
    lost = float(parameters["per_step"]) * short
    return np.maximum(weight - lost, float(parameters.get("floor", 0.0)))


def linear(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Give all points at `full_at`, none at `zero_at`, in proportion between."""
    full, zero = float(parameters["full_at"]), float(parameters["zero_at"])
    return np.asarray(weight * np.clip((zero - value) / (zero - full), 0.0, 1.0))


def bonus(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Give `per_event` for each event on top of the maximum, up to the weight; unknown is none."""
    events = np.where(np.isnan(value), 0.0, np.maximum(value, 0.0))
    return np.minimum(float(parameters["per_event"]) * events, weight)


def penalty(value: Floats, weight: float, parameters: Parameters) -> Floats:
    """Add `per_event` penalty points for each event, up to the weight (low totals are good)."""
    return np.minimum(float(parameters["per_event"]) * np.maximum(value, 0.0), weight)


RULES: dict[str, Points] = {
    "score": score,
    "target": target,
    "deduction": deduction,
    "steps": steps,
    "shortfall": shortfall,
    "linear": linear,
    "change": linear,
    "bonus": bonus,
    "penalty": penalty,
}
