"""Speeds: how fast a van drives on a street, modelled from its class, posted limit, surface and hour."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from doorstep.engine.ports.travel import HOURS_A_WEEK

GROUPS: Final = ("fast", "main", "minor", "local", "service")
"""Groups of streets that share their hourly factors; a group's number is its place here."""

MPH_KMH: Final = 1.609344
KNOT_KMH: Final = 1.852
KMH_MIN: Final = 3
"""A posted limit below this is a slip of the pen, km/h."""

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LIMIT: Final = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
_ZONE: Final = re.compile(r"(?:[a-z]{2}:)?zone:?(?:maxspeed=)?(?:[a-z]{2}:)?(\d{1,3})")
_IMPLIED_KMH: Final = {
    "urban": 50,
    "rural": 90,
    "motorway": 120,
    "trunk": 100,
    "living_street": 8,
    "bicycle_road": 30,
}


class StreetClass(msgspec.Struct, frozen=True):
    """Free-flow km/h without a posted limit, the ceiling with one, and the group for hourly factors."""

    kmh: float
    kmh_max: float
    group: str


class Limit(msgspec.Struct, frozen=True):
    """How a van lives with posted limits and lights."""

    share: float
    kmh_max: float
    walk_kmh: float
    signal_s: float


class Profile(msgspec.Struct, frozen=True):
    """The share of free-flow speed that is left in some hours of the week, by group."""

    name: str
    fast: float
    main: float
    minor: float
    local: float
    service: float

    def shares(self) -> tuple[float, ...]:
        """The shares in the order of `GROUPS`."""
        return (self.fast, self.main, self.minor, self.local, self.service)


class SpeedModel(msgspec.Struct, frozen=True):
    """The whole of `speeds.toml`; a map carries the one that it was built with."""

    limit: Limit
    class_: dict[str, StreetClass] = msgspec.field(name="class")
    surface: dict[str, float]
    profile: tuple[Profile, ...]
    hours: dict[str, str]

    def hour_profile(self) -> NDArray[np.int8]:
        """The profile's number in each hour of the week, shape (168,), Monday 00:00 first."""
        week = np.array([int(digit) for day in _DAYS for digit in self.hours[day]], dtype=np.int8)
        assert week.shape == (HOURS_A_WEEK,), "every day of the speed model needs 24 digits"
        assert int(week.max()) < len(self.profile), "an hour names a profile that does not exist"
        return week

    def shares(self) -> NDArray[np.float64]:
        """Share of free-flow speed, shape (profiles, groups)."""
        return np.array([profile.shares() for profile in self.profile], dtype=np.float64)

    def kmh(self, tags: Mapping[str, str]) -> tuple[float, float]:
        """Free-flow km/h along the way and against it, for a way whose `highway` is a known class."""
        return self._kmh(tags, "forward"), self._kmh(tags, "backward")

    def _kmh(self, tags: Mapping[str, str], direction: str) -> float:
        street = self.class_[tags["highway"]]
        posted = tags.get(f"maxspeed:{direction}") or tags.get("maxspeed") or tags.get("zone:maxspeed")
        limit = posted_kmh(posted, self.limit) if posted else None
        if limit is None:
            implied = tags.get("maxspeed:type") or tags.get("source:maxspeed")
            limit = posted_kmh(implied, self.limit) if implied else None
        kmh = street.kmh if limit is None else min(limit * self.limit.share, street.kmh_max)
        ceiling = self.surface.get(tags.get("surface", ""), self.limit.kmh_max)
        return max(float(KMH_MIN), min(kmh, ceiling))


def posted_kmh(text: str, limit: Limit) -> float | None:
    """The posted limit in km/h, or None where the text names none (`signals`, `DE:unknown`, nonsense)."""
    text = text.strip().lower().split(";")[0].strip()
    if text == "none":
        return limit.kmh_max / limit.share
    if text.split(":")[-1] == "walk":
        return limit.walk_kmh / limit.share
    if zone := _ZONE.fullmatch(text):
        return _plausible(float(zone[1]))
    if number := _LIMIT.fullmatch(text):
        factor = {"mph": MPH_KMH, "knots": KNOT_KMH}.get(number[2] or "", 1.0)
        return _plausible(float(number[1]) * factor)
    # A sign's kind with its country, such as DE:urban, stands for the limit that the law gives it.
    return _IMPLIED_KMH.get(text.split(":", 1)[1]) if ":" in text else None


def _plausible(kmh: float) -> float | None:
    return kmh if kmh >= KMH_MIN else None


@cache
def modelled_speeds() -> SpeedModel:
    """The speed model that ships with Doorstep."""
    text = files("doorstep.adapters.maps").joinpath("speeds.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), SpeedModel)
