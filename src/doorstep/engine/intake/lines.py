"""Lines: a stream's physical lines, numbered, each of bounded length, that can be put back."""

from collections import deque
from collections.abc import Iterable
from typing import BinaryIO, Final, NamedTuple

import msgspec

from doorstep.engine.intake.faults import FieldCode, RejectedRow, reject

LINE_BYTES_MAX: Final = 1 << 20
"""Bytes of one row, its line ends included."""
ROWS_MAX: Final = 100_000
"""Rows of one import."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A physical line with its line end: its number from 1, and the offset of its first byte in the stream.

    `is_cut` says that the line was longer than `LINE_BYTES_MAX` and that the rest was dropped.
    """

    number: int
    offset: int
    raw: bytes
    is_cut: bool

    def text(self) -> str:
        """The line without its line end.

        Raises:
            UnicodeDecodeError: where it is not UTF-8.
        """
        return self.raw.decode().removesuffix("\n").removesuffix("\r")


class Lines:
    """The lines of a stream, one at a time; a leading byte-order mark is dropped."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._number = 0
        self._offset = 0
        self._back: deque[Line] = deque()

    def take(self) -> Line | None:
        """The next line, or None at the end."""
        return self._back.popleft() if self._back else self._read()

    def put_back(self, lines: Iterable[Line]) -> None:
        """Let these lines, in their order, come next once more."""
        self._back.extendleft(reversed(tuple(lines)))

    def _read(self) -> Line | None:
        raw = self._stream.readline(LINE_BYTES_MAX + 1)
        if not raw:
            return None
        self._number += 1
        offset, self._offset = self._offset, self._offset + len(raw)
        is_cut = len(raw) > LINE_BYTES_MAX
        if is_cut:
            self._drop_rest(raw)
            raw = raw[:LINE_BYTES_MAX]
        if offset == 0 and raw.startswith(BYTE_ORDER_MARK):
            raw, offset = raw.removeprefix(BYTE_ORDER_MARK), len(BYTE_ORDER_MARK)
        return Line(self._number, offset, raw, is_cut)

    def _drop_rest(self, chunk: bytes) -> None:
        while chunk and not chunk.endswith(b"\n"):
            chunk = self._stream.readline(LINE_BYTES_MAX)
            self._offset += len(chunk)


def encoding_detail(line: Line, fault: UnicodeDecodeError) -> str:
    """What is wrong with a line that is not UTF-8, and what to do."""
    if line.raw.startswith(_UTF_16_MARKS):
        return "the file is UTF-16; save it as UTF-8"
    at = line.offset + fault.start
    return f"byte {at:,} of the file, 0x{line.raw[fault.start]:02x}, is not UTF-8; save the file as UTF-8"


def line_too_long(line: Line) -> RejectedRow:
    """The rejection of a line that was cut."""
    detail = f"the row has more than {LINE_BYTES_MAX:,} bytes"
    found = reject(line.number, "", FieldCode.line_too_long, detail, line.raw)
    return msgspec.structs.replace(found, raw_cut=True)


def too_many_rows(line: Line) -> RejectedRow:
    """The end of a file that is too long for one import: from this line on, nothing was read."""
    detail = (
        f"one import takes {ROWS_MAX:,} rows; from line {line.number:,} on nothing was read: send it in parts"
    )
    end = reject(line.number, "", FieldCode.too_many_rows, detail, line.raw)
    return msgspec.structs.replace(end, whole_file=True)


def empty_file(detail: str) -> RejectedRow:
    """The rejection of a file that tells no order."""
    return msgspec.structs.replace(reject(1, "", FieldCode.empty_file, detail, b""), whole_file=True)
