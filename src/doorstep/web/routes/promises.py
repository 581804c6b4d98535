"""Promises: windows that can be had, capacity held for a shopper, and given back."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec

from doorstep.engine.intake import OrderRow, RejectedRow, nearest_hub, read_body, volume_ml
from doorstep.engine.quoting import Ask, NoOffer, Offer, Quote
from doorstep.lifecycle.promise import PromiseState, PromiseStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import PromiseId
from doorstep.vocabulary.windows import Window
from doorstep.web.bodies import json_object
from doorstep.web.door import MERCHANT, Call, Door
from doorstep.web.instants import moment, moment_or_none
from doorstep.web.problems import FieldProblem, invalid, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.orders import OrderBody, OrderShape, order_placed
from doorstep.web.shapes import PPM, PromiseShape, Words, promise_shape

QUOTED: Final = "quote"
"""What stands for an order's own id while there is no order yet."""


class QuoteBody(msgspec.Struct, frozen=True):
    """What a shopper asks for, in an order's own words; a place is an address, or `lat` and `lon`."""

    service: str
    parcels: int
    weight_g: int
    merchant: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    origin: str | None = None
    ready_at: str | None = None
    window_start: str | None = None
    window_end: str | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    handling: list[str] | str | None = None


class HoldBody(QuoteBody, frozen=True, kw_only=True):
    """The same, with the window that the shopper chose."""

    window_start: str
    window_end: str


class OfferShape(PromiseShape, frozen=True):
    """A window that can be had: who keeps it, and the seconds that it adds to the plan of the own fleet."""

    added_s: int
    carrier: str


class NoOfferShape(msgspec.Struct, frozen=True):
    """A window that cannot be had, and the rule that says so.

    `on_sale_from` is when a window that is `not_on_sale_yet` can be asked for again.
    """

    window_start: datetime
    window_end: datetime
    reason: str
    on_sale_from: datetime | None


class QuoteShape(msgspec.Struct, frozen=True):
    """Windows, best match first, and what was refused."""

    quote: tuple[OfferShape, ...]
    refused: tuple[NoOfferShape, ...]


class HeldShape(msgspec.Struct, frozen=True):
    """A promise. One that is held lapses at `expires_at` unless it is confirmed."""

    id: str
    state: str
    service: str
    promise: PromiseShape | None
    order: str | None
    expires_at: datetime


class ReleaseBody(msgspec.Struct, frozen=True):
    """Why the window is given back."""

    why: Words = "shopper left"


def quote_windows(call: Call) -> Reply:
    """Ask which windows can be had, with the odds of each and who keeps it, and why the others cannot.

    A window that no van keeps is offered with the carrier that keeps it for the least.
    Nothing is held: a window may be gone a moment later.
    """
    ask = ask_of(call, row_of(call))
    found = call.app.checkout.quote(ask, call.now)
    return reply(quote_shape(found))


def hold_promise(call: Call) -> Reply:
    """Hold the capacity for one window until the shopper confirms it or the hold lapses."""
    row = row_of(call)
    if row.requested is None:
        raise invalid([FieldProblem("window_start", "missing", "Say which window to hold.")])
    booking = call.app.checkout.hold(ask_of(call, row), row.requested, call.origin())
    if isinstance(booking, Refusal):
        raise refused(booking)
    return _held_now(call, booking.promise)


def read_promise(call: Call) -> Reply:
    """Read a promise."""
    return reply(_held(_find(call)))


def confirm_promise(call: Call) -> Reply:
    """Take an order on with the window that is held for it: all of it stands, or nothing changes."""
    state = _find(call)
    assert state.window is not None or state.status is PromiseStatus.refused, "a promise has a window"
    body = json_object(call.raw)
    if state.window is not None:
        ends = zip(("window_start", "window_end"), _ends(state.window), strict=True)
        body = {**body, **{name: end.isoformat() for name, end in ends}}
    row = read_body(body, call.app.orders.rules(call.caller.merchant))
    if isinstance(row, RejectedRow):
        raise invalid([FieldProblem(error.field, str(error.code), error.detail) for error in row.errors])
    order = call.app.checkout.confirm(state, row, call.origin())
    if isinstance(order, Refusal):
        raise refused(order)
    return order_placed(call, order)


