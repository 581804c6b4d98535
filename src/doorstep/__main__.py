"""`python -m doorstep`, the same as `doorstep`."""

from doorstep.cli.main import run

run()
