"""The model city: plausible, fictional, planted with known truth, written as offices send files."""

from etl.simulate.run import simulate

__all__ = ["simulate"]
