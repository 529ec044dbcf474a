"""The bulletin as a workbook and the dossier as a PDF: what they say, and the same bytes twice."""

import json
import shutil
import zlib
from pathlib import Path

import duckdb
import openpyxl
import pytest

from etl.cli import main
from etl.errors import StoreError
from etl.notice.bulletin import PAPER_A4, write_bulletin
from etl.notice.dossier import FONT_FOLDERS, WORDS, find_fonts, write_dossier
from etl.notice.plan import draw_plan
from etl.notice.served import open_served
from etl.store import Store

HOSTILE = '=HYPERLINK("x")</text><script>#panic()\x01'


@pytest.fixture
def store(model_store: Path) -> Store:
    return Store(model_store)


@pytest.fixture
def own_store(model_store: Path, tmp_path: Path) -> Store:
    """Copy of the store that a test may spoil."""
    shutil.copytree(model_store, tmp_path / "store")
    return Store(tmp_path / "store")


def spoil(store: Store, statement: str, *given: object) -> None:
    with duckdb.connect(str(store.current() / "district.duckdb")) as con:
        con.execute(statement, list(given))


def texts(sheet) -> list[str]:
    return [str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None]


def test_the_bulletin_has_its_text_and_four_attachments(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "notice.xlsx"
    made = write_bulletin(store, "2025", out, office="安星区平安办")
    book = openpyxl.load_workbook(out)

    assert book.sheetnames == [
        "通报",
        "附件1 评定排名",
        "附件2 红黑榜",
        "附件3 隐患整改",
        "附件4 物业企业",
    ]
    said = texts(book["通报"])
    assert any(one.startswith("关于2025年度治安星级小区评定情况的通报") for one in said)
    assert said.count("安星区平安办") == 2  # the heading and the signature
    assert any("文号" in one for one in said)
    assert any("（印章）" in one for one in said)
    assert any(made.build_id in one for one in said)


def test_the_ranking_is_that_of_the_build(store: Store, tmp_path: Path) -> None:
    made = write_bulletin(store, "2025", tmp_path / "notice.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "notice.xlsx")["附件1 评定排名"]
    rows = list(sheet.iter_rows(min_row=3, values_only=True))

    assert len(rows) == len(made.ranking)
    ranks = [row[0] for row in rows if row[0] != "—"]
    assert ranks == sorted(ranks)
    assert len(ranks) == len(made.rated)
    scores = [row[6] for row in rows[: len(ranks)]]
    assert scores == sorted(scores, reverse=True)
    assert {row[5] for row in rows[len(ranks) :]} <= {"不符合条件", "数据不足"}


def test_every_sheet_prints_on_a4_with_its_head_repeated(store: Store, tmp_path: Path) -> None:
    write_bulletin(store, "2026", tmp_path / "notice.xlsx")
    book = openpyxl.load_workbook(tmp_path / "notice.xlsx")

    for sheet in book:
        assert sheet.page_setup.paperSize == PAPER_A4
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.print_area
        assert sheet.oddFooter.center.text == "— &P —"
    assert book["通报"].page_setup.orientation == "portrait"
    assert book["附件1 评定排名"].print_title_rows == "$1:$2"
    assert book["通报"]["A4"].font.name == "方正小标宋简体"


def test_sums_of_the_hazards_are_those_of_the_streets(store: Store, tmp_path: Path) -> None:
    write_bulletin(store, "2026", tmp_path / "notice.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "notice.xlsx")["附件3 隐患整改"]
    rows = list(sheet.iter_rows(min_row=3, values_only=True))

    assert rows[-1][0] == "合计"
    for column in range(1, 7):
        assert rows[-1][column] == sum(row[column] for row in rows[:-1])


def test_a_bulletin_says_no_count_of_incidents(store: Store, tmp_path: Path) -> None:
    write_bulletin(store, "2026", tmp_path / "notice.xlsx")
    book = openpyxl.load_workbook(tmp_path / "notice.xlsx")

    assert not [one for sheet in book for one in texts(sheet) if "案件" in one or "警情" in one]


def test_ratings_still_in_hand_make_it_a_draft(own_store: Store, tmp_path: Path) -> None:
    draft = write_bulletin(own_store, "2026", tmp_path / "notice.xlsx")
    assert draft.is_draft
    spoil(own_store, "UPDATE mart.rating_workflow SET state = 'published'")
    assert not write_bulletin(own_store, "2026", tmp_path / "notice.xlsx").is_draft
    sheet = openpyxl.load_workbook(tmp_path / "notice.xlsx")["通报"]
    assert not [one for one in texts(sheet) if "征求意见稿" in one]


def test_a_name_from_a_file_is_text_and_no_formula(own_store: Store, tmp_path: Path) -> None:
    spoil(own_store, "UPDATE core.communities SET name = ?", HOSTILE)
    write_bulletin(own_store, "2026", tmp_path / "notice.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "notice.xlsx")["附件1 评定排名"]
    cell = sheet["B3"]

    assert cell.data_type == "s"
    assert cell.value == HOSTILE.replace("\x01", "")


def test_a_period_that_is_not_rated_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="period is '1999'; expected one of 2025, 2026"):
        write_bulletin(store, "1999", tmp_path / "notice.xlsx")
    with pytest.raises(StoreError, match="no build; expected one"):
        write_bulletin(Store(tmp_path), "2026", tmp_path / "notice.xlsx")


def test_a_bulletin_has_the_same_bytes_twice(store: Store, tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_bulletin(store, "2026", first)
    write_bulletin(store, "2026", second)

    assert first.read_bytes() == second.read_bytes()


@pytest.fixture
def fonts() -> None:
    try:
        find_fonts(FONT_FOLDERS)
    except StoreError:
        pytest.skip("no Noto Sans CJK on this machine: Debian's fonts-noto-cjk has it")


def community(store: Store) -> str:
    with open_served(store) as served:
        return str(
            served.rows(
                "SELECT community_id FROM mart.hazard_board WHERE state = 'overdue' "
                "ORDER BY urgency LIMIT 1"
            )[0]["community_id"]
        )


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_dossier_is_a_pdf_with_its_font_inside_and_the_same_bytes_twice(
    store: Store, tmp_path: Path, language: str
) -> None:
    one = community(store)
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    write_dossier(store, one, first, language=language)
    write_dossier(store, one, second, language=language)
    body = first.read_bytes()

    assert body.startswith(b"%PDF-")
    assert body == second.read_bytes()
    assert b"NotoSansCJK" in body or b"NotoSansCJK" in _inflated(body)
    assert b"/FontFile" in body or b"/FontFile" in _inflated(body)
    assert len(body) < 1_000_000


def _inflated(body: bytes) -> bytes:
    """Return the streams of a PDF that can be inflated, one after the other."""
    found = []
    for part in body.split(b"stream\n")[1:]:
        try:
            found.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return b"".join(found)


@pytest.mark.usefixtures("fonts")
def test_a_name_from_a_file_is_never_read_as_markup(own_store: Store, tmp_path: Path) -> None:
    spoil(own_store, "UPDATE core.communities SET name = ?", HOSTILE)
    spoil(own_store, "UPDATE mart.hazard_board SET kind = ?", HOSTILE)
    write_dossier(own_store, community(own_store), tmp_path / "a.pdf")

    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.usefixtures("fonts")
def test_a_community_of_which_little_is_known_has_a_dossier_too(
    own_store: Store, tmp_path: Path
) -> None:
    one = community(own_store)
    for table in ("ratings", "rating_items", "rating_history", "figures", "community_summary",
                  "hazard_board", "card_standing", "sanction_ledger", "peers", "peer_standing",
                  "rating_stability"):  # fmt: skip
        spoil(own_store, f"DELETE FROM mart.{table}")
    for table in ("cameras", "gates", "buildings", "managers", "companies"):
        spoil(own_store, f"DELETE FROM core.{table}")
    write_dossier(own_store, one, tmp_path / "a.pdf")

    assert (tmp_path / "a.pdf").stat().st_size > 10_000


def test_a_plan_holds_numbers_alone(own_store: Store) -> None:
    spoil(own_store, "UPDATE core.communities SET name = ?", HOSTILE)
    one = community(own_store)
    with open_served(own_store) as served:
        plan = draw_plan(served, one)

    assert "script" not in plan.svg
    assert plan.svg.count("<circle") == plan.counts["cameras"]
    assert plan.counts["gates"] > 0
    assert plan.bar_m in (10, 20, 50, 100, 200, 500)


def test_an_unknown_community_and_a_missing_font_are_refused(store: Store, tmp_path: Path) -> None:
    if any(Path(one).is_dir() for one in FONT_FOLDERS[:2]):
        with pytest.raises(StoreError, match="found 'X'; expected one of"):
            write_dossier(store, "X", tmp_path / "a.pdf")
    with pytest.raises(StoreError, match="Install Debian's fonts-noto-cjk"):
        write_dossier(store, "X", tmp_path / "a.pdf", fonts=tmp_path)


def test_both_languages_have_equal_words() -> None:
    import tomllib

    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))

    def keys(body: dict, prefix: str = "") -> set[str]:
        return {
            one
            for key, value in body.items()
            for one in (
                keys(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
            )
        }

    assert keys(words["zh"]) == keys(words["en"])


def test_the_commands_answer(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "n.xlsx"
    assert main(["notice", "--store", str(store.path), "--period", "2026", "--out", str(out),
                 "--json"]) == 0  # fmt: skip
    body = json.loads(capsys.readouterr().out)
    assert body["rated"] <= body["communities"]
    assert main(["notice", "--store", str(store.path), "--period", "1", "--out", str(out)]) == 1
    assert "expected one of 2025, 2026" in capsys.readouterr().err
    assert main(["dossier", "--store", str(store.path), "--community", "?", "--out", str(out),
                 "--fonts", str(tmp_path)]) == 1  # fmt: skip
