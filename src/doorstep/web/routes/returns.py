"""Returns: asked for, authorised, handed in by scan, received, inspected, disposed of, paid back."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from doorstep.adapters.blobs.photos import PHOTO_BYTES_MAX, accept_photo
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.return_rules import PHOTOS_MAX
from doorstep.vocabulary.collection import Collection
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import HubId, OrderId, ParcelId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.return_ import Condition, Disposition, ReturnReason, ReturnStatus
from doorstep.web.auth import Role
from doorstep.web.cursors import PAGE_ITEMS, Cursor, Limit, next_link, page_of, read_cursor
from doorstep.web.door import MERCHANT, OPERATOR, Call, Door, Handler
from doorstep.web.etags import etag, if_match
from doorstep.web.instants import Moment, instant_or_none, moment, moment_or_none
from doorstep.web.problems import FieldProblem, invalid, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.driver import PHOTO_MEDIA
from doorstep.web.shapes import Id, MoneyShape, Name, Words

RETURN: Final = "/v1/returns/{return}"
PARCELS_MAX: Final = 50
"""Parcels that one return names."""
IF_MATCH: Final = {
    "If-Match": "The return's ETag as it was read, or * for any; 428 without, 412 when it moved on."
}

Parcels = Annotated[tuple[Id, ...], msgspec.Meta(max_length=PARCELS_MAX)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class RequestReturnBody(msgspec.Struct, frozen=True):
    """What comes back and why; all parcels of the order where none is named."""

    order: Id
    reason: ReturnReason
    parcels: Parcels = ()
    by: Name | None = None


class ByBody(msgspec.Struct, frozen=True):
    """Who does it; the key's name where nothing is said."""

    by: Name | None = None


class WhyBody(msgspec.Struct, frozen=True):
    """Why, and who says so."""

    why: Words
    by: Name | None = None


class DropOffBody(msgspec.Struct, frozen=True):
    """The hub, the parcels that were scanned at its counter, and when; now, where nothing is said."""

    hub: Id
    parcels: Parcels
    at: Moment | None = None


class InspectBody(msgspec.Struct, frozen=True):
    """How the goods are, with the hashes of the pictures that were sent before."""

    condition: Condition
    photos: Annotated[tuple[Sha256, ...], msgspec.Meta(max_length=PHOTOS_MAX)] = ()
    by: Name | None = None


class DisposeBody(msgspec.Struct, frozen=True):
    """What becomes of the goods; what policy says for their condition where nothing is said."""

    disposition: Disposition | None = None
    by: Name | None = None


class RefundBody(msgspec.Struct, frozen=True):
    """How much is paid back; what policy says where nothing is said."""

    minor: Annotated[int, msgspec.Meta(ge=1)] | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None
    by: Name | None = None


class PictureShape(msgspec.Struct, frozen=True):
    """The hash under which a picture is kept."""

    sha256: str


class CollectionShape(msgspec.Struct, frozen=True):
    """A visit that is booked: the stop of a route that fetches the goods in this window."""

    delivery: str
    window_start: datetime
    window_end: datetime


class ReturnShape(msgspec.Struct, frozen=True):
    """A return; `version` is its ETag, `due_at` the next step's clock, `owed` what policy pays back.

    `overdue` are the steps that came late, `failures` the visits of a van that fetched nothing; `value` is
    the parcels' share of the order's value.
    """

    id: str
    order: str
    merchant: str
    state: str
    version: int
    reason: str
    parcels: tuple[str, ...]
    requested_at: datetime
    since: datetime
    due_at: datetime | None
    overdue: tuple[str, ...]
    hub: str | None
    collection: CollectionShape | None
    failures: int
    condition: str | None
    photos: tuple[str, ...]
    disposition: str | None
    value: MoneyShape | None
    owed: MoneyShape | None
    refund: MoneyShape | None
    why: str | None


class ReturnPage(msgspec.Struct, frozen=True):
    """A page of returns, in the sequence in which they were asked for."""

    returns: tuple[ReturnShape, ...]


class ReturnQuery(msgspec.Struct, frozen=True):
    """Which returns."""

    cursor: Cursor | None = None
    limit: Limit = PAGE_ITEMS
    state: ReturnStatus | None = None
    order: Id | None = None


