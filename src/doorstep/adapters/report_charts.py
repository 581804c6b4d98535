"""The report's charts, as SVG text without script; colours come from the page's style."""

from collections.abc import Callable
from html import escape
from typing import Final

from doorstep.adapters.report_words import count, money, percent, plain
from doorstep.views.cost import CostFigures
from doorstep.views.day_report import DayReport
from doorstep.views.intervals import PPM
from doorstep.views.promise_ledger import Reliability

WIDTH: Final = 480
"""Width of every chart's own coordinates, pixels."""
_LABEL: Final = 80
_VALUE: Final = 108
_ROW: Final = 32
_AXIS: Final = 26
_STEP_PPM: Final = 50_000

Scale = Callable[[int], float]
"""A figure's place on an axis, pixels."""


def kept_by_service(report: DayReport) -> str:
    """Kept share with its interval, a row for each service and one for all; empty without a promise due."""
    groups = [("all", report.promises.kept_share)]
    groups += [(name, counts.kept_share) for name, counts in report.promises.by_service.items()]
    rows = [(name, share) for name, share in groups if share.cases]
    if not rows:
        return ""
    floor = _floor_ppm([share.low_ppm or 0 for _, share in rows])
    bottom = _ROW * len(rows)
    x_of = _scale(floor, PPM, _LABEL, WIDTH - _VALUE)
    shapes = []
    for ppm in _ticks(floor):
        shapes.append(_line((x_of(ppm), 0), (x_of(ppm), bottom), "grid"))
        shapes.append(_text((x_of(ppm), bottom + 18), percent(ppm, 0), anchor="middle"))
    for index, (name, share) in enumerate(rows):
        y = _ROW * (index + 0.5)
        low, high, kept = share.low_ppm or 0, share.high_ppm or 0, share.share_ppm or 0
        shapes.append(_text((0, y + 4), plain(name), "label"))
        shapes.append(_line((x_of(low), y), (x_of(high), y), "whisker"))
        shapes.append(_dot((x_of(kept), y), 5))
        shapes.append(_text((WIDTH - 44, y + 4), percent(kept), "value", "end"))
        shapes.append(_text((WIDTH, y + 4), f"n {count(share.cases)}", "tick", "end"))
    return _svg(bottom + _AXIS, "Share of promises kept, by service, with 95 % intervals", shapes)


def said_and_kept(reliability: Reliability) -> str:
    """Stated odds against the share kept, a dot for each bucket with promises; empty without any."""
    buckets = [bucket for bucket in reliability.buckets if bucket.stated_ppm is not None]
    if not buckets:
        return ""
    floor = _floor_ppm([min(bucket.stated_ppm or 0, bucket.kept.low_ppm or 0) for bucket in buckets])
    left, bottom = 44, 260
    x_of, y_of = _scale(floor, PPM, left, WIDTH - 16), _scale(floor, PPM, bottom, 10)
    shapes = []
    for ppm in _ticks(floor):
        shapes.append(_line((left, y_of(ppm)), (WIDTH - 16, y_of(ppm)), "grid"))
        shapes.append(_text((left - 8, y_of(ppm) + 4), percent(ppm, 0), anchor="end"))
        shapes.append(_text((x_of(ppm), bottom + 18), percent(ppm, 0), anchor="middle"))
    shapes.append(_line((x_of(floor), y_of(floor)), (x_of(PPM), y_of(PPM)), "diagonal"))
    most = max(bucket.kept.cases for bucket in buckets)
    for bucket in buckets:
        x, kept = x_of(bucket.stated_ppm or 0), bucket.kept
        shapes.append(_line((x, y_of(kept.low_ppm or 0)), (x, y_of(kept.high_ppm or 0)), "whisker"))
        shapes.append(_dot((x, y_of(kept.share_ppm or 0)), 4 + 4 * (kept.cases / most) ** 0.5))
        shapes.append(_text((x - 10, y_of(kept.low_ppm or 0) - 2), f"n {count(kept.cases)}", anchor="end"))
    shapes.append(_text((WIDTH - 16, bottom + _AXIS + 12), "stated odds", "tick", "end"))
    return _svg(bottom + _AXIS + 20, "Stated odds against the share of promises kept", shapes)


def cost_parts(cost: CostFigures) -> str:
    """What a delivered order costs, a bar for each part; empty where nothing was delivered or booked."""
    parts = [(kind, part) for kind, part in cost.parts.items() if part.total_minor > 0]
    if not cost.delivered or not parts:
        return ""
    x_of = _scale(0, max(part.total_minor for _, part in parts), _LABEL, WIDTH - _VALUE)
    shapes = []
    for index, (kind, part) in enumerate(parts):
        y = _ROW * (index + 0.5)
        middle, end = x_of(part.measured_minor), x_of(part.total_minor)
        shapes.append(_text((0, y + 4), plain(kind), "label"))
        if part.measured_minor:
            shapes.append(_bar(x_of(0), middle, y, "bar"))
        if end > middle:
            shapes.append(_bar(middle, end, y, "bar modelled"))
        each = money(part.per_delivered_milli, cost.currency, 1_000)
        shapes.append(_text((end + 8, y + 4), f"{each} {cost.currency}", "value"))
    return _svg(_ROW * len(parts), f"Parts of the cost of a delivered order, {cost.currency}", shapes)


def _floor_ppm(shares_ppm: list[int]) -> int:
    """Where an axis of shares begins: a round number at or below the smallest, 95 % at most."""
    return min(min(shares_ppm) // _STEP_PPM * _STEP_PPM, PPM - _STEP_PPM)


def _ticks(floor: int) -> range:
    step = _STEP_PPM
    while (PPM - floor) // step > 6:
        step *= 2
    return range(-(-floor // step) * step, PPM + 1, step)


def _scale(low: int, high: int, start: float, end: float) -> Scale:
    return lambda figure: start + (end - start) * (figure - low) / (high - low)


def _svg(height: float, title: str, shapes: list[str]) -> str:
    inside = "".join(shapes)
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">{inside}</svg>'


def _line(start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _dot(at: tuple[float, float], radius: float) -> str:
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}" class="dot"/>'


def _bar(start: float, end: float, y: float, kind: str) -> str:
    width = max(1.0, end - start)
    return f'<rect x="{start:.1f}" y="{y - 7:.1f}" width="{width:.1f}" height="14" class="{kind}"/>'


def _text(at: tuple[float, float], words: str, kind: str = "tick", anchor: str = "start") -> str:
    x, y = at
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
