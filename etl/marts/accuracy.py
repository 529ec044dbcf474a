"""The record of the hotspot maps: every month held against maps drawn from the months before."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from etl.marts.bandwidths import DEFAULT_CELLS, FEWEST_TESTED, training
from etl.marts.cell_months import Area, CellMonths
from etl.marts.context import MartContext
from etl.marts.emerging import what_hinders
from etl.marts.incidents import COUNTED
from etl.marts.notes import Notes, Row, insert
from geo.bandwidth import choose_bandwidth
from geo.trials import Summary, summarise
from geo.walk_forward import Trial, walk_forward

CLASSES_TESTED = tuple(COUNTED)
FEWEST_BINS = 6
PLAIN = ("method", "flagged", "n_cells", "n_flagged", "n_hit", "n")


def fill_accuracy(context: MartContext, months: CellMonths, notes: Notes) -> None:
    """Fill `mart.accuracy` and `mart.accuracy_means`.

    Parameters
    ----------
    context
        The open build.
    months
        Incidents by cell and month.
    notes
        Told what could not be said.

    Notes
    -----
    Maps are drawn from twelve months, or from the first half when there are fewer than fifteen,
    and tested on each month that follows; six months are the fewest. The bandwidth is the district
    file's, or chosen as the hotspot maps choose theirs, by all classes together, but from the
    months before the first one tested alone: a map has seen nothing of what it is tested on.
    """
    train = training(months.n_bins)
    single: list[pa.Table] = []
    together: list[Row] = []
    for area in months.areas:
        bandwidth_m = _bandwidth(context, area.of_class("all")[:train], area, months.cell_m)
        for name in CLASSES_TESTED:
            n = area.of_class(name)
            outcome, needed = what_hinders(n, area.total(name))
            if outcome == "too_short" and months.n_bins >= FEWEST_BINS:
                outcome, needed = "ok", None
            trials: list[Trial] = []
            if outcome == "ok":
                trials = walk_forward(
                    n, area.inside, cell_m=months.cell_m, bandwidth_m=bandwidth_m, train=train
                )
                outcome = "ok" if trials else "one_day"
            elif outcome == "too_short":
                needed = FEWEST_BINS
            rows = _rows(area, name, trials, months, train)
            if rows is not None:
                single.append(rows)
            together += _means(area, name, trials, months)
            notes.add(
                area.kind, area.scope_id, "accuracy", name, outcome,
                n=area.total(name), needed=needed, n_found=len({one.period for one in trials}),
            )  # fmt: skip
    if single:
        insert(context.con, "accuracy", pa.concat_tables(single))
    insert(context.con, "accuracy_means", together)


def _bandwidth(context: MartContext, n: np.ndarray, area: Area, cell_m: float) -> float:
    """Choose the bandwidth by the months that the first map is drawn from, halved."""
    given = context.district.hotspot_bandwidth_m
    if given is not None:
        return max(given, cell_m)
    found = choose_bandwidth(n, area.inside, cell_m=cell_m, train=max(len(n) // 2, 1))
    return found.bandwidth_m if found.n_tested >= FEWEST_TESTED else DEFAULT_CELLS * cell_m


def _rows(
    area: Area, name: str, trials: list[Trial], months: CellMonths, train: int
) -> pa.Table | None:
    """Return a table with a row for each trial; its columns are made whole, since they are many."""
    if not trials:
        return None
    edges, day, many = months.edges, timedelta(days=1), len(trials)
    constant = {
        "scope_kind": area.kind,
        "scope_id": area.scope_id,
        "station_id": area.station_id,
        "class": name,
    }
    at = [one.period for one in trials]
    columns: dict[str, Any] = {
        key: pa.array([value], pa.string()).take(pa.array(np.zeros(many, np.int8)))
        for key, value in constant.items()
    }
    columns |= {
        "period_from": [edges[k] for k in at],
        "period_to": [edges[k + 1] - day for k in at],
        "trained_from": [edges[k - train] for k in at],
        "trained_to": [edges[k] - day for k in at],
        "area_fraction": [one.n_flagged / one.n_cells for one in trials],
    }
    columns |= {key: [getattr(one, key) for one in trials] for key in PLAIN}
    for key in ("hit_rate", "pai", "pei", "rri"):
        values = np.array([getattr(one, key) for one in trials], float)
        columns[key] = pa.array(values, mask=~np.isfinite(values))
    return pa.table(columns)


def _means(area: Area, name: str, trials: list[Trial], months: CellMonths) -> list[Row]:
    by_map: dict[tuple[str, str], list[Trial]] = {}
    for one in trials:
        by_map.setdefault((one.method, one.flagged), []).append(one)
    rows = []
    for (_, flagged), mine in by_map.items():
        naive = by_map.get(("last_year", flagged), [])
        rows.append({**_record(area, name, mine[0]), **_figures(summarise(mine, naive), months)})
    return rows


def _record(area: Area, name: str, one: Trial) -> Row:
    return {
        "scope_kind": area.kind,
        "scope_id": area.scope_id,
        "station_id": area.station_id,
        "class": name,
        "method": one.method,
        "flagged": one.flagged,
    }


def _figures(found: Summary, months: CellMonths) -> Row:
    return {
        "n_periods": found.n_periods,
        "n": found.n,
        "cell_m": months.cell_m,
        "area_fraction": _known(found.area_fraction),
        "hit_rate": _known(found.hit_rate.value),
        "hit_rate_low": _known(found.hit_rate.low),
        "hit_rate_high": _known(found.hit_rate.high),
        "pai": _known(found.pai.value),
        "pai_low": _known(found.pai.low),
        "pai_high": _known(found.pai.high),
        "pei": _known(found.pei),
        "rri": _known(found.rri),
        "gain": _known(found.gain.value),
        "gain_low": _known(found.gain.low),
        "gain_high": _known(found.gain.high),
        "word": found.word,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