def release_promise(call: Call) -> Reply:
    """Give a held window back."""
    state = _find(call)
    why = call.read(ReleaseBody).why if call.raw else ReleaseBody().why
    refusal = call.app.promises.release(state.id, why, call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _released_now(call, state.id)


def row_of(call: Call) -> OrderRow:
    """The body as an order's row: the same words mean the same, with the same errors."""
    body: dict[str, Any] = {"external_id": QUOTED, **json_object(call.raw)}
    if "address" not in body and {"lat", "lon"} <= body.keys():
        body["address"] = f"{body['lat']}, {body['lon']}"
    row = read_body(body, call.app.orders.rules(call.caller.merchant))
    if isinstance(row, RejectedRow):
        raise invalid([FieldProblem(error.field, str(error.code), error.detail) for error in row.errors])
    return row


def ask_of(call: Call, row: OrderRow) -> Ask:
    """The question that the row asks of the network."""
    point, unresolved = call.app.orders.resolve(row)
    if point is None:
        detail = f"This address is no place that we know: {unresolved}."
        raise invalid([FieldProblem("address", f"address_{unresolved}", detail)])
    hubs = call.app.orders.rules().hubs
    hub = row.hub or nearest_hub(hubs, point) or hubs[0].id
    place = call.app.people.keep_point(point)
    return Ask(
        merchant=row.merchant,
        service=row.service,
        hub=hub,
        place=place,
        ready_at=row.ready_at,
        parcels=row.parcels,
        weight_g=row.weight_g,
        volume_ml=volume_ml(row),
        handling=row.handling,
        requested=row.requested,
        length_mm=max(row.length_mm, row.width_mm, row.height_mm),
    )


def _find(call: Call) -> PromiseState:
    state: PromiseState | None = call.app.desk.state("promise", call.path["promise"])
    if state is None or call.caller.merchant not in (None, state.merchant):
        raise not_found("promise")
    return state


def _promise(call: Call, promise: PromiseId) -> PromiseState:
    state: PromiseState | None = call.app.desk.state("promise", promise)
    assert state is not None, "a promise that was just written stands"
    return state


def _held_now(call: Call, promise: str) -> Reply:
    return reply(_held(_promise(call, PromiseId(promise))), HTTPStatus.CREATED)


def _released_now(call: Call, promise: str) -> Reply:
    return reply(_held(_promise(call, PromiseId(promise))))


def _held(state: PromiseState) -> HeldShape:
    return HeldShape(
        id=state.id,
        state=state.status.value,
        service=state.service,
        promise=promise_shape(state.window, state.odds_ppm),
        order=state.order,
        expires_at=moment(state.expires_at),
    )


def quote_shape(quote: Quote) -> QuoteShape:
    """A quote as it crosses the door."""
    return QuoteShape(tuple(map(_offer, quote.offers)), tuple(map(_no_offer, quote.refused)))


def _offer(offer: Offer) -> OfferShape:
    start, end = _ends(offer.window)
    return OfferShape(start, end, offer.odds_ppm / PPM, offer.added_s, offer.carrier)


def _no_offer(no_offer: NoOffer) -> NoOfferShape:
    return NoOfferShape(*_ends(no_offer.window), no_offer.reason, moment_or_none(no_offer.on_sale_from))


def _ends(window: Window) -> tuple[datetime, datetime]:
    return moment(window.start), moment(window.end)


DOORS: Final = (
    Door("POST", "/v1/quotes", quote_windows, MERCHANT, {200: QuoteShape}, reads=QuoteBody),
    Door("POST", "/v1/promises", hold_promise, MERCHANT, {201: HeldShape}, reads=HoldBody, retell=_held_now),
    Door("GET", "/v1/promises/{promise}", read_promise, MERCHANT, {200: HeldShape}),
    Door(
        "POST",
        "/v1/promises/{promise}/confirm",
        confirm_promise,
        MERCHANT,
        {201: OrderShape},
        reads=OrderBody,
        problems=(404, 409),
        retell=order_placed,
    ),
    Door(
        "POST",
        "/v1/promises/{promise}/release",
        release_promise,
        MERCHANT,
        {200: HeldShape},
        reads=ReleaseBody,
        retell=_released_now,
    ),
)
