"""The day's report as it stands now: the page, its tables as CSV, and the same figures as JSON."""

from typing import Final

from doorstep.adapters.report_html import render, stylesheet, table_csv
from doorstep.adapters.report_tables import tables
from doorstep.engine.log import export, log_hash
from doorstep.views.day_report import DayReport
from doorstep.views.period import Period
from doorstep.web.door import ANYONE, OPERATOR, Call, Door
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply, reply
from doorstep.web.templates import HTML_MEDIA

CSS_MEDIA: Final = "text/css"
CSV_MEDIA: Final = "text/csv"


def read_report(call: Call) -> Reply:
    """Read the figures of everything that the log tells so far; the invariants are a simulated day's."""
    return reply(_report(call))


def report_page(call: Call) -> Reply:
    """The same as a page."""
    market = call.app.network.market
    html = render(_report(call), zone=market.zone, market=market.name, names=_names(call), hosted=True)
    return Reply(200, html.encode(), HTML_MEDIA, {"Cache-Control": "no-store"})


def report_style(call: Call) -> Reply:
    """The page's style, apart: the surface's content policy takes no style inside a page."""
    del call
    return Reply(200, stylesheet().encode(), CSS_MEDIA, {"Cache-Control": "max-age=3600"})


def report_table(call: Call) -> Reply:
    """One table's raw figures: millionths, seconds, minor units."""
    name = call.path["table"].removesuffix(".csv")
    table = next((table for table in tables(_report(call), _names(call)) if table.name == name), None)
    if table is None:
        raise not_found("table")
    disposition = f'attachment; filename="{name}.csv"'
    return Reply(200, table_csv(table).encode(), CSV_MEDIA, {"Content-Disposition": disposition})


def read_table(call: Call) -> Reply:
    """Read one table of the report as CSV, by its name with `.csv`; the page names them."""
    return report_table(call)


def _names(call: Call) -> dict[str, str]:
    return {str(one): contract.name for one, contract in call.app.book.contracts.carrier.items()}


def _report(call: Call) -> DayReport:
    app = call.app
    told = log_hash(export(app.store, app.market.id))
    return call.seen(lambda: call.screens.report.summary(Period.whole(call.now), told))


DOORS: Final = (
    Door("GET", "/report", report_page, OPERATOR, {200: HTML_MEDIA}),
    Door("GET", "/report/style.css", report_style, ANYONE, {200: CSS_MEDIA}),
    Door("GET", "/report/{table}", report_table, OPERATOR, {200: CSV_MEDIA}, problems=(404,)),
    Door("GET", "/v1/report", read_report, OPERATOR, {200: DayReport}),
    Door("GET", "/v1/report/{table}", read_table, OPERATOR, {200: CSV_MEDIA}, problems=(404,)),
)
