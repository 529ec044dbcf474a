"""Places where public-security cameras must not be, by the words of a data file.

References
----------
.. [1] State Council of the People's Republic of China (2025). Regulations on Public-Security Video
   Image Information Systems, order 799, article 8.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.paths import ROOT

LIST = ROOT / "data" / "reference" / "forbidden_places.toml"


@dataclass(frozen=True)
class Place:
    """One kind of forbidden place, with its words in lower case and without blanks."""

    code: str
    en: str
    zh: str
    exact: frozenset[str]
    contains: tuple[str, ...]


@dataclass(frozen=True)
class Places:
    """The list, the article it rests on, and words that take a place out of it."""

    article: str
    article_zh: str
    allowed: tuple[str, ...]
    places: tuple[Place, ...]

    def find(self, place_type: str) -> Place | None:
        """Return the forbidden place that a text names, or None."""
        text = _tidy(place_type)
        if any(word in text for word in self.allowed):
            return None
        for one in self.places:
            if text in one.exact or any(word in text for word in one.contains):
                return one
        return None


def _tidy(text: str) -> str:
    return "".join(text.casefold().replace("-", "_").split())


@cache
def read_places() -> Places:
    """Return the list of forbidden places."""
    body = tomllib.loads(LIST.read_text(encoding="utf-8"))
    places = tuple(
        Place(
            one["code"],
            one["en"],
            one["zh"],
            frozenset(_tidy(word) for word in one["exact"]),
            tuple(_tidy(word) for word in one["contains"]),
        )
        for one in body["places"]
    )
    allowed = tuple(_tidy(word) for word in body["allowed"])
    return Places(body["article"], body["article_zh"], allowed, places)


def forbidden_rows(place_types: pa.Array) -> np.ndarray:
    """Tell which cameras stand where none may.

    Parameters
    ----------
    place_types
        Texts, null where unknown.

    Returns
    -------
    numpy.ndarray
        Positions of the rows whose place is forbidden; an unknown place is not.
    """
    coded = pc.dictionary_encode(place_types)
    places = read_places()
    hits = np.array(
        [places.find(one) is not None for one in coded.dictionary.to_pylist()] + [False]
    )
    index = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)
    return np.flatnonzero(hits[index])
