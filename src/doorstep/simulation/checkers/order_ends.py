"""Invariant 1: every accepted order is in exactly one state, and ends, or someone has it."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.parcels import Parcels
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.case import CaseClosed, CaseOpened, CaseSubject
from doorstep.vocabulary.delivery import (
    DeliveryCreated,
    DeliveryEvent,
    DeliveryHeld,
    DeliveryLost,
    DeliveryReturned,
    ParcelLost,
    ReattemptScheduled,
)
from doorstep.vocabulary.ids import CaseId, DeliveryId, OrderId
from doorstep.vocabulary.order import (
    AddressResolved,
    AddressUnresolved,
    OrderAmended,
    OrderCancelled,
    OrderDeclined,
    OrderEvent,
    OrderFulfilled,
    OrderPlaced,
    OrderPromised,
    OrderReleased,
    OrderUndelivered,
    UndeliveredOutcome,
)
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant

_LEADS_TO: Final[dict[type[OrderEvent], str]] = {
    OrderPlaced: "placed",
    AddressUnresolved: "address_case",
    AddressResolved: "placed",
    OrderAmended: "placed",
    OrderPromised: "promised",
    OrderDeclined: "declined",
    OrderReleased: "released",
    OrderCancelled: "cancelled",
    OrderFulfilled: "fulfilled",
    OrderUndelivered: "undelivered",
}
_AFTER: Final[dict[str, frozenset[type[OrderEvent]]]] = {
    "": frozenset({OrderPlaced}),
    "placed": frozenset({AddressUnresolved, OrderPromised, OrderDeclined, OrderAmended, OrderCancelled}),
    "address_case": frozenset({AddressResolved, OrderAmended, OrderCancelled}),
    "declined": frozenset({OrderPromised, OrderAmended, OrderCancelled}),
    "promised": frozenset({OrderPromised, OrderReleased, OrderAmended, OrderCancelled, OrderUndelivered}),
    "released": frozenset({OrderFulfilled, OrderUndelivered, OrderCancelled}),
    # A parcel that was found after all, or delivered in spite of a cancellation, was delivered.
    "undelivered": frozenset({OrderFulfilled}),
    "cancelled": frozenset({OrderFulfilled}),
    "fulfilled": frozenset(),
}
"""Which events may follow in which state: a second life would be a second state."""
_TERMINAL: Final = frozenset({"fulfilled", "undelivered", "cancelled", "declined"})


@dataclass(slots=True)
class _Sold:
    state: str = ""
    due_until: Instant = Instant(0)  # noqa: RUF009 - an integer with a unit is immutable
    delivered: bool = False
    outcomes: set[UndeliveredOutcome] = field(default_factory=set)
    said: UndeliveredOutcome | None = None


class OrderEnds(Checker):
    """At the day's end an order is over, has an open case, or is due later than the day's end.

    Due later means: its promised window, the window of its next attempt, or the hold that a reason explains
    ends after `as_of`.
    """

    number: ClassVar[int] = 1
    name: ClassVar[str] = "every order in exactly one state, ended or owned"

    def __init__(self, as_of: Instant) -> None:
        self._as_of = as_of

    def inspect(self, log: Log, tally: Tally) -> None:
        """Walk every order through its states, then ask how it stands."""
        orders: dict[OrderId, _Sold] = {}
        order_of: dict[DeliveryId, OrderId] = {}
        cases: dict[CaseId, CaseSubject] = {}
        parcels = Parcels()
        for record in log.records:
            match record.data:
                case OrderEvent() as event:
                    _follow(orders.setdefault(event.order, _Sold()), record, event, tally)
                case CaseOpened(case=case, subject=subject):
                    cases[case] = subject
                case CaseClosed(case=case):
                    cases.pop(case, None)
                case DeliveryEvent() as told:
                    if isinstance(told, DeliveryCreated):
                        order_of[told.delivery] = told.order
                    load = parcels.follow(told)
                    sold = _sold(orders, order_of, told.delivery)
                    sold.delivered |= load.whole
                    if load.handed and load.over and not load.whole:
                        sold.outcomes.add(UndeliveredOutcome.partially_delivered)
                    _deliver(sold, told)
                case _:
                    pass
        owned = {subject.order for subject in cases.values()}
        owned |= {order_of.get(subject.delivery) for subject in cases.values() if subject.delivery}
        for order, sold in sorted(orders.items()):
            ended = sold.state in _TERMINAL or order in owned or sold.due_until > self._as_of
            tally.that(ended, order, f"it is {sold.state} at the day's end, and nobody has it")
            tally.that(
                sold.delivered == (sold.state == "fulfilled"),
                order,
                f"it is {sold.state} although it was {'' if sold.delivered else 'not '}handed over",
            )
            tally.that(
                sold.state != "undelivered" or sold.said in sold.outcomes,
                order,
                f"it is closed as {sold.said} and no evidence says so",
            )


def _follow(sold: _Sold, record: Record, event: OrderEvent, tally: Tally) -> None:
    tally.that(
        type(event) in _AFTER[sold.state],
        event.order,
        f"{type(event).__name__} at {record.position} cannot follow {sold.state or 'nothing'}",
    )
    sold.state = _LEADS_TO[type(event)]
    if isinstance(event, OrderPromised):
        sold.due_until = max(sold.due_until, event.window.end)
    if isinstance(event, OrderUndelivered):
        sold.said = event.outcome


def _deliver(sold: _Sold, event: DeliveryEvent) -> None:
    match event:
        case DeliveryReturned():
            sold.outcomes.add(UndeliveredOutcome.returned)
        case DeliveryLost() | ParcelLost():
            sold.outcomes.add(UndeliveredOutcome.lost)
        case ReattemptScheduled(window=window):
            sold.due_until = max(sold.due_until, window.end)
        case DeliveryHeld(until=until):
            sold.due_until = max(sold.due_until, until)
        case _:
            pass


def _sold(orders: dict[OrderId, _Sold], order_of: dict[DeliveryId, OrderId], delivery: DeliveryId) -> _Sold:
    """The order of a delivery; evidence about an unknown one goes nowhere."""
    order = order_of.get(delivery)
    return _Sold() if order is None else orders.setdefault(order, _Sold())
