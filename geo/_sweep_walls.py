"""Walls round an origin: those in view, cut to the reach, and where each begins and ends.

Directions are ordered by a pseudo-angle in [0, 4], measured counter-clockwise from the first
direction of the view, which grows with the angle and costs no trigonometry.
"""

import math

from geo._kernels import ZERO, kernel, piece

TOUCH_M = 1e-6  # an origin this near a wall stands on it
HIDDEN = -2.0  # in place of a wall: a sector that is not seen at all

# columns of the table of walls in view: unit direction and distance of both ends, cross product
# of the ends, edge vector, pseudo-angles of the ends
ADX, ADY, AR, BDX, BDY, BR, C, EX, EY, PA, PB = range(11)


@kernel
def pseudo_angle(x, y, ux, uy):  # type: ignore[no-untyped-def]
    """Pseudo-angle of (x, y) counter-clockwise from the direction (ux, uy)."""
    px, py = x * ux + y * uy, ux * y - uy * x
    r = abs(px) + abs(py)
    p = 1.0 - px / r if py >= 0.0 else 3.0 + px / r
    return 0.0 if p >= 4.0 else p


@piece
def find_facing(ox, oy, reach, grid, closed, found):  # type: ignore[no-untyped-def]
    """Walls whose line passes within reach, and whose front is to the origin.

    Cells are searched row by row, as wide as the circle is there. The inner loop has no branches.
    Gives -1 where there is no room for what is found.
    """
    starts, ends, _, half, west, south, size, nx, ny = grid
    per, far, reach2 = 1.0 / size, reach + half, reach * reach
    n, y0, y1 = 0, (oy - far - south) * per, (oy + far - south) * per
    if y1 < 0.0 or y0 >= ny:
        return n
    for cy in range(int(max(y0, 0.0)), int(min(y1, ny - 1.0)) + 1):
        low = south + cy * size - oy
        away = max(low, -low - size, 0.0)
        wide = math.sqrt(max(far * far - away * away, 0.0))
        x0, x1 = (ox - wide - west) * per, (ox + wide - west) * per
        if x1 < 0.0 or x0 >= nx:
            continue
        k0, k1 = (
            starts[cy * nx + int(max(x0, 0.0))],
            starts[cy * nx + int(min(x1, nx - 1.0)) + 1],
        )
        if n + k1 - k0 > len(found):
            return -1
        for k in range(k0, k1):
            ax, ay = ends[k, 0] - ox, ends[k, 1] - oy
            bx, by = ends[k, 2] - ox, ends[k, 3] - oy
            ex, ey = bx - ax, by - ay
            c = ax * by - ay * bx
            length2 = ex * ex + ey * ey
            front = (c <= 0.0) | (c * c <= TOUCH_M * TOUCH_M * length2) | (not closed)
            found[n] = k
            n += (c * c <= reach2 * length2) & front
    return n


@piece
def _touch(touching, n, dx, dy, ux, uy, sign):  # type: ignore[no-untyped-def]
    """Note the direction of a wall that leaves (1) or reaches (-1) the origin."""
    r = math.hypot(dx, dy)
    if r <= TOUCH_M:
        return n
    touching[n, 0] = pseudo_angle(dx, dy, ux, uy)
    touching[n, 1] = dx / r
    touching[n, 2] = dy / r
    touching[n, 3] = sign
    return n + 1


@piece
def _note(seen, source, n, this, ax, ay, ra, bx, by, rb, c, ex, ey, pa, pb):  # type: ignore[no-untyped-def]
    """Add a wall, or a hidden sector, to those in view."""
    seen[n, ADX], seen[n, ADY], seen[n, AR] = ax, ay, ra
    seen[n, BDX], seen[n, BDY], seen[n, BR] = bx, by, rb
    seen[n, C], seen[n, EX], seen[n, EY] = c, ex, ey
    seen[n, PA], seen[n, PB] = pa, pb
    source[n] = this


