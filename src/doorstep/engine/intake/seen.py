"""Seen: two rows of one file that claim one id."""

from array import array
from typing import NamedTuple

from doorstep.engine.intake.columns import COLUMNS
from doorstep.engine.intake.faults import FieldCode, FieldError, RejectedRow, rejected
from doorstep.engine.intake.rows import OrderRow, content


class _Earlier(NamedTuple):
    line: int
    hashes: "array[int]"


class Seen:
    """The orders that a file has told so far, as one hash a column: some 300 bytes an order."""

    def __init__(self) -> None:
        self._earlier: dict[tuple[str, str], _Earlier] = {}

    def check(self, row: OrderRow, raw: bytes) -> OrderRow | RejectedRow:
        """The row itself when it is new or says what it said before; else its rejection as a conflict.

        The first telling stands: which of two is right, nobody here can know.
        """
        hashes = array("q", (hash(told) for told in content(row).values()))
        key = (row.merchant, row.external_id)
        earlier = self._earlier.setdefault(key, _Earlier(row.line, hashes))
        pairs = zip(COLUMNS, earlier.hashes, hashes, strict=True)
        differing = [column for column, old, new in pairs if old != new]
        if not differing:
            return row
        errors = tuple(
            FieldError(
                row.line,
                column,
                FieldCode.conflict,
                f"this order stands in line {earlier.line} already, with another '{column}'",
            )
            for column in differing
        )
        return rejected(row.line, errors, raw, row.external_id)
