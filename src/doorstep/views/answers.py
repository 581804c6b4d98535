"""The three answers: where is it, what should happen next and by when, and who is fixing it."""

from typing import Final

import msgspec

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderStatus
from doorstep.lifecycle.promise import PromiseState, PromiseStatus
from doorstep.views.order_history import History
from doorstep.views.order_view import Answers, Fixing, Next, Where
from doorstep.views.words import plain
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.custody import Custodian, CustodianKind
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    DeliveryStatus,
    ParcelOutcome,
    ReattemptScheduled,
)
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window

_HELD_BY: Final = {
    CustodianKind.merchant: "with",
    CustodianKind.hub: "at",
    CustodianKind.driver: "on the van of",
    CustodianKind.carrier: "with the carrier",
    CustodianKind.recipient: "with the recipient",
    CustodianKind.neighbour: "with a neighbour",
    CustodianKind.place: "left at the place",
    CustodianKind.unknown: "nobody can say",
}
_NAMED: Final = frozenset(
    {CustodianKind.hub, CustodianKind.driver, CustodianKind.carrier, CustodianKind.merchant}
)
_BEFORE_DELIVERY: Final = {
    OrderStatus.address_case: "Not on its way: the address is no place yet",
    OrderStatus.placed: "Taken on, not promised yet",
    OrderStatus.declined: "Declined: no window could be promised",
    OrderStatus.cancelled: "Cancelled",
}
_END: Final = Next("Nothing: this is the end")
_ON_VAN: Final = frozenset(
    {DeliveryStatus.picked_up, DeliveryStatus.out_for_delivery, DeliveryStatus.arrived}
)
_AGAIN: Final = _ON_VAN | {
    DeliveryStatus.on_hold, DeliveryStatus.partially_delivered, DeliveryStatus.assigned,
    DeliveryStatus.created,
}  # fmt: skip
"""Where a scheduled attempt still lies ahead: neither failed in turn, nor over, nor given up."""
_AT_WORK: Final = frozenset(
    {
        DeliveryStatus.created,
        DeliveryStatus.assigned,
        DeliveryStatus.picked_up,
        DeliveryStatus.out_for_delivery,
        DeliveryStatus.arrived,
    }
)


def three_answers(history: History, now: Instant, expected: Instant | None) -> Answers:
    """The answers from an order's history; `expected` is the live plan's arrival at the door."""
    promise = standing_promise(history)
    window = _window(history, promise)
    again = next_attempt(history.delivery)
    case = _most_urgent(history)
    return Answers(
        order=history.order.id,
        delivery=history.order.delivery,
        where=_where(history),
        next=_next(history, again or window, expected, case),
        fixing=None
        if case is None
        else Fixing(
            case.id, case.kind, case.owner, case.claimed_at or case.opened_at, _step(case, again), case.due_at
        ),
        window=window,
        odds_ppm=promise.odds_ppm if promise else None,
        flags=tuple(_flags(history, window, now, None if again else expected)),
    )


def standing_promise(history: History) -> PromiseState | None:
    """The promise that counts: the last one confirmed."""
    kept = [
        state
        for state in history.promises.values()
        if state.status in (PromiseStatus.confirmed, PromiseStatus.settled)
    ]
    # One that another took the place of is settled as void, perhaps in the same instant.
    last = history.order.promise
    return max(
        kept, key=lambda state: (history.confirmed_at.get(state.id, 0), state.id == last), default=None
    )


def next_attempt(delivery: DeliveryState | None) -> Window | None:
    """The window of another attempt that is scheduled and still lies ahead; None where there is none."""
    if delivery is None or delivery.status not in _AGAIN:
        return None
    if delivery.over or (delivery.waiting and delivery.held_reason != "reattempt"):
        return None
    said = [event for event in delivery.evidence if isinstance(event, ReattemptScheduled | AttemptFailed)]
    last = max(said, key=lambda event: (event.at, event.seq), default=None)
    return last.window if isinstance(last, ReattemptScheduled) else None


def _window(history: History, promise: PromiseState | None) -> Window | None:
    if promise is not None:
        return promise.window
    return history.order.window


def _most_urgent(history: History) -> CaseState | None:
    open_cases = [case for case in history.cases.values() if case.open]
    return min(open_cases, key=lambda case: (case.due_at, case.id), default=None)


def _step(case: CaseState, again: Window | None) -> str:
    """The case's next step; where policy has scheduled the attempt that it asks for, it says so."""
    decided = again is not None and case.kind is CaseKind.failed_attempt
    return f"{case.next_step} (another attempt is scheduled)" if decided else case.next_step


def _where(history: History) -> Where:
    order, delivery = history.order, history.delivery
    if delivery is None or order.status in _BEFORE_DELIVERY:
        text = _BEFORE_DELIVERY.get(order.status, "Promised, not at the hub yet")
        return Where(text, order.status.value)
    last = history.custody[-1] if history.custody else None
    holder = last.holder if last else None
    return Where(_where_text(delivery, holder), delivery.status.value, holder, last.at if last else None)


