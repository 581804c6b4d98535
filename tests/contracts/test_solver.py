"""What every route solver must do, run on each adapter."""

import random
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from doorstep.adapters.solvers.pool import SolverPool
from doorstep.adapters.solvers.pyvrp import PyVRPSolver
from doorstep.engine.ports.solver import RouteSolver
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import SKILL_COLD, Job, VehicleShift
from doorstep.planning.travel import TravelTable
from doorstep.planning.waves import Verdict, WaveProblem, WaveSolution, build_wave, judge_wave

HOUR_S = 3_600
ITERATIONS = 150
SHIFT = VehicleShift("rte0", "van0", 0, 0, 0, 8 * HOUR_S, 16 * HOUR_S, 60_000, 200_000, 600)


def live_plan(seed: int, vans: int = 3, jobs: int = 40, hub: int = 0) -> LivePlan:
    """A day that was filled by insertion in the order in which orders came."""
    chance = random.Random(seed)
    rng = np.random.default_rng(seed)
    spots = rng.uniform(0, 9_000, (jobs + 1, 2))
    metres = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    calm = (metres / 7).astype(int)
    hours = [1 if hour % 24 in {8, 16} else 0 for hour in range(168)]
    plan = LivePlan(TravelTable.of([calm, (calm * 1.5).astype(int)], hours, metres=metres.astype(int)))
    for number in range(vans):
        plan.open_route(
            msgspec.structs.replace(
                SHIFT,
                route_id=f"rte{number}",
                skills=number % 2,
                break_start_s=12 * HOUR_S,
                break_s=1_800,
                start_place=hub,
                hub_place=hub,
                end_place=hub,
                km_minor=30,
            )
        )
    for number in range(1, jobs + 1):
        start_s = chance.randrange(9, 14) * HOUR_S
        job = Job(
            f"dlv{number:02}",
            number if number != hub else 0,
            hub,
            start_s,
            start_s + chance.choice([2, 4]) * HOUR_S,
            7 * HOUR_S + chance.choice([0, 0, 5_400]),
            180,
            chance.choice([1_000, 4_000]),
            5_000,
            SKILL_COLD if chance.random() < 0.2 else 0,
        )
        placement = plan.best(job).placement
        if placement is not None:
            plan.insert(job, placement)
    return plan


class PoolOfOne:
    """The pool seen as a solver of a single wave."""

    def __init__(self, pool: SolverPool) -> None:
        self._pool = pool

    def solve(self, problem: WaveProblem, iterations: int, seed: int) -> WaveSolution | None:
        """As the pool does, for one wave."""
        return self._pool.start([problem], iterations, seed).solutions()[0]


@pytest.fixture(scope="module")
def pool() -> Iterator[SolverPool]:
    with SolverPool(2) as pool:
        yield pool


@pytest.fixture(params=["pyvrp", "pool"])
def solver(request: pytest.FixtureRequest, pool: SolverPool) -> RouteSolver:
    return PyVRPSolver() if request.param == "pyvrp" else PoolOfOne(pool)


def test_each_job_is_served_once_within_loads_and_skills(solver: RouteSolver) -> None:
    """Every trip fits its vehicle, and only skilled vehicles carry what asks for skill."""
    problem = build_wave(live_plan(1), 0)
    solution = solver.solve(problem, ITERATIONS, 7)
    assert solution is not None
    served = [index for trips in solution.trips for trip in trips for index in trip]
    assert sorted(served) == list(range(len(problem.jobs)))
    for vehicle, trips in zip(problem.vehicles, solution.trips, strict=True):
        for trip in trips:
            jobs = [problem.jobs[index] for index in trip]
            assert sum(job.weight_g for job in jobs) <= vehicle.capacity_g
            assert sum(job.volume_ml for job in jobs) <= vehicle.capacity_ml
            assert all(job.skills & ~vehicle.skills == 0 for job in jobs)


def test_the_same_seed_gives_the_same_answer(solver: RouteSolver) -> None:
    """Iterations are counted, not seconds."""
    problem = build_wave(live_plan(2), 0)
    answers = {solver.solve(problem, ITERATIONS, 3) for _ in range(2)}
    assert len(answers) == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_live_plan_gets_better_and_keeps_every_promise(solver: RouteSolver, seed: int) -> None:
    """With breaks, hours and late parcels, what is taken holds on the exact schedule."""
    plan = live_plan(seed)
    problem = build_wave(plan, 0)
    solution = solver.solve(problem, ITERATIONS, 1)
    assert solution is not None
    outcome = judge_wave(plan, problem, solution)
    assert outcome.verdict is Verdict.taken
    assert outcome.change is not None
    served = sum(len(plan.movable(route_id)) for route_id in plan.route_ids)
    assert plan.apply(outcome.change.sequences) == ()
    assert sum(len(plan.movable(route_id)) for route_id in plan.route_ids) == served
    assert all(plan.check(route_id) == () for route_id in plan.route_ids)
    assert sum(plan.cost(route_id) for route_id in plan.route_ids) == outcome.cost_after


def test_a_wave_without_jobs_is_solved_by_doing_nothing(solver: RouteSolver) -> None:
    """Two empty vans stay at the hub."""
    problem = build_wave(live_plan(1, vans=2, jobs=0), 0)
    assert solver.solve(problem, ITERATIONS, 1) == WaveSolution(((), ()))


def test_what_cannot_be_is_answered_with_none(solver: RouteSolver) -> None:
    """A job that is heavier than every vehicle's room has no plan."""
    problem = build_wave(live_plan(1, vans=1, jobs=3), 0)
    heavy = msgspec.structs.replace(problem.jobs[0], weight_g=61_000)
    jobs = (heavy, *problem.jobs[1:])
    impossible = WaveProblem(0, jobs, problem.vehicles, problem.seconds, problem.metres, ((),))
    assert solver.solve(impossible, 20, 1) is None


def test_the_number_of_workers_changes_no_answer(pool: SolverPool) -> None:
    """Two hubs solved side by side, one after the other, or without a pool: the same bit for bit."""
    problems = [build_wave(live_plan(5), 0), build_wave(live_plan(6, hub=3), 3)]
    alone = tuple(PyVRPSolver().solve(problem, ITERATIONS, 2) for problem in problems)
    with SolverPool(1) as one:
        assert one.start(problems, ITERATIONS, 2).solutions() == alone
    assert pool.start(problems, ITERATIONS, 2).solutions() == alone