@piece
def gather_walls(  # type: ignore[no-untyped-def]
    ox, oy, ux, uy, width, reach, ends, sources, closed, found, n_found, seen, source, touching
):  # fmt: skip
    """Cut the walls found to the reach, and note the directions of those that are touched."""
    n, n_touching = ZERO, ZERO
    reach2 = reach * reach
    for i in range(n_found):
        k = found[i]
        ax, ay = ends[k, 0] - ox, ends[k, 1] - oy
        bx, by = ends[k, 2] - ox, ends[k, 3] - oy
        c = ax * by - ay * bx
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        if length2 == 0.0:
            continue
        ra2, rb2 = ax * ax + ay * ay, bx * bx + by * by
        if c * c <= TOUCH_M * TOUCH_M * length2:
            along = min(max(-(ax * ex + ay * ey) / length2, 0.0), 1.0)
            if math.hypot(ax + along * ex, ay + along * ey) <= TOUCH_M:
                n_touching = _touch(touching, n_touching, bx, by, ux, uy, 1.0)
                n_touching = _touch(touching, n_touching, ax, ay, ux, uy, -1.0)
                continue
            if closed and c > 0.0:
                continue  # its building stands between this wall and the origin
        if ra2 > reach2 or rb2 > reach2:
            half = ax * ex + ay * ey
            root = half * half - length2 * (ra2 - reach2)
            if root <= 0.0:
                continue
            root = math.sqrt(root)
            low, high = (
                max((-half - root) / length2, 0.0),
                min((root - half) / length2, 1.0),
            )
            if low >= high:
                continue
            if high < 1.0:
                bx, by = ax + high * ex, ay + high * ey
            if low > 0.0:
                ax, ay = ax + low * ex, ay + low * ey
            ra2, rb2 = ax * ax + ay * ay, bx * bx + by * by
        ra, rb = math.sqrt(ra2), math.sqrt(rb2)
        if abs(c) <= 1e-13 * math.sqrt(length2) * max(ra, rb):
            continue  # seen end on
        if c < 0.0:
            ax, bx, ay, by, ra, rb = bx, ax, by, ay, rb, ra
            c, ex, ey = -c, -ex, -ey
        pa, pb = pseudo_angle(ax, ay, ux, uy), pseudo_angle(bx, by, ux, uy)
        if pa == pb or (pa < pb and pa >= width):
            continue
        _note(
            seen, source, n, float(sources[k]),
            ax / ra, ay / ra, ra, bx / rb, by / rb, rb, c, ex, ey, pa, pb,
        )  # fmt: skip
        n += 1
    return n, n_touching


@piece
def hide_behind(n, n_touching, width, closed, seen, source, touching):  # type: ignore[no-untyped-def]
    """Turn the walls the origin stands on into hidden sectors on their left side.

    A wall that leaves the origin opens a sector, one that arrives closes it; where more are open
    than at the clearest direction, the view is blocked at no distance. A fence given in both
    directions cancels itself and hides nothing.
    """
    balance = 0.0
    for i in range(1, n_touching):  # by direction
        k = i
        while k > 0 and touching[k - 1, 0] > touching[k, 0]:
            for j in range(4):
                touching[k - 1, j], touching[k, j] = touching[k, j], touching[k - 1, j]
            k -= 1
    m = 0
    for i in range(n_touching):  # one entry for each direction
        balance += touching[i, 3]
        if m > 0 and touching[i, 0] - touching[m - 1, 0] < 1e-9:
            touching[m - 1, 3] += touching[i, 3]
        else:
            for j in range(4):
                touching[m, j] = touching[i, j]
            m += 1
    if m > 1 and touching[0, 0] + 4.0 - touching[m - 1, 0] < 1e-9:
        touching[0, 3] += touching[m - 1, 3]
        m -= 1
    if balance != 0.0 or m == 0:
        return n, False
    depth, least, changes = 0.0, 0.0, False
    for i in range(m):
        depth += touching[i, 3]
        least = min(least, depth)
        changes = changes or touching[i, 3] != 0.0
    if not changes:
        return n, closed  # walls on all sides: inside a party wall
    depth = 0.0
    for i in range(m):
        depth += touching[i, 3]
        if depth == least:
            continue
        k = (i + 1) % m
        pa, pb = touching[i, 0], touching[k, 0]
        if pa < pb and pa >= width:
            continue
        _note(
            seen, source, n, HIDDEN,
            touching[i, 1], touching[i, 2], 0.0, touching[k, 1], touching[k, 2], 0.0,
            0.0, 0.0, 0.0, pa, pb,
        )  # fmt: skip
        n += 1
    return n, False


@piece
def list_events(n, width, seen, counts, raw, keys, event):  # type: ignore[no-untyped-def]
    """List where walls begin (even) and end (odd), in order of direction."""
    m, n_buckets = 0, 64
    while n_buckets < n:
        n_buckets *= 2
    for b in range(n_buckets + 1):
        counts[b] = 0
    scale = n_buckets / (4.0 + 1e-9)
    for w in range(n):
        pa, pb = seen[w, PA], seen[w, PB]
        raw[m] = 2 * w
        counts[int(pa * scale) + 1] += pa < width
        m += pa < width
        raw[m] = 2 * w + 1
        counts[int(pb * scale) + 1] += pb < width
        m += pb < width
    most = 0
    for b in range(n_buckets):
        most = max(most, counts[b + 1])
        counts[b + 1] += counts[b]
    for i in range(m):
        w = raw[i] >> 1
        key = seen[w, PB] if raw[i] & 1 else seen[w, PA]
        b = int(key * scale)
        keys[counts[b]], event[counts[b]] = key, raw[i]
        counts[b] += 1
    gap = 1
    while gap < most // 8:
        gap = 3 * gap + 1
    while gap > 0:  # in order but for neighbours, unless directions crowd
        for i in range(gap, m):
            key, value = keys[i], event[i]
            j = i
            while j >= gap and keys[j - gap] > key:
                keys[j], event[j] = keys[j - gap], event[j - gap]
                j -= gap
            keys[j], event[j] = key, value
        gap //= 3
    return m
