"""Travel times: what the planner asks of the streets."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Metres, Seconds

HOURS_A_WEEK: Final = 168
"""Hours in a week; hour 0 is Monday 00:00 to 01:00 local time."""

SNAP_M_MAX: Final = 300
"""A point farther than this from every street is off the map, metres.

In four OpenStreetMap towns, every door that has a street at all lies within 250 m of a place where a van can
stop, and 999 in 1,000 of each town within 210 m: what lies much farther is a field, a lake or the sea.
"""


class OffMap(Exception):
    """The place is farther than 300 m from any street of the map."""


class InWater(OffMap):
    """The place lies in a lake or a river of the map."""


class MapUnreadable(Exception):
    """The file is no map that Doorstep can read."""


class Snapped(msgspec.Struct, frozen=True):
    """The street node that stands for a point, and the straight metres between the two."""

    node: int
    offset_m: Metres


class PathPoint(msgspec.Struct, frozen=True):
    """A point of a driven path, with seconds and metres since its start."""

    point: Point
    seconds: Seconds
    metres: Metres


class TravelTimes(Protocol):
    """Driving seconds and metres between street nodes, by speed profile.

    A node comes from `snap` and stays valid for this map only. Between any two such nodes a van can drive.
    """

    @property
    def profiles(self) -> int:
        """How many distinct speed profiles there are; they are numbered from 0."""
        ...

    @property
    def hour_profile(self) -> NDArray[np.int8]:
        """Which profile holds in each hour of the week, shape (168,); hour 0 is Monday 00:00 local."""
        ...

    @property
    def modelled(self) -> bool:
        """Whether speeds are modelled, not measured; screens say which."""
        ...

    def snap(self, point: Point) -> Snapped:
        """The nearest node where a van can stop.

        Raises:
            OffMap: The point is no place, in the water, or more than 300 m from every street.
        """
        ...

    def seconds(self, profile: int, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int32]:
        """Driving seconds, rounded up, shape (sources, targets).

        Rounding up keeps the triangle inequality: a detour is never shorter than the way itself.
        """
        ...

    def metres(self, profile: int, source: int, target: int) -> Metres:
        """Metres along the fastest path, which need not be the shortest."""
        ...

    def path(self, profile: int, source: int, target: int) -> tuple[PathPoint, ...]:
        """The fastest path's points in driving order; the last one carries its seconds and metres."""
        ...
