"""What follows a failed attempt: policy says reattempt, hold or return, and someone owns it."""

from typing import Final, assert_never

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.policy.attempts import Then
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    BackAtHub,
    Delivered,
    DeliveryAssigned,
    DeliveryCancelled,
    DeliveryHeld,
    HoldDelivery,
    ReattemptScheduled,
    ReturnStarted,
    ScheduleReattempt,
    StartReturn,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, Reasoned, SetTimer, Wake
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

DAY_S: Final = 86_400
PLAN_REATTEMPT: Final = "plan_reattempt"
"""The task that finds the next attempt a van; its subject is the delivery."""
REATTEMPT_LOOKS_S: Final = (57_600, 43_200, 21_600, 10_800)
"""Seconds before the next attempt's window at which the planner looks for a van."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The delivery's next state and the case that watches over it."""
    match record.data:
        case ReattemptScheduled(delivery=delivery_id, window=window):
            # The roster of that day may not stand yet: each look finds the delivery planned, or plans it.
            return tuple(
                SetTimer(
                    f"reattempt/{delivery_id}/{lead_s}",
                    max(after(window.start, -lead_s), record.recorded_at),
                    Wake(PLAN_REATTEMPT, delivery_id),
                )
                for lead_s in REATTEMPT_LOOKS_S
            )
        case DeliveryHeld(delivery=delivery_id, key=key, reason=reason, until=until):
            over = StartReturn(delivery_id, f"over/{key}", until, f"held until the end: {reason}")
            return (SetTimer(f"held/{delivery_id}", until, over, book.attempts.because("hold_days")),)
        case DeliveryAssigned(delivery=delivery_id) | ReturnStarted(delivery=delivery_id):
            return (CancelTimer(f"held/{delivery_id}"),)
        case Delivered(delivery=delivery_id) | DeliveryCancelled(delivery=delivery_id):
            return (CancelTimer(f"held/{delivery_id}"),)
        case AttemptFailed() as failure:
            return _after_failure(failure, look(record.stream), record.recorded_at, book)
        case BackAtHub() as back:
            return _after_return(back, look(record.stream), book)
        case _:
            return ()


def _after_failure(
    failure: AttemptFailed, delivery: DeliveryState, learned_at: Instant, book: PolicyBook
) -> tuple[Consequence, ...]:
    created = delivery.created
    assert created is not None, "only a delivery that was created is attempted"
    key = f"after/{failure.key}"
    if failure.reason is Reason.vehicle_breakdown:
        # The route's own case owns a breakdown; the planner finds each delivery another van.
        until = after(failure.at, book.attempts.hold_days * DAY_S)
        because = book.attempts.because(f"reason.{failure.reason}.then")
        return (
            Reasoned(HoldDelivery(failure.delivery, key, failure.at, "vehicle_breakdown", until), because),
        )
    # What a carrier has is decided on when it is back.
    follows = () if failure.said else (_next_step(failure.reason, key, failure.at, delivery, book),)
    number = failure.attempt or delivery.attempts_physical + delivery.attempts_claimed
    return (
        *follows,
        open_case(
            book, CaseKind.failed_attempt, (failure.delivery, str(number)),
            subject=CaseSubject(created.order, failure.delivery, failure.route),
            # A carrier tells late: whoever owns it has the time from when we learned.
            at=learned_at if failure.said else failure.at, breach_at=created.window.end,
            happened=f"attempt {number} failed: {failure.reason}"
            + ("" if failure.physical else f"; not physical, it lacks {', '.join(failure.lacking)}"),
            why=str(failure.reason),
        ),
    )  # fmt: skip


def _next_step(
    reason: Reason, key: str, at: Instant, delivery: DeliveryState, book: PolicyBook
) -> Consequence:
    """What policy lets follow a failure for this reason."""
    created = delivery.created
    assert created is not None, "only a delivery that was created is attempted"
    then, because = book.attempts.rule(reason).then, book.attempts.because(f"reason.{reason}.then")
    if delivery.attempts_physical >= book.attempts.physical_max and then is Then.reattempt:
        then, because = Then.send_back, book.attempts.because("physical_max")
    match then:
        case Then.reattempt:
            window = Window(after(created.window.start, DAY_S), after(created.window.end, DAY_S))
            return Reasoned(ScheduleReattempt(created.delivery, key, at, window), because)
        case Then.hold:
            until = after(at, book.attempts.hold_days * DAY_S)
            return Reasoned(HoldDelivery(created.delivery, key, at, str(reason), until), because)
        case Then.send_back:
            return Reasoned(StartReturn(created.delivery, key, at, str(reason)), because)
        case _:
            assert_never(then)


def _after_return(back: BackAtHub, delivery: DeliveryState, book: PolicyBook) -> tuple[Consequence, ...]:
    """At the hub again: what the last failure asks for follows now."""
    if delivery.created is None or not delivery.waiting:
        return ()
    failures = [event for event in delivery.evidence if isinstance(event, AttemptFailed)]
    reason = failures[-1].reason if failures else Reason.no_attempt
    return (_next_step(reason, f"after/{back.key}", back.at, delivery, book),)
