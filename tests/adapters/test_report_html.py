"""The report's page and its tables: whole, harmless, and the same figures in HTML and CSV."""

import csv
import json
import re
from functools import cache
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from tests.views.diary import MARKET, clock
from tests.views.network_day import NetworkDay
from tests.views.town_day import TownDay

from doorstep.adapters.report_cells import Table
from doorstep.adapters.report_html import render, table_csv, write_report
from doorstep.adapters.report_tables import tables
from doorstep.adapters.report_words import count, few, interval, minutes, money, percent
from doorstep.views.day_report import DayReport, DayReportFold, InvariantFigures
from doorstep.views.period import Period

INVARIANTS = {
    1: InvariantFigures("every order somewhere", 40, 20, ()),
    2: InvariantFigures("one custodian", 9, 3, ("pcl_1: <b>two</b> hold it",)),
}


def _report(orders: int = 60, invariants: dict[int, InvariantFigures] | None = None) -> DayReport:
    fold = DayReportFold(MARKET)
    for record in TownDay(3, orders).diary.records:
        fold.apply(record)
    seen = INVARIANTS if invariants is None else invariants
    return fold.summary(Period.whole(clock(23, days=3)), "f" * 64, seen)


@cache
def _network() -> DayReport:
    fold = DayReportFold(MARKET)
    for record in NetworkDay(2).diary.records:
        fold.apply(record)
    return fold.summary(Period.whole(clock(23, days=3)), "f" * 64, {})


def _empty() -> DayReport:
    return DayReportFold(MARKET).summary(Period.whole(clock(23)), "0" * 64, {})


class _Page(HTMLParser):
    """Counts what a page holds, and notes everything that it would fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and its references."""
        self.tags.append(tag)
        if tag not in ("meta", "line", "circle", "rect"):
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "srcset", "action")]

    def handle_endtag(self, tag: str) -> None:
        """Each tag closes the last that was opened."""
        if tag not in ("line", "circle", "rect"):
            assert self.open.pop() == tag


@pytest.mark.parametrize(
    "report", [_report(), _network(), _empty()], ids=["a day", "a network's day", "an empty log"]
)
def test_the_page_is_whole_and_needs_nothing_else(report: DayReport) -> None:
    """It has every table once, is well formed, runs no script, and links only to its own CSV files."""
    page = _Page(render(report, zone="Europe/Berlin"))
    assert page.open == []
    assert "script" not in page.tags
    assert page.tags.count("table") == len(tables(report))
    assert page.links == [f"{table.name}.csv" for table in tables(report)]


def test_the_page_says_the_figures() -> None:
    """The headline holds what was delivered, kept and paid; the foot the hash of the log."""
    report = _report()
    page = render(report, market="Neubrandenburg")
    assert "Neubrandenburg, Friday 19 June 2026" in page
    assert percent(report.promises.kept_share.share_ppm) in page
    assert money(report.cost.per_delivered.mean_milli, "EUR", 1_000) in page
    assert report.log_hash in page
    assert page.count("<svg") == 3


def test_what_is_broken_stands_at_the_top_and_harmless() -> None:
    """A broken invariant is said before any table, with its mark, and its words are text."""
    page = render(_report())
    assert page.index("Broken: 1") < page.index("<table")
    assert "&lt;b&gt;two&lt;/b&gt;" in page
    assert "<b>two</b>" not in page
    clean = render(_report(invariants={1: INVARIANTS[1]}))
    assert "All 1 invariants hold." in clean


