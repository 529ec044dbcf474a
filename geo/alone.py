"""Which points one camera alone recognises: what is lost when it fails."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo._alone import find_alone
from geo.sight import IN_FRONT_M, Sight, _file_reaches, _plain


def see_alone(sight: Sight, x: ArrayLike, y: ArrayLike, *, level: str) -> NDArray[np.int64]:
    """Find the camera that alone sees each point.

    Parameters
    ----------
    sight
        What the cameras see.
    x, y
        (n,) points, metres; NaN is not seen.
    level
        Level of pixel density, one of the sight's.

    Returns
    -------
    ndarray
        (n, 2) row of the only camera that sees the point, by day and at night; -1 where none does,
        -2 where several do. The line of sight is tested as `geo.sight.see` does.
    """
    px, py = (_plain(one) for one in (x, y))
    alone = np.full((len(px), 2), -1, np.int64)
    active = sight.active()
    if len(active):
        grid = _file_reaches(sight, active)
        reach2 = sight.reach2[:, :, sight.levels.index(level)]
        day2, night2 = (np.ascontiguousarray(reach2[:, part]) for part in range(2))
        find_alone(
            px, py, grid.starts, active[grid.rows], grid.west_m, grid.south_m, grid.cell_m,
            grid.nx, grid.ny, sight.x, sight.y, sight.views.vertices_xy,
            sight.views.offsets, day2, night2, IN_FRONT_M, alone,
        )  # fmt: skip
    return alone
