"""The rules of a route once more, written plainly: no packing, no compiled code, no cleverness.

It is what the compiled kernels are checked against, in tests, in benchmarks, and by anyone who wants to
check a confirmed plan without trusting the planner.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from doorstep.planning.problem import Job, PlannedStop, RoutePlan, Rule, VehicleShift, Violation
from doorstep.planning.travel import TravelTable


class PlainTravel:
    """Travel times read from a table as the rules say them."""

    def __init__(self, table: TravelTable) -> None:
        n = table.places
        self._seconds = [profile[:n, :n].tolist() for profile in table.seconds]
        self._hours = table.hour_profile.tolist()
        self._origin_s = table.week_origin_s

    def leg_s(self, a: int, b: int, t: int) -> int:
        """Seconds from `a` to `b` when leaving at `t`: linear between the middles of hours, floored."""
        since_middle = (self._origin_s + t) % 604_800 - 1_800
        hour, past = divmod(since_middle, 3_600)
        now = self._seconds[self._hours[hour % 168]][a][b]
        later = self._seconds[self._hours[(hour + 1) % 168]][a][b]
        return int(now + (later - now) * past // 3_600)


class Visit(NamedTuple):
    """Exact times of one stop; `drive_s` is the leg that leads to it."""

    drive_s: int
    arrive_s: int
    start_s: int
    finish_s: int


class Walk(NamedTuple):
    """A route walked from where it is: its stops, its end, and all that it breaks."""

    visits: list[Visit]
    end: Visit
    violations: tuple[Violation, ...]


class _Driver:
    """A vehicle somewhere, free at some time."""

    def __init__(self, travel: PlainTravel, shift: VehicleShift, place: int, free_at_s: int) -> None:
        self.travel = travel
        self.shift = shift
        self.place = place
        self.free_at_s = free_at_s

    def go(self, place: int, earliest_s: int | None, service_s: int) -> Visit:
        """Drive on and serve; what does not end before the break begins comes after the break."""
        visit = self._attempt(place, self.free_at_s, earliest_s, service_s)
        if self.shift.break_s and visit.finish_s > self.shift.break_start_s:
            back_at_s = self.shift.break_start_s + self.shift.break_s
            if self.free_at_s < back_at_s:
                visit = self._attempt(place, back_at_s, earliest_s, service_s)
        self.place = place
        self.free_at_s = visit.finish_s
        return visit

    def _attempt(self, place: int, leave_s: int, earliest_s: int | None, service_s: int) -> Visit:
        drive_s = self.travel.leg_s(self.place, place, leave_s)
        arrive_s = leave_s + drive_s
        start_s = arrive_s if earliest_s is None else max(arrive_s, earliest_s)
        return Visit(drive_s, arrive_s, start_s, start_s + service_s)


def walk(
    travel: PlainTravel, route: RoutePlan, jobs: Mapping[str, Job], rest: Sequence[PlannedStop] | None = None
) -> Walk:
    """Walk what the route has still to do; with `rest`, as if those were the stops ahead."""
    ahead = list(route.rest() if rest is None else rest)
    shift = route.shift
    driver = _Driver(travel, shift, route.last_place, route.free_at_s)
    visits: list[Visit] = []
    broken: list[tuple[str | None, Rule, int]] = []
    loaded = set(route.aboard)
    taken = _collected(route.stops[: route.frozen_count], jobs)
    for index, stop in enumerate(ahead):
        if stop.delivery_id is None:
            batch = [jobs[d] for d in _batch(ahead, index) if d not in route.aboard]
            visits.append(
                driver.go(
                    shift.hub_place, max((job.ready_s for job in batch), default=None), shift.load_out_s
                )
            )
            loaded.update(job.delivery_id for job in batch)
            broken += _overload(shift, None, [*taken, *_on_board(loaded, ahead[index:], jobs)])
            continue
        job = jobs[stop.delivery_id]
        visit = driver.go(job.place, job.window_start_s, job.service_s)
        visits.append(visit)
        if job.collects:
            taken.append(job)
            broken += _overload(shift, job.delivery_id, [*taken, *_on_board(loaded, ahead[index:], jobs)])
        elif job.delivery_id not in loaded:
            broken.append((job.delivery_id, Rule.not_loaded, 1))
        if job.delivery_id not in route.aboard and job.hub_place != shift.hub_place:
            broken.append((job.delivery_id, Rule.wrong_hub, 1))
        if job.skills & ~shift.skills:
            broken.append((job.delivery_id, Rule.skill_missing, 1))
        if visit.start_s > job.window_end_s:
            broken.append((job.delivery_id, Rule.late_window, visit.start_s - job.window_end_s))
    end = driver.go(shift.end_place, None, 0)
    if end.arrive_s > shift.end_s:
        broken.append((None, Rule.late_return, end.arrive_s - shift.end_s))
    return Walk(visits, end, tuple(Violation(shift.route_id, *what) for what in broken))


def _collected(stops: Sequence[PlannedStop], jobs: Mapping[str, Job]) -> list[Job]:
    return [jobs[stop.delivery_id] for stop in stops if stop.delivery_id is not None and stop.collects]


def _on_board(loaded: set[str], ahead: Sequence[PlannedStop], jobs: Mapping[str, Job]) -> list[Job]:
    behind = {stop.delivery_id for stop in ahead}
    return [jobs[delivery_id] for delivery_id in sorted(loaded) if delivery_id in behind]


def _overload(
    shift: VehicleShift, delivery_id: str | None, freight: Sequence[Job]
) -> list[tuple[str | None, Rule, int]]:
    over_g = sum(job.weight_g for job in freight) - shift.capacity_g
    over_ml = sum(job.volume_ml for job in freight) - shift.capacity_ml
    found = [(delivery_id, Rule.over_weight, over_g), (delivery_id, Rule.over_volume, over_ml)]
    return [one for one in found if one[2] > 0]


def _batch(ahead: Sequence[PlannedStop], hub: int) -> list[str]:
    batch = []
    for stop in ahead[hub + 1 :]:
        if stop.delivery_id is None:
            break
        if stop.loads:
            batch.append(stop.delivery_id)
    return batch


def _hub_serves(route: RoutePlan, jobs: Mapping[str, Job], job: Job, now: Walk, before: int) -> bool:
    """Whether the last hub visit ahead of stop `before` can bring the job as planned."""
    rest = route.rest()
    hubs = [index for index in range(before) if rest[index].delivery_id is None]
    if not hubs or job.ready_s > now.visits[hubs[-1]].start_s:
        return False
    behind = {s.delivery_id for s in rest[hubs[-1] :]}
    loaded = (route.aboard & behind) | set(_batch(rest, hubs[-1]))
    taken = _collected((*route.stops[: route.frozen_count], *rest[: hubs[-1]]), jobs)
    freight = [job, *taken, *(jobs[d] for d in sorted(loaded))]
    return (
        sum(one.weight_g for one in freight) <= route.shift.capacity_g
        and sum(one.volume_ml for one in freight) <= route.shift.capacity_ml
    )


class Insertion(NamedTuple):
    """One way of inserting a job: the new stops ahead, and the driving that it adds where it goes in."""

    route_id: str
    rest: list[PlannedStop]
    at: int
    hub_at: int | None
    added_s: int
    start_s: int


def insertions(
    travel: PlainTravel, route: RoutePlan, jobs: Mapping[str, Job], job: Job, *, reload: bool
) -> Iterator[Insertion]:
    """Every way of inserting the job that breaks nothing, with or without one new hub visit before it.

    `at` and `hub_at` count the stops ahead before anything goes in. Two hub visits in a row are no plan, nor
    is a new one where the visit before it, still to come, has room for the job and waits for it no longer.
    """
    rest = list(route.rest())
    now = walk(travel, route, jobs)
    drives = [visit.drive_s for visit in (*now.visits, now.end)]
    known = {**jobs, job.delivery_id: job}
    stop = PlannedStop(job.delivery_id, job.place, job.collects)
    hub = PlannedStop(None, route.shift.hub_place)
    waits = bool(rest) and rest[0].delivery_id is None and route.last_place == route.shift.hub_place
    for at in range(int(job.collects and waits), len(rest) + 1):
        hub_ats: list[int | None] = [*range(at + 1)] if reload else [None]
        for hub_at in hub_ats:
            if hub_at is None:
                new, first = [*rest[:at], stop, *rest[at:]], at
            else:
                new, first = [*rest[:hub_at], hub, *rest[hub_at:at], stop, *rest[at:]], hub_at
                if any(s.delivery_id is None for s in rest[max(0, hub_at - 1) : at]):
                    continue
                if _hub_serves(route, jobs, job, now, hub_at):
                    continue
            after = walk(travel, route, known, new)
            if after.violations:
                continue
            new_drives = [visit.drive_s for visit in (*after.visits, after.end)]
            last_new = at + 1 if hub_at is None else at + 2
            added_s = sum(new_drives[first : last_new + 1]) - sum(drives[first : at + 1])
            start_s = after.visits[last_new - 1].start_s
            yield Insertion(route.shift.route_id, new, at, hub_at, added_s, start_s)
