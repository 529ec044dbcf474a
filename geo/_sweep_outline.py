"""Outlines and areas of views, from the runs of what is nearest."""

import math

import numpy as np

from geo._kernels import inlined, piece
from geo._sweep_find import ONE, SEVEN, THREE, TWO
from geo._sweep_runs import ARC, FR, FX, FY, P0, P1, RUN, SR, SX, SY, WHAT
from geo._sweep_walls import HIDDEN

MERGE_M = 1e-6  # vertices nearer than this are one; slivers narrower than this are dropped


@piece
def _turn(ax, ay, bx, by):  # type: ignore[no-untyped-def]
    """Angle in radians, 0 to 2 pi, from one unit direction counter-clockwise to another."""
    sine, cosine = ax * by - ay * bx, ax * bx + ay * by
    if cosine > 0.0 and -1e-12 < sine < 0.0705:  # series of the arc sine, good to the last bit
        q = sine * sine
        t = 1 / 6 + q * (3 / 40 + q * (15 / 336 + q * (105 / 3456 + q * (945 / 42240))))
        return sine * (1.0 + q * t)
    angle = math.atan2(sine, cosine)
    return angle if angle >= 0.0 else angle + 2.0 * math.pi


@piece
def _put(out, pos, last_x, last_y, x, y):  # type: ignore[no-untyped-def]
    """Write a vertex, to be written over if it repeats the one before; no branch, as any may."""
    out[TWO * pos], out[TWO * pos + ONE] = x, y
    return pos + np.uint64((abs(last_x - x) >= MERGE_M) | (abs(last_y - y) >= MERGE_M))


@piece
def _first_at(angles, begins, p):  # type: ignore[no-untyped-def]
    """First vertex of the circle at a pseudo-angle or beyond it."""
    n, last = np.uint64(len(angles)), np.uint64(len(begins) - 1)
    i = np.uint64(begins[min(np.uint64(p * (n / 2.0)), last)])
    return i + np.uint64((i < n) & (angles[min(i, n - ONE)] < p))  # a step holds one at most


@inlined
def _put_arc(  # type: ignore[no-untyped-def]
    ox, oy, ux, uy, reach, sx, sy, p0, fx, fy, p1, circle_x, circle_y, angles, begins,
    out, pos, last_x, last_y,
):  # fmt: skip
    """Write the vertices of the circle between two directions; give the angle between these."""
    i0, i1 = _first_at(angles, begins, p0), _first_at(angles, begins, p1)
    if i0 == i1:
        return pos, last_x, last_y, _turn(sx, sy, fx, fy)
    n, rx, ry = len(angles), reach * ux, reach * uy
    ax, ay = circle_x[i0], circle_y[i0]
    bx, by = circle_x[i1 - ONE], circle_y[i1 - ONE]
    turned = _turn(sx, sy, ax * ux - ay * uy, ax * uy + ay * ux)
    turned += np.int64(i1 - i0 - ONE) * (2.0 * math.pi / n)
    turned += _turn(bx * ux - by * uy, bx * uy + by * ux, fx, fy)
    if reach > n * MERGE_M:  # no two vertices of the circle are one
        x, y = ox + (ax * rx - ay * ry), oy + (ax * ry + ay * rx)
        pos = _put(out, pos, last_x, last_y, x, y)
        last_x, last_y = x, y
        m, at = i1 - i0 - ONE, TWO * pos
        i0 += ONE
        for i in range((m + SEVEN) & ~SEVEN):  # eight at a time, the last ones too many
            k = at + TWO * i
            out[k] = ox + (circle_x[i0 + i] * rx - circle_y[i0 + i] * ry)
            out[k + ONE] = oy + (circle_x[i0 + i] * ry + circle_y[i0 + i] * rx)
        if m > np.uint64(0):
            pos += m
            last_x, last_y = ox + (bx * rx - by * ry), oy + (bx * ry + by * rx)
    else:
        for i in range(i0, i1):
            x = ox + (circle_x[i] * rx - circle_y[i] * ry)
            y = oy + (circle_x[i] * ry + circle_y[i] * rx)
            before, pos = pos, _put(out, pos, last_x, last_y, x, y)
            if pos > before:
                last_x, last_y = x, y
    return pos, last_x, last_y, turned


@inlined
def write_outline(  # type: ignore[no-untyped-def]
    ox, oy, ux, uy, width, reach, runs, n_runs, circle_x, circle_y, angles, begins, out, first
):  # fmt: skip
    """Write the outline of a view; runs too narrow to matter count in its area alone."""
    pos, area, apexes, last_x, last_y = first, 0.0, 0, np.inf, np.inf
    if width < 4.0:
        pos = _put(out, pos, last_x, last_y, ox, oy)
        last_x, last_y = ox, oy
        apexes = 1
    for run in range(n_runs):
        k = run * RUN
        what, p0, p1 = runs[k + WHAT], runs[k + P0], runs[k + P1]
        if what == HIDDEN:
            if p1 - p0 > 1e-9:
                pos = _put(out, pos, last_x, last_y, ox, oy)
                last_x, last_y = ox, oy
                apexes += 1
            continue
        dx, dy, sr = runs[k + SX], runs[k + SY], runs[k + SR]
        gx, gy, fr = runs[k + FX], runs[k + FY], runs[k + FR]
        sx, sy, fx, fy = sr * dx, sr * dy, fr * gx, fr * gy
        twice = sx * fy - sy * fx
        if what == ARC:
            if (p1 - p0) * reach < MERGE_M:
                area += 0.5 * twice
                continue
            pos = _put(out, pos, last_x, last_y, ox + sx, oy + sy)
            last_x, last_y = ox + sx, oy + sy
            pos, last_x, last_y, angle = _put_arc(
                ox, oy, ux, uy, reach, dx, dy, p0, gx, gy, p1, circle_x, circle_y, angles, begins,
                out, pos, last_x, last_y,
            )  # fmt: skip
            area += 0.5 * reach * reach * angle
        else:
            area += 0.5 * twice
            if twice < MERGE_M * min(sr, fr):
                continue
            pos = _put(out, pos, last_x, last_y, ox + sx, oy + sy)
            last_x, last_y = ox + sx, oy + sy
        pos = _put(out, pos, last_x, last_y, ox + fx, oy + fy)
        last_x, last_y = ox + fx, oy + fy
    at = TWO * first
    while pos > first + ONE and (
        abs(out[TWO * pos - TWO] - out[at]) < MERGE_M
        and abs(out[TWO * pos - ONE] - out[at + ONE]) < MERGE_M
    ):
        pos -= ONE
    if pos < first + THREE:
        return first, 0.0, 0
    return pos, area, apexes
