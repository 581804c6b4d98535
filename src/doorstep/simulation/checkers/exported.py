"""The exported log: its lines as they are, and read as records."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import msgspec

from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant

_decoder: Final = msgspec.json.Decoder(Record)


class Log:
    """An exported log: one event's stored bytes a line, in order of position.

    Raises:
        msgspec.DecodeError: where a line is no event.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.texts = tuple(line.removesuffix(b"\n") for line in lines)
        self.records = tuple(_decoder.decode(text) for text in self.texts)

    def commits(self) -> Iterator[tuple[Record, ...]]:
        """The log cut where our clock moved on: what was recorded at one instant was committed together.

        The log's own time tells any two commits apart, also where the machine's clock stands still.
        """
        for _, group in groupby(self.records, key=_recorded_at):
            yield tuple(group)


def _recorded_at(record: Record) -> Instant:
    return record.recorded_at
