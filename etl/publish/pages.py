"""The frame of every page, and the page of all communities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from etl.publish import sketch
from etl.publish.html import Html, escape, join, table, tag
from etl.publish.marks import Mark, grade_text, marks_of, state_of
from etl.publish.read import APPEAL_DAYS, Community, Published, Standard
from etl.publish.style import ICON, POLICY, STYLE
from etl.publish.texts import Both, Language, say

LANG = {"zh": "zh-CN", "en": "en"}
_CJK = re.compile("[\u3400-\u9fff]")
OTHER: dict[Language, Language] = {"zh": "en", "en": "zh"}


def spoken(name: Both, language: Language) -> Html:
    """Return a name, marked as Chinese where an English page has no other."""
    said = name.of(language)
    return (
        tag("span", said, lang=LANG["zh"])
        if language == "en" and _CJK.search(said)
        else escape(said)
    )


def write_page(
    site: Published, language: Language, path: str, title: str, body: list[Html | None]
) -> str:
    """Return a whole page.

    Parameters
    ----------
    site, language
        What is published, in which language.
    path
        Address of the page under its language's folder, for links.
    title
        Of the browser's tab, before the site's own.
    body
        Content of the page.

    Returns
    -------
    str
        HTML that needs no script and makes no request.
    """
    up = "../" * path.count("/")
    root = up + ("../" if language == "en" else "")
    name = say(language, "title", name=site.name.of(language))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", name if title == name else f"{title} · {name}"),
        tag("link", rel="icon", href=ICON),
        tag("style", Html(STYLE)),
    )
    there = root + ("en/" if language == "zh" else "") + path
    links = [
        _link(f"{up}{file}", say(language, key), here=file == path)
        for file, key in (("index.html", "ratings"), ("method.html", "method"))
    ]
    other = OTHER[language]
    links.append(
        tag("a", say(language, "other"), href=there, lang=LANG[other], hreflang=LANG[other])
    )
    top = tag(
        "header",
        tag("a", say(language, "skip"), href="#main", class_="skip"),
        tag(
            "div",
            tag("a", site.name.of(language), href=f"{up}index.html", class_="home"),
            tag("nav", *links, aria_label=say(language, "nav")),
        ),
    )
    foot = tag("footer", tag("p", say(language, "never")))
    main = tag("main", *body, id="main")
    page = tag("html", head, tag("body", top, main, foot), lang=LANG[language])
    return f"<!DOCTYPE html>\n{page}\n"


def _link(href: str, said: str, *, here: bool) -> Html:
    return tag("a", said, href=href, aria_current="page" if here else None)


def write_index(site: Published, language: Language) -> str:
    """Return the page of all communities: map, legend, table, appeals, open data."""
    title = say(language, "title", name=site.name.of(language))
    body: list[Html | None] = [tag("h1", title)]
    shown = [one for one in site.standards if one.period is not None]
    if not shown or not site.communities:
        key = "nothing" if site.communities else "no_communities"
        body.append(tag("p", say(language, key), class_="note"))
    else:
        body.append(sketch.draw_legend_patterns())
    for number, standard in enumerate(shown if site.communities else []):
        body += _standard_section(site, standard, language, number=number, alone=len(shown) == 1)
    body += [*write_appeal(site, language), *_open_data(language)]
    return write_page(site, language, "index.html", title, body)


def _standard_section(
    site: Published, standard: Standard, language: Language, *, number: int, alone: bool
) -> list[Html | None]:
    ids = [one.community_id for one in site.communities]
    marks = marks_of(standard, ids, language)
    name = standard.name.of(language)
    said = {"day": site.as_of, "standard": name, "version": standard.version}
    title = say(language, "map") + ("" if alone else f" · {name}")
    drawn = sketch.draw_map(
        site.communities, standard, marks, language, prefix=f"m{number}-", title=title
    )
    below = say(language, "map_text", name=site.name.of(language), n=len(ids))
    figure = tag(
        "figure",
        drawn,
        tag("figcaption", f"{below}{say(language, 'map_note')}", *_review(site, language)),
    )
    skip = tag("a", say(language, "skip_map"), href=f"#ratings-{number}", class_="skip")
    legend = tag("div", tag("p", say(language, "legend"), class_="soft"), _legend(marks))
    return [
        None if alone else tag("h2", name),
        tag("p", say(language, "lead", **said)),
        skip,
        tag("div", figure, legend, class_="beside"),
        tag("h2", say(language, "table"), id=f"ratings-{number}"),
        _ratings_table(site, standard, language),
    ]


def _review(site: Published, language: Language) -> list[Html]:
    number = site.publication.get("review_number")
    return [tag("br"), tag("span", say(language, "review", number=number))] if number else []


def _legend(marks: dict[str, Mark]) -> Html:
    return tag(
        "ul",
        *(
            tag("li", sketch.draw_swatch(one), tag("span", f"{one.label} ({one.n})"))
            for one in marks.values()
        ),
        class_="legend",
    )


def _ratings_table(site: Published, standard: Standard, language: Language) -> Html:
    order = {f"grade {one}": rank for rank, one in enumerate(standard.grades)}

    def rank(one: Community) -> tuple[int, str, str]:
        place = order.get(state_of(standard, one.community_id), len(order))
        return place, one.name.of(language), one.community_id

    rows: list[list[object]] = []
    for one in sorted(site.communities, key=rank):
        rating = standard.latest(one.community_id)
        previous = None if rating is None else standard.before(one.community_id, rating)
        street = None if one.street is None else tag("small", spoken(one.street, language))
        name = tag("a", spoken(one.name, language), href=f"community/{one.slug}.html")
        day = "" if rating is None else site.day_of(rating.period)
        was = "–" if previous is None else previous.name.of(language)
        where = join([name, *([street] if street else [])])
        rated = grade_text(standard, rating, language)
        rows.append([where, rated, was, tag("span", day, class_="day")])
    head: list[str] = [say(language, key) for key in ("community", "rating", "previous", "day")]
    return table(head, rows, caption=standard.name.of(language), css="ratings")


def write_appeal(site: Published, language: Language) -> list[Html]:
    """Return how to disagree, as far as the district says it."""
    given = site.publication
    contact = _given(given, "contact", language)
    appeal = _given(given, "appeal", language)
    if not contact and not appeal:
        return []
    days = int(given.get("appeal_days", APPEAL_DAYS))
    last: date = site.as_of + timedelta(days=days)
    said = appeal or say(language, "appeal_text", days=days, last=last)
    found = [tag("h2", say(language, "appeal"), id="appeal"), tag("p", said)]
    if contact:
        found.append(tag("p", say(language, "contact", contact=contact)))
    return found


def _given(given: Mapping[str, Any], key: str, language: Language) -> str | None:
    found = given.get(f"{key}_en") if language == "en" else None
    return found or given.get(key) or given.get(f"{key}_en")


def _open_data(language: Language) -> list[Html]:
    root = "../" if language == "en" else ""
    files = (("ratings.csv", "ratings"), ("items.csv", "items"), ("communities.geojson", "shapes"))
    links = [
        tag("li", tag("a", say(language, f"data.{key}"), href=f"{root}data/{file}", download=file))
        for file, key in files
    ]
    return [
        tag("h2", say(language, "data"), id="data"),
        tag("p", say(language, "data_text")),
        tag("ul", *links),
    ]


def standard_anchor(standard: Standard) -> str:
    """Return the anchor of a standard on the page of methods."""
    return f"s-{standard.digest[:12]}"
