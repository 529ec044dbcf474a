"""Sanctions in order, the runs that cards make, and what stands against each community."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from etl.marts.context import MartContext
from etl.marts.rows import insert_rows
from etl.paths import REFERENCE
from etl.rating.cards import Card, Ladder, Standing, follow_cards, read_ladder, stand_on
from etl.rating.model import Text

LADDER_FILE = REFERENCE / "card_ladder.toml"
NAMES = {
    "notice": Text("notice", "检查通知书"),
    "interview": Text("interview", "约谈"),
    "yellow_card": Text("yellow card", "黄牌"),
    "red_card": Text("red card", "红牌"),
    "black_card": Text("black card", "黑牌"),
    "fine": Text("fine", "罚款"),
    "award": Text("award", "表彰"),
}
_LEDGER = """
SELECT s.community_id, s.station_id, s.street_id, s.kind, s.issued_on, c.company_id,
    (SELECT min(m.manager_id) FROM core.managers m WHERE m.community_id = s.community_id
        AND s.issued_on BETWEEN m.from_on AND coalesce(m.until_on, s.issued_on)) AS manager_id,
    s.amount_yuan, s.reason, s.found_at_night
FROM core.sanctions s JOIN core.communities c USING (community_id)
WHERE s.issued_on <= $as_of ORDER BY s.community_id, s.issued_on, s.kind
"""


def derive(context: MartContext) -> None:
    """Fill `mart.sanction_ledger` and `mart.card_standing`.

    Parameters
    ----------
    context
        The open build, with core tables filled.
    """
    if "sanctions" in context.missing:
        return
    ladder = read_ladder(LADDER_FILE)
    cursor = context.con.execute(_LEDGER, {"as_of": context.as_of})
    names = [one[0] for one in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    ledger: list[dict[str, Any]] = []
    standings: dict[str, Standing] = {}
    for community_id, group in groupby(rows, key=lambda row: row["community_id"]):
        given = list(group)
        cards = follow_cards([(row["kind"], row["issued_on"]) for row in given], ladder)
        found = {(card.kind, card.on): card for card in cards}
        ledger += [
            {**row, **_card_columns(found.get((row["kind"], row["issued_on"])), row)}
            for row in given
        ]
        standings[community_id] = stand_on(cards, ladder, context.as_of)
    _insert(context, "mart.sanction_ledger", ledger)
    places = context.con.execute(
        "SELECT community_id, station_id, street_id FROM core.communities ORDER BY community_id"
    ).fetchall()
    stood = [
        {
            "community_id": community_id,
            "station_id": station_id,
            "street_id": street_id,
            **_standing_columns(standings.get(community_id, Standing()), ladder),
        }
        for community_id, station_id, street_id in places
    ]
    _insert(context, "mart.card_standing", stood)


def _insert(context: MartContext, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        insert_rows(context.con, table, [{name: [row[name] for row in rows] for name in rows[0]}])


def _card_columns(card: Card | None, row: dict[str, Any]) -> dict[str, Any]:
    name = NAMES[row["kind"]]
    night = bool(row["found_at_night"])
    en, zh = name.en.capitalize(), name.zh
    if night:
        en, zh = f"{en}, found at night", f"夜间发现，{zh}"
    if card is None:
        return {"run": None, "is_after_reset": False, "raises": None,
                "sentence_zh": f"{zh}。", "sentence_en": f"{en}."}  # fmt: skip
    if card.run > 1:
        en, zh = f"{en}; {card.run} in a row", f"{zh}，连续第{card.run}次"
    if card.is_after_reset:
        en, zh = f"{en}; the run began anew", f"{zh}，前次已清零"
    if card.raises is not None:
        to = NAMES[card.raises]
        en, zh = f"{en}; calls for a {to.en}", f"{zh}，应升为{to.zh}"
    return {
        "run": card.run,
        "is_after_reset": card.is_after_reset,
        "raises": card.raises,
        "sentence_zh": f"{zh}。",
        "sentence_en": f"{en}.",
    }


def _standing_columns(one: Standing, ladder: Ladder) -> dict[str, Any]:
    text = _standing_text(one, ladder)
    return {
        "standing": one.kind or "clear",
        "since_on": one.since,
        "clears_on": one.clears_on,
        "run": one.run,
        "to_next": one.to_next,
        "due_kind": one.due,
        "sentence_zh": text.zh,
        "sentence_en": text.en,
    }


def _standing_text(one: Standing, ladder: Ladder) -> Text:
    if one.kind is None:
        en, zh = "Nothing stands against it.", "目前无通知、约谈和红黄黑牌。"
    else:
        name = NAMES[one.kind]
        en = f"{name.en.capitalize()} standing since {one.since}, cleared on {one.clears_on}."
        zh = f"{one.since}起{name.zh}在案，{one.clears_on}起清零。"
        calls = ladder.raises.get(one.kind)
        if calls is not None and one.to_next is not None:
            to = NAMES[calls.to]
            en += f" {one.to_next} more in a row would call for a {to.en}."
            zh += f"再连续{one.to_next}次将升为{to.zh}。"
    if one.due is not None:
        to = NAMES[one.due]
        en += f" A {to.en} is called for and has not been issued."
        zh += f"按规定应发{to.zh}，尚未签发。"
    return Text(en, zh)
