"""The page of one community."""

from __future__ import annotations

from collections.abc import Mapping

from etl.publish.html import Html, table, tag
from etl.publish.marks import Mark, band_text, grade_text, state_of, words
from etl.publish.pages import spoken, standard_anchor, write_appeal, write_page
from etl.publish.read import Community, Item, Published, Standard
from etl.publish.texts import Language, say


def write_community(
    site: Published, one: Community, language: Language, marks: Mapping[str, Mapping[str, Mark]]
) -> str:
    """Return the page of one community: rating, reason, items in bands, history, comparison.

    Parameters
    ----------
    site, one, language
        What is published, which community, in which language.
    marks
        Per standard, from `marks_of`: how many communities have which rating.

    Returns
    -------
    str
        The page.
    """
    name = one.name.of(language)
    facts: list[tuple[str, object]] = [(say(language, "number"), one.community_id)]
    for key, place in (("street", one.street), ("station", one.station)):
        if place is not None:
            facts.append((say(language, key), spoken(place, language)))
    body: list[Html | None] = [
        tag("p", tag("a", say(language, "back"), href="../index.html"), class_="noprint"),
        tag("h1", spoken(one.name, language)),
        tag("dl", *(part for key, value in facts for part in (tag("dt", key), tag("dd", value)))),
    ]
    for standard in site.standards:
        body += _community_section(site, one, standard, language, marks[standard.standard_id])
    if not site.standards:
        body.append(tag("p", say(language, "nothing"), class_="note"))
    body += write_appeal(site, language)
    return write_page(site, language, f"community/{one.slug}.html", name, body)


def _community_section(
    site: Published,
    one: Community,
    standard: Standard,
    language: Language,
    marks: Mapping[str, Mark],
) -> list[Html | None]:
    link = tag("a", standard.name.of(language), href=f"../method.html#{standard_anchor(standard)}")
    rating = standard.latest(one.community_id)
    found: list[Html | None] = [
        tag("h2", link),
        tag("p", grade_text(standard, rating, language), class_="big"),
    ]
    state = "unpublished" if rating is None else rating.state
    if state != "rated":  # never an empty place: a missing rating says why it is missing
        known = state if state in ("not_eligible", "no_data") else "unpublished"
        found.append(tag("p", say(language, f"why.{known}"), class_="note"))
    if rating is None:
        return found
    previous = standard.before(one.community_id, rating)
    dates: list[tuple[str, object]] = [(say(language, "day"), site.day_of(rating.period))]
    if previous is not None:
        dates.append((say(language, "previous"), words(previous, language)))
    found.append(
        tag("dl", *(part for key, value in dates for part in (tag("dt", key), tag("dd", value))))
    )
    found += [tag("h3", say(language, "reason")), tag("p", rating.reason.of(language))]
    items = [
        item for item in standard.items.get(one.community_id, ()) if item.period == rating.period
    ]
    if items:
        found.append(_items_table(standard, items, language))
    found += [_history(site, one, standard, language), _compared(one, standard, language, marks)]
    return found


def _items_table(standard: Standard, items: list[Item], language: Language) -> Html:
    weights = {str(one["id"]): one.get("weight") for one in standard.body.get("items", ())}
    rows: list[list[object]] = [
        [
            one.name.of(language),
            band_text(one.band, language),
            "" if weights.get(one.item_id) is None else f"{weights[one.item_id]:g}",
        ]
        for one in items
    ]
    head: list[str] = [say(language, key) for key in ("item", "band", "most_points")]
    return table(head, rows, caption=say(language, "items"))


def _history(site: Published, one: Community, standard: Standard, language: Language) -> Html:
    rows: list[list[object]] = [
        [
            rating.period,
            grade_text(standard, rating, language),
            tag("span", site.day_of(rating.period), class_="day"),
        ]
        for rating in reversed(standard.ratings.get(one.community_id, []))
    ]
    head: list[str] = [say(language, key) for key in ("period", "rating", "day")]
    return table(head, rows, caption=say(language, "history"))


def _compared(
    one: Community, standard: Standard, language: Language, marks: Mapping[str, Mark]
) -> Html:
    mine = state_of(standard, one.community_id)
    rows: list[list[object]] = [
        [mark.label + (say(language, "here") if key == mine else ""), mark.n]
        for key, mark in marks.items()
    ]
    head: list[str] = [say(language, "rating"), say(language, "n_communities")]
    return table(head, rows, caption=say(language, "compared"))
