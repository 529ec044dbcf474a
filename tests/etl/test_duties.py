"""Duties under order 799: each rule by hand, and what no rule may ever say."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.dictionary.cameras import DUTIES, DUTY_STATES
from etl.duties import Law, Register, judge, read_law
from etl.errors import EtlError

TODAY = date(2026, 6, 30)
BASES = ("art7_gov", "art7_operator", "art9", "art33", None)


def register(*rows: dict[str, object]) -> Register:
    """A camera in use since 2026-01-01 on which nothing else is known, changed as said."""

    def column(name: str, default: object) -> list[object]:
        return [row.get(name, default) for row in rows]

    def days(name: str, default: object) -> np.ndarray:
        return np.array(column(name, default), "datetime64[D]")

    return Register(
        pa.array(column("legal_basis", "art7_gov"), pa.string()),
        pa.array(column("place_type", "street"), pa.string()),
        days("installed_on", "2026-01-01"), days("filed_on", None), days("consented_on", None),
        np.array(column("retention_days", np.nan), float),
        np.array(column("has_sign", -1), np.int8),
    )  # fmt: skip


def states(*rows: dict[str, object], law: Law | None = None, as_of: date = TODAY) -> list[dict]:
    """State of each duty of each camera."""
    found: list[dict] = [{} for _ in rows]
    for one in judge(register(*rows), law or read_law(), as_of=as_of):
        for row, state in zip(one.rows, one.state, strict=True):
            found[row][one.duty.code] = DUTY_STATES[state]
    return found


@pytest.mark.parametrize(
    ("row", "state", "due"),
    [
        # 30 days from 1 January end on 31 January
        ({"filed_on": "2026-01-31"}, "met", "2026-01-31"),
        ({"filed_on": "2026-02-01"}, "met_late", "2026-01-31"),
        ({"filed_on": "2025-12-20"}, "met", "2026-01-31"),
        ({}, "overdue", "2026-01-31"),
        ({"installed_on": "2026-05-31"}, "due", "2026-06-30"),
        ({"installed_on": "2026-05-30"}, "overdue", "2026-06-29"),
        # in use before the regulations: 90 days from 1 April 2025 end on 30 June
        ({"installed_on": "2019-03-01", "filed_on": "2025-06-30"}, "met", "2025-06-30"),
        ({"installed_on": "2025-03-31", "filed_on": "2025-07-01"}, "met_late", "2025-06-30"),
        ({"installed_on": "2025-04-01", "filed_on": "2025-05-01"}, "met", "2025-05-01"),
        ({"installed_on": None}, "unknown", None),
        ({"installed_on": None, "filed_on": "2025-05-01"}, "met", None),
    ],
)
def test_filing_by_hand(row: dict[str, object], state: str, due: str | None) -> None:
    (filing,) = [
        one for one in judge(register(row), read_law(), as_of=TODAY) if one.duty.code == "filing"
    ]
    assert DUTY_STATES[filing.state[0]] == state
    assert filing.due_on[0] == np.datetime64(due, "D") or (due is None and np.isnat(filing.due_on))
    assert filing.duty.article == "14"


@pytest.mark.parametrize(
    ("days", "state", "found"),
    [
        (30.0, "met", "30"),
        (29.9, "not_met", "29.9"),
        (90.0, "met", "90"),
        (np.nan, "unknown", None),
    ],
)
def test_retention_by_hand(days: float, state: str, found: str | None) -> None:
    judged = judge(register({"retention_days": days}), read_law(), as_of=TODAY)
    (kept,) = [one for one in judged if one.duty.code == "retention"]
    assert (DUTY_STATES[kept.state[0]], kept.found.to_pylist()) == (state, [found])


def test_a_sign_is_asked_of_public_places_alone() -> None:
    rows = [{"legal_basis": basis, "has_sign": sign} for basis in BASES for sign in (1, 0, -1)]
    found = [one.get("sign") for one in states(*rows)]
    assert found == ["met", "not_met", "unknown"] * 3 + [None] * 6


def test_article_9_has_neither_filing_nor_retention_unless_a_local_standard_asks() -> None:
    row = {"legal_basis": "art9", "retention_days": 7.0}
    assert set(states(row)[0]) == {"sign"}
    law = replace(read_law(), local=frozenset({"filing", "retention"}), local_title="DB 33/T 1")
    assert states(row, law=law)[0] == {"sign": "unknown", "filing": "overdue",
                                       "retention": "not_met"}  # fmt: skip
    judged = judge(register(row, {}), law, as_of=TODAY)
    (filing,) = [one for one in judged if one.duty.code == "filing"]
    assert filing.is_local.tolist() == [True, False]
    assert set(states({**row, "legal_basis": "art33"}, law=law)[0]) == set()


def test_what_the_regulations_ask_themselves_is_not_local() -> None:
    law = replace(read_law(), local=frozenset({"sign"}))
    judged = judge(register({"legal_basis": "art9"}), law, as_of=TODAY)
    (sign,) = [one for one in judged if one.duty.code == "sign"]
    assert sign.is_local.tolist() == [False]


def test_a_forbidden_place_is_violated_on_every_basis_and_an_unknown_one_is_told() -> None:
    rows = [{"legal_basis": basis, "place_type": "更衣室"} for basis in BASES[:4]]
    assert [one["forbidden_place"] for one in states(*rows)] == ["violated"] * 4
    assert states({"place_type": None})[0]["forbidden_place"] == "unknown"
    assert "forbidden_place" not in states({"place_type": "更衣室走廊"})[0]


def test_near_military_and_secret_units_consent_is_asked() -> None:
    found = states(
        {"place_type": "某部队营区周边", "legal_basis": "art9"},
        {"place_type": "Military ground", "consented_on": "2026-02-02"},
        {"place_type": "street"},
        {"place_type": "某部队营区周边", "legal_basis": "art33"},
    )
    assert [one.get("consent") for one in found] == ["unknown", "met", None, None]


def test_a_camera_without_a_legal_basis_is_told_and_has_no_other_duty_of_a_basis() -> None:
    assert states({"legal_basis": None, "has_sign": 0}) == [{"legal_basis": "unknown"}]
    assert "legal_basis" not in states({})[0]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "legal_basis": st.sampled_from(BASES),
                "place_type": st.sampled_from(["street", "宿舍", "军事管理区", None]),
                "installed_on": st.sampled_from(["2020-01-01", "2026-06-01", None]),
                "filed_on": st.sampled_from(["2025-05-01", "2026-06-02", None]),
                "retention_days": st.sampled_from([7.0, 30.0, float("nan")]),
                "has_sign": st.sampled_from([-1, 0, 1]),
            }
        ),
        max_size=8,
    )
)
def test_what_one_camera_owes_does_not_depend_on_the_others(rows: list[dict]) -> None:
    together = states(*rows)
    assert together == [states(row)[0] for row in rows]
    for row, found in zip(rows, together, strict=True):
        if row["filed_on"] is None:
            assert found.get("filing") not in ("met", "met_late")
        if np.isnan(row["retention_days"]):
            assert found.get("retention") in (None, "unknown")


def test_every_duty_of_the_file_is_told_in_both_languages() -> None:
    import tomllib

    body = tomllib.loads((Path(__file__).parents[2] / "data/reference/order_799.toml").read_text(
        encoding="utf-8"))  # fmt: skip
    assert [one["code"] for one in body["duties"]] == list(DUTIES)
    for one in [*body["duties"], *body["filing_form"]]:
        assert one["en"].isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one["zh"])


def test_a_rule_that_is_not_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "law.toml"
    path.write_text(
        'in_force = 2025-04-01\nolder_days = 90\n[[duties]]\ncode = "filing"\narticle = "14"\n'
        'rule = "prayed"\nbases = []\n'
    )
    with pytest.raises(EtlError, match=r"law.toml: duty 'filing' by rule 'prayed'; one of legal"):
        read_law(path)
