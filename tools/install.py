"""Set up `.venv` from a lock: `python3 tools/install.py run` for the demo, `dev` for the tests as well.

Only the standard library, because nothing is installed yet. uv does in seconds what takes pip a minute; it is
left out where pip has been told of indexes of its own, which uv would not know.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ROOT / "requirements/run.txt", "dev": ROOT / "requirements/dev.txt"}
UV_LOCK = ROOT / "requirements/uv.txt"
PYTHON_OLDEST = (3, 11)
INDEX_SETTINGS = {
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "proxy",
    "trusted-host",
    "client-cert",
}
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]


def make_venv() -> None:
    """Make `.venv`, unless one is there whose interpreter runs and has pip."""
    if PYTHON.exists() and _succeeds([*PIP, "--version"]):
        return
    if not _succeeds([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("This Python cannot make a virtual environment; on Debian: apt-get install python3-venv")


def has_uv() -> bool:
    """Whether uv can be had and would look where pip looks."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    settings = {line.partition("=")[0].rpartition(".")[2] for line in listed.splitlines()}
    locked = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(UV_LOCK)]
    return not settings & INDEX_SETTINGS and _succeeds([*PIP, "install", "--quiet", *locked])


def install(kind: str) -> None:
    """Install the lock of this kind, then the project itself in place.

    Raises:
        CalledProcessError: pip could not; it has said why.
    """
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON)] if has_uv() else []
    locked = ["--require-hashes", "--requirement", str(LOCKS[kind])]
    project = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    for arguments in (locked, project):
        if not (uv and _succeeds([*uv, *arguments])):
            subprocess.run([*PIP, "install", "--quiet", *arguments], check=True)


def _succeeds(command: list[str]) -> bool:
    # Unlike pip, uv reads the machine's own certificates only when it is told to.
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    if sys.version_info < PYTHON_OLDEST:
        sys.exit("Doorstep needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …")
    chosen = sys.argv[1]
    print(
        f"Setting up .venv from {LOCKS[chosen].relative_to(ROOT)}; the first time takes a minute.", flush=True
    )
    make_venv()
    try:
        install(chosen)
    except subprocess.CalledProcessError:
        sys.exit("Set-up failed; what pip says above is the reason. It is safe to run it again.")
