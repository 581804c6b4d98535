"""Planner: keeps the live plan as the log tells it, and proposes what the log may say next.

The live plan is a fold: routes and promises of the log are all it knows, so a restart rebuilds it. Only
places come from elsewhere, from the vault, for a plan holds references.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from threading import RLock
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from msgspec.structs import replace

from doorstep.engine.moves import Grounds, moves_of
from doorstep.engine.people import People
from doorstep.engine.ports.travel import OffMap, TravelTimes
from doorstep.lifecycle.route import LIVE, RouteState, RouteStatus, evolve
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job, PlannedStop, VehicleShift
from doorstep.planning.travel import TravelTable
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseOpened
from doorstep.vocabulary.collection import Collection
from doorstep.vocabulary.delivery import ReattemptScheduled
from doorstep.vocabulary.ids import DeliveryId, HubId, PlaceId, PromiseId, RouteId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.promise import Demand, PromiseHeld
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.return_ import CollectionBooked, CollectionFailed
from doorstep.vocabulary.route import (
    PlanRoute,
    RouteDebriefed,
    RouteDeparted,
    RouteOpened,
    RoutePinned,
    RoutePlanned,
    RouteReturned,
    RouteStaged,
    RouteUnpinned,
    RouteWithdrawn,
    Shift,
    Skill,
    Stop,
    StopCompleted,
    StopInserted,
    StopKind,
    StopRemoved,
)
from doorstep.vocabulary.units import MICROSECONDS, Instant, after
from doorstep.vocabulary.windows import Window

WEEK_S: Final = 604_800
SKILL_BITS: Final = {skill: 1 << bit for bit, skill in enumerate(Skill)}
"""The planner's bit for each skill."""


def skill_bits(skills: tuple[Skill, ...]) -> int:
    """The skills as the planner's bits."""
    return sum(SKILL_BITS[skill] for skill in set(skills))


