from pathlib import Path

import msgspec
import pytest

from doorstep.cli.main import exit_code

DEMO = Path(__file__).parents[2] / "examples" / "neubrandenburg" / "neubrandenburg.osm.pbf"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("city") / "city.map"
    assert exit_code(["map", "build", str(DEMO), "--out", str(out), "--zone", "Europe/Berlin"]) == 0
    return out


def test_info_tells_what_a_map_holds(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`map info` shows the source, the licence and the counts, as text and as JSON."""
    assert exit_code(["map", "info", str(city)]) == 0
    assert "© OpenStreetMap contributors" in capsys.readouterr().out
    assert exit_code(["map", "info", str(city), "--json"]) == 0
    facts = msgspec.json.decode(capsys.readouterr().out)
    assert facts["zone"] == "Europe/Berlin"
    assert facts["speeds"] == "modelled"
    assert facts["counts"]["addresses"] > 10_000


def test_find_answers_an_address(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`map find` prints the label and the place, and ends with 0."""
    assert exit_code(["map", "find", str(city), "ziegelbergstr. 13"]) == 0
    assert capsys.readouterr().out.startswith("Ziegelbergstraße 13, 17033 Neubrandenburg\t53.55")


def test_find_says_why_there_is_no_place(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address without one certain place ends with 1, a sentence, and candidates."""
    assert exit_code(["map", "find", str(city), "Ziegelbergstraße"]) == 1
    told = capsys.readouterr()
    assert "the house number is missing" in told.err
    assert told.out.startswith("Ziegelbergstraße 1, 17033 Neubrandenburg\n")
    assert exit_code(["map", "find", str(city), "Ziegelbergstr. 13, Hamburg", "--json"]) == 1
    assert msgspec.json.decode(capsys.readouterr().out)["reason"] == "out_of_area"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["info", "{here}/none.map"], "cannot be read"),
        (["info", str(DEMO)], "is no Doorstep map"),
        (["find", str(DEMO), "x"], "is no Doorstep map"),
        (["build", "{here}/none.osm.pbf", "--out", "{here}/x.map"], "is not a file"),
        (["build", str(DEMO), "--out", "{here}/nowhere/x.map"], "is no folder"),
        (["build", str(DEMO), "--out", "{here}"], "is a folder"),
        (["build", str(DEMO), "--out", str(DEMO)], "is the extract itself"),
        (["build", str(DEMO), "--out", "{here}/x.map", "--zone", "Mars/Olympus"], "is no time zone"),
    ],
)
def test_bad_input_gets_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong files, folders and zones end with 2 and one line that says what to change."""
    assert exit_code(["map", *(argument.format(here=tmp_path) for argument in arguments)]) == 2
    told = capsys.readouterr().err.strip()
    assert sentence in told
    assert len(told.splitlines()) == 1
