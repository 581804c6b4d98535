"""The life of an order.

address_case ──▶ placed ──▶ promised ──▶ released ──▶ fulfilled
     │             │  ▲         │            └──────▶ undelivered (returned, lost)
     │             ▼  │         │
     │          declined        │
     └─────────────┴────────────┴──▶ cancelled
"""

from enum import StrEnum
from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, ImportId, OrderId, PromiseId
from doorstep.vocabulary.order import (
    AddressResolved,
    AddressUnresolved,
    AmendOrder,
    AnyOrderCommand,
    AnyOrderEvent,
    CancelOrder,
    CloseUndelivered,
    DeclineOrder,
    FulfilOrder,
    OrderAmended,
    OrderCancelled,
    OrderContent,
    OrderDeclined,
    OrderFulfilled,
    OrderPlaced,
    OrderPromised,
    OrderReleased,
    OrderUndelivered,
    PlaceOrder,
    PromiseOrder,
    ReleaseOrder,
    ResolveAddress,
    UndeliveredOutcome,
)
from doorstep.vocabulary.windows import Window


class OrderStatus(StrEnum):
    """Where an order stands."""

    address_case = "address_case"
    placed = "placed"
    declined = "declined"
    promised = "promised"
    released = "released"
    fulfilled = "fulfilled"
    undelivered = "undelivered"
    cancelled = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing more can happen to it; a declined order may still be amended and asked again."""
        return self in _TERMINAL


_TERMINAL = frozenset({OrderStatus.fulfilled, OrderStatus.undelivered, OrderStatus.cancelled})
_BEFORE_RELEASE = frozenset(
    {OrderStatus.address_case, OrderStatus.placed, OrderStatus.declined, OrderStatus.promised}
)


class OrderState(msgspec.Struct, frozen=True):
    """An order as its events tell it; `version` counts them.

    `unresolved_version` is the version at which its address last was no place.
    """

    id: OrderId
    version: int
    status: OrderStatus
    content: OrderContent
    content_hash: str
    batch: ImportId | None
    unresolved: str | None = None
    unresolved_version: int = 0
    promise: PromiseId | None = None
    delivery: DeliveryId | None = None
    window: Window | None = None
    declined: tuple[str, ...] = ()
    outcome: UndeliveredOutcome | None = None


def decide(
    state: OrderState | None, command: AnyOrderCommand, book: PolicyBook
) -> tuple[AnyOrderEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    del book
    order = command.order
    if isinstance(command, PlaceOrder):
        if state is not None:
            return Refusal("order_exists", f"order {order} was placed before")
        placed = OrderPlaced(order, command.content, command.content_hash, command.batch)
        return (placed, *_unresolved(order, command.unresolved))
    if state is None:
        return Refusal("order_unknown", f"there is no order {order}")
    status = state.status
    match command:
        case ResolveAddress(place=place, commitment=commitment):
            if status is not OrderStatus.address_case:
                return Refusal("address_known", "the order's address is a place already")
            return (AddressResolved(order, place, commitment),)
        case AmendOrder():
            return _amend(state, command)
        case PromiseOrder(promise=promise, delivery=delivery, window=window):
            if status not in (OrderStatus.placed, OrderStatus.declined, OrderStatus.promised):
                return Refusal("order_not_open", f"an order that is {status} takes no promise")
            return (OrderPromised(order, promise, delivery, window),)
        case DeclineOrder(reasons=reasons):
            if status is not OrderStatus.placed:
                return Refusal("order_not_open", f"an order that is {status} cannot be declined")
            return (OrderDeclined(order, reasons),)
        case ReleaseOrder():
            if status is not OrderStatus.promised:
                return Refusal("order_not_promised", f"an order that is {status} cannot be released")
            return (OrderReleased(order),)
        case CancelOrder(by=by, reason=reason):
            if status.terminal:
                return Refusal("order_closed", f"the order is {status}")
            return (OrderCancelled(order, by, reason),)
        case FulfilOrder(delivery=delivery):
            return () if status is OrderStatus.fulfilled else (OrderFulfilled(order, delivery),)
        case CloseUndelivered(outcome=outcome):
            if status.terminal:
                return Refusal("order_closed", f"the order is {status}")
            return (OrderUndelivered(order, outcome),)
        case _:
            assert_never(command)


def _unresolved(order: OrderId, reason: str | None) -> tuple[AddressUnresolved, ...]:
    return () if reason is None else (AddressUnresolved(order, reason),)


def _amend(state: OrderState, command: AmendOrder) -> tuple[AnyOrderEvent, ...] | Refusal:
    if command.expected_version != state.version:
        return Refusal(
            "version_conflict",
            f"the order is at version {state.version}, not {command.expected_version}",
            command.fields,
        )
    if state.status.terminal:
        return Refusal("order_closed", f"the order is {state.status}")
    if state.status not in _BEFORE_RELEASE:
        return Refusal("order_released", f"an order that is {state.status} can no longer be changed")
    if not command.fields:
        return ()
    amended = OrderAmended(state.id, command.content, command.content_hash, command.fields)
    return (amended, *_unresolved(state.id, command.unresolved))


def evolve(state: OrderState | None, event: AnyOrderEvent) -> OrderState:
    """The state after the event."""
    if isinstance(event, OrderPlaced):
        return OrderState(event.order, 1, OrderStatus.placed, event.content, event.content_hash, event.batch)
    assert state is not None, f"{event} before the order was placed"
    state = msgspec.structs.replace(state, version=state.version + 1)
    replace = msgspec.structs.replace
    match event:
        case AddressUnresolved(reason=reason):
            return replace(
                state, status=OrderStatus.address_case, unresolved=reason, unresolved_version=state.version
            )
        case AddressResolved(place=place, commitment=commitment):
            content = replace(state.content, place=place, commitment=commitment)
            return replace(state, status=OrderStatus.placed, content=content, unresolved=None)
        case OrderAmended(content=content, content_hash=content_hash):
            # What was promised for other content is promised no more; the desk asks anew.
            return replace(
                state, content=content, content_hash=content_hash, status=OrderStatus.placed,
                promise=None, delivery=None, window=None, declined=(), unresolved=None,
            )  # fmt: skip
        case OrderPromised(promise=promise, delivery=delivery, window=window):
            return replace(
                state, status=OrderStatus.promised, promise=promise, delivery=delivery, window=window,
                declined=(),
            )  # fmt: skip
        case OrderDeclined(reasons=reasons):
            return replace(state, status=OrderStatus.declined, declined=reasons)
        case OrderReleased():
            return replace(state, status=OrderStatus.released)
        case OrderCancelled():
            return replace(state, status=OrderStatus.cancelled)
        case OrderFulfilled():
            return replace(state, status=OrderStatus.fulfilled)
        case OrderUndelivered(outcome=outcome):
            return replace(state, status=OrderStatus.undelivered, outcome=outcome)
        case _:
            assert_never(event)
