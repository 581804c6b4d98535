"""CSV files: RFC 4180 in UTF-8, read row by row, so that one bad row costs no other.

A quoted cell may hold line ends, and every row knows its first physical line. A quote that never closes
spoils only its own line: reading goes on at the next one. Lines end in LF or CRLF; blank lines are skipped.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from doorstep.engine.intake.cells import Cells
from doorstep.engine.intake.faults import FieldCode, RejectedRow, reject, rejected
from doorstep.engine.intake.header import read_header
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
from doorstep.engine.intake.split import Open, split
from doorstep.engine.intake.validation import validate

QUOTED_LINES_MAX: Final = 100
"""Physical lines that one row may span."""


class _Record(NamedTuple):
    line: int
    raw: bytes
    cells: list[str]


def read_csv(stream: BinaryIO, rules: IntakeRules) -> Iterator[OrderRow | RejectedRow]:
    """One result for each row, in order; a bad row is rejected and the rest goes on.

    A file that cannot be read at all gives one rejection with `whole_file`. A row that tells an earlier row's
    order again comes out again when its content is equal, and is rejected as a `conflict` when it is not.
    """
    lines = Lines(stream)
    columns = read_header(lines.take(), rules)
    if isinstance(columns, RejectedRow):
        yield columns
        return
    seen, rows = Seen(), 0
    while (line := lines.take()) is not None:
        if not line.raw.strip():
            continue
        rows += 1
        if rows > ROWS_MAX:
            yield too_many_rows(line)
            return
        record = _record(line, lines)
        result = _order(record, columns, rules) if isinstance(record, _Record) else record
        yield seen.check(result, record.raw) if isinstance(result, OrderRow) else result
    if rows == 0:
        yield empty_file("the file has a header and no rows")


def _order(record: _Record, columns: tuple[str, ...], rules: IntakeRules) -> OrderRow | RejectedRow:
    found, asked = len(record.cells), len(columns)
    if found != asked:
        code = FieldCode.too_few_cells if found < asked else FieldCode.too_many_cells
        hint = "; a cell that holds a comma needs quotes" if found > asked else ""
        return reject(
            record.line, "", code, f"this row has {found} cells, the header {asked}{hint}", record.raw
        )
    values = dict(zip(columns, record.cells, strict=True))
    result = validate(Cells(values, record.line, typed=False), rules)
    if isinstance(result, OrderRow):
        return result
    return rejected(record.line, result, record.raw, values["external_id"].strip())


def _record(line: Line, lines: Lines) -> _Record | RejectedRow:
    if line.is_cut:
        return line_too_long(line)
    try:
        cells = split(line.text())
    except UnicodeDecodeError as fault:
        return reject(line.number, "", FieldCode.encoding, encoding_detail(line, fault), line.raw)
    match cells:
        case list():
            return _Record(line.number, line.raw, cells)
        case Open.misplaced:
            return _misplaced(line)
        case Open.unclosed:
            return _spanning(line, lines)


def _spanning(first: Line, lines: Lines) -> _Record | RejectedRow:
    """The row that starts with an open quote: several lines together, or the first one alone as rejected."""
    parts, size = [first], len(first.raw)
    found: Line | None = first
    while len(parts) < QUOTED_LINES_MAX and (found := lines.take()) is not None:
        parts.append(found)
        size += len(found.raw)
        if found.is_cut or size > LINE_BYTES_MAX:
            break
        if b'"' not in found.raw:
            continue
        try:
            text = b"".join(part.raw for part in parts[:-1]).decode() + found.text()
        except UnicodeDecodeError:
            break
        match split(text):
            case list() as cells:
                return _Record(first.number, b"".join(part.raw for part in parts), cells)
            case Open.misplaced:
                break
            case Open.unclosed:
                continue
    lines.put_back(parts[1:])
    detail = "a cell opens with a quote that does not close as it should; this line alone was left out"
    return reject(first.number, "", FieldCode.quote_unclosed, detail, first.raw)


def _misplaced(line: Line) -> RejectedRow:
    detail = "text follows a closing quote; inside a quoted cell, write a quote twice"
    return reject(line.number, "", FieldCode.quote_misplaced, detail, line.raw)
