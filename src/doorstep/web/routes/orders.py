"""Orders: one or many in, read, amended until release, and cancelled."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final

import msgspec

from doorstep.engine.forecast import expected_at
from doorstep.engine.intake import OrderRow, RejectedRow, content, read_body, read_csv, read_ndjson
from doorstep.engine.order_desk import ERASED, Placed
from doorstep.engine.quoting import NOT_ON_SALE_YET
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.proof import ProofKind
from doorstep.web.bodies import json_object
from doorstep.web.cursors import PAGE_ITEMS, Cursor, Limit, next_link, page_of, read_cursor
from doorstep.web.door import MERCHANT, Call, Door
from doorstep.web.etags import etag, if_match
from doorstep.web.instants import moment, moment_or_none
from doorstep.web.problems import FieldProblem, ProblemError, invalid, not_found
from doorstep.web.refusals import refused, unreadable
from doorstep.web.reply import JSON_MEDIA, Reply, reply
from doorstep.web.shapes import MoneyShape, Name, PromiseShape, Words, promise_shape
from doorstep.web.steps import Steps

NDJSON_MEDIA: Final = "application/x-ndjson"
CSV_MEDIA: Final = "text/csv"
FILE_BYTES_MAX: Final = 64 << 20
"""Bytes of one file of orders."""
IF_MATCH: Final = {
    "If-Match": "The order's ETag as it was read, or * for any; 428 without, 412 with the difference."
}


class OrderBody(msgspec.Struct, frozen=True):
    """An order as its merchant tells it; what is empty has its documented default."""

    external_id: str
    address: str
    service: str
    parcels: int
    weight_g: int
    merchant: str | None = None
    origin: str | None = None
    ready_at: str | None = None
    placed_at: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    unit: str | None = None
    lat: float | None = None
    lon: float | None = None
    instructions: str | None = None
    window_start: str | None = None
    window_end: str | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    value_minor: int | None = None
    currency: str | None = None
    temp_min_c: int | None = None
    temp_max_c: int | None = None
    handling: list[str] | str | None = None


class OrderChanges(msgspec.Struct, frozen=True):
    """Fields of an order to replace: any field of an order but `external_id` and `merchant`."""


class OrderShape(msgspec.Struct, frozen=True):
    """An order; `version` is its ETag, `case` the open case, `pin` what the shopper says at the door.

    `on_sale_from` is when the day of a declined wish goes on sale, where that is what was short.
    """

    id: str
    external_id: str
    merchant: str
    state: str
    version: int
    service: str
    origin: str
    placed_at: datetime
    ready_at: datetime
    parcels: tuple[str, ...]
    weight_g: int
    handling: tuple[str, ...]
    value: MoneyShape | None
    promise: PromiseShape | None
    delivery: str | None
    pin: str | None
    declined: tuple[str, ...] | None
    on_sale_from: datetime | None
    case: str | None


class OrderPage(msgspec.Struct, frozen=True):
    """A page of orders, in the sequence in which they were taken on."""

    orders: tuple[OrderShape, ...]


class RowShape(msgspec.Struct, frozen=True):
    """What came of one row of a file."""

    line: int
    status: int
    id: str | None
    external_id: str
    state: str | None
    promise: PromiseShape | None
    declined: tuple[str, ...] | None
    on_sale_from: datetime | None
    case: str | None
    errors: tuple[FieldProblem, ...]


class OrderQuery(msgspec.Struct, frozen=True):
    """Which orders."""

    cursor: Cursor | None = None
    limit: Limit = PAGE_ITEMS
    state: OrderStatus | None = None


class CancelBody(msgspec.Struct, frozen=True):
    """Why the order is stopped."""

    reason: Words
    by: Name | None = None


def place_orders(call: Call) -> Reply | Steps:
    """Take on one order, or a file of orders.

    One JSON object makes one order: 201 new, 200 equal content under a known id, 409 other content. NDJSON or
    CSV is a file: one result a row, in order; a bad row never keeps the others out, and stays retrievable.
    """
    media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON_MEDIA:
        return _place_file(call, media)
    row = read_body(call.raw, call.app.orders.rules(call.caller.merchant))
    if isinstance(row, RejectedRow):
        raise _rejected(row)
    placed = call.app.orders.place(row, call.origin())
    if placed.outcome == "erased":
        raise refused(ERASED)
    if placed.outcome == "conflict":
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "order_differs",
            f"An order with this external_id stands with other content: {', '.join(placed.fields)}.",
            errors=_differing(placed),
            differences=_told(call, placed.order, placed.fields),
        )
    if placed.outcome == "created":
        return order_placed(call, placed.order)
    return msgspec.structs.replace(order_placed(call, placed.order), status=HTTPStatus.OK)


def order_placed(call: Call, order: str) -> Reply:
    """The answer for an order that was taken on."""
    state = _state(call, OrderId(order))
    headers = {"Location": f"/v1/orders/{state.id}", **etag(state.version)}
    return reply(order_shape(call, state), HTTPStatus.CREATED, headers)


def list_orders(call: Call) -> Reply:
    """List orders in the sequence in which they were taken on."""
    query = call.ask(OrderQuery)

    def wanted() -> Iterator[tuple[str, OrderState]]:
        for key, order in call.screens.after(read_cursor(query.cursor)):
            state = call.app.orders.state(order)
            if state is not None and _is_theirs(call, state) and query.state in (None, state.status):
                yield key, state

    page, cursor = page_of(wanted(), query.limit)
    shapes = tuple(order_shape(call, state) for state in page)
    return reply(OrderPage(shapes), headers=next_link("/v1/orders", call.query, cursor))


def read_order(call: Call) -> Reply:
    """Read one order."""
    return _order_now(call, find_order(call).id)


def amend_order(call: Call) -> Reply:
    """Change fields of an order before its release.

    A change that needs another window gets one in the same commit, or nothing changes.
    """
    state = find_order(call)
    expected = if_match(call.headers, state.version)
    changes = json_object(call.raw)
    if expected != state.version:
        raise _moved_on(call, state, expected)
    row = call.app.orders.merged(state, changes, call.caller.merchant)
    if isinstance(row, Refusal):
        raise refused(row)
    if isinstance(row, RejectedRow):
        raise _rejected(row)
    outcome = call.app.orders.amend(state, row, expected, call.origin())
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    return _order_now(call, state.id)


def cancel_order(call: Call) -> Reply:
    """Stop an order before it leaves the hub."""
    state = find_order(call)
    body = call.read(CancelBody)
    refusal = call.app.orders.cancel(state, body.by or call.caller.name, body.reason, call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _order_now(call, state.id)


def find_order(call: Call) -> OrderState:
    """The order of the path; unknown and foreign give one and the same problem."""
    state = call.app.orders.state(OrderId(call.path["order"]))
    if state is None or not _is_theirs(call, state):
        raise not_found("order")
    return state


def order_shape(call: Call, state: OrderState) -> OrderShape:
    """An order as it crosses the door."""
    told, value = state.content, state.content.value
    expected = expected_at(call.app.planner, state.delivery)
    answers = call.screens.orders.answers(state.id, call.now, expected)
    return OrderShape(
        id=state.id,
        external_id=told.external_id,
        merchant=told.merchant,
        state=state.status.value,
        version=state.version,
        service=told.service,
        origin=told.hub,
        placed_at=moment(told.placed_at),
        ready_at=moment(told.ready_at),
        parcels=tuple(parcel.id for parcel in told.parcels),
        weight_g=told.weight_g,
        handling=tuple(duty.value for duty in told.handling),
        value=MoneyShape(value.minor, value.currency) if value else None,
        promise=promise_shape(state.window, answers.odds_ppm if answers else None),
        delivery=state.delivery,
        pin=_pin(call, state),
        declined=state.declined if state.status is OrderStatus.declined else None,
        on_sale_from=_on_sale_from(call, state),
        case=answers.fixing.case if answers and answers.fixing else None,
    )


def _on_sale_from(call: Call, state: OrderState) -> datetime | None:
    wish = state.content.requested
    if wish is None or state.status is not OrderStatus.declined or NOT_ON_SALE_YET not in state.declined:
        return None
    return moment_or_none(call.app.quoting.on_sale_from(wish, call.now))


def _pin(call: Call, state: OrderState) -> str | None:
    """The PIN that the merchant passes on to the shopper, where the handoff asks for one."""
    asked = ProofKind.pin in call.app.book.proof.required(state.content.handling)
    return call.app.drivers.pin(state.delivery) if asked and state.delivery else None


def _place_file(call: Call, media: str) -> Steps:
    """A step a row: a quote and a commit take as long as others should wait."""
    # Each row is a commit of its own: no one of them is the file's.
    desk, origin = call.app.orders, replace(call.origin(), once=None)
    batch = desk.open_import(call.caller.merchant, sha256(call.raw).hexdigest(), origin)
    rules = desk.rules(call.caller.merchant)
    read = read_csv if media == CSV_MEDIA else read_ndjson
    lines = []
    for row in read(BytesIO(call.raw), rules):
        if isinstance(row, RejectedRow):
            desk.reject_row(batch, row, origin)
            if row.whole_file:
                raise unreadable(row)
            lines.append(_rejected_line(row))
        else:
            lines.append(_row_line(call, row, desk.place(row, origin, batch)))
        yield
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    return Reply(HTTPStatus.OK, body, NDJSON_MEDIA, {"Import-Id": batch})


def _row_line(call: Call, row: OrderRow, placed: Placed) -> RowShape:
    state = order_shape(call, _state(call, placed.order))
    differs = placed.outcome in ("conflict", "erased")
    status = {"created": HTTPStatus.CREATED, "existing": HTTPStatus.OK}.get(
        placed.outcome, HTTPStatus.CONFLICT
    )
    return RowShape(
        line=row.line,
        status=status,
        id=state.id,
        external_id=row.external_id,
        state=None if differs else state.state,
        promise=None if differs else state.promise,
        declined=None if differs else state.declined,
        on_sale_from=None if differs else state.on_sale_from,
        case=None if differs else state.case,
        errors=refused(ERASED).errors if placed.outcome == "erased" else _differing(placed),
    )


def _differing(placed: Placed) -> tuple[FieldProblem, ...]:
    return tuple(FieldProblem(name, "differs", "This is not what stands.") for name in placed.fields)


def _rejected_line(row: RejectedRow) -> RowShape:
    errors = _field_problems(row)
    return RowShape(
        row.line, HTTPStatus.UNPROCESSABLE_ENTITY, None, row.external_id, None, None, None, None, None, errors
    )


def _field_problems(row: RejectedRow) -> tuple[FieldProblem, ...]:
    return tuple(FieldProblem(error.field, str(error.code), error.detail) for error in row.errors)


def _rejected(row: RejectedRow) -> ProblemError:
    """A body that is no JSON is a bad request; one with bad fields cannot be processed."""
    errors = _field_problems(row)
    if any(error.code in {"not_json", "not_an_object", "encoding"} for error in errors):
        return ProblemError(HTTPStatus.BAD_REQUEST, "bad_json", errors[0].detail, errors=errors)
    return invalid(errors)


def _state(call: Call, order: OrderId) -> OrderState:
    state = call.app.orders.state(order)
    assert state is not None, "an order that was just written stands"
    return state


def _order_now(call: Call, order: str) -> Reply:
    state = _state(call, OrderId(order))
    return reply(order_shape(call, state), headers=etag(state.version))


def _is_theirs(call: Call, state: OrderState) -> bool:
    return call.caller.merchant in (None, state.content.merchant)


def _moved_on(call: Call, state: OrderState, expected: int) -> ProblemError:
    """Someone else was first: what stands now, and who changed it."""
    amended = call.screens.orders.amended_since(state.id, expected)
    fields = tuple(dict.fromkeys(name for _, names in amended for name in names))
    differences: dict[str, Any] = {"version": state.version, "state": state.status.value}
    if fields:
        differences |= {"changed_by": amended[-1][0], **_told(call, state.id, fields)}
    return ProblemError(
        HTTPStatus.PRECONDITION_FAILED,
        "version_conflict",
        f"The order stands at version {state.version}, not {expected}.",
        differences=differences,
        headers=etag(state.version),
    )


def _told(call: Call, order: OrderId, fields: tuple[str, ...]) -> dict[str, Any]:
    """What stands in these fields; nothing once the person was erased."""
    row = call.app.people.row_if_kept(_state(call, order).content.person)
    told = content(row) if row else {}
    return {name: told[name] for name in fields if name in told}


DOORS: Final = (
    Door(
        "POST",
        "/v1/orders",
        place_orders,
        MERCHANT,
        {200: OrderShape, 201: OrderShape},
        reads=OrderBody,
        media=(JSON_MEDIA, NDJSON_MEDIA, CSV_MEDIA),
        also={200: NDJSON_MEDIA},
        bytes_max=FILE_BYTES_MAX,
        in_steps=True,
        retell=order_placed,
    ),
    Door("GET", "/v1/orders", list_orders, MERCHANT, {200: OrderPage}, asks=OrderQuery),
    Door("GET", "/v1/orders/{order}", read_order, MERCHANT, {200: OrderShape}),
    Door(
        "PATCH", "/v1/orders/{order}", amend_order, MERCHANT, {200: OrderShape}, reads=OrderChanges,
        problems=(412, 428), headers=IF_MATCH, retell=_order_now,
    ),
    Door(
        "POST", "/v1/orders/{order}/cancel", cancel_order, MERCHANT, {200: OrderShape}, reads=CancelBody,
        retell=_order_now,
    ),
)  # fmt: skip
