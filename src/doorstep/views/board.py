"""The board: today's routes, stops, cases and figures, as a dispatcher sees them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from doorstep.lifecycle import case as case_life
from doorstep.lifecycle import delivery as delivery_life
from doorstep.lifecycle import route as route_life
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.route import RouteState
from doorstep.views.board_view import BoardCase, BoardRoute, BoardStop, BoardView, Figures, Mark
from doorstep.vocabulary.case import AnyCaseEvent, CaseEvent, CaseKind, CaseOpened
from doorstep.vocabulary.delivery import (
    AnyDeliveryEvent,
    AttemptFailed,
    Delivered,
    DeliveryCreated,
    DeliveryEvent,
    DeliveryStatus,
    ReattemptScheduled,
)
from doorstep.vocabulary.ids import CaseId, DeliveryId, OrderId, PromiseId, RouteId
from doorstep.vocabulary.order import OrderDeclined, OrderPlaced
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseHeld, PromiseOutcome, PromiseSettled
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import (
    AnyRouteEvent,
    RouteDeparted,
    RouteEvent,
    RouteOpened,
    Stop,
    StopCompleted,
)
from doorstep.vocabulary.units import MICROSECONDS, Instant, Seconds, seconds_between
from doorstep.vocabulary.windows import Window

DATE_US: Final = 86_400 * MICROSECONDS
"""Microseconds of the index's dates, which are UTC: a local day lies on two or three of them."""
DAYS_OVER: Final = 2
"""Days of finished work, settled promises and refusals that are kept; the log has the older ones."""
RISKY_KINDS: Final = frozenset(
    {CaseKind.predicted_miss, CaseKind.no_capacity, CaseKind.breakdown, CaseKind.shortage}
)
"""Cases that threaten a promise which can still be kept or announced."""
_FAILED: Final = frozenset(
    {
        DeliveryStatus.attempt_failed,
        DeliveryStatus.on_hold,
        DeliveryStatus.returning,
        DeliveryStatus.returned,
        DeliveryStatus.lost,
    }
)
_ENDED: Final = _FAILED | {DeliveryStatus.delivered, DeliveryStatus.cancelled}
_ON_ROAD: Final = frozenset({DeliveryStatus.out_for_delivery, DeliveryStatus.arrived})

Risks = Mapping[DeliveryId, Seconds | None]
Cases = Mapping[DeliveryId | None, BoardCase]


