"""The report's tables: the one place that says which figures are shown, under which words, in which order.

Each table is one HTML table and one CSV file. A row holds raw figures by name, which are the CSV's columns;
a column of the HTML table says one or several of them for people.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from doorstep.adapters.report_carriers import carrier_tables
from doorstep.adapters.report_cells import (
    CASE_COLUMNS,
    CASE_NOTE,
    Column,
    Row,
    Table,
    case_fields,
    count_column,
    share_column,
    share_row,
    word_column,
)
from doorstep.adapters.report_words import NOTHING, Raw, count, minutes, money, percent, plain
from doorstep.views.day_report import DayReport
from doorstep.views.promise_ledger import OddsBucket, PromiseCounts

_QUANTITY_UNITS: Final = {"drive": "s", "wait": "s", "serve": "s", "stem": "s", "distance": "m"}
"""Units of the quantities behind a cost; the others count what their name says."""


def tables(report: DayReport, names: Mapping[str, str] | None = None) -> tuple[Table, ...]:
    """All tables of a report, in the order in which they are read; `names` are the carriers'."""
    by_carrier = carrier_tables(report, names or {})
    return (
        _promises(report),
        by_carrier.promises,
        _misses(report),
        _quality(report),
        _reliability(report),
        _attempts(report),
        by_carrier.attempts,
        _cases(report),
        by_carrier.cases,
        _cost(report),
        by_carrier.cost,
        by_carrier.tenders,
        by_carrier.feeds,
        by_carrier.feed_faults,
        _intake(report),
        _invariants(report),
    )


# Promises --------------------------------------------------------------------------------------------


def _promises(report: DayReport) -> Table:
    promises = report.promises
    total = PromiseCounts(
        promises.due, promises.kept, promises.changed, promises.refused, promises.kept_share
    )
    groups = [("all", total)]
    groups += [(f"market {name}", counts) for name, counts in promises.by_market.items()]
    groups += [(name, counts) for name, counts in promises.by_service.items()]
    return Table(
        "promises",
        "Promises kept",
        "Every promise due, with the lost and the undelivered, without those that the shopper cancelled "
        "before the window. Kept: all parcels handed over inside the window, proven where proof is required.",
        (
            word_column("Of", "of"),
            count_column("Due", "due"),
            count_column("Kept", "kept"),
            share_column("Kept share (95 % interval)", cases="due"),
            count_column("Changed", "changed"),
            count_column("Refused", "refused"),
        ),
        tuple(
            {
                "of": name,
                "due": group.due,
                "kept": group.kept,
                **share_row(group.kept_share),
                "changed": group.changed,
                "refused": group.refused,
            }
            for name, group in groups
        ),
    )


def _misses(report: DayReport) -> Table:
    promises = report.promises
    rows: list[Row] = [
        {"what": ending, "promises": number, "counts": "missed"} for ending, number in promises.missed.items()
    ]
    rows += [{"what": why, "promises": n, "counts": "not due"} for why, n in promises.not_due.items()]
    rows.append({"what": "window not over yet", "promises": promises.later, "counts": "not due yet"})
    rows.append(
        {"what": "settled otherwise in the log", "promises": promises.settled_otherwise, "counts": "check"}
    )
    rows += [{"what": why, "promises": n, "counts": "refused"} for why, n in promises.refused_because.items()]
    return Table(
        "promises_not_kept",
        "What became of the others",
        "Missed promises by how they ended, promises that do not count as due, and refusals by reason.",
        (
            word_column("What", "what"),
            word_column("Counts as", "counts"),
            count_column("Promises", "promises"),
        ),
        tuple(rows),
        quiet="promises",
    )


