"""Choices that are kept in the address, as codes, so that a link opens what its sender saw.

Streamlit's own binding writes the words of one language into the address; these functions write
the code, which reads the same in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.page import Page

Words = Callable[[str], str]


def choose(
    page: Page,
    name: str,
    options: Sequence[str],
    label: str,
    words: Words,
    *,
    segmented: bool = False,
    width: int = 220,
    default: str | None = None,
) -> str:
    """Ask for one of `options` and keep it in the address under `name`.

    What is not among the options falls back to `default`, or to the first of them.
    """
    first = default if default in options else options[0]
    key = _recall(page, name, options, first)
    if segmented:
        chosen = st.segmented_control(label, options, format_func=words, key=key, required=True)
    else:
        chosen = st.selectbox(label, options, format_func=words, key=key, width=width)
    return _note(page, name, str(chosen), first)


def choose_number(
    page: Page, name: str, label: str, *, least: int, most: int, default: int, width: int = 160
) -> int:
    """Ask for a whole number from `least` to `most` and keep it in the address under `name`."""
    known = [str(one) for one in range(least, most + 1)]
    key = _recall(page, name, known, str(default))
    st.session_state[key] = int(st.session_state[key])
    chosen = st.number_input(label, least, most, step=1, key=key, width=width)
    return int(_note(page, name, str(int(chosen)), str(default)))


def keep(name: str, value: str | None) -> None:
    """Write a value into the address, or take it out."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def _recall(page: Page, name: str, options: Sequence[str], default: str) -> str:
    """Return the key of a widget whose state is what the address newly says, else its own."""
    key = f"{page.name}_{name}"
    asked = st.query_params.get(name)
    if asked in options and asked != st.session_state.get(f"said_{key}"):
        st.session_state[key] = asked
    if str(st.session_state.get(key)) not in options:
        st.session_state[key] = default
    return key


def _note(page: Page, name: str, chosen: str, default: str) -> str:
    st.session_state[f"said_{page.name}_{name}"] = chosen
    keep(name, None if chosen == default else chosen)
    return chosen
