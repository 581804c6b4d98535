"""The command line as a shell sees it: exit codes, one clear sentence, and a help that answers at once."""

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from doorstep.cli import main
from doorstep.cli.failure import BadInput, ExitCode, Flags, FoundBroken, flags_of, report

HELP_CPU_S_MAX = 0.5
SILENT = Flags(json=False, debug=False)


def run_doorstep(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell gets from `doorstep` with these words."""
    return subprocess.run(
        [sys.executable, "-c", "from doorstep.cli.main import run; run()", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def defective(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell gets when the code behind `doorstep map` breaks."""
    program = (
        "from doorstep.cli import main; "
        "main.MOUNTS = (main.Mount('map', 'doorstep.no_such_module', 'app', 'Broken.'),); main.run()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_imports_nothing_slow() -> None:
    """`doorstep --help` names every word and loads neither solver nor kernel compiler nor web framework."""
    program = (
        "import sys\nfrom doorstep.cli.main import exit_code\ncode = exit_code(['--help'])\n"
        "slow = {'numba', 'numpy', 'scipy', 'pyvrp', 'fastapi', 'sqlalchemy', 'osmium'} & set(sys.modules)\n"
        "assert not slow, slow\nsys.exit(code)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == ExitCode.fine, answer.stderr
    assert all(f"  {mount.word} " in answer.stdout for mount in main.MOUNTS)


def test_help_answers_at_once() -> None:
    """`doorstep --help` costs less than half a second of processor time, however busy the machine is."""
    before = os.times()
    assert run_doorstep("--help").returncode == ExitCode.fine
    after = os.times()
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system
    assert 0 < spent_s < HELP_CPU_S_MAX


def test_version() -> None:
    """`doorstep --version` prints the name and the version."""
    answer = run_doorstep("--version")
    assert answer.stdout.split() == ["doorstep", answer.stdout.split()[1]]
    assert answer.stdout.split()[1].count(".") == 2
    assert answer.returncode == ExitCode.fine


@pytest.mark.parametrize("mount", main.MOUNTS, ids=lambda mount: mount.word)
def test_every_word_is_there(mount: main.Mount) -> None:
    """Every word of the help is a command that loads, answers `--help`, and opens with that help line."""
    answer = CliRunner().invoke(main.application(frozenset({mount.word})), [mount.word, "--help"])
    assert answer.exit_code == ExitCode.fine, answer.output
    assert mount.summary in " ".join(answer.stdout.split())


def test_a_typing_error_shows_the_usage() -> None:
    """An unknown word exits 2 with the usage line and no trace."""
    answer = run_doorstep("mpa")
    assert answer.returncode == ExitCode.bad_input
    assert answer.stderr.startswith("Usage: doorstep")
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_a_typing_error_in_json() -> None:
    """With `--json`, a program that reads standard output gets an error object for a typing error too."""
    answer = run_doorstep("mpa", "--json")
    assert answer.returncode == ExitCode.bad_input
    assert json.loads(answer.stdout)["error"]["kind"] == "bad_input"


def test_a_defect_is_said_in_one_line() -> None:
    """A defect exits 70 with one line that says so and where to report it, and no trace."""
    answer = defective("map")
    assert answer.returncode == ExitCode.defect
    assert answer.stderr.count("\n") == 1
    assert "defect of Doorstep" in answer.stderr
    assert "CONTRIBUTING.md" in answer.stderr


@pytest.mark.parametrize(
    ("words", "environment"), [(("--debug", "map"), {}), (("map",), {"DOORSTEP_DEBUG": "1"})]
)
def test_a_defect_with_its_trace(words: tuple[str, ...], environment: dict[str, str]) -> None:
    """`--debug` and `DOORSTEP_DEBUG=1` both add the trace."""
    answer = defective(*words, **environment)
    assert answer.returncode == ExitCode.defect
    assert "Traceback" in answer.stderr


def test_a_defect_in_json() -> None:
    """With `--json` a defect leaves one error object on standard output."""
    assert json.loads(defective("map", "--json").stdout)["error"]["kind"] == "defect"


def test_a_reader_that_goes_away_is_no_defect() -> None:
    """`doorstep … | head` ends quietly."""
    program = "from doorstep.cli.main import run; import sys; sys.stdin.read(); run()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "--help"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reading:
        assert reading.stdin is not None
        assert reading.stdout is not None
        assert reading.stderr is not None
        reading.stdout.close()
        reading.stdin.close()
        assert reading.wait() == ExitCode.reader_gone
        assert reading.stderr.read() == b""


def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input exits 2 and its sentence goes to standard error, nothing to standard output."""
    assert report(BadInput("The map has no streets."), SILENT) == ExitCode.bad_input
    assert tuple(capsys.readouterr()) == ("", "doorstep: The map has no streets.\n")


def test_bad_input_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json` the same sentence is also an object on standard output."""
    report(BadInput("The map has no streets."), Flags(json=True, debug=False))
    assert json.loads(capsys.readouterr().out) == {
        "error": {"kind": "bad_input", "sentence": "The map has no streets."}
    }


def test_found_broken_leaves_the_report_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """What a command found exits 1; standard output keeps the command's own report, with `--json` too."""
    assert report(FoundBroken("1 of 4 proofs fails."), Flags(json=True, debug=False)) == ExitCode.found_broken
    assert tuple(capsys.readouterr()) == ("", "doorstep: 1 of 4 proofs fails.\n")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), typer.Abort()])
def test_a_stop_from_the_keyboard_is_quiet(stop: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    """Control-C exits 130 and says nothing."""
    assert report(stop, SILENT) == ExitCode.interrupted
    assert tuple(capsys.readouterr()) == ("", "")


def test_flags_end_at_the_double_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a bare `--` is an argument, even when it looks like a flag of ours."""
    monkeypatch.delenv("DOORSTEP_DEBUG", raising=False)
    assert flags_of(["map", "--json", "--", "--debug"]) == Flags(json=True, debug=False)
