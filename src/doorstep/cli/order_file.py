"""Order files: a file of orders that a person names, and what is wrong with it, told line by line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from doorstep.cli.caller import printable
from doorstep.cli.failure import BadInput

MEDIA: Final = {".csv": "text/csv", ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson"}
FILE_BYTES_MAX: Final = 64 << 20
"""Bytes of one file: what a server takes."""


class OrderFile(NamedTuple):
    """A file of orders as it was read, and its media type by its name."""

    path: Path
    content: bytes
    media: str

    @property
    def is_csv(self) -> bool:
        """Whether it is CSV; else each of its lines is JSON."""
        return self.media == MEDIA[".csv"]

    @property
    def header(self) -> bytes:
        """The bytes of a CSV file's first line, its line end included; nothing for NDJSON."""
        if not self.is_csv:
            return b""
        first, end, _ = self.content.partition(b"\n")
        return first + end

    def refused(self, details: Sequence[str]) -> BadInput:
        """Why the file as a whole holds no orders: every reason, numbered where there are several."""
        told = details[0] if len(details) == 1 else " ".join(f"({n}) {d}" for n, d in enumerate(details, 1))
        return BadInput(
            printable(f"{self.path}, line 1: {told}") + ("" if told.endswith((".", "?")) else ".")
        )


def row_fault(line: int, field: str, detail: str) -> str:
    """What is wrong with one row: the line, the field where there is one, and why."""
    return printable(f"line {line}, {field}: {detail}" if field else f"line {line}: {detail}")


def read_order_file(path: Path) -> OrderFile:
    """A file of orders.

    Raises:
        BadInput: its name does not say what it is, it cannot be read, or it is too large.
    """
    media = MEDIA.get(path.suffix.lower())
    if media is None:
        raise BadInput(f"{path} is neither .csv nor .ndjson; its name must say which it is.")
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise BadInput(f"{path} cannot be read: {fault.strerror}.") from fault
    if len(content) > FILE_BYTES_MAX:
        raise BadInput(f"{path} has more than {FILE_BYTES_MAX >> 20} MB; cut it into several files.")
    return OrderFile(path, content, media)
