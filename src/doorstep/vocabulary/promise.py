"""Promises: the window a shopper confirmed, the odds that it is kept, and the plan behind it."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import (
    OWN_FLEET,
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.route import Skill
from doorstep.vocabulary.units import Grams, Instant, Millilitres, Seconds
from doorstep.vocabulary.windows import Window


class PromiseOutcome(StrEnum):
    """What became of a promise that fell due."""

    kept = "kept"
    missed = "missed"
    unproven = "unproven"
    void = "void"


class Demand(msgspec.Struct, frozen=True):
    """What a delivery asks of a van: all that a plan needs to know beside place and window.

    `ready_at` is when its parcels stand at the hub, `service_s` the planned seconds at the door.
    """

    hub: HubId
    ready_at: Instant
    service_s: Seconds
    weight_g: Grams
    volume_ml: Millilitres
    skills: tuple[Skill, ...]


class PromiseCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("promise")):
    """Addressed to one promise."""

    promise: PromiseId

    def stream(self) -> StreamId:
        """The promise's own stream."""
        return StreamId(f"promise/{self.promise}")


class HoldPromise(PromiseCommand, frozen=True):
    """Hold capacity for this window until `expires_at`: a place on `route`, or one of another carrier's day.

    `odds_ppm` is the probability of keeping the window in millionths; `plan_hash` is the hash of all live
    routes with this stop in them; `arrival` is when that plan has the van at the door. Where another carrier
    than the own fleet holds it, `route` is None and the plan is as it was.
    """

    merchant: MerchantId
    service: str
    delivery: DeliveryId
    place: PlaceId
    demand: Demand
    window: Window
    odds_ppm: int
    route: RouteId | None
    arrival: Instant
    added_s: Seconds
    plan_hash: str
    expires_at: Instant
    carrier: CarrierId = OWN_FLEET
    carrier_service: str = ""


class RefusePromise(PromiseCommand, frozen=True):
    """Record a request that no plan can keep, with the reason for each window asked."""

    merchant: MerchantId
    service: str
    order: OrderId | None
    requested: Window | None
    reasons: tuple[str, ...]


class ConfirmPromise(PromiseCommand, frozen=True):
    """The shopper takes the window; `plan_hash` names the feasible plan that keeps it and all before it."""

    order: OrderId
    plan_hash: str
    at: Instant


class ReleasePromise(PromiseCommand, frozen=True):
    """Give the capacity back: the shopper left, the hold expired, or the order was cancelled."""

    why: str


class ExpireHold(PromiseCommand, frozen=True):
    """A timer's: the hold's time is up."""


class ChangePromise(PromiseCommand, frozen=True):
    """Replace the window; `by_shopper` says whose choice it was. Ours never erases the old one's due."""

    successor: PromiseId
    by_shopper: bool
    told_at: Instant | None


class AnnounceMiss(PromiseCommand, frozen=True):
    """Record that the shopper was told before the window ended that it will not be kept."""

    expected: Instant
    at: Instant


class SettlePromise(PromiseCommand, frozen=True):
    """Say what became of it; said again when later evidence changes the answer."""

    outcome: PromiseOutcome
    handed_over_at: Instant | None


class PromiseEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("promise")):
    """A fact about one promise."""

    promise: PromiseId


class PromiseHeld(PromiseEvent, frozen=True, tag="promise.held"):
    """Capacity is held for the shopper."""

    merchant: MerchantId
    service: str
    delivery: DeliveryId
    place: PlaceId
    demand: Demand
    window: Window
    odds_ppm: int
    route: RouteId | None
    arrival: Instant
    added_s: Seconds
    plan_hash: str
    expires_at: Instant
    carrier: CarrierId = OWN_FLEET
    carrier_service: str = ""


class PromiseRefused(PromiseEvent, frozen=True, tag="promise.refused"):
    """No window could be offered."""

    merchant: MerchantId
    service: str
    order: OrderId | None
    requested: Window | None
    reasons: tuple[str, ...]


class PromiseConfirmed(PromiseEvent, frozen=True, tag="promise.confirmed"):
    """The promise stands."""

    order: OrderId
    plan_hash: str
    at: Instant


class PromiseReleased(PromiseEvent, frozen=True, tag="promise.released"):
    """The capacity is free again."""

    why: str


class HoldExpired(PromiseEvent, frozen=True):
    """Nobody confirmed in time."""


class PromiseChanged(PromiseEvent, frozen=True, tag="promise.changed"):
    """Another promise takes its place."""

    successor: PromiseId
    by_shopper: bool
    told_at: Instant | None


class MissAnnounced(PromiseEvent, frozen=True):
    """The shopper knows before the window's end."""

    expected: Instant
    at: Instant


class PromiseSettled(PromiseEvent, frozen=True, tag="promise.settled"):
    """Kept, missed, unproven or void; the last one said counts."""

    outcome: PromiseOutcome
    handed_over_at: Instant | None


AnyPromiseEvent = (
    PromiseHeld
    | PromiseRefused
    | PromiseConfirmed
    | PromiseReleased
    | HoldExpired
    | PromiseChanged
    | MissAnnounced
    | PromiseSettled
)
AnyPromiseCommand = (
    HoldPromise
    | RefusePromise
    | ConfirmPromise
    | ReleasePromise
    | ExpireHold
    | ChangePromise
    | AnnounceMiss
    | SettlePromise
)