def _quality(report: DayReport) -> Table:
    quality, due = report.promises.quality, report.promises.due
    width, announced = quality.width, quality.announced
    figures: tuple[tuple[str, Raw, str, int], ...] = (
        ("window width, mean", width.mean_s, "s", width.cases),
        ("window width, median", width.median_s, "s", width.cases),
        ("promises revised", quality.revised, "", due),
        ("revisions by us", quality.revisions_ours, "", due),
        ("revisions by the shopper", quality.revisions_shopper, "", due),
        ("misses announced before the window ended", announced.share_ppm, "ppm", announced.cases),
    )
    return Table(
        "promise_quality",
        "Promise quality",
        "A promise is easily kept when it is wide, revised, or broken without a word.",
        (word_column("Figure", "figure"), Column("Value", _value), count_column("Cases", "cases")),
        tuple(
            {"figure": name, "value": value, "unit": unit, "cases": cases}
            for name, value, unit, cases in figures
        ),
    )


def _value(row: Row) -> str:
    """A figure by its unit."""
    match row["unit"]:
        case "s":
            return f"{minutes(row['value'])} min"
        case "ppm":
            return percent(row["value"])
        case _:
            return count(row["value"])


def _reliability(report: DayReport) -> Table:
    reliability = report.promises.reliability
    rows = [_bucket_row(f"{percent(b.low_ppm)} to {percent(b.high_ppm)}", b) for b in reliability.buckets]
    rows.append(_bucket_row("the 95 % windows", reliability.windows_95))
    rows.append(_bucket_row("all", reliability.overall))
    return Table(
        "reliability",
        "Said and kept",
        "Promises by the odds that were stated. Honest: the stated odds lie in the interval of what was "
        "kept. The 95 % windows are those from 92.5 to 97.5 %.",
        (
            Column("Stated odds", lambda row: str(row["stated"]), figures=False),
            count_column("Promises", "promises"),
            Column("Mean stated", lambda row: percent(row["mean_stated_ppm"])),
            share_column("Kept (95 % interval)", cases="promises"),
            Column("Honest", lambda row: str(row["honest"]), figures=False),
        ),
        tuple(rows),
        quiet="promises",
    )


def _bucket_row(stated: str, bucket: OddsBucket) -> Row:
    honest = {None: NOTHING, True: "yes", False: "no"}[bucket.honest]
    return {
        "stated": stated,
        "promises": bucket.kept.cases,
        "mean_stated_ppm": bucket.stated_ppm,
        **share_row(bucket.kept),
        "honest": honest,
    }


# Attempts and cases ----------------------------------------------------------------------------------


def _attempts(report: DayReport) -> Table:
    failures = report.attempts
    rows: list[Row] = [
        {"figure": name, "count": share.count, "cases": share.cases, **share_row(share)}
        for name, share in (
            ("first attempt succeeded", report.first_attempt),
            ("attempts made of those due", report.attempt_compliance),
            ("arrivals on time of attempts due", report.on_time_arrival),
        )
    ]
    nothing: Row = {"cases": None, "share_ppm": None, "low_ppm": None, "high_ppm": None}
    rows += [
        {**nothing, "figure": name, "count": number}
        for name, number in (
            ("failed attempts, physical", failures.physical),
            ("failed attempts, claimed only", failures.claimed),
            ("failures that count as no attempt", failures.none),
            *((f"failed: {plain(why)}", number) for why, number in failures.by_reason.items()),
        )
    ]
    return Table(
        "attempts",
        "At the door",
        "A physical attempt has an arrival within the radius, a minimum stay, contact tried and the evidence "
        "that policy asks for. First attempts count by their own date.",
        (
            word_column("Figure", "figure"),
            count_column("Count", "count"),
            count_column("Cases", "cases"),
            share_column("Share (95 % interval)", cases="cases"),
        ),
        tuple(rows),
    )


def _cases(report: DayReport) -> Table:
    seen = {kind: figures for kind, figures in report.cases.by_kind.items() if figures.opened}
    every = {"all": report.cases.total, **seen}
    return Table(
        "cases",
        "Cases",
        CASE_NOTE,
        (word_column("Kind", "kind"), *CASE_COLUMNS),
        tuple({"kind": kind, **case_fields(figures)} for kind, figures in every.items()),
    )


# Cost, intake, invariants ----------------------------------------------------------------------------


