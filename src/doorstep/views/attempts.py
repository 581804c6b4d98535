"""Attempts: how many were due, how many were made, and what came of the first.

A physical attempt is a handoff, or a failure that lacks nothing policy asks; less is a claimed attempt, and
a breakdown or the like is none. An attempt is due in every due promise's window and in every window of
another attempt that we scheduled. An attempt belongs to the due window nearest in time: from halfway after
the window before to halfway before the next one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

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
    DeliveryEvent,
    DeliveryLost,
    DeliveryReturned,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, OrderId, ParcelId
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant, seconds_between
from doorstep.vocabulary.windows import Window

VISIT_S_MAX: Final = 600
"""Seconds within which a carrier's handoffs of one delivery are one visit, scanned parcel by parcel."""


class AttemptShares(msgspec.Struct, frozen=True):
    """The three shares of attempts.

    `first_attempt`: everything handed over at the first physical attempt ÷ first physical attempts, by the
    attempt's date. `attempt_compliance`: windows in which an attempt was due and a physical one was made ÷
    windows in which one was due. `on_time_arrival`: of the same windows, those with a physical arrival not
    after their end.
    """

    first_attempt: Share
    attempt_compliance: Share
    on_time_arrival: Share


class AttemptFailures(msgspec.Struct, frozen=True):
    """Failed attempts: physical ones, claimed ones, and failures that count as none."""

    physical: int
    claimed: int
    none: int
    by_reason: dict[str, int]


class FirstAttempt(msgspec.Struct, frozen=True):
    """A delivery's first physical attempt: by whom, and whether it alone handed everything over."""

    order: OrderId | None
    by: CarrierId
    succeeded: bool


class DueAttempt(msgspec.Struct, frozen=True):
    """A window in which an attempt was due, and whether one was made.

    `made_by` is who made the first physical attempt in it, None where nobody did. `scheduled_at` is when
    another attempt was asked for, None in a promise's own window. `delivery` is None where there is none.
    """

    order: OrderId | None
    delivery: DeliveryId | None
    window: Window
    scheduled_at: Instant | None
    made_by: CarrierId | None
    on_time: bool


