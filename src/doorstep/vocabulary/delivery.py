"""Deliveries: one job to move parcels to a recipient, over as many attempts as policy allows.

Every event is a piece of evidence with its own `key` and the time `at` which it happened, so that a
delivery's status is a function of the set of evidence, never of the order in which we learned it.
"""

import msgspec

from doorstep.vocabulary.delivery_status import (
    CarrierWord as CarrierWord,  # noqa: PLC0414 - the noun is read from here
)
from doorstep.vocabulary.delivery_status import (
    DeliveryStatus as DeliveryStatus,  # noqa: PLC0414 - the noun is read from here
)
from doorstep.vocabulary.delivery_status import (
    HandoffMethod as HandoffMethod,  # noqa: PLC0414 - the noun is read from here
)
from doorstep.vocabulary.delivery_status import (
    ParcelOutcome as ParcelOutcome,  # noqa: PLC0414 - the noun is read from here
)
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


class RecordReport(DeliveryCommand, frozen=True):
    """A carrier says something; `status` is None where its code is not in the mapping.

    `seq` is the carrier's own count. `nearby` is a courier close to the door, which is never an arrival.
    `distance_m` is from the place, None where nobody said.
    """

    said: CarrierWord
    status: DeliveryStatus | None
    seq: int = 0
    reason: Reason | None = None
    nearby: bool = False
    parcels: tuple[ParcelId, ...] = ()
    distance_m: Metres | None = None
    proofs: tuple[Proof, ...] = ()


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
    """`seq` is the teller's own count: of two things told of one instant, the lower came first.

    `said` are the words of the carrier that told it; None where our own people or doors did.
    """

    seq: int = 0
    said: CarrierWord | None = None


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

    route: RouteId | None
    parcels: tuple[ParcelId, ...]
    short: tuple[ParcelId, ...]


class OutForDelivery(DeliveryEvent, frozen=True):
    """On the road."""

    route: RouteId | None


class Arrived(DeliveryEvent, frozen=True):
    """The driver is at the place: `distance_m` away, `within_radius` by policy."""

    route: RouteId | None
    attempt: int
    distance_m: Metres | None
    within_radius: bool


class Delivered(DeliveryEvent, frozen=True):
    """These parcels changed hands. `missing` are required proofs that are not there: then it is unproven."""

    route: RouteId | None
    attempt: int
    method: HandoffMethod
    parcels: tuple[ParcelId, ...]
    distance_m: Metres | None
    proofs: tuple[Proof, ...]
    missing: tuple[ProofKind, ...]


class AttemptFailed(DeliveryEvent, frozen=True):
    """Not delivered. `lacking` says what keeps the attempt from being physical; empty means it was."""

    route: RouteId | None
    attempt: int
    reason: Reason
    proofs: tuple[Proof, ...]
    lacking: tuple[str, ...]

    @property
    def physical(self) -> bool:
        """Whether someone really stood at the door: radius, stay, contact and evidence as policy asks."""
        return not self.lacking


class StatusReported(DeliveryEvent, frozen=True):
    """A carrier says where it stands; without a `status` its code is unmapped, or it is only `nearby`."""

    status: DeliveryStatus | None
    reason: Reason | None
    nearby: bool


class BackAtHub(DeliveryEvent, frozen=True):
    """The carrier brought what it could not deliver back to our hub: it waits there for what comes next."""


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
    | StatusReported
    | BackAtHub
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
    | RecordReport
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
