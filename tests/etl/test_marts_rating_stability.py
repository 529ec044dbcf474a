"""What a year drawn again holds: measures around their shrunk values, unknown ones unknown."""

import numpy as np
import pytest

from etl.marts import rating_stability
from etl.marts.rating_evidence import PeriodEvidence
from etl.marts.rating_measures import IncidentCounts, Period, Windows, incident_measures
from etl.rating import Evidence, Measured, Outcome, rate
from etl.standards import find_standard
from geo.rates import shrink


class Counted(IncidentCounts):
    """Counts of one window, given instead of read."""

    def __init__(self, **tables: list[float]) -> None:
        self.given = {name: np.asarray(one, float) for name, one in tables.items()}
        self.tables = {name: one[:, None] for name, one in self.given.items()}

    def of(self, name: str, window: Period) -> np.ndarray:
        return self.given[name] * (window.n_days > 0)


@pytest.fixture
def year() -> tuple[PeriodEvidence, Evidence, Outcome]:
    """Five communities of one year: a tiny one without a case, and one without households."""
    from datetime import date

    whole = Period("2025", date(2025, 1, 1), date(2025, 12, 31))
    before = Period("2025", date(2024, 1, 1), date(2024, 12, 31))
    windows = Windows(whole, whole, whole, before)
    criminal, other = [0.0, 60.0, 5.0, 20.0, 9.0], [0.0, 30.0, 20.0, 4.0, 9.0]
    case = [a + b for a, b in zip(criminal, other, strict=True)]
    zero = [0.0] * 5
    counts = Counted(criminal=criminal, public_security=other, case=case, dispute=zero,
                     serious=zero, serious_solved=zero)  # fmt: skip
    households = np.array([10.0, 2000.0, 1000.0, 1500.0, np.nan])
    measures = incident_measures(counts, windows, households, households * 3, published=False)
    fixed = {"n_buildings": 5.0, "is_enclosed": 1.0, "occupancy_fraction": 0.9,
             "has_construction_permit": 1.0, "company_registered": 1.0, "n_major_overdue": 0.0,
             "hazards_in_time_fraction": 1.0}  # fmt: skip
    measures |= {name: Measured.exact(np.full(5, value)) for name, value in fixed.items()}
    measures["n_households"] = Measured.exact(households)
    measures["n_residents"] = Measured.exact(households * 3)
    made = PeriodEvidence(windows, measures, {}, incidents=counts)
    standard = find_standard("security-star")
    scores = {item.item_id: np.full(5, item.weight) for item in standard.items if item.is_assessed}
    evidence = Evidence(5, measures, scores)
    return made, evidence, rate(standard, evidence)


def test_rates_are_drawn_around_the_shrunk_ones(year) -> None:
    made, evidence, outcome = year
    drawn = rating_stability._draw_measures(
        made, evidence, outcome.standard, 3000, np.random.default_rng(1)
    )
    found = drawn["criminal_relative"].value.reshape(5, 3000)
    known = evidence.measures["criminal_relative"].value
    # A drawn year is itself drawn towards the district, by the weight of the year: 1 + w (r - 1).
    counts = made.incidents.given["criminal"]
    weight = shrink(counts, np.array([10, 2000, 1000, 1500, np.nan]) * 365 / 365.25 / 1000).weight

    assert found[:4].mean(axis=1) == pytest.approx((1 + weight * (known - 1))[:4], rel=0.05)
    # The tiny place hardly moves.
    assert found[0].std() < found[1].std()
    assert np.isnan(found[4]).all()


def test_an_interval_keeps_its_relative_width(year) -> None:
    made, evidence, outcome = year
    drawn = rating_stability._draw_measures(
        made, evidence, outcome.standard, 50, np.random.default_rng(1)
    )["criminal_relative"]
    own = evidence.measures["criminal_relative"]
    ratio = (drawn.low / drawn.value).reshape(5, 50)[1]

    assert ratio == pytest.approx([own.low[1] / own.value[1]] * 50)


def test_what_is_unknown_in_the_year_is_unknown_in_every_drawn_one(year) -> None:
    made, evidence, outcome = year
    unknown = Measured.exact(np.full(5, np.nan))
    evidence.measures["cases_change"] = unknown
    made.measures["cases_change"] = unknown
    drawn = rating_stability._draw_measures(
        made, evidence, outcome.standard, 20, np.random.default_rng(1)
    )

    assert np.isnan(drawn["cases_change"].value).all()
    assert (drawn["n_buildings"].value == 5).all()


def test_full_inspections_stay_full_and_a_mixed_sheet_varies(year) -> None:
    _, evidence, outcome = year
    scores = {name: one.copy() for name, one in evidence.scores.items()}
    scores["gate_access"][2] = scores["guard_team"][2] = 0.0
    for one in scores.values():
        one[3] = np.nan
    again = rate(outcome.standard, Evidence(5, evidence.measures, scores))
    shares = again.shares
    repeated = type(shares)(*(np.repeat(getattr(shares, name), 500, axis=0)
                              for name in ("value", "low", "high", "applies")))  # fmt: skip
    drawn = rating_stability._draw_inspections(again, repeated, 500, np.random.default_rng(1))
    lighting = drawn.value[:, 0].reshape(5, 500)

    assert (lighting[1] == 1.0).all()
    assert lighting[2].std() > 0.05
    # 70 points, 24 of them not given: around 46 of 70, by weight, whatever items are drawn
    assert lighting[2].mean() == pytest.approx(46 / 70, abs=0.025)
    assert np.isnan(lighting[3]).all()


def test_the_same_seed_draws_the_same_years_and_unrated_ones_stay_unrated(year) -> None:
    from etl.marts.rating_evidence import Frame

    made, evidence, outcome = year
    frame = Frame([f"c{k}" for k in range(5)], [None] * 5, [None] * 5, {})
    runs = [
        rating_stability.draw_years(
            frame, made, evidence, outcome, times=30, rng=np.random.default_rng(7)
        )
        for _ in range(2)
    ]

    assert np.array_equal(runs[0][0], runs[1][0])
    assert np.array_equal(runs[0][1], runs[1][1], equal_nan=True)
    assert ((runs[0][0] == -1) == (outcome.grade == -1)[:, None]).all()
