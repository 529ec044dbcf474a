"""Elements of HTML and SVG that escape every text given to them, unless it is markup already.

References
----------
.. [1] WHATWG. HTML Living Standard, sections 13.1.2 "Elements" and 13.3 "Serializing HTML
   fragments".
"""

from __future__ import annotations

import html
import re

VOID = frozenset({"meta", "link", "br"})
# Of no use in HTML but to mislead: controls, and characters that turn the writing direction.
_MISLEADING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Html(str):
    """Markup made by this module; anything else is text and is escaped."""

    __slots__ = ()


def escape(value: object) -> Html:
    """Return a text as markup: `&`, `<`, `>` and quotes as entities, misleading ones replaced."""
    if isinstance(value, Html):
        return value
    clean = _MISLEADING.sub("\ufffd", "" if value is None else str(value))
    return Html(html.escape(clean, quote=True))


def join(children: list[Html] | tuple[Html, ...], between: str = "") -> Html:
    """Return pieces of markup one after the other."""
    return Html(escape(between).join(children))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """Return an element.

    Parameters
    ----------
    name
        Name of the element.
    *children
        Texts, which are escaped, and markup, which is not; None is left out.
    **attributes
        `class_="x"` is written `class="x"`, `aria_label` as `aria-label`; None leaves one out.

    Returns
    -------
    Html
        The element.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{said}>")
    inner = "".join(escape(one) for one in children if one is not None)
    return Html(f"<{name}{said}>{inner}</{name}>")


def table(
    head: list[str], rows: list[list[object]], *, caption: str, css: str | None = None
) -> Html:
    """Return a table whose first column names its rows; cells repeat their heading for phones."""
    top = tag("tr", *(tag("th", one, scope="col") for one in head))
    body = []
    for first, *others in rows:
        cells = zip(head[1:], others, strict=True)
        named = (
            tag("td", one, data_label=name if css == "method" else None) for name, one in cells
        )
        body.append(tag("tr", tag("th", first, scope="row"), *named))
    return tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body), class_=css)