def _cost(report: DayReport) -> Table:
    cost, currency = report.cost, report.cost.currency
    rows: list[Row] = [
        {
            "part": kind,
            "quantity": part.quantity,
            "unit": _QUANTITY_UNITS.get(kind, f"{kind}s"),
            "measured_minor": part.measured_minor,
            "accrued_minor": part.accrued_minor,
            "modelled_minor": part.modelled_minor,
            "total_minor": part.total_minor,
            "per_delivered_milli": part.per_delivered_milli,
        }
        for kind, part in cost.parts.items()
    ]
    rows.append(
        {
            "part": "all",
            "quantity": cost.delivered,
            "unit": "orders",
            "measured_minor": cost.measured_minor,
            "accrued_minor": cost.accrued_minor,
            "modelled_minor": cost.modelled_minor,
            "total_minor": cost.total_minor,
            "per_delivered_milli": cost.per_delivered.mean_milli,
        }
    )
    paid = {
        "part": "of it cash",
        "quantity": None,
        "unit": "",
        "measured_minor": None,
        "accrued_minor": None,
        "modelled_minor": None,
    }
    rows.append({**paid, "total_minor": cost.cash_minor, "per_delivered_milli": None})
    return Table(
        "cost",
        f"Cost of a delivered order, {currency}",
        f"All cost of the {count(cost.orders)} orders of the period ÷ the {count(cost.delivered)} delivered. "
        "Stem time and kilometres are shared equally by the stops that a van reached. Accrued is what a "
        "carrier's contract says, until its invoice comes. Cash is what was paid out; the rest is wear, "
        "fuel, salaried desks and what carriers are still owed. Pale in the chart: accrued or modelled.",
        (
            word_column("Part", "part"),
            Column("Quantity", lambda row: f"{count(row['quantity'])} {row['unit']}".strip()),
            Column("Measured", lambda row: money(row["measured_minor"], currency)),
            Column("Accrued", lambda row: money(row["accrued_minor"], currency)),
            Column("Modelled", lambda row: money(row["modelled_minor"], currency)),
            Column("Total", lambda row: money(row["total_minor"], currency)),
            Column("A delivered order", lambda row: money(row["per_delivered_milli"], currency, 1_000)),
        ),
        tuple(rows),
        quiet="total_minor",
    )


def _intake(report: DayReport) -> Table:
    intake = report.intake
    rows: Iterable[tuple[str, int]] = (
        ("orders placed", intake.placed),
        ("promised", intake.promised),
        ("declined", intake.declined),
        *((f"declined: {plain(why)}", number) for why, number in intake.declined_because.items()),
        ("address cases", intake.address_cases),
        ("of these resolved", intake.address_resolved),
        ("cancelled", intake.cancelled),
        ("rows rejected", intake.rejected_rows),
        ("delivered", report.delivered),
    )
    return Table(
        "intake",
        "Intake",
        "What came in. An order can be declined for several reasons.",
        (word_column("What", "what"), count_column("Orders", "orders")),
        tuple({"what": what, "orders": number} for what, number in rows),
    )


def _invariants(report: DayReport) -> Table:
    return Table(
        "invariants",
        "What must always hold",
        "Checked over the exported log by code that shares nothing with the code that wrote it. "
        "A check that met no subject proves nothing, and counts as broken.",
        (
            Column("No.", lambda row: str(row["number"])),
            Column("Invariant", lambda row: str(row["invariant"]), figures=False),
            count_column("Subjects", "subjects"),
            count_column("Checks", "checks"),
            Column("State", lambda row: str(row["state"]), figures=False),
            Column("Found broken", lambda row: str(row["broken"]), figures=False),
        ),
        tuple(
            {
                "number": number,
                "invariant": figures.name,
                "subjects": figures.subjects,
                "checks": figures.checks,
                "state": "broken" if figures.broken else ("holds" if figures.subjects else "no subject"),
                "broken": "; ".join(figures.broken),
            }
            for number, figures in report.invariants.each.items()
        ),
    )
