"""What is on file about conduct, before anything is rated: workflow, hazards, sanctions."""

from __future__ import annotations

from etl.marts import hazard_board, rating_workflow, sanctions
from etl.marts.context import MartContext


def derive(context: MartContext) -> None:
    """Fill the tables of workflow, hazards and sanctions.

    Parameters
    ----------
    context
        The open build, with core tables filled.
    """
    rating_workflow.derive(context)
    hazard_board.derive(context)
    sanctions.derive(context)
