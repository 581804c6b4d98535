"""Times as people write them: RFC 3339, with the market's wall clock where no offset stands.

A wall time that the clock skips in spring names no instant and is refused. One that comes twice in autumn is
the earlier of the two.
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from doorstep.engine.intake.faults import FieldCode
from doorstep.engine.wall_clock import instant_at, is_skipped
from doorstep.vocabulary.units import Instant

YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2100
"""Years that an order can speak of, both included."""

_WRITTEN: Final = re.compile(
    r"(?P<wall>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(?P<offset>Z|[+-]\d\d:\d\d)?",
    re.ASCII | re.IGNORECASE,
)


def instant_of(text: str, zone: ZoneInfo) -> Instant | FieldCode:
    """The instant that `text` names, or why it names none: not_a_time, time_in_gap, out_of_range."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return FieldCode.not_a_time
    try:
        wall = datetime.fromisoformat(_six_digits(written["wall"].upper()))
        if not YEAR_MIN <= wall.year <= YEAR_MAX:
            return FieldCode.out_of_range
        if written["offset"]:
            return instant_at(datetime.fromisoformat(f"{wall.isoformat()}{written['offset'].upper()}"))
    except ValueError:
        return FieldCode.not_a_time
    local = wall.replace(tzinfo=zone)
    return FieldCode.time_in_gap if is_skipped(local) else instant_at(local)


def _six_digits(wall: str) -> str:
    # Python 3.11 reads fractions of three or six digits only.
    whole, dot, fraction = wall.partition(".")
    return f"{whole}.{fraction:0<6}" if dot else whole
