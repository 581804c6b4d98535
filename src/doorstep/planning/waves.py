"""Waves: the routes of one hub that have not departed, planned anew as a whole by a route solver.

A solver knows neither breaks nor travel times that change with the hour. So a wave is built in the time
of its middle hour, with the break that most of its vehicles share cut out of the clock; what comes back is
walked with the exact schedule, repaired by insertion, and taken only if it keeps every promise and costs
less than the plan that stands.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from doorstep.planning.changes import change_between, plan_cost, violation_count
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job, PlannedStop, VehicleShift
from doorstep.planning.regret import insert_by_regret
from doorstep.planning.travel import TravelTable

WAVE_JOBS_MAX: Final = 2_000
"""Jobs of one wave: a solver's memory grows with their square."""
WAVE_RELOADS_MAX: Final = 3
"""Hub visits after the first that a solver may plan for one vehicle."""


class WaveJob(msgspec.Struct, frozen=True):
    """A job as a solver sees it; `location` indexes the wave's matrices, times are on its cut clock."""

    delivery_id: str
    location: int
    window_start_s: int
    window_end_s: int
    ready_s: int
    service_s: int
    weight_g: int
    volume_ml: int
    skills: int
    collects: bool


class WaveVehicle(msgspec.Struct, frozen=True):
    """A vehicle as a solver sees it: at the hub, ready to load, from `start_s`; at its end by `end_s`.

    Costs of driving are in thousandths of a minor unit.
    """

    route_id: str
    start_s: int
    end_s: int
    end_location: int
    capacity_g: int
    capacity_ml: int
    load_out_s: int
    skills: int
    second_cost: int
    metre_cost: int
    use_cost: int


@dataclass(frozen=True)
class WaveProblem:
    """One hub's wave. Location 0 is the hub; `seconds` and `metres` are [locations, locations].

    `current` is the plan that stands: per vehicle its trips, each a tuple of indices into `jobs`.
    """

    hub_place: int
    jobs: tuple[WaveJob, ...]
    vehicles: tuple[WaveVehicle, ...]
    seconds: npt.NDArray[np.int64]
    metres: npt.NDArray[np.int64]
    current: tuple[tuple[tuple[int, ...], ...], ...]


class WaveSolution(msgspec.Struct, frozen=True):
    """Per vehicle of the problem its trips, each a tuple of indices into the problem's jobs."""

    trips: tuple[tuple[tuple[int, ...], ...], ...]


class Verdict(StrEnum):
    """What became of a wave."""

    taken = "taken"
    stale = "stale"
    promise_lost = "promise_lost"
    no_better = "no_better"


class WaveOutcome(msgspec.Struct, frozen=True):
    """The verdict, the change to apply if it was taken, and both costs in millionths of a minor unit."""

    verdict: Verdict
    change: Change | None
    cost_before: int
    cost_after: int


def hubs_of(plan: LivePlan) -> tuple[int, ...]:
    """The hub places that have routes which have not departed, sorted."""
    return tuple(sorted({plan.route(route_id).shift.hub_place for route_id in _waiting(plan, None)}))


def build_wave(plan: LivePlan, hub_place: int) -> WaveProblem:
    """The wave of a hub: all its routes that have not departed, and all that is planned on them."""
    route_ids = _waiting(plan, hub_place)
    routes = [plan.route(route_id) for route_id in route_ids]
    jobs = [plan.job(d) for route_id in route_ids for d in plan.movable(route_id)]
    known = [job for job in jobs if job is not None]
    assert len(known) <= WAVE_JOBS_MAX, f"more than {WAVE_JOBS_MAX} jobs in one wave"
    places = [hub_place, *(job.place for job in known), *(route.shift.end_place for route in routes)]
    clock = _Clock.shared_by([route.shift for route in routes])
    middle_s = _middle_s(known)
    indices = {job.delivery_id: index for index, job in enumerate(known)}
    current = []
    for route in routes:
        trips: list[list[int]] = [[]]
        for stop in route.stops:
            if stop.delivery_id is None:
                trips.append([])
            else:
                trips[-1].append(indices[stop.delivery_id])
        current.append(tuple(tuple(trip) for trip in trips if trip))
    seconds = matrix_at(plan.travel, places, middle_s)
    vehicles = tuple(
        _vehicle(
            clock,
            route.shift,
            route.free_at_s + plan.travel.leg_s(route.last_place, hub_place, route.free_at_s),
            1 + len(known) + index,
        )
        for index, route in enumerate(routes)
    )
    wave_jobs = tuple(_wave_job(clock, job, 1 + index) for index, job in enumerate(known))
    metres = _metres(plan.travel, places)
    return WaveProblem(hub_place, wave_jobs, vehicles, seconds, metres, tuple(current))


