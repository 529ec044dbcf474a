"""The one place where text from files becomes text on a map: popups and tooltips.

References
----------
WHATWG, "HTML Living Standard", section 13.2.5.80, numeric character reference end state.
"""

import re
from collections.abc import Iterable

REPLACEMENT = 0xFFFD
_UNSAFE = re.compile(r"[^\w \-,.()]")
_ENCODED = re.compile(r"(?:[\w \-,.()]|&#[0-9]{1,7};)*")
_ENTITY = re.compile(r"&#([0-9]{1,7});")
_KEPT_CONTROLS = frozenset({0x09, 0x0A})
_BIDI_CONTROLS = frozenset({*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C})


class Encoded(str):
    """Text that went through :func:`encode`, so a map may show it."""

    __slots__ = ()


def encode(text: object) -> Encoded:
    """Encode one text for every place a map can put it.

    Parameters
    ----------
    text
        Any value; None gives the empty text, an :class:`Encoded` is returned as it is.

    Returns
    -------
    Encoded
        Letters (of any script), digits and `` -_,.()`` as they are, every other character as a
        decimal entity: safe as HTML, as an attribute, and in a JavaScript string or template
        literal, where an HTML-escaped ``${`` or backtick would still run.

    Notes
    -----
    Control characters other than tab and newline, lone surrogates and the characters that turn
    the writing direction become U+FFFD: HTML has no other use for them than to mislead.
    """
    if isinstance(text, Encoded):
        return text
    return Encoded(_UNSAFE.sub(_entity, "" if text is None else str(text)))


def encode_lines(lines: Iterable[object]) -> Encoded:
    """Encode several texts as the lines of one tooltip, the empty ones left out.

    Parameters
    ----------
    lines
        The values, first line first.

    Returns
    -------
    Encoded
        The lines joined by an encoded newline; map styles show it as a line break.
    """
    return Encoded("&#10;".join(filter(None, (encode(line) for line in lines))))


def is_encoded(text: object) -> bool:
    """Tell whether a text holds nothing but what :func:`encode` lets through.

    Parameters
    ----------
    text
        The value to look at.

    Returns
    -------
    bool
        True for an :class:`Encoded` and for plain text of the same alphabet.
    """
    return isinstance(text, Encoded) or (
        isinstance(text, str) and _ENCODED.fullmatch(text) is not None
    )


def decode(text: str) -> str:
    """Give back the text a reader sees.

    Parameters
    ----------
    text
        A text made by :func:`encode`.

    Returns
    -------
    str
        The text with its entities resolved, for tables and tests; never for HTML.
    """
    return _ENTITY.sub(lambda found: chr(int(found[1])), text)


def _entity(found: re.Match[str]) -> str:
    code = ord(found[0])
    control = code < 0x20 or 0x7F <= code < 0xA0
    if (
        (control and code not in _KEPT_CONTROLS)
        or 0xD800 <= code <= 0xDFFF
        or code in _BIDI_CONTROLS
    ):
        code = REPLACEMENT
    return f"&#{code};"
