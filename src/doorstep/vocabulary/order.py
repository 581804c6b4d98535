"""Orders: what was sold. Names and addresses are references into the vault, with a salted commitment."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import (
    DeliveryId,
    HubId,
    ImportId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    PromiseId,
)
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.units import Grams, Instant, Millilitres
from doorstep.vocabulary.windows import Window


class Handling(StrEnum):
    """What an order asks of whoever delivers it."""

    signature = "signature"
    photo = "photo"
    pin = "pin"
    age_check = "age_check"
    cold = "cold"
    fragile = "fragile"
    high_value = "high_value"


class Parcel(msgspec.Struct, frozen=True):
    """One labelled box; dimensions in millimetres, 0 where nobody said."""

    id: ParcelId
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class OrderContent(msgspec.Struct, frozen=True):
    """What the merchant told us, without personal data.

    `commitment` is SHA-256 over a salt and the personal part; both lie in the vault, so erasing them leaves
    a hash that proves nothing about anyone.
    """

    merchant: MerchantId
    external_id: str
    hub: HubId
    service: str
    person: PersonId
    place: PlaceId
    ready_at: Instant
    placed_at: Instant
    requested: Window | None
    parcels: tuple[Parcel, ...]
    weight_g: Grams
    volume_ml: Millilitres
    value: Money | None
    handling: tuple[Handling, ...]
    temp_min_c: int | None
    temp_max_c: int | None
    commitment: str

    @property
    def longest_mm(self) -> int:
        """The longest side of its parcels; 0 where nobody said."""
        return max((max(p.length_mm, p.width_mm, p.height_mm) for p in self.parcels), default=0)


class UndeliveredOutcome(StrEnum):
    """How an order ended that was not delivered, or not all of it."""

    returned = "returned"
    lost = "lost"
    partially_delivered = "partially_delivered"


class OrderCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("order")):
    """Addressed to one order."""

    order: OrderId

    def stream(self) -> StreamId:
        """The order's own stream."""
        return StreamId(f"order/{self.order}")


class PlaceOrder(OrderCommand, frozen=True):
    """Take an order on; `unresolved` says why its address is no place yet."""

    content: OrderContent
    content_hash: str
    unresolved: str | None = None
    batch: ImportId | None = None


class ResolveAddress(OrderCommand, frozen=True):
    """Say where the order's address is, after all."""

    place: PlaceId
    commitment: str


class AmendOrder(OrderCommand, frozen=True):
    """Replace what the merchant told us; `fields` are the names that differ."""

    content: OrderContent
    content_hash: str
    fields: tuple[str, ...]
    expected_version: int
    unresolved: str | None = None


class PromiseOrder(OrderCommand, frozen=True):
    """Bind the order to its confirmed promise and the delivery that will keep it."""

    promise: PromiseId
    delivery: DeliveryId
    window: Window


class DeclineOrder(OrderCommand, frozen=True):
    """Record that no window could be promised, and why."""

    reasons: tuple[str, ...]


class ReleaseOrder(OrderCommand, frozen=True):
    """Hand the order to the hub floor; from here on an import can no longer be undone."""


class CancelOrder(OrderCommand, frozen=True):
    """Stop the order before it leaves the hub."""

    by: str
    reason: str


class FulfilOrder(OrderCommand, frozen=True):
    """Close the order as delivered."""

    delivery: DeliveryId


class CloseUndelivered(OrderCommand, frozen=True):
    """Close the order as returned, lost, or partially delivered."""

    outcome: UndeliveredOutcome


class OrderEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("order")):
    """A fact about one order."""

    order: OrderId


class OrderPlaced(OrderEvent, frozen=True, tag="order.placed"):
    """The order was taken on."""

    content: OrderContent
    content_hash: str
    batch: ImportId | None


class AddressUnresolved(OrderEvent, frozen=True):
    """The address is no place yet; the order waits for a person, never for a guess."""

    reason: str


class AddressResolved(OrderEvent, frozen=True):
    """The address is a place now."""

    place: PlaceId
    commitment: str


class OrderAmended(OrderEvent, frozen=True, tag="order.amended"):
    """The merchant changed these fields."""

    content: OrderContent
    content_hash: str
    fields: tuple[str, ...]


class OrderPromised(OrderEvent, frozen=True, tag="order.promised"):
    """The shopper has a window, and a delivery stands behind it."""

    promise: PromiseId
    delivery: DeliveryId
    window: Window


class OrderDeclined(OrderEvent, frozen=True, tag="order.declined"):
    """No window could be promised: a recorded refusal."""

    reasons: tuple[str, ...]


class OrderReleased(OrderEvent, frozen=True, tag="order.released"):
    """The hub may pick, sort and load it."""


class OrderCancelled(OrderEvent, frozen=True, tag="order.cancelled"):
    """Stopped before it left."""

    by: str
    reason: str


class OrderFulfilled(OrderEvent, frozen=True, tag="order.fulfilled"):
    """Delivered: the end."""

    delivery: DeliveryId


class OrderUndelivered(OrderEvent, frozen=True, tag="order.undelivered"):
    """Returned, lost, or only a part of it delivered: the end."""

    outcome: UndeliveredOutcome


AnyOrderEvent = (
    OrderPlaced
    | AddressUnresolved
    | AddressResolved
    | OrderAmended
    | OrderPromised
    | OrderDeclined
    | OrderReleased
    | OrderCancelled
    | OrderFulfilled
    | OrderUndelivered
)
AnyOrderCommand = (
    PlaceOrder
    | ResolveAddress
    | AmendOrder
    | PromiseOrder
    | DeclineOrder
    | ReleaseOrder
    | CancelOrder
    | FulfilOrder
    | CloseUndelivered
)
