"""Delimited text against Python's own csv module and against files broken by hand."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from etl.errors import SourceError
from etl.readers import RawTable, SourceFile, blocks, read

WANTED = ("id", "name", "note")


def table(path: Path, **more: object) -> RawTable:
    settings_ = {"table": "companies", "format": "csv", "wanted": WANTED, **more}
    return read(SourceFile(path=path, label=path.name, **settings_))  # type: ignore[arg-type]


def rows(raw: RawTable) -> list[dict[str, object]]:
    return [row for batch in raw.batches for row in batch.to_pylist()]


def write(folder: Path, data: bytes | str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_quoted_line_end_keeps_one_row_and_counts_its_lines(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,name,note\r\n1,"a\r\nb",x\r\n\r\n2,c,"y ""z"""\r\n')
    assert rows(table(path)) == [
        {"id": "1", "name": "a\r\nb", "note": "x", "__line": 2},
        {"id": "2", "name": "c", "note": 'y "z"', "__line": 5},
    ]


def test_blank_and_empty_lines_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    raw = table(write(tmp_path, "id,name,note\n\n1,a,b\n,,\n , ,\n2,c,d\n"))
    assert [row["__line"] for row in rows(raw)] == [3, 6]
    assert raw.n_read == 2
    assert [one.n for one in raw.findings if one.code == "blank_rows"] == [2]


def test_ragged_rows_are_rejected_with_their_line_and_without_their_values(tmp_path: Path) -> None:
    raw = table(write(tmp_path, "id,name,note\n1,a,b\n2,secret\n3,c,d\n4,e,f,g\n"))
    assert [row["id"] for row in rows(raw)] == ["1", "3"]
    assert [(one.line, one.rule, one.value) for one in raw.rejections] == [
        (3, "ragged", "2 values"),
        (5, "ragged", "4 values"),
    ]
    assert (raw.n_read, raw.n_rejected) == (4, 2)


def test_a_cell_beyond_the_cap_costs_its_row_only(tmp_path: Path) -> None:
    raw = table(write(tmp_path, f"id,name,note\n1,a,b\n2,{'x' * 70_000},d\n3,c,d\n"))
    assert [row["id"] for row in rows(raw)] == ["1", "3"]
    (one,) = raw.rejections
    assert (one.line, one.column, one.rule, len(one.value or "")) == (3, "name", "too_long", 200)


def test_a_quote_that_closes_inside_a_value_costs_its_row(tmp_path: Path) -> None:
    raw = table(write(tmp_path, 'id,name,note\n1,"a" b,c\n2,d,e\n'))
    assert [row["id"] for row in rows(raw)] == ["2"]
    assert [(one.line, one.rule) for one in raw.rejections] == [(2, "stray_quote")]


def test_one_line_like_a_row_inside_quotes_costs_its_row_only(tmp_path: Path) -> None:
    raw = table(write(tmp_path, 'id,name,note\n1,"a,b\n2,c,d\n3,e",f\n4,"x\ny\nz",w\n'))
    assert [row["id"] for row in rows(raw)] == ["4"]
    assert [(one.line, one.rule) for one in raw.rejections] == [(2, "stray_quote")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, 0 bytes; expected a csv file"),
        (b"id,name,note\n", "a header and no rows"),
        (b"id,name,note\n1,a,b\n2,c", r"line 3: the last line ends after 2 of 3 values"),
        (b'id,name,note\n1,"a,b\n2,c,d\n', "line 2: a quote opens here and never closes"),
        (
            b'id,name,note\n1,"a,b\n2,c,d\n3,e,f\n4,g",h\n',
            "line 2: a quote opens here and swallows",
        ),
        (b'id,name,note\n1,"a,b\n2,"c,d\n', "line 2: a quote opens here and swallows"),
        (b"id,name,note\n1,a\x00\x00,b\n", "line 2: 2 NUL bytes"),
        (b"i\x00d\x00,\x00n\x00\n\x00", "no header that can be read"),
        (b"\x89PNG\r\n\x1a\nid,name,note\n1,a,b\n", "a PNG picture; expected csv text"),
        (b"\n <html><body>,,</body></html>\n", "an HTML page; expected csv text"),
        (b"PK\x03\x04id,name,note\n1,a,b\n", "a zip archive; expected csv text"),
        (b"Report\nid,name,note\n1,a,b\n", r"line 1: a title; .* stand in row 2"),
        (b"id,name,other\n1,a,b\n", r"columns id, name, other; expected note as well"),
        (b"id,name,note,note\n1,a,b,c\n", r"note: columns 3, 4 have this name; expected one"),
        (b"id,name,note,x\xff\xfe\n1,a,b,\xfe\xff\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_what_no_row_can_be_blamed_for_refuses_the_file(
    tmp_path: Path, data: bytes, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        table(write(tmp_path, data))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file; expected a csv file"):
        table(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="a folder or device"):
        table(tmp_path)


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="declared as 'kml'; expected one of csv"):
        table(write(tmp_path, "<kml/>"), format="kml")


def test_a_last_line_without_end_is_read_and_noted(tmp_path: Path) -> None:
    raw = table(write(tmp_path, "id,name,note\n1,a,b\n2,c,d"))
    assert [row["note"] for row in rows(raw)] == ["b", "d"]
    assert [one.code for one in raw.findings] == ["no_final_newline"]


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_another_delimiter_is_recognised_and_told(tmp_path: Path, mark: str) -> None:
    raw = table(write(tmp_path, "id,name,note\n1,a,b\n".replace(",", mark)))
    assert rows(raw)[0]["note"] == "b"
    assert [one.code for one in raw.findings] == ["delimiter"]


def test_only_wanted_columns_are_read_unless_all_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "id,name,note,more,secret\n1,a,b,c,d\n")
    assert list(rows(table(path))[0]) == ["id", "name", "note", "__line"]
    everything = table(path, all_columns=True, ignore=("secret",))
    assert list(rows(everything)[0]) == ["id", "name", "note", "more", "__line"]


