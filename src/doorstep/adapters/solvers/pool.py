"""A pool of worker processes that solves the waves of several hubs side by side.

Workers never outlive who owns them, however that ends: they would keep its output open, and whoever reads
it would wait for ever. A pipe tells them: its one end is the owner's, and where that end is closed, by the
owner or by the owner's death, searches stop.
"""

import os
import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from doorstep.adapters.solvers.pyvrp import PyVRPSolver
from doorstep.engine.ports.solver import SolverError
from doorstep.planning.waves import WaveProblem, WaveSolution

WORKERS_MAX: Final = 64
"""Worker processes of one pool."""

_unwanted: Final = Event()
"""In a worker: whether its owner has ended the pool, or has died."""


def _begin(lifeline: Connection) -> None:
    """Begin as a worker."""
    # Ctrl-C reaches every process of a terminal; only the one that owns the market answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, args=(lifeline,), name="lifeline", daemon=True).start()


def _watch(lifeline: Connection) -> None:
    lifeline.poll(None)  # nothing is ever sent, so this lasts until the other end is closed
    _unwanted.set()
    owner = parent_process()
    assert owner is not None, "a worker has an owner"
    # An owner that lives ends its workers in good order. One that was killed cannot, and an idle worker would
    # wait for work for ever: it holds both ends of the queue that the work comes through.
    owner.join()
    os._exit(0)


def _solve(problem: WaveProblem, iterations: int, seed: int) -> WaveSolution | None:
    return PyVRPSolver(lambda: not _unwanted.is_set()).solve(problem, iterations, seed)


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
        context = get_context("spawn")
        self._lifeline, self._owner_end = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_begin, initargs=(self._lifeline,)
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
        try:
            return PoolSolving(
                tuple(self._pool.submit(_solve, problem, iterations, seed) for problem in problems)
            )
        except BrokenProcessPool as error:
            raise SolverError("a worker process of the route solver died") from error

    def close(self) -> None:
        """End the workers at once; what they were at is lost."""
        self._owner_end.close()
        self._pool.shutdown(cancel_futures=True)
        self._lifeline.close()
