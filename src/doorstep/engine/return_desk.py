"""Returns: asked for within policy, handed in by scan, received, inspected, disposed of, paid back once."""

from collections.abc import Iterator
from typing import Final

from doorstep.engine.collection_desk import CollectionDesk
from doorstep.engine.desk import Desk, Origin
from doorstep.engine.planner import Planner
from doorstep.engine.ports.blobs import BlobMissingError, Blobs
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.return_ import LET_GO, ReturnState, owed
from doorstep.vocabulary.delivery import ParcelOutcome
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import HubId, OrderId, ParcelId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.return_ import (
    AnyReturnCommand,
    AuthoriseReturn,
    CancelReturn,
    CloseReturn,
    Condition,
    DeclineReturn,
    DisposeReturn,
    Disposition,
    DropOffReturn,
    InspectReturn,
    ReceiveReturn,
    RefundReturn,
    RequestReturn,
    ReturnedGoods,
    ReturnReason,
    ReturnRequested,
)
from doorstep.vocabulary.units import Instant

_NOT_DELIVERED: Final = "only what was handed over can come back"


class ReturnIndex:
    """Every return in the sequence of the log, and those of each order; a projection of the log."""

    def __init__(self) -> None:
        self._asked: list[ReturnId] = []
        self._of: dict[OrderId, list[ReturnId]] = {}

    def apply(self, record: Record) -> None:
        """Follow the log."""
        match record.data:
            case ReturnRequested(return_id=return_id, goods=goods):
                self._asked.append(return_id)
                self._of.setdefault(goods.order, []).append(return_id)
            case _:
                pass

    def of(self, order: OrderId) -> tuple[ReturnId, ...]:
        """An order's returns."""
        return tuple(self._of.get(order, ()))

    def after(self, key: str) -> Iterator[tuple[str, ReturnId]]:
        """The returns behind a page's last sort key, each under its own."""
        start = int(key) + 1 if key.isdecimal() else 0
        for index in range(start, len(self._asked)):
            yield f"{index:012d}", self._asked[index]


