"""What a promise's clock and a delivery's end mean for promise and order."""

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.promise import PromiseState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryCancelled,
    DeliveryLost,
    DeliveryReturned,
    ProofAdded,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.order import CloseUndelivered, FulfilOrder, UndeliveredOutcome
from doorstep.vocabulary.promise import (
    HoldExpired,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseReleased,
    SettlePromise,
)
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer, Wake
from doorstep.vocabulary.units import Instant, after

EXPIRE_HOLD = "expire_hold"
"""The task that gives a hold's capacity back; its subject is the promise."""
SETTLE_AFTER_S = 60
"""A promise is called missed this long after its window's end: a handoff at the last second counts."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Timers of the promise, its settlement, and the order's end."""
    del book
    match record.data:
        case PromiseHeld(promise=promise, expires_at=expires_at):
            return (SetTimer(f"hold/{promise}", Instant(expires_at + 1), Wake(EXPIRE_HOLD, promise)),)
        case PromiseConfirmed(promise=promise):
            state: PromiseState = look(record.stream)
            assert state.window is not None, "a confirmed promise has a window"
            missed = SettlePromise(promise, PromiseOutcome.missed, None)
            due = SetTimer(f"due/{promise}", after(state.window.end, SETTLE_AFTER_S), missed)
            return (CancelTimer(f"hold/{promise}"), due)
        case PromiseReleased(promise=promise) | HoldExpired(promise=promise):
            return (CancelTimer(f"hold/{promise}"), CancelTimer(f"due/{promise}"))
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
                CancelTimer(f"due/{created.promise}"),
                SettlePromise(created.promise, PromiseOutcome.void, None),
            )
        case _:
            return ()


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
    return (CancelTimer(f"due/{created.promise}"), SettlePromise(created.promise, outcome, handoff.at))


def _end(delivery: DeliveryState, outcome: UndeliveredOutcome) -> tuple[Consequence, ...]:
    if delivery.created is None:
        return ()
    return (
        CancelTimer(f"due/{delivery.created.promise}"),
        SettlePromise(delivery.created.promise, PromiseOutcome.missed, None),
        CloseUndelivered(delivery.created.order, outcome),
    )
