"""CSV going out: a spreadsheet shows it and runs none of it."""

import json
from pathlib import Path

import pytest

from doorstep.engine.csv_export import csv_line, neutral

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors"
CELLS = VECTORS / "self-made" / "csv_cells.json"
PAYLOADS = VECTORS / "csv-injection" / "Intruder" / "csv-payload.txt"


@pytest.mark.skipif(not CELLS.exists(), reason="needs ../shared/vectors/self-made/csv_cells.json")
def test_formula_cells() -> None:
    """A cell that a spreadsheet might run leaves as text; numbers and phone numbers leave as they are."""
    vectors = json.loads(CELLS.read_text())
    hostile = vectors["cells"] + [leading + "SUM(1)" for leading in vectors["leading"] if leading != "\0"]
    for cell in hostile:
        assert neutral(cell) == "'" + cell, cell
    assert neutral("\0=1") == "'=1"
    assert neutral(-5.2) == "-5.2"
    assert csv_line(("+4479460000", -5, None, 'a"b')) == '"+4479460000",-5,,"a""b"\r\n'
    if PAYLOADS.exists():
        for payload in PAYLOADS.read_text().splitlines():
            is_bare_text = payload.startswith("DDE")  # runs nowhere without its equals sign
            assert is_bare_text or not payload.strip() or neutral(payload) == "'" + payload, payload


@pytest.mark.parametrize("cell", ["", "Ada", "Musterstraße 5", "a-b", "x=y", "1234", "Straße 5-7, Haus B"])
def test_harmless_cells(cell: str) -> None:
    """Plain text leaves as it is."""
    assert neutral(cell) == cell