def test_a_csv_lies_beside_every_table(tmp_path: Path) -> None:
    """Each file has the table's raw figures, a line a row, under names that say their unit."""
    report = _report()
    files = write_report(report, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in files}
    for table in tables(report):
        with (tmp_path / f"{table.name}.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(table.rows)
        for told, row in zip(rows, table.rows, strict=True):
            assert {name: value for name, value in told.items() if value} == {
                name: str(value) for name, value in row.items() if value not in (None, "")
            }


def test_the_tables_agree_with_the_report() -> None:
    """The cost table's parts sum to its last but one line, the promises to the report's own counts."""
    report = _report()
    by_name = {table.name: table for table in tables(report)}
    cost = [row["total_minor"] for row in by_name["cost"].rows]
    assert sum(int(str(part)) for part in cost[:-2]) == cost[-2] == report.cost.total_minor
    total, *groups = by_name["promises"].rows
    assert total["due"] == report.promises.due
    assert (
        sum(int(str(row["due"])) for row in groups if not str(row["of"]).startswith("market")) == total["due"]
    )
    lines = by_name["promises_not_kept"].rows
    missed = sum(int(str(line["promises"])) for line in lines if line["counts"] == "missed")
    assert missed == report.promises.due - report.promises.kept


def test_the_carriers_of_each_table_sum_to_its_first_line() -> None:
    """The market's line is the sum of the carriers' lines, and each of these of its services."""
    by_name = {table.name: table for table in tables(_network())}
    for name, column in (
        ("carriers_promises", "due"), ("carriers_promises", "changed"), ("carriers_cost", "total_minor"),
        ("carriers_cost", "delivered"), ("carriers_cost", "freight_minor"),
        ("carriers_attempts", "first_attempt_cases"), ("carriers_attempts", "failed_physical"),
    ):  # fmt: skip
        market, *rows = by_name[name].rows
        wholes = [row for row in rows if row["service"] == "all"]
        assert sum(int(str(row[column])) for row in wholes) == market[column], (name, column)
        for whole in wholes:
            parts = [r for r in rows if r["carrier"] == whole["carrier"] and r["service"] != "all"]
            assert sum(int(str(row[column])) for row in parts) == whole[column], (name, column)
        assert len(wholes) >= 3


def test_a_part_says_its_whole_and_few_cases_say_their_number() -> None:
    """Who cannot see a row set in hears whose it is, and a share of few cases tells how few."""
    page = render(_network(), names={"courier": "Flinke <b>Boten</b>"})
    assert '<span class="unseen">Own fleet, </span>' in page
    assert "Flinke &lt;b&gt;Boten&lt;/b&gt;" in page
    assert "<b>Boten" not in page
    assert re.search(r'<span class="interval">\([\d.]+ to [\d.]+\), n \d+</span>', page)
    assert (few(29), few(30), few(0), few(None)) == (", n 29", "", "", "")


def test_what_carriers_are_called_and_say_cannot_run_in_a_spreadsheet() -> None:
    """A carrier's name and its unknown codes are text in each CSV, whatever they begin with."""
    feeds = (msgspec.structs.replace(_network().feeds[1], unmapped_codes={"=HYPERLINK(1)": 2}),)
    report = msgspec.structs.replace(_network(), feeds=feeds)
    shown = {table.name: table for table in tables(report, {"courier": "@SUM(1)", "regional": "-1+1"})}
    (feed,) = csv.DictReader(StringIO(table_csv(shown["feed_faults"])))
    assert feed["unmapped_codes"] == "'=HYPERLINK(1) 2"
    told = {row["carrier_name"] for row in csv.DictReader(StringIO(table_csv(shown["carriers_cost"])))}
    assert {"'@SUM(1)", "'-1+1"} < told


def test_a_table_without_a_row_still_has_its_columns() -> None:
    """An empty day's CSVs have a header, and its page says no figure of any carrier."""
    for table in tables(_empty()):
        assert table_csv(table).count("\r\n") == len(table.rows) + 1


def test_every_figure_of_the_json_is_finite() -> None:
    """The report holds no float: every figure is a whole number with its unit in its name."""
    text = _report().to_json().decode()
    assert not re.search(r": -?\d+\.\d", text)
    assert json.loads(text)["promises"]["kept_share"]["cases"] > 0


def test_a_cell_that_begins_a_formula_is_neutralised() -> None:
    """Words from the log cannot run in a spreadsheet."""
    table = Table("t", "T", "", (), ({"what": "=HYPERLINK(1)", "orders": 3},))
    (told,) = csv.DictReader(StringIO(table_csv(table)))
    assert told == {"what": "'=HYPERLINK(1)", "orders": "3"}


def test_figures_are_said_for_people() -> None:
    """Percent, money, minutes and counts have one form each; what is not there is a dash."""
    assert interval(921_000, 900_400, 937_600) == "92.1 % (90.0 to 93.8)"
    assert (money(123_456, "EUR"), money(500, "JPY"), money(413_809, "EUR", 1_000)) == (
        "1\N{THIN SPACE}234.56", "500", "4.14",
    )  # fmt: skip
    assert (minutes(90), count(12_374)) == ("1.5", "12\N{THIN SPACE}374")
    assert {percent(None), money(None, "EUR"), minutes(None), count(None), interval(None, None, None)} == {
        "–"
    }


def test_the_report_reads_back() -> None:
    """What was written as JSON is the report."""
    report = _report()
    assert msgspec.json.decode(report.to_json(), type=DayReport) == report
