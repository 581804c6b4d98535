"""Rejected rows: what a day could not take from its file of orders, told and kept to be mended.

Two files are kept. `rejected.tsv` says why, for people. `rejected-rows.csv` (or `.ndjson`) is a file of
orders again: the file's own header and the rows byte for byte as they came. Nothing in either is made
harmless for spreadsheets, for then they would no longer be what came.
"""

import csv
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Final

from doorstep.cli.order_file import OrderFile, row_fault
from doorstep.engine.intake import RejectedRow

FAULTS_SHOWN_MAX: Final = 20
"""Faults that the screen lists; the day's folder holds all of them."""
REASONS: Final = "rejected.tsv"
"""The file of reasons, in the day's folder."""
COLUMNS: Final = ("line", "field", "code", "detail", "row")


def rows_name(orders: OrderFile) -> str:
    """The name of the file of rows as they came."""
    return f"rejected-rows{'.csv' if orders.is_csv else '.ndjson'}"


def write_rejected(orders: OrderFile, rejected: Sequence[RejectedRow], out: Path) -> None:
    """Keep what was rejected: why, and the rows themselves."""
    if not rejected:
        return
    (out / REASONS).write_text(_reasons(rejected), encoding="utf-8", newline="")
    # The start of a row that was cut is no row.
    whole = [row.raw.rstrip(b"\r\n") + b"\n" for row in rejected if not row.raw_cut]
    header = orders.header.rstrip(b"\r\n") + b"\n" if orders.is_csv else b""
    (out / rows_name(orders)).write_bytes(header + b"".join(whole))


def say_rejected(orders: OrderFile, rejected: Sequence[RejectedRow], out: Path) -> None:
    """Name the faults on standard error, one a line, whatever the width of the screen."""
    if not rejected:
        return
    faults = [
        f"{orders.path}, {row_fault(row.line, error.field, error.detail)}"
        for row in rejected
        for error in row.errors
    ]
    for fault in faults[:FAULTS_SHOWN_MAX]:
        print(fault, file=sys.stderr)
    if len(faults) > FAULTS_SHOWN_MAX:
        print(f"… and {len(faults) - FAULTS_SHOWN_MAX} more faults", file=sys.stderr)
    rows = "1 row was" if len(rejected) == 1 else f"{len(rejected)} rows were"
    print(
        f"{rows} left out of the day: {out / REASONS} says why, {out / rows_name(orders)} is to be mended.",
        file=sys.stderr,
    )


def _reasons(rejected: Sequence[RejectedRow]) -> str:
    """One line a fault; the row's text stands with its first."""
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in rejected:
        told = row.raw.decode("utf-8", "replace").rstrip("\r\n")
        for index, error in enumerate(row.errors):
            writer.writerow((row.line, error.field, str(error.code), error.detail, "" if index else told))
    return text.getvalue()
