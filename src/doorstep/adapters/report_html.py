"""The day's report as files: one self-contained HTML page, and a CSV beside every table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from doorstep.adapters.report_cells import Table
from doorstep.adapters.report_charts import cost_parts, kept_by_service, said_and_kept
from doorstep.adapters.report_tables import tables
from doorstep.adapters.report_template import PAGE, STYLE
from doorstep.adapters.report_words import NOTHING, count, money, percent
from doorstep.engine.csv_export import csv_line
from doorstep.views.day_report import DayReport
from doorstep.views.intervals import Share
from doorstep.vocabulary.units import MICROSECONDS, Instant

REPORT_FILE: Final = "report.html"
_STATES: Final = {
    "holds": "holds", "broken": "broken", "no subject": "no-subject", "yes": "holds", "no": "broken",
}  # fmt: skip
"""Words in a cell that also get a mark."""
_pages: Final = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class Tile(NamedTuple):
    """A figure of the headline."""

    name: str
    figure: str
    under: str


def write_report(
    report: DayReport,
    folder: Path,
    *,
    zone: str = "UTC",
    market: str = "",
    names: Mapping[str, str] | None = None,
) -> tuple[Path, ...]:
    """Write `report.html` and a CSV for each of its tables; returns the files.

    Instants are shown in `zone`; `market` is the market's name and `names` are its carriers', their ids where
    none are given. The CSVs hold the raw figures: millionths, seconds, minor units.
    """
    shown = tables(report, names)
    files = [folder / REPORT_FILE]
    page = render(report, zone=zone, market=market, names=names)
    files[0].write_text(page, encoding="utf-8")
    for table in shown:
        file = folder / f"{table.name}.csv"
        file.write_text(table_csv(table), encoding="utf-8", newline="")
        files.append(file)
    return tuple(files)


def stylesheet() -> str:
    """The page's style, for a server whose content policy takes none inside a page."""
    return STYLE


def render(
    report: DayReport,
    *,
    zone: str = "UTC",
    market: str = "",
    names: Mapping[str, str] | None = None,
    hosted: bool = False,
) -> str:
    """The page: self-contained, or `hosted` below `/report` with its style and its tables beside it."""
    as_of = _local(report.period.as_of, zone)
    return _pages.from_string(PAGE).render(
        title=f"{market or report.market}, {as_of:%A} {as_of.day} {as_of:%B %Y}",
        as_of=f"{as_of:%H:%M %Z}",
        hosted=hosted,
        style=Markup(STYLE),  # noqa: S704 - our own constant
        headline=_headline(report),
        broken=report.invariants.broken,
        checked=len(report.invariants.each),
        tables=tables(report, names),
        charts=_charts(report),
        states=_STATES,
        events=count(report.events),
        log_hash=report.log_hash,
    )


def table_csv(table: Table) -> str:
    """A table's raw figures with a header line; cells that a spreadsheet might run are neutralised."""
    names = tuple(table.rows[0]) if table.rows else tuple(column.head for column in table.columns)
    lines = [csv_line(names), *(csv_line(tuple(row[name] for name in names)) for row in table.rows)]
    return "".join(lines)


def _charts(report: DayReport) -> dict[str, Markup]:
    """The chart of each table, by the table's name; empty for those without one."""
    charts = dict.fromkeys((table.name for table in tables(report)), "")
    charts["promises"] = kept_by_service(report)
    charts["reliability"] = said_and_kept(report.promises.reliability)
    charts["cost"] = cost_parts(report.cost)
    return {name: Markup(svg) for name, svg in charts.items()}  # noqa: S704 - charts escape their words


def _headline(report: DayReport) -> tuple[Tile, ...]:
    cost = report.cost
    each = cost.per_delivered
    low, high = (money(bound, cost.currency, 1_000) for bound in (each.low_milli, each.high_milli))
    price = f"{money(each.mean_milli, cost.currency, 1_000)} {cost.currency}" if each.cases else NOTHING
    return (
        Tile("Orders delivered", count(report.delivered), f"of {count(report.orders)} orders"),
        _share_tile("Promises kept", report.promises.kept_share, "due"),
        _share_tile("First attempt succeeded", report.first_attempt, "first attempts"),
        _share_tile("Attempts made", report.attempt_compliance, "due"),
        Tile("Cost of a delivered order", price, f"{low} to {high}" if each.low_milli is not None else ""),
        Tile("Cases", count(report.cases.total.opened), f"{count(report.cases.total.open)} still open"),
    )


def _share_tile(name: str, share: Share, noun: str) -> Tile:
    under = f"{count(share.count)} of {count(share.cases)} {noun}"
    if share.cases:
        under += f" · {percent(share.low_ppm).removesuffix(' %')} to {percent(share.high_ppm)}"
    return Tile(name, percent(share.share_ppm), under)


def _local(instant: Instant, zone: str) -> datetime:
    return datetime.fromtimestamp(instant / MICROSECONDS, UTC).astimezone(ZoneInfo(zone))
