"""Touched: what the log's newest records are about, so that the pages of it look again."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.record import Record

RECORDS_KEPT: Final = 2_000
"""Records whose subjects are remembered: more than any log gains between two looks of a listener."""
_SUBJECTS: Final = ("order", "delivery", "case", "route")
"""The fields of an event that say what it is about."""


class Touched:
    """Remembers what the newest records are about."""

    def __init__(self) -> None:
        self._newest: deque[tuple[int, frozenset[str]]] = deque(maxlen=RECORDS_KEPT)

    def note(self, record: Record, orders: Iterable[OrderId]) -> None:
        """Take a record, and the orders whose pages it is on."""
        named = (getattr(record.data, field, None) for field in _SUBJECTS)
        self._newest.append((record.position, frozenset([*orders, *(one for one in named if one)])))

    def since(self, position: int) -> tuple[str, ...] | None:
        """The ids behind a position, sorted; None where that is longer ago than what is remembered."""
        if self._newest and self._newest[0][0] > position + 1:
            return None
        found: set[str] = set()
        for at, ids in reversed(self._newest):
            if at <= position:
                break
            found |= ids
        return tuple(sorted(found))
