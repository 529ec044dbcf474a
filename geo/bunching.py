"""Whether scores pile up just above a cut point, as they do when a cut is aimed at.

References
----------
McCrary, J. (2008). Manipulation of the running variable in the regression discontinuity design: a
density test. Journal of Econometrics 142(2), 698-714.
Cattaneo, M. D., Titiunik, R., Vazquez-Bare, G. (2017). Comparing inference approaches for RD
designs. Journal of Policy Analysis and Management 36(3), 643-681: the binomial test at a cut.
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
Statistical Society B 57(1), 289-300.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc

from geo.errors import GeoError
from geo.grid import Floats
from geo.hotspots import fdr

# The smooth density is read off this many windows on either side, the inner one left out.
RING = 4


@dataclass(frozen=True, slots=True)
class Bunching:
    """What lies on either side of each cut, shape (cuts,); NaN p where there is too little."""

    n_below: Floats
    n_above: Floats
    expected: Floats
    p: Floats
    q: Floats


def find_bunching(
    scores: Floats, cuts: Floats, *, window: float, lower_is_better: bool = False, least: int = 10
) -> Bunching:
    """Test each cut point for scores that are more often just good enough than chance allows.

    Parameters
    ----------
    scores
        Shape (n,); NaN where there is none.
    cuts
        Cut points, shape (g,).
    window
        How close to the cut is just above and just below, in points, above 0.
    lower_is_better
        Whether a score on the cut or below it is the good one.
    least
        Fewest scores within the two windows that are tested at all.

    Returns
    -------
    Bunching
        A score on the cut counts as good enough.

    Raises
    ------
    GeoError
        When the window is not above 0.

    Notes
    -----
    Of the m scores within one window of the cut, a smooth density puts a share s on the good side;
    s is read off a straight line through the density of the rings of `RING` windows outside them,
    and kept within 0.25 to 0.75. p is the chance of as many or more among m draws of s (binomial,
    one side); q adjusts it for the cuts tested together (Benjamini-Hochberg).
    """
    if not window > 0:
        raise GeoError(
            f"find_bunching: window is {window}; points above 0 were expected. "
            "Take about a hundredth of the maximum."
        )
    sign = -1.0 if lower_is_better else 1.0
    own = sign * scores[~np.isnan(scores)]
    parts = np.asarray([_one_cut(own, sign * cut, window, least) for cut in cuts])
    below, above, share, p = parts.reshape(len(cuts), 4).T
    q = np.full(len(cuts), np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        q[tested] = fdr(p[tested])
    return Bunching(below, above, share, p, q)


def _one_cut(
    own: Floats, cut: float, window: float, least: int
) -> tuple[float, float, float, float]:
    off = own - cut + 1e-9  # a score printed as the cut is on it
    below = int(((off < 0) & (off >= -window)).sum())
    above = int(((off >= 0) & (off < window)).sum())
    left = int(((off < -window) & (off >= -RING * window)).sum())
    right = int(((off >= window) & (off < RING * window)).sum())
    share = _expected(left, right)
    m = above + below
    by_chance = float(bdtrc(above - 1, m, share)) if above else 1.0
    p = by_chance if m >= least else np.nan
    return float(below), float(above), share, p


def _expected(left: int, right: int) -> float:
    if left + right == 0:
        return 0.5
    # The rings' centres lie (1 + RING) / 2 windows off the cut, the windows' own half a window.
    slope = (right - left) / (right + left) / (1 + RING)
    return float(np.clip(0.5 * (1.0 + slope), 0.25, 0.75))
