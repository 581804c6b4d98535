"""What a promise's clock and a delivery's end mean for promise and order."""

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.promise import PromiseState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseOpened, CaseSubject
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    Delivered,
    DeliveryCancelled,
    DeliveryLost,
    DeliveryReturned,
    DeliveryStatus,
    ParcelLost,
    ProofAdded,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import PromiseId
from doorstep.vocabulary.order import CloseUndelivered, FulfilOrder, UndeliveredOutcome
from doorstep.vocabulary.promise import (
    HoldExpired,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseReleased,
    SettlePromise,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer, Wake
from doorstep.vocabulary.units import Instant, after

EXPIRE_HOLD = "expire_hold"
"""The task that gives a hold's capacity back; its subject is the promise."""
SETTLE_AFTER_S = 60
"""A promise is called missed this long after its window's end: a handoff at the last second counts."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Timers of the promise, its settlement, and the order's end."""
    match record.data:
        case PromiseHeld(promise=promise, expires_at=expires_at):
            return (SetTimer(f"hold/{promise}", Instant(expires_at + 1), Wake(EXPIRE_HOLD, promise)),)
        case PromiseConfirmed(promise=promise):
            return (CancelTimer(f"hold/{promise}"), *_clocks(look(record.stream), record.recorded_at, book))
        case PromiseReleased(promise=promise) | HoldExpired(promise=promise):
            return (CancelTimer(f"hold/{promise}"), *_stop_clocks(promise))
        case AttemptFailed(reason=reason) if reason is not Reason.vehicle_breakdown:
            # The failed attempt has its own case; what a broken van had on board is still awaited.
            failed: DeliveryState = look(record.stream)
            return () if failed.created is None else (CancelTimer(f"miss/{failed.created.promise}"),)
        case CaseOpened(kind=CaseKind.no_capacity, subject=subject) if subject.delivery is not None:
            # That the promise will be missed is known, and owned.
            lost: DeliveryState | None = look(StreamId(f"delivery/{subject.delivery}"))
            return (
                () if lost is None or lost.created is None else (CancelTimer(f"miss/{lost.created.promise}"),)
            )
        case ProofAdded():
            return _settle(look(record.stream), look)
        case (
            Delivered() | ParcelLost() | DeliveryReturned() | DeliveryLost() | DeliveryCancelled()
        ) as event:
            return _end(look(record.stream), look, event.at)
        case _:
            return ()


def _clocks(state: PromiseState, now: Instant, book: PolicyBook) -> tuple[Consequence, ...]:
    """Shortly before the window's end whoever still waits is a case, and after it the promise is missed.

    A van whose driver tells nothing moves no other clock than this.
    """
    assert state.window is not None, "a confirmed promise has a window"
    assert state.delivery is not None, "a confirmed promise has a delivery"
    ends = state.window.end
    look_at = max(after(ends, -book.dispatch.predict_miss_s), now)
    watched = open_case(
        book, CaseKind.predicted_miss, (state.delivery,), subject=CaseSubject(state.order, state.delivery),
        at=look_at, breach_at=ends, happened="the window is about to end, and nobody has handed it over",
        why="no handoff and no failed attempt were told",
    )  # fmt: skip
    return (
        SetTimer(f"miss/{state.id}", look_at, watched.command, watched.because),
        SetTimer(
            f"due/{state.id}",
            after(ends, SETTLE_AFTER_S),
            SettlePromise(state.id, PromiseOutcome.missed, None),
        ),
    )


def _stop_clocks(promise: PromiseId) -> tuple[Consequence, ...]:
    return (CancelTimer(f"miss/{promise}"), CancelTimer(f"due/{promise}"))


def _settle(delivery: DeliveryState, look: Look) -> tuple[Consequence, ...]:
    """Kept, missed or unproven, by the first window that the shopper confirmed; not before all is there."""
    created, handoffs = delivery.created, delivery.handoffs
    if created is None or delivery.status is not DeliveryStatus.delivered:
        return ()
    promise: PromiseState = look(StreamId(f"promise/{created.promise}"))
    assert promise.window is not None, "a delivery stands behind a promise with a window"
    if not all(promise.window.holds(handoff.at) for handoff in handoffs):
        outcome = PromiseOutcome.missed
    elif delivery.unproven:
        outcome = PromiseOutcome.unproven
    else:
        outcome = PromiseOutcome.kept
    return (*_stop_clocks(created.promise), SettlePromise(created.promise, outcome, handoffs[-1].at))


def _end(delivery: DeliveryState, look: Look, at: Instant) -> tuple[Consequence, ...]:
    """What the end of each parcel means; while one is under way, nothing has ended."""
    created = delivery.created
    if created is None or not delivery.over:
        return ()
    if delivery.status is DeliveryStatus.delivered:
        return (*_settle(delivery, look), FulfilOrder(created.order, created.delivery))
    promise: PromiseState = look(StreamId(f"promise/{created.promise}"))
    if delivery.status is DeliveryStatus.cancelled:
        # What was missed before someone cancelled it stays missed.
        is_due = promise.window is not None and at > promise.window.end
        outcome = PromiseOutcome.missed if is_due else PromiseOutcome.void
        return (*_stop_clocks(created.promise), SettlePromise(created.promise, outcome, None))
    order: OrderState | None = look(StreamId(f"order/{created.order}"))
    closes = order is not None and not order.status.terminal
    close = CloseUndelivered(created.order, UndeliveredOutcome(delivery.status.value))
    return (
        *_stop_clocks(created.promise),
        SettlePromise(created.promise, PromiseOutcome.missed, None),
        *((close,) if closes else ()),
    )
