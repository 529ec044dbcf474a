"""Patterns: one reading of the incidents by cell and month, and the analyses made from it."""

from __future__ import annotations

from etl.marts.accuracy import fill_accuracy
from etl.marts.alarms import fill_alarms
from etl.marts.cell_months import read_cell_months
from etl.marts.community_moran import fill_community_moran
from etl.marts.community_shapes import read_shapes
from etl.marts.concentration import fill_concentration
from etl.marts.context import MartContext
from etl.marts.emerging import fill_emerging
from etl.marts.notes import Notes
from etl.marts.repeat_addresses import fill_repeat_addresses
from etl.marts.seasons import fill_seasons
from etl.marts.tonight import fill_tonight


def derive(context: MartContext) -> None:
    """Fill the tables of `etl.dictionary.patterns` and `etl.dictionary.records`.

    Parameters
    ----------
    context
        The open build; core tables, `mart.figures`, `mart.incident_days` and
        `mart.incident_hours` are filled.

    Notes
    -----
    An analysis that has too little to go by stores no rows and says so in `mart.analysis_notes`;
    for the district as a whole the steward is told too.
    """
    notes = Notes()
    months = read_cell_months(context)
    communities = read_shapes(context)
    context.progress.start("patterns", 7)
    fill_emerging(context, months, notes)
    context.progress.advance()
    fill_accuracy(context, months, notes)
    context.progress.advance()
    raised = fill_alarms(context, notes)
    context.progress.advance()
    fill_tonight(context, months, raised, communities, notes)
    context.progress.advance()
    fill_concentration(context, months, notes)
    fill_repeat_addresses(context)
    context.progress.advance()
    fill_community_moran(context, communities, notes)
    context.progress.advance()
    fill_seasons(context, notes)
    context.progress.advance()
    notes.store(context.con, context.report)
