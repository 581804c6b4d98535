"""Compiled code and where it may be kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from doorstep.planning.schedule import forward, insert_node, refresh, remove_node
from doorstep.planning.search import give_reasons, search, search_each

CALLED = (give_reasons, search, search_each, refresh, forward, insert_node, remove_node)
SOURCE = Path(__file__).parents[2] / "src"
ASK_A_LEG = (
    "import doorstep.planning.travel as t;"
    " print(t.__file__, t.TravelTable.of([[0, 77], [5, 0]]).leg_s(0, 1, 0))"
)


def test_after_warming_up_no_kernel_is_left_to_compile() -> None:
    """In a new process, warming up and nothing else leaves machine code for each kernel that Python calls."""
    kernels = ", ".join(kernel.__name__ for kernel in CALLED)
    code = (
        "from doorstep.planning.search import *; from doorstep.planning.schedule import *;"
        f"from doorstep.planning.warm import warm; warm(); print([len(k.signatures) for k in ({kernels})])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([1] * len(CALLED))


def test_planning_works_where_nothing_can_be_written(tmp_path: Path) -> None:
    """With no room for a cache beside the package nor at home, kernels are compiled and used anyway."""
    package = tmp_path / "doorstep"
    package.mkdir()
    shutil.copy(SOURCE / "doorstep" / "__init__.py", package)
    shutil.copytree(
        SOURCE / "doorstep" / "planning", package / "planning", ignore=shutil.ignore_patterns("__pycache__")
    )
    (package / "planning" / "__pycache__").write_text("a file where numba wants a folder")
    nowhere = "/dev/null/nowhere"
    env = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")}
    env |= {"PYTHONPATH": str(tmp_path), "HOME": nowhere, "XDG_CACHE_HOME": nowhere}
    done = subprocess.run(
        [sys.executable, "-B", "-c", ASK_A_LEG],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(package / "planning" / "travel.py"), "77"]