class PlanClock:
    """Turns instants into the plan's whole seconds and back; the plan's origin is a local midnight."""

    def __init__(self, start: Instant, zone: ZoneInfo) -> None:
        local = datetime.fromtimestamp(start / MICROSECONDS, UTC).astimezone(zone)
        midnight = datetime.combine(local.date(), time(0), zone)
        noon = datetime.combine(local.date(), time(12), zone)
        self.zone = zone
        self.origin_s = int(midnight.timestamp())
        # Hours of the week are anchored at noon: on a day of 23 or 25 hours the working day then fits.
        since_monday_s = local.weekday() * 86_400 + 12 * 3_600
        self.week_origin_s = (since_monday_s - (int(noon.timestamp()) - self.origin_s)) % WEEK_S

    def second(self, instant: Instant) -> int:
        """The instant as seconds since the origin, rounded up, so that nothing is planned before it."""
        return -(-instant // MICROSECONDS) - self.origin_s

    def instant(self, second: int) -> Instant:
        """The plan's second as an instant."""
        return Instant((second + self.origin_s) * MICROSECONDS)


class Planner:
    """The live plan of a market; every caller holds `lock` from asking until its command is committed."""

    def __init__(
        self,
        travel: TravelTimes,
        people: People,
        book: PolicyBook,
        clock: PlanClock,
        hubs: dict[HubId, Point],
    ) -> None:
        self.lock = RLock()
        self.clock = clock
        self.travel = travel
        self._people = people
        self._book = book
        self.table = TravelTable(travel.hour_profile, week_origin_s=clock.week_origin_s)
        self.plan = LivePlan(self.table)
        self.routes: dict[RouteId, RouteState] = {}
        self._nodes: list[int] = []
        self._index_of_node: dict[int, int] = {}
        self._jobs: dict[DeliveryId, Job] = {}
        self._promises: dict[DeliveryId, PromiseId] = {}
        self._ever: dict[RouteId, set[DeliveryId]] = {}
        self._hubs = {hub: self._index(travel.snap(point).node) for hub, point in hubs.items()}

    # What the log tells -----------------------------------------------------------------------------

    def apply(self, record: Record) -> None:
        """Follow the log: promises bring jobs, route events change the plan."""
        match record.data:
            case PromiseHeld() as held:
                self._promises[held.delivery] = held.promise
                self._jobs[held.delivery] = self._job_told(held)
            case RouteOpened(route=route, shift=shift) as event:
                self.routes[route] = evolve(None, event)
                self.plan.open_route(self.vehicle_shift(route, shift))
            case (
                RoutePlanned() | StopInserted() | StopRemoved() | RouteStaged() | RouteDeparted()
                | StopCompleted() | RouteReturned() | RouteWithdrawn() | RouteDebriefed()
                | RoutePinned() | RouteUnpinned()
            ) as event:  # fmt: skip
                before = self.routes[event.route]
                after = self.routes[event.route] = evolve(before, event)
                if isinstance(event, RouteWithdrawn):
                    self._recover(event, before, record.recorded_at)
                self._follow(before, after, record)
            case ReattemptScheduled(delivery=delivery, at=at, window=window) if delivery in self._jobs:
                self._jobs[delivery] = self._again(self._jobs[delivery], window, at)
            case CollectionBooked(collection=collection):
                self._jobs[collection.delivery] = self.collection_job(collection)
            case CollectionFailed(delivery=delivery):
                # What was not fetched takes no room on the van.
                self._jobs[delivery] = replace(self._jobs[delivery], weight_g=0, volume_ml=0)
                if self.plan.route_of(delivery) is not None:
                    self.plan.amend(self._jobs[delivery])
            case CaseOpened(kind=CaseKind.no_capacity, subject=subject) if subject.delivery is not None:
                if subject.delivery in self._jobs:
                    self._jobs[subject.delivery] = self.widened(self._jobs[subject.delivery])
            case _:
                pass

    def _recover(self, gone: RouteWithdrawn, before: RouteState, at: Instant) -> None:
        """What a withdrawn van had on the road is at the hub again later, also for who reads the log anew."""
        for orphan in gone.orphans:
            away = orphan in before.aboard and before.departed_at is not None
            self.ready_again(orphan, after(at, self._book.dispatch.recovery_s) if away else at)

    def _follow(self, before: RouteState, after: RouteState, record: Record) -> None:
        route = after.id
        self._ever.setdefault(route, set()).update(after.deliveries)
        if before.status in LIVE and after.status not in LIVE:
            self.plan.close_route(route)
            return
        if after.status not in LIVE:
            return
        if after.stops != before.stops:
            self._resequence(after)
        if after.done != before.done or after.status is not before.status:
            self._advance(after, record)
        if after.kept or before.kept:
            self.plan.keep(route, after.kept)

    def _resequence(self, state: RouteState) -> None:
        for delivery in state.deliveries:
            holder = self.plan.route_of(delivery)
            if holder is not None and holder != state.id:
                # Moved here by a plan of several routes; its old route's own event comes in the same commit.
                self._drop(RouteId(holder), delivery)
        jobs = [self._jobs[d] for d in state.deliveries if self.plan.route_of(d) is None]
        self.plan.set_sequence(state.id, self.planned_stops(state.id, state.stops), jobs)

    def _drop(self, route: RouteId, delivery: DeliveryId) -> None:
        stops = [stop for stop in self.plan.route(route).stops if stop.delivery_id != delivery]
        self.plan.set_sequence(route, stops)

    def _advance(self, state: RouteState, record: Record) -> None:
        hub = self._hubs[state.shift.hub]
        if state.status in (RouteStatus.staged, RouteStatus.loaded):
            free_s = self.clock.second(state.shift.start) + self._book.dispatch.load_out_s
            at_s = self.clock.second(record.occurred_at)
            free_s = max(free_s, at_s if state.status is RouteStatus.loaded else free_s)
            self.plan.advance(state.id, 1, hub, free_s)
        elif state.last_at is not None:
            last = state.stops[state.done - 1]
            place = hub if last.delivery is None else self._jobs[last.delivery].place
            self.plan.advance(state.id, state.done, place, self.clock.second(state.last_at))

    # What the plan is made of -----------------------------------------------------------------------

    def place(self, place: PlaceId) -> int:
        """The travel table's index of a place.

        Raises:
            OffMap: the place is unknown or no van gets there.
        """
        point = self._people.point(place)
        if point is None:
            raise OffMap(f"nobody knows where {place} is")
        return self._index(self.travel.snap(point).node)

    def ever_on(self, route: RouteId) -> tuple[DeliveryId, ...]:
        """Every delivery that ever stood on a route."""
        return tuple(sorted(self._ever.get(route, ())))

    def hub_place(self, hub: HubId) -> int:
        """The travel table's index of a hub."""
        return self._hubs[hub]

    def hub_at(self, place: int) -> HubId:
        """The hub that stands at an index of the travel table."""
        return next(hub for hub, index in sorted(self._hubs.items()) if index == place)

    def node(self, place: int) -> int:
        """The street node of a place of the table."""
        return self._nodes[place]

    def _index(self, node: int) -> int:
        known = self._index_of_node.get(node)
        if known is not None:
            return known
        profiles = range(self.travel.profiles)
        to_known = np.array([self.travel.seconds(k, [node], self._nodes)[0] for k in profiles])
        from_known = np.array([self.travel.seconds(k, self._nodes, [node])[:, 0] for k in profiles])
        index = self.table.add_place(to_known, from_known)
        assert index == len(self._nodes), "places are never forgotten while they may be asked for again"
        self._nodes.append(node)
        self._index_of_node[node] = index
        return index

    def job(self, delivery: DeliveryId, place: PlaceId, demand: Demand, window: Window) -> Job:
        """The job that stands for a delivery: its window ends earlier by the policy's margin.

        Raises:
            OffMap: the place is unknown or no van gets there.
        """
        return self._job(delivery, self.place(place), demand, window)

    def _job(self, delivery: DeliveryId, place: int, demand: Demand, window: Window) -> Job:
        end_s = self.clock.second(window.end) - self._book.dispatch.margin_s
        start_s = self.clock.second(window.start)
        return Job(
            delivery_id=delivery,
            place=place,
            hub_place=self._hubs[demand.hub],
            window_start_s=start_s,
            window_end_s=max(start_s, end_s),
            ready_s=self.clock.second(demand.ready_at),
            service_s=demand.service_s,
            weight_g=demand.weight_g,
            volume_ml=demand.volume_ml,
            skills=skill_bits(demand.skills),
        )

    def collection_job(self, collection: Collection) -> Job:
        """The job of a visit that fetches goods."""
        demand = collection.demand
        place = self._told_place(collection.place, demand.hub)
        job = self._job(collection.delivery, place, demand, collection.window)
        return replace(job, collects=True)

    def known_job(self, delivery: DeliveryId) -> Job | None:
        """The job of a delivery that was ever held."""
        return self._jobs.get(delivery)

    def promise_of(self, delivery: DeliveryId) -> PromiseId | None:
        """The promise that a delivery was held for."""
        return self._promises.get(delivery)

    def ready_again(self, delivery: DeliveryId, ready_at: Instant) -> Job:
        """The delivery's job with its parcels back at the hub at an instant."""
        job = self._jobs[delivery]
        # Rounded down, for the log's own time runs microseconds ahead of a clock that stands still.
        ready_s = max(job.ready_s, self.clock.second(Instant(ready_at - ready_at % MICROSECONDS)))
        self._jobs[delivery] = replace(job, ready_s=ready_s)
        return self._jobs[delivery]

    def _job_told(self, held: PromiseHeld) -> Job:
        """The job of a promise of the log."""
        place = self._told_place(held.place, held.demand.hub)
        return self._job(held.delivery, place, held.demand, held.window)

    def _told_place(self, place: PlaceId, hub: HubId) -> int:
        """A place of the log; the hub stands in for one that was erased since."""
        try:
            return self.place(place)
        except OffMap:
            return self._hubs[hub]

    def _again(self, job: Job, window: Window, at: Instant) -> Job:
        """The job of another attempt: its window, and its parcels at the hub once the van is back."""
        end_s = self.clock.second(window.end) - self._book.dispatch.margin_s
        ready_s = self.clock.second(after(at, self._book.dispatch.recovery_s))
        later = job.within(self.clock.second(window.start), end_s)
        return replace(later, ready_s=max(job.ready_s, ready_s))

    def widened(self, job: Job) -> Job:
        """A job whose promise no plan keeps, until the last shift's end: late is better than not at all."""
        live = (state for state in self.routes.values() if state.status in LIVE)
        ends_s = max((self.clock.second(state.shift.end) for state in live), default=0)
        return job.within(job.window_start_s, max(job.window_end_s, ends_s))

    def loads_at(self, state: RouteState, reload: tuple[DeliveryId, ...]) -> Instant:
        """When everything that the route loads next stands ready: at its start, or at its next hub visit."""
        loaded = reload if state.status is RouteStatus.departed else state.aboard
        jobs = (self._jobs[delivery] for delivery in loaded if delivery in self._jobs)
        ready_s = max((job.ready_s for job in jobs), default=0)
        return max(state.shift.start, self.clock.instant(ready_s))

    def vehicle_shift(self, route: RouteId, shift: Shift) -> VehicleShift:
        """A shift as the planner sees it."""
        hub = self._hubs[shift.hub]
        tariffs = self._book.tariffs
        return VehicleShift(
            route_id=route,
            vehicle_id=shift.vehicle,
            start_place=hub,
            hub_place=hub,
            end_place=hub,
            start_s=self.clock.second(shift.start),
            end_s=self.clock.second(shift.end),
            capacity_g=shift.capacity_g,
            capacity_ml=shift.capacity_ml,
            load_out_s=self._book.dispatch.load_out_s,
            skills=skill_bits(shift.skills),
            break_start_s=self.clock.second(shift.break_start) if shift.break_s else 0,
            break_s=shift.break_s,
            hour_minor=tariffs.driver_minor_per_hour,
        )

    def planned_stops(self, route: RouteId, stops: tuple[Stop, ...]) -> list[PlannedStop]:
        """A route's sequence as the planner sees it."""
        hub = self._hubs[self.routes[route].shift.hub]
        return [
            PlannedStop(
                stop.delivery,
                hub if stop.delivery is None else self._jobs[stop.delivery].place,
                stop.kind is StopKind.collection,
            )
            for stop in stops
        ]

    def catch_up(self, now: Instant) -> None:
        """Let no route that has not begun, or waits at its hub, be planned as if it were still earlier."""
        now_s = self.clock.second(now)
        for route_id in self.plan.route_ids:
            state = self.routes[RouteId(route_id)]
            planned = self.plan.route(route_id)
            waits = state.status in (RouteStatus.open, RouteStatus.staged, RouteStatus.loaded)
            idle = state.status is RouteStatus.departed and not state.remaining
            if (waits or idle) and planned.free_at_s < now_s:
                self.plan.advance(route_id, planned.frozen_count, planned.last_place, now_s)

    # What the log may say next ---------------------------------------------------------------------

    @staticmethod
    def change(sequences: dict[str, tuple[PlannedStop, ...]]) -> Change:
        """Whole sequences as a proposal that leaves nobody out."""
        return Change(sequences, (), ())

    def preview(
        self, change: Change, jobs: Sequence[Job], grounds: Grounds, base: LivePlan | None = None
    ) -> "Preview":
        """A proposal carried out on a copy: the plan as it will be, and the commands that lead there.

        `base` is the plan that the proposal starts from, the live one where None.
        """
        before = base or self.plan
        trial = before.copy()
        trial.apply(change.sequences, jobs)
        plan_hash = trial.plan_hash()
        moves = moves_of(change, before, trial, grounds)
        commands = tuple(
            PlanRoute(RouteId(route), as_stops(tuple(stops)), plan_hash, grounds.why, moves.get(route, ()))
            for route, stops in sorted(change.sequences.items())
        )
        return Preview(trial, plan_hash, commands)


class Preview(NamedTuple):
    """The plan after a proposal, its hash, and the commands for the log."""

    plan: LivePlan
    plan_hash: str
    commands: tuple[PlanRoute, ...]


def as_stops(stops: tuple[PlannedStop, ...]) -> tuple[Stop, ...]:
    """The planner's sequence in the log's words."""
    return tuple(
        Stop(StopKind.hub)
        if stop.delivery_id is None
        else Stop(StopKind(stop.kind), DeliveryId(stop.delivery_id))
        for stop in stops
    )
