"""A pool of worker processes that solves the waves of several hubs side by side."""

import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Final, Self

from doorstep.adapters.solvers.pyvrp import PyVRPSolver
from doorstep.engine.ports.solver import SolverError
from doorstep.planning.waves import WaveProblem, WaveSolution

WORKERS_MAX: Final = 64
"""Worker processes of one pool."""


def _leave_interrupts_to_the_owner() -> None:
    """Ctrl-C reaches every process of a terminal; only the one that owns the market answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class PoolSolving:
    """Waves that the workers are at."""

    def __init__(self, futures: tuple[Future[WaveSolution | None], ...]) -> None:
        self._futures = futures

    def is_done(self) -> bool:
        """Whether every worker has answered or failed."""
        return all(future.done() for future in self._futures)

    def solutions(self) -> tuple[WaveSolution | None, ...]:
        """One answer per problem, in order; waits for them.

        Raises:
            SolverError: if a worker died or PyVRP refused a problem.
        """
        try:
            return tuple(future.result() for future in self._futures)
        except BrokenProcessPool as error:
            raise SolverError("a worker process of the route solver died") from error


class SolverPool:
    """A `WaveSolver` over worker processes; the number of workers changes the time, never the answer."""

    def __init__(self, workers: int) -> None:
        assert 1 <= workers <= WORKERS_MAX
        # Workers are spawned, because a fork would copy the locks of the server's threads.
        self._pool = ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_owner
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, problems: Sequence[WaveProblem], iterations: int, seed: int) -> "PoolSolving":
        """Give the problems to the workers.

        Raises:
            SolverError: if a worker died before.
        """
        solver = PyVRPSolver()
        try:
            return PoolSolving(
                tuple(self._pool.submit(solver.solve, problem, iterations, seed) for problem in problems)
            )
        except BrokenProcessPool as error:
            raise SolverError("a worker process of the route solver died") from error

    def close(self) -> None:
        """End the workers; what they were at is lost."""
        self._pool.shutdown(cancel_futures=True)
