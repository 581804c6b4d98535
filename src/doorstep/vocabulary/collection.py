"""Collections: visits of a van that fetch the goods of a return from the shopper's door."""

from typing import Final

import msgspec

from doorstep.vocabulary.ids import DeliveryId, PlaceId, ReturnId, RouteId
from doorstep.vocabulary.promise import Demand
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window

BY_PLAN: Final = "plan"
"""Who gives a visit up that no van can make any more."""
_JOINT: Final = "-"


class Collection(msgspec.Struct, frozen=True):
    """A visit that is booked: its job in the plan, where, what it asks of a van, and when.

    `demand` has the goods as a load, and the hub that they come to.
    """

    delivery: DeliveryId
    place: PlaceId
    demand: Demand
    window: Window


class Visit(msgspec.Struct, frozen=True):
    """A visit that a van has made, or is making while `ended_at` is None."""

    delivery: DeliveryId
    route: RouteId
    window: Window
    arrived_at: Instant
    within_radius: bool
    ended_at: Instant | None = None


def collection_id(return_id: ReturnId, number: int) -> DeliveryId:
    """The job of a return's visit, counted from 1: each has a place of its own in the plan."""
    return DeliveryId(f"{return_id}{_JOINT}{number}")


def return_of(delivery: DeliveryId) -> ReturnId:
    """The return that a visit is for."""
    return ReturnId(delivery.rpartition(_JOINT)[0])
