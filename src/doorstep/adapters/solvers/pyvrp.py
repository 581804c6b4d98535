"""PyVRP as a route solver: iterated local search, warm-started from the plan that stands.

PyVRP has no skills; each skill becomes a load of one unit that only skilled vehicles have room for. It
counts a load-out at the start of each trip, after the release of what is loaded, as our schedule does.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyvrp
from pyvrp.stop import (
    FirstFeasible,
    MaxIterations,
    MaxRuntime,
    MultipleCriteria,
    StoppingCriterion,
)

from doorstep.engine.ports.solver import SolverError
from doorstep.planning.waves import WAVE_RELOADS_MAX, WaveJob, WaveProblem, WaveSolution, WaveVehicle

LEG_MAX: Final = 1 << 40
"""Longest leg and dearest cost of one that is handed to PyVRP."""
COST_STEP: Final = 100
"""PyVRP's unit of cost, in thousandths of a minor unit: its penalties have a bound, so costs stay small."""


class _Unwanted:
    """Stops a search that nobody waits for any more."""

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self._is_wanted = is_wanted

    def __call__(self, best_cost: int) -> bool:
        """Whether to stop, asked before each iteration."""
        del best_cost
        return not self._is_wanted()


class PyVRPSolver:
    """A `RouteSolver`; it counts iterations, so that a seed repeats.

    Where `is_wanted` says no, a search ends before its next iteration, and its answer is worth nothing.
    """

    def __init__(self, is_wanted: Callable[[], bool] | None = None) -> None:
        self._is_wanted = is_wanted

    def solve(self, problem: WaveProblem, iterations: int, seed: int) -> WaveSolution | None:
        """The best plan found in so many iterations; None where none keeps every promise.

        Raises:
            SolverError: if PyVRP refuses the problem.
        """
        stop: StoppingCriterion = MaxIterations(iterations)
        if self._is_wanted is not None:
            stop = MultipleCriteria([stop, _Unwanted(self._is_wanted)])
        return _solve(problem, stop, seed)

    def first_feasible(self, problem: WaveProblem, runtime_s: float, seed: int) -> WaveSolution | None:
        """Whether, and how, all jobs fit, as far as that is found in so many seconds; for comparisons.

        This one reads the machine's clock and does not repeat.

        Raises:
            SolverError: if PyVRP refuses the problem.
        """
        return _solve(problem, MultipleCriteria([FirstFeasible(), MaxRuntime(runtime_s)]), seed)


def _solve(problem: WaveProblem, stop: StoppingCriterion, seed: int) -> WaveSolution | None:
    if not problem.jobs or not problem.vehicles:
        return WaveSolution(tuple(() for _ in problem.vehicles)) if not problem.jobs else None
    try:
        data = _data(problem)
        start = _current(problem, data)
        result = pyvrp.solve(
            data, stop, seed=seed, display=False, collect_stats=False, initial_solution=start
        )
    except (ValueError, RuntimeError) as error:
        raise SolverError(f"PyVRP refused the wave of hub place {problem.hub_place}: {error}") from error
    if not result.is_feasible() or not result.best.is_complete():
        return None
    return _solution(problem, result.best)


def _load(job: WaveJob, skill_bits: list[int], *, there: bool) -> list[int]:
    """A job's weight, volume and skills as loads; none of them where it is the other way round."""
    loads = [job.weight_g, job.volume_ml, *(job.skills >> bit & 1 for bit in skill_bits)]
    return loads if there else [0] * len(loads)


def _data(problem: WaveProblem) -> pyvrp.ProblemData:
    skill_bits = _skill_bits(problem)
    count = len(problem.jobs)
    clients = [
        pyvrp.Client(
            location=job.location,
            delivery=_load(job, skill_bits, there=not job.collects),
            pickup=_load(job, skill_bits, there=job.collects),
            service_duration=job.service_s,
            tw_early=max(0, job.window_start_s),
            tw_late=max(0, job.window_end_s),
            release_time=max(0, job.ready_s),
        )
        for job in problem.jobs
    ]
    load_outs = sorted({vehicle.load_out_s for vehicle in problem.vehicles})
    depots = [pyvrp.Depot(0, service_duration=load_out_s) for load_out_s in load_outs]
    depots += [pyvrp.Depot(vehicle.end_location) for vehicle in problem.vehicles]
    rates = sorted({(vehicle.second_cost, vehicle.metre_cost) for vehicle in problem.vehicles})
    seconds = np.minimum(problem.seconds, LEG_MAX)
    costs = [
        np.minimum((seconds * rate[0] + problem.metres * rate[1]) // COST_STEP, LEG_MAX) for rate in rates
    ]
    vehicles = [
        pyvrp.VehicleType(
            num_available=1,
            capacity=_capacity(vehicle, skill_bits, count),
            start_depot=load_outs.index(vehicle.load_out_s),
            end_depot=len(load_outs) + number,
            fixed_cost=vehicle.use_cost // COST_STEP,
            tw_early=max(0, vehicle.start_s),
            tw_late=max(0, vehicle.start_s, vehicle.end_s),
            unit_distance_cost=1,
            profile=rates.index((vehicle.second_cost, vehicle.metre_cost)),
            reload_depots=[load_outs.index(vehicle.load_out_s)],
            max_reloads=WAVE_RELOADS_MAX,
        )
        for number, vehicle in enumerate(problem.vehicles)
    ]
    locations = [pyvrp.Location(0, 0) for _ in range(len(problem.seconds))]
    matrices: list[Any] = [costs, [seconds] * len(rates)]
    return pyvrp.ProblemData(locations, clients, depots, vehicles, *matrices)


def _skill_bits(problem: WaveProblem) -> list[int]:
    asked = 0
    for job in problem.jobs:
        asked |= job.skills
    return [bit for bit in range(asked.bit_length()) if asked >> bit & 1]


def _capacity(vehicle: WaveVehicle, skill_bits: list[int], count: int) -> list[int]:
    skilled = [count if vehicle.skills >> bit & 1 else 0 for bit in skill_bits]
    return [vehicle.capacity_g, vehicle.capacity_ml, *skilled]


def _current(problem: WaveProblem, data: pyvrp.ProblemData) -> pyvrp.Solution | None:
    """The plan that stands, as PyVRP's first solution; None where nothing is planned yet."""
    routes = []
    for number, trips in enumerate(problem.current):
        if not trips:
            continue
        depot = data.vehicle_type(number).start_depot
        reload = pyvrp.Activity(pyvrp.ActivityType.DEPOT, depot)
        activities: list[pyvrp.Activity] = []
        for trip in trips:
            if activities:
                activities.append(reload)
            activities += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, index) for index in trip]
        routes.append(pyvrp.Route(data, activities, number))
    return pyvrp.Solution(data, routes) if routes else None


def _solution(problem: WaveProblem, best: pyvrp.Solution) -> WaveSolution:
    trips: list[tuple[tuple[int, ...], ...]] = [() for _ in problem.vehicles]
    for route in best.routes():
        split: list[list[int]] = [[]]
        for activity in route:
            if activity.is_depot():
                split.append([])
            else:
                split[-1].append(activity.idx)
        trips[route.vehicle_type()] = tuple(tuple(trip) for trip in split if trip)
    return WaveSolution(tuple(trips))
