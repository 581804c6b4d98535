"""Invariant 12: a promise changes only by a recorded event; who was told in time is measured."""

from dataclasses import dataclass
from typing import ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.delivery import DeliveryCreated
from doorstep.vocabulary.ids import OrderId, PromiseId
from doorstep.vocabulary.order import OrderPromised
from doorstep.vocabulary.promise import (
    HoldExpired,
    MissAnnounced,
    PromiseChanged,
    PromiseConfirmed,
    PromiseEvent,
    PromiseHeld,
    PromiseOutcome,
    PromiseRefused,
    PromiseReleased,
    PromiseSettled,
)
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

SETTLED_WITHIN_S: Final = 600
"""A promise that stands is settled this long after its window's end at the latest."""

_AFTER: Final[dict[str, dict[type[PromiseEvent], str]]] = {
    "": {PromiseHeld: "held", PromiseRefused: "refused"},
    "held": {PromiseConfirmed: "confirmed", PromiseReleased: "released", HoldExpired: "expired"},
    "confirmed": {
        PromiseChanged: "changed",
        PromiseReleased: "released",
        PromiseSettled: "settled",
        MissAnnounced: "confirmed",
    },
    "changed": {PromiseSettled: "settled", MissAnnounced: "changed"},
    "settled": {PromiseSettled: "settled"},
    "refused": {},
    "released": {},
    "expired": {},
}
"""Which event may follow in which state, and the state that it leads to."""


@dataclass(slots=True)
class _Pledge:
    state: str = ""
    window: Window | None = None
    order: OrderId | None = None
    successor: PromiseId | None = None
    announced_at: Instant | None = None
    outcome: PromiseOutcome | None = None


class PromiseChanges(Checker):
    """What the shopper was promised is what is held, planned and delivered to, until an event says otherwise.

    A promise that fell due is settled, one way or the other, before the log ends.
    Measures `changed_by_us` and, of these, `told_before_end`: the shopper knew before the old window ended;
    `missed` and, of these, `missed_told`: told of the miss before the window ended.
    """

    number: ClassVar[int] = 12
    name: ClassVar[str] = "a promise changes only by a recorded event"

    def inspect(self, log: Log, tally: Tally) -> None:
        """An order's next promise needs the end of the one before, in the same commit at the latest."""
        pledges: dict[PromiseId, _Pledge] = {}
        current: dict[OrderId, PromiseId] = {}
        for commit in log.commits():
            replaced: list[tuple[PromiseId, PromiseId]] = []
            for record in commit:
                match record.data:
                    case PromiseEvent() as event:
                        _follow(pledges.setdefault(event.promise, _Pledge()), event, record, tally)
                    case OrderPromised(order=order, promise=promise, window=window):
                        _same(pledges, promise, window, record, tally)
                        if current.setdefault(order, promise) != promise:
                            replaced.append((current[order], promise))
                            current[order] = promise
                    case DeliveryCreated(promise=promise, window=window):
                        _same(pledges, promise, window, record, tally)
                    case _:
                        pass
            for old, new in replaced:
                ended = pledges.get(old, _Pledge())
                gone = ended.state in ("released", "expired") or ended.successor == new
                tally.that(gone, old, f"{new} took its place and no event says so")
        end = log.records[-1].recorded_at if log.records else 0
        for promise, pledge in sorted(pledges.items()):
            if pledge.state == "confirmed" and pledge.window is not None:
                open_still = after(pledge.window.end, SETTLED_WITHIN_S) >= end
                tally.that(open_still, promise, "its window is over, and nobody said what became of it")
            if pledge.outcome is PromiseOutcome.missed and pledge.window is not None:
                told_at = pledge.announced_at
                tally.measure("missed")
                tally.measure("missed_told", int(told_at is not None and told_at <= pledge.window.end))
            if pledge.successor is not None:
                successor = pledges.get(pledge.successor, _Pledge())
                tally.that(
                    successor.order is not None,
                    promise,
                    f"changed into {pledge.successor}, which was never confirmed",
                )


def _follow(pledge: _Pledge, event: PromiseEvent, record: Record, tally: Tally) -> None:
    leads_to = _AFTER[pledge.state].get(type(event))
    name, state = type(event).__name__, pledge.state or "nothing"
    tally.that(leads_to is not None, event.promise, f"{name} at {record.position} cannot follow {state}")
    pledge.state = leads_to or pledge.state
    match event:
        case PromiseHeld(window=window):
            if pledge.window is not None:
                tally.that(window == pledge.window, event.promise, f"another window at {record.position}")
            pledge.window = window
        case PromiseConfirmed(order=order):
            pledge.order = order
        case PromiseChanged(successor=successor, by_shopper=by_shopper, told_at=told_at):
            pledge.successor = successor
            if not by_shopper and pledge.window is not None:
                tally.measure("changed_by_us")
                tally.measure("told_before_end", int(told_at is not None and told_at <= pledge.window.end))
        case MissAnnounced(at=at):
            pledge.announced_at = at
        case PromiseSettled(outcome=outcome):
            pledge.outcome = outcome
        case _:
            pass


def _same(
    pledges: dict[PromiseId, _Pledge], promise: PromiseId, window: Window, record: Record, tally: Tally
) -> None:
    held = pledges.get(promise, _Pledge()).window
    tally.that(window == held, promise, f"at {record.position} the window is not the one that is held")
