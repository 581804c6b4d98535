"""Headers: the first line of a CSV file, or why the file cannot be read."""

from typing import Final

import msgspec

from doorstep.engine.intake.columns import COLUMNS, REQUIRED, closest
from doorstep.engine.intake.faults import FieldCode, FieldError, RejectedRow, rejected, shown
from doorstep.engine.intake.lines import Line, encoding_detail
from doorstep.engine.intake.rules import IntakeRules
from doorstep.engine.intake.split import split

_OTHER_DELIMITERS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}
HEADER_ERRORS_MAX: Final = 30
"""Errors that one header gets; a header has 26 columns."""


def read_header(line: Line | None, rules: IntakeRules) -> tuple[str, ...] | RejectedRow:
    """The columns in the file's order, or the rejection of the whole file with every error of its header."""
    text = _text(line)
    if isinstance(text, RejectedRow):
        return text
    cells = split(text)
    names = tuple(cell.strip().lower() for cell in cells) if isinstance(cells, list) else ()
    if not any(name in COLUMNS for name in names):
        return _refuse(line, _not_a_header(text))
    faults = _faults(names, rules)
    return _refuse(line, *faults) if faults else names


def _text(line: Line | None) -> str | RejectedRow:
    if line is None or not line.raw.strip():
        return _refuse(line, ("", FieldCode.empty_file, "the file has no header"))
    if line.is_cut:
        return _refuse(line, ("", FieldCode.no_header, "the first line is far too long for a header"))
    try:
        text = line.text()
    except UnicodeDecodeError as fault:
        return _refuse(line, ("", FieldCode.encoding, encoding_detail(line, fault)))
    if "\0" in text:
        detail = "the first line holds NUL characters: the file is UTF-16 or no text; save it as UTF-8"
        return _refuse(line, ("", FieldCode.encoding, detail))
    if "\r" in text:
        detail = "lines end in a bare carriage return; save the file with LF or CRLF line ends"
        return _refuse(line, ("", FieldCode.line_ends, detail))
    return text


def _not_a_header(text: str) -> tuple[str, FieldCode, str]:
    for delimiter, plural in _OTHER_DELIMITERS.items():
        names = {name.strip(' "').lower() for name in text.split(delimiter)}
        if len(names & frozenset(COLUMNS)) > 1:
            return "", FieldCode.delimiter, f"cells are separated by {plural}; separate them by commas"
    # The line is not repeated: without a header it is somebody's order.
    detail = (
        f"the first line names no column; it must name those of {', '.join(COLUMNS[:3])}, … that the file has"
    )
    return "", FieldCode.no_header, detail


def _faults(names: tuple[str, ...], rules: IntakeRules) -> list[tuple[str, FieldCode, str]]:
    faults: list[tuple[str, FieldCode, str]] = []
    for index, name in enumerate(names):
        if not name:
            faults.append(("", FieldCode.unknown_field, f"column {index + 1} has no name"))
        elif name not in COLUMNS:
            detail = f"there is no column {shown(name)}{closest(name, COLUMNS)}"
            faults.append((name[:40], FieldCode.unknown_field, detail))
        elif name in names[:index]:
            faults.append((name, FieldCode.repeated_field, f"the column '{name}' stands twice"))
    for column in COLUMNS:
        is_implied = column == "merchant" and rules.merchant
        if column in REQUIRED and column not in names and not is_implied:
            faults.append((column, FieldCode.missing_column, f"the column '{column}' is missing"))
    return faults[:HEADER_ERRORS_MAX]


def _refuse(line: Line | None, *faults: tuple[str, FieldCode, str]) -> RejectedRow:
    errors = tuple(FieldError(1, field, code, detail) for field, code, detail in faults)
    refused = rejected(1, errors, line.raw if line else b"")
    return msgspec.structs.replace(refused, whole_file=True)
