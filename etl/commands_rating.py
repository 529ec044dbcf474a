"""The commands about ratings: rescore a period, circulate a bulletin, file a community."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Say = Callable[[argparse.Namespace, dict[str, Any], str], None]
SHOWN_MOVERS = 10


def add_rating_commands(
    commands: Any, add_output: Callable[[argparse.ArgumentParser], None], say: Say
) -> None:
    """Add `rescore`, `notice` and `dossier` to the command line.

    Parameters
    ----------
    commands
        Sub-parsers of the command line.
    add_output
        Adds the options that every answering command has.
    say
        Prints an answer, as JSON when asked.
    """
    text = "rate a past period again under any standard or weights, and say who moves and why"
    one = commands.add_parser("rescore", help=text, description=text)
    one.add_argument("--store", type=Path, required=True, help="folder of builds")
    one.add_argument("--standard", required=True, metavar="FILE", help="a TOML file or an id")
    one.add_argument("--period", required=True, metavar="P", help="calendar year")
    one.add_argument(
        "--weight", action="append", default=[], metavar="ITEM=N", type=_weight,
        help="another weight of an item; may be repeated",
    )  # fmt: skip
    one.add_argument("--against", metavar="FILE", help="compare with this file or id")
    one.add_argument("--out", type=Path, help="write one line a community as CSV")
    add_output(one)
    one.set_defaults(run=lambda options: _rescore(options, say))
    text = "write the bulletin (通报) of a period as a workbook, ready to sign and circulate"
    one = commands.add_parser("notice", help=text, description=text)
    one.add_argument("--store", type=Path, required=True, help="folder of builds")
    one.add_argument("--period", required=True, metavar="P", help="this year or the last")
    one.add_argument("--out", type=Path, required=True, help="FILE.xlsx")
    one.add_argument("--office", help="who issues it")
    add_output(one)
    one.set_defaults(run=lambda options: _notice(options, say))
    text = "write the dossier of one community (一小区一档) as a PDF with its map"
    one = commands.add_parser("dossier", help=text, description=text)
    one.add_argument("--store", type=Path, required=True, help="folder of builds")
    one.add_argument("--community", required=True, metavar="ID")
    one.add_argument("--out", type=Path, required=True, help="FILE.pdf")
    one.add_argument("--language", choices=("zh", "en"), default="zh", help="of the labels")
    one.add_argument("--fonts", type=Path, help="folder with Noto Sans CJK")
    add_output(one)
    one.set_defaults(run=lambda options: _dossier(options, say))


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected ITEM=NUMBER") from None


def _rescore(options: argparse.Namespace, say: Say) -> int:
    from etl.replay import rescore, write_rows
    from etl.store import Store

    found = rescore(
        Store(options.store),
        options.standard,
        period=options.period,
        weights=dict(options.weight),
        against=options.against,
    )
    if options.out is not None:
        write_rows(found, options.out)
    body = found.summary()
    say(options, {"ok": True, **body}, _rescored_text(body))
    return 0


def _rescored_text(body: dict[str, Any]) -> str:
    asked, against = body["standard"], body["against"]
    lines = [
        f"{asked['standard_id']} {asked['version']} against {against['standard_id']} "
        f"{against['version']}, {body['period']}: {body['rated_after']} of {body['communities']} "
        f"rated, {body['better']} better, {body['worse']} worse"
    ]
    moved = [row for row in body["rows"] if row["direction"]]
    moved.sort(key=lambda row: (row["direction"], row["community_id"]))
    for row in moved[:SHOWN_MOVERS]:
        why = ", ".join(f"{one['name_en']} {one['change']:+g}" for one in row["items"])
        held = "; ".join(one["name_en"] for one in row["held_by"])
        lines.append(
            f"  {row['community_id']} {row['name']}: {row['grade_before']} to "
            f"{row['grade_after']} ({why or 'points stayed'}{'; held by ' + held if held else ''})"
        )
    if len(moved) > SHOWN_MOVERS:
        lines.append(f"  and {len(moved) - SHOWN_MOVERS} more: use --out or --json")
    return "\n".join([*lines, *(f"  {one}" for one in body["findings"])])


def _notice(options: argparse.Namespace, say: Say) -> int:
    from etl.notice.bulletin import write_bulletin
    from etl.store import Store

    made = write_bulletin(Store(options.store), options.period, options.out, office=options.office)
    body = {
        "ok": True,
        "file": str(options.out),
        "period": made.period,
        "communities": len(made.ranking),
        "rated": len(made.rated),
        "is_draft": made.is_draft,
    }
    text = f"{len(made.rated)} of {len(made.ranking)} communities ranked: {options.out}"
    say(options, body, text)
    return 0


def _dossier(options: argparse.Namespace, say: Say) -> int:
    from etl.notice.dossier import write_dossier
    from etl.store import Store

    write_dossier(
        Store(options.store),
        options.community,
        options.out,
        fonts=options.fonts,
        language=options.language,
    )
    body = {"ok": True, "file": str(options.out), "community_id": options.community}
    say(options, body, f"{options.community}: {options.out}")
    return 0
