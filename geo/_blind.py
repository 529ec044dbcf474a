"""Patches of unseen cells and their outlines.

References
----------
Rosenfeld, A. & Pfaltz, J. L. (1966). Sequential operations in digital picture processing. Journal
of the ACM 13(4), 471-494.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def label_patches(mask, seen, bit, least, block, row_shift, col_shift):  # type: ignore[no-untyped-def]
    """Number the patches of open cells without the bit that have at least `least` cells.

    Cells join by their sides within blocks of `block` cells, of a lattice that begins `row_shift`
    and `col_shift` cells before the grid. Labels count from 1 in the order of the first cell, row
    by row; smaller patches get 0. Returns labels, and the cells of each patch.
    """
    ny, nx = mask.shape
    labels = np.zeros((ny, nx), np.int32)
    stack = np.empty((ny * nx, 2), np.int32)
    sizes = np.empty(ny * nx // max(least, 1) + 1, np.int64)
    n = 0
    for row0 in range(ny):
        for col0 in range(nx):
            if labels[row0, col0] != 0 or mask[row0, col0] & 1 == 0 or seen[row0, col0] & bit:
                continue
            labels[row0, col0] = n + 1
            stack[0, 0], stack[0, 1] = row0, col0
            top, done = 1, 0  # cells of the patch stay on the stack, to be unmarked if too few
            while done < top:
                row, col = stack[done, 0], stack[done, 1]
                done += 1
                for k in range(4):
                    r = row + (k == 0) - (k == 1)
                    c = col + (k == 2) - (k == 3)
                    if (
                        0 <= r < ny
                        and 0 <= c < nx
                        and labels[r, c] == 0
                        and mask[r, c] & 1
                        and seen[r, c] & bit == 0
                        and (r + row_shift) // block == (row + row_shift) // block
                        and (c + col_shift) // block == (col + col_shift) // block
                    ):
                        labels[r, c] = n + 1
                        stack[top, 0], stack[top, 1] = r, c
                        top += 1
            if top < least:
                for k in range(top):
                    labels[stack[k, 0], stack[k, 1]] = -1
            else:
                sizes[n] = top
                n += 1
    for row in range(ny):
        for col in range(nx):
            labels[row, col] = max(labels[row, col], 0)
    return labels, sizes[:n]


@njit(cache=True, nogil=True, error_model="numpy")
def _at(labels, row, col):  # type: ignore[no-untyped-def]
    if 0 <= row < labels.shape[0] and 0 <= col < labels.shape[1]:
        return labels[row, col]
    return 0


@njit(cache=True, nogil=True, error_model="numpy")
def trace_patches(labels):  # type: ignore[no-untyped-def]
    """Outlines of the patches, in cell corners, the patch on the left.

    Where two cells of a patch meet at a corner alone, the outline stays with the empty cell, so
    that an outline never passes a corner twice: a hole may touch it in a point, which is valid.
    Returns corners (x, y), where each ring begins, its patch, and twice its signed area.
    """
    ny, nx = labels.shape
    done = np.zeros((ny, nx), np.uint8)
    corners = np.empty((4 * (nx + ny) + 64, 2), np.int32)
    starts, owners, areas = [0], [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    n = 0
    # right, up, left, down: the steps, and the cells on the left and right of each from (x, y)
    step_x, step_y = (1, 0, -1, 0), (0, 1, 0, -1)
    left_x, left_y = (0, -1, -1, 0), (0, 0, -1, -1)
    right_x, right_y = (0, 0, -1, -1), (-1, 0, 0, -1)
    for row in range(ny):
        for col in range(nx):
            label = labels[row, col]
            if label == 0 or done[row, col] or _at(labels, row - 1, col) == label:
                continue
            x, y, d, twice = col, row, 0, np.int64(0)
            while True:
                if d == 0:
                    done[y, x] = 1
                if n + 2 > len(corners):
                    larger = np.empty((2 * len(corners), 2), np.int32)
                    for i in range(n):
                        larger[i, 0], larger[i, 1] = corners[i, 0], corners[i, 1]
                    corners = larger
                nx_, ny_ = x + step_x[d], y + step_y[d]
                twice += np.int64(x) * ny_ - np.int64(y) * nx_
                x, y = nx_, ny_
                turn = 0
                for k in range(3):  # right, straight on, left
                    t = (d + 3 + k) % 4
                    if (
                        _at(labels, y + left_y[t], x + left_x[t]) == label
                        and _at(labels, y + right_y[t], x + right_x[t]) != label
                    ):
                        turn = t
                        break
                if turn != d:
                    corners[n, 0], corners[n, 1] = x, y
                    n += 1
                d = turn
                if x == col and y == row and d == 0:
                    break
            starts.append(n)
            owners.append(np.int64(label))
            areas.append(twice)
    return corners[:n], np.array(starts), np.array(owners), np.array(areas)
