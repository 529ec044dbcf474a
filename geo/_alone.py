"""Points and the cameras that alone see them."""

import math

from geo._kernels import kernel


@kernel
def find_alone(  # type: ignore[no-untyped-def]
    px, py, starts, near, west, south, size, nx, ny,
    x, y, vertices, offsets, day2, night2, nearer, alone,
):  # fmt: skip
    """Find the only camera that sees each point, by day and at night; -1 none, -2 several.

    As `geo._raster.see_points` sees them: `near` lists, by grid cell from `starts`, the cameras
    of known bearing whose reach meets the cell, and a point is tried `nearer` metres towards the
    camera.
    """
    for i in range(len(px)):
        fx, fy = math.floor((px[i] - west) / size), math.floor((py[i] - south) / size)
        if not (0 <= fx < nx and 0 <= fy < ny):
            continue
        g = int(fy) * nx + int(fx)
        for k in range(starts[g], starts[g + 1]):
            c = near[k]
            dx, dy = px[i] - x[c], py[i] - y[c]
            d2 = dx * dx + dy * dy
            if d2 > day2[c] or (alone[i, 0] == -2 and alone[i, 1] == -2):
                continue
            d = math.sqrt(d2)
            keep = max(d - nearer, 0.5 * d) / d if d > 0.0 else 0.0
            tx, ty = x[c] + keep * dx, y[c] + keep * dy
            inside = False
            last = offsets[c + 1] - 1
            for v in range(offsets[c], offsets[c + 1]):
                y0, y1 = vertices[last, 1], vertices[v, 1]
                if (y0 > ty) != (y1 > ty):
                    x0, x1 = vertices[last, 0], vertices[v, 0]
                    if tx < x0 + (ty - y0) * (x1 - x0) / (y1 - y0):
                        inside = not inside
                last = v
            if inside:
                alone[i, 0] = c if alone[i, 0] == -1 else -2
                if d2 <= night2[c]:
                    alone[i, 1] = c if alone[i, 1] == -1 else -2
