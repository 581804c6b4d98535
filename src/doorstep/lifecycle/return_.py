"""The life of a return.

    requested ─▶ authorised ─────────────▶ dropped_off ─▶ received ─▶ inspected ─▶ disposed ─▶ refunded
        │          │  ▲   │                                  ▲                         └─────▶ closed
        │          │  │   └▶ booked ─▶ collected ────────────┘
        │          │  └───────┘ (failed, or given up)
        ├─▶ declined
        └─▶ cancelled (also from authorised and booked)

Each step has a due time from the policy. One that is late is noted once and may still be done. From the
counter, or the driver's hands, on the goods are with us, and the return ends with money back, or without it
and with a reason. What a command leads to is in `return_rules`.
"""

from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.collection import Collection, Visit
from doorstep.vocabulary.ids import HubId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.return_ import (
    AnyReturnEvent,
    CollectionBooked,
    CollectionFailed,
    CollectionReleased,
    CollectorArrived,
    Condition,
    Disposition,
    ReturnAuthorised,
    ReturnCancelled,
    ReturnClosed,
    ReturnCollected,
    ReturnDeclined,
    ReturnDisposed,
    ReturnDroppedOff,
    ReturnedGoods,
    ReturnInspected,
    ReturnOverdue,
    ReturnReason,
    ReturnReceived,
    ReturnRefunded,
    ReturnRequested,
    ReturnStatus,
)
from doorstep.vocabulary.units import Instant

ENDS: Final = frozenset(
    {ReturnStatus.declined, ReturnStatus.refunded, ReturnStatus.closed, ReturnStatus.cancelled}
)
LET_GO: Final = frozenset({ReturnStatus.declined, ReturnStatus.cancelled})
"""Ends after which the same parcels may be asked for again."""


class ReturnState(msgspec.Struct, frozen=True):
    """A return as its events tell it; `due_at` is when its next step is due, `version` counts its events.

    `collection` is the visit that is booked, `visits` are those that a van has made, `bookings` counts all
    that were ever booked, and `failures` those at which nobody gave anything to the driver. `overdue_at`
    says when each of the `overdue` was noted, for a return may wait for the same step more than once.
    """

    id: ReturnId
    goods: ReturnedGoods
    reason: ReturnReason
    requested_at: Instant
    status: ReturnStatus
    since: Instant
    due_at: Instant | None
    version: int = 1
    hub: HubId | None = None
    condition: Condition | None = None
    photos: tuple[str, ...] = ()
    disposition: Disposition | None = None
    refund: Money | None = None
    overdue: tuple[ReturnStatus, ...] = ()
    overdue_at: tuple[Instant, ...] = ()
    why: str = ""
    collection: Collection | None = None
    visits: tuple[Visit, ...] = ()
    bookings: int = 0
    failures: int = 0

    @property
    def open(self) -> bool:
        """Whether a step is still to come."""
        return self.status not in ENDS

    @property
    def noted(self) -> bool:
        """Whether it was noted that what follows now is late."""
        return any(
            late is self.status and at >= self.since
            for late, at in zip(self.overdue, self.overdue_at, strict=True)
        )

    @property
    def at_door(self) -> bool:
        """Whether a driver stands at the door for it now."""
        return self.status is ReturnStatus.booked and bool(self.visits) and self.visits[-1].ended_at is None


def owed(state: ReturnState, book: PolicyBook) -> Money | None:
    """What policy pays back for the goods as they were found; None before that, or without a value."""
    if state.condition is None or state.goods.value is None:
        return None
    fee = Money(book.returns.shopper_fee_minor, book.tariffs.currency)
    return book.returns.refund(state.goods.value, state.reason, state.condition, fee)


def evolve(state: ReturnState | None, event: AnyReturnEvent) -> ReturnState:
    """The return after the event."""
    if isinstance(event, ReturnRequested):
        return ReturnState(
            event.return_id,
            event.goods,
            event.reason,
            event.at,
            ReturnStatus.requested,
            event.at,
            event.due_at,
        )
    assert state is not None, "a return begins with its request"
    state = msgspec.structs.replace(state, version=state.version + 1)
    replace, status = msgspec.structs.replace, ReturnStatus
    match event:
        case ReturnAuthorised(due_at=due_at):
            return replace(state, status=status.authorised, since=event.at, due_at=due_at)
        case ReturnDroppedOff(hub=hub, due_at=due_at):
            return replace(state, status=status.dropped_off, since=event.at, due_at=due_at, hub=hub)
        case CollectionBooked() | CollectionReleased() | CollectorArrived():
            return _visited(state, event)
        case ReturnCollected() | CollectionFailed():
            return _visited(state, event)
        case ReturnReceived(due_at=due_at, hub=hub):
            return replace(state, status=status.received, since=event.at, due_at=due_at, hub=hub or state.hub)
        case ReturnInspected(condition=condition, photos=photos, due_at=due_at):
            return replace(
                state, status=status.inspected, since=event.at, due_at=due_at, condition=condition,
                photos=photos,
            )  # fmt: skip
        case ReturnDisposed(disposition=disposition, due_at=due_at):
            return replace(
                state, status=status.disposed, since=event.at, due_at=due_at, disposition=disposition
            )
        case ReturnRefunded(amount=amount):
            return replace(state, status=status.refunded, since=event.at, due_at=None, refund=amount)
        case ReturnDeclined(why=why):
            return replace(state, status=status.declined, since=event.at, due_at=None, why=why)
        case ReturnCancelled(why=why):
            return replace(state, status=status.cancelled, since=event.at, due_at=None, why=why)
        case ReturnClosed(why=why):
            return replace(state, status=status.closed, since=event.at, due_at=None, why=why)
        case ReturnOverdue(status=late):
            return replace(state, overdue=(*state.overdue, late), overdue_at=(*state.overdue_at, event.at))
        case _:
            assert_never(event)


def _visited(
    state: ReturnState,
    event: CollectionBooked | CollectionReleased | CollectorArrived | ReturnCollected | CollectionFailed,
) -> ReturnState:
    """The visits of vans: booked, given up, at the door, and how they ended."""
    replace, status, at = msgspec.structs.replace, ReturnStatus, event.at
    match event:
        case CollectionBooked(collection=collection, due_at=due_at):
            return replace(
                state, status=status.booked, since=at, due_at=due_at, collection=collection,
                bookings=state.bookings + 1,
            )  # fmt: skip
        case CollectionReleased(due_at=due_at):
            return replace(state, status=status.authorised, since=at, due_at=due_at, collection=None)
        case CollectorArrived(delivery=delivery, route=route, window=window, within_radius=within):
            visit = Visit(delivery, route, window, at, within)
            return replace(state, visits=(*_others(state, visit), visit))
        case ReturnCollected(due_at=due_at):
            return replace(_ended(state, at), status=status.collected, since=at, due_at=due_at)
        case CollectionFailed(lacking=lacking, due_at=due_at):
            ended = replace(_ended(state, at), status=status.authorised, since=at, due_at=due_at)
            return replace(ended, failures=state.failures + (not lacking))
        case _:
            assert_never(event)


def _others(state: ReturnState, visit: Visit) -> tuple[Visit, ...]:
    """The visits before; an arrival that is told twice is one."""
    return tuple(one for one in state.visits if one.delivery != visit.delivery)


def _ended(state: ReturnState, at: Instant) -> ReturnState:
    visits = tuple(
        msgspec.structs.replace(one, ended_at=at) if one.ended_at is None else one for one in state.visits
    )
    return msgspec.structs.replace(state, visits=visits, collection=None)
