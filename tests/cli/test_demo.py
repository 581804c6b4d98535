"""`doorstep demo` as its own process: it ends as cleanly at a signal as it came."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ORDERS = Path(__file__).parents[2] / "examples" / "neubrandenburg" / "orders.csv"
END_S_MAX = 60
"""How long the process may take to end on a busy machine, seconds."""


@pytest.mark.timeout(300)
def test_sigterm_ends_the_demo_cleanly(tmp_path: Path) -> None:
    """SIGTERM ends with 0 and leaves no semaphore behind, while the day runs."""
    few = tmp_path / "orders.csv"
    few.write_text("".join(ORDERS.read_text("utf-8-sig").splitlines(keepends=True)[:5]), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "doorstep", "demo", "--port", str(port), "--orders", str(few)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as demo:  # fmt: skip
        assert demo.stderr is not None
        for line in demo.stderr:
            if line.startswith("Live,"):
                break
        demo.send_signal(signal.SIGTERM)
        _, told = demo.communicate(timeout=END_S_MAX)
    assert (demo.returncode, told) == (0, "")
