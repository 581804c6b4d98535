"""Water: whether a place lies in a lake or a river of the map, where no door can be."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

BANK_M_MAX: Final = 25
"""Nearer than this to its bank, a place in the water may be a moored house, a jetty, or a few metres' error
of whoever measured it or drew the bank, metres."""


class _Polygon(msgspec.Struct, frozen=True):
    """An outline and its islands as edges: starts and ends in metres, each of shape (edges, 2)."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]


class Water:
    """The waters of a map on its flat plane, metres north and east of the map's middle."""

    def __init__(self, polygons: Sequence[Sequence[NDArray[np.float64]]]) -> None:
        """Takes the outer ring of each water, then its islands; a ring has shape (points, 2)."""
        self._polygons = [
            _Polygon(
                np.concatenate(rings),
                np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]),
            )
            for rings in polygons
        ]
        self._low = np.array([each.start.min(axis=0) for each in self._polygons]).reshape(-1, 2)
        self._high = np.array([each.start.max(axis=0) for each in self._polygons]).reshape(-1, 2)

    def covers(self, place: NDArray[np.float64]) -> bool:
        """Whether a place, shape (2,), lies in water and farther than `BANK_M_MAX` from its bank."""
        near = np.all((self._low <= place) & (place <= self._high), axis=1)
        return any(_covers(self._polygons[at], place) for at in np.flatnonzero(near).tolist())


def _covers(polygon: _Polygon, place: NDArray[np.float64]) -> bool:
    """Whether the place is inside by the even-odd rule, and far enough from every edge."""
    start, end = polygon.start - place, polygon.end - place
    step = end - start
    crossing = (start[:, 0] > 0) != (end[:, 0] > 0)
    rise = np.where(crossing, step[:, 0], 1.0)
    east = start[:, 1] - start[:, 0] * step[:, 1] / rise
    if np.count_nonzero(crossing & (east > 0)) % 2 == 0:
        return False
    squared = np.maximum((step**2).sum(axis=1), 1e-9)
    along = np.clip(-(start * step).sum(axis=1) / squared, 0.0, 1.0)
    nearest = start + step * along[:, None]
    return bool(np.hypot(nearest[:, 0], nearest[:, 1]).min() > BANK_M_MAX)
