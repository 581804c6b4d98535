"""A route's chart: each stop's promise as a band, its plan as a tick, what happened as a mark."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from doorstep.views.board_view import BoardRoute, BoardStop
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.web.templates import clock

WIDTH: Final = 480
"""Units of the chart's width; it scales with the page."""
HOUR_US: Final = 3_600 * MICROSECONDS
MARGIN_US: Final = HOUR_US // 3


class Bar(msgspec.Struct, frozen=True):
    """One stop in the chart's units; None where there is nothing to draw."""

    band: float | None
    band_width: float
    planned: float | None
    at: float | None
    late_from: float | None


class Tick(msgspec.Struct, frozen=True):
    """A whole hour."""

    x: float
    text: str


class Chart(msgspec.Struct, frozen=True):
    """Bars by stop, hours, and now where it lies inside."""

    width: int
    bars: tuple[Bar, ...]
    hours: tuple[Tick, ...]
    now: float | None


def route_chart(route: BoardRoute, now: Instant, zone: ZoneInfo) -> Chart:
    """The chart of a route's stops."""
    start, end = route.start - MARGIN_US, route.end + MARGIN_US
    scale = WIDTH / (end - start)

    def x(at: Instant | None) -> float | None:
        return None if at is None else round(min(WIDTH, max(0.0, (at - start) * scale)), 1)

    def bar(stop: BoardStop) -> Bar:
        at = x(stop.done_at or stop.expected)
        if stop.window is None:
            return Bar(None, 0, None, at, None)
        left, right = x(stop.window.start) or 0.0, x(stop.window.end) or 0.0
        late = right if at is not None and at > right else None
        return Bar(left, round(max(2.0, right - left), 1), x(stop.planned), at, late)

    first = -(-start // HOUR_US)
    hours = range(first * HOUR_US, end, HOUR_US)
    ticks = tuple(Tick(x(Instant(at)) or 0.0, clock(Instant(at), zone)) for at in hours)
    return Chart(WIDTH, tuple(map(bar, route.stops)), ticks, x(now) if start <= now <= end else None)
