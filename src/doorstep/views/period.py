"""Period: the days that a report is about."""

import msgspec

from doorstep.vocabulary.units import Instant


class Period(msgspec.Struct, frozen=True):
    """From `start` up to, not with, `end`; None leaves a side open.

    `as_of` is the instant to which the log is told: what falls due after it is not due yet. An order belongs
    to the period in which its due window ends; one without a promise to that of the window it asked for, or
    else of its placing.
    """

    start: Instant | None
    end: Instant | None
    as_of: Instant

    @classmethod
    def whole(cls, as_of: Instant) -> "Period":
        """All that a log tells, as of an instant."""
        return cls(None, None, as_of)

    def holds(self, instant: Instant) -> bool:
        """Whether the instant lies in the period."""
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)