class Failure(msgspec.Struct, frozen=True):
    """A failed attempt of an order, and whether it was physical."""

    order: OrderId | None
    failed: AttemptFailed
    physical: bool


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
        failures = (failure for failure in self.failures.values() if self.was_physical(failure))
        made: list[Delivered | AttemptFailed] = [*self.handoffs.values(), *failures]
        return sorted(made, key=lambda attempt: (attempt.at, attempt.key))

    def was_physical(self, failure: AttemptFailed) -> bool:
        """As the event says; a carrier's own needs the arrival that somebody measured before it."""
        if failure.said is None or not failure.physical:
            return failure.physical
        before = [arrival for arrival in self.arrivals.values() if _when(arrival) <= _when(failure)]
        return bool(before) and max(before, key=_when).within_radius

    def completed_by(self, attempt: Delivered | AttemptFailed) -> bool:
        """Whether this attempt alone handed everything over; a carrier may tell it parcel by parcel."""
        if isinstance(attempt, AttemptFailed):
            return False
        same = [
            handoff
            for handoff in self.handoffs.values()
            if attempt.said is not None
            and teller(handoff) == attempt.said.carrier
            and 0 <= seconds_between(attempt.at, handoff.at) <= VISIT_S_MAX
        ]
        return self.parcels <= {parcel for handoff in (attempt, *same) for parcel in handoff.parcels}

    def arrived(self) -> list[Instant]:
        """When somebody stood at the door, without visits that were no physical attempt.

        A carrier's handoff with no scan of an arrival before it is its own proof of one.
        """
        claimed = [failure for failure in self.failures.values() if not self.was_physical(failure)]
        driven = {(failure.route, failure.attempt) for failure in claimed if failure.said is None}
        void = {arrival.key for failure in claimed if (arrival := self._before(failure)) is not None}
        stood = [
            arrival.at
            for arrival in self.arrivals.values()
            if arrival.within_radius
            and arrival.key not in void
            and (arrival.said is not None or (arrival.route, arrival.attempt) not in driven)
        ]
        stood += [
            handoff.at
            for handoff in self.handoffs.values()
            if handoff.said is not None
            and not any(_when(arrival) <= _when(handoff) for arrival in self._told_arrivals())
        ]
        return sorted(stood)

    def _told_arrivals(self) -> list[Arrived]:
        return [arrival for arrival in self.arrivals.values() if arrival.said is not None]

    def _before(self, failure: AttemptFailed) -> Arrived | None:
        """The arrival that a carrier's failure ended: its last one before, with no handoff between."""
        if failure.said is None:
            return None
        told = [arrival for arrival in self._told_arrivals() if _when(arrival) <= _when(failure)]
        last = max(told, key=_when, default=None)
        handed = any(last and _when(last) <= _when(one) <= _when(failure) for one in self.handoffs.values())
        return None if handed else last

    def again(self) -> list[ReattemptScheduled]:
        """The further attempts that came due: not replaced, not called off before they began."""
        asked = sorted(self.scheduled.values(), key=lambda scheduled: (scheduled.at, scheduled.key))
        ends = [*(later.at for later in asked[1:]), self.ended_at] if asked else []
        return [
            scheduled
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

    # Reading -----------------------------------------------------------------------------------------

    def firsts(self, period: Period) -> tuple[FirstAttempt, ...]:
        """Each delivery's first physical attempt, of those made in the period."""
        found = []
        for _, visits in sorted(self._visits.items()):
            first = next(iter(visits.physical()), None)
            if first is not None and period.holds(first.at):
                found.append(FirstAttempt(visits.order, teller(first), visits.completed_by(first)))
        return tuple(found)

    def due(self, period: Period, dues: Iterable[Due]) -> tuple[DueAttempt, ...]:
        """The windows of the period in which an attempt was due; `dues` are all promises that count.

        A promise that anyone cancelled before its window began asks for no attempt.
        """
        windows = {
            due.order: due.window
            for due in dues
            if due.left is None and (due.cancelled_at is None or due.cancelled_at >= due.window.start)
        }
        found: list[DueAttempt] = []
        reached: set[OrderId] = set()
        for delivery, visits in sorted(self._visits.items()):
            own = windows.get(visits.order) if visits.order and visits.order not in reached else None
            reached.update(() if visits.order is None else (visits.order,))
            found += _asked(delivery, visits, own)
        found += [
            DueAttempt(order, None, window, None, None, on_time=False)
            for order, window in windows.items()
            if order not in reached
        ]
        return tuple(one for one in found if period.holds(one.window.end) and one.window.end <= period.as_of)

    def failures(self, period: Period) -> tuple[Failure, ...]:
        """Every failure of the period, whatever it counts as."""
        return tuple(
            Failure(visits.order, failure, visits.was_physical(failure))
            for visits in self._visits.values()
            for failure in visits.failures.values()
            if period.holds(failure.at)
        )


def shares(firsts: Sequence[FirstAttempt], due: Sequence[DueAttempt]) -> AttemptShares:
    """The shares over these first attempts and these windows."""
    return AttemptShares(
        first_attempt=share_of(sum(first.succeeded for first in firsts), len(firsts)),
        attempt_compliance=share_of(sum(one.made_by is not None for one in due), len(due)),
        on_time_arrival=share_of(sum(one.on_time for one in due), len(due)),
    )


def counted(failures: Sequence[Failure]) -> AttemptFailures:
    """The failures by what they count as, and by reason."""
    none = sum(failure.failed.reason in NO_ATTEMPT for failure in failures)
    physical = sum(failure.physical for failure in failures)
    reasons = Counter(failure.failed.reason.value for failure in failures)
    return AttemptFailures(physical, len(failures) - physical - none, none, dict(sorted(reasons.items())))


def teller(event: DeliveryEvent) -> CarrierId:
    """Whose evidence it is: the carrier that said it, or else our own people."""
    return OWN_FLEET if event.said is None else event.said.carrier


def _when(event: DeliveryEvent) -> tuple[Instant, int]:
    return event.at, event.seq


def _asked(delivery: DeliveryId, visits: _Visits, own: Window | None) -> list[DueAttempt]:
    """The windows of one delivery, each with the attempts and the arrivals that are nearest to it."""
    asked: list[tuple[Window, Instant | None]] = [] if own is None else [(own, None)]
    asked += [(scheduled.window, scheduled.at) for scheduled in visits.again()]
    asked.sort(key=lambda one: one[0])
    borders = [(before.end + after.start) // 2 for (before, _), (after, _) in pairwise(asked)]

    def nearest(instant: Instant) -> int:
        return sum(border <= instant for border in borders)

    physical, arrivals = visits.physical(), visits.arrived()
    found = []
    for index, (window, scheduled_at) in enumerate(asked):
        made = next((attempt for attempt in physical if nearest(attempt.at) == index), None)
        on_time = any(nearest(at) == index and at <= window.end for at in arrivals)
        made_by = None if made is None else teller(made)
        found.append(DueAttempt(visits.order, delivery, window, scheduled_at, made_by, on_time))
    return found
