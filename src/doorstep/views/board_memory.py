"""What the board remembers: the states of these days, folded from the log; older ones are let go of."""

from collections import defaultdict
from collections.abc import MutableMapping
from typing import Any, Final

from doorstep.lifecycle import case as case_life
from doorstep.lifecycle import delivery as delivery_life
from doorstep.lifecycle import incident as incident_life
from doorstep.lifecycle import route as route_life
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.incident import IncidentState
from doorstep.lifecycle.route import RouteState
from doorstep.vocabulary.case import AnyCaseEvent, CaseEvent, CaseOpened
from doorstep.vocabulary.delivery import (
    AnyDeliveryEvent,
    AttemptFailed,
    DeliveryCreated,
    DeliveryEvent,
    ReattemptScheduled,
)
from doorstep.vocabulary.ids import (
    CarrierId,
    CaseId,
    DeliveryId,
    IncidentId,
    OrderId,
    PromiseId,
    RouteId,
    TenderId,
)
from doorstep.vocabulary.incident import AnyIncidentEvent, IncidentEvent
from doorstep.vocabulary.order import OrderDeclined, OrderPlaced
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseHeld, PromiseOutcome, PromiseSettled
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import (
    AnyRouteEvent,
    RouteDeparted,
    RouteEvent,
    RouteOpened,
    RouteWithdrawn,
    StopCompleted,
)
from doorstep.vocabulary.tender import (
    AnyTenderEvent,
    TenderAccepted,
    TenderCancelled,
    TenderEvent,
    TenderOffered,
    TenderRecalled,
)
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window

DATE_US: Final = 86_400 * MICROSECONDS
"""Microseconds of the index's dates, which are UTC: a local day lies on two or three of them."""
DAYS_OVER: Final = 2
"""Days of finished work, settled promises and refusals that are kept; the log has the older ones."""


