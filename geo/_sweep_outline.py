"""Outlines and areas of views, from the runs of what is nearest."""

import math

import numpy as np

from geo._kernels import piece
from geo._sweep_runs import ARC, FR, FX, FY, ID, P0, P1, SR, SX, SY
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
def _put(out, first, pos, x, y):  # type: ignore[no-untyped-def]
    """Write a vertex unless it repeats the last one."""
    if pos > first and abs(out[pos - 1, 0] - x) < MERGE_M and abs(out[pos - 1, 1] - y) < MERGE_M:
        return pos
    out[pos, 0], out[pos, 1] = x, y
    return pos + 1


@piece
def _first_at(arcs, p):  # type: ignore[no-untyped-def]
    """First vertex of the circle at a pseudo-angle or beyond it."""
    n = len(arcs)
    step = min(int(p * (n / 2.0)), 2 * n - 1)
    i = int(arcs[step >> 1, 3 + (step & 1)])
    return i + ((i < n) & (arcs[min(i, n - 1), 2] < p))  # a step holds one vertex at most


@piece
def _put_arc(ox, oy, ux, uy, reach, sx, sy, p0, fx, fy, p1, arcs, out, first, pos):  # type: ignore[no-untyped-def]
    """Write the vertices of the circle between two directions; give the angle between these."""
    i0, i1 = _first_at(arcs, p0), _first_at(arcs, p1)
    if i0 == i1:
        return pos, _turn(sx, sy, fx, fy)
    ax, ay = arcs[i0, 0] * ux - arcs[i0, 1] * uy, arcs[i0, 0] * uy + arcs[i0, 1] * ux
    pos = _put(out, first, pos, ox + reach * ax, oy + reach * ay)
    cx, cy = ax, ay
    if reach > len(arcs) * MERGE_M:  # no two vertices of the circle are one
        rx, ry, step = reach * ux, reach * uy, np.uint64(pos - i0 - 1)
        for i in range(np.uint64(i0 + 1), np.uint64(i1)):  # unsigned: no index is negative
            out[step + i, 0] = ox + (arcs[i, 0] * rx - arcs[i, 1] * ry)
            out[step + i, 1] = oy + (arcs[i, 0] * ry + arcs[i, 1] * rx)
        pos += i1 - i0 - 1
        i = i1 - 1
        cx, cy = arcs[i, 0] * ux - arcs[i, 1] * uy, arcs[i, 0] * uy + arcs[i, 1] * ux
    else:
        for i in range(i0 + 1, i1):
            cx, cy = (
                arcs[i, 0] * ux - arcs[i, 1] * uy,
                arcs[i, 0] * uy + arcs[i, 1] * ux,
            )
            pos = _put(out, first, pos, ox + reach * cx, oy + reach * cy)
    steps = (i1 - i0 - 1) * (2.0 * math.pi / len(arcs))
    return pos, _turn(sx, sy, ax, ay) + steps + _turn(cx, cy, fx, fy)


@piece
def write_outline(ox, oy, ux, uy, width, reach, runs, n_runs, arcs, out, first):  # type: ignore[no-untyped-def]
    """Write the outline of a view; runs too narrow to matter count in its area alone."""
    pos, area, apexes = first, 0.0, 0
    if width < 4.0:
        pos, apexes = _put(out, first, pos, ox, oy), 1
    for k in range(n_runs):
        sr, fr, p0, p1 = runs[k, SR], runs[k, FR], runs[k, P0], runs[k, P1]
        if runs[k, ID] == HIDDEN:
            if p1 - p0 > 1e-9:
                pos = _put(out, first, pos, ox, oy)
                apexes += 1
            continue
        sx, sy, fx, fy = (
            sr * runs[k, SX],
            sr * runs[k, SY],
            fr * runs[k, FX],
            fr * runs[k, FY],
        )
        twice = sx * fy - sy * fx
        if runs[k, ID] == ARC:
            if (p1 - p0) * reach < MERGE_M:
                area += 0.5 * twice
                continue
            pos = _put(out, first, pos, ox + sx, oy + sy)
            pos, angle = _put_arc(
                ox, oy, ux, uy, reach, runs[k, SX], runs[k, SY], p0, runs[k, FX], runs[k, FY], p1,
                arcs, out, first, pos,
            )  # fmt: skip
            area += 0.5 * reach * reach * angle
        else:
            area += 0.5 * twice
            if twice < MERGE_M * min(sr, fr):
                continue
            pos = _put(out, first, pos, ox + sx, oy + sy)
        pos = _put(out, first, pos, ox + fx, oy + fy)
    while pos > first + 1 and (
        abs(out[pos - 1, 0] - out[first, 0]) < MERGE_M
        and abs(out[pos - 1, 1] - out[first, 1]) < MERGE_M
    ):
        pos -= 1
    if pos < first + 3:
        return first, 0.0, 0
    return pos, area, apexes
