"""The report's words: figures as people read them. A figure that is not there is a dash."""

from typing import Final

from doorstep.views.labels import label

Raw = str | int | None
"""A figure as the report holds it, or a word."""
NOTHING: Final = "–"
"""What stands where there is no figure."""
FEW_CASES: Final = 30
"""Below so many cases a figure says how many there are."""
_MINOR_DIGITS: Final = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""Digits of a currency's minor unit; those not named have two."""


def percent(ppm: Raw, digits: int = 1) -> str:
    """Millionths as a percentage."""
    return f"{ppm / 10_000:.{digits}f} %" if isinstance(ppm, int) else NOTHING


def interval(share_ppm: Raw, low_ppm: Raw, high_ppm: Raw) -> str:
    """A share with its interval, `92.1 % (90.0 to 93.8)`."""
    if share_ppm is None:
        return NOTHING
    low, high = (percent(bound).removesuffix(" %") for bound in (low_ppm, high_ppm))
    return f"{percent(share_ppm)} ({low} to {high})"


def money(minor: Raw, currency: str, per: int = 1) -> str:
    """Minor units, divided by `per`, as the currency's own unit."""
    if not isinstance(minor, int):
        return NOTHING
    digits = _MINOR_DIGITS.get(currency, 2)
    return f"{minor / per / 10**digits:,.{digits}f}".replace(",", "\N{THIN SPACE}")


def minutes(seconds: Raw) -> str:
    """Seconds as minutes with one decimal."""
    return f"{seconds / 60:.1f}" if isinstance(seconds, int) else NOTHING


def lapse(seconds: Raw) -> str:
    """Seconds in the unit in which they are read."""
    if not isinstance(seconds, int):
        return NOTHING
    return f"{seconds} s" if seconds < 120 else f"{minutes(seconds)} min"


def count(value: Raw) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\N{THIN SPACE}") if isinstance(value, int) else NOTHING


def plain(code: str) -> str:
    """A code in plain words."""
    return label(code)


def few(cases: Raw) -> str:
    """The number of cases where they are so few that a share says little; empty otherwise."""
    return f", n {cases}" if isinstance(cases, int) and 0 < cases < FEW_CASES else ""


def mean_interval(mean_milli: Raw, low_milli: Raw, high_milli: Raw, currency: str) -> str:
    """A mean amount with its interval, `4.61 (3.96 to 5.26)`; of a single case without one."""
    mean, low, high = (money(figure, currency, 1_000) for figure in (mean_milli, low_milli, high_milli))
    return mean if low_milli is None else f"{mean} ({low} to {high})"