def request_return(call: Call) -> Reply:
    """Ask for delivered parcels to come back; policy authorises at once, or somebody has to."""
    body = call.read(RequestReturnBody)
    order = call.app.orders.state(OrderId(body.order))
    if order is None or call.caller.merchant not in (None, order.content.merchant):
        raise not_found("order")
    parcels = tuple(map(ParcelId, body.parcels))
    asked = call.app.returns.request(order, parcels, body.reason, body.by or call.caller.name, call.origin())
    if isinstance(asked, Refusal):
        raise refused(asked)
    return return_asked(call, asked)


def return_asked(call: Call, return_id: str) -> Reply:
    """The answer for a return that was asked for."""
    state = call.app.returns.state(ReturnId(return_id))
    assert state is not None, "a return that was just asked for stands"
    headers = {"Location": f"/v1/returns/{state.id}", **etag(state.version)}
    return reply(return_shape(call, state), HTTPStatus.CREATED, headers)


def list_returns(call: Call) -> Reply:
    """List returns in the sequence in which they were asked for."""
    query = call.ask(ReturnQuery)

    def wanted() -> Iterator[tuple[str, ReturnState]]:
        for key, return_id in call.app.returns.index.after(read_cursor(query.cursor)):
            state = call.app.returns.state(return_id)
            if state is None or not _is_theirs(call, state):
                continue
            if query.state in (None, state.status) and query.order in (None, state.goods.order):
                yield key, state

    page, cursor = page_of(wanted(), query.limit)
    shapes = tuple(return_shape(call, state) for state in page)
    return reply(ReturnPage(shapes), headers=next_link("/v1/returns", call.query, cursor))


def read_return(call: Call) -> Reply:
    """Read one return."""
    return return_now(call, find_return(call), None)


def authorise_return(call: Call) -> Reply:
    """Let the goods come back."""
    state, body = find_return(call), call.read(ByBody)
    expected = if_match(call.headers, state.version)
    return return_now(
        call, state, call.app.returns.authorise(state, by_whom(call, body.by), expected, call.origin())
    )


def decline_return(call: Call) -> Reply:
    """Say that the goods may not come back, and why."""
    state, body = find_return(call), call.read(WhyBody)
    expected, by = if_match(call.headers, state.version), by_whom(call, body.by)
    return return_now(call, state, call.app.returns.decline(state, body.why, by, expected, call.origin()))


def cancel_return(call: Call) -> Reply:
    """Let the shopper keep the goods; not once they were handed in."""
    state, body = find_return(call), call.read(WhyBody)
    return return_now(
        call, state, call.app.returns.cancel(state, body.why, by_whom(call, body.by), call.origin())
    )


def drop_off_return(call: Call) -> Reply:
    """Scan the parcels in at a hub's counter: from here on the hub holds them."""
    state, body = find_return(call), call.read(DropOffBody)
    if body.hub not in call.app.hubs:
        raise invalid((FieldProblem("hub", "unknown_hub", "The network has no such hub."),))
    origin = call.origin(at=instant_or_none(body.at))
    parcels = tuple(map(ParcelId, body.parcels))
    return return_now(call, state, call.app.returns.drop_off(state, HubId(body.hub), parcels, origin))


def receive_return(call: Call) -> Reply:
    """Put the parcels on the returns bench."""
    state, body = find_return(call), call.read(ByBody)
    return return_now(call, state, call.app.returns.receive(state, by_whom(call, body.by), call.origin()))


def put_return_photo(call: Call) -> Reply:
    """Send a picture of the goods; it is written anew, so that only the picture is kept."""
    state = find_return(call)
    photo = accept_photo(call.raw)
    if isinstance(photo, Refusal):
        raise refused(photo)
    return reply(PictureShape(call.app.returns.put_photo(state, photo.jpeg)), HTTPStatus.CREATED)


def inspect_return(call: Call) -> Reply:
    """Say how the goods are."""
    state, body = find_return(call), call.read(InspectBody)
    by, desk = by_whom(call, body.by), call.app.returns
    return return_now(call, state, desk.inspect(state, body.condition, body.photos, by, call.origin()))


def dispose_return(call: Call) -> Reply:
    """Say what becomes of the goods."""
    state, body = find_return(call), call.read(DisposeBody)
    expected, by = if_match(call.headers, state.version), by_whom(call, body.by)
    return return_now(
        call, state, call.app.returns.dispose(state, body.disposition, by, expected, call.origin())
    )


def refund_return(call: Call) -> Reply:
    """Record what the merchant pays back: once, and never more than the goods are worth."""
    state, body = find_return(call), call.read(RefundBody)
    expected, by = if_match(call.headers, state.version), by_whom(call, body.by)
    if (body.minor is None) != (body.currency is None):
        detail = "An amount has both 'minor' and 'currency'."
        raise invalid((FieldProblem("currency" if body.minor else "minor", "incomplete", detail),))
    amount = None if body.minor is None else Money(body.minor, body.currency or "")
    return return_now(call, state, call.app.returns.refund(state, amount, by, expected, call.origin()))


