"""Evidence of every community for the rating engine, with the rows that each part rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from etl.marts import hazard_days, rating_measures
from etl.marts.context import MartContext
from etl.marts.rating_assessed import Assessed
from etl.marts.rating_measures import Floats, IncidentCounts, Windows
from etl.rating import Evidence, Measured, Standard

SANCTIONS = {
    "n_notices": "kind = 'notice'",
    "n_interviews": "kind = 'interview'",
    "n_yellow_cards": "kind = 'yellow_card'",
    "n_red_cards": "kind = 'red_card'",
    "n_black_cards": "kind = 'black_card'",
    "n_fines": "kind = 'fine'",
    "n_awards": "kind = 'award'",
    "n_night_findings": "coalesce(found_at_night, false) AND kind <> 'award'",
    "n_day_notices": "kind = 'notice' AND NOT coalesce(found_at_night, false)",
}
_OPEN = hazard_days.open_at("$last")
_DUE = "(due_on BETWEEN $first AND $last)"
_FOUND = f"(found_on <= $last AND ({_OPEN} OR resolved_on >= $first))"
HAZARDS = {
    "n_hazards_overdue": f"due_on < $last AND {_OPEN}",
    "n_major_overdue": f"due_on < $last AND {_OPEN} AND severity = 'major'",
    "n_hazards_refused": f"coalesce(refused, false) AND {_FOUND}",
    "n_hazards_reopened": "reopened_on BETWEEN $first AND $last",
    "due": _DUE,
    "in_time": f"{_DUE} AND {hazard_days.in_time('$last')}",
    "major": f"severity = 'major' AND {_FOUND}",
    "major_done": f"severity = 'major' AND {_FOUND} AND NOT {_OPEN}",
    "ordinary": f"severity = 'ordinary' AND {_FOUND}",
    "ordinary_done": f"severity = 'ordinary' AND {_FOUND} AND NOT {_OPEN}",
    "resolved": "resolved_on BETWEEN $first AND $last",
    "accepted": f"resolved_on BETWEEN $first AND $last AND {hazard_days.accepted_by('$last')}",
}
FRACTIONS = {
    "hazards_in_time_fraction": ("in_time", "due"),
    "major_rectified_fraction": ("major_done", "major"),
    "ordinary_rectified_fraction": ("ordinary_done", "ordinary"),
    "hazards_accepted_fraction": ("accepted", "resolved"),
}
# Which rows a measure rests on, by the name of its list.
ROWS_OF = {**{name: name for name in SANCTIONS}, **{name: name for name in HAZARDS}} | {
    name: below for name, (_, below) in FRACTIONS.items()
}


@dataclass
class Frame:
    """The communities of a build, by number, with what the register says of each."""

    ids: list[str]
    stations: list[str | None]
    streets: list[str | None]
    register: dict[str, Measured]

    @property
    def n(self) -> int:
        """Number of communities."""
        return len(self.ids)


@dataclass
class PeriodEvidence:
    """What is known of all communities in one period, before a standard asks for it.

    `public` replaces the measures that rest on incidents by ones in which counts under five look
    alike. `rows` lists the rows behind a measure by community; `counts` the bare numbers.
    """

    windows: Windows
    measures: dict[str, Measured]
    public: dict[str, Measured]
    rows: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    counts: dict[str, Floats] = field(default_factory=dict)
    incidents: IncidentCounts | None = None


def read_frame(context: MartContext) -> Frame:
    """Number the communities by their identifier and read the register."""
    con = context.con
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rating_communities AS SELECT community_id, "
        "row_number() OVER (ORDER BY community_id) - 1 AS i FROM core.communities"
    )
    rows = con.execute(
        "SELECT c.community_id, c.station_id, c.street_id, c.n_buildings, c.n_households, "
        "c.n_residents, c.occupancy_fraction, c.is_enclosed, c.has_construction_permit, "
        "p.registered AS company_registered, c.n_guards FROM core.communities c "
        "LEFT JOIN core.companies p USING (company_id) ORDER BY c.community_id"
    ).df()
    names = (
        "n_buildings",
        "n_households",
        "n_residents",
        "occupancy_fraction",
        "is_enclosed",
        "has_construction_permit",
        "company_registered",
        "n_guards",
    )
    found = {
        name: rows[name].astype("Float64").to_numpy(np.float64, na_value=np.nan) for name in names
    }
    guards, households = found.pop("n_guards"), found["n_households"]
    with np.errstate(divide="ignore", invalid="ignore"):
        found["guards_per_200_households"] = np.where(
            households > 0, guards / households * 200.0, np.nan
        )
    return Frame(
        ids=rows["community_id"].tolist(),
        stations=[one if isinstance(one, str) else None for one in rows["station_id"]],
        streets=[one if isinstance(one, str) else None for one in rows["street_id"]],
        register={name: Measured.exact(one) for name, one in found.items()},
    )


def read_periods(
    context: MartContext, frame: Frame, years: Sequence[int], serious_types: tuple[str, ...]
) -> list[PeriodEvidence]:
    """Read what is known in each of some calendar years."""
    periods = [rating_measures.calendar_year(year, context.as_of) for year in years]
    data_from = rating_measures.first_incident_day(context) or context.as_of + timedelta(days=1)
    windows = [rating_measures.windows_of(period, data_from) for period in periods]
    edges = rating_measures.edges_of(windows) or {context.as_of}
    counts = IncidentCounts(context, frame.n, edges, serious_types)
    starts = {name: _register_start(context, name) for name in ("hazards", "sanctions")}
    return [_read_period(context, frame, one, counts, starts) for one in windows]


def _register_start(context: MartContext, table: str) -> date | None:
    """Return the first day a register tells of; None when it is empty: then there was nothing."""
    column = {"hazards": "found_on", "sanctions": "issued_on"}[table]
    found = context.con.execute(f"SELECT min({column}) FROM core.{table}").fetchone()
    return None if found is None else found[0]


def _read_period(
    context: MartContext,
    frame: Frame,
    windows: Windows,
    counts: IncidentCounts,
    starts: Mapping[str, date | None],
) -> PeriodEvidence:
    households = frame.register["n_households"].value
    residents = frame.register["n_residents"].value
    inside, outside = (
        rating_measures.incident_measures(
            counts, windows, households, residents, published=published
        )
        for published in (False, True)
    )
    made = PeriodEvidence(windows, {**frame.register, **inside}, outside)
    for name in rating_measures.COUNTED:
        made.counts[name] = counts.of(name, windows.counted)
    made.counts["now"] = counts.of("case", windows.compared)
    made.counts["before"] = counts.of("case", windows.compared_before)
    # A period before a register began is unknown to it, not free of hazards and sanctions.
    told = {
        name: name not in context.missing and (start is None or start <= windows.period.last)
        for name, start in starts.items()
    }
    made.incidents = counts
    if told["hazards"]:
        _add_lists(context, frame, made, "hazards", "hazard_id", HAZARDS)
        for name, (above, below) in FRACTIONS.items():
            made.measures[name] = Measured.exact(_fraction(made, above, below))
    if told["sanctions"]:
        label = "kind || ' ' || strftime(issued_on, '%Y-%m-%d')"
        in_period = {
            name: f"{condition} AND issued_on BETWEEN $first AND $last"
            for name, condition in SANCTIONS.items()
        }
        _add_lists(context, frame, made, "sanctions", label, in_period)
    return made


def _fraction(made: PeriodEvidence, above: str, below: str) -> Floats:
    """Share of `below` that is also `above`; 1 where there is nothing to do."""
    whole = made.counts[below]
    return np.divide(made.counts[above], whole, out=np.ones_like(whole), where=whole > 0)


def _add_lists(
    context: MartContext,
    frame: Frame,
    made: PeriodEvidence,
    table: str,
    label: str,
    conditions: Mapping[str, str],
) -> None:
    period = made.windows.period
    lists = ", ".join(
        f"list({label} ORDER BY {label}) FILTER ({condition})" for condition in conditions.values()
    )
    rows = context.con.execute(
        f"SELECT i, {lists} FROM core.{table} "
        "JOIN rating_communities USING (community_id) GROUP BY i ORDER BY i",
        {"first": period.first, "last": period.last},
    ).fetchall()
    for column, name in enumerate(conditions, start=1):
        made.rows[name] = {row[0]: row[column] for row in rows if row[column]}
        counts = np.zeros(frame.n)
        for i, found in made.rows[name].items():
            counts[i] = len(found)
        made.counts[name] = counts
        made.measures[name] = Measured.exact(counts)


def group_of(frame: Frame, standard: Standard) -> NDArray[np.int64] | None:
    """Return the number of each community's group, None where grades are not relative."""
    if standard.relative is None:
        return None
    names = frame.stations if standard.relative.group == "station_id" else frame.streets
    order = {name: number for number, name in enumerate(sorted({one or "" for one in names}))}
    return np.asarray([order[one or ""] for one in names], dtype=np.int64)


def make_evidence(
    frame: Frame,
    made: PeriodEvidence,
    assessed: Assessed,
    group: NDArray[np.int64] | None,
    *,
    published: bool = False,
) -> Evidence:
    """Return the evidence of one period for one standard, with small counts alike if published."""
    measures = {**made.measures, **made.public} if published else made.measures
    return Evidence(
        n=frame.n,
        measures=measures,
        scores=assessed.scores,
        values=assessed.values,
        group=group,
        n_days=made.windows.period.n_days,
    )
