"""Invariant 10: no stop on two live routes, and no released delivery forgotten."""

from typing import ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.parcels import Parcels
from doorstep.simulation.checkers.route_sheets import RouteSheets
from doorstep.simulation.checkers.tenders import Tenders
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.case import CaseClosed, CaseOpened, CaseSubject
from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryAssigned,
    DeliveryCancelled,
    DeliveryCreated,
    DeliveryEvent,
    DeliveryHeld,
    DeliveryLost,
    DeliveryReturned,
    ParcelFound,
    ParcelLost,
    PickedUp,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import CaseId, DeliveryId, OrderId
from doorstep.vocabulary.order import OrderCancelled, OrderReleased
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteEvent
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import TenderEvent

_MAY_END: Final = (Delivered, DeliveryReturned, DeliveryCancelled, DeliveryLost, ParcelLost, ParcelFound)
_KEPT_BACK: Final = (DeliveryHeld, ReattemptScheduled, ReturnStarted)


class OneRoute(Checker):
    """After every commit a delivery is ahead on at most one live route, once.

    A released order's delivery is on one, or held with a reason, waiting for its next attempt, on its way
    back, over, or in someone's open case; or a carrier is asked, or one has accepted it, and no van then.
    """

    number: ClassVar[int] = 10
    name: ClassVar[str] = "no stop on two live routes, no released delivery forgotten"

    def inspect(self, log: Log, tally: Tally) -> None:
        """Only what a commit touched can have gone wrong in it."""
        sheets, floor = RouteSheets(), _Floor()
        for commit in log.commits():
            touched: set[DeliveryId] = set()
            for record in commit:
                before = _ahead(sheets, record)
                sheets.apply(record)
                touched |= before | _ahead(sheets, record) | floor.follow(record)
            on = sheets.on
            where = f"at {commit[-1].position}"
            for delivery in sorted(touched):
                routes = on.get(delivery, [])
                takers = floor.tenders.takers(delivery)
                one = len(routes) + len(takers) <= 1
                held = f"{len(routes)} routes and with {len(takers)} carriers"
                tally.that(one, delivery, f"{where} it is on {held}")
                tally.that(len(routes) <= 1, delivery, f"{where} it is on {', '.join(sorted(routes))}")
                if delivery in floor.released:
                    handled = bool(routes) or floor.handled(delivery)
                    tally.that(handled, delivery, f"{where} it is released and nobody has it")


def _ahead(sheets: RouteSheets, record: Record) -> set[DeliveryId]:
    match record.data:
        case RouteEvent(route=route) if route in sheets.all:
            return set(sheets.all[route].deliveries())
        case _:
            return set()


class _Floor:
    """What the hub floor knows of each delivery."""

    def __init__(self) -> None:
        self.released: set[DeliveryId] = set()
        self._of_order: dict[OrderId, DeliveryId] = {}
        self._order_of: dict[DeliveryId, OrderId] = {}
        self._released_orders: set[OrderId] = set()
        self._parcels = Parcels()
        self.tenders = Tenders()
        self._over: set[DeliveryId] = set()
        self._kept_back: set[DeliveryId] = set()
        self._cases: dict[CaseId, CaseSubject] = {}
        self._open: dict[DeliveryId | OrderId, int] = {}

    def handled(self, delivery: DeliveryId) -> bool:
        """Whether it is over, kept back for a reason, or in an open case."""
        subjects = (delivery, self._order_of.get(delivery))
        return (
            delivery in self._over
            or delivery in self._kept_back
            or self.tenders.has(delivery)
            or any(subject is not None and self._open.get(subject, 0) > 0 for subject in subjects)
        )

    def follow(self, record: Record) -> set[DeliveryId]:
        """Take one event in; returns the deliveries that it is about."""
        match record.data:
            case OrderReleased(order=order):
                self._released_orders.add(order)
                return self._release(order)
            case OrderCancelled(order=order):
                self._released_orders.discard(order)
            case CaseOpened(case=case, subject=subject):
                self._cases[case] = subject
                return self._count(subject, 1)
            case CaseClosed(case=case) if case in self._cases:
                return self._count(self._cases.pop(case), -1)
            case DeliveryEvent() as event:
                return self._delivery(event)
            case TenderEvent() | RoutingDecided() as event:
                return self.tenders.follow(event)
            case _:
                pass
        return set()

    def _release(self, order: OrderId) -> set[DeliveryId]:
        delivery = self._of_order.get(order)
        if delivery is None or order not in self._released_orders:
            return set()
        self.released.add(delivery)
        return {delivery}

    def _count(self, subject: CaseSubject, step: int) -> set[DeliveryId]:
        for about in (subject.delivery, subject.order):
            if about is not None:
                self._open[about] = self._open.get(about, 0) + step
        found = {subject.delivery, self._of_order.get(subject.order) if subject.order else None}
        return {delivery for delivery in found if delivery is not None}

    def _delivery(self, event: DeliveryEvent) -> set[DeliveryId]:
        delivery, load = event.delivery, self._parcels.follow(event)
        if isinstance(event, DeliveryCreated):
            self._of_order[event.order], self._order_of[delivery] = delivery, event.order
            self._release(event.order)
        elif isinstance(event, _MAY_END):
            # What was handed over in part is over for nobody: it must be kept back, or in a case.
            (self._over.add if load.over else self._over.discard)(delivery)
        elif isinstance(event, _KEPT_BACK) or (isinstance(event, PickedUp) and not event.parcels):
            self._kept_back.add(delivery)
        elif isinstance(event, DeliveryAssigned):
            self._kept_back.discard(delivery)
        return {delivery}
