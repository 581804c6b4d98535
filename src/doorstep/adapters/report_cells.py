"""The report's cells: what a table is, and how a figure stands in its CSV and is said in its HTML."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from doorstep.adapters.report_words import (
    NOTHING,
    Raw,
    count,
    few,
    interval,
    mean_interval,
    minutes,
    plain,
)
from doorstep.views.case_times import CaseFigures
from doorstep.views.intervals import Mean, Share, Spread

Row = Mapping[str, Raw]


class Column(msgspec.Struct, frozen=True):
    """A column for people: its head, what it says of a row, and whether it holds figures."""

    head: str
    say: Callable[[Row], str]
    figures: bool = True


def _whole(row: Row) -> str:
    del row
    return ""


class Table(msgspec.Struct, frozen=True):
    """A table: `name` is its file's, `note` says what the figures mean.

    With `quiet`, rows whose figure of that name is 0 stand in the CSV alone. `part_of` says of a row what it
    is a part of, empty where it is whole: a part is set in below its whole.
    """

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    quiet: str = ""
    part_of: Callable[[Row], str] = _whole


# Columns ---------------------------------------------------------------------------------------------


def word_column(head: str, name: str) -> Column:
    """A code, in plain words."""
    return Column(head, lambda row: plain(str(row[name])), figures=False)


def count_column(head: str, name: str) -> Column:
    """A whole number."""
    return Column(head, lambda row: count(row[name]))


def share_column(head: str, name: str = "share", *, cases: str = "") -> Column:
    """A share with its interval, and how many cases it is of where they are few."""
    behind = cases or f"{name}_cases"
    low, high = ("low_ppm", "high_ppm") if name == "share" else (f"{name}_low_ppm", f"{name}_high_ppm")

    def say(row: Row) -> str:
        return interval(row[f"{name}_ppm"], row[low], row[high]) + few(row[behind])

    return Column(head, say)


def money_column(head: str, name: str, currency: str) -> Column:
    """A mean amount with its interval, and how many cases it is of where they are few."""

    def say(row: Row) -> str:
        mean, low, high = (row[f"{name}_{part}_milli"] for part in ("mean", "low", "high"))
        return mean_interval(mean, low, high, currency) + few(row[f"{name}_cases"])

    return Column(head, say)


def _time_column(head: str, name: str) -> Column:
    def say(row: Row) -> str:
        if not row[f"{name}_cases"]:
            return NOTHING
        mean, median, p90 = (minutes(row[f"{name}_{part}_s"]) for part in ("mean", "median", "p90"))
        return f"{mean} · {median} · {p90} ({row[f'{name}_cases']})"

    return Column(f"{head}, min", say)


# Fields ----------------------------------------------------------------------------------------------


def share_row(share: Share) -> dict[str, Raw]:
    """A row's one share."""
    return {"share_ppm": share.share_ppm, "low_ppm": share.low_ppm, "high_ppm": share.high_ppm}


def share_fields(name: str, share: Share) -> dict[str, Raw]:
    """One of several shares of a row."""
    return {
        f"{name}_count": share.count,
        f"{name}_cases": share.cases,
        f"{name}_ppm": share.share_ppm,
        f"{name}_low_ppm": share.low_ppm,
        f"{name}_high_ppm": share.high_ppm,
    }


def fields(name: str, figure: Spread | Mean) -> dict[str, Raw]:
    """A spread or a mean, each of its figures under the name."""
    return {f"{name}_{field}": getattr(figure, field) for field in figure.__struct_fields__}


# Cases -----------------------------------------------------------------------------------------------

_CASE_TIMES: Final = (
    ("to_owner", "To owner"),
    ("to_first_action", "To first action"),
    ("to_shopper_told", "To shopper told"),
    ("to_resolution", "To resolution"),
)
CASE_NOTE: Final = (
    "Minutes from opening: mean, then median and 90th percentile, then how many cases it happened in. "
    "A handover is a change of owner after the first claim."
)


def case_fields(figures: CaseFigures) -> dict[str, Raw]:
    """The figures of some cases."""
    row: dict[str, Raw] = {
        "opened": figures.opened, "closed": figures.closed, "open": figures.open,
        "escalated": figures.escalated,
    }  # fmt: skip
    for name, _ in _CASE_TIMES:
        row |= fields(name, getattr(figures, name))
    return row | fields("handovers", figures.handovers_per_case)


def _handovers(row: Row) -> str:
    mean = row["handovers_mean_milli"]
    return f"{mean / 1_000:.2f}" if isinstance(mean, int) else NOTHING


CASE_COLUMNS: Final = (
    count_column("Opened", "opened"),
    count_column("Open", "open"),
    count_column("Escalated", "escalated"),
    *(_time_column(head, name) for name, head in _CASE_TIMES),
    Column("Handovers a case", _handovers),
)
