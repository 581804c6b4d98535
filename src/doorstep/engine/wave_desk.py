"""Waves: given to the route solver, and taken when they come back, if the plan of then is better for it.

A solve takes its time, and the market does not wait for it: orders are promised, vans are staged and parcels
scanned while it lasts, all from the plan that stands. What comes back is judged by the plan of that moment.
In a simulated day the problem's size alone says when it comes back, so that a seed repeats on every machine.
"""

from typing import NamedTuple

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.moves import Grounds
from doorstep.engine.planner import Planner
from doorstep.engine.ports.solver import Solving, WaveSolver
from doorstep.engine.timers import NotYet
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.planning.latency import solve_latency_s
from doorstep.planning.problem import Change, PlannedStop
from doorstep.planning.waves import Verdict, WaveProblem, build_wave, hubs_of, judge_wave
from doorstep.vocabulary.event import Source
from doorstep.vocabulary.record import Instruction
from doorstep.vocabulary.route import MoveCause
from doorstep.vocabulary.units import Instant, after, seconds_between

LOOK_AGAIN_S = 2
"""Seconds between two looks at a solve that lasts longer than expected."""
SOLVE_S_MAX = 900
"""Seconds after which a solve that has not come back is given up."""


class SolveLost(Exception):
    """The route solver did not answer in 15 minutes."""


class _Under(NamedTuple):
    """What is being solved: since when, when it is expected, and of which problems."""

    since: Instant
    due_at: Instant
    problems: tuple[WaveProblem, ...]
    solving: Solving


class WaveDesk:
    """Improves the plan of all hubs; a task that timers wake, first to begin, then to take what came back.

    One solve is under way at a time. A process that ends loses it; the timer that waits for it begins anew.
    With `patient` a solve is waited for when it is due, for who plays a day must not depend on the machine;
    without, it is looked at again later.
    """

    def __init__(
        self, desk: Desk, planner: Planner, solver: WaveSolver, seed: int, *, patient: bool = False
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._solver = solver
        self._seed = seed
        self._patient = patient
        self._under: _Under | None = None

    def improve(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]] | NotYet:
        """Begin to solve the waves of all hubs side by side, or take those that came back."""
        del subject
        if self._under is None:
            self._under = self._begin(now)
            if self._under is None:
                return []
        under = self._under
        if now < under.due_at:
            return NotYet(under.due_at)
        if not (self._patient or under.solving.is_done()):
            if seconds_between(under.since, now) < SOLVE_S_MAX:
                return NotYet(after(now, LOOK_AGAIN_S))
            self._under = None
            raise SolveLost
        # Whatever comes of it, it is not under way any more: a failure is tried anew from the plan of then.
        self._under = None
        return self._take(under, now)

    def _begin(self, now: Instant) -> _Under | None:
        self._planner.catch_up(now)
        plan = self._planner.plan
        problems = tuple(
            problem for problem in (build_wave(plan, hub) for hub in hubs_of(plan)) if problem.jobs
        )
        if not problems:
            return None
        iterations = self._desk.book.dispatch.solver_iterations
        # Hubs are solved side by side, so the largest says when all are back, whatever the number of workers.
        latency_s = max(solve_latency_s(len(problem.jobs), iterations) for problem in problems)
        solving = self._solver.start(problems, iterations, self._seed)
        return _Under(now, after(now, latency_s), problems, solving)

    def _take(self, under: _Under, now: Instant) -> list[tuple[Instruction, ...]]:
        """The commands that lead to what came back, where every promise is kept and it is cheaper."""
        solutions = under.solving.solutions()
        self._planner.catch_up(now)
        plan = self._planner.plan
        sequences: dict[str, tuple[PlannedStop, ...]] = {}
        for problem, solution in zip(under.problems, solutions, strict=True):
            if solution is None:
                continue
            outcome = judge_wave(plan, problem, solution)
            if outcome.verdict is Verdict.taken and outcome.change is not None:
                sequences |= outcome.change.sequences
        if not sequences:
            return []
        grounds = Grounds("improve", MoveCause.cheaper)
        preview = self._planner.preview(Change(sequences, (), ()), (), grounds)
        because = self._desk.book.dispatch.because("improve_before_s")
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return [tuple(self._desk.instruct(command, origin, because) for command in preview.commands)]
