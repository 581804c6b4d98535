"""Units: every quantity carries its unit in its type, so seconds never meet metres by accident."""

from typing import Final, NewType

Seconds = NewType("Seconds", int)
Metres = NewType("Metres", int)
Grams = NewType("Grams", int)
Millilitres = NewType("Millilitres", int)
Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00Z."""

MICROSECONDS: Final = 1_000_000
"""Microseconds in a second."""


def after(instant: Instant, seconds: int) -> Instant:
    """The instant `seconds` (may be negative) after `instant`."""
    return Instant(instant + seconds * MICROSECONDS)


def seconds_between(start: Instant, end: Instant) -> Seconds:
    """Whole seconds from `start` to `end`, rounded down; negative when `end` is earlier."""
    return Seconds((end - start) // MICROSECONDS)
