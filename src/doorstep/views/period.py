"""Period: the days that a report is about."""

from typing import Final

import msgspec

from doorstep.vocabulary.units import Instant

_EARLIEST: Final = Instant(-(2**53 - 1))
_LATEST: Final = Instant(2**53 - 1)


class Period(msgspec.Struct, frozen=True):
    """From `start` up to, not with, `end`; `as_of` is the instant to which the log is told.

    An order belongs to the period in which its due window ends; one without a promise to that of the window
    it asked for, or else of its placing. What falls due after `as_of` is not due yet.
    """

    start: Instant
    end: Instant
    as_of: Instant

    @classmethod
    def whole(cls, as_of: Instant) -> "Period":
        """All that a log tells, as of an instant."""
        return cls(_EARLIEST, _LATEST, as_of)

    def holds(self, instant: Instant) -> bool:
        """Whether the instant lies in the period."""
        return self.start <= instant < self.end
