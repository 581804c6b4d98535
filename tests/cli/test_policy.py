"""`doorstep policy`: policies shown, written, checked and compared."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from doorstep.cli.main import exit_code
from doorstep.cli.market_files import default_policies
from doorstep.policy.book import POLICIES


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The defaults, ready to be changed."""
    out = tmp_path / "policies"
    assert exit_code(["policy", "defaults", "--out", str(out)]) == 0
    capsys.readouterr()
    return out


def change(folder: Path, name: str, before: str, after: str) -> None:
    """Edits a policy: where the pattern first fits, whatever the number there is tuned to."""
    path = folder / f"{name}.toml"
    text, count = re.subn(before, after, path.read_text(encoding="utf-8"), count=1)
    assert count == 1
    path.write_text(text, encoding="utf-8")


def default(name: str) -> dict[str, Any]:
    """A default policy."""
    return tomllib.loads(default_policies()[name])


def test_show_names_every_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """`policy show` has a line for each policy, and the text of one by its name."""
    assert exit_code(["policy", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(POLICIES)
    assert exit_code(["policy", "show", "dispatch"]) == 0
    assert tomllib.loads(capsys.readouterr().out) == default("dispatch")
    assert exit_code(["policy", "show", "dispatch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["margin_s"] == default("dispatch")["margin_s"]


def test_the_defaults_are_sound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `policy defaults` writes passes `policy check` and says the same as the defaults."""
    assert sorted(path.stem for path in folder.iterdir()) == list(POLICIES)
    assert exit_code(["policy", "check", str(folder)]) == 0
    assert exit_code(["policy", "compare", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("They say the same.\n")


def test_compare_names_what_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`policy compare` names file, key, the value before and the value after."""
    change(folder, "dispatch", r"margin_s = \d[\d_]*", "margin_s = 601")
    change(folder, "attempts", r'\[reason."recipient.refused"\]', '[reason."recipient.underage_x"]')
    assert exit_code(["policy", "compare", str(folder)]) == 2, "an unsound folder is not compared"
    assert 'reason."recipient.underage_x"' in capsys.readouterr().err
    change(folder, "attempts", "underage_x", "refused")
    assert exit_code(["policy", "compare", str(folder)]) == 0
    told = f"dispatch.toml: margin_s: {default('dispatch')['margin_s']} → 601\n"
    assert capsys.readouterr().out == told
    assert exit_code(["policy", "show", "--policies", str(folder), "dispatch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["margin_s"] == 601


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("dispatch", r"margin_s = \d[\d_]*", 'margin_s = "900"', "dispatch.toml: margin_s: Expected `int`"),
        ("dispatch", r"margin_s = \d[\d_]*", "margin_s = -1", "dispatch.toml: margin_s: -1 is below zero"),
        ("dispatch", r"margin_s = \d[\d_]*", "", "dispatch.toml: Object missing required field `margin_s`"),
        ("dispatch", "margin_s =", "margins =", "dispatch.toml: Object contains unknown field `margins`"),
        ("dispatch", r"margin_s = \d[\d_]*", "margin_s =", "dispatch.toml: this is no TOML"),
        (
            "dispatch",
            r"base_s = \d[\d_]*",
            "base_s = 1.5",
            "dispatch.toml: service_time.base_s: Expected `int`",
        ),
        (
            "dispatch",
            r"base_s = \d[\d_]*",
            "base_s = -3",
            "dispatch.toml: service_time.base_s: -3 is below zero",
        ),
        (
            "attempts",
            'then = "hold"',
            'then = "burn"',
            "attempts.toml: default.then: Invalid enum value 'burn'",
        ),
        ("attempts", r'"recipient\.refused"', '"recipient.bored"', "nobody ever gives this reason"),
        (
            "playbooks",
            r"\[kind.breakdown\]",
            "[kind.party]",
            "playbooks.toml: kind: Invalid enum value 'party'",
        ),
        ("playbooks", r"escalate = \[.*\]", "escalate = []", ".escalate: is empty"),
        ("promises", r"odds_min_ppm = \d[\d_]*", "odds_min_ppm = 1_000_001", "promises.toml: odds_min_ppm:"),
        ("promises", r"hold_s = \d[\d_]*", "hold_s = 0", "promises.toml: hold_s: "),
        (
            "proof",
            r"pin_digits = \d[\d_]*",
            "pin_digits = 0",
            "proof.toml: bounds.pin_digits: 0 is not from 1 to 12",
        ),
        (
            "services",
            'opens = "08:00"',
            'opens = "8 am"',
            "services.toml: service.next_day.opens: is no time",
        ),
        ("services", 'closes = "21:00"', 'closes = "08:30"', "service.next_day.closes: its day is shorter"),
        (
            "services",
            r"window_minutes = \d[\d_]*",
            "window_minutes = 10",
            "is narrower than window_minutes_min",
        ),
        ("routing", r"failures = \d+", "failures = 0", "breaker.failures: a breaker that opens"),
        ("routing", r"next_day = \d+", "teleport = 1", "miss_minor.teleport: there is no such service"),
        ("tariffs", 'currency = "EUR"', 'currency = "euro"', "tariffs.toml: currency: is no currency"),
        (
            "tariffs",
            r"express = \d[\d_]*",
            "teleport = 490",
            "refund_minor.teleport: there is no such service",
        ),
    ],
)
def test_a_fault_is_named(
    name: str, before: str, after: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each fault ends with 1 and a line that names file and key."""
    change(folder, name, before, after)
    assert exit_code(["policy", "check", str(folder)]) == 1
    told = capsys.readouterr()
    assert said in told.out
    assert "Traceback" not in told.err


def test_every_fault_is_named_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults of several files, a file that is missing and one that nobody reads are all in one answer."""
    change(folder, "dispatch", r"margin_s = \d[\d_]*", "margin_s = -1")
    change(folder, "services", r"lead_minutes = \d[\d_]*", "lead_minutes = true")
    (folder / "tariffs.toml").rename(folder / "tarifs.toml")
    (folder / "proof.toml").write_bytes(b"id = '\xff'")
    assert exit_code(["policy", "check", str(folder), "--json"]) == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert {(fault["file"], fault["key"]) for fault in faults} == {
        ("dispatch.toml", "margin_s"),
        ("services.toml", "service[...].lead_minutes"),
        ("tariffs.toml", ""),
        ("tarifs.toml", ""),
        ("proof.toml", ""),
    }


def test_folders_that_cannot_be_used(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no folder ends with 2; defaults are written over nothing that stands."""
    assert exit_code(["policy", "check", str(tmp_path / "none")]) == 2
    assert exit_code(["policy", "check", str(folder / "proof.toml")]) == 2
    assert capsys.readouterr().err.count("is no folder of policies") == 2
    change(folder, "dispatch", r"margin_s = \d[\d_]*", "margin_s = 1")
    assert exit_code(["policy", "defaults", "--out", str(folder)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert exit_code(["policy", "defaults", "--out", str(folder / "proof.toml")]) == 2
    assert "is a file" in capsys.readouterr().err
    assert "margin_s = 1 " in (folder / "dispatch.toml").read_text(encoding="utf-8")
    assert exit_code(["policy", "show", "dispach"]) == 2
    assert "known are attempts, contracts, dispatch" in capsys.readouterr().err
