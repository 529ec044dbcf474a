"""Column names: found under other spellings, refused when they speak of a person."""

from pathlib import Path

import pytest

from etl.errors import SourceError
from etl.readers import SourceFile
from etl.readers.headers import MissingColumnsError, match_headers, personal_kind, tidy

PLACE = Path("a.csv")


def source(*wanted: str, table: str = "incidents", **more: object) -> SourceFile:
    return SourceFile(PLACE, "a.csv", table, "csv", wanted, **more)  # type: ignore[arg-type]


def test_names_are_compared_without_case_blanks_and_full_width_forms() -> None:
    assert tidy("\ufeff Incident\u00a0_ID ") == tidy("ｉｎｃｉｄｅｎｔ_id")
    header = match_headers(source("incident_id", "lon"), ["ＬＯＮ", " Incident_ID\u00a0"])
    assert header.positions == {"incident_id": 1, "lon": 0}
    assert [one.code for one in header.findings] == ["header_alias", "header_alias"]


def test_an_exact_name_wins_over_a_like_one() -> None:
    assert match_headers(source("lon"), ["LON", "lon"]).positions == {"lon": 1}


def test_known_other_names_are_taken_and_told() -> None:
    header = match_headers(source("incident_id", "occurred_at"), ["发案时间", "警情编号"])
    assert header.positions == {"incident_id": 1, "occurred_at": 0}
    assert "known as another name" in header.findings[0].en
    assert "已知别名" in header.findings[0].zh


def test_other_names_of_another_table_are_not_taken() -> None:
    with pytest.raises(MissingColumnsError, match="expected incident_id as well"):
        match_headers(source("incident_id", table="companies"), ["警情编号"])


def test_two_columns_that_fit_one_name_are_refused() -> None:
    with pytest.raises(SourceError, match="lon: columns 1, 2 have this name; expected one"):
        match_headers(source("lon"), ["经度", "lng"])


def test_cut_names_are_mapped_back_only_for_formats_that_cut() -> None:
    found = ["incident_i", "occurred_a"]
    wanted = source("incident_id", "occurred_at", table="companies")
    assert match_headers(wanted, found, truncated=True).positions == {
        "incident_id": 0,
        "occurred_at": 1,
    }
    with pytest.raises(MissingColumnsError, match="expected incident_id, occurred_at"):
        match_headers(wanted, found)


def test_a_mapped_geometry_is_satisfied_by_the_shapes() -> None:
    assert match_headers(source("geometry"), ["a"], geometry="geometry").positions == {}


def test_optional_columns_may_be_missing() -> None:
    header = match_headers(source("lon", optional=("note",)), ["lon"])
    assert header.positions == {"lon": 0}


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(SourceError, match="1,001 columns; expected at most 1,000"):
        match_headers(source("c1"), [f"c{n}" for n in range(1001)])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("报案人姓名", "name"),
        ("Victim Name", "name"),
        ("身份证号码", "identity"),
        ("ID_Card_No.", "identity"),
        ("手机号", "phone"),
        ("联系电话", "phone"),
        ("Mobile-Phone", "phone"),
        ("家庭住址", "mail"),
        ("name", None),
        ("street_name", None),
        ("名称", None),
        ("camera_id", None),
        ("incident_id", None),
        ("cell_m", None),
        ("hotel_name", None),
    ],
)
def test_names_that_speak_of_a_person_are_known(name: str, kind: str | None) -> None:
    assert personal_kind(name) == kind


def test_personal_columns_refuse_the_file_unless_ignored_or_mapped() -> None:
    with pytest.raises(SourceError, match="columns 手机号 hold personal data"):
        match_headers(source("lon"), ["lon", "手机号"])
    ignored = match_headers(source("lon", ignore=("手机号",)), ["lon", "手机号"])
    assert ignored.positions == {"lon": 0}
    assert ignored.findings == []
    everything = source("lon", ignore=("手机号",), all_columns=True)
    assert match_headers(everything, ["lon", "手机号", "x"]).positions == {"lon": 0, "x": 2}
    assert match_headers(source("手机号"), ["手机号"]).positions == {"手机号": 0}


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("gcj02_lng", "gcj02"),
        ("火星经度", "gcj02"),
        ("bd_09_lat", "bd09"),
        ("百度经度", "bd09"),
        ("CGCS2000经度", "cgcs2000"),
        ("wgs84_x", "wgs84"),
        ("lon", None),
        ("bd_no", None),
    ],
)
def test_the_datum_that_names_speak_of_is_handed_on(name: str, datum: str | None) -> None:
    assert match_headers(source(name), [name]).datum_hint == datum


def test_only_the_columns_that_are_read_speak_of_the_datum() -> None:
    found = ["gcj02_lng", "gcj02_lat", "lon", "lat"]
    assert match_headers(source("lon", "lat"), found).datum_hint is None


def test_missing_shifted_columns_name_the_datum_to_declare() -> None:
    with pytest.raises(SourceError, match='declare datum = "bd09"'):
        match_headers(source("lon", "lat"), ["bd09_lng", "bd09_lat"])


def test_columns_not_read_are_listed_as_a_remark() -> None:
    (one,) = match_headers(source("lon"), ["lon", "a", "b"]).findings
    assert (one.severity, one.code, one.n) == ("info", "extra_columns", 2)
