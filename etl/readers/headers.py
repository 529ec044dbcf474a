"""Column names: which are the wanted ones, which may not be there, and what they betray."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from etl.errors import SourceError
from etl.readers.raw import SourceFile
from etl.report import Finding

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
MAX_COLUMNS = 1000
SHOWN_NAMES = 20
DBF_NAME_BYTES = 10

_DATUMS = (
    ("gcj02", re.compile(r"gcj[\s_-]*0?2?|火星|高德|amap")),
    ("bd09", re.compile(r"bd[\s_-]*0?9|百度|baidu")),
    ("cgcs2000", re.compile(r"cgcs[\s_-]*2000")),
    ("wgs84", re.compile(r"wgs[\s_-]*84")),
)


class MissingColumnsError(SourceError):
    """Columns that the district maps and the file does not have."""


@dataclass
class Header:
    """Where each column to be read stands: `positions` by the name the district uses."""

    positions: dict[str, int]
    datum_hint: str | None = None
    findings: list[Finding] = field(default_factory=list)


def tidy(name: str) -> str:
    """Return a column name without case, blanks and full-width forms, for comparison."""
    return re.sub(r"[\s\ufeff\u200b]+", "", unicodedata.normalize("NFKC", name)).casefold()


def match_headers(
    source: SourceFile,
    found: Sequence[str],
    *,
    geometry: str | None = None,
    truncated: bool = False,
    where: str | None = None,
) -> Header:
    """Find the columns that the district wants among those of the file.

    Parameters
    ----------
    source
        The file; its wanted, optional and ignored names.
    found
        Column names of the file, in order.
    geometry
        Name of the column that holds the shapes: it is read apart, and satisfies a mapping of that
        name.
    truncated
        Whether the format cuts names to ten bytes (dBASE).
    where
        Place of the header in messages; the file's label when None.

    Returns
    -------
    Header
        Positions by wanted name, the datum the names speak of, and what was done to match.

    Raises
    ------
    MissingColumnsError
        When a wanted column is not there under any known name.
    SourceError
        When there are too many columns, a wanted one is there twice, or a column holds personal
        data that the district neither maps nor ignores.
    """
    where = where or source.label
    _refuse_too_many(found, where)
    ignored = {tidy(one) for one in source.ignore}
    header = Header({})
    missing = []
    for name in dict.fromkeys((*source.wanted, *source.optional)):
        place, how = _find(name, found, source.table, where, truncated)
        if place is not None:
            header.positions[name] = place
            if how is not None:
                header.findings.append(_renamed(source, found[place], name, how))
        elif name in source.wanted and name != geometry:
            missing.append(name)
    _refuse_personal(source, found, ignored, set(header.positions.values()), where)
    if missing:
        told = _datum_hint(one for one in found if tidy(one) not in ignored)
        raise MissingColumnsError(_say_missing(missing, found, where, told))
    header.datum_hint = _datum_hint(found[place] for place in header.positions.values())
    _add_extra(source, found, header, ignored, geometry)
    return header


def _refuse_too_many(found: Sequence[str], where: str) -> None:
    if len(found) > MAX_COLUMNS:
        raise SourceError(
            f"{where}: {len(found):,} columns; expected at most {MAX_COLUMNS:,}. "
            "Export only the columns of the table; perhaps rows and columns are exchanged."
        )


def _find(
    name: str, found: Sequence[str], table: str, where: str, truncated: bool
) -> tuple[int | None, str | None]:
    """Return the position of a wanted name and how it was recognised (None: exactly)."""
    exact = [place for place, one in enumerate(found) if one == name]
    if exact:
        return _only(exact, name, where), None
    same = [place for place, one in enumerate(found) if tidy(one) == tidy(name)]
    if same:
        return _only(same, name, where), "tidied"
    others = _aliases(table, name)
    alias = [place for place, one in enumerate(found) if tidy(one) in others]
    if alias:
        return _only(alias, name, where), "alias"
    if truncated:
        cut = [place for place, one in enumerate(found) if _is_cut(one, name)]
        if cut:
            return _only(cut, name, where), "cut"
    return None, None


def _only(places: list[int], name: str, where: str) -> int:
    if len(places) > 1:
        numbers = ", ".join(str(one + 1) for one in places)
        raise SourceError(
            f"{where}, {name}: columns {numbers} have this name; expected one. "
            "Rename the others in the file."
        )
    return places[0]


def _is_cut(found: str, wanted: str) -> bool:
    for encoding in ("utf-8", "gb18030"):
        whole = tidy(wanted).encode(encoding)
        if tidy(found) == whole[:DBF_NAME_BYTES].decode(encoding, "ignore"):
            return True
    return False


@cache
def _alias_lists() -> dict[str, dict[str, list[str]]]:
    path = REFERENCE / "header_aliases.toml"
    return dict(tomllib.loads(path.read_text(encoding="utf-8")))


@cache
def _aliases(table: str, name: str) -> frozenset[str]:
    """Return the tidied names that stand for `name` in `table`."""
    lists = _alias_lists()
    groups = {**lists["common"], **lists.get(table, {})}
    for group in groups.values():
        names = {tidy(one) for one in group}
        if tidy(name) in names:
            return frozenset(names)
    return frozenset()


def _renamed(source: SourceFile, found: str, name: str, how: str) -> Finding:
    shown = found.strip()
    why = {
        "tidied": ("case, blanks or full-width forms differ", "大小写、空格或全角形式不同"),
        "alias": ("known as another name of it", "已知别名"),
        "cut": ("the format cuts names to ten bytes", "该格式将列名截断为十个字节"),
    }[how]
    return Finding(
        "warning",
        "header_alias",
        f"{source.label}: column {shown!r} read as {name!r}: {why[0]}.",
        f"{source.label}：列“{shown}”按“{name}”读取：{why[1]}。",
        source.table,
        source.label,
    )


def _datum_hint(found: Iterable[str]) -> str | None:
    for name in found:
        for datum, pattern in _DATUMS:
            if pattern.search(tidy(name)):
                return datum
    return None


@cache
def _personal_words() -> tuple[tuple[str, frozenset[str], tuple[str, ...]], ...]:
    path = REFERENCE / "personal_data.toml"
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        (kind, frozenset(words["exact"]), tuple(words["contains"])) for kind, words in lists.items()
    )


def personal_kind(name: str) -> str | None:
    """Return what a column name says it holds of a person (name, identity, …), or None."""
    text = re.sub(r"[_\-./()（）]", "", tidy(name))
    for kind, exact, contains in _personal_words():
        if text in exact or any(word in text for word in contains):
            return kind
    return None


def _refuse_personal(
    source: SourceFile, found: Sequence[str], ignored: set[str], mapped: set[int], where: str
) -> None:
    personal = [
        name
        for place, name in enumerate(found)
        if place not in mapped and tidy(name) not in ignored and personal_kind(name)
    ]
    if personal:
        raise SourceError(
            f"{where}: columns {_listed(personal)} hold personal data; expected none, and nothing "
            "was read. Leave them out of the export, or list them under `ignore` in the district "
            "file."
        )


def _say_missing(
    missing: Sequence[str], found: Sequence[str], where: str, datum: str | None
) -> str:
    mend = "Correct the file, or map the right columns in the district file."
    if datum in ("gcj02", "bd09"):
        mend = (
            f"The names speak of {datum.upper()}: map these columns and declare "
            f'datum = "{datum}" in the district file.'
        )
    return f"{where}: columns {_listed(found)}; expected {_listed(missing)} as well. {mend}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(one.strip()[:60] or "(no name)" for one in names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown or "(none)"


def _add_extra(
    source: SourceFile,
    found: Sequence[str],
    header: Header,
    ignored: set[str],
    geometry: str | None,
) -> None:
    mapped = set(header.positions.values())
    extra = [
        place
        for place, name in enumerate(found)
        if place not in mapped and tidy(name) not in ignored and name != geometry
    ]
    if source.all_columns:
        names = [found[place] for place in extra]
        header.positions.update(
            {found[place]: place for place in extra if names.count(found[place]) == 1}
        )
    elif extra:
        shown = _listed([found[place] for place in extra])
        header.findings.append(
            Finding(
                "info",
                "extra_columns",
                f"{source.label}: columns not mapped and not read: {shown}.",
                f"{source.label}：未映射、未读取的列：{shown}。",
                source.table,
                source.label,
                len(extra),
            )
        )