class ReturnDesk:
    """One method a step; each returns the refusal, or None when it stands."""

    def __init__(
        self, desk: Desk, planner: Planner, blobs: Blobs, index: ReturnIndex, collections: CollectionDesk
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._blobs = blobs
        self._collections = collections
        self.index = index

    def state(self, return_id: ReturnId) -> ReturnState | None:
        """A return, if there is one."""
        state: ReturnState | None = self._desk.state("return", return_id)
        return state

    def of(self, order: OrderId) -> tuple[ReturnState, ...]:
        """An order's returns, as they were asked for."""
        found = (self.state(return_id) for return_id in self.index.of(order))
        return tuple(state for state in found if state is not None)

    def owed(self, state: ReturnState) -> Money | None:
        """What policy pays back; None before the inspection, or where the order never said a value."""
        return owed(state, self._desk.book)

    def request(
        self, order: OrderState, parcels: tuple[ParcelId, ...], reason: ReturnReason, by: str, origin: Origin
    ) -> ReturnId | Refusal:
        """Ask for parcels of an order to come back; all of them where none is named."""
        # Under one lock, so that two requests at once never take the same parcel.
        with self._planner.lock:
            chosen = tuple(dict.fromkeys(parcels)) or tuple(parcel.id for parcel in order.content.parcels)
            goods = self._goods(order, chosen)
            if isinstance(goods, Refusal):
                return goods
            return_id = ReturnId(self._desk.mint("ret"))
            command = RequestReturn(return_id, origin.at, goods, reason, by)
            return self._desk.together([command], origin) or return_id

    def authorise(self, state: ReturnState, by: str, expected: int, origin: Origin) -> Refusal | None:
        """The goods may come back."""
        return self._take(AuthoriseReturn(state.id, origin.at, by), expected, origin)

    def decline(self, state: ReturnState, why: str, by: str, expected: int, origin: Origin) -> Refusal | None:
        """The goods may not come back."""
        return self._take(DeclineReturn(state.id, origin.at, why, by), expected, origin)

    def cancel(self, state: ReturnState, why: str, by: str, origin: Origin) -> Refusal | None:
        """The shopper keeps the goods."""
        return self._instead(state, CancelReturn(state.id, origin.at, why, by), by, origin)

    def drop_off(
        self, state: ReturnState, hub: HubId, parcels: tuple[ParcelId, ...], origin: Origin
    ) -> Refusal | None:
        """Each parcel was scanned at a hub's counter."""
        return self._instead(state, DropOffReturn(state.id, origin.at, hub, parcels), origin.actor, origin)

    def _instead(
        self, state: ReturnState, command: AnyReturnCommand, by: str, origin: Origin
    ) -> Refusal | None:
        """A step that makes a booked visit needless gives it up in the same commit."""
        if state.at_door:
            return Refusal("driver_at_door", "the driver is at the door")
        why = "the goods do not wait for a van any more"
        with self._planner.lock:
            given_up = self._collections.release_commands(state, why, by, origin.at)
            return self._desk.together([*given_up, command], origin)

    def receive(self, state: ReturnState, by: str, origin: Origin) -> Refusal | None:
        """The parcels lie at the returns bench."""
        return self._desk.together([ReceiveReturn(state.id, origin.at, by)], origin)

    def put_photo(self, state: ReturnState, content: bytes) -> str:
        """Keep a picture of the goods under the shopper's key; returns its hash."""
        order: OrderState = self._desk.state("order", state.goods.order)
        return self._blobs.put(content, order.content.person)

    def inspect(
        self, state: ReturnState, condition: Condition, photos: tuple[str, ...], by: str, origin: Origin
    ) -> Refusal | None:
        """How the goods are; pictures are named by the hashes under which they were put before."""
        order: OrderState = self._desk.state("order", state.goods.order)
        for sha256 in photos:
            try:
                self._blobs.get(sha256, order.content.person)
            except BlobMissingError:
                return Refusal("photo_not_sent", f"no picture {sha256} was sent", ("photos",))
        return self._desk.together([InspectReturn(state.id, origin.at, condition, photos, by)], origin)

    def dispose(
        self, state: ReturnState, disposition: Disposition | None, by: str, expected: int, origin: Origin
    ) -> Refusal | None:
        """What becomes of the goods; what policy says for their condition where nobody says otherwise."""
        return self._take(DisposeReturn(state.id, origin.at, disposition, by), expected, origin)

    def refund(
        self, state: ReturnState, amount: Money | None, by: str, expected: int, origin: Origin
    ) -> Refusal | None:
        """Money back, once; what policy owes where no amount is said."""
        return self._take(RefundReturn(state.id, origin.at, amount, by), expected, origin)

    def close(self, state: ReturnState, why: str, by: str, expected: int, origin: Origin) -> Refusal | None:
        """The end without money back."""
        return self._take(CloseReturn(state.id, origin.at, why, by), expected, origin)

    def _take(self, command: AnyReturnCommand, expected: int, origin: Origin) -> Refusal | None:
        return self._desk.together([command], origin, expected={command.stream(): expected})

    def _goods(self, order: OrderState, parcels: tuple[ParcelId, ...]) -> ReturnedGoods | Refusal:
        """What would come back, if each parcel was handed over and is in no other return."""
        mine = {parcel.id for parcel in order.content.parcels}
        foreign = sorted(set(parcels) - mine)
        if foreign:
            detail = f"not of this order: {', '.join(foreign[:5])}"
            return Refusal("parcel_not_of_order", detail, ("parcels",))
        under_way = {
            parcel
            for other in self.of(order.id)
            if other.status not in LET_GO
            for parcel in other.goods.parcels
        }
        if taken := sorted(under_way & set(parcels)):
            detail = f"in another return already: {', '.join(taken[:5])}"
            return Refusal("parcel_in_return", detail, ("parcels",))
        delivered_at = self._delivered_at(order, parcels)
        if delivered_at is None:
            return Refusal("not_delivered", _NOT_DELIVERED, ("parcels",))
        content, value = order.content, order.content.value
        # Rounded down, so that all returns of an order together never pay back more than it is worth.
        share = value and Money(value.minor * len(parcels) // len(mine), value.currency)
        return ReturnedGoods(order.id, content.merchant, content.service, parcels, delivered_at, share)

    def _delivered_at(self, order: OrderState, parcels: tuple[ParcelId, ...]) -> Instant | None:
        """When the last of these parcels was handed over; None where one was not."""
        delivery: DeliveryState | None = (
            self._desk.state("delivery", order.delivery) if order.delivery else None
        )
        if delivery is None:
            return None
        handed = all(delivery.outcomes.get(parcel) is ParcelOutcome.delivered for parcel in parcels)
        times = [handoff.at for handoff in delivery.handoffs if set(handoff.parcels) & set(parcels)]
        return max(times) if handed and times else None
