"""Tracking: what a shopper sees of their order: the window first, then where, what next, and who is on it.

Nobody is named here, neither the driver nor who works a case: a shopper gets roles and times.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderStatus
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.tracking import TrackingState
from doorstep.views.answers import next_attempt, standing_promise
from doorstep.views.order_history import History
from doorstep.views.words import plain
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import AttemptFailed, DeliveryStatus, HandoffMethod
from doorstep.vocabulary.ids import OWN_FLEET, PromiseId
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.tracking import DropPlace
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window


class Tone(StrEnum):
    """How it stands with the promise."""

    on_time = "on_time"
    late = "late"
    done = "done"
    waiting = "waiting"
    stopped = "stopped"


class Helper(msgspec.Struct, frozen=True):
    """The role that is on it, since when, and by when it acts."""

    role: str
    since: Instant
    due_at: Instant


class Tracking(msgspec.Struct, frozen=True):
    """An order as its shopper sees it. `stops_before` is known once the van is near, `proof` at the end."""

    tone: Tone
    status: str
    window: Window | None
    reason: str
    where: str
    next: str
    by: Instant | None
    expected: Instant | None
    stops_before: int | None
    fixing: Helper | None
    delivered_at: Instant | None
    proof: tuple[str, ...]
    place: DropPlace
    promise: PromiseId | None
    closed: str
    """Why the shopper can no longer change the time; empty where they can."""
    closed_to_wishes: str
    """The same of place and instructions."""


_STOPPED: Final = {
    OrderStatus.address_case: (
        "We cannot find the address yet",
        "Support finds the place, then you get a time",
    ),
    OrderStatus.placed: ("No time is promised yet", "You get a time"),
    OrderStatus.declined: ("No delivery time could be promised", "The shop tells you how it goes on"),
    OrderStatus.cancelled: ("The delivery was cancelled", "Nothing: this is the end"),
}
_WHERE: Final = {
    DeliveryStatus.created: "Announced to the hub",
    DeliveryStatus.assigned: "At the hub, on a van's loading list",
    DeliveryStatus.picked_up: "Loaded onto the van",
    DeliveryStatus.out_for_delivery: "On the van, on its way",
    DeliveryStatus.arrived: "At your door",
    DeliveryStatus.attempt_failed: "Coming back to the hub",
    DeliveryStatus.on_hold: "Kept for the next try",
    DeliveryStatus.partially_delivered: "Delivered in part",
    DeliveryStatus.returning: "On its way back to the shop",
    DeliveryStatus.returned: "Back at the shop",
    DeliveryStatus.cancelled: "Cancelled",
    DeliveryStatus.lost: "Lost: nobody can say where it is",
}
_HANDED: Final = {
    HandoffMethod.to_recipient: "Handed over at the door",
    HandoffMethod.to_neighbour: "Handed to a neighbour",
    HandoffMethod.left_at_place: "Left at the place",
}
_NEXT: Final = {
    DeliveryStatus.created: "It is loaded onto a van",
    DeliveryStatus.assigned: "It is loaded onto the van",
    DeliveryStatus.picked_up: "The van leaves the hub",
    DeliveryStatus.out_for_delivery: "The driver comes to your door",
    DeliveryStatus.arrived: "It is handed over",
    DeliveryStatus.attempt_failed: "We decide on another try or the way back",
    DeliveryStatus.on_hold: "We decide on another try or the way back",
    DeliveryStatus.partially_delivered: "We bring the rest, or tell you what became of it",
    DeliveryStatus.returning: "It arrives at the shop",
    DeliveryStatus.lost: "Support and the shop settle it with you",
}
_WHY: Final = {
    CaseKind.predicted_miss: "The van is behind its plan",
    CaseKind.no_capacity: "A van has failed, and we are looking for room on another",
    CaseKind.shortage: "The parcel was not there when the van was loaded",
}
_FAILED: Final = {
    Reason.not_home: "Nobody answered the door",
    Reason.refused: "It was refused at the door",
    Reason.business_closed: "The business was closed",
    Reason.wrong_pin_or_id: "The PIN or the identity could not be shown",
    Reason.underage: "Nobody of age was there",
    Reason.access_denied: "The driver could not get to the door",
    Reason.no_safe_place: "There was no safe place to leave it",
    Reason.address_not_found: "The driver did not find the address",
    Reason.damaged: "The parcel was damaged",
    Reason.out_of_time: "The van ran out of time",
    Reason.vehicle_breakdown: "The van broke down",
    Reason.left_behind: "It was not on the van",
}
_LEFT: Final = frozenset({DeliveryStatus.picked_up, DeliveryStatus.out_for_delivery, DeliveryStatus.arrived})
_OVER: Final = frozenset(
    {
        DeliveryStatus.delivered, DeliveryStatus.returning, DeliveryStatus.returned,
        DeliveryStatus.cancelled, DeliveryStatus.lost,
    }
)  # fmt: skip


def track(
    history: History,
    wishes: TrackingState | None,
    roles: Mapping[CaseKind, str],
    now: Instant,
    forecast: tuple[Instant | None, int | None],
) -> Tracking:
    """The shopper's view; `forecast` is the live plan's arrival and how many doors come before."""
    order, delivery = history.order, history.delivery
    promise = standing_promise(history)
    again = next_attempt(delivery)
    window = again or (promise.window if promise else order.window)
    expected, ahead = forecast
    place = wishes.place.place if wishes and wishes.place else DropPlace.door
    stopped = _STOPPED.get(order.status)
    if stopped is not None or delivery is None:
        where, onward = stopped or ("Promised, not at the hub yet", "It comes to the hub")
        status, tone = order.status.value, Tone.stopped if stopped else Tone.on_time
        reason, closed, shut = where, "The order is not on its way", "The order is not on its way"
        delivered_at = by = None
        proof: tuple[str, ...] = ()
    else:
        status = delivery.status.value
        where, onward, by = _where(delivery), _onward(delivery, again), _by(delivery, window, expected)
        tone, reason = _standing(history, delivery, window, now, expected)
        closed, shut = _closed(order.status, delivery, promise), _closed_to_wishes(delivery)
        delivered_at = delivery.delivered.at if delivery.delivered else None
        proof = tuple(p.sha256 for p in history.proofs() if p.sha256) if delivery.delivered else ()
    return Tracking(
        tone=tone, status=status, window=window, reason=reason, where=where, next=onward, by=by,
        expected=expected if delivered_at is None else None,
        stops_before=ahead if delivered_at is None else None,
        fixing=_fixing(history, roles), delivered_at=delivered_at, proof=proof, place=place,
        promise=promise.id if promise else None, closed=closed, closed_to_wishes=shut,
    )  # fmt: skip


def _where(delivery: DeliveryState) -> str:
    if delivery.delivered is not None and delivery.status is DeliveryStatus.delivered:
        return _HANDED[delivery.delivered.method]
    return _WHERE.get(delivery.status, plain(delivery.status).capitalize())


def _onward(delivery: DeliveryState, again: Window | None) -> str:
    if again is not None and delivery.status not in _LEFT:
        return "We try again"
    return _NEXT.get(delivery.status, "Nothing: this is the end")


def _by(delivery: DeliveryState, window: Window | None, expected: Instant | None) -> Instant | None:
    if delivery.status in _OVER or window is None:
        return None
    if delivery.status in (DeliveryStatus.out_for_delivery, DeliveryStatus.arrived):
        return expected or window.end
    return window.start


def _standing(
    history: History, delivery: DeliveryState, window: Window | None, now: Instant, expected: Instant | None
) -> tuple[Tone, str]:
    """On time or late, with the reason in plain words."""
    if delivery.delivered is not None:
        late = window is not None and delivery.delivered.at > window.end
        return Tone.done, "Delivered after the promised time" if late else "Delivered on time"
    if delivery.status in _OVER:
        return Tone.stopped, _where(delivery)
    failures = [event for event in delivery.evidence if isinstance(event, AttemptFailed)]
    if failures and delivery.status not in _LEFT:
        last = max(failures, key=lambda event: (event.at, event.seq))
        return Tone.waiting, _FAILED.get(last.reason, "We could not deliver it")
    overdue = window is not None and (now > window.end or (expected is not None and expected > window.end))
    open_kinds = [case.kind for case in history.cases.values() if case.open]
    why = next((_WHY[kind] for kind in _WHY if kind in open_kinds), None)
    if overdue or why is not None:
        return Tone.late, why or "The van is behind its plan"
    return Tone.on_time, "On time"


def _fixing(history: History, roles: Mapping[CaseKind, str]) -> Helper | None:
    open_cases = [case for case in history.cases.values() if case.open]
    case = min(open_cases, key=lambda case: (case.due_at, case.id), default=None)
    if case is None:
        return None
    return Helper(plain(roles[case.kind]), case.claimed_at or case.opened_at, case.due_at)


def _closed(status: OrderStatus, delivery: DeliveryState, promise: PromiseState | None) -> str:
    """Why the time can no longer be changed."""
    if delivery.delivered is not None:
        return "It is delivered"
    if delivery.status in _OVER:
        return "It is no longer on its way to you"
    if delivery.status is DeliveryStatus.arrived:
        return "The driver is at your door"
    if delivery.status in (DeliveryStatus.picked_up, DeliveryStatus.out_for_delivery):
        return "It is on the van already"
    if delivery.status is DeliveryStatus.assigned or status is OrderStatus.released:
        held = delivery.status in (DeliveryStatus.on_hold, DeliveryStatus.attempt_failed)
        return "Support sets the next try with you" if held else "The van is being loaded"
    fixed = promise is None or promise.carrier != OWN_FLEET
    return "Another carrier has it, and its time is fixed" if fixed else ""


def _closed_to_wishes(delivery: DeliveryState) -> str:
    """Why place and instructions can no longer be changed."""
    if delivery.delivered is not None:
        return "It is delivered"
    if delivery.status in _OVER:
        return "It is no longer on its way to you"
    return "The driver is at your door" if delivery.status is DeliveryStatus.arrived else ""
