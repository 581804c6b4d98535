"""Invariant 8: one idempotency key, one effect, one answer."""

import json
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from doorstep.simulation.checkers.doors import Call, Sent
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally

KEY_REUSED_STATUS: Final = 422
"""What the same key with another body is answered."""


class OneAnswer(Checker):
    """A sample of writes is sent once more, as it was and with another body.

    The checker calls the running system; `head` is the number of events in its log, at any moment.
    """

    number: ClassVar[int] = 8
    name: ClassVar[str] = "one idempotency key, one effect, one answer"

    def __init__(self, call: Call, sample: Sequence[Sent], head: Callable[[], int]) -> None:
        self._call = call
        self._sample = tuple(sample)
        self._head = head

    def inspect(self, log: Log, tally: Tally) -> None:
        """Send, and see that nothing was added to the log."""
        del log
        for number, sent in enumerate(self._sample, 1):
            name = f"{sent.method} {sent.path} ({number})"
            before = self._head()
            again = self._call(sent.method, sent.path, sent.headers, sent.body)
            same = (again.status, again.body) == (sent.status, sent.answer)
            tally.that(same, name, f"answered {again.status} the second time, {sent.status} the first")
            other = self._call(sent.method, sent.path, sent.headers, another(sent.body))
            reused = other.status == KEY_REUSED_STATUS
            tally.that(reused, name, f"the same key with another body was answered {other.status}")
            added = self._head() - before
            tally.that(added == 0, name, f"{added} events came of a key that was used before")


def another(body: bytes) -> bytes:
    """A body that differs from this one in one value, still as well formed."""
    try:
        value = json.loads(body)
    except ValueError:
        return body + b"\n0"
    if isinstance(value, dict):
        for name, old in value.items():
            if isinstance(old, bool) or old is None:
                continue
            if isinstance(old, int):
                return json.dumps(value | {name: old + 1}).encode()
            if isinstance(old, str):
                return json.dumps(value | {name: old + " "}).encode()
    return json.dumps({"another": value}).encode()
