"""Dispatch: shifts on sale, routes staged, another attempt planned."""

from datetime import date

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.network import Network, shifts_on
from doorstep.engine.planner import Planner
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.roster import RosterState
from doorstep.lifecycle.route import RouteState, RouteStatus
from doorstep.planning.problem import Job
from doorstep.reactions.failed_attempt import REATTEMPT_LOOKS_S
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.delivery import AssignDelivery
from doorstep.vocabulary.event import Source
from doorstep.vocabulary.ids import DeliveryId, OrderId, ParcelId, RouteId, derive
from doorstep.vocabulary.order import ReleaseOrder
from doorstep.vocabulary.promise import ReleasePromise
from doorstep.vocabulary.record import AnyCommand, Instruction
from doorstep.vocabulary.roster import PlanShift
from doorstep.vocabulary.route import InsertStop, RemoveStop, StageRoute
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant

RESERVE_LEAD_S = 2_700
"""A reserve driver who is called is at the hub after this."""
DAY_S = 86_400


class DispatchDesk:
    """Decides what goes out when; its tasks run by timers, its other methods by people."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk = desk
        self._planner = planner

    # Roster -----------------------------------------------------------------------------------------

    def plan_day(self, network: Network, day: date, origin: Origin) -> tuple[RouteId, ...]:
        """Put a day's shifts on the roster and on sale; a shift that stands is left alone."""
        known: RosterState | None = self._desk.state("roster", day.isoformat())
        routes = []
        for planned in shifts_on(network, day):
            route = RouteId(derive("rte", day.isoformat(), planned.shift.driver, str(planned.shift.start)))
            routes.append(route)
            if known is None or not (route in known.on or route in known.reserve or route in known.off):
                command = PlanShift(day.isoformat(), route, planned.shift, planned.reserve)
                self._desk.together([command], origin)
        return tuple(routes)

    # Waves ------------------------------------------------------------------------------------------

    def stage_route(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """The loading list of a route: its orders are released to the floor and its driver has them."""
        state: RouteState | None = self._desk.state("route", subject)
        if state is None or state.status is not RouteStatus.open:
            return []
        parcels: list[ParcelId] = []
        released: list[AnyCommand] = []
        unconfirmed: list[AnyCommand] = []
        for delivery in state.first_trip:
            held: DeliveryState | None = self._desk.state("delivery", delivery)
            if held is None or held.created is None:
                # Confirmed after this, it would stand on a van that never loads it.
                unconfirmed += self._give_back(state.id, delivery)
                continue
            if not held.at_hub:
                # It ended, or goes back, since it was planned: nothing of it is loaded.
                unconfirmed.append(RemoveStop(state.id, delivery, f"it is {held.status}"))
                continue
            parcels += held.rest
            released += self._release(held.created.order)
            key = f"assign/{state.id}/{delivery}"
            released.append(AssignDelivery(delivery, key, now, state.id, state.shift.driver))
        # The last stop is loaded first.
        stage = StageRoute(state.id, tuple(reversed(parcels)))
        commands: list[AnyCommand] = [*unconfirmed, stage, *released]
        because = self._desk.book.dispatch.because("stage_lead_s")
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return [tuple(self._desk.instruct(command, origin, because) for command in commands)]

    def _give_back(self, route: RouteId, delivery: DeliveryId) -> list[AnyCommand]:
        promise = self._planner.promise_of(delivery)
        assert promise is not None, "a delivery in the plan was held for a promise"
        why = "the van is being loaded"
        return [ReleasePromise(promise, why), RemoveStop(route, delivery, why)]

    def _release(self, order: OrderId) -> list[AnyCommand]:
        state = self._desk.state("order", order)
        return [ReleaseOrder(order)] if state is not None and state.status == "promised" else []

    def plan_reattempt(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """A van for a delivery whose next attempt has none; before its day is on the roster, none fits."""
        state: DeliveryState | None = self._desk.state("delivery", subject)
        job = self._planner.known_job(DeliveryId(subject))
        if state is None or state.created is None or job is None or not state.waiting:
            return []
        if self._planner.plan.route_of(subject) is not None:
            return []
        self._planner.catch_up(now)
        plan = self._planner.plan
        that_day = [r for r in plan.route_ids if plan.route(r).shift.end_s > job.window_start_s]
        placement = plan.best(job, that_day).placement if that_day else None
        if placement is None:
            return self._unplaced(state, job, now)
        trial = plan.copy()
        inserted = trial.insert(job, placement)
        assert inserted, "the placement was found a moment ago"
        index = placement.at + (placement.hub_at is not None)
        route = RouteId(placement.route_id)
        insert = InsertStop(route, DeliveryId(subject), index, placement.hub_at, trial.plan_hash())
        because = self._desk.book.attempts.because("reattempt")
        return [(self._desk.instruct(insert, Origin(ENGINE_ACTOR, Source.derived, now), because),)]

    def _unplaced(self, state: DeliveryState, job: Job, now: Instant) -> list[tuple[Instruction, ...]]:
        """Once it is too late to look again, a next attempt without a van is someone's."""
        last_s = job.window_start_s - REATTEMPT_LOOKS_S[-1]
        if state.created is None or self._planner.clock.second(now) < last_s:
            return []
        window_start = self._planner.clock.instant(job.window_start_s)
        delivery, order = state.created.delivery, state.created.order
        opened: Reasoned = open_case(
            self._desk.book, CaseKind.no_capacity, (delivery, str(window_start)),
            subject=CaseSubject(order, delivery), at=now, breach_at=state.held_until,
            happened="no van has room for the next attempt", why="no route of its day fits",
        )  # fmt: skip
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return [(self._desk.instruct(opened.command, origin, opened.because),)]