def close_return(call: Call) -> Reply:
    """End a return without money back, and say why."""
    state, body = find_return(call), call.read(WhyBody)
    expected, by = if_match(call.headers, state.version), by_whom(call, body.by)
    return return_now(call, state, call.app.returns.close(state, body.why, by, expected, call.origin()))


def find_return(call: Call) -> ReturnState:
    """The return of the path; unknown and foreign give one and the same problem."""
    state = call.app.returns.state(ReturnId(call.path["return"]))
    if state is None or not _is_theirs(call, state):
        raise not_found("return")
    return state


def return_shape(call: Call, state: ReturnState) -> ReturnShape:
    """A return as it crosses the door."""
    goods = state.goods
    return ReturnShape(
        id=state.id,
        order=goods.order,
        merchant=goods.merchant,
        state=state.status.value,
        version=state.version,
        reason=state.reason.value,
        parcels=goods.parcels,
        requested_at=moment(state.requested_at),
        since=moment(state.since),
        due_at=moment_or_none(state.due_at),
        overdue=tuple(status.value for status in state.overdue),
        hub=state.hub,
        collection=_collection(state.collection),
        failures=state.failures,
        condition=state.condition.value if state.condition else None,
        photos=state.photos,
        disposition=state.disposition.value if state.disposition else None,
        value=_money(goods.value),
        owed=_money(call.app.returns.owed(state)),
        refund=_money(state.refund),
        why=state.why or None,
    )


def _collection(booked: Collection | None) -> CollectionShape | None:
    if booked is None:
        return None
    return CollectionShape(booked.delivery, moment(booked.window.start), moment(booked.window.end))


def _money(money: Money | None) -> MoneyShape | None:
    return MoneyShape(money.minor, money.currency) if money else None


def _is_theirs(call: Call, state: ReturnState) -> bool:
    return call.caller.merchant in (None, state.goods.merchant)


def by_whom(call: Call, name: str | None) -> str:
    """Who does it; the key's name where nothing is said."""
    return name or call.caller.name


def return_now(call: Call, state: ReturnState, refusal: Refusal | None) -> Reply:
    """The return as it stands after a step, or why it was refused."""
    if refusal is not None:
        raise refused(refusal)
    return retell_return(call, state.id)


def retell_return(call: Call, return_id: str) -> Reply:
    """The same answer once more."""
    state = call.app.returns.state(ReturnId(return_id))
    assert state is not None, "a return that was found stands"
    return reply(return_shape(call, state), headers=etag(state.version))


def _step(
    step: str,
    handle: Handler,
    reads: type[msgspec.Struct],
    roles: frozenset[Role] = OPERATOR,
    *,
    decides: bool = True,
) -> Door:
    """A door of one step; one that decides asks which version was read."""
    return Door(
        "POST", f"{RETURN}/{step}", handle, roles, {200: ReturnShape}, reads=reads, retell=retell_return,
        problems=(412, 428) if decides else (), headers=IF_MATCH if decides else {},
    )  # fmt: skip


DOORS: Final = (
    Door(
        "POST", "/v1/returns", request_return, MERCHANT, {201: ReturnShape}, reads=RequestReturnBody,
        problems=(404,), retell=return_asked,
    ),
    Door("GET", "/v1/returns", list_returns, MERCHANT, {200: ReturnPage}, asks=ReturnQuery),
    Door("GET", RETURN, read_return, MERCHANT, {200: ReturnShape}),
    _step("authorise", authorise_return, ByBody, MERCHANT),
    _step("decline", decline_return, WhyBody, MERCHANT),
    _step("cancel", cancel_return, WhyBody, MERCHANT, decides=False),
    _step("dropoff", drop_off_return, DropOffBody, decides=False),
    _step("receive", receive_return, ByBody, decides=False),
    Door(
        "POST", f"{RETURN}/photos", put_return_photo, OPERATOR, {201: PictureShape}, media=PHOTO_MEDIA,
        bytes_max=PHOTO_BYTES_MAX,
    ),
    _step("inspect", inspect_return, InspectBody, decides=False),
    _step("dispose", dispose_return, DisposeBody, MERCHANT),
    _step("refund", refund_return, RefundBody, MERCHANT),
    _step("close", close_return, WhyBody, MERCHANT),
)  # fmt: skip