class Board:
    """Folds a market's log into what its live page shows."""

    def __init__(self) -> None:
        self.position = 0
        self._labels: dict[OrderId, tuple[Instant, str]] = {}
        self._routes: dict[RouteId, RouteState] = {}
        self._routes_on: defaultdict[int, set[RouteId]] = defaultdict(set)
        self._done_at: defaultdict[RouteId, list[Instant]] = defaultdict(list)
        self._deliveries: dict[DeliveryId, DeliveryState] = {}
        self._windows: dict[DeliveryId, Window] = {}
        self._due_on: defaultdict[int, set[DeliveryId]] = defaultdict(set)
        self._cases: dict[CaseId, CaseState] = {}
        self._held: dict[PromiseId, PromiseHeld] = {}
        self._planned: dict[DeliveryId, Instant] = {}
        self._settled: dict[PromiseId, tuple[Instant, PromiseOutcome]] = {}
        self._declined_on: defaultdict[int, set[OrderId]] = defaultdict(set)

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

    def snapshot(
        self, now: Instant, day: Window, expected: Mapping[DeliveryId, Instant] | None = None
    ) -> BoardView:
        """The board of a local `day` at `now`; `expected` holds the live plan's arrivals by delivery."""
        ahead = expected or {}
        cases = self._open_cases(now)
        by_delivery: Cases = {case.delivery: case for case in reversed(cases) if case.delivery}
        by_route = {case.route: case for case in reversed(cases) if case.route and not case.delivery}
        due = self._due(day)
        risky = {
            one: self._risk(one, now, ahead.get(one), by_delivery.get(one))
            for one in due
            if self._deliveries[one].status not in _ENDED
        }
        routes = tuple(
            self._route(self._routes[route], ahead, risky, by_delivery, by_route.get(route))
            for route in self._routes_of(day)
        )
        return BoardView(self.position, now, self._figures(day, due, risky, cases), routes, cases)

    def route(
        self, route: RouteId, now: Instant, expected: Mapping[DeliveryId, Instant] | None = None
    ) -> BoardRoute | None:
        """One route's line, of any day that is still kept."""
        state = self._routes.get(route)
        if state is None:
            return None
        ahead = expected or {}
        cases = self._open_cases(now)
        by_delivery: Cases = {case.delivery: case for case in reversed(cases) if case.delivery}
        on_it = [one for one in state.deliveries if one in self._windows]
        risky = {one: self._risk(one, now, ahead.get(one), by_delivery.get(one)) for one in on_it}
        case = next((case for case in cases if case.route == route and not case.delivery), None)
        return self._route(state, ahead, risky, by_delivery, case)

    def _see_delivery(self, event: AnyDeliveryEvent) -> None:
        one, known = event.delivery, self._deliveries.get(event.delivery)
        if known is None and not isinstance(event, DeliveryCreated):
            return  # evidence about work that ended days ago and was let go of
        self._deliveries[one] = delivery_life.evolve(known, event)
        if isinstance(event, DeliveryCreated | ReattemptScheduled):
            before = self._windows.get(one)
            if before is not None:
                self._due_on[before.end // DATE_US].discard(one)
            self._windows[one] = event.window
            self._due_on[event.window.end // DATE_US].add(one)

    def _see_route(self, event: AnyRouteEvent) -> None:
        route, known = event.route, self._routes.get(event.route)
        if known is None and not isinstance(event, RouteOpened):
            return
        self._routes[route] = route_life.evolve(known, event)
        if isinstance(event, RouteOpened):
            self._routes_on[event.shift.start // DATE_US].add(route)
        elif isinstance(event, RouteDeparted | StopCompleted):
            # Leaving the hub completes the route's first hub visit.
            self._done_at[route].append(event.at)

    def _see_case(self, event: AnyCaseEvent) -> None:
        known = self._cases.get(event.case)
        if known is None and not isinstance(event, CaseOpened):
            return
        state = case_life.evolve(known, event)
        if state.open:
            self._cases[event.case] = state
        else:
            del self._cases[event.case]

    def _forget(self, now: Instant) -> None:
        """Let go of what ended days ago, so that the board of a year's log is as small as that of a day."""
        oldest = now // DATE_US - DAYS_OVER
        if not self._due_on or min(self._due_on) >= oldest:
            return
        for date in [date for date in self._due_on if date < oldest]:
            for one in self._due_on.pop(date):
                if delivery_life.is_terminal(self._deliveries[one].status):
                    del self._deliveries[one], self._windows[one]
                    self._planned.pop(one, None)
                else:
                    self._due_on[oldest].add(one)
        for date in [date for date in self._routes_on if date < oldest]:
            for route in self._routes_on.pop(date):
                del self._routes[route]
                self._done_at.pop(route, None)
        for date in [date for date in self._declined_on if date < oldest]:
            del self._declined_on[date]
        for held in [held for held in self._held.values() if held.window.end // DATE_US < oldest]:
            del self._held[held.promise]
            self._settled.pop(held.promise, None)
            if held.delivery not in self._deliveries:
                self._planned.pop(held.delivery, None)

        used = {state.created.order for state in self._deliveries.values() if state.created}
        used |= {state.subject.order for state in self._cases.values() if state.subject.order}
        for order in [order for order, (at, _) in self._labels.items() if at // DATE_US < oldest]:
            if order not in used:
                del self._labels[order]

    def _due(self, day: Window) -> list[DeliveryId]:
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        return sorted(
            one
            for date in dates
            for one in self._due_on.get(date, ())
            if day.holds(self._windows[one].end)
            and self._deliveries[one].status is not DeliveryStatus.cancelled
        )

    def _routes_of(self, day: Window) -> list[RouteId]:
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        found = [
            route
            for date in dates
            for route in self._routes_on.get(date, ())
            if day.holds(self._routes[route].shift.start)
        ]
        return sorted(
            found,
            key=lambda route: (self._routes[route].shift.start, self._routes[route].shift.vehicle, route),
        )

    def _risk(
        self, one: DeliveryId, now: Instant, expected: Instant | None, case: BoardCase | None
    ) -> Seconds | None:
        """How late it will be at least, 0 where only a case says so, or None where nothing threatens it."""
        end = self._windows[one].end
        late = max(now, expected or now) - end
        if late > 0:
            return seconds_between(end, Instant(end + late))
        return Seconds(0) if case is not None and case.kind in RISKY_KINDS else None

    def _open_cases(self, now: Instant) -> tuple[BoardCase, ...]:
        cases = [_board_case(state, now, self.label(state.subject.order)) for state in self._cases.values()]
        return tuple(sorted(cases, key=lambda case: (case.urgent_at, case.id)))

    def _route(
        self,
        state: RouteState,
        ahead: Mapping[DeliveryId, Instant],
        risky: Risks,
        cases: Cases,
        case: BoardCase | None,
    ) -> BoardRoute:
        shift = state.shift
        stops = tuple(self._stops(state, ahead, risky, cases))
        return BoardRoute(
            id=state.id,
            vehicle=shift.vehicle,
            driver=shift.driver,
            hub=shift.hub,
            status=state.status,
            start=shift.start,
            end=shift.end,
            break_start=shift.break_start,
            break_s=shift.break_s,
            departed_at=state.departed_at,
            returned_at=state.returned_at,
            stops=stops,
            done=state.done,
            at_risk=sum(stop.mark is Mark.at_risk for stop in stops),
            case=case.id if case else None,
        )

    def _stops(
        self,
        state: RouteState,
        ahead: Mapping[DeliveryId, Instant],
        risky: Risks,
        cases: Cases,
    ) -> Iterator[BoardStop]:
        done_at = self._done_at.get(state.id, [])
        for index, stop in enumerate(state.stops):
            at = done_at[index] if index < state.done else None
            if stop.delivery is None:
                yield BoardStop(stop.kind, Mark.hub if at is None else Mark.hub_done, done_at=at)
            elif stop.delivery in self._deliveries:
                case = cases.get(stop.delivery)
                if at is None:
                    yield self._stop_ahead(stop, ahead.get(stop.delivery), risky.get(stop.delivery), case)
                else:
                    yield self._stop_done(state.id, stop, at, case)

    def _stop_ahead(
        self, stop: Stop, expected: Instant | None, risk: Seconds | None, case: BoardCase | None
    ) -> BoardStop:
        assert stop.delivery is not None
        state = self._deliveries[stop.delivery]
        return BoardStop(
            kind=stop.kind,
            mark=Mark.planned if risk is None else Mark.at_risk,
            delivery=stop.delivery,
            order=state.created.order if state.created else None,
            place=state.created.place if state.created else None,
            window=self._windows.get(stop.delivery),
            planned=self._planned.get(stop.delivery),
            expected=expected,
            late_s=risk or Seconds(0),
            status=state.status,
            case=case.id if case else None,
            label=self.label(state.created.order if state.created else None),
        )

    def _stop_done(self, route: RouteId, stop: Stop, at: Instant, case: BoardCase | None) -> BoardStop:
        assert stop.delivery is not None
        state = self._deliveries[stop.delivery]
        ends = [e for e in state.evidence if isinstance(e, Delivered | AttemptFailed) and e.route == route]
        last = max(ends, key=lambda end: end.at, default=None)
        window = self._windows.get(stop.delivery)
        mark, reason, late = Mark.failed, "", 0
        if isinstance(last, Delivered):
            mark = Mark.unproven if state.unproven else Mark.delivered
            late = max(0, seconds_between(window.end, last.at)) if window else 0
        elif last is not None:
            reason = last.reason.value
        return BoardStop(
            kind=stop.kind,
            mark=mark,
            delivery=stop.delivery,
            order=state.created.order if state.created else None,
            place=state.created.place if state.created else None,
            window=window,
            planned=self._planned.get(stop.delivery),
            done_at=last.at if last else at,
            late_s=Seconds(late),
            status=state.status,
            reason=reason,
            case=case.id if case else None,
            label=self.label(state.created.order if state.created else None),
        )

    def _figures(
        self,
        day: Window,
        due: list[DeliveryId],
        risky: Risks,
        cases: tuple[BoardCase, ...],
    ) -> Figures:
        states = [self._deliveries[one] for one in due]
        delivered = [state for state in states if state.status is DeliveryStatus.delivered]
        failed = sum(state.status in _FAILED for state in states)
        on_road = sum(state.status in _ON_ROAD for state in states)
        outcomes = [outcome for end, outcome in self._settled.values() if day.holds(end)]
        judged = [outcome for outcome in outcomes if outcome is not PromiseOutcome.void]
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        return Figures(
            due=len(due),
            delivered=len(delivered),
            unproven=sum(state.unproven for state in delivered),
            on_road=on_road,
            waiting=len(due) - len(delivered) - failed - on_road,
            at_risk=sum(late is not None for late in risky.values()),
            failed=failed,
            promises_due=len(judged),
            promises_kept=sum(outcome is PromiseOutcome.kept for outcome in judged),
            declined=len({order for date in dates for order in self._declined_on.get(date, ())}),
            cases=len(cases),
            cases_overdue=sum(case.overdue for case in cases),
            cases_unclaimed=sum(not case.claimed for case in cases),
            cases_untold=sum(case.order is not None and not case.told for case in cases),
        )


def _board_case(state: CaseState, now: Instant, label: str) -> BoardCase:
    return BoardCase(
        id=state.id,
        kind=state.kind,
        order=state.subject.order,
        delivery=state.subject.delivery,
        route=state.subject.route,
        owner=state.owner,
        claimed=state.claimed_at is not None,
        told=state.told_at is not None,
        next_step=state.next_step,
        happened=state.happened,
        why=state.why,
        opened_at=state.opened_at,
        due_at=state.due_at,
        breach_at=state.breach_at,
        overdue=state.due_at < now,
        level=state.level,
        label=label,
    )