class Remembered:
    """Folds a market's log into the states that a board reads."""

    def __init__(self) -> None:
        self.position = 0
        self._labels: dict[OrderId, tuple[Instant, str]] = {}
        self._routes: dict[RouteId, RouteState] = {}
        self._routes_on: defaultdict[int, set[RouteId]] = defaultdict(set)
        self._done_at: defaultdict[RouteId, list[Instant]] = defaultdict(list)
        self._deliveries: dict[DeliveryId, DeliveryState] = {}
        self._windows: dict[DeliveryId, Window] = {}
        self._due_on: defaultdict[int, set[DeliveryId]] = defaultdict(set)
        self._moved_from: defaultdict[int, dict[DeliveryId, Window]] = defaultdict(dict)
        self._cases: dict[CaseId, CaseState] = {}
        self._incidents: dict[IncidentId, IncidentState] = {}
        self._failed_on: defaultdict[int, dict[DeliveryId, Instant]] = defaultdict(dict)
        self._held: dict[PromiseId, PromiseHeld] = {}
        self._planned: dict[DeliveryId, Instant] = {}
        self._settled: dict[PromiseId, tuple[Instant, PromiseOutcome]] = {}
        self._declined_on: defaultdict[int, set[OrderId]] = defaultdict(set)
        self._withdrawn: dict[RouteId, RouteWithdrawn] = {}
        self._asked: dict[TenderId, DeliveryId] = {}
        self._carriers: dict[DeliveryId, CarrierId] = {}

    def apply(self, record: Record) -> None:
        """Take the log's next record."""
        self.position = record.position
        event = record.data
        if isinstance(event, DeliveryEvent):
            self._see_delivery(event)
        elif isinstance(event, RouteEvent):
            self._see_route(event)
        elif isinstance(event, CaseEvent):
            self._see_case(event)
        elif isinstance(event, IncidentEvent):
            self._see_incident(event)
        elif isinstance(event, TenderEvent):
            self._see_tender(event)
        elif isinstance(event, PromiseHeld):
            self._held[event.promise] = event
            self._planned[event.delivery] = event.arrival
        elif isinstance(event, PromiseSettled):
            held = self._held.get(event.promise)
            if held is not None:
                self._settled[event.promise] = (held.window.end, event.outcome)
        elif isinstance(event, OrderPlaced):
            self._labels[event.order] = (record.recorded_at, event.content.external_id)
        elif isinstance(event, OrderDeclined):
            self._declined_on[record.recorded_at // DATE_US].add(event.order)
        elif isinstance(event, PromiseConfirmed):
            self._forget(record.recorded_at)

    def label(self, order: OrderId | None) -> str:
        """The merchant's number of an order of these days; empty where there is none."""
        return self._labels[order][1] if order in self._labels else ""

    def window_of(self, delivery: DeliveryId) -> Window | None:
        """The window that a delivery is due in."""
        return self._windows.get(delivery)

    def delivery(self, delivery: DeliveryId) -> DeliveryState | None:
        """A delivery of these days."""
        return self._deliveries.get(delivery)

    def _see_delivery(self, event: AnyDeliveryEvent) -> None:
        one, known = event.delivery, self._deliveries.get(event.delivery)
        if known is None and not isinstance(event, DeliveryCreated):
            return  # evidence about work that ended days ago and was let go of
        self._deliveries[one] = delivery_life.evolve(known, event)
        if isinstance(event, AttemptFailed) and event.reason not in NO_ATTEMPT:
            self._failed_on[event.at // DATE_US][one] = event.at
        if isinstance(event, DeliveryCreated | ReattemptScheduled):
            before = self._windows.get(one)
            if before is not None:
                self._due_on[before.end // DATE_US].discard(one)
                self._moved_from[before.end // DATE_US][one] = before
            self._windows[one] = event.window
            self._due_on[event.window.end // DATE_US].add(one)

    def _see_route(self, event: AnyRouteEvent) -> None:
        route, known = event.route, self._routes.get(event.route)
        if known is None and not isinstance(event, RouteOpened):
            return
        self._routes[route] = route_life.evolve(known, event)
        if isinstance(event, RouteOpened):
            self._routes_on[event.shift.start // DATE_US].add(route)
        elif isinstance(event, RouteWithdrawn):
            self._withdrawn[route] = event
        elif isinstance(event, RouteDeparted | StopCompleted):
            # Leaving the hub completes the route's first hub visit.
            self._done_at[route].append(event.at)

    def _see_tender(self, event: AnyTenderEvent) -> None:
        """Who has a delivery: the carrier that took it, until it is taken back."""
        if isinstance(event, TenderOffered):
            self._asked[event.tender] = event.consignment.delivery
            return
        delivery = self._asked.get(event.tender)
        if delivery is None:
            return
        if isinstance(event, TenderAccepted):
            self._carriers[delivery] = event.carrier
        elif isinstance(event, TenderRecalled | TenderCancelled):
            self._carriers.pop(delivery, None)

    def _see_case(self, event: AnyCaseEvent) -> None:
        known = self._cases.get(event.case)
        if known is None and not isinstance(event, CaseOpened):
            return
        state = case_life.evolve(known, event)
        if state.open:
            self._cases[event.case] = state
        else:
            del self._cases[event.case]

    def _see_incident(self, event: AnyIncidentEvent) -> None:
        state = incident_life.evolve(self._incidents.get(event.incident), event)
        if state.cases or state.open:
            self._incidents[event.incident] = state
        else:
            self._incidents.pop(event.incident, None)

    def _forget(self, now: Instant) -> None:
        """Let go of what ended days ago, so that the board of a year's log is as small as that of a day."""
        oldest = now // DATE_US - DAYS_OVER
        if not self._due_on or min(self._due_on) >= oldest:
            return
        for date in [date for date in self._due_on if date < oldest]:
            for one in self._due_on.pop(date):
                if self._deliveries[one].over:
                    del self._deliveries[one], self._windows[one]
                    self._planned.pop(one, None)
                    self._carriers.pop(one, None)
                else:
                    self._due_on[oldest].add(one)
        for date in [date for date in self._routes_on if date < oldest]:
            for route in self._routes_on.pop(date):
                del self._routes[route]
                self._done_at.pop(route, None)
                self._withdrawn.pop(route, None)
        _drop_before(oldest, self._declined_on)
        _drop_before(oldest, self._failed_on)
        _drop_before(oldest, self._moved_from)
        self._asked = {tender: one for tender, one in self._asked.items() if one in self._deliveries}
        self._forget_promises(oldest)
        self._forget_labels(oldest)

    def _forget_promises(self, oldest: int) -> None:
        for held in [held for held in self._held.values() if held.window.end // DATE_US < oldest]:
            del self._held[held.promise]
            self._settled.pop(held.promise, None)
            if held.delivery not in self._deliveries:
                self._planned.pop(held.delivery, None)

    def _forget_labels(self, oldest: int) -> None:
        used = {state.created.order for state in self._deliveries.values() if state.created}
        used |= {state.subject.order for state in self._cases.values() if state.subject.order}
        for order in [order for order, (at, _) in self._labels.items() if at // DATE_US < oldest]:
            if order not in used:
                del self._labels[order]


def _drop_before(oldest: int, by_date: MutableMapping[int, Any]) -> None:
    for date in [date for date in by_date if date < oldest]:
        del by_date[date]
