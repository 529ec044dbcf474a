"""Assigning areas and telling of overlaps and gaps: by hand, and on the hostile files."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.assign import assign_areas, check_partition
from geo.projection import project_geometries


def _row(*edges: tuple[float, float]) -> np.ndarray:
    return np.array([shapely.box(a, 0, b, 1000) for a, b in edges])


def test_an_area_goes_where_most_of_it_lies() -> None:
    targets = _row((0, 500), (500, 1000))
    shapes = np.array([shapely.box(400, 10, 700, 20), shapely.box(300, 10, 550, 20)])
    found = assign_areas(shapes, targets)
    assert found.index.tolist() == [1, 0]
    assert found.fraction.tolist() == pytest.approx([200 / 300, 200 / 250])


def test_equal_shares_go_to_the_smaller_position() -> None:
    found = assign_areas(_row((450, 550)), _row((500, 1000), (0, 500)))
    assert found.index.tolist() == [0]
    assert found.fraction.tolist() == pytest.approx([0.5])


def test_inside_two_overlapping_targets_the_smaller_position_wins() -> None:
    inside = np.array([shapely.box(510, 10, 520, 20)])
    assert assign_areas(inside, _row((500, 1000), (0, 1000))).index.tolist() == [0]
    assert assign_areas(inside, _row((0, 1000), (500, 1000))).index.tolist() == [0]


def test_touching_is_not_lying_in_and_nothing_lies_nowhere() -> None:
    shapes = np.array([shapely.box(1000, 0, 1100, 10), None, shapely.Polygon()])
    found = assign_areas(shapes, _row((0, 1000)))
    assert found.index.tolist() == [-1, -1, -1]
    assert found.index.dtype == np.int32
    assert found.fraction.tolist() == [0.0, 0.0, 0.0]
    assert assign_areas(np.array([], dtype=object), _row((0, 1))).index.tolist() == []
    assert assign_areas(_row((0, 1)), np.array([], dtype=object)).index.tolist() == [-1]


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_assignment_equals_that_by_all_intersections(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 12, (12, 2))
    boxes = shapely.box(*low.T, *(low + rng.integers(1, 6, (12, 2))).T)
    shapes, targets = boxes[:8], boxes[8:]
    shared = shapely.area(shapely.intersection(shapes[:, None], targets[None, :]))
    best = np.where(shared.max(axis=1) > 0, shared.argmax(axis=1), -1)
    found = assign_areas(shapes, targets)
    assert found.index.tolist() == best.tolist()
    assert found.fraction.tolist() == pytest.approx(shared.max(axis=1) / shapely.area(shapes))


def test_jurisdictions_that_fit_have_nothing_to_tell() -> None:
    report = check_partition(_row((0, 9), (9, 20)), ["a", "b"], tolerance_m=1.0, table="stations")
    assert report.findings == []
    assert report.refusal is None


def test_a_wide_overlap_of_jurisdictions_refuses_the_source_and_names_both() -> None:
    report = check_partition(
        _row((0, 530), (500, 900)), ["S1", "S2"], tolerance_m=1.0, table="stations"
    )
    assert report.refusal is not None
    assert report.refusal.startswith("S1 / S2: 30,000 m², 30.0 m wide overlap; expected")
    (finding,) = report.findings
    assert (finding.severity, finding.code, finding.n) == ("error", "overlap", 1)
    assert finding.area_m2 == pytest.approx(30_000)


@pytest.mark.parametrize("table", ["streets", "communities"])
def test_other_areas_may_overlap_and_the_steward_is_told(table: str) -> None:
    report = check_partition(_row((0, 530), (500, 900)), ["1", "2"], tolerance_m=1.0, table=table)
    assert report.refusal is None
    (finding,) = report.findings
    assert (finding.severity, finding.code, finding.table) == ("warning", "overlap", table)


def test_a_sliver_under_the_tolerance_is_told_with_its_area() -> None:
    shapes = _row((0, 500.2), (500, 900), (900.5, 1500))
    report = check_partition(shapes, ["1", "2", "3"], tolerance_m=1.0, table="stations")
    assert report.refusal is None
    (finding,) = report.findings
    assert (finding.severity, finding.code, finding.n) == ("info", "sliver", 2)
    assert finding.area_m2 == pytest.approx(700, rel=0.02)
    strict = check_partition(shapes, ["1", "2", "3"], tolerance_m=0.1, table="stations")
    assert strict.refusal is not None
    assert [one.code for one in strict.findings] == ["overlap", "gap"]


def test_a_gap_between_streets_is_told_and_between_communities_is_not() -> None:
    shapes = _row((0, 500), (600, 900))
    told = check_partition(shapes, ["1", "2"], tolerance_m=1.0, table="streets")
    assert [(one.severity, one.code, one.n) for one in told.findings] == [("warning", "gap", 1)]
    assert "1 / 2" in told.findings[0].en
    assert "1 / 2" in told.findings[0].zh
    assert check_partition(shapes, ["1", "2"], tolerance_m=1.0, table="communities").findings == []


def test_ground_claimed_by_three_is_counted_once_and_many_pairs_are_not_all_named() -> None:
    report = check_partition(
        _row(*[(0, 100)] * 4), ["1", "2", "3", "4"], tolerance_m=1.0, table="communities"
    )
    (finding,) = report.findings
    assert finding.n == 6
    assert finding.area_m2 == pytest.approx(100 * 1000)
    assert finding.en.count(" / ") == 3
    assert "…" in finding.en


@pytest.mark.parametrize(
    ("name", "codes", "refused"),
    [
        ("control/stations_ok", [], False),
        ("geometry/stations_gap", ["gap"], False),
        ("geometry/stations_sliver", ["sliver"], False),
        ("geometry/stations_overlap", ["overlap"], True),
    ],
)
def test_hostile_jurisdictions_are_told_from_good_ones(
    shared_data: Path, name: str, codes: list[str], refused: bool
) -> None:
    text = (shared_data / "malformed" / f"{name}.geojson").read_text(encoding="utf-8")
    shapes = shapely.get_parts(shapely.from_geojson(text))
    metres = project_geometries(shapes, epsg_from=4326, epsg_to=32647)
    report = check_partition(metres, ["S1", "S2", "S3"], tolerance_m=1.0, table="stations")
    assert [one.code for one in report.findings] == codes
    assert (report.refusal is not None) == refused


def test_no_areas_have_nothing_to_tell() -> None:
    report = check_partition(np.array([], dtype=object), [], tolerance_m=1.0, table="stations")
    assert report.findings == []
