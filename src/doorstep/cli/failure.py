"""How a command ends when it does not end well: the exit codes, and the sentence each one comes with.

| code | meaning |
|---|---|
| 0 | fine |
| 1 | the command did its work and found something broken, such as a packet that does not verify |
| 2 | bad input: the sentence on standard error says what to change |
| 70 | a defect of ours: run it again as `doorstep --debug …` and report the trace |
| 130 | stopped from the keyboard |
| 141 | whoever read our output went away, as in `doorstep … | head` |

With `--json`, codes 2 and 70 also leave one object on standard output, `{"error": {"kind", "sentence"}}`, so
that a program which reads it always gets JSON. Code 1 leaves the command's own report there, nothing else.
"""

import os
import sys
import traceback
from enum import IntEnum
from typing import NamedTuple

import msgspec
import typer

DEBUG_VARIABLE = "DOORSTEP_DEBUG"


class ExitCode(IntEnum):
    """What the calling shell is told; 70 is `EX_SOFTWARE` of sysexits.h, 130 and 141 are 128 + the signal."""

    fine = 0
    found_broken = 1
    bad_input = 2
    defect = 70
    interrupted = 130
    reader_gone = 141


class BadInput(Exception):
    """What the person asked for cannot be done as asked; the sentence says what to change."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FoundBroken(Exception):
    """The command did its work and found something broken; it has printed its report before raising this."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Flags(NamedTuple):
    """What the command line asks of failures, wherever on it the words stand."""

    json: bool
    debug: bool


def flags_of(arguments: list[str]) -> Flags:
    """Whether `--json` and `--debug` stand among the arguments, before a bare `--`.

    Read from the raw words, not from a parsed command, because parsing is one of the things that fail.
    `DOORSTEP_DEBUG=1` in the environment asks for the same as `--debug`.
    """
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in words or os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}
    return Flags(json="--json" in words, debug=debug)


def report(error: BaseException, flags: Flags) -> ExitCode:
    """Say what went wrong, once, in the right place, and return the exit code that goes with it."""
    match error:
        case FoundBroken():
            _say(error.sentence)
            return ExitCode.found_broken
        case BadInput():
            _say(error.sentence)
            _leave_json(flags, "bad_input", error.sentence)
            return ExitCode.bad_input
        case typer.TyperException():
            _show_usage(error)
            _leave_json(flags, "bad_input", error.format_message())
            return ExitCode.bad_input
        case KeyboardInterrupt() | typer.Abort():
            return ExitCode.interrupted
        case BrokenPipeError():
            _close_output()
            return ExitCode.reader_gone
        case _:
            return _report_defect(error, flags)


def _report_defect(error: BaseException, flags: Flags) -> ExitCode:
    if flags.debug:
        traceback.print_exception(error, file=sys.stderr)
    sentence = f"this is a defect of Doorstep, not of your input ({_in_one_line(error)})"
    how = (
        "report the trace above"
        if flags.debug
        else "run it again as `doorstep --debug …` and report the trace"
    )
    _say(f"{sentence}; {how}, as CONTRIBUTING.md says.")
    _leave_json(flags, "defect", sentence)
    return ExitCode.defect


def _in_one_line(error: BaseException) -> str:
    said = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _say(sentence: str) -> None:
    print(f"doorstep: {sentence}", file=sys.stderr)


def _show_usage(error: typer.TyperException) -> None:
    # Typer's usage errors know how to show the usage line of the very command that was typed, but the class
    # that declares it is private to Typer.
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        _say(error.format_message())


def _leave_json(flags: Flags, kind: str, sentence: str) -> None:
    if flags.json:
        print(msgspec.json.encode({"error": {"kind": kind, "sentence": sentence}}).decode())


def _close_output() -> None:
    # The interpreter flushes standard output once more on its way out and would complain about the same pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
