"""Bodies: orders as JSON objects, one in a request or one a line; strict, and typed as JSON types."""

from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from doorstep.engine.intake.cells import Cells
from doorstep.engine.intake.columns import COLUMNS, closest
from doorstep.engine.intake.faults import FieldCode, FieldError, RejectedRow, reject, rejected, shown
from doorstep.engine.intake.json_text import NotStrictJson, strict_json
from doorstep.engine.intake.lines import (
    LINE_BYTES_MAX,
    ROWS_MAX,
    Line,
    Lines,
    empty_file,
    encoding_detail,
    line_too_long,
    too_many_rows,
)
from doorstep.engine.intake.rows import OrderRow
from doorstep.engine.intake.rules import IntakeRules
from doorstep.engine.intake.seen import Seen
from doorstep.engine.intake.validation import validate

BODY_LINE: Final = 0
"""The line of a body: it has none."""
UNKNOWN_FIELDS_MAX: Final = 10
"""Unknown fields that one row's errors name; the rest would only bury them."""


def read_body(body: bytes | dict[str, object], rules: IntakeRules) -> OrderRow | RejectedRow:
    """The order of one API body, as its bytes or as an object that was decoded strictly already."""
    if isinstance(body, bytes):
        return _read(body, BODY_LINE, rules)
    return _order(body, BODY_LINE, rules, _encoded(body))


def read_ndjson(stream: BinaryIO, rules: IntakeRules) -> Iterator[OrderRow | RejectedRow]:
    """One result for each line that is not blank, in order; a bad line is rejected and the rest goes on.

    A row that tells an earlier row's order again comes out again when its content is equal, and is
    rejected as a `conflict` when it is not.
    """
    lines, seen, rows = Lines(stream), Seen(), 0
    while (line := lines.take()) is not None:
        if not line.raw.strip():
            continue
        rows += 1
        if rows > ROWS_MAX:
            yield too_many_rows(line)
            return
        result = _read_line(line, rules)
        yield seen.check(result, line.raw) if isinstance(result, OrderRow) else result
    if rows == 0:
        yield empty_file("the file has no rows")


def _read_line(line: Line, rules: IntakeRules) -> OrderRow | RejectedRow:
    if line.is_cut:
        return line_too_long(line)
    try:
        line.text()
    except UnicodeDecodeError as fault:
        return reject(line.number, "", FieldCode.encoding, encoding_detail(line, fault), line.raw)
    return _read(line.raw, line.number, rules)


def _read(raw: bytes, line: int, rules: IntakeRules) -> OrderRow | RejectedRow:
    if len(raw) > LINE_BYTES_MAX:
        return reject(
            line, "", FieldCode.line_too_long, f"the body has more than {LINE_BYTES_MAX:,} bytes", raw
        )
    try:
        value = strict_json(raw)
    except NotStrictJson as fault:
        if fault.key in COLUMNS:
            return reject(line, fault.key, FieldCode.repeated_field, f"'{fault.key}' stands twice", raw)
        return reject(line, "", FieldCode.not_json, fault.detail, raw)
    return _order(value, line, rules, raw)


def _order(value: object, line: int, rules: IntakeRules, raw: bytes) -> OrderRow | RejectedRow:
    if not isinstance(value, dict):
        return reject(
            line, "", FieldCode.not_an_object, f"an order is a JSON object, not {shown(value)}", raw
        )
    cells = Cells(value, line, typed=True)
    unknown = sorted(str(key) for key in value if key not in COLUMNS)[:UNKNOWN_FIELDS_MAX]
    errors = tuple(
        FieldError(
            line,
            shown(key)[1:-1],
            FieldCode.unknown_field,
            f"there is no field {shown(key)}{closest(key, COLUMNS)}",
        )
        for key in unknown
    )
    result = validate(cells, rules)
    if isinstance(result, OrderRow) and not errors:
        return result
    if not isinstance(result, OrderRow):
        errors += result
    external_id = value.get("external_id")
    return rejected(line, errors, raw, external_id if isinstance(external_id, str) else "")


def _encoded(body: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return b""
