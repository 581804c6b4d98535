"""Clock: the only way in for time."""

from typing import Protocol

from doorstep.vocabulary.units import Instant


class Clock(Protocol):
    """Tells the time; it may step back, so nothing may rely on it to rise."""

    def now(self) -> Instant:
        """Microseconds since 1970-01-01T00:00Z."""
        ...
