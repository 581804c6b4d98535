"""Windows: spans of time that a shopper is promised or a driver must meet."""

import msgspec

from doorstep.vocabulary.units import Instant, Seconds, seconds_between


class Window(msgspec.Struct, frozen=True, order=True):
    """From `start` to `end`, both included; `start` is before `end`."""

    start: Instant
    end: Instant

    def width_s(self) -> Seconds:
        """Seconds from start to end."""
        return seconds_between(self.start, self.end)

    def holds(self, instant: Instant) -> bool:
        """Whether the instant lies in the window, both ends included."""
        return self.start <= instant <= self.end

    def overlap_s(self, other: "Window") -> Seconds:
        """Seconds that both windows share; 0 when they are apart."""
        return Seconds(max(0, seconds_between(max(self.start, other.start), min(self.end, other.end))))
