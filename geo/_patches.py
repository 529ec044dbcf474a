"""From patches of cells to polygons with what is known of them, for many communities in a row."""

import math

import numpy as np

from geo._blind import SURE, smooth_ring, trace_patches
from geo._kernels import FEW, NONE, ZERO, floats, ints, no_ints, piece, same_ints
from geo._simple import crosses_itself


@piece
def outline_patches(labels, n_patches, tolerance, skipped):  # type: ignore[no-untyped-def]
    """Outlines of all patches: vertices in cells, where rings begin, where patches begin.

    A ring ends with its first vertex; what is beyond the last is room. Smooth outlines that would
    cross themselves are made less smooth; holes smaller than the tolerance are filled. Labels whose
    entry in `skipped` is not 0 get no outline.
    """
    corners, rings = trace_patches(labels, skipped)
    n_rings = len(rings)
    counts, place = no_ints(n_patches + 1), no_ints(n_patches + 1)
    for r in range(n_rings):
        counts[rings[r, 1]] += 1
    for k in range(n_patches):
        counts[k + 1] += counts[k]
        place[k + 1] = counts[k + 1]
    order = ints(n_rings)
    for r in range(n_rings):
        owner = rings[r, 1] - 1
        order[place[owner]] = r
        place[owner] += 1
    out = np.empty((2 * len(corners) + n_rings, 2))
    ring_ends, part_ends = ints(n_rings), ints(n_patches)
    scratch, begins = np.empty((2 * len(corners) + 4, 2)), no_ints(n_rings + 1)
    at, m = ZERO, ZERO
    for k in range(n_patches):
        rough, kept = tolerance, ZERO
        while True:
            kept, here = ZERO, ZERO
            for j in range(counts[k], counts[k + 1]):
                first = rings[order[j], 0]
                beyond = rings[order[j] + 1, 0] if order[j] + 1 < n_rings else len(corners)
                begins[kept] = here
                if rough == 0.0:
                    for v in range(first, beyond):
                        scratch[here, 0], scratch[here, 1] = corners[v, 0], corners[v, 1]
                        here += 1
                else:
                    here = smooth_ring(corners, first, beyond, rough, scratch, here)
                if here > begins[kept]:
                    kept += 1
                elif j == counts[k]:
                    break  # the shell itself has vanished
            begins[kept] = here
            if rough <= SURE or (kept > 0 and not crosses_itself(scratch, begins, kept)):
                break
            rough = SURE
        for j in range(kept):
            for v in range(begins[j], begins[j + 1]):
                out[at, 0], out[at, 1] = scratch[v, 0], scratch[v, 1]
                at += 1
            out[at, 0], out[at, 1] = scratch[begins[j], 0], scratch[begins[j], 1]
            at += 1
            ring_ends[m] = at
            m += 1
        part_ends[k] = m
    return out, ring_ends, part_ends


@piece
def inner_points(xy, ring_ends, part_ends):  # type: ignore[no-untyped-def]
    """A point inside each polygon: the middle of its widest stretch about half way up.

    Vertices lie at halves of cells, so a line at a quarter meets none. A patch without an outline
    has none.
    """
    points = np.empty((len(part_ends), 2))
    cuts = floats(FEW)
    for p in range(len(part_ends)):
        ring0 = part_ends[p - 1] if p else 0
        if part_ends[p] == ring0:
            continue
        first = ring_ends[ring0 - 1] if ring0 else 0
        beyond = ring_ends[part_ends[p] - 1]
        low, high = xy[first, 1], xy[first, 1]
        for v in range(first, ring_ends[ring0]):
            low, high = min(low, xy[v, 1]), max(high, xy[v, 1])
        y = math.floor(low + high) / 2 + 0.25
        n = 0
        if beyond - first > len(cuts):
            cuts = floats(2 * (beyond - first))
        ring = ring0
        for v in range(first, beyond - 1):
            if v + 1 == ring_ends[ring]:
                ring += 1
                continue
            y0, y1 = xy[v, 1], xy[v + 1, 1]
            if (y0 <= y) != (y1 <= y):
                cut, k = xy[v, 0] + (y - y0) * (xy[v + 1, 0] - xy[v, 0]) / (y1 - y0), n
                while k > 0 and cuts[k - 1] > cut:  # few: in order as they come
                    cuts[k] = cuts[k - 1]
                    k -= 1
                cuts[k] = cut
                n += 1
        best, x = -1.0, xy[first, 0]
        for k in range(0, n - 1, 2):
            if cuts[k + 1] - cuts[k] > best:
                best, x = cuts[k + 1] - cuts[k], 0.5 * (cuts[k] + cuts[k + 1])
        points[p, 0], points[p, 1] = x, y
    return points


@piece
def find_twins(labels, sizes, n_patches, others, other_sizes):  # type: ignore[no-untyped-def]
    """For each patch, by its label, the label that the very same cells have in another grid, or 0.

    By night most patches are those of the day: what is known of one holds for its twin.
    """
    twins = same_ints(n_patches + 1, NONE)
    for row in range(1, labels.shape[0] - 1):
        here, there = labels[row], others[row]
        for col in range(1, labels.shape[1] - 1):
            label = here[col]
            if label:
                other = there[col]
                if twins[label] == NONE:
                    twins[label] = other
                elif twins[label] != other:
                    twins[label] = 0
    for label in range(1, n_patches + 1):
        other = twins[label]
        if other > 0 and other_sizes[other - 1] != sizes[label - 1]:
            twins[label] = 0
    return twins


@piece
def count_points(labels, patches, at, spots, rows, first, beyond, west, south, cell):  # type: ignore[no-untyped-def]
    """Count the points (x, y, kind) in the cells of each patch of a grid with an empty rim."""
    ny, nx = labels.shape
    for k in range(first, beyond):
        row = rows[k]
        col = math.floor((spots[row, 0] - west) / cell) + 1.0
        line = math.floor((spots[row, 1] - south) / cell) + 1.0
        if 0 <= col < nx and 0 <= line < ny:
            label = labels[int(line), int(col)]
            if label:
                patches[at + label - 1, 6 + int(spots[row, 2])] += 1.0
