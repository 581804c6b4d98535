"""A route's path: the streets between its stops, unpacked when someone looks at the route."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from doorstep.adapters.maps.streets import StreetMap
from doorstep.vocabulary.places import Point
from doorstep.web.board_shapes import RouteLine

LEGS_KEPT_MAX: Final = 4_096
"""Legs of a market that are kept unpacked: more than its vans drive on a day."""
DIGITS: Final = 5
"""Digits of a degree: a metre."""
NOON_HOUR: Final = 12
"""The week's hour by whose speeds a path is chosen: a line on a map needs no rush hour."""

Line = tuple[float, ...]
"""Longitude and latitude in turn, degrees."""


class RoutePath(msgspec.Struct, frozen=True):
    """The streets of a route: for each of its stops the way to it from the one before.

    A leg is longitude and latitude in turn; it is empty before the first stop and where no street leads.
    """

    id: str
    legs: tuple[Line, ...]


class Legs:
    """The ways between places of one city."""

    def __init__(self, streets: StreetMap) -> None:
        self._streets = streets
        self._profile = int(streets.hour_profile[NOON_HOUR])
        self._between: Callable[[int, int], Line] = lru_cache(LEGS_KEPT_MAX)(self._unpacked)

    def along(self, route: RouteLine) -> RoutePath:
        """The route's path, stop by stop."""
        nodes = [self._node(stop.lat, stop.lon) for stop in route.stops]
        return RoutePath(route.id, tuple(self._leg(nodes, at) for at in range(len(nodes))))

    def _leg(self, nodes: Sequence[int | None], at: int) -> Line:
        start, end = nodes[at - 1] if at else None, nodes[at]
        return () if start is None or end is None or start == end else self._between(start, end)

    def _node(self, lat: float | None, lon: float | None) -> int | None:
        return None if lat is None or lon is None else self._streets.nearest(Point(lat, lon)).node

    def _unpacked(self, start: int, end: int) -> Line:
        path = self._streets.path(self._profile, start, end)
        return tuple(round(degrees, DIGITS) for step in path for degrees in (step.point.lon, step.point.lat))
