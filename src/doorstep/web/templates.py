"""Templates: pages from Jinja, escaped throughout, with times in the market's zone."""

from datetime import UTC, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from doorstep.views.labels import label, spoken
from doorstep.views.words import short
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.web.reply import Reply

HTML_MEDIA: Final = "text/html; charset=utf-8"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("doorstep.web", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": clock, "day": day, "stamp": stamp, "daystamp": daystamp, "when": when, "minutes": minutes,
        "plain": label, "spoken": spoken, "short": short, "money": money,
        "capital": lambda text: text[:1].upper() + text[1:],
        "lower_first": lambda text: text[:1].lower() + text[1:],
    }  # fmt: skip
    return environment


def page(name: str, zone: ZoneInfo, status: int = 200, **values: object) -> Reply:
    """The page of a template, with the market's zone at hand as `zone`."""
    return Reply(status, render(name, zone=zone, **values).encode(), HTML_MEDIA)


def render(name: str, **values: object) -> str:
    """The text of a template."""
    return _environment().get_template(name).render(**values)


def clock(at: Instant | None, zone: ZoneInfo) -> str:
    """The wall time, `14:05`."""
    return "–" if at is None else f"{_local(at, zone):%H:%M}"


def stamp(at: Instant | None, zone: ZoneInfo) -> str:
    """The wall time to the second, `14:05:09`."""
    return "–" if at is None else f"{_local(at, zone):%H:%M:%S}"


def daystamp(at: Instant, zone: ZoneInfo) -> str:
    """The weekday and the wall time to the second, `Tue 14:05:09`."""
    return f"{_local(at, zone):%a %H:%M:%S}"


def day(at: Instant, zone: ZoneInfo) -> str:
    """The day in words, `Tue 16 June`."""
    local = _local(at, zone)
    return f"{local:%a} {local.day} {local:%B}"


def when(at: Instant | None, zone: ZoneInfo, now: Instant) -> str:
    """The wall time, with its day where that is not today: `14:05`, `Wed 17 June 09:00`."""
    if at is None:
        return "–"
    is_today = _local(at, zone).date() == _local(now, zone).date()
    return clock(at, zone) if is_today else f"{day(at, zone)} {clock(at, zone)}"


def minutes(seconds: int) -> str:
    """Seconds as `8 min` or `1 h 05`."""
    whole = round(abs(seconds) / 60)
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60:02d}"


def money(minor: int, currency: str) -> str:
    """Minor units as an amount, `3.20 EUR`."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d} {currency}"


def _local(at: Instant, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // MICROSECONDS, UTC).astimezone(zone)
