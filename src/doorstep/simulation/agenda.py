"""Agenda: what happens next in the world, in an order that does not depend on how it was written down."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

from doorstep.vocabulary.units import Instant

Act = Callable[[Instant], None]


class _Entry(NamedTuple):
    at: Instant
    who: str
    turn: int
    act: Act


class Agenda:
    """Acts by time; those of one instant go by who acts, then by the order in which that one planned them."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._turns: dict[str, int] = {}

    def plan(self, at: Instant, who: str, act: Act) -> None:
        """Let `who` do `act` at an instant."""
        turn = self._turns[who] = self._turns.get(who, 0) + 1
        heappush(self._heap, _Entry(at, who, turn, act))

    def next_at(self) -> Instant | None:
        """When the next act is; None where nothing is planned."""
        return self._heap[0].at if self._heap else None

    def take(self) -> tuple[Instant, Act]:
        """The next act."""
        entry = heappop(self._heap)
        return entry.at, entry.act
