"""Places: points on the earth in degrees, WGS 84."""

from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Final

import msgspec

from doorstep.vocabulary.units import Metres

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean earth radius, metres (IUGG)."""


class Point(msgspec.Struct, frozen=True):
    """A position: latitude -90..90, longitude -180..180, degrees."""

    lat: float
    lon: float

    def is_valid(self) -> bool:
        """Whether both coordinates are finite and in range."""
        return isfinite(self.lat) and isfinite(self.lon) and abs(self.lat) <= 90 and abs(self.lon) <= 180


def distance_m(a: Point, b: Point) -> Metres:
    """Great-circle metres between two points (haversine), rounded to the nearest metre."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat = sin((lat_b - lat_a) / 2)
    half_lon = sin(radians(b.lon - a.lon) / 2)
    chord = half_lat**2 + cos(lat_a) * cos(lat_b) * half_lon**2
    return Metres(round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, chord)))))
