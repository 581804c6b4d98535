"""What a promise's clock and a delivery's end mean for promise and order."""

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.promise import PromiseState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseOpened, CaseSubject
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    Delivered,
    DeliveryCancelled,
    DeliveryLost,
    DeliveryReturned,
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
            return (CancelTimer(f"hold/{promise}"), *_clocks(look(record.stream), book))
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
        case Delivered(delivery=delivery):
            state_now: DeliveryState = look(record.stream)
            order = state_now.created.order if state_now.created else None
            ends = () if order is None else (FulfilOrder(order, delivery),)
            return (*_settle(state_now, look), *ends)
        case ProofAdded():
            return _settle(look(record.stream), look)
        case DeliveryReturned():
            return _end(look(record.stream), UndeliveredOutcome.returned)
        case DeliveryLost():
            return _end(look(record.stream), UndeliveredOutcome.lost)
        case DeliveryCancelled():
            created = look(record.stream).created
            if created is None:
                return ()
            return (
                *_stop_clocks(created.promise),
                SettlePromise(created.promise, PromiseOutcome.void, None),
            )
        case _:
            return ()


def _clocks(state: PromiseState, book: PolicyBook) -> tuple[Consequence, ...]:
    """Shortly before the window's end whoever still waits is a case, and after it the promise is missed.

    A van whose driver tells nothing moves no other clock than this.
    """
    assert state.window is not None, "a confirmed promise has a window"
    assert state.delivery is not None, "a confirmed promise has a delivery"
    ends = state.window.end
    look_at = after(ends, -book.dispatch.predict_miss_s)
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
    """Kept, missed or unproven, by the first window that the shopper confirmed."""
    created, handoff = delivery.created, delivery.delivered
    if created is None or handoff is None:
        return ()
    promise: PromiseState = look(StreamId(f"promise/{created.promise}"))
    assert promise.window is not None, "a delivery stands behind a promise with a window"
    if not promise.window.holds(handoff.at):
        outcome = PromiseOutcome.missed
    elif delivery.unproven:
        outcome = PromiseOutcome.unproven
    else:
        outcome = PromiseOutcome.kept
    return (*_stop_clocks(created.promise), SettlePromise(created.promise, outcome, handoff.at))


def _end(delivery: DeliveryState, outcome: UndeliveredOutcome) -> tuple[Consequence, ...]:
    if delivery.created is None:
        return ()
    return (
        *_stop_clocks(delivery.created.promise),
        SettlePromise(delivery.created.promise, PromiseOutcome.missed, None),
        CloseUndelivered(delivery.created.order, outcome),
    )
