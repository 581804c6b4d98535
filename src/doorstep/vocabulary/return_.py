"""Returns: what was delivered comes back, step by step, each step with a clock."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.collection import Collection
from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import (
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    ReturnId,
    RouteId,
)
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.proof import Proof
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window


class ReturnReason(StrEnum):
    """Why the shopper sends it back."""

    changed_mind = "changed_mind"
    wrong_size = "wrong_size"
    not_as_described = "not_as_described"
    wrong_item = "wrong_item"
    defective = "defective"
    damaged = "damaged"
    late = "late"


class Condition(StrEnum):
    """How the goods are."""

    as_new = "as_new"
    opened = "opened"
    worn = "worn"
    damaged = "damaged"


class Disposition(StrEnum):
    """What becomes of the goods."""

    restock = "restock"
    refurbish = "refurbish"
    destroy = "destroy"


class ReturnStatus(StrEnum):
    """Where a return stands."""

    requested = "requested"
    authorised = "authorised"
    declined = "declined"
    booked = "booked"
    collected = "collected"
    dropped_off = "dropped_off"
    received = "received"
    inspected = "inspected"
    disposed = "disposed"
    refunded = "refunded"
    closed = "closed"
    cancelled = "cancelled"


class ReturnedGoods(msgspec.Struct, frozen=True):
    """What comes back: parcels of one order, of one service, and their share of what the order is worth.

    `delivered_at` is when the last of them was handed over; `value` is None where the order never said one.
    """

    order: OrderId
    merchant: MerchantId
    service: str
    parcels: tuple[ParcelId, ...]
    delivered_at: Instant
    value: Money | None


class ReturnCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("return")):
    """Addressed to one return."""

    return_id: ReturnId
    at: Instant

    def stream(self) -> StreamId:
        """The return's own stream."""
        return StreamId(f"return/{self.return_id}")


class RequestReturn(ReturnCommand, frozen=True):
    """Ask to send goods back, for a reason."""

    goods: ReturnedGoods
    reason: ReturnReason
    by: str


class AuthoriseReturn(ReturnCommand, frozen=True):
    """The goods may come back."""

    by: str


class DeclineReturn(ReturnCommand, frozen=True):
    """The goods may not come back, and why."""

    why: str
    by: str


class CancelReturn(ReturnCommand, frozen=True):
    """The shopper keeps the goods after all."""

    why: str
    by: str


class BookCollection(ReturnCommand, frozen=True):
    """A van fetches the goods: this visit stands in the plan whose hash is named."""

    collection: Collection
    plan_hash: str
    by: str


class ReleaseCollection(ReturnCommand, frozen=True):
    """The booked visit is given up, and why; the goods may still come back."""

    why: str
    by: str


class RecordCollector(ReturnCommand, frozen=True):
    """The driver stands `distance_m` from the place."""

    delivery: DeliveryId
    route: RouteId
    distance_m: Metres


class CollectReturn(ReturnCommand, frozen=True):
    """The shopper gave the driver these parcels, each scanned, with this evidence."""

    delivery: DeliveryId
    route: RouteId
    driver: DriverId
    parcels: tuple[ParcelId, ...]
    proofs: tuple[Proof, ...]


class FailCollection(ReturnCommand, frozen=True):
    """The driver could not fetch them, for this reason, with this evidence."""

    delivery: DeliveryId
    route: RouteId
    reason: Reason
    proofs: tuple[Proof, ...]


class DropOffReturn(ReturnCommand, frozen=True):
    """The shopper brought these parcels to a hub, where each was scanned."""

    hub: HubId
    parcels: tuple[ParcelId, ...]


class ReceiveReturn(ReturnCommand, frozen=True):
    """The parcels lie at the returns bench; `hub` says of which hub, where a van brought them."""

    by: str
    hub: HubId | None = None


class InspectReturn(ReturnCommand, frozen=True):
    """Someone opened them: how the goods are, with the hashes of the pictures that were taken."""

    condition: Condition
    photos: tuple[str, ...]
    by: str


class DisposeReturn(ReturnCommand, frozen=True):
    """What becomes of the goods; by the policy's rule for their condition where None."""

    disposition: Disposition | None
    by: str


class RefundReturn(ReturnCommand, frozen=True):
    """The shopper has money back; as much as policy allows where `amount` is None."""

    amount: Money | None
    by: str


class CloseReturn(ReturnCommand, frozen=True):
    """The end without money back, and why."""

    why: str
    by: str


class NoteOverdue(ReturnCommand, frozen=True):
    """A timer's: the step that follows `status` was due by now."""

    status: ReturnStatus


class ReturnEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("return")):
    """A fact about one return."""

    return_id: ReturnId
    at: Instant


class ReturnRequested(ReturnEvent, frozen=True, tag="return.requested"):
    """Someone asked; an answer is due by `due_at`."""

    goods: ReturnedGoods
    reason: ReturnReason
    by: str
    due_at: Instant


class ReturnAuthorised(ReturnEvent, frozen=True, tag="return.authorised"):
    """The goods may come back until `due_at`."""

    by: str
    due_at: Instant


class ReturnDeclined(ReturnEvent, frozen=True, tag="return.declined"):
    """The goods stay where they are: the end."""

    why: str
    by: str


class ReturnCancelled(ReturnEvent, frozen=True, tag="return.cancelled"):
    """The shopper keeps the goods: the end."""

    why: str
    by: str


class CollectionBooked(ReturnEvent, frozen=True):
    """A van comes for the goods; fetched, or known why not, by `due_at`."""

    collection: Collection
    plan_hash: str
    by: str
    due_at: Instant


class CollectionReleased(ReturnEvent, frozen=True):
    """No van comes for them any more; another date or a counter by `due_at`."""

    delivery: DeliveryId
    why: str
    by: str
    due_at: Instant


class CollectorArrived(ReturnEvent, frozen=True):
    """The driver is at the place: `distance_m` away, `within_radius` by policy."""

    delivery: DeliveryId
    route: RouteId
    window: Window
    distance_m: Metres
    within_radius: bool


class ReturnCollected(ReturnEvent, frozen=True, tag="return.collected"):
    """The driver has the parcels; at the returns bench by `due_at`."""

    order: OrderId
    delivery: DeliveryId
    route: RouteId
    driver: DriverId
    parcels: tuple[ParcelId, ...]
    proofs: tuple[Proof, ...]
    due_at: Instant


class CollectionFailed(ReturnEvent, frozen=True):
    """Not fetched. `lacking` says what keeps the visit from being physical; by `due_at` something else."""

    order: OrderId
    delivery: DeliveryId
    route: RouteId
    reason: Reason
    proofs: tuple[Proof, ...]
    lacking: tuple[str, ...]
    due_at: Instant


class ReturnDroppedOff(ReturnEvent, frozen=True, tag="return.dropped_off"):
    """Scanned in at a hub's counter; at the returns bench by `due_at`."""

    order: OrderId
    hub: HubId
    parcels: tuple[ParcelId, ...]
    due_at: Instant


class ReturnReceived(ReturnEvent, frozen=True, tag="return.received"):
    """At the returns bench; inspected by `due_at`. `hub` says of which hub, where a van brought them."""

    by: str
    due_at: Instant
    hub: HubId | None = None


class ReturnInspected(ReturnEvent, frozen=True, tag="return.inspected"):
    """Opened and looked at; what becomes of the goods is said by `due_at`."""

    order: OrderId
    condition: Condition
    photos: tuple[str, ...]
    by: str
    due_at: Instant


class ReturnDisposed(ReturnEvent, frozen=True, tag="return.disposed"):
    """Restocked, refurbished or destroyed; the shopper has an answer about the money by `due_at`."""

    disposition: Disposition
    by: str
    due_at: Instant


class ReturnRefunded(ReturnEvent, frozen=True, tag="return.refunded"):
    """Paid back, by the merchant: the end."""

    order: OrderId
    merchant: MerchantId
    amount: Money
    by: str


class ReturnClosed(ReturnEvent, frozen=True, tag="return.closed"):
    """Over without money back: the end."""

    why: str
    by: str


class ReturnOverdue(ReturnEvent, frozen=True, tag="return.overdue"):
    """The step that follows `status` did not come in time."""

    status: ReturnStatus


AnyReturnEvent = (
    ReturnRequested
    | ReturnAuthorised
    | ReturnDeclined
    | ReturnCancelled
    | CollectionBooked
    | CollectionReleased
    | CollectorArrived
    | ReturnCollected
    | CollectionFailed
    | ReturnDroppedOff
    | ReturnReceived
    | ReturnInspected
    | ReturnDisposed
    | ReturnRefunded
    | ReturnClosed
    | ReturnOverdue
)
AnyReturnCommand = (
    RequestReturn
    | AuthoriseReturn
    | DeclineReturn
    | CancelReturn
    | BookCollection
    | ReleaseCollection
    | RecordCollector
    | CollectReturn
    | FailCollection
    | DropOffReturn
    | ReceiveReturn
    | InspectReturn
    | DisposeReturn
    | RefundReturn
    | CloseReturn
    | NoteOverdue
)