TEXT = "巡逻点一号𠀀，入室盗窃"


@pytest.mark.parametrize(
    ("codec", "declared", "encoding"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8-sig", None, "utf-8"),
        ("gb18030", None, "gb18030"),
        ("gb18030", "gb18030", "gb18030"),
        ("utf-16", None, "utf-16"),
    ],
)
def test_encodings_are_told_apart_and_nothing_is_lost(
    tmp_path: Path, codec: str, declared: str | None, encoding: str
) -> None:
    data = f"id,name,note\n1,{TEXT},x\n2,y,{TEXT}\n".encode(codec)
    raw = table(write(tmp_path, data), encoding=declared)
    found = rows(raw)
    assert (found[0]["name"], found[1]["note"], raw.encoding) == (TEXT, TEXT, encoding)


@pytest.mark.parametrize(("codec", "text"), [("cp949", "강남구 방범용"), ("big5", "派出所轄區")])
def test_declared_encodings_of_neighbours_are_read(tmp_path: Path, codec: str, text: str) -> None:
    raw = table(write(tmp_path, f"id,name,note\n1,{text},x\n".encode(codec)), encoding=codec)
    assert rows(raw)[0]["name"] == text


def test_columns_found_only_in_another_encoding_name_it(tmp_path: Path) -> None:
    data = "번호,이름\n1,가\n".encode("cp949")
    with pytest.raises(SourceError, match='Declare encoding = "cp949"'):
        table(write(tmp_path, data), wanted=("번호", "이름"))


def test_a_declaration_that_the_bytes_contradict_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="text that reads as GB18030; expected UTF-8"):
        table(write(tmp_path, f"id,name,note\n1,{TEXT},x\n".encode("gb18030")), encoding="utf-8")
    with pytest.raises(SourceError, match="UTF-8 text; expected gb18030 as declared"):
        table(write(tmp_path, f"id,name,note\n1,{TEXT},x\n".encode()), encoding="gb18030")
    with pytest.raises(SourceError, match="begins with the mark of utf-8; expected gb18030"):
        table(write(tmp_path, "\ufeffid,name,note\n1,a,b\n"), encoding="gb18030")
    with pytest.raises(SourceError, match="no byte order mark; expected UTF-16"):
        table(write(tmp_path, "id,name,note\n1,a,b\n"), encoding="utf-16")


def test_words_that_are_expected_decide_between_encodings(tmp_path: Path) -> None:
    # The GBK bytes of this word, D5A9 C6AD, are two Armenian and Latin letters in UTF-8.
    path = write(tmp_path, "id,name,note\n1,诈骗,x\n".encode("gb18030"))
    assert rows(table(path, known_values=("诈骗",)))[0]["name"] == "诈骗"
    doubtful = table(path)
    assert [one.code for one in doubtful.findings] == ["encoding_ambiguous"]


def test_one_broken_character_in_a_utf8_file_costs_its_row(tmp_path: Path) -> None:
    good = "".join(f"{n},巡逻点,x\n" for n in range(2, 12)).encode()
    raw = table(write(tmp_path, b"id,name,note\n1,\xff\xfe,x\n" + good))
    assert [row["id"] for row in rows(raw)] == [str(n) for n in range(2, 12)]
    assert [(one.line, one.rule) for one in raw.rejections] == [(2, "text_unsafe")]


