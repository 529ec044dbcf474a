"""How values become colours, patterns and symbols, so that no reader depends on colour alone.

References
----------
Okabe, M. and Ito, K. (2008), "Color Universal Design: how to make figures and presentations that
are friendly to colorblind people", University of Tokyo.
Harrower, M. and Brewer, C. A. (2003), "ColorBrewer.org: an online tool for selecting colour
schemes for maps", The Cartographic Journal 40(1), 27-37.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

PATTERNS = frozenset(
    {"solid", "hatch", "backhatch", "cross", "dots", "horizontal", "vertical", "none"}
)
SYMBOLS = frozenset({"circle", "square", "diamond", "triangle", "plus", "cross", "star"})
HIDDEN = 255
MAX_CLASSES = 32

OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#4d4d4d")
SEQUENTIAL = {
    3: ("#fee8c8", "#fdbb84", "#e34a33"),
    4: ("#fef0d9", "#fdcc8a", "#fc8d59", "#d7301f"),
    5: ("#fef0d9", "#fdcc8a", "#fc8d59", "#e34a33", "#b30000"),
    6: ("#fef0d9", "#fdd49e", "#fdbb84", "#fc8d59", "#e34a33", "#b30000"),
}
BLUES = {
    3: ("#deebf7", "#9ecae1", "#3182bd"),
    4: ("#eff3ff", "#bdd7e7", "#6baed6", "#2171b5"),
    5: ("#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c"),
}
STARS = ("#a6611a", "#dfc27d", "#f5f5f5", "#80cdc1", "#018571")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class StyleError(ValueError):
    """A style that could not be drawn as described."""


@dataclass(frozen=True)
class Swatch:
    """One class of a legend: its words and its three independent visual marks."""

    label: str
    colour: str
    pattern: str = "solid"
    symbol: str = "circle"
    dash: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the renderers do not know."""
        if not _COLOUR.fullmatch(self.colour):
            raise StyleError(
                f"swatch {self.label!r}: colour {self.colour!r}; #rrggbb in lower case was "
                "expected. Write the colour in that form."
            )
        for what, value, known in (
            ("pattern", self.pattern, PATTERNS),
            ("symbol", self.symbol, SYMBOLS),
        ):
            if value not in known:
                raise StyleError(
                    f"swatch {self.label!r}: {what} {value!r}; one of {', '.join(sorted(known))} "
                    "was expected. Choose one of these."
                )


NO_DATA = Swatch("", "#bdbdbd", pattern="dots", symbol="circle")


@dataclass(frozen=True)
class Style:
    """Swatches and the rule that gives each value one of them.

    With `keys` a value belongs to the swatch of the equal key; with `breaks` to the class whose
    lower break it has reached; with neither every feature has the first swatch.
    """

    swatches: tuple[Swatch, ...]
    keys: tuple[Hashable, ...] = ()
    breaks: tuple[float, ...] = ()
    fill_opacity: float = 0.6
    stroke: str = "#3a4551"
    stroke_width: float = 1.0
    radius: float = 5.0
    no_data: Swatch = field(default=NO_DATA)

    def __post_init__(self) -> None:
        """Hold the classes against their rule."""
        n = len(self.swatches)
        if not 1 <= n <= MAX_CLASSES:
            raise StyleError(
                f"style: {n} swatches; between 1 and {MAX_CLASSES} were expected. "
                "Merge classes until a reader can tell them apart."
            )
        if self.keys and len(self.keys) != n:
            raise StyleError(f"style: {len(self.keys)} keys; {n} were expected. Give one a swatch.")
        if self.breaks and (len(self.breaks) != n - 1 or list(self.breaks) != sorted(self.breaks)):
            raise StyleError(
                f"style: breaks {self.breaks}; {n - 1} rising inner breaks were expected. "
                "Give the lower limit of every class but the first."
            )
        if not _COLOUR.fullmatch(self.stroke):
            raise StyleError(
                f"style: stroke {self.stroke!r}; #rrggbb in lower case was expected. "
                "Write the colour in that form."
            )

    def classify(self, values: Sequence[object] | np.ndarray | None, n: int) -> np.ndarray:
        """Give each feature the number of its swatch.

        Parameters
        ----------
        values
            One value a feature, or None when the style has a single class.
        n
            The number of features.

        Returns
        -------
        numpy.ndarray
            Shape (n,), uint8; `len(swatches)` stands for "no data" (None, NaN, unknown key).
        """
        if values is None or not (self.keys or self.breaks):
            return np.zeros(n, dtype=np.uint8)
        if self.breaks:
            numbers = np.asarray(values, dtype=np.float64)
            codes = np.searchsorted(self.breaks, numbers, side="right").astype(np.uint8)
            codes[np.isnan(numbers)] = len(self.swatches)
            return codes
        place = {key: i for i, key in enumerate(self.keys)}
        plain = values.tolist() if isinstance(values, np.ndarray) else values
        missing = len(self.swatches)
        return np.fromiter((place.get(v, missing) for v in plain), dtype=np.uint8, count=n)


def single(colour: str, *, label: str = "", **options: object) -> Style:
    """Give every feature the same look.

    Parameters
    ----------
    colour
        ``#rrggbb``.
    label
        Words beside the swatch; empty when the layer's title says it all.
    **options
        Fields of :class:`Swatch` and :class:`Style`.

    Returns
    -------
    Style
        A style of one class.
    """
    marks = {k: options.pop(k) for k in ("pattern", "symbol", "dash") if k in options}
    return Style((Swatch(label, colour, **marks),), **options)  # type: ignore[arg-type]


def categories(swatches: Mapping[Hashable, Swatch], **options: object) -> Style:
    """Give each category its swatch.

    Parameters
    ----------
    swatches
        Value to swatch, in legend order.
    **options
        Fields of :class:`Style`.

    Returns
    -------
    Style
        A categorical style.
    """
    return Style(tuple(swatches.values()), keys=tuple(swatches), **options)  # type: ignore[arg-type]


def graduated(
    breaks: Sequence[float],
    labels: Sequence[str],
    *,
    colours: Sequence[str] | None = None,
    patterns: Sequence[str] | None = None,
    **options: object,
) -> Style:
    """Give each range of a number its shade.

    Parameters
    ----------
    breaks
        Inner breaks, rising: the lower limit of every class but the first.
    labels
        One more than breaks: the words of each class.
    colours
        One a class; by default an ordered palette safe for colour-blind readers.
    patterns
        One a class; by default all solid, told apart by lightness.
    **options
        Fields of :class:`Style`.

    Returns
    -------
    Style
        A graduated style.
    """
    n = len(labels)
    if colours is None:
        if n not in SEQUENTIAL:
            raise StyleError(
                f"graduated: {n} classes; 3 to 6 have a palette. Give `colours` for another number."
            )
        colours = SEQUENTIAL[n]
    marks = patterns or ("solid",) * n
    swatches = tuple(Swatch(*row) for row in zip(labels, colours, marks, strict=True))
    return Style(swatches, breaks=tuple(breaks), **options)  # type: ignore[arg-type]
