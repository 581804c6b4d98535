"""A teller's clock: what the office tells of a time that cannot be is refused, and may be told again.

Whoever writes a time at a desk can mend it. A driver's phone cannot: there our own time stands for it.
"""

from datetime import datetime
from typing import Final

from doorstep.vocabulary.units import Instant, after
from doorstep.web.instants import instant
from doorstep.web.problems import FieldProblem, invalid

BEHIND_S_MAX: Final = 26 * 3_600
"""Seconds that what is told may lie back: the day before, and some hours."""
AHEAD_S_MAX: Final = 900
"""Seconds that a teller's clock may be ahead of ours."""


def told_at(at: datetime, now: Instant) -> Instant:
    """When it happened, by the teller.

    Raises:
        ProblemError: 422 on the field `at` where that clock cannot be right.
    """
    told = instant(at)
    if after(now, -BEHIND_S_MAX) <= told <= after(now, AHEAD_S_MAX):
        return told
    detail = (
        f"It is told of {at.date().isoformat()}, more than {BEHIND_S_MAX // 3_600} hours ago or more than "
        f"{AHEAD_S_MAX // 60} minutes ahead. Set the clock, and tell it again."
    )
    raise invalid([FieldProblem("at", "clock_wrong", detail)])
