"""Instants at the door: microseconds inside, RFC 3339 in UTC outside."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

from doorstep.vocabulary.units import MICROSECONDS, Instant

Moment = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339, UTC, microseconds only if any.")]
"""An instant as it crosses the door; one without an offset is refused, never guessed."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


def moment(instant: Instant) -> datetime:
    """The instant as a UTC date-time, which msgspec writes as `2026-06-16T07:30:00Z`."""
    seconds, micros = divmod(instant, MICROSECONDS)
    return _EPOCH + timedelta(seconds=seconds, microseconds=micros)


def moment_or_none(instant: Instant | None) -> datetime | None:
    """The instant as a UTC date-time, or nothing where there is none."""
    return None if instant is None else moment(instant)


def instant(at: datetime) -> Instant:
    """The instant of a date-time with an offset."""
    assert at.tzinfo is not None, "the door refuses date-times without an offset"
    return Instant((at - _EPOCH) // _TICK)


def instant_or_none(at: datetime | None) -> Instant | None:
    """The instant of a date-time with an offset, or nothing where there is none."""
    return None if at is None else instant(at)
