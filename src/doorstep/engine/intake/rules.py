"""Rules: what a row is checked against, all of it handed in."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from doorstep.engine.ports.phones import Phones
from doorstep.vocabulary.ids import HubId
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.units import Instant


class Bounds(msgspec.Struct, frozen=True):
    """The rectangle that a map covers, degrees; its edges belong to it."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, point: Point) -> bool:
        """Whether the point lies inside."""
        return self.south <= point.lat <= self.north and self.west <= point.lon <= self.east

    def centre(self) -> Point:
        """The point in the middle."""
        return Point((self.south + self.north) / 2, (self.west + self.east) / 2)


class HubSite(msgspec.Struct, frozen=True):
    """A hub, and where it stands."""

    id: HubId
    point: Point


@dataclass(frozen=True)
class IntakeRules:
    """What a market takes orders by.

    Attributes:
        zone: The market's zone: times without an offset are its wall times.
        country: Two letters of ISO 3166: phone numbers without a country code are its numbers.
        services: The names of the service levels on sale.
        hubs: Where parcels start; at least one.
        now: When the rows came in; an order that does not say when it was placed was placed then.
        phones: How phone numbers are read.
        merchants: The known merchants; None takes any.
        merchant: The one merchant on whose behalf the rows come: it need not be said, and no other may be.
        bounds: What the map covers; None takes any place.
        snap: Called with a place, raises `OffMap` where no van can stop near it; None takes any place.
    """

    zone: ZoneInfo
    country: str
    services: frozenset[str]
    hubs: tuple[HubSite, ...]
    now: Instant
    phones: Phones
    merchants: frozenset[str] | None = None
    merchant: str | None = None
    bounds: Bounds | None = None
    snap: Callable[[Point], object] | None = None


def nearest_hub(hubs: tuple[HubSite, ...], point: Point | None) -> HubId | None:
    """The hub that an order without `origin` starts from: the only one, else the nearest to its place.

    None where there are several and the place is not known yet; equal distances go to the hub named first.
    """
    if len(hubs) == 1:
        return hubs[0].id
    if point is None:
        return None
    return min(hubs, key=lambda hub: distance_m(hub.point, point)).id