def matrix_at(travel: TravelTable, places: list[int], at_s: int) -> npt.NDArray[np.int64]:
    """Seconds [n, n] between places when leaving at second `at_s`."""
    since_middle = (travel.week_origin_s + at_s) % 604_800 - 1_800
    hour, past_s = divmod(since_middle, 3_600)
    square = np.ix_(places, places)
    now = travel.seconds[travel.hour_profile[hour % 168]][square].astype(np.int64)
    later = travel.seconds[travel.hour_profile[(hour + 1) % 168]][square].astype(np.int64)
    return np.asarray(now + (later - now) * past_s // 3_600, dtype=np.int64)


def judge_wave(plan: LivePlan, problem: WaveProblem, solution: WaveSolution) -> WaveOutcome:
    """Turn a solver's answer into a change of the live plan, if it keeps every promise and is better.

    The plan may have moved on while the solver worked: jobs that came are inserted, jobs that went are
    left out. A route that is being loaded, has left or was closed keeps what it has; what was to move to it
    is put elsewhere. Where that is every route, the answer is stale.
    """
    waiting = set(_waiting(plan, problem.hub_place))
    solved = [
        (vehicle.route_id, trips)
        for vehicle, trips in zip(problem.vehicles, solution.trips, strict=True)
        if vehicle.route_id in waiting
    ]
    route_ids = [route_id for route_id, _ in solved]
    if not route_ids:
        return WaveOutcome(Verdict.stale, None, 0, 0)
    everywhere = plan.route_ids
    cost_before = plan_cost(plan, everywhere)
    trial = plan.copy()
    sequences = {
        route_id: _sequence(plan, problem, frozenset(route_ids), trips) for route_id, trips in solved
    }
    homeless = list(trial.apply(sequences))
    for route_id in route_ids:
        homeless += _take_out_broken(trial, route_id)
    lost = insert_by_regret(trial, homeless)
    cost_after = plan_cost(trial, everywhere)
    if lost or violation_count(trial, everywhere) > violation_count(plan, everywhere):
        return WaveOutcome(Verdict.promise_lost, None, cost_before, cost_after)
    if cost_after >= cost_before:
        return WaveOutcome(Verdict.no_better, None, cost_before, cost_after)
    return WaveOutcome(Verdict.taken, change_between(plan, trial), cost_before, cost_after)


def _waiting(plan: LivePlan, hub_place: int | None) -> tuple[str, ...]:
    routes = [plan.route(route_id) for route_id in plan.route_ids]
    return tuple(
        route.shift.route_id
        for route in routes
        if route.frozen_count == 0
        # A solver knows no stop that must stay, so a route that has one is none of its business.
        and not plan.is_kept(route.shift.route_id)
        and (hub_place is None or route.shift.hub_place == hub_place)
    )


@dataclass(frozen=True)
class _Clock:
    """The wave's clock: the span of a shared break is cut out of it."""

    break_start_s: int
    break_s: int

    @classmethod
    def shared_by(cls, shifts: list[VehicleShift]) -> "_Clock":
        spans = Counter((shift.break_start_s, shift.break_s) for shift in shifts)
        if not spans:
            return cls(0, 0)
        return cls(*min(spans, key=lambda span: (-spans[span], span)))

    def cut(self, t: int) -> int:
        """Second `t` of the plan on this clock; all of the break is one instant."""
        if not self.break_s:
            return t
        return min(t, max(self.break_start_s, t - self.break_s))


def _wave_job(clock: _Clock, job: Job, location: int) -> WaveJob:
    return WaveJob(
        delivery_id=job.delivery_id,
        location=location,
        window_start_s=clock.cut(job.window_start_s),
        window_end_s=clock.cut(job.window_end_s),
        ready_s=clock.cut(job.ready_s),
        service_s=job.service_s,
        weight_g=job.weight_g,
        volume_ml=job.volume_ml,
        skills=job.skills,
        collects=job.collects,
    )


def _vehicle(clock: _Clock, shift: VehicleShift, at_hub_s: int, end_location: int) -> WaveVehicle:
    return WaveVehicle(
        route_id=shift.route_id,
        start_s=clock.cut(at_hub_s),
        end_s=clock.cut(shift.end_s),
        end_location=end_location,
        capacity_g=shift.capacity_g,
        capacity_ml=shift.capacity_ml,
        load_out_s=shift.load_out_s,
        skills=shift.skills,
        second_cost=shift.hour_minor * 1_000 // 3_600,
        metre_cost=shift.km_minor,
        use_cost=shift.use_minor * 1_000,
    )


def _middle_s(jobs: list[Job]) -> int:
    if not jobs:
        return 0
    return sum(job.window_start_s + job.window_end_s for job in jobs) // (2 * len(jobs))


def _metres(travel: TravelTable, places: list[int]) -> npt.NDArray[np.int64]:
    if not travel.metres.size:
        return np.zeros((len(places), len(places)), dtype=np.int64)
    return travel.metres[np.ix_(places, places)].astype(np.int64)


def _sequence(
    plan: LivePlan, problem: WaveProblem, wave: frozenset[str], trips: tuple[tuple[int, ...], ...]
) -> tuple[PlannedStop, ...]:
    """A solver's trips as stops, without the jobs that are not on the wave's waiting routes any more."""
    hub_visit = PlannedStop(None, problem.hub_place)
    stops = [hub_visit]
    for trip in trips:
        jobs = [plan.job(problem.jobs[index].delivery_id) for index in trip]
        here = [job for job in jobs if job is not None and plan.route_of(job.delivery_id) in wave]
        if here and len(stops) > 1:
            stops.append(hub_visit)
        stops += [PlannedStop(job.delivery_id, job.place, job.collects) for job in here]
    return tuple(stops)


def _take_out_broken(trial: LivePlan, route_id: str) -> list[Job]:
    """Take off a route, one by one, what makes it break a rule; bounded by its stops."""
    out: list[Job] = []
    for _ in trial.route(route_id).stops:
        violations = trial.check(route_id)
        movable = trial.movable(route_id)
        if not violations or not movable:
            break
        named = next((v.delivery_id for v in violations if v.delivery_id is not None), None)
        out.append(trial.remove(movable[-1] if named is None else named))
    return out
