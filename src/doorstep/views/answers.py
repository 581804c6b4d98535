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
from doorstep.vocabulary.custody import Custodian, CustodianKind
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window

_HELD_BY: Final = {
    CustodianKind.merchant: "with",
    CustodianKind.hub: "at",
    CustodianKind.driver: "on the van of",
    CustodianKind.recipient: "with the recipient",
    CustodianKind.neighbour: "with a neighbour",
    CustodianKind.place: "left at the place",
    CustodianKind.unknown: "nobody can say",
}
_BEFORE_DELIVERY: Final = {
    OrderStatus.address_case: "Not on its way: the address is no place yet",
    OrderStatus.placed: "Taken on, not promised yet",
    OrderStatus.declined: "Declined: no window could be promised",
    OrderStatus.cancelled: "Cancelled",
}
_END: Final = Next("Nothing: this is the end")
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
    case = _most_urgent(history)
    return Answers(
        order=history.order.id,
        delivery=history.order.delivery,
        where=_where(history),
        next=_next(history, window, expected, case),
        fixing=None
        if case is None
        else Fixing(
            case.id, case.kind, case.owner, case.claimed_at or case.opened_at, case.next_step, case.due_at
        ),
        window=window,
        odds_ppm=promise.odds_ppm if promise else None,
        flags=tuple(_flags(history, window, now, expected)),
    )


def standing_promise(history: History) -> PromiseState | None:
    """The promise that counts: the last one confirmed."""
    kept = [
        state
        for state in history.promises.values()
        if state.status in (PromiseStatus.confirmed, PromiseStatus.settled)
    ]
    return max(kept, key=lambda state: history.confirmed_at.get(state.id, 0), default=None)


def _window(history: History, promise: PromiseState | None) -> Window | None:
    if promise is not None:
        return promise.window
    return history.order.window


def _most_urgent(history: History) -> CaseState | None:
    open_cases = [case for case in history.cases.values() if case.open]
    return min(open_cases, key=lambda case: (case.due_at, case.id), default=None)


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
        DeliveryStatus.on_hold: f"On hold, {_held_by(holder)}: {plain(delivery.held_reason)}",
        DeliveryStatus.lost: "Lost",
        DeliveryStatus.returned: "Back at the merchant",
        DeliveryStatus.cancelled: "Cancelled",
    }.get(delivery.status)
    if said is not None:
        return said
    held = _held_by(holder)
    return held[:1].upper() + held[1:]


def _held_by(holder: Custodian | None) -> str:
    """Who has the goods; a home is no name to show, only those who work with us are named."""
    if holder is None:
        return "promised, not at the hub yet"
    named = holder.kind in (CustodianKind.hub, CustodianKind.driver, CustodianKind.merchant)
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
        DeliveryStatus.returning: (Next("Back at the merchant", "delivery.returned"), due),
    }
    step, by = follows.get(delivery.status, (_END, None))
    return msgspec.structs.replace(step, by=by)


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
