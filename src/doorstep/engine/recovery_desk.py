"""Recovery: when a driver or a van is out, every promise finds another van, or a case, in the same commit."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from doorstep.engine.desk import Commanded, Desk, Origin
from doorstep.engine.device_clock import set_aside
from doorstep.engine.moves import Grounds
from doorstep.engine.planner import Planner
from doorstep.engine.routing_desk import RoutingDesk
from doorstep.engine.telling import told_of
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.roster import RosterState
from doorstep.lifecycle.route import LIVE, RouteState
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, PlannedStop
from doorstep.planning.repair import rehome
from doorstep.planning.ruins import RepairLimits
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.collection import BY_PLAN, return_of
from doorstep.vocabulary.delivery import DeliveryStatus, HoldDelivery, RecordFailure
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, DriverId, HubId, RouteId
from doorstep.vocabulary.promise import ReleasePromise
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.return_ import ReleaseCollection
from doorstep.vocabulary.roster import CallReserve, RecordAbsence
from doorstep.vocabulary.route import MoveCause, OpenRoute, Shift, WithdrawRoute
from doorstep.vocabulary.routing import RoutingTrigger
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant, Seconds, after, seconds_between

RESERVE_LEAD_S: Final = 2_700
"""A reserve driver who is called is at the hub after this."""
RESERVE_WORK_S_MIN: Final = 7_200
"""A reserve shift with less than this left is not worth the call."""
RESERVE_WORK_S_MAX: Final = 8 * 3_600 + 1_800
"""A reserve driver is on call longer than one may work."""
REST_AFTER_S: Final = 4 * 3_600
"""A reserve driver rests this long after the call, in a shift long enough to need it."""
RESERVES_MAX: Final = 4
"""Reserve shifts that one loss may bring in."""
DAY_S: Final = 86_400
LIMITS: Final = RepairLimits(jobs_max=1_500)
"""How hard one search tries: with all of them a breakdown's new plan stands within two seconds."""


class _Homes(NamedTuple):
    """Where orphans go: whole sequences by route, those placed in time, those placed late, the homeless."""

    sequences: dict[str, tuple[PlannedStop, ...]]
    kept: list[Job]
    late: list[Job]
    homeless: list[Job]


