"""A town of straight streets: travel times and addresses that anyone can work out by hand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from doorstep.engine.ports.geocoder import Resolved, Unresolved
from doorstep.engine.ports.travel import HOURS_A_WEEK, SNAP_M_MAX, OffMap, PathPoint, Snapped
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.units import Metres, Seconds

SIDE = 21
"""Crossings along each side of the town."""
BLOCK_M = 200
"""Metres between two crossings."""
SPEED_M_S = 8
METRE_DEG = 1 / 111_195
"""Degrees in a metre; the town lies at the equator, where both directions are alike."""


def crossing(column: int, row: int) -> Point:
    """Where a crossing lies, counted from the south-western corner."""
    return Point(round(row * BLOCK_M * METRE_DEG, 7), round(column * BLOCK_M * METRE_DEG, 7))


class Grid:
    """The travel-times port over the town: a van drives along streets at one speed, whatever the hour."""

    profiles = 1
    modelled = True

    @property
    def hour_profile(self) -> NDArray[np.int8]:
        """One profile for every hour."""
        return np.zeros(HOURS_A_WEEK, dtype=np.int8)

    def snap(self, point: Point) -> Snapped:
        """The nearest crossing."""
        if not point.is_valid():
            raise OffMap(f"{point} is no place")
        column, row = (
            min(SIDE - 1, max(0, round(degrees / METRE_DEG / BLOCK_M))) for degrees in (point.lon, point.lat)
        )
        offset_m = distance_m(point, crossing(column, row))
        if offset_m > SNAP_M_MAX:
            raise OffMap(f"{point} is {offset_m} m from every street")
        return Snapped(row * SIDE + column, offset_m)

    def seconds(self, profile: int, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int32]:
        """Driving seconds along the streets, rounded up."""
        assert profile == 0, "the town has one profile"
        a, b = np.array(sources, dtype=np.int64), np.array(targets, dtype=np.int64)
        blocks = np.abs(a[:, None] % SIDE - b[None] % SIDE) + np.abs(a[:, None] // SIDE - b[None] // SIDE)
        return np.asarray(-(-blocks * BLOCK_M // SPEED_M_S), dtype=np.int32)

    def metres(self, profile: int, source: int, target: int) -> Metres:
        """Metres along the streets."""
        return Metres(int(self.seconds(profile, [source], [target])[0, 0]) * SPEED_M_S)

    def path(self, profile: int, source: int, target: int) -> tuple[PathPoint, ...]:
        """First along the row, then along the column; the ends are what anyone asks for."""
        ends = []
        for node in dict.fromkeys((source, target)):
            seconds = int(self.seconds(profile, [source], [node])[0, 0])
            point = crossing(node % SIDE, node // SIDE)
            ends.append(PathPoint(point, Seconds(seconds), Metres(seconds * SPEED_M_S)))
        return tuple(ends)


class Crossings:
    """The geocoder port over the town: it knows `Crossing 3-4` and nothing else."""

    def resolve(self, address: str) -> Resolved | Unresolved:
        """The crossing of that name."""
        name, _, numbers = address.partition(" ")
        column, _, row = numbers.partition("-")
        if name != "Crossing" or not (column.isdigit() and row.isdigit()):
            return Unresolved("not_found")
        return Resolved(crossing(int(column), int(row)), address, "")
