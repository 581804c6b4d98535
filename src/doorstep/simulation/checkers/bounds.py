"""Invariant 18: what one command sets off, what one event holds, and every queue are bounded."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally

REACTIONS_MAX: Final = 4_096
"""Commands that may follow from one command in its commit."""
TEXT_CHARS_MAX: Final = 2_000
"""Characters of one text in an event."""
EVENT_BYTES_MAX: Final = 262_144
"""Bytes of one stored event."""


class Bounds(Checker):
    """Counts what followed from each command in its commit, and measures every text and every queue.

    Args:
        queues: the greatest size that each queue reached, by name.
        queue_limits: how large each may get; every queue needs a limit.
    """

    number: ClassVar[int] = 18
    name: ClassVar[str] = "reactions, texts and queues are bounded"

    def __init__(self, queues: Mapping[str, int], queue_limits: Mapping[str, int]) -> None:
        self._queues = dict(queues)
        self._limits = dict(queue_limits)

    def inspect(self, log: Log, tally: Tally) -> None:
        """Events first, then the queues."""
        for text, record in zip(log.texts, log.records, strict=True):
            name = f"event {record.position}"
            tally.that(len(text) <= EVENT_BYTES_MAX, name, f"it has {len(text)} bytes")
            longest = _longest(json.loads(text))
            tally.that(longest <= TEXT_CHARS_MAX, name, f"a text of it has {longest} characters")
        for commit in log.commits():
            root_of: dict[str, str] = {}
            followed: Counter[str] = Counter()
            step = ("", "")
            for record in commit:
                # A cause in the same commit is an event that something followed from; any other is a root.
                root = root_of[record.id] = root_of.get(record.cause, record.cause)
                if record.cause in root_of and (record.cause, record.stream) != step:
                    followed[root] += 1
                step = (record.cause, record.stream)
            for root in dict.fromkeys(root_of.values()):
                count = followed[root]
                tally.that(count <= REACTIONS_MAX, f"command {root}", f"{count} commands followed from it")
        for queue, size in sorted(self._queues.items()):
            limit = self._limits.get(queue, -1)
            tally.that(size <= limit, f"queue {queue}", f"it held {size}, its limit is {limit}")


def _longest(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """Characters of the longest text inside."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return max((max(len(key), _longest(inside)) for key, inside in value.items()), default=0)
    return max(map(_longest, value), default=0) if isinstance(value, list) else 0
