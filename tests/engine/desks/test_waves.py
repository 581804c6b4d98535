"""Waves that take their time: what the market does meanwhile, and what is taken when they come back."""

from collections.abc import Sequence

import pytest
from tests.engine.desks.floor import Floor, Ground, Solved, network, shift, wall

from doorstep.adapters.solvers.pyvrp import PyVRPSolver
from doorstep.engine.ports.solver import SolverError
from doorstep.engine.promise_desk import Booking
from doorstep.engine.retry import TIMER_RETRY
from doorstep.engine.wave_desk import LOOK_AGAIN_S, SOLVE_S_MAX, SolveLost, WaveDesk
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.route import RouteStatus
from doorstep.planning.latency import solve_latency_s
from doorstep.planning.waves import WaveProblem, WaveSolution
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.route import RoutePlanned
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

NOON = Window(wall("12:00"), wall("14:00"))
FIRST = wall("06:00")
"""The first improvement is due three hours before the loading lists."""


class Slow(Solved):
    """Waves whose answers come when the test says."""

    def __init__(self, answers: tuple[WaveSolution | None, ...], solver: "SlowSolver") -> None:
        super().__init__(answers)
        self._solver = solver

    def is_done(self) -> bool:
        """Whether the test let them come."""
        return self._solver.answers

    def solutions(self) -> tuple[WaveSolution | None, ...]:
        """The answers, or the failure that the test wants."""
        if self._solver.fails:
            raise SolverError("a worker process of the route solver died")
        return super().solutions()


class SlowSolver:
    """A wave solver whose answers wait for the test."""

    def __init__(self) -> None:
        self.answers = True
        self.fails = False
        self.jobs: list[list[str]] = []

    def start(self, problems: Sequence[WaveProblem], iterations: int, seed: int) -> Slow:
        """Solve, and keep the answers back."""
        self.jobs.append(sorted(job.delivery_id for problem in problems for job in problem.jobs))
        solved = tuple(PyVRPSolver().solve(problem, iterations, seed) for problem in problems)
        return Slow(solved, self)


@pytest.fixture
def solver() -> SlowSolver:
    """Answers on time, until a test says otherwise."""
    return SlowSolver()


@pytest.fixture
def floor(solver: SlowSolver) -> Floor:
    """Two vans from 10:00, sold at 05:00, an hour before the first improvement."""
    opened = Floor(
        Ground(wall("05:00")), network(shift("ada", "10:00", "18:00"), shift("ben", "10:00", "18:00")),
        solver=solver,
    )  # fmt: skip
    opened.open_day()
    return opened


def many(floor: Floor, count: int) -> list[OrderState]:
    """Orders all over the town, in an order in which insertion alone leaves something to gain."""
    return [floor.place(f"A-{n}", ((3 * n + 3) % 20, (3 * n * n + n) % 20)) for n in range(count)]


def improved_at(floor: Floor) -> list[Instant]:
    """When the log learned of a better plan."""
    return sorted(
        {
            Instant(record.occurred_at)
            for record in floor.records()
            if isinstance(record.data, RoutePlanned) and record.data.why == "improve"
        }
    )


def due_at(floor: Floor, jobs: int, since: Instant = FIRST) -> Instant:
    """When a solve of so many jobs is expected back."""
    return after(since, solve_latency_s(jobs, floor.book.dispatch.solver_iterations))


def move(floor: Floor, to: Instant) -> None:
    """Let it be an instant, timer by timer."""
    while (due := floor.timers.next_due()) is not None and due <= to:
        floor.clock.move_to(max(due, floor.clock.now()))
        floor.tick()
    floor.clock.move_to(to)


def assert_sound(floor: Floor, orders: Sequence[OrderState]) -> None:
    """Every order stands on one route, and no route breaks a rule."""
    for order in orders:
        assert order.delivery is not None
        assert floor.planner.plan.route_of(order.delivery) is not None
    for route in floor.planner.plan.route_ids:
        assert floor.planner.plan.check(route) == ()


def test_the_answer_enters_when_it_is_expected_and_the_old_plan_stands_until_then(
    floor: Floor, solver: SlowSolver
) -> None:
    """Until a second before, everyone sees the plan that stood; then, and at no other time, it changes."""
    orders = many(floor, 16)
    before = floor.planner.plan.plan_hash()
    due = due_at(floor, 16)
    move(floor, after(due, -1))
    assert len(solver.jobs) == 1
    assert floor.planner.plan.plan_hash() == before
    assert improved_at(floor) == []
    move(floor, due)
    assert floor.planner.plan.plan_hash() != before
    assert improved_at(floor) == [due]
    assert_sound(floor, orders)


