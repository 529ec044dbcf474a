"""How a rating is marked: a colour, a pattern and a short sign, so that no reader needs colour.

References
----------
.. [1] Okabe, M. and Ito, K. (2008). Color Universal Design: how to make figures and presentations
   that are friendly to colorblind people. University of Tokyo.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from etl.publish.html import Html, tag
from etl.publish.read import Grade, Rating, Standard
from etl.publish.texts import Language, say

# Blue to orange, best first, as on the working pages: told apart with any colour vision.
COLOURS = ("#1b5e94", "#5b9bc8", "#b7d3e6", "#f3c27a", "#dd8a2b", "#a35200")
STATES = {"not_eligible": "–", "no_data": "?", "unpublished": "·"}
BARS = {"full": 4, "most": 3, "half": 2, "little": 1, "none": 0}


@dataclass(frozen=True)
class Mark:
    """One class of the map: CSS class of its fill, sign on the map, words, how many there are."""

    css: str
    sign: str
    label: str
    n: int


def state_of(standard: Standard, community_id: str) -> str:
    """Return the id of a community's grade, or why it has none."""
    rating = standard.latest(community_id)
    if rating is None:
        return "unpublished"
    if rating.state == "rated" and rating.grade in standard.grades:
        return f"grade {rating.grade}"
    return rating.state if rating.state in STATES else "unpublished"


def marks_of(standard: Standard, ids: list[str], language: Language) -> dict[str, Mark]:
    """Return the mark of each grade and of each state that occurs, the best grade first."""
    counts = Counter(state_of(standard, one) for one in ids)
    grades = list(standard.grades.values())
    signs = _signs(grades, language)
    marks = {}
    for grade in grades:
        key = f"grade {grade.grade_id}"
        css = f"k{_place(grade, len(grades))}"
        marks[key] = Mark(css, signs[grade.grade_id], grade.name.of(language), counts[key])
    for state, sign in STATES.items():
        if counts[state]:
            marks[state] = Mark(state, sign, say(language, f"state.{state}"), counts[state])
    return marks


def _place(grade: Grade, n: int) -> int:
    """Return the place of a grade's colour: by its stars, else by its rank."""
    if grade.stars is not None:
        return len(COLOURS) - 1 - min(max(grade.stars, 0), len(COLOURS) - 1)
    return round(grade.rank * (len(COLOURS) - 1) / max(1, n - 1))


def _signs(grades: list[Grade], language: Language) -> dict[str, str]:
    """Return the stars of each grade, or the shortest beginnings of the names that differ."""
    if all(one.stars is not None for one in grades):
        return {one.grade_id: str(one.stars) for one in grades}
    names = [one.name.of(language) for one in grades]
    longest = max((len(one) for one in names), default=1)
    for n in range(1, longest + 1):
        if len({one[:n] for one in names}) == len(names):
            break
    return {one.grade_id: name[:n] for one, name in zip(grades, names, strict=True)}


def grade_text(standard: Standard, rating: Rating | None, language: Language) -> Html:
    """Return a rating in words, with its stars where the standard has stars."""
    if rating is None:
        return tag("span", say(language, "state.unpublished"), class_="none")
    if rating.state != "rated" or rating.grade not in standard.grades:
        state = rating.state if rating.state in STATES else "unpublished"
        return tag("span", say(language, f"state.{state}"), class_="none")
    return words(standard.grades[str(rating.grade)], language)


def words(grade: Grade, language: Language) -> Html:
    """Return a grade's name after its stars; the stars are for the eye only."""
    name = tag("span", grade.name.of(language))
    if grade.stars is None:
        return name
    stars = tag(
        "span", "★" * grade.stars + "☆" * (5 - grade.stars), class_="stars", aria_hidden="true"
    )
    return tag("span", stars, " ", name, class_="grade")


def band_text(band: str, language: Language) -> Html:
    """Return an item's band in words, after a bar of four blocks for the eye."""
    bar = None
    if band in BARS:
        blocks = "■" * BARS[band] + "□" * (4 - BARS[band])
        bar = tag("span", blocks, class_="bar", aria_hidden="true")
    return tag("span", bar, " ", say(language, f"band.{band}"), class_="band")
