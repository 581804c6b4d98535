"""Deliveries: one job to move parcels to a recipient, over as many attempts as policy allows.

Every event is a piece of evidence with its own `key` and the time `at` which it happened, so that a
delivery's status is a function of the set of evidence, never of the order in which we learned it.
"""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import (
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window


class DeliveryStatus(StrEnum):
    """Where a delivery stands; late, at risk and unproven are flags, never statuses."""

    created = "created"
    accepted = "accepted"
    assigned = "assigned"
    pickup_arrived = "pickup_arrived"
    picked_up = "picked_up"
    in_transit = "in_transit"
    out_for_delivery = "out_for_delivery"
    arrived = "arrived"
    attempt_failed = "attempt_failed"
    available_for_pickup = "available_for_pickup"
    on_hold = "on_hold"
    delivered = "delivered"
    partially_delivered = "partially_delivered"
    returning = "returning"
    returned = "returned"
    cancelled = "cancelled"
    lost = "lost"


class ParcelOutcome(StrEnum):
    """What became of a parcel; one that has no outcome is still under way, or sought."""

    delivered = "delivered"
    returned = "returned"
    lost = "lost"
    cancelled = "cancelled"


class HandoffMethod(StrEnum):
    """How the parcels left the driver's hands."""

    to_recipient = "to_recipient"
    to_neighbour = "to_neighbour"
    left_at_place = "left_at_place"


class DeliveryCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("delivery")):
    """Addressed to one delivery; `key` is the evidence's own id, `at` the teller's time of the fact."""

    delivery: DeliveryId
    key: str
    at: Instant

    def stream(self) -> StreamId:
        """The delivery's own stream."""
        return StreamId(f"delivery/{self.delivery}")


class CreateDelivery(DeliveryCommand, frozen=True):
    """Stand a delivery behind a confirmed promise."""

    order: OrderId
    merchant: MerchantId
    promise: PromiseId
    hub: HubId
    place: PlaceId
    parcels: tuple[ParcelId, ...]
    window: Window
    handling: tuple[Handling, ...]
    proofs_required: tuple[ProofKind, ...]


class AssignDelivery(DeliveryCommand, frozen=True):
    """Put it on a route that is about to load."""

    route: RouteId
    driver: DriverId


class RecordPickUp(DeliveryCommand, frozen=True):
    """Its parcels were scanned onto the van; `short` are those that were not there."""

    route: RouteId
    parcels: tuple[ParcelId, ...]
    short: tuple[ParcelId, ...] = ()


class StartDelivering(DeliveryCommand, frozen=True):
    """The van with it left the hub."""

    route: RouteId


class RecordArrival(DeliveryCommand, frozen=True):
    """The driver stands `distance_m` from the place."""

    route: RouteId
    distance_m: Metres


class RecordHandoff(DeliveryCommand, frozen=True):
    """The parcels changed hands (or were left), with this evidence."""

    route: RouteId
    method: HandoffMethod
    parcels: tuple[ParcelId, ...]
    distance_m: Metres
    proofs: tuple[Proof, ...]


class RecordFailure(DeliveryCommand, frozen=True):
    """The driver could not deliver, for this reason, with this evidence."""

    route: RouteId
    reason: Reason
    distance_m: Metres | None
    proofs: tuple[Proof, ...]


class AddProof(DeliveryCommand, frozen=True):
    """Evidence that came later."""

    proofs: tuple[Proof, ...]


class HoldDelivery(DeliveryCommand, frozen=True):
    """Keep it at the hub, for a reason, until an instant."""

    reason: str
    until: Instant


class ScheduleReattempt(DeliveryCommand, frozen=True):
    """Try again in this window."""

    window: Window


class StartReturn(DeliveryCommand, frozen=True):
    """Send it back to the merchant."""

    reason: str


class RecordReturned(DeliveryCommand, frozen=True):
    """It is back where it came from."""


class CancelDelivery(DeliveryCommand, frozen=True):
    """Stop it before it leaves."""

    reason: str


class DeclareLost(DeliveryCommand, frozen=True):
    """Nobody can say where it is, and the search is over."""

    reason: str


class RecordMissing(DeliveryCommand, frozen=True):
    """These parcels did not come back with the van that had them."""

    route: RouteId
    parcels: tuple[ParcelId, ...]


class RecordFound(DeliveryCommand, frozen=True):
    """A parcel that was missing was scanned in at the hub."""

    parcel: ParcelId


class WriteOffParcel(DeliveryCommand, frozen=True):
    """End the search for one parcel: a person's word, or the policy's deadline."""

    parcel: ParcelId
    reason: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """`seq` is the teller's own count: of two things told of one instant, the lower came first."""

    seq: int = 0


