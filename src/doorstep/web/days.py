"""Days: a market's local day as a span of instants; one of 23 or 25 hours where the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window


def local_date(now: Instant, zone: ZoneInfo) -> date:
    """The date that it is in the zone."""
    return datetime.fromtimestamp(now // MICROSECONDS, UTC).astimezone(zone).date()


def local_day(day: date, zone: ZoneInfo) -> Window:
    """From the day's first instant to its last."""
    start, end = (
        Instant(int(datetime.combine(midnight, time(0), zone).timestamp()) * MICROSECONDS)
        for midnight in (day, day + timedelta(days=1))
    )
    return Window(start, Instant(end - 1))
