"""`examples/make_orders.py` with arguments that cannot be used."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "make_orders.py"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"map": "none.map"}, "none.map cannot be read: No such file or directory."),
        ({"map": "text"}, "text is no Doorstep map;"),
        ({"--network": "none.toml"}, "none.toml cannot be read: No such file or directory"),
        ({"--network": "text"}, "text: this is no TOML:"),
        ({"--out": "none/orders.csv"}, "none/orders.csv cannot be written: No such file or directory"),
        ({"--orders": "-4"}, "--orders must be 1 or more"),
        ({"--seed": "-1"}, "--seed 0 or more"),
        ({"--day": "2026-31-31"}, "argument --day: invalid"),
    ],
)
def test_arguments_that_cannot_be_used(
    changes: dict[str, str], sentence: str, city_map: Path, network: Path, tmp_path: Path
) -> None:
    """Each ends with 2 and one sentence, and leaves no file."""
    (tmp_path / "text").write_text("no map, no network")
    plain = {"map": str(city_map), "--network": str(network), "--out": "orders.csv", "--orders": "3"}
    told = plain | changes
    words = [told.pop("map"), *(f"{name}={value}" for name, value in told.items())]
    answer = subprocess.run(
        [sys.executable, SCRIPT, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "orders.csv").exists()
