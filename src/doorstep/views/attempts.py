"""Attempts: how many were due, how many were made, and what came of the first.

A physical attempt is a handoff, or a failure that lacks nothing policy asks; less is a claimed attempt, and
a breakdown or the like is none. An attempt is due in every due promise's window and in every window of
another attempt that we scheduled. An attempt belongs to the due window nearest in time: from halfway after
the window before to halfway before the next one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from doorstep.views.intervals import Share, share_of
from doorstep.views.period import Period
from doorstep.views.promise_chains import Due
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    Delivered,
    DeliveryCancelled,
    DeliveryCreated,
    DeliveryLost,
    DeliveryReturned,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import DeliveryId, OrderId, ParcelId
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window


class AttemptFigures(msgspec.Struct, frozen=True):
    """Attempts of a period.

    `first_attempt`: everything handed over at the first physical attempt ÷ first physical attempts, by the
    attempt's date. `attempt_compliance`: windows in which an attempt was due and a physical one was made ÷
    windows in which one was due. `on_time_arrival`: of the same windows, those with a physical arrival not
    after their end. `failed_by_reason` counts all failures; `physical_failed`, `claimed`, `none` split them.
    """

    first_attempt: Share
    attempt_compliance: Share
    on_time_arrival: Share
    physical_failed: int
    claimed: int
    none: int
    failed_by_reason: dict[str, int]


@dataclass(slots=True)
class _Visits:
    """What the log tells of one delivery at the door; each piece of evidence once, by its key."""

    order: OrderId | None = None
    parcels: frozenset[ParcelId] = frozenset()
    handoffs: dict[str, Delivered] = field(default_factory=dict)
    failures: dict[str, AttemptFailed] = field(default_factory=dict)
    arrivals: dict[str, Arrived] = field(default_factory=dict)
    scheduled: dict[str, ReattemptScheduled] = field(default_factory=dict)
    ended_at: Instant | None = None

    def physical(self) -> list[Delivered | AttemptFailed]:
        """The physical attempts in the order in which they happened."""
        failures = (failure for failure in self.failures.values() if failure.physical)
        made: list[Delivered | AttemptFailed] = [*self.handoffs.values(), *failures]
        return sorted(made, key=lambda attempt: (attempt.at, attempt.key))

    def completed_by(self, attempt: Delivered | AttemptFailed) -> bool:
        """Whether this attempt alone handed everything over."""
        return isinstance(attempt, Delivered) and self.parcels <= set(attempt.parcels)

    def arrived(self) -> list[Instant]:
        """When the van stood at the door, without visits that were no physical attempt."""
        claimed = {(f.route, f.attempt) for f in self.failures.values() if not f.physical}
        return sorted(
            arrival.at
            for arrival in self.arrivals.values()
            if arrival.within_radius and (arrival.route, arrival.attempt) not in claimed
        )

    def again(self) -> list[Window]:
        """The windows of further attempts that came due: not replaced, not called off before they began."""
        asked = sorted(self.scheduled.values(), key=lambda scheduled: (scheduled.at, scheduled.key))
        ends = [*(later.at for later in asked[1:]), self.ended_at] if asked else []
        return [
            scheduled.window
            for scheduled, ended_at in zip(asked, ends, strict=True)
            if ended_at is None or ended_at >= scheduled.window.start
        ]


class Attempts:
    """A fold over the log."""

    def __init__(self) -> None:
        self._visits: dict[DeliveryId, _Visits] = {}

    def apply(self, record: Record) -> None:
        """Take one event in."""
        event = record.data
        match event:
            case DeliveryCreated(delivery=delivery, order=order, parcels=parcels):
                visits = self._of(delivery)
                visits.order, visits.parcels = order, frozenset(parcels)
            case Arrived(delivery=delivery, key=key):
                self._of(delivery).arrivals[key] = event
            case Delivered(delivery=delivery, key=key):
                self._of(delivery).handoffs[key] = event
            case AttemptFailed(delivery=delivery, key=key):
                self._of(delivery).failures[key] = event
            case ReattemptScheduled(delivery=delivery, key=key):
                self._of(delivery).scheduled[key] = event
            case ReturnStarted() | DeliveryReturned() | DeliveryCancelled() | DeliveryLost():
                visits = self._of(event.delivery)
                visits.ended_at = event.at if visits.ended_at is None else min(event.at, visits.ended_at)
            case _:
                pass

    def _of(self, delivery: DeliveryId) -> _Visits:
        return self._visits.setdefault(delivery, _Visits())

    def summary(self, period: Period, dues: Iterable[Due]) -> AttemptFigures:
        """The figures of the period; `dues` are all promises that count, of whatever period.

        A promise that anyone cancelled before its window began asks for no attempt.
        """
        windows = {
            due.order: due.window
            for due in dues
            if due.left is None and (due.cancelled_at is None or due.cancelled_at >= due.window.start)
        }
        first, kept_first, due_count, made, on_time = 0, 0, 0, 0, 0
        reached: set[OrderId] = set()
        for _, visits in sorted(self._visits.items()):
            physical = visits.physical()
            if physical and period.holds(physical[0].at):
                first += 1
                kept_first += visits.completed_by(physical[0])
            own = [windows[visits.order]] if visits.order in windows and visits.order not in reached else []
            reached.update(() if visits.order is None else (visits.order,))
            for window, attempts, arrivals in _allotted(
                [*own, *visits.again()], [attempt.at for attempt in physical], visits.arrived()
            ):
                if period.holds(window.end) and window.end <= period.as_of:
                    due_count += 1
                    made += bool(attempts)
                    on_time += bool(arrivals) and min(arrivals) <= window.end
        unseen = [window for order, window in windows.items() if order not in reached]
        due_count += sum(period.holds(window.end) and window.end <= period.as_of for window in unseen)
        return self._figures(
            period, share_of(kept_first, first), share_of(made, due_count), share_of(on_time, due_count)
        )

    def _figures(self, period: Period, first: Share, compliance: Share, on_time: Share) -> AttemptFigures:
        failures = [
            failure
            for visits in self._visits.values()
            for failure in visits.failures.values()
            if period.holds(failure.at)
        ]
        none = sum(failure.reason in NO_ATTEMPT for failure in failures)
        physical = sum(failure.physical for failure in failures)
        reasons = sorted(failure.reason.value for failure in failures)
        return AttemptFigures(
            first_attempt=first,
            attempt_compliance=compliance,
            on_time_arrival=on_time,
            physical_failed=physical,
            claimed=len(failures) - physical - none,
            none=none,
            failed_by_reason={reason: reasons.count(reason) for reason in dict.fromkeys(reasons)},
        )


def _allotted(
    windows: list[Window], attempts: list[Instant], arrivals: list[Instant]
) -> list[tuple[Window, list[Instant], list[Instant]]]:
    """Each window with the attempts and the arrivals that are nearest to it."""
    ordered = sorted(windows)
    borders = [(before.end + after.start) // 2 for before, after in pairwise(ordered)]

    def nearest(instant: Instant) -> int:
        return sum(border <= instant for border in borders)

    return [
        (
            window,
            [at for at in attempts if nearest(at) == index],
            [at for at in arrivals if nearest(at) == index],
        )
        for index, window in enumerate(ordered)
    ]
