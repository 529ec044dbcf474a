"""The model city: plausible, fictional, planted with known truth, written as offices send files."""

from etl.simulate.run import SEED, simulate

__all__ = ["SEED", "simulate"]
