"""Dispatch: shifts on sale, waves planned and staged, capacity that disappears, promises in danger."""

from datetime import date

import msgspec

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.network import Network, shifts_on
from doorstep.engine.planner import Planner
from doorstep.engine.ports.solver import WaveSolver
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.roster import RosterState
from doorstep.lifecycle.route import LIVE, RouteState, RouteStatus
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job, PlannedStop
from doorstep.planning.repair import rehome
from doorstep.planning.waves import Verdict, build_wave, hubs_of, judge_wave
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.delivery import AssignDelivery, DeliveryStatus, HoldDelivery, RecordFailure
from doorstep.vocabulary.event import Refusal, Source, StreamId
from doorstep.vocabulary.ids import DeliveryId, DriverId, OrderId, ParcelId, RouteId, derive
from doorstep.vocabulary.order import ReleaseOrder
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyCommand, Instruction
from doorstep.vocabulary.roster import CallReserve, PlanShift, RecordAbsence
from doorstep.vocabulary.route import OpenRoute, Shift, StageRoute, WithdrawRoute
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant, after, seconds_between

RESERVE_LEAD_S = 2_700
"""A reserve driver who is called is at the hub after this."""
DAY_S = 86_400


class DispatchDesk:
    """Decides what goes out when; its tasks run by timers, its other methods by people."""

    def __init__(self, desk: Desk, planner: Planner, solver: WaveSolver, seed: int) -> None:
        self._desk = desk
        self._planner = planner
        self._solver = solver
        self._seed = seed

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

    def call_out(self, day: str, driver: DriverId, why: str, origin: Origin) -> Refusal | None:
        """A driver cannot come: the shifts fall away, and every promise finds a van or gets its case."""
        with self._planner.lock:
            roster: RosterState | None = self._desk.state("roster", day)
            if roster is None:
                return Refusal("roster_unknown", f"there is no roster for {day}")
            routes = [route for route, shift in roster.on.items() if shift.driver == driver]
            first: list[AnyCommand] = [RecordAbsence(day, driver, why, origin.at)]
            return self._withdraw(routes, first, why, origin)

    def break_down(self, route: RouteId, why: str, origin: Origin) -> Refusal | None:
        """A van is out on the road."""
        with self._planner.lock:
            return self._withdraw([route], [], why, origin)

    def _withdraw(
        self, routes: list[RouteId], first: list[AnyCommand], why: str, origin: Origin
    ) -> Refusal | None:
        """One commit: the routes go, orphans move, the reserve comes in, and what no plan keeps is a case."""
        now = self._desk.now()
        self._planner.catch_up(now)
        commands = list(first)
        base = self._planner.plan.copy()
        orphans: list[Job] = []
        for route in sorted(routes):
            state: RouteState | None = self._desk.state("route", route)
            if state is None or state.status not in LIVE:
                continue
            commands.append(WithdrawRoute(route, why, origin.at))
            base.close_route(route)
            for delivery in state.deliveries:
                commands += self._fail_aboard(delivery, route, origin)
                loaded = state.status is RouteStatus.departed
                ready_at = after(now, self._desk.book.dispatch.recovery_s) if loaded else now
                orphans.append(self._planner.ready_again(delivery, ready_at))
        movable = [job for job in orphans if self._may_move(job)]
        change = rehome(base, movable, seed=self._seed)
        if change.unplaced:
            reserve = self._reserve_commands(base, orphans[0].hub_place, now)
            if reserve:
                commands += reserve
                change = rehome(base, movable, seed=self._seed)
        placed = [job for job in movable if job not in change.unplaced]
        commands += self._planner.preview(change, placed, f"withdrawn: {why}", base).commands
        for job in orphans:
            if job not in placed:
                commands += self._no_capacity(DeliveryId(job.delivery_id), why, origin.at)
        return self._desk.together(commands, origin)

    def _fail_aboard(self, delivery: DeliveryId, route: RouteId, origin: Origin) -> list[AnyCommand]:
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        if state is None or state.status in (DeliveryStatus.created, DeliveryStatus.on_hold):
            return []
        if state.status is DeliveryStatus.assigned:
            reason = "van withdrawn before load-out"
            until = after(origin.at, DAY_S)
            return [HoldDelivery(delivery, f"withdrawn/{route}/{delivery}", origin.at, reason, until)]
        key = f"breakdown/{route}/{delivery}"
        return [RecordFailure(delivery, key, origin.at, route, Reason.vehicle_breakdown, None, ())]

    def _may_move(self, job: Job) -> bool:
        """Whether the delivery's window is still ahead once its parcels stand at the hub again."""
        return job.ready_s < job.window_end_s

    def _reserve_commands(self, base: LivePlan, hub_place: int, now: Instant) -> list[AnyCommand]:
        """Call the first reserve shift of the hub that still has half of its time ahead, if there is one."""
        for stream, roster in sorted(self._desk.market.all_of("roster").items()):
            del stream
            for route, shift in sorted(roster.reserve.items()):
                if self._planner.hub_place(shift.hub) != hub_place:
                    continue
                start = max(shift.start, after(now, RESERVE_LEAD_S))
                if seconds_between(start, shift.end) * 2 < seconds_between(shift.start, shift.end):
                    continue
                late: Shift = msgspec.structs.replace(shift, start=start)
                base.open_route(self._planner.vehicle_shift(route, late))
                return [CallReserve(roster.day, route, late.start, now), OpenRoute(route, late)]
        return []

    def _no_capacity(self, delivery: DeliveryId, why: str, at: Instant) -> list[AnyCommand]:
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        created = state.created if state else None
        order = created.order if created else None
        breach_at = created.window.end if created else None
        opened: Reasoned = open_case(
            self._desk.book, CaseKind.no_capacity, (delivery,), subject=CaseSubject(order, delivery), at=at,
            breach_at=breach_at, happened="no van can keep the promise any more", why=why,
        )  # fmt: skip
        return [opened.command]

    # Waves ------------------------------------------------------------------------------------------

    def stage_route(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """The loading list of a route: its orders are released to the floor and its driver has them."""
        state: RouteState | None = self._desk.state("route", subject)
        if state is None or state.status is not RouteStatus.open:
            return []
        parcels: list[ParcelId] = []
        released: list[AnyCommand] = []
        for delivery in state.deliveries:
            held: DeliveryState | None = self._desk.state("delivery", delivery)
            if held is None or held.created is None:
                continue  # a hold that nobody has confirmed: nothing to load
            parcels += held.created.parcels
            released += self._release(held.created.order)
            key = f"assign/{state.id}/{delivery}"
            released.append(AssignDelivery(delivery, key, now, state.id, state.shift.driver))
        # The last stop is loaded first.
        commands: list[AnyCommand] = [StageRoute(state.id, tuple(reversed(parcels))), *released]
        because = self._desk.book.dispatch.because("stage_lead_s")
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return [tuple(self._desk.instruct(command, origin, because) for command in commands)]

    def _release(self, order: OrderId) -> list[AnyCommand]:
        state = self._desk.state("order", order)
        return [ReleaseOrder(order)] if state is not None and state.status == "promised" else []

    def improve(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """The waves of all hubs, solved side by side; taken where every promise is kept and it is cheaper."""
        del subject
        self._planner.catch_up(now)
        plan = self._planner.plan
        problems = [build_wave(plan, hub_place) for hub_place in hubs_of(plan)]
        problems = [problem for problem in problems if problem.jobs]
        iterations = self._desk.book.dispatch.solver_iterations
        solutions = self._solver.solve_all(problems, iterations, self._seed)
        sequences: dict[str, tuple[PlannedStop, ...]] = {}
        for problem, solution in zip(problems, solutions, strict=True):
            if solution is None:
                continue
            outcome = judge_wave(plan, problem, solution)
            if outcome.verdict is Verdict.taken and outcome.change is not None:
                sequences |= outcome.change.sequences
        if not sequences:
            return []
        preview = self._planner.preview(Change(sequences, (), ()), (), "improve")
        because = self._desk.book.dispatch.because("improve_before_s")
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return [tuple(self._desk.instruct(command, origin, because) for command in preview.commands)]

    # Watching ---------------------------------------------------------------------------------------

    def watch_route(self, subject: str, now: Instant) -> list[Instruction]:
        """Promises that a started route will miss as it stands get a case before the shopper notices."""
        now_s = self._planner.clock.second(now)
        dispatch = self._desk.book.dispatch
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        found = []
        for late in self._planner.plan.overdue(now_s):
            if late.route_id != subject or late.late_s < dispatch.margin_s - dispatch.predict_miss_s:
                continue
            state: DeliveryState | None = self._desk.market.state(StreamId(f"delivery/{late.delivery_id}"))
            if state is None or state.created is None:
                continue
            promise: PromiseState = self._desk.state("promise", state.created.promise)
            minutes = max(1, (late.late_s - dispatch.margin_s) // 60)
            opened: Reasoned = open_case(
                self._desk.book, CaseKind.predicted_miss, (late.delivery_id,),
                subject=CaseSubject(state.created.order, state.created.delivery, RouteId(subject)), at=now,
                breach_at=promise.window.end if promise.window else None,
                happened=f"expected about {minutes} min after the window's end",
                why="the van is behind its plan",
            )  # fmt: skip
            found.append(self._desk.instruct(opened.command, origin, opened.because))
        return found
