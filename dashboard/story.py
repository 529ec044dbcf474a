"""A finding told as a person would: where, what, and the facts that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st


@dataclass(frozen=True)
class Story:
    """One finding: its place, how urgent it is (a word for the style and one for the reader)."""

    where: str
    tone: str
    badge: str
    what: str
    facts: tuple[tuple[str, str], ...]


def show_stories(stories: Sequence[Story]) -> None:
    """Show findings one below the other, the first first."""
    st.html("".join(_story(one) for one in stories))


def _story(one: Story) -> str:
    facts = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in one.facts)
    what = f'<p class="ax-line">{escape(one.what)}</p>' if one.what else ""
    return (
        f'<article class="ax-story ax-story-{escape(one.tone)}"><h3>{escape(one.where)} '
        f'<span class="ax-badge">{escape(one.badge)}</span></h3>{what}'
        f'<dl class="ax-facts">{facts}</dl></article>'
    )
