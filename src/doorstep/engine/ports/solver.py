"""Route solvers: whoever plans the waves of hubs anew, given as whole problems."""

from collections.abc import Sequence
from typing import Protocol

from doorstep.planning.waves import WaveProblem, WaveSolution


class SolverError(Exception):
    """The route solver gave no answer."""


class RouteSolver(Protocol):
    """Plans one wave."""

    def solve(self, problem: WaveProblem, iterations: int, seed: int) -> WaveSolution | None:
        """The best plan found in so many iterations; None where none keeps every promise.

        The same problem, iterations and seed give the same answer on every machine.

        Raises:
            SolverError: if the solver broke down.
        """
        ...


class Solving(Protocol):
    """Waves that are being solved."""

    def is_done(self) -> bool:
        """Whether the answers are there, good or bad."""
        ...

    def solutions(self) -> tuple[WaveSolution | None, ...]:
        """One answer per problem, in order; waits for them.

        Raises:
            SolverError: if the solver broke down on one of them.
        """
        ...


class WaveSolver(Protocol):
    """Plans the waves of several hubs, perhaps side by side."""

    def start(self, problems: Sequence[WaveProblem], iterations: int, seed: int) -> Solving:
        """Begin, without waiting; the answers are the same as if each problem were solved alone.

        Raises:
            SolverError: if nobody is there to solve them.
        """
        ...