def test_what_was_promised_and_cancelled_meanwhile_holds(floor: Floor, solver: SlowSolver) -> None:
    """A hold and an order that came meanwhile keep their stops; a cancelled one does not return."""
    orders = many(floor, 16)
    move(floor, after(FIRST, 1))
    late = floor.place("late", (3, 15))
    held = floor.promises.hold(floor.ask((18, 2)), NOON, floor.desk.origin())
    assert isinstance(held, Booking)
    assert floor.orders.cancel(orders[0], "merchant", "sold out", floor.desk.origin()) is None
    move(floor, due_at(floor, 16))
    assert late.delivery not in solver.jobs[0]
    assert improved_at(floor) == [due_at(floor, 16)]
    assert_sound(floor, [*orders[1:], late])
    gone = orders[0].delivery
    assert gone is not None
    assert floor.planner.plan.route_of(gone) is None
    promised = floor.promise(held.promise)
    assert promised.delivery is not None
    assert floor.planner.plan.route_of(promised.delivery) is not None


def test_a_van_that_was_staged_meanwhile_keeps_its_list(floor: Floor, solver: SlowSolver) -> None:
    """An answer that is late until after the loading lists stand takes no parcel off them."""
    move(floor, wall("08:58"))
    orders = many(floor, 16)
    # The last improvement begins a minute before the lists, and the worker needs longer.
    solver.answers = False
    floor.until("09:00")
    assert len(solver.jobs) == 1
    lists = {r: floor.route(RouteId(r)).loading_list for r in floor.planner.plan.route_ids}
    assert any(lists.values())
    solver.answers = True
    move(floor, after(wall("09:00"), 60))
    assert {r: floor.route(RouteId(r)).loading_list for r in floor.planner.plan.route_ids} == lists
    assert all(floor.route(RouteId(r)).status is RouteStatus.staged for r in lists)
    assert_sound(floor, orders)


def test_a_process_that_ends_begins_the_solve_anew(floor: Floor, solver: SlowSolver) -> None:
    """The timer outlives it; what was under way is lost, and the next process solves the plan of then."""
    orders = many(floor, 16)
    move(floor, after(FIRST, 1))
    again = floor.restart()
    due = due_at(floor, 16)
    move(again, due)
    assert improved_at(again) == []
    move(again, due_at(again, 16, due))
    assert improved_at(again) == [due_at(again, 16, due)]
    assert_sound(again, orders)
    assert len(solver.jobs) == 1


def test_a_solver_that_breaks_down_is_asked_again(floor: Floor, solver: SlowSolver) -> None:
    """Each try is a solve of its own and counts as one; meanwhile the plan stands."""
    many(floor, 16)
    before = floor.planner.plan.plan_hash()
    solver.fails = True
    tries: list[int] = []
    while len(tries) < TIMER_RETRY.tries_max - 1:
        due = floor.timers.next_due()
        assert due is not None
        floor.clock.move_to(max(due, floor.clock.now()))
        tries += [failed.timer.tries + 1 for failed in floor.timers.tick(floor.clock.now()).failed]
    assert tries == list(range(1, TIMER_RETRY.tries_max))
    assert len(solver.jobs) == len(tries)
    assert floor.planner.plan.plan_hash() == before
    solver.fails = False
    move(floor, wall("06:10"))
    assert len(improved_at(floor)) == 1


def test_a_worker_that_needs_longer_is_looked_at_again_and_in_the_end_given_up(
    floor: Floor, solver: SlowSolver
) -> None:
    """Nobody waits for it: not the clock, not a door; after a quarter of an hour the solve is lost."""
    many(floor, 16)
    solver.answers = False
    due = due_at(floor, 16)
    move(floor, due)
    assert floor.timers.next_due() == after(due, LOOK_AGAIN_S)
    with pytest.raises(SolveLost):
        move(floor, after(FIRST, SOLVE_S_MAX + LOOK_AGAIN_S))
    assert improved_at(floor) == []


def test_who_is_patient_waits_when_it_is_due(floor: Floor, solver: SlowSolver) -> None:
    """In a simulated day a slow machine changes nothing: the answer enters when its size says."""
    many(floor, 16)
    desk = WaveDesk(floor.desk, floor.planner, solver, 1, patient=True)
    solver.answers = False
    begun = desk.improve("all hubs", FIRST)
    assert begun == desk.improve("all hubs", after(FIRST, 1))
    due = due_at(floor, 16)
    taken = desk.improve("all hubs", due)
    assert isinstance(taken, list)
    assert len(taken) == 1
    assert len(solver.jobs) == 1
