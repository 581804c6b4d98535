"""Clocks: the machine's own, and one that stands still until it is moved."""

from time import time_ns

from doorstep.vocabulary.units import Instant, after


class SystemClock:
    """The machine's clock, UTC."""

    def now(self) -> Instant:
        """Microseconds since 1970-01-01T00:00Z."""
        return Instant(time_ns() // 1_000)


class VirtualClock:
    """A clock for simulations and tests: it stands at an instant until someone moves it."""

    def __init__(self, start: Instant) -> None:
        self._now = start

    def now(self) -> Instant:
        """Where the clock stands."""
        return self._now

    def advance(self, seconds: int) -> Instant:
        """Move by whole seconds (negative steps back, as real clocks do); the new time."""
        self._now = after(self._now, seconds)
        return self._now

    def move_to(self, instant: Instant) -> None:
        """Stand at `instant`, which may lie in the past."""
        self._now = instant
