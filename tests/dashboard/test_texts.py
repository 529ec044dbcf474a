"""Both languages say the same things, and no view carries words of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dashboard.access import PAGES, ROLES
from dashboard.errors import TextError
from dashboard.texts import LANGUAGES, load_texts
from etl import schema
from etl.rules import RULES

FOLDER = Path(__file__).resolve().parent.parent.parent / "dashboard"
OURS = [*sorted((FOLDER / "views").glob("*.py"))] + [
    FOLDER / f"{name}.py"
    for name in ("analysis_notes", "charts_analysis", "cluster_words", "hot_hours",
                 "hot_patterns", "incident_rows", "knox_table", "layer_analysis", "layer_hot",
                 "near", "patrol_plan", "patrol_sheet", "record", "story",
                 "app", "blocks", "charts", "coverage_history", "coverage_map", "figures", "filing",
                 "ground_parts", "layer_patrols", "layer_points", "layer_shapes", "layer_sight",
                 "layers", "patrol_charts", "patrol_rows", "periods", "rating_parts", "register",
                 "register_parts", "sight_parts", "standard")
]  # fmt: skip
ZH, EN = load_texts("zh"), load_texts("en")
CALLS = re.compile(r"\b(?:page\.)?t\(\s*\"([a-z0-9_.]+)\"")


def test_both_languages_have_the_same_keys() -> None:
    assert set(ZH.entries) == set(EN.entries)


def test_both_languages_take_the_same_values() -> None:
    holes = re.compile(r"{(\w+)}")
    for key, text in EN.entries.items():
        assert set(holes.findall(ZH.entries[key])) == set(holes.findall(text)), key


def test_every_text_a_view_asks_for_is_written() -> None:
    asked = {key for path in OURS for key in CALLS.findall(path.read_text("utf-8"))}
    assert len(asked) > 200
    assert not asked - set(EN.entries)


def test_texts_built_from_a_code_exist_for_every_code() -> None:
    for name in PAGES:
        assert EN.has(f"menu.{name}")
    for name in ROLES:
        assert EN.has(f"role.{name}")
    for table in schema.TABLES:
        assert EN.has(f"tables.{table.name}"), table.name
    for rule in RULES:
        assert EN.has(f"rule.{rule}"), rule


@pytest.mark.parametrize(
    ("table", "column", "vocabulary"),
    [
        ("core.incidents", "class", "class"),
        ("core.cameras", "status", "camera"),
        ("mart.camera_coverage", "state", "camera"),
        ("core.cameras", "legal_basis", "legal_basis"),
        ("core.patrol_points", "kind", "patrol_kind"),
        ("core.hazards", "severity", "severity"),
        ("core.sanctions", "kind", "sanction"),
        ("mart.figures", "word", "change"),
        ("mart.figures", "period_kind", "period"),
        ("mart.figures", "class", "class"),
        ("mart.coverage", "daypart", "daypart"),
        ("mart.public_ratings", "rating_state", "state"),
        ("mart.public_items", "band", "band"),
        ("meta.findings", "severity", "finding"),
    ],
)
def test_every_word_of_a_vocabulary_is_translated(table: str, column: str, vocabulary: str) -> None:
    for word in schema.table(table).column(column).vocabulary or ():
        assert EN.has(f"{vocabulary}.{word}"), word


@pytest.mark.parametrize("path", OURS, ids=lambda p: p.stem)
def test_a_view_carries_no_words_of_its_own(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    words = [
        argument.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "st"
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    assert not [word for word in words if re.search(r"[A-Za-z\u4e00-\u9fff]{2}", word)]
    assert not re.search(r"[\u4e00-\u9fff]", path.read_text("utf-8"))


def test_a_text_that_is_not_written_is_an_error_that_names_it() -> None:
    with pytest.raises(TextError, match=r"text no\.such"):
        EN("no.such")


def test_a_text_given_the_wrong_values_is_an_error() -> None:
    with pytest.raises(TextError, match=r"text card\.of"):
        EN("card.of", m=1)


def test_a_language_that_is_not_shipped_is_an_error() -> None:
    with pytest.raises(TextError, match="language fr: not shipped"):
        load_texts("fr")


def test_a_coded_value_without_a_word_is_shown_as_it_is() -> None:
    assert EN.word("type", "smuggling") == "smuggling"
    assert EN.word("type", None) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_spelling_stands_in_for_a_missing_one(language: str) -> None:
    assert load_texts(language).pick("中", None) == "中"
    assert load_texts(language).pick("", "en") == "en"
    assert load_texts(language).pick(None, float("nan")) == ""