def _where_text(delivery: DeliveryState, holder: Custodian | None) -> str:
    driver = delivery.driver or "a driver"
    said = {
        DeliveryStatus.out_for_delivery: f"On the van of {driver}, on its way",
        DeliveryStatus.arrived: f"At the door with {driver}",
        DeliveryStatus.on_hold: _on_hold(delivery, holder),
        DeliveryStatus.partially_delivered: _in_part(delivery),
        DeliveryStatus.lost: "Lost",
        DeliveryStatus.returned: "Back at the merchant",
        DeliveryStatus.cancelled: "Cancelled",
    }.get(delivery.status)
    if said is not None:
        return said
    return _capital(_held_by(holder))


def _on_hold(delivery: DeliveryState, holder: Custodian | None) -> str:
    if next_attempt(delivery) is None:
        return f"On hold, {_held_by(holder)}: {plain(delivery.held_reason)}"
    if holder is not None and holder.kind is CustodianKind.driver:
        return f"{_capital(_held_by(holder))}, coming back to the hub"
    return f"{_capital(_held_by(holder))}, waiting for another attempt"


def _in_part(delivery: DeliveryState) -> str:
    """How many of its parcels were handed over, and what became of the others."""
    assert delivery.created is not None, "only a delivery that was created is handed over"
    handed = sum(end is ParcelOutcome.delivered for end in delivery.outcomes.values())
    said = f"Delivered in part: {handed} of {len(delivery.created.parcels)} parcels"
    if delivery.sought:
        return f"{said}, {len(delivery.sought)} missing"
    return said if delivery.over else f"{said}, the rest waits for another attempt"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _held_by(holder: Custodian | None) -> str:
    """Who has the goods; a home is no name to show, only those who work with us are named."""
    if holder is None:
        return "promised, not at the hub yet"
    named = holder.kind in _NAMED
    return f"{_HELD_BY[holder.kind]} {holder.id}" if named else _HELD_BY[holder.kind]


def _next(history: History, window: Window | None, expected: Instant | None, case: CaseState | None) -> Next:
    order, delivery = history.order, history.delivery
    due = case.due_at if case else None
    if order.status is OrderStatus.address_case:
        return Next("Support finds the place, then a window is promised", "order.address_resolved", due)
    if order.status is OrderStatus.placed:
        return Next("A window is promised", "order.promised", due)
    if delivery is None or order.status in _BEFORE_DELIVERY:
        return _END
    if delivery.unproven:
        return Next(f"Missing proof arrives: {', '.join(delivery.missing)}", "delivery.proof_added", due)
    again = next_attempt(delivery)
    if again is not None and delivery.status not in _ON_VAN:
        return Next("Another attempt", "delivery.picked_up", again.start, again, expected)
    start, end = (window.start, window.end) if window else (None, None)
    decided = Next("Another attempt or the return is decided", "delivery.reattempt_scheduled")
    follows: dict[DeliveryStatus, tuple[Next, Instant | None]] = {
        DeliveryStatus.created: (Next("Loaded onto a van", "delivery.picked_up"), start),
        DeliveryStatus.assigned: (Next("Loaded onto a van", "delivery.picked_up"), start),
        DeliveryStatus.picked_up: (Next("The van leaves the hub", "delivery.out_for_delivery"), start),
        DeliveryStatus.out_for_delivery: (Next("The driver arrives", "delivery.arrived"), expected or end),
        DeliveryStatus.arrived: (Next("Handed over at the door", "delivery.delivered"), end),
        DeliveryStatus.attempt_failed: (decided, due),
        DeliveryStatus.on_hold: (decided, due or delivery.held_until),
        DeliveryStatus.partially_delivered: (_END if delivery.over else _rest(delivery), due),
        DeliveryStatus.returning: (Next("Back at the merchant", "delivery.returned"), due),
    }
    step, by = follows.get(delivery.status, (_END, None))
    return msgspec.structs.replace(step, by=by, window=again, expected=expected)


def _rest(delivery: DeliveryState) -> Next:
    if delivery.sought:
        return Next("The missing parcel is found, or written off", "delivery.parcel_found")
    return Next("Another attempt for the rest is decided", "delivery.reattempt_scheduled")


def _flags(history: History, window: Window | None, now: Instant, expected: Instant | None) -> list[str]:
    flags = []
    delivery = history.delivery
    if delivery is not None and window is not None:
        if delivery.delivered is not None:
            if delivery.delivered.at > window.end:
                flags.append("late")
        elif delivery.status in _AT_WORK:
            if now > window.end:
                flags.append("late")
            elif expected is not None and expected > window.end:
                flags.append("at_risk")
    if delivery is not None and delivery.unproven:
        flags.append("unproven")
    if any(case.open and case.told_at is not None for case in history.cases.values()):
        flags.append("told")
    return flags