class DeliveryEvent(_Told, frozen=True, tag_field="type", tag=tag_for("delivery")):
    """One piece of evidence about one delivery."""

    delivery: DeliveryId
    key: str
    at: Instant


class DeliveryCreated(DeliveryEvent, frozen=True, tag="delivery.created"):
    """The job exists."""

    order: OrderId
    merchant: MerchantId
    promise: PromiseId
    hub: HubId
    place: PlaceId
    parcels: tuple[ParcelId, ...]
    window: Window
    handling: tuple[Handling, ...]
    proofs_required: tuple[ProofKind, ...]


class DeliveryAssigned(DeliveryEvent, frozen=True, tag="delivery.assigned"):
    """A driver has it on the list."""

    route: RouteId
    driver: DriverId


class PickedUp(DeliveryEvent, frozen=True):
    """On the van, or short of these parcels."""

    route: RouteId
    parcels: tuple[ParcelId, ...]
    short: tuple[ParcelId, ...]


class OutForDelivery(DeliveryEvent, frozen=True):
    """On the road."""

    route: RouteId


class Arrived(DeliveryEvent, frozen=True):
    """The driver is at the place: `distance_m` away, `within_radius` by policy."""

    route: RouteId
    attempt: int
    distance_m: Metres
    within_radius: bool


class Delivered(DeliveryEvent, frozen=True):
    """These parcels changed hands. `missing` are required proofs that are not there: then it is unproven."""

    route: RouteId
    attempt: int
    method: HandoffMethod
    parcels: tuple[ParcelId, ...]
    distance_m: Metres
    proofs: tuple[Proof, ...]
    missing: tuple[ProofKind, ...]


class AttemptFailed(DeliveryEvent, frozen=True):
    """Not delivered. `lacking` says what keeps the attempt from being physical; empty means it was."""

    route: RouteId
    attempt: int
    reason: Reason
    proofs: tuple[Proof, ...]
    lacking: tuple[str, ...]

    @property
    def physical(self) -> bool:
        """Whether someone really stood at the door: radius, stay, contact and evidence as policy asks."""
        return not self.lacking


class ProofAdded(DeliveryEvent, frozen=True):
    """Later evidence; `missing` is what is still not there."""

    proofs: tuple[Proof, ...]
    missing: tuple[ProofKind, ...]


class DeliveryHeld(DeliveryEvent, frozen=True, tag="delivery.held"):
    """Waiting at the hub, for a reason."""

    reason: str
    until: Instant


class ReattemptScheduled(DeliveryEvent, frozen=True):
    """Another attempt is due in this window."""

    window: Window


class ReturnStarted(DeliveryEvent, frozen=True):
    """On its way back."""

    reason: str


class DeliveryReturned(DeliveryEvent, frozen=True, tag="delivery.returned"):
    """Back: the end."""


class DeliveryCancelled(DeliveryEvent, frozen=True, tag="delivery.cancelled"):
    """Stopped: the end."""

    reason: str


class DeliveryLost(DeliveryEvent, frozen=True, tag="delivery.lost"):
    """What was not handed over is lost: the end."""

    reason: str


class ParcelsMissing(DeliveryEvent, frozen=True):
    """Not delivered, and not there at debrief: they are sought."""

    route: RouteId
    parcels: tuple[ParcelId, ...]


class ParcelFound(DeliveryEvent, frozen=True):
    """At the hub again: the search is over, and the parcel is under way."""

    parcel: ParcelId


class ParcelLost(DeliveryEvent, frozen=True):
    """Written off: the search is over, and the parcel is lost."""

    parcel: ParcelId
    reason: str


AnyDeliveryEvent = (
    DeliveryCreated
    | DeliveryAssigned
    | PickedUp
    | OutForDelivery
    | Arrived
    | Delivered
    | AttemptFailed
    | ProofAdded
    | DeliveryHeld
    | ReattemptScheduled
    | ReturnStarted
    | DeliveryReturned
    | DeliveryCancelled
    | DeliveryLost
    | ParcelsMissing
    | ParcelFound
    | ParcelLost
)
AnyDeliveryCommand = (
    CreateDelivery
    | AssignDelivery
    | RecordPickUp
    | StartDelivering
    | RecordArrival
    | RecordHandoff
    | RecordFailure
    | AddProof
    | HoldDelivery
    | ScheduleReattempt
    | StartReturn
    | RecordReturned
    | CancelDelivery
    | DeclareLost
    | RecordMissing
    | RecordFound
    | WriteOffParcel
)