class RecoveryDesk:
    """What happens when capacity disappears."""

    def __init__(self, desk: Desk, planner: Planner, routing: RoutingDesk, seed: int) -> None:
        self._desk = desk
        self._planner = planner
        self._routing = routing
        self._seed = seed

    def call_out(self, day: str, driver: DriverId, why: str, origin: Origin) -> Refusal | None:
        """A driver cannot come: the day's shifts fall away."""
        with self._planner.lock:
            roster: RosterState | None = self._desk.state("roster", day)
            if roster is None:
                return Refusal("roster_unknown", f"there is no roster for {day}")
            routes = [route for route, shift in roster.on.items() if shift.driver == driver]
            return self._withdraw(routes, [RecordAbsence(day, driver, why, origin.at)], why, origin)

    def break_down(self, route: RouteId, why: str, origin: Origin) -> Refusal | None:
        """A van is out on the road."""
        with self._planner.lock:
            return self._withdraw([route], set_aside(route, origin), why, origin)

    def _withdraw(
        self, routes: list[RouteId], first: Sequence[Commanded], why: str, origin: Origin
    ) -> Refusal | None:
        now = self._desk.now()
        self._planner.catch_up(now)
        commands = list(first)
        base = self._planner.plan.copy()
        orphans: list[Job] = []
        left_by: dict[str, RouteId] = {}
        for route in sorted(routes):
            state: RouteState | None = self._desk.state("route", route)
            if state is None or state.status not in LIVE:
                continue
            commands.append(WithdrawRoute(route, why, origin.at))
            base.close_route(route)
            for delivery in state.deliveries:
                left_by[delivery] = route
                job = self._planner.known_job(delivery)
                if job is not None and job.collects:
                    orphans.append(job)
                    continue
                commands += self._fail_aboard(delivery, route, origin)
                away = delivery in state.aboard and state.departed_at is not None
                ready_at = after(now, self._desk.book.dispatch.recovery_s) if away else now
                orphans.append(self._planner.ready_again(delivery, ready_at))
        homes = self._rehome(base, orphans, commands, now)
        jobs = [*homes.kept, *homes.late]
        change = self._planner.change(homes.sequences)
        # A case widens its delivery's window for the plan, so it stands in the log before the plan does.
        for job in [*homes.late, *homes.homeless]:
            commands += self._no_capacity(
                DeliveryId(job.delivery_id), left_by[job.delivery_id], why, origin.at
            )
        grounds = Grounds(self._said(routes, why), MoveCause.van_lost, left_by)
        because = self._desk.book.dispatch.because("moves")
        planned = self._planner.preview(change, jobs, grounds, base).commands
        commands += [Reasoned(command, because) for command in planned]
        return self._desk.together(commands, origin)

    def _said(self, routes: list[RouteId], why: str) -> str:
        """Which vans are out, and why."""
        states: list[RouteState | None] = [self._desk.state("route", route) for route in sorted(routes)]
        vans = [state.shift.vehicle for state in states if state is not None]
        return f"{', '.join(vans)} withdrawn: {why}"

    def _rehome(self, base: LivePlan, orphans: list[Job], commands: list[Commanded], now: Instant) -> _Homes:
        """First in time on the vans there are, then with reserves, then late rather than not at all."""
        timely = [job for job in orphans if job.ready_s < job.window_end_s]
        told = told_of(self._desk, self._planner, base)
        change = rehome(base, timely, limits=LIMITS, seed=self._seed, told=told)
        for _ in range(RESERVES_MAX):
            # Nobody is called in for goods that can as well be fetched another day.
            short = any(not job.collects for job in change.unplaced)
            reserve = self._reserve_commands(base, orphans[0].hub_place, now) if short else []
            if not reserve:
                break
            commands += reserve
            change = rehome(base, timely, limits=LIMITS, seed=self._seed, told=told)
        lost = {job.delivery_id for job in change.unplaced}
        kept = [job for job in timely if job.delivery_id not in lost]
        sequences = dict(change.sequences)
        without = [job for job in orphans if job not in kept]
        overdue = [job for job in without if self._is_confirmed(DeliveryId(job.delivery_id))]
        holds = [job for job in without if job not in overdue]
        # Another carrier that keeps the promise comes before a van that would be late.
        overdue = [job for job in overdue if not self._spill_over(job, commands, now)]
        if not overdue:
            return _Homes(sequences, kept, [], holds)
        plan = base.copy()
        plan.apply(sequences, kept)
        widened = [self._planner.widened(job) for job in overdue]
        told = told_of(self._desk, self._planner, plan)
        second = rehome(plan, widened, limits=LIMITS, seed=self._seed, told=told)
        homeless = {job.delivery_id for job in second.unplaced}
        placed = [job for job in widened if job.delivery_id not in homeless]
        plan.apply(second.sequences, placed)
        # With the others moved, some fit their own window after all: no promise of theirs is broken.
        timely_now = [job for job in overdue if self._is_timely(plan, job)]
        kept_now = {job.delivery_id for job in timely_now}
        return _Homes(
            sequences | second.sequences,
            [*kept, *timely_now],
            [job for job in placed if job.delivery_id not in kept_now],
            [*holds, *(job for job in widened if job.delivery_id in homeless)],
        )

    def _spill_over(self, job: Job, commands: list[Commanded], now: Instant) -> bool:
        """Give a delivery that no van keeps to a carrier that does; whether there is one."""
        ready_at = self._planner.clock.instant(job.ready_s)
        trigger = RoutingTrigger.withdrawn
        found = self._routing.decide_anew(DeliveryId(job.delivery_id), trigger, now, ready_at=ready_at)
        if found is None or found[0].carrier is None:
            return False
        commands.append(found[0])
        return True

    @staticmethod
    def _is_timely(plan: LivePlan, job: Job) -> bool:
        """Whether the plan has the van at the door within the job's own window."""
        route = plan.route_of(job.delivery_id)
        times = () if route is None else plan.schedule(route).times
        starts = [time.start_s for time in times if time.stop.delivery_id == job.delivery_id]
        return any(start <= job.window_end_s for start in starts)

    def _is_confirmed(self, delivery: DeliveryId) -> bool:
        return self._desk.state("delivery", delivery) is not None

    def _fail_aboard(self, delivery: DeliveryId, route: RouteId, origin: Origin) -> list[Commanded]:
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        if state is None or state.waiting or state.status is DeliveryStatus.created:
            return []
        if state.status is DeliveryStatus.assigned:
            until = after(origin.at, DAY_S)
            reason = "van withdrawn before load-out"
            return [HoldDelivery(delivery, f"withdrawn/{route}/{delivery}", origin.at, reason, until)]
        key = f"breakdown/{route}/{delivery}"
        return [RecordFailure(delivery, key, origin.at, route, Reason.vehicle_breakdown, None, ())]

    def _reserve_commands(self, base: LivePlan, hub_place: int, now: Instant) -> list[Commanded]:
        """Call a reserve that is still worth it, the hub's own before another's; it joins the trial plan."""
        found = [
            (self._planner.hub_place(shift.hub) != hub_place, route, roster.day, shift)
            for _, roster in sorted(self._desk.market.all_of("roster").items())
            for route, shift in roster.reserve.items()
            if route not in base.route_ids
        ]
        for elsewhere, route, day, shift in sorted(found, key=lambda one: one[:2]):
            hub = self._planner.hub_at(hub_place) if elsewhere else shift.hub
            called = _as_called(shift, hub, now)
            if seconds_between(called.start, called.end) < RESERVE_WORK_S_MIN:
                continue
            base.open_route(self._planner.vehicle_shift(route, called))
            return [CallReserve(day, route, called, now), OpenRoute(route, called)]
        return []

    def _no_capacity(self, delivery: DeliveryId, route: RouteId, why: str, at: Instant) -> list[Commanded]:
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        created = state.created if state else None
        job = self._planner.known_job(delivery)
        if job is not None and job.collects:
            return [ReleaseCollection(return_of(delivery), at, why, BY_PLAN)]
        if created is None:
            # Nobody was promised anything yet; held on, it could be confirmed with no plan behind it.
            promise = self._planner.promise_of(delivery)
            assert promise is not None, "a delivery in the plan was held for a promise"
            return [ReleasePromise(promise, why)]
        opened: Reasoned = open_case(
            self._desk.book, CaseKind.no_capacity, (delivery,),
            subject=CaseSubject(created.order, delivery, route), at=at, breach_at=created.window.end,
            happened="no van can keep the promise any more", why=why,
        )  # fmt: skip
        return [opened]


def _as_called(shift: Shift, hub: HubId, now: Instant) -> Shift:
    """The shift as the reserve works it when called now, at the hub that needs it."""
    start = max(shift.start, after(now, RESERVE_LEAD_S))
    end = min(shift.end, after(start, RESERVE_WORK_S_MAX))
    rests = seconds_between(start, end) > REST_AFTER_S + shift.break_s
    return msgspec.structs.replace(
        shift, hub=hub, start=start, end=end, break_start=after(start, REST_AFTER_S) if rests else start,
        break_s=shift.break_s if rests else Seconds(0),
    )  # fmt: skip
