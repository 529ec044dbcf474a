"""The road segments of the model city: where cameras stand and incidents outside walls happen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.city import Lattice
from etl.simulate.names import name_roads


@dataclass(frozen=True)
class Roads:
    """Segments between two junctions: ends, width, and the name of the road each belongs to."""

    start: np.ndarray
    end: np.ndarray
    width: np.ndarray
    road: np.ndarray
    names: list[str]

    @property
    def length(self) -> np.ndarray:
        """Lengths in metres."""
        return np.asarray(np.linalg.norm(self.end - self.start, axis=1))

    def at(self, index: np.ndarray, t: np.ndarray, left_m: np.ndarray) -> np.ndarray:
        """Return points at share `t` along segments, `left_m` metres to their left."""
        along = (self.end - self.start)[index]
        unit = along / np.linalg.norm(along, axis=1, keepdims=True)
        normal = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
        return np.asarray(self.start[index] + along * t[:, None] + normal * left_m[:, None])

    def bearing_deg(self, index: np.ndarray) -> np.ndarray:
        """Return the compass bearings from start to end."""
        along = (self.end - self.start)[index]
        return np.asarray(np.rad2deg(np.arctan2(along[:, 0], along[:, 1])) % 360.0)


def find_roads(lattice: Lattice, *, rng: np.random.Generator) -> Roads:
    """Return the segments that lie between two cells of the city, so inside its outline.

    Parameters
    ----------
    lattice
        The road lattice.
    rng
        Source of randomness, for the names.

    Returns
    -------
    Roads
        North-south segments first. The outer ring road is left out: half of it is not the city's.
    """
    i, j = lattice.cell_i, lattice.cell_j
    used = np.zeros((i.max() + 3, j.max() + 3), dtype=bool)
    used[i + 1, j + 1] = True
    nx, ny = lattice.nodes.shape[0] - 1, lattice.nodes.shape[1] - 1
    used = used[: nx + 2, : ny + 2]
    a, b = np.nonzero(used[:-1, 1:-1] & used[1:, 1:-1])
    c, d = np.nonzero(used[1:-1, :-1] & used[1:-1, 1:])
    p = lattice.nodes
    north, east = (
        name_roads(nx + 1, east_west=False, rng=rng),
        name_roads(ny + 1, east_west=True, rng=rng),
    )
    return Roads(
        start=np.concatenate([p[a, b], p[c, d]]),
        end=np.concatenate([p[a, b + 1], p[c + 1, d]]),
        width=np.concatenate([lattice.width_ns[a], lattice.width_ew[d]]),
        road=np.concatenate([a, d + nx + 1]),
        names=north[0] + east[0],
    )
