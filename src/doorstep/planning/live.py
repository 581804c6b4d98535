"""The live plan of one market: which van does what, in which order, and exactly when."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from doorstep.planning.insertion import Spot, ask_of, best_spots
from doorstep.planning.packed import BEST_FIELDS, Int64Array
from doorstep.planning.problem import (
    Fit,
    Job,
    Overdue,
    Placement,
    PlannedStop,
    Refused,
    RoutePlan,
    Schedule,
    VehicleShift,
    Violation,
)
from doorstep.planning.reading import cost_of, overdue_of, schedule_of, violations_of
from doorstep.planning.routes import Route
from doorstep.planning.rows import COST_UNITS, Rows, hub_node, job_node
from doorstep.planning.search import search_each
from doorstep.planning.travel import TravelTable

ROUTES_MAX: Final = 2_000
"""Live routes of one market."""


class LivePlan:
    """All live routes of a market, kept exact after every change; not safe for use by two threads.

    Nothing in it depends on the order in which dictionaries were filled: equal plans give equal answers.
    """

    def __init__(self, travel: TravelTable) -> None:
        self.travel = travel
        self._rows = Rows(travel)
        self._routes: dict[str, Route] = {}
        self._jobs: dict[str, Job] = {}
        self._route_of: dict[str, str] = {}
        self._order: Int64Array = np.zeros(0, dtype=np.int64)
        self._names: dict[int, str] = {}

    def copy(self) -> "LivePlan":
        """A plan of its own with the same content, over the same travel table: for trying things out."""
        twin = LivePlan(self.travel)
        twin._rows = self._rows.copy(self.travel)
        twin._routes = {route_id: route.copy() for route_id, route in self._routes.items()}
        twin._jobs = self._jobs.copy()
        twin._route_of = self._route_of.copy()
        twin._order = self._order
        twin._names = self._names
        return twin

    # Routes ------------------------------------------------------------------------------------------

    def open_route(self, shift: VehicleShift) -> None:
        """Begin a route that only loads at its hub so far."""
        assert shift.route_id not in self._routes, f"route {shift.route_id} is open already"
        assert shift.route_id.split() == [shift.route_id], "a route id holds no white space"
        assert len(self._routes) < ROUTES_MAX, f"more than {ROUTES_MAX} live routes"
        assert shift.hour_minor > 0, "without a cost of time every gap looks alike"
        stops = [PlannedStop(None, shift.hub_place)]
        route = Route(shift, self._rows.allocate(), stops, shift.start_place, shift.start_s)
        self._routes[shift.route_id] = route
        self._reorder()
        self._write(route)

    def replace_shift(self, shift: VehicleShift) -> None:
        """Change a route's shift: its end, its break, its vehicle's capacity; its stops stay."""
        route = self._routes[shift.route_id]
        assert shift.hub_place == route.shift.hub_place
        if route.frozen == 0 and route.free_at_s == route.shift.start_s:
            route.last_place, route.free_at_s = shift.start_place, shift.start_s
        route.shift = shift
        self._write(route)

    def advance(self, route_id: str, frozen_count: int, last_place: int, free_at_s: int) -> None:
        """Tell what really happened: the first `frozen_count` stops no longer change.

        The vehicle is free at `last_place` at `free_at_s`; the rest is planned from there. With a hub
        visit frozen, the deliveries behind it are aboard, and stay on this vehicle.
        """
        route = self._routes[route_id]
        assert route.frozen <= frozen_count <= len(route.stops)
        route.freeze(frozen_count)
        route.last_place = last_place
        route.free_at_s = free_at_s
        self._write(route)

    def close_route(self, route_id: str) -> tuple[Job, ...]:
        """End a route, planned or by breakdown; returns the jobs that it leaves undone, in its order."""
        route = self._routes.pop(route_id)
        undone = []
        for index, stop in enumerate(route.stops):
            if stop.delivery_id is not None:
                job = self._jobs.pop(stop.delivery_id)
                del self._route_of[stop.delivery_id]
                if index >= route.frozen:
                    undone.append(job)
        self._rows.release(route.row)
        self._reorder()
        return tuple(undone)

    # Jobs --------------------------------------------------------------------------------------------

    def quote(
        self, job: Job, windows: Sequence[tuple[int, int]], route_ids: Iterable[str] | None = None
    ) -> tuple[Fit, ...]:
        """Where the job fits best in each window (start, end), or why nowhere; its own window is ignored.

        With `route_ids`, only these routes are asked.
        """
        spots = best_spots(self._rows.live, self._rows_of(route_ids), job, windows)
        return tuple(
            Fit(start, end, None, spot)
            if isinstance(spot, Refused)
            else Fit(start, end, self._placement(spot), None)
            for (start, end), spot in zip(windows, spots, strict=True)
        )

    def best(self, job: Job, route_ids: Iterable[str] | None = None) -> Fit:
        """The answer for the job's own window."""
        return self.quote(job, [(job.window_start_s, job.window_end_s)], route_ids)[0]

    def insert(self, job: Job, placement: Placement) -> bool:
        """Carry out a placement that was quoted for the job's window.

        Returns False, and changes nothing, where the route has changed since: quote again.
        """
        route = self._routes.get(placement.route_id)
        if route is None or route.revision != placement.revision:
            return False
        assert job.window_start_s <= placement.start_s <= job.window_end_s, "quoted for another window"
        hub_at = -1 if placement.hub_at is None else route.node_of(placement.hub_at)
        self._put(job, route, route.node_of(placement.at), hub_at)
        return True

    def put(self, job: Job, spot: Spot) -> None:
        """Carry out a spot that was found a moment ago, with nothing changed since."""
        self._put(job, self._routes[self._names[spot.row]], spot.at, spot.hub_at)

    def spot(self, job: Job, route_ids: Iterable[str] | None = None) -> Spot | None:
        """The cheapest spot in the job's own window, for `put`; None where there is none."""
        window = (job.window_start_s, job.window_end_s)
        spot = best_spots(self._rows.live, self._rows_of(route_ids), job, [window], reasons=False)[0]
        return None if isinstance(spot, Refused) else spot

    @property
    def rows_in_order(self) -> Int64Array:
        """The rows of all live routes, by route id."""
        return self._order

    def spot_table(self, job: Job, order: Int64Array, *, reload: bool = True) -> Int64Array:
        """The best spot on each single row of `order`: a kernel's answer per row; other lines are 0."""
        table = np.zeros((len(self._rows.live.routes), BEST_FIELDS), dtype=np.int64)
        self.fill_spot_table(job, order, table, reload=reload)
        return table

    def fill_spot_table(self, job: Job, order: Int64Array, table: Int64Array, *, reload: bool = True) -> None:
        """Renew the lines of `order` in a spot table."""
        window = np.array([[job.window_start_s, job.window_end_s]], dtype=np.int64)
        search_each(self._rows.live, order, ask_of(job, reload=reload), window, table)

    def remove(self, delivery_id: str) -> Job:
        """Take an undone delivery off its route, and a hub visit that then loads nothing with it."""
        route = self._routes[self._route_of.pop(delivery_id)]
        job = self._jobs.pop(delivery_id)
        index = route.index(delivery_id)
        assert index >= route.frozen, f"{delivery_id} is done or on the way"
        route.aboard.discard(delivery_id)
        del route.stops[index]
        self._rows.remove(route.row, route.node_of(index), used_cost=route.use_cost())
        self._drop_idle_hub_visit(route, index)
        route.changed()
        return job

    def amend(self, job: Job) -> None:
        """Replace what is known of a planned, undone job: its window, service time, size, ready time."""
        route = self._routes[self._route_of[job.delivery_id]]
        index = route.index(job.delivery_id)
        assert index >= route.frozen
        self._jobs[job.delivery_id] = job
        route.stops[index] = PlannedStop(job.delivery_id, job.place, job.collects)
        self._write(route)

    def set_sequence(
        self, route_id: str, stops: Iterable[PlannedStop], jobs: Iterable[Job] = ()
    ) -> tuple[Job, ...]:
        """`apply` for a single route."""
        return self.apply({route_id: tuple(stops)}, jobs)

    def apply(
        self, sequences: Mapping[str, Sequence[PlannedStop]], jobs: Iterable[Job] = ()
    ) -> tuple[Job, ...]:
        """Give routes new whole sequences at once; `jobs` brings those that are not yet in the plan.

        The frozen stops stay first. What a sequence breaks is not refused here: a dispatcher may know
        better; ask `check`. Returns the jobs that stood on one of the routes and now stand on none.
        """
        before = {d: r for r in sorted(sequences) for d in self._routes[r].undone_ids()}
        known = {job.delivery_id: job for job in jobs} | {d: self._jobs[d] for d in before}
        self._admit(sequences, before, known)
        for delivery_id in before:
            del self._jobs[delivery_id]
            del self._route_of[delivery_id]
        for route_id in sorted(sequences):
            route = self._routes[route_id]
            route.stops = list(sequences[route_id])
            for delivery_id in route.undone_ids():
                self._jobs[delivery_id] = known[delivery_id]
                self._route_of[delivery_id] = route_id
            route.aboard.intersection_update(route.undone_ids())
            self._write(route)
        return tuple(known[d] for d in sorted(before) if d not in self._jobs)

    # Reading -----------------------------------------------------------------------------------------

    @property
    def route_ids(self) -> tuple[str, ...]:
        """All live routes, sorted."""
        return tuple(sorted(self._routes))

    def route(self, route_id: str) -> RoutePlan:
        """A route as it stands."""
        return self._routes[route_id].plan()

    def stops(self, route_id: str) -> tuple[PlannedStop, ...]:
        """A route's whole sequence."""
        return tuple(self._routes[route_id].stops)

    def revision(self, route_id: str) -> int:
        """A number that rises with each change of the route."""
        return self._routes[route_id].revision

    def job(self, delivery_id: str) -> Job | None:
        """A job on a live route, done or not; None where it is on none."""
        return self._jobs.get(delivery_id)

    def route_of(self, delivery_id: str) -> str | None:
        """The live route that a delivery is on."""
        return self._route_of.get(delivery_id)

    def row_of(self, route_id: str) -> int:
        """The row of a route, for spot tables."""
        return self._routes[route_id].row

    def route_at(self, row: int) -> str:
        """The route of a row."""
        return self._names[row]

    def movable(self, route_id: str) -> tuple[str, ...]:
        """The undone deliveries at the hub that nobody keeps in place, in the route's order."""
        route = self._routes[route_id]
        return tuple(d for d in route.undone_ids() if d not in route.aboard and d not in route.kept)

    def undone(self, route_id: str) -> tuple[str, ...]:
        """The deliveries still ahead on a route, in its order."""
        return tuple(self._routes[route_id].undone_ids())

    def keep(self, route_id: str, kept: Collection[str]) -> None:
        """Name the deliveries of a route that improvement leaves where they are."""
        self._routes[route_id].kept = frozenset(kept)

    def is_kept(self, route_id: str) -> bool:
        """Whether improvement must leave at least one of the route's stops where it is."""
        return bool(self._routes[route_id].kept)

    def schedule(self, route_id: str) -> Schedule:
        """The exact times of what the route has still to do."""
        route = self._routes[route_id]
        return schedule_of(self._rows.live, route.row, route_id, route.stops[route.frozen :])

    def check(self, route_id: str) -> tuple[Violation, ...]:
        """Everything that the route breaks, in its order; empty when it keeps every promise."""
        route = self._routes[route_id]
        rest = route.stops[route.frozen :]
        jobs = [None if s.delivery_id is None else self._jobs[s.delivery_id] for s in rest]
        return violations_of(self._rows.live, route.row, route.shift, jobs)

    def cost(self, route_id: str) -> int:
        """What the route's driving still ahead and its use cost, in millionths of a minor unit."""
        route = self._routes[route_id]
        use = 0 if route.use_cost() else route.shift.use_minor * COST_UNITS
        return use + cost_of(self._rows.live, route.row)

    def overdue(self, now_s: int) -> tuple[Overdue, ...]:
        """The undone deliveries that the plan starts after their window, by route id, then in order.

        No van is taken to reach its next stop before `now_s`.
        """
        late: list[Overdue] = []
        for route_id in sorted(self._routes):
            route = self._routes[route_id]
            late += overdue_of(self._rows.live, route.row, route_id, route.stops[route.frozen :], now_s)
        return tuple(late)

    def plan_text(self) -> str:
        """The canonical text of the plan: a line per live route, sorted by route id (by code point).

        A line is the route id and then, each after one space, the delivery ids of all its stops in order,
        frozen ones included, with `@hub` for a hub visit; it ends in a line feed. UTF-8.
        """
        return "".join(self._routes[route_id].text() for route_id in sorted(self._routes))

    def plan_hash(self) -> str:
        """SHA-256 of `plan_text`, hexadecimal."""
        return hashlib.sha256(self.plan_text().encode()).hexdigest()

    # Inside ------------------------------------------------------------------------------------------

    def _put(self, job: Job, route: Route, at: int, hub_at: int) -> None:
        assert job.delivery_id not in self._jobs, f"{job.delivery_id} is on a route already"
        assert job.delivery_id.split() == [job.delivery_id], "a delivery id holds no white space"
        if hub_at >= 0:
            route.stops.insert(hub_at + route.frozen - 1, PlannedStop(None, route.shift.hub_place))
            self._rows.insert(route.row, hub_at, hub_node(route.shift))
            at += 1
        route.stops.insert(at + route.frozen - 1, PlannedStop(job.delivery_id, job.place, job.collects))
        self._jobs[job.delivery_id] = job
        self._route_of[job.delivery_id] = route.shift.route_id
        self._rows.insert(route.row, at, job_node(job, aboard=False))
        route.changed()

    def _admit(
        self,
        sequences: Mapping[str, Sequence[PlannedStop]],
        before: Mapping[str, str],
        known: Mapping[str, Job],
    ) -> None:
        """Hold new sequences to what their caller must know, before anything changes."""
        seen: set[str] = set()
        for route_id, stops in sequences.items():
            route = self._routes[route_id]
            assert list(stops[: route.frozen]) == route.stops[: route.frozen], "frozen stops stay"
            for stop in stops[route.frozen :]:
                d = stop.delivery_id
                if d is None:
                    continue
                assert d not in seen, f"{d} stands twice"
                assert d.split() == [d], "a delivery id holds no white space"
                assert d in known, f"{d} is on another route" if d in self._jobs else f"{d} is not known"
                assert d in before or d not in self._jobs, f"{d} is on another route"
                was = self._routes[before[d]] if d in before else route
                assert was is route or d not in was.aboard, f"{d} is aboard {before[d]}"
                seen.add(d)

    def _write(self, route: Route) -> None:
        given = route.given(self._jobs)
        start = (route.last_place, route.free_at_s)
        carried = route.carried(self._jobs)
        self._rows.write(route.row, route.shift, start, given, carried, used=route.use_cost() == 0)
        route.changed()

    def _drop_idle_hub_visit(self, route: Route, index: int) -> None:
        hub = route.idle_hub_visit(index)
        if hub is not None:
            del route.stops[hub]
            self._rows.remove(route.row, route.node_of(hub), used_cost=route.use_cost())

    def _placement(self, spot: Spot) -> Placement:
        route_id = self._names[spot.row]
        route = self._routes[route_id]
        offset = route.frozen - 1
        hub_visits = int(spot.hub_at >= 0)
        return Placement(
            route_id,
            route.revision,
            spot.at + offset,
            spot.hub_at + offset if hub_visits else None,
            spot.added_s,
            spot.cost,
            spot.arrive_s,
            spot.start_s,
            spot.latest_start_s,
            spot.road_s,
            spot.at - 1 + hub_visits,
            route.free_at_s,
        )

    def _rows_of(self, route_ids: Iterable[str] | None) -> Int64Array:
        if route_ids is None:
            return self._order
        return np.array([self._routes[route_id].row for route_id in sorted(route_ids)], dtype=np.int64)

    def _reorder(self) -> None:
        ranked = sorted(self._routes)
        self._order = np.array([self._routes[route_id].row for route_id in ranked], dtype=np.int64)
        self._names = {self._routes[route_id].row: route_id for route_id in ranked}
