"""The side of a line a point lies on, exactly, in float64.

References
----------
Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust geometric
    predicates. Discrete & Computational Geometry, 18(3), 305-363.
"""

import numpy as np
from numba import njit

_SPLIT = 134217729.0  # 2**27 + 1 cuts a float64 into two halves whose products are exact
_FILTER = 3.3306690738754716e-16  # (3 + 16 eps) eps with eps = 2**-53: Shewchuk's first bound


@njit(inline="always")
def side(ax, ay, bx, by, px, py):  # type: ignore[no-untyped-def]
    """
    Tell on which side of the line a to b the point p lies.

    Parameters
    ----------
    ax, ay, bx, by, px, py
        Coordinates, any unit, below 1e150 in size.

    Returns
    -------
    float
        Positive to the left, negative to the right, 0.0 exactly on the line: always the sign of
        the exact determinant, never of a rounded one.
    """
    left = (ax - px) * (by - py)
    right = (ay - py) * (bx - px)
    det = left - right
    if abs(det) > _FILTER * (abs(left) + abs(right)):
        return det
    return _side_exactly(ax, ay, bx, by, px, py)


@njit(cache=True, nogil=True)
def _side_exactly(ax, ay, bx, by, px, py):  # type: ignore[no-untyped-def]
    # The determinant is ax*by - ay*bx + px*ay - ax*py + bx*py - px*by; each product is held as
    # a sum of two floats, and the twelve are added without any rounding.
    total = np.zeros(12)
    n = 0
    for u, v in ((ax, by), (-ay, bx), (px, ay), (-ax, py), (bx, py), (-px, by)):
        high = u * v
        c = _SPLIT * u
        u_high = c - (c - u)
        u_low = u - u_high
        c = _SPLIT * v
        v_high = c - (c - v)
        v_low = v - v_high
        low = u_low * v_low - (((high - u_high * v_high) - u_low * v_high) - u_high * v_low)
        for term in (low, high):
            carry = term
            for k in range(n):
                s = carry + total[k]
                t = s - carry
                total[k] = (carry - (s - t)) + (total[k] - t)
                carry = s
            total[n] = carry
            n += 1
    for k in range(n - 1, -1, -1):
        if total[k] != 0.0:
            return total[k]
    return 0.0
