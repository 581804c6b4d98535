"""Wall clocks: from what a clock on the wall shows to the instant that it means."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from doorstep.vocabulary.units import Instant

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTE: Final = timedelta(minutes=1)
GAP_MINUTES_MAX: Final = 24 * 60 + 1
"""The longest gap that a clock ever had: a whole day, where a country crossed the date line."""


def instant_at(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    return Instant((moment - _EPOCH) // _MICROSECOND)


def is_skipped(local: datetime) -> bool:
    """Whether the clock of this aware datetime's zone never shows its wall time."""
    shown = local.astimezone(UTC).astimezone(local.tzinfo)
    return shown.replace(tzinfo=None) != local.replace(tzinfo=None)


def wall_instant(day: date, wall: str, zone: ZoneInfo) -> Instant:
    """The instant at which a clock in `zone` shows `HH:MM` on a day.

    A time that comes twice is the earlier of the two; one that the clock skips is the instant after the gap.
    """
    hours, minutes = wall.split(":")
    local = datetime(day.year, day.month, day.day, int(hours), int(minutes), tzinfo=zone)
    for _ in range(GAP_MINUTES_MAX):
        if not is_skipped(local):
            return instant_at(local)
        local += _MINUTE
    raise AssertionError(f"{zone.key} skips more than a day around {day} {wall}")


def rfc3339(instant: Instant) -> str:
    """An instant as the API reads and writes it."""
    return (_EPOCH + instant * _MICROSECOND).isoformat().replace("+00:00", "Z")
