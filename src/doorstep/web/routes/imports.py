"""Imports: what came of a file of orders, its rejected rows, and taking it back."""

from typing import Final

import msgspec

from doorstep.engine.csv_export import csv_line
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ImportId
from doorstep.vocabulary.intake import RowRejected
from doorstep.web.door import MERCHANT, Call, Door
from doorstep.web.problems import not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.orders import CSV_MEDIA


class FaultShape(msgspec.Struct, frozen=True):
    """One thing that is wrong with a row; `field` is empty where the row as a whole is meant."""

    field: str
    code: str
    detail: str


class RejectedShape(msgspec.Struct, frozen=True):
    """A row that could not be taken: its line, the first field that is wrong and why, and all `errors`."""

    line: int
    field: str
    code: str
    errors: tuple[FaultShape, ...]


class ImportShape(msgspec.Struct, frozen=True):
    """An import: the orders that it made, and the rows that it could not take."""

    id: str
    content_hash: str
    orders: tuple[str, ...]
    rejected: tuple[RejectedShape, ...]


class UndoneShape(msgspec.Struct, frozen=True):
    """The orders that were taken back."""

    id: str
    cancelled: tuple[str, ...]


def read_import(call: Call) -> Reply:
    """Read what came of an import."""
    batch = _find(call)
    orders = tuple(call.app.orders.index.batches.get(batch, ()))
    rejected = tuple(_rejected_shape(call, row) for row in _rejected(call, batch))
    opened = call.screens.imports[batch]
    return reply(ImportShape(batch, opened.content_hash, orders, rejected))


def read_rejected(call: Call) -> Reply:
    """Get the rejected rows of an import with line, field, reason and their text, as CSV.

    A cell that a spreadsheet might run begins with an apostrophe.
    """
    batch = _find(call)
    lines = [csv_line(("line", "field", "code", "detail", "row"))]
    for row in _rejected(call, batch):
        kept = call.app.orders.rejected_row(row.ref)
        text = kept.raw.decode("utf-8", "replace").rstrip("\r\n")
        lines += [
            csv_line((kept.line, error.field, str(error.code), error.detail, text)) for error in kept.errors
        ]
    name = f'attachment; filename="{batch}-rejected.csv"'
    return Reply(200, "".join(lines).encode(), f"{CSV_MEDIA}; charset=utf-8", {"Content-Disposition": name})


def undo_import(call: Call) -> Reply:
    """Take a whole import back, unless one of its orders was released."""
    batch = _find(call)
    outcome = call.app.orders.undo_import(batch, call.caller.name, call.origin())
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    return reply(UndoneShape(batch, outcome))


def _find(call: Call) -> ImportId:
    batch = ImportId(call.path["import"])
    opened = call.screens.imports.get(batch)
    if opened is None or call.caller.merchant not in (None, opened.merchant):
        raise not_found("import")
    return batch


def _rejected_shape(call: Call, row: RowRejected) -> RejectedShape:
    kept = call.app.orders.rejected_row(row.ref)
    errors = tuple(FaultShape(error.field, str(error.code), error.detail) for error in kept.errors)
    return RejectedShape(row.line, row.field, row.code, errors)


def _rejected(call: Call, batch: ImportId) -> list[RowRejected]:
    return call.screens.rejected.get(batch, [])


DOORS: Final = (
    Door("GET", "/v1/imports/{import}", read_import, MERCHANT, {200: ImportShape}),
    Door("GET", "/v1/imports/{import}/rejected.csv", read_rejected, MERCHANT, {200: CSV_MEDIA}),
    Door("POST", "/v1/imports/{import}/undo", undo_import, MERCHANT, {200: UndoneShape}, media=()),
)
