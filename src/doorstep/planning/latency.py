"""Latency: how long a route solver takes for a wave, as far as its size says.

Under a virtual clock nothing takes time by itself. A day in which plans come back at once would promise,
stage and load from plans that no server has yet; and one that waited for the machine would not repeat.
"""

from typing import Final

SOLVE_START_S: Final = 2
"""Seconds until a worker has the problem and its answer is back, whatever its size."""
JOB_ITERATIONS_PER_S: Final = 16_000
"""Jobs times iterations that a worker does in a second, measured on two cores that are busy otherwise."""


def solve_latency_s(jobs: int, iterations: int) -> int:
    """Seconds from a solve's beginning to its answer, rounded up."""
    return SOLVE_START_S + -(-jobs * iterations // JOB_ITERATIONS_PER_S)