def test_texts_destroyed_upstream_and_control_characters_are_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path, "id,name,note\n1,\ufffdx,b\n2,锟斤拷,b\n3,a\x07b,c\n4,d\te,f\n5,g,\x7f\n"
    )
    raw = table(path)
    assert [row["id"] for row in rows(raw)] == ["4"]
    assert {one.rule for one in raw.rejections} == {"text_unsafe"}
    assert raw.n_read == raw.n_rejected + 1


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_formulas_and_full_width_digits_are_told_and_kept(tmp_path: Path, codec: str) -> None:
    text = "id,name,note\n１２,=1+1,-5\n2,+86 10,-inf\n3,＝A1,－５\n"
    raw = table(write(tmp_path, text.encode(codec)))
    assert [row["name"] for row in rows(raw)] == ["=1+1", "+86 10", "＝A1"]
    told = [(one.code, one.n) for one in raw.findings if one.code != "encoding_detected"]
    assert told == [("fullwidth_digits", 1), ("formula_text", 2), ("fullwidth_digits", 1)]


def python_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the records of Python's csv module with the line on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found, before = [], 0
    for record in reader:
        if record and any(cell.strip() for cell in record):
            found.append((before + 1, record))
        before = reader.line_num
    return found


PIECES = st.lists(
    st.one_of(st.binary(max_size=4), st.text(max_size=3).map(lambda text: text.encode("utf-8")))
)


@settings(max_examples=400, deadline=None)
@given(pieces=PIECES)
def test_the_scan_knows_utf8_and_never_doubts_gb18030(pieces: list[bytes]) -> None:
    cell = b"".join(pieces).translate(None, b'\x00\n\r,"') + b"\n"
    layout = blocks.read_layout(memoryview(cell), 0, 44, 1, 1 << 16, threads=1, first_line=0)
    try:
        cell.decode("utf-8")
        assert layout.census().n_not_utf8 == 0
    except UnicodeDecodeError:
        assert layout.census().n_not_utf8 > 0
    whole = cell.decode("gb18030", "replace").replace("\ufffd", "").encode("gb18030")
    if b"\n" in whole[:-1] or not whole.strip():
        return
    layout = blocks.read_layout(memoryview(whole), 0, 1, 1, 1 << 16, threads=1, first_line=0)
    assert layout.census().n_not_gb == 0


@pytest.mark.parametrize("raw", [b"\x81\x40", b"\xfe\xfe", b"\x81\x30\x81\x30", b"\xfe\x80"])
def test_the_corners_of_gb18030_are_inside(raw: bytes) -> None:
    layout = blocks.read_layout(memoryview(raw + b"\n"), 0, 44, 1, 99, threads=1, first_line=0)
    assert layout.census().n_not_gb == 0


@pytest.mark.parametrize(
    "raw", [b"\x80\x40", b"\xff\x40", b"\x81\x7f", b"\x81\xff", b"\x81\x30\x81a"]
)
def test_the_corners_outside_gb18030_are_outside(raw: bytes) -> None:
    layout = blocks.read_layout(memoryview(raw + b"ab\n"), 0, 44, 1, 99, threads=1, first_line=0)
    assert layout.census().n_not_gb > 0


def looks_like_a_row(cell: str) -> bool:
    """Tell whether a whole line inside the cell has as many values as a row."""
    return any(line.count(",") == 2 for line in cell.split("\n")[1:-1])


CELLS = st.text(st.sampled_from('ab1 ,;"\n\té中'), max_size=6)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12),
    ends=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([16, 40, 1 << 24]),
    blank=st.booleans(),
)
def test_rows_and_lines_are_those_of_python_whatever_the_block_size(
    body: list[tuple[str, str, str]],
    ends: str,
    block: int,
    blank: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=ends)
    writer.writerow(WANTED)
    for number, (first, second, third) in enumerate(body):
        writer.writerow((f"k{number}", first + second, third))
        if blank:
            out.write(ends)
    assume(not any(looks_like_a_row(cell) for row in body for cell in (row[0] + row[1], row[2])))
    expected = python_rows(out.getvalue(), ",")[1:]
    path = write(tmp_path_factory.mktemp("csv"), out.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block)
        raw = table(path, encoding="utf-8")
        found = [(row.pop("__line"), list(row.values())) for row in rows(raw)]
    assert found == expected
