"""The bulletin (通报) as a workbook: the text with its signature block, and the tables attached.

References
----------
GB/T 9704-2012. Layout key for official document of Party and government organs: A4, margins, fonts
and the order of title, number, text, attachments and signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from etl.notice.bulletin_rows import (
    CARDS_ZH,
    CRITICISED,
    HONOURED,
    STATES_ZH,
    Bulletin,
    read_bulletin,
)
from etl.notice.fixed import save_fixed
from etl.notice.served import Row, open_served
from etl.store import Store

TITLE_FONT, TEXT_FONT, HEAD_FONT = "方正小标宋简体", "仿宋", "黑体"
PAPER_A4 = 9
_RED, _GREY = "FFC00000", "FFF2F2F2"
_THIN = Side(style="thin", color="FF808080")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
# What no spreadsheet may hold; a name from a file is text and never a formula.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
WORDS_ZH = {"firm": "稳定", "fair": "较稳定", "loose": "不稳定", "too_few": "—"}


def write_bulletin(store: Store, period: str, out: Path, *, office: str | None = None) -> Bulletin:
    """Write the bulletin of a period.

    Parameters
    ----------
    store
        Store of builds; the one served is read.
    period
        This year or the last, as the build rates them.
    out
        Workbook; replaced.
    office
        Who issues it; a working office of the district when None.

    Returns
    -------
    Bulletin
        What it says.

    Raises
    ------
    StoreError
        When nothing is served or the period is not rated.
    """
    with open_served(store) as served:
        bulletin = read_bulletin(served, period)
    book = Workbook()
    text = book.active
    assert isinstance(text, Worksheet)
    text.title = "通报"
    _write_text(text, bulletin, office or f"{bulletin.district}住宅小区安全管理工作办公室")
    _write_ranking(book.create_sheet("附件1 评定排名"), bulletin)
    _write_lists(book.create_sheet("附件2 红黑榜"), bulletin)
    _write_hazards(book.create_sheet("附件3 隐患整改"), bulletin)
    _write_companies(book.create_sheet("附件4 物业企业"), bulletin)
    book.properties.creator = "Anxing"
    book.properties.title = _title(bulletin)
    save_fixed(book, out, bulletin.as_of)
    return bulletin


def _title(bulletin: Bulletin) -> str:
    name = bulletin.standard["name_zh"]
    draft = "（征求意见稿）" if bulletin.is_draft else ""
    return f"关于{bulletin.period}年度{name}评定情况的通报{draft}"


def _write_text(sheet: Worksheet, bulletin: Bulletin, office: str) -> None:
    for letter, width in zip("ABCD", (20, 20, 20, 26), strict=True):
        sheet.column_dimensions[letter].width = width
    lines: list[tuple[str, Font, str, float]] = [
        ("内部资料　注意保存", _font(HEAD_FONT, 12), "right", 22),
        (office, _font(TITLE_FONT, _fitting(office), _RED), "center", 52),
        ("文号：　　　　〔　　　　〕　　号", _font(TEXT_FONT, 14), "center", 30),
        (_title(bulletin), _font(TITLE_FONT, 20), "center", 64),
        ("各街道办事处、派出所，各物业服务企业：", _font(TEXT_FONT, 15), "left", 34),
        (
            f"　　根据《{bulletin.standard['name_zh']}》（{bulletin.standard['version']}版），"
            f"现将{bulletin.period}年度评定情况通报如下，数据截至{_day(bulletin.as_of)}。",
            _font(TEXT_FONT, 15),
            "left",
            56,
        ),
    ]
    numbers = "一二三四五六七八九"
    for number, sentence in zip(numbers, bulletin.sentences, strict=False):
        lines.append((f"　　{number}、{sentence}", _font(TEXT_FONT, 15), "left", 56))
    lines += [
        (
            "　　各单位对照附件核实，逾期隐患立即整改；对评定结果有异议的，按规定期限提出申诉。",
            _font(TEXT_FONT, 15),
            "left",
            56,
        ),
        ("　　附件：1. 评定排名　2. 红黑榜　3. 隐患整改情况　4. 物业企业信用情况",
         _font(TEXT_FONT, 15), "left", 40),
        ("", _font(TEXT_FONT, 15), "left", 60),
        ("（印章）　　　　", _font(TEXT_FONT, 15), "right", 30),
        (office, _font(TEXT_FONT, 15), "right", 30),
        ("　　　　年　　月　　日", _font(TEXT_FONT, 15), "right", 30),
        ("", _font(TEXT_FONT, 12), "left", 30),
        ("联系人：　　　　　　　　联系电话：　　　　　　　　", _font(TEXT_FONT, 12), "left", 24),
        ("抄送：　　　　　　　　　　　　　　　　　　　　　　", _font(TEXT_FONT, 12), "left", 24),
        (f"数据版本：{bulletin.build_id}　标准摘要：{bulletin.standard['digest'][:16]}",
         _font(TEXT_FONT, 10), "left", 20),
    ]  # fmt: skip
    for row, (text, font, side, height) in enumerate(lines, start=1):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=4)
        cell = sheet.cell(row, 1)
        _put(cell, text)
        cell.font = font
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
        sheet.row_dimensions[row].height = height
    for column in range(1, 5):
        sheet.cell(3, column).border = Border(bottom=Side(style="medium", color=_RED))
    _set_page(sheet, landscape=False, last_row=len(lines), last_column=4)


def _write_ranking(sheet: Worksheet, bulletin: Bulletin) -> None:
    head = (
        "名次",
        "小区",
        "街道",
        "派出所",
        "物业企业",
        "等级",
        "得分",
        "上期得分",
        "升降",
        "稳定性",
        "办理状态",
    )
    rows = [
        (
            row["rank"],
            row["name"],
            row["street"],
            row["station"],
            row["company"],
            _grade(bulletin, row),
            row["score"],
            row["previous_score"],
            _change(row),
            WORDS_ZH.get(row["word"], "—"),
            STATES_ZH.get(row["state"], "—"),
        )
        for row in bulletin.rated
    ]
    others = [row for row in bulletin.ranking if row["rank"] is None]
    rows += [
        ("—", row["name"], row["street"], row["station"], row["company"],
         "数据不足" if row["is_eligible"] else "不符合条件", None, row["previous_score"], "—", "—",
         STATES_ZH.get(row["state"], "—"))
        for row in others
    ]  # fmt: skip
    widths = (6, 18, 12, 14, 24, 11, 8, 9, 7, 9, 12)
    _write_table(sheet, f"附件1　{bulletin.period}年度评定排名", head, rows, widths)


def _write_lists(sheet: Worksheet, bulletin: Bulletin) -> None:
    best = [row for row in bulletin.rated if (row["stars"] or 0) >= 5] or bulletin.rated
    honoured = [_listed(bulletin, "红榜", row) for row in best[:HONOURED]]
    carded = [
        ("黑榜" if row["standing"] != "yellow_card" else "警示", row["name"], row["street"],
         row["company"], CARDS_ZH[row["standing"]], None, row["sentence_zh"])
        for row in bulletin.cards
    ]  # fmt: skip
    worst = [row for row in reversed(bulletin.rated) if row["stars"] == 0][:CRITICISED]
    behind = [_listed(bulletin, "黑榜", row) for row in worst]
    head = ("榜单", "小区", "街道", "物业企业", "等级或牌种", "得分", "说明")
    rows = [*honoured, *behind, *carded]
    title = f"附件2　{bulletin.period}年度红黑榜"
    _write_table(sheet, title, head, rows, (7, 18, 12, 24, 12, 8, 44))


def _listed(bulletin: Bulletin, on: str, row: Row) -> tuple[Any, ...]:
    grade = _grade(bulletin, row)
    return on, row["name"], row["street"], row["company"], grade, row["score"], ""


def _write_hazards(sheet: Worksheet, bulletin: Bulletin) -> None:
    head = ("街道", "隐患", "未整改", "逾期", "重大逾期", "重新打开", "拒不整改", "按期整改率")
    names = ("street", "n", "n_open", "n_overdue", "n_major_overdue", "n_reopened", "n_refused")
    rows = [
        (*(row[name] for name in names), _percent(row["in_time_fraction"]))
        for row in bulletin.hazards
    ]
    if rows:
        sums = [sum(row[name] for row in bulletin.hazards) for name in names[1:]]
        rows.append(("合计", *sums, None))
    widths = (18, 9, 9, 9, 10, 10, 10, 12)
    _write_table(sheet, f"附件3　{bulletin.period}年度隐患整改情况", head, rows, widths)


def _write_companies(sheet: Worksheet, bulletin: Bulletin) -> None:
    head = (
        "名次",
        "物业企业",
        "小区数",
        "平均得分",
        "通知书",
        "黄牌",
        "红牌",
        "黑牌",
        "逾期隐患",
        "记分",
        "信用等次",
        "名单",
    )
    lists = {"red": "红名单", "black": "黑名单", None: ""}
    rows = [
        (
            row["rank"], row["name"], row["n_communities"],
            None if row["mean_score"] is None else round(row["mean_score"], 1),
            row["n_notices"], row["n_yellow_cards"], row["n_red_cards"], row["n_black_cards"],
            row["n_hazards_overdue"], row["points"], row["level_zh"], lists[row["list"]],
        )
        for row in bulletin.companies
    ]  # fmt: skip
    title = f"附件4　物业企业信用情况（{bulletin.as_of.year}年1月1日至{_day(bulletin.as_of)}）"
    _write_table(sheet, title, head, rows, (6, 26, 8, 9, 8, 7, 7, 7, 10, 8, 12, 9))


def _write_table(
    sheet: Worksheet,
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
) -> None:
    last = len(head)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=last)
    _put(sheet.cell(1, 1), title)
    sheet.cell(1, 1).font = _font(TITLE_FONT, 18)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 40
    for column, (name, width) in enumerate(zip(head, widths, strict=True), start=1):
        cell = sheet.cell(2, column)
        _put(cell, name)
        cell.font, cell.border = _font(HEAD_FONT, 11), _BOX
        cell.fill = PatternFill("solid", fgColor=_GREY)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[2].height = 26
    for number, row in enumerate(rows, start=3):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            _put(cell, value)
            cell.font, cell.border = _font(TEXT_FONT, 11), _BOX
            long = isinstance(value, str) and len(value) > 6
            cell.alignment = Alignment(
                horizontal="left" if long else "center", vertical="center", wrap_text=True
            )
            if isinstance(value, float):
                cell.number_format = "0.0"
    if not rows:
        sheet.merge_cells(start_row=3, end_row=3, start_column=1, end_column=last)
        _put(sheet.cell(3, 1), "本期无此类情况。")
        sheet.cell(3, 1).font = _font(TEXT_FONT, 12)
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "1:2"
    _set_page(sheet, landscape=True, last_row=max(len(rows), 1) + 2, last_column=last)


def _set_page(sheet: Worksheet, *, landscape: bool, last_row: int, last_column: int) -> None:
    sheet.page_setup.paperSize = PAPER_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    # Margins of the standard for official documents: 37, 35, 28 and 26 mm.
    margins = sheet.page_margins
    margins.top, margins.bottom, margins.left, margins.right = (
        (0.8, 0.7, 0.6, 0.6) if landscape else (1.46, 1.38, 1.1, 1.02)
    )
    sheet.print_area = f"A1:{get_column_letter(last_column)}{last_row}"
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = "— &P —"
    sheet.oddFooter.center.font = f"{TEXT_FONT},Regular"
    sheet.oddFooter.center.size = 12


def _font(name: str, size: float, color: str = "FF000000") -> Font:
    return Font(name=name, size=size, color=color)


def _fitting(heading: str) -> float:
    """Return the size at which a heading keeps to one line of the page's width."""
    return max(14.0, min(26.0, round(26.0 * 17 / max(len(heading), 1))))


def _put(cell: Any, value: Any) -> None:
    """Write a value; text stays text whatever it begins with."""
    if isinstance(value, str):
        cell.value = _CONTROL.sub("", value)
        cell.data_type = "s"
    else:
        cell.value = value


def _grade(bulletin: Bulletin, row: Row) -> str:
    return bulletin.grade_names.get(row["grade"], "—")


def _change(row: Row) -> str:
    if None in (row["stars"], row["previous_stars"]):
        return "—"
    step = int(row["stars"]) - int(row["previous_stars"])
    return "持平" if step == 0 else f"{'升' if step > 0 else '降'}{abs(step)}星"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
