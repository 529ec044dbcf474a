"""Buildings as turned rectangles: their footprints, their facades, their heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

FLOOR_M = 2.95


@dataclass(frozen=True)
class Buildings:
    """Rectangles (towers with notches): centre, half sizes, turn, floors, households, lot.

    `open_m` is the open ground before the north and the south facade, to the next building or the
    community's wall, at most 10 m.
    """

    lot: np.ndarray
    xy: np.ndarray
    half: np.ndarray
    turn: np.ndarray
    floors: np.ndarray
    households: np.ndarray
    notched: np.ndarray
    open_m: np.ndarray

    def take(self, keep: np.ndarray | slice) -> Buildings:
        """Return the buildings chosen by index, mask or slice."""
        return Buildings(*(getattr(self, name)[keep] for name in Buildings.__dataclass_fields__))

    @property
    def height_m(self) -> np.ndarray:
        """Heights in metres."""
        return np.asarray(np.round(self.floors * FLOOR_M + 0.6, 1))

    def at(self, index: np.ndarray, right: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Return points given in the buildings' own axes (metres east and north before turning)."""
        c, s = np.cos(self.turn[index]), np.sin(self.turn[index])
        x = self.xy[index, 0] + c * right - s * ahead
        y = self.xy[index, 1] + s * right + c * ahead
        return np.stack([x, y], axis=1)

    def before(
        self, index: np.ndarray, share: np.ndarray, north: np.ndarray, out_m: np.ndarray
    ) -> np.ndarray:
        """Return points before the long facades, in the open.

        Parameters
        ----------
        index
            Building of each point.
        share
            Place along the facade, -1 (west end) to 1.
        north
            Whether before the north facade.
        out_m
            Distance wanted from the facade; where the ground is narrow, three quarters of it.
        """
        out = np.minimum(out_m, 0.75 * self.open_m[index, np.where(north, 0, 1)])
        ahead = np.where(north, 1.0, -1.0) * (self.half[index, 1] + out)
        return self.at(index, share * self.half[index, 0], ahead)

    def polygons(self) -> np.ndarray:
        """Return the footprints in local metres, rounded to a centimetre."""
        out = np.empty(self.lot.size, dtype=object)
        for notched, unit in ((False, _BOX), (True, _NOTCHED)):
            who = np.flatnonzero(self.notched == notched)
            corner = unit[None] * self.half[who, None, :]
            c, s = np.cos(self.turn[who])[:, None], np.sin(self.turn[who])[:, None]
            x = self.xy[who, :1] + c * corner[..., 0] - s * corner[..., 1]
            y = self.xy[who, 1:] + s * corner[..., 0] + c * corner[..., 1]
            out[who] = shapely.polygons(np.round(np.stack([x, y], axis=2), 2))
        return out


_BOX = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=float)
# Towers: light wells cut into the long sides, as four flats round one core have them.
_NOTCHED = np.array(
    [
        [-1, -1], [-0.18, -1], [-0.18, -0.55], [0.18, -0.55], [0.18, -1], [1, -1],
        [1, 1], [0.3, 1], [0.3, 0.7], [-0.3, 0.7], [-0.3, 1], [-1, 1],
    ]
)  # fmt: skip


def join(parts: Sequence[Buildings]) -> Buildings:
    """Return the buildings of several groups as one."""
    return Buildings(
        *(np.concatenate([getattr(p, k) for p in parts]) for k in Buildings.__dataclass_fields__)
    )
