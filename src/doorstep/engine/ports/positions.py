"""Positions: where each vehicle was last seen. They are rows, not events; only what they mean is logged."""

from typing import Protocol

import msgspec

from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import RouteId, VehicleId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant


class VehiclePosition(msgspec.Struct, frozen=True):
    """A vehicle at a place; `accuracy_m` and `heading_deg` are None where the phone did not say."""

    vehicle: VehicleId
    point: Point
    at: Instant
    route: RouteId | None = None
    accuracy_m: int | None = None
    heading_deg: int | None = None


class Positions(Protocol):
    """Keeps one position per vehicle of a market."""

    def report(self, market: MarketId, position: VehiclePosition) -> bool:
        """Keep it unless a later one is known; whether it was kept."""
        ...

    def last(self, market: MarketId, vehicle: VehicleId) -> VehiclePosition | None:
        """Where the vehicle was last seen."""
        ...

    def all_last(self, market: MarketId) -> tuple[VehiclePosition, ...]:
        """Every vehicle's last position, by vehicle."""
        ...
