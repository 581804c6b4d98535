"""Latency: what a solve takes, as far as its size says."""

import pytest

from doorstep.planning.latency import JOB_ITERATIONS_PER_S, SOLVE_START_S, solve_latency_s


@pytest.mark.parametrize(
    ("jobs", "iterations", "more_s"),
    [(0, 400, 0), (1, 1, 1), (JOB_ITERATIONS_PER_S, 1, 1), (JOB_ITERATIONS_PER_S, 3, 3), (600, 400, 15)],
)
def test_the_time_grows_with_jobs_and_iterations(jobs: int, iterations: int, more_s: int) -> None:
    """Behind the start, each second does so many jobs times iterations; a part of one counts whole."""
    assert solve_latency_s(jobs, iterations) == SOLVE_START_S + more_s
