"""Retry: how often something that failed is tried again, and when."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import Instant, after

ERROR_CHARS_MAX: Final = 500
"""Characters that are kept of what went wrong."""


class Retry(msgspec.Struct, frozen=True):
    """Tries in all, and the seconds between them: `first_s`, then doubling, up to `longest_s`."""

    tries_max: int
    first_s: int
    longest_s: int

    def next_try(self, tries: int, now: Instant) -> Instant | None:
        """When to try again after `tries` failed ones; None where it was the last."""
        if tries >= self.tries_max:
            return None
        # The exponent is bounded so that a patient policy computes no giant number on the way to its longest.
        return after(now, min(self.longest_s, self.first_s << min(tries - 1, 32)))


EFFECT_RETRY: Final = Retry(tries_max=24, first_s=5, longest_s=6 * 3600)
"""An effect: two dozen tries over about three days."""
TIMER_RETRY: Final = Retry(tries_max=6, first_s=2, longest_s=60)
"""A timer: six tries over about a minute, for people wait for what it does."""


class DeadLetter(msgspec.Struct, frozen=True):
    """Something that was given up: `kind` is `effect` or `timer`, `subject` and `name` say what it was about.

    For an effect `name` is its kind; for a timer it is the task's name or the type of its command.
    """

    kind: str
    id: str
    subject: str
    name: str
    error: str
    tries: int
    died_at: Instant


Bury = Callable[[DeadLetter], Sequence[AnyCommand]]
"""The commands that give a dead letter its owner: they share its commit."""


def describe(fault: BaseException) -> str:
    """What went wrong, in one bounded line."""
    return f"{type(fault).__name__}: {fault}"[:ERROR_CHARS_MAX]
