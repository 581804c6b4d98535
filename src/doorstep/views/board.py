"""The board: today's routes, stops, cases and figures, as a dispatcher sees them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.incident import IncidentState
from doorstep.lifecycle.route import RouteState
from doorstep.views.board_memory import DATE_US, Remembered
from doorstep.views.board_view import (
    BoardCarrier,
    BoardCase,
    BoardIncident,
    BoardRoute,
    BoardStop,
    BoardView,
    Figures,
    Mark,
)
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    Delivered,
    DeliveryCreated,
    DeliveryStatus,
    ReattemptScheduled,
)
from doorstep.vocabulary.ids import CarrierId, CaseId, DeliveryId, RouteId
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.route import Stop
from doorstep.vocabulary.units import Instant, Seconds, seconds_between
from doorstep.vocabulary.windows import Window

RISKY_KINDS: Final = frozenset(
    {CaseKind.predicted_miss, CaseKind.no_capacity, CaseKind.breakdown, CaseKind.shortage}
)
"""Cases that threaten a promise which can still be kept or announced."""
_ENDED: Final = frozenset(
    {
        DeliveryStatus.delivered,
        DeliveryStatus.returning,
        DeliveryStatus.returned,
        DeliveryStatus.cancelled,
        DeliveryStatus.lost,
    }
)
_WAITING: Final = frozenset(
    {DeliveryStatus.attempt_failed, DeliveryStatus.on_hold, DeliveryStatus.partially_delivered}
)
_ON_ROAD: Final = frozenset({DeliveryStatus.out_for_delivery, DeliveryStatus.arrived})

Risks = Mapping[DeliveryId, Seconds]
Cases = Mapping[DeliveryId | None, BoardCase]


class Board(Remembered):
    """Folds a market's log into what its live page shows."""

    def snapshot(
        self, now: Instant, day: Window, expected: Mapping[DeliveryId, Instant] | None = None
    ) -> BoardView:
        """The board of a local `day` at `now`; `expected` holds the live plan's arrivals by delivery."""
        ahead = expected or {}
        cases = self._open_cases(now)
        by_delivery: Cases = {case.delivery: case for case in reversed(cases) if case.delivery}
        by_route = {case.route: case for case in reversed(cases) if case.route and not case.delivery}
        due, moved = self._due(day), self._moved(day)
        risky = self._risks(due, now, ahead, by_delivery)
        routes = tuple(
            self._route(self._routes[route], ahead, risky, by_delivery, by_route.get(route))
            for route in self._routes_of(day)
        )
        figures = self._figures(day, due, moved, risky, cases)
        return BoardView(self.position, now, figures, routes, cases, self._with_carriers(day, due, risky))

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
        risky = self._risks(
            (one for one in state.deliveries if one in self._windows), now, ahead, by_delivery
        )
        case = next((case for case in cases if case.route == route and not case.delivery), None)
        return self._route(state, ahead, risky, by_delivery, case)

    def _due(self, day: Window) -> list[DeliveryId]:
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        return sorted(
            one
            for date in dates
            for one in self._due_on.get(date, ())
            if day.holds(self._windows[one].end)
            and self._deliveries[one].status is not DeliveryStatus.cancelled
        )

    def _moved(self, day: Window) -> list[DeliveryId]:
        """What was due on the day and is due on another one now: it left the day's plan, not its count."""
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        return sorted(
            one
            for date in dates
            for one, before in self._moved_from.get(date, {}).items()
            if day.holds(before.end)
            and one in self._deliveries
            and not day.holds(self._windows[one].end)
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

    def _risks(
        self,
        deliveries: Iterable[DeliveryId],
        now: Instant,
        ahead: Mapping[DeliveryId, Instant],
        cases: Cases,
    ) -> dict[DeliveryId, Seconds]:
        """The deliveries at risk, with how late each will be at least."""
        found = {}
        for one in deliveries:
            if self._deliveries[one].status not in _ENDED:
                late = self._risk(one, now, ahead.get(one), cases.get(one))
                if late is not None:
                    found[one] = late
        return found

    def _risk(
        self, one: DeliveryId, now: Instant, expected: Instant | None, case: BoardCase | None
    ) -> Seconds | None:
        """How late it will be at least, 0 where only a case says so, or None where nothing threatens it.

        One that came back from a failed attempt is at risk only where a case still fights for its promise.
        """
        end = self._windows[one].end
        if self._deliveries[one].status in _WAITING and (case is None or case.kind not in RISKY_KINDS):
            return None
        late = max(now, expected or now) - end
        if late > 0:
            return seconds_between(end, Instant(end + late))
        return Seconds(0) if case is not None and case.kind in RISKY_KINDS else None

    def _open_cases(self, now: Instant) -> tuple[BoardCase, ...]:
        shared: dict[CaseId, BoardIncident] = {}
        for incident in self._incidents.values():
            if incident.open:
                shared |= dict.fromkeys(incident.cases, _board_incident(incident, now))
        cases = [
            _board_case(state, now, self.label(state.subject.order), shared.get(state.id))
            for state in self._cases.values()
        ]
        return tuple(sorted(cases, key=lambda case: (case.urgent_at(now), case.id)))

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
        out = self._withdrawn.get(state.id)
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
            out_since=out.at if out else None,
            out_why=out.why if out else "",
        )

    def _with_carriers(self, day: Window, due: list[DeliveryId], risky: Risks) -> tuple[BoardCarrier, ...]:
        """What each carrier has of the day, by its id."""
        failed = self._failed(day)
        has: dict[CarrierId, list[DeliveryId]] = {}
        for one in due:
            if one in self._carriers:
                has.setdefault(self._carriers[one], []).append(one)
        return tuple(
            BoardCarrier(
                id=carrier,
                has=len(mine),
                delivered=sum(self._deliveries[one].status is DeliveryStatus.delivered for one in mine),
                failed=sum(one in failed for one in mine),
                at_risk=sum(one in risky for one in mine),
            )
            for carrier, mine in sorted(has.items())
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
        window = _window_then(state, last.at if last else at)
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

    def _failed(self, day: Window) -> set[DeliveryId]:
        """The deliveries that someone tried in vain on the day, and that were not delivered since."""
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        return {
            one
            for date in dates
            for one, at in self._failed_on.get(date, {}).items()
            if day.holds(at)
            and one in self._deliveries
            and self._deliveries[one].status is not DeliveryStatus.delivered
        }

    def _is_waiting(self, one: DeliveryId) -> bool:
        status = self._deliveries[one].status
        return status is not DeliveryStatus.delivered and status not in _ON_ROAD

    def _figures(
        self,
        day: Window,
        due: list[DeliveryId],
        moved: list[DeliveryId],
        risky: Risks,
        cases: tuple[BoardCase, ...],
    ) -> Figures:
        states = [self._deliveries[one] for one in due + moved]
        delivered = [state for state in states if state.status is DeliveryStatus.delivered]
        failed = self._failed(day)
        on_road = sum(state.status in _ON_ROAD for state in states)
        outcomes = [outcome for end, outcome in self._settled.values() if day.holds(end)]
        judged = [outcome for outcome in outcomes if outcome is not PromiseOutcome.void]
        dates = range(day.start // DATE_US, day.end // DATE_US + 1)
        return Figures(
            due=len(states),
            delivered=len(delivered),
            unproven=sum(state.unproven for state in delivered),
            on_road=on_road,
            waiting=sum(one not in failed and self._is_waiting(one) for one in due),
            at_risk=len(risky),
            failed=len(failed),
            moved=sum(one not in failed and self._is_waiting(one) for one in moved),
            promises_due=len(judged),
            promises_kept=sum(outcome is PromiseOutcome.kept for outcome in judged),
            declined=len({order for date in dates for order in self._declined_on.get(date, ())}),
            cases=len(cases),
            cases_overdue=sum(case.overdue for case in cases),
            cases_unclaimed=sum(not case.claimed for case in cases),
            cases_untold=sum(case.order is not None and not case.told for case in cases),
        )


def _board_incident(state: IncidentState, now: Instant) -> BoardIncident:
    return BoardIncident(
        id=state.id,
        cause=state.cause,
        about=state.about,
        owner=state.owner,
        claimed=state.claimed_at is not None,
        next_step=state.next_step,
        due_at=state.due_at,
        overdue=state.due_at < now,
        level=state.level,
        orders=len(state.orders),
        cases=len(state.cases),
    )


def _board_case(state: CaseState, now: Instant, label: str, incident: BoardIncident | None) -> BoardCase:
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
        incident=incident,
    )


def _window_then(state: DeliveryState, at: Instant) -> Window | None:
    """The window that was due at `at`: a later attempt has one of its own."""
    windows = [
        event.window
        for event in state.evidence
        if isinstance(event, DeliveryCreated) or (isinstance(event, ReattemptScheduled) and event.at <= at)
    ]
    return windows[-1] if windows else None
