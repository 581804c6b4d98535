"""A mailbox in this process: letters are kept for whoever they are for, and nothing goes over a network."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from doorstep.engine.ports.post import Letter
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.message import Channel

ORDERS_MAX: Final = 100_000
"""Orders whose letters are kept; the oldest one's go first."""
LETTERS_MAX: Final = 50
"""Letters that are kept of one order."""


class LocalMailbox:
    """Takes letters by every channel; one that comes a second time is dropped by its id."""

    channels: frozenset[Channel] = frozenset(Channel)

    def __init__(self) -> None:
        self._letters: OrderedDict[OrderId, list[Letter]] = OrderedDict()

    def deliver(self, letter: Letter) -> None:
        """Keep it."""
        kept = self._letters.setdefault(letter.order, [])
        if all(letter.id != one.id for one in kept):
            kept.append(letter)
            del kept[:-LETTERS_MAX]
        if len(self._letters) > ORDERS_MAX:
            self._letters.popitem(last=False)

    def letters(self, order: str) -> Sequence[Letter]:
        """What came about an order, oldest first."""
        return tuple(self._letters.get(OrderId(order), ()))
