"""How the process of a day ends: soon, whatever happens to it, and none of its workers outlives it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from doorstep.cli.failure import ExitCode
from doorstep.cli.stage import city_folder

DAY_S_MAX = 240
"""Seconds that a day of three orders may take on a slow machine, start and end included."""
END_S_MAX = 30
"""Seconds from the last thing that a process does until nothing of it is left."""
ORDERS = 3

PLAYED = "from doorstep.cli.main import run; run()"
"""A day that is played to its end."""
STOPPED = """
import os, signal, sys
from doorstep.adapters.solvers.pool import SolverPool
from doorstep.engine.ports.store import StoreUnavailableError

start = SolverPool.start

def start_without_end(self, problems, iterations, seed):
    start(self, problems[:1], 1, seed).solutions()
    solving = start(self, problems, sys.maxsize, seed)
    while not all(future.running() for future in solving._futures):
        pass
    print("solving", flush=True)
    {what}
    return solving

SolverPool.start = start_without_end
from doorstep.cli.main import run
run()
"""
"""A day in which something happens while its worker is at a search that would take for ever."""

Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a day of a few orders in a process group of its own."""
    lines = (city_folder("neubrandenburg") / "orders.csv").read_bytes().splitlines(keepends=True)
    orders = tmp_path / "orders.csv"
    orders.write_bytes(b"".join(lines[: ORDERS + 1]))

    def begin(program: str) -> subprocess.Popen[str]:
        words = ["day", "--orders", orders, "--out", tmp_path / "out", "--json"]
        return subprocess.Popen(
            [sys.executable, "-c", program, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return begin


def ended(process: subprocess.Popen[str], within_s: int) -> tuple[int, str, str]:
    """The exit code and the output, whose end is reached only when no process holds it open any more."""
    try:
        out, err = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return process.returncode, out, err


def test_a_day_ends_by_itself(start: Start) -> None:
    """A day that was played says its report and ends with 0, and nothing of it is left."""
    code, out, err = ended(start(PLAYED), DAY_S_MAX)
    assert (code, err) == (ExitCode.fine, "")
    assert json.loads(out)["orders"] == ORDERS


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("raise StoreUnavailableError", ExitCode.defect),
        ("os.killpg(0, signal.SIGINT)", ExitCode.interrupted),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
    ids=["defect", "ctrl-c", "terminated", "killed"],
)
def test_a_day_that_is_stopped_while_it_solves(start: Start, what: str, code: int) -> None:
    """A defect, Ctrl-C or a kill ends the worker's search with the day, and leaves no process behind."""
    process = start(STOPPED.format(what=what))
    assert process.stdout is not None
    assert process.stdout.readline() == "solving\n"
    assert ended(process, END_S_MAX)[0] == code
