"""The page of methods, generated from the standards in force."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from etl.marts.rating_rows import BANDS
from etl.publish.html import Html, table, tag
from etl.publish.opendata import COLUMNS
from etl.publish.pages import standard_anchor, write_appeal, write_page
from etl.publish.read import Published, Standard, both
from etl.publish.texts import TEXTS, Language, say

_NAMED = re.compile(r"`([a-z_]+)`")
PARAMETERS = tuple(
    key.removeprefix("parameter.")
    for key in TEXTS
    if key.startswith("parameter.") and key != "parameter.steps_one"
)
LISTS = ("eligibility", "caps", "vetoes", "disqualifications", "consequences")


def write_method(site: Published, language: Language) -> str:
    """Return the page of methods: each standard whole, bands, columns of the open data."""
    title = say(language, "method")
    body: list[Html | None] = [tag("h1", title), tag("p", say(language, "never"), class_="note")]
    if not site.standards:
        body.append(tag("p", say(language, "nothing")))
    for standard in site.standards:
        body += _standard(standard, language)
    body += [
        tag("h2", say(language, "method.bands")),
        tag("p", say(language, "method.bands_text", bands=_bands(language))),
        *write_appeal(site, language),
        tag("h2", say(language, "method.columns"), id="columns"),
        _columns(site, language),
    ]
    return write_page(site, language, "method.html", title, body)


def _standard(standard: Standard, language: Language) -> list[Html | None]:
    body = standard.body
    name = standard.name.of(language)
    title = say(language, "method.standard", name=name, version=standard.version)
    found: list[Html | None] = [
        tag("h2", title, id=standard_anchor(standard)),
        tag("p", both(body, "text").of(language)),
    ]
    if body.get("direction") == "lower":
        found.append(tag("p", say(language, "method.lower")))
    if body.get("trial_until"):
        found.append(tag("p", say(language, "method.trial", period=body["trial_until"])))
    found += _list(body, "eligibility", language)
    found += [_items(standard, language), _grades(standard, language)]
    for key in LISTS[1:]:
        found += _list(body, key, language)
    found += _enough(body, language)
    choices = say(language, "comma").join(
        say(language, f"choice.{one}") if f"choice.{one}" in TEXTS else str(one)
        for one in body.get("choices", ())
    )
    facts = (
        ("method.source", both(body, "source").of(language)),
        ("method.choices", choices),
        ("method.max_score", _figure(body.get("max_score"))),
        ("method.digest", tag("code", standard.digest)),
    )
    parts = [
        part
        for key, value in facts
        if value
        for part in (tag("dt", say(language, key)), tag("dd", value))
    ]
    return [*found, tag("dl", *parts)]


def _list(body: Mapping[str, Any], key: str, language: Language) -> list[Html]:
    names = [both(one, "name").of(language) for one in body.get(key, ())]
    if not names:
        return []
    return [
        tag("h3", say(language, f"method.{key}")),
        tag("ul", *(tag("li", one) for one in names)),
    ]


def _items(standard: Standard, language: Language) -> Html:
    body = standard.body
    rules, scorers = body.get("rule_texts", {}), body.get("scorers", {})
    rows: list[list[object]] = [
        [
            both(one, "name").of(language),
            _figure(one.get("weight")),
            both(one, "text").of(language),
            _rule(one, str(rules.get(one.get("rule"), {}).get(language, "")), language),
            both(scorers.get(one.get("scorer"), {}), "name").of(language),
        ]
        for one in body.get("items", ())
    ]
    keys = ("item", "most_points", "method.what", "method.rule", "method.scorer")
    head: list[str] = [say(language, key) for key in keys]
    return table(head, rows, caption=say(language, "method.items"), css="method")


def _rule(item: Mapping[str, Any], text: str, language: Language) -> Html:
    """Return how an item's points are given, with the item's own numbers."""
    text = _NAMED.sub(lambda found: _figure(item.get(found[1])) or found[1], text)
    told = []
    for key in PARAMETERS:
        value = item.get(key)
        if key == "steps" and isinstance(value, list):
            ways = [say(language, "parameter.steps_one", over=a, off=b) for a, b in value]
            told.append(say(language, "parameter.steps", value=say(language, "comma").join(ways)))
        elif _figure(value):
            told.append(say(language, f"parameter.{key}", value=_figure(value)))
    numbers = tag("small", say(language, "comma").join(told)) if told else None
    return tag("span", text, numbers)


def _grades(standard: Standard, language: Language) -> Html:
    grades = standard.body.get("grades", ())
    shown = [
        key for key in ("stars", "cut", "share", "reward_yuan") if any(key in g for g in grades)
    ]
    told = any("consequence_zh" in one or "consequence_en" in one for one in grades)
    head: list[str] = [say(language, "method.grade")]
    head += [say(language, "method." + key.removesuffix("_yuan")) for key in shown]
    head += [say(language, "method.consequence")] if told else []
    rows: list[list[object]] = []
    for one in grades:
        row: list[object] = [both(one, "name").of(language)]
        for key in shown:
            value = one.get(key)
            row.append(_share(value) if key == "share" else _figure(value))
        rows.append(row + ([both(one, "consequence").of(language)] if told else []))
    return table(head, rows, caption=say(language, "method.grades"))


def _enough(body: Mapping[str, Any], language: Language) -> list[Html]:
    found = [tag("h3", say(language, "method.enough"))]
    missing = body.get("missing")
    if missing in ("zero", "renormalise"):
        found.append(tag("p", say(language, f"method.missing.{missing}")))
    enough = body.get("enough", {})
    if {"max_missing_fraction", "min_days"} <= set(enough):
        share, days = _share(enough["max_missing_fraction"]), enough["min_days"]
        found.append(tag("p", say(language, "method.enough_text", share=share, days=days)))
    return found if len(found) > 1 else []


def _bands(language: Language) -> str:
    named = [
        say(
            language,
            "method.bands_least",
            band=say(language, f"band.{band}"),
            least=f"{least:.0%}",
        )
        for least, band in BANDS
    ]
    return say(language, "comma").join([*named, say(language, "band.none")])


def _columns(site: Published, language: Language) -> Html:
    rows: list[list[object]] = []
    for name in COLUMNS:
        own = f"column.{name}"
        meaning = site.columns[name].of(language) if name in site.columns else say(language, own)
        rows.append([tag("code", name), meaning])
    head: list[str] = [say(language, "method.column"), say(language, "method.meaning")]
    return table(head, rows, caption=say(language, "data"))


def _figure(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if number else ""


def _share(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, int | float) else ""
