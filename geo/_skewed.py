"""Tails of a gamma distribution matched to a sum's mean, variance and skewness.

References
----------
Costanzo, C. M., Hubert, L. J., Golledge, R. G. (1983). A higher moment for spatial statistics.
Geographical Analysis 15(4), 347-351.
"""

import numpy as np
from scipy.special import gammainc, gammaincc, ndtr

from geo.grid import Floats

# below this skewness the gamma is the normal to 1e-5
STRAIGHT = 1e-4


def two_sided_p(excess: Floats, deviation: Floats, skewness: Floats, *, step: float) -> Floats:
    """Give twice the smaller tail beyond an excess over the mean.

    Parameters
    ----------
    excess, deviation, skewness
        Of each sum: over its mean, its standard deviation, its third standardised moment.
    step
        Distance between the values the sum can take (1 for counts, 0 for measures): half of it
        is given to the tail.

    Returns
    -------
    Floats
        In [0, 1]; 1 where the deviation is 0.
    """
    moves = deviation > 0
    sd = np.where(moves, deviation, 1.0)
    high = _upper((excess - step / 2) / sd, skewness)
    low = _upper(-(excess + step / 2) / sd, -skewness)
    return np.where(moves, np.minimum(1.0, 2 * np.minimum(high, low)), 1.0)


def _upper(t: Floats, g: Floats) -> Floats:
    """Chance of more than t deviations above the mean, skewness g.

    A gamma ends on its short side, where values may still occur: there the normal, if larger.
    """
    shape = 4 / np.maximum(np.abs(g), STRAIGHT) ** 2
    reach = np.maximum(shape + np.sign(g) * t * np.sqrt(shape), 0.0)
    normal = ndtr(-t)
    tail = np.where(g > 0, gammaincc(shape, reach), np.maximum(gammainc(shape, reach), normal))
    return np.asarray(np.where(np.abs(g) < STRAIGHT, normal, tail), dtype=np.float64)
