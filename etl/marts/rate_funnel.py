"""Rates of the rated period beside what chance allows a place of that size."""

from __future__ import annotations

import numpy as np

from etl.marts.context import MartContext
from etl.marts.rating_evidence import Frame, PeriodEvidence
from etl.marts.rating_measures import DAYS_A_YEAR
from etl.marts.rows import insert_rows
from geo.rates import funnel_limits, shrink

CLASSES = ("criminal", "public_security")


def fill_funnel(context: MartContext, frame: Frame, made: PeriodEvidence) -> None:
    """Fill `mart.rate_funnel` for the latest period.

    Parameters
    ----------
    context
        The open build.
    frame, made
        The communities, and what is known of them in the latest period.

    Notes
    -----
    The counts and the households are those that the rating's items rest on. A community without
    known households has no row; a class that is nowhere recorded has none either.
    """
    window, counts = made.windows.counted, made.incidents
    if counts is None or window.n_days == 0:
        return
    households = frame.register["n_households"].value
    exposure = np.where(households > 0, households, np.nan) * window.n_days / DAYS_A_YEAR / 1000.0
    told = np.flatnonzero(~np.isnan(exposure))
    parts = []
    for name in CLASSES:
        if not len(told) or counts.tables[name].sum() == 0:
            continue
        found = counts.of(name, window)
        shrunk = shrink(found, exposure)
        usual, wide = (
            funnel_limits(exposure, shrunk.pooled, confidence=level) for level in (0.95, 0.998)
        )
        raw = shrunk.raw
        words = np.select(
            [raw > wide[1], raw > usual[1], raw < wide[0], raw < usual[0]],
            ["above_998", "above_95", "below_998", "below_95"],
            "inside",
        )
        rows = told.tolist()
        parts.append(
            {
                "community_id": [frame.ids[i] for i in rows],
                "station_id": [frame.stations[i] for i in rows],
                "street_id": [frame.streets[i] for i in rows],
                "period": [made.windows.period.name] * len(rows),
                "class": [name] * len(rows),
                "n": found[told],
                "exposure": exposure[told],
                "rate": raw[told],
                "shrunk": shrunk.rate[told],
                "shrunk_low": shrunk.low[told],
                "shrunk_high": shrunk.high[told],
                "pooled": np.full(len(rows), shrunk.pooled),
                "low_95": usual[0][told],
                "high_95": usual[1][told],
                "low_998": wide[0][told],
                "high_998": wide[1][told],
                "zero_chance": shrunk.zero_chance[told],
                "word": words[told].tolist(),
            }
        )
    insert_rows(context.con, "mart.rate_funnel", parts)
