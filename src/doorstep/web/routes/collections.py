"""Collections: windows in which a van fetches a return, booked and given up, and what its driver tells."""

from http import HTTPStatus
from typing import Final

import msgspec

from doorstep.engine.driver_desk import Capture
from doorstep.engine.ports.blobs import BlobMissingError
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.route import RouteState
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, ParcelId
from doorstep.vocabulary.return_ import ReturnStatus
from doorstep.vocabulary.windows import Window
from doorstep.web.door import DRIVER, MERCHANT, Call, Door
from doorstep.web.instants import Moment, instant
from doorstep.web.problems import FieldProblem, invalid, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.driver import no_file, point_of, route_of, told_by
from doorstep.web.routes.driver_shapes import ArriveBody, FailBody, Scans, Sha256
from doorstep.web.routes.promises import QuoteShape, quote_shape
from doorstep.web.routes.returns import (
    RETURN,
    ReturnShape,
    WhyBody,
    by_whom,
    find_return,
    retell_return,
    return_now,
)
from doorstep.web.shapes import Id, Lat, Lon, Name


class BookBody(msgspec.Struct, frozen=True):
    """The window that the shopper chose from those that were offered."""

    window_start: Moment
    window_end: Moment
    by: Name | None = None


class CollectBody(msgspec.Struct, frozen=True):
    """The parcels that the shopper gave the driver, each scanned; files are hashes of what was sent."""

    route: Id
    at: Moment
    parcels: Scans
    lat: Lat | None = None
    lon: Lon | None = None
    photo: Sha256 | None = None
    signature: Sha256 | None = None


class CollectionNowShape(msgspec.Struct, frozen=True):
    """Where the return stands after a driver's visit; `next` says what to do."""

    delivery: str
    status: str
    next: str


_NEXT: Final = {
    ReturnStatus.booked: "Take the parcels and scan them, or say why not.",
    ReturnStatus.collected: "Done. Bring it back to the hub.",
    ReturnStatus.authorised: "Drive on: the shopper chooses another way.",
}


def quote_collection(call: Call) -> Reply:
    """List the windows in which a van of the live plan could fetch the goods, and why not in the others."""
    quote = call.app.collections.quote(find_return(call))
    if isinstance(quote, Refusal):
        raise refused(quote)
    return reply(quote_shape(quote))


def book_collection(call: Call) -> Reply:
    """Let a van fetch the goods in this window; what was booked before is given up in the same step."""
    state, body = find_return(call), call.read(BookBody)
    start, end = instant(body.window_start), instant(body.window_end)
    if end <= start:
        raise invalid((FieldProblem("window_end", "bad_window", "The window ends before it begins."),))
    by = by_whom(call, body.by)
    return return_now(call, state, call.app.collections.book(state, Window(start, end), by, call.origin()))


def release_collection(call: Call) -> Reply:
    """Give a booked visit up: the goods are brought to a hub, or another window is chosen later."""
    state, body = find_return(call), call.read(WhyBody)
    by = by_whom(call, body.by)
    return return_now(call, state, call.app.collections.release(state, body.why, by, call.origin()))


def arrive_to_collect(call: Call) -> Reply:
    """Tell that the driver stands at the door to fetch a return."""
    body = call.read(ArriveBody)
    delivery, route, state = _visit(call, body.route)
    point = point_of(body.lat, body.lon)
    assert point is not None, "an arrival says where"
    origin = told_by(call, body, route)
    return _visit_now(call, call.app.collections.arrive(state, delivery, route.id, point, origin))


def collect(call: Call) -> Reply:
    """Tell that the parcels of a return are in the driver's hands, with the evidence."""
    body = call.read(CollectBody)
    delivery, route, state = _visit(call, body.route)
    parcels = tuple(map(ParcelId, body.parcels))
    capture = Capture(point_of(body.lat, body.lon), parcels, body.photo, body.signature)
    try:
        told = call.app.collections.collect(state, delivery, route, capture, told_by(call, body, route))
    except BlobMissingError as fault:
        raise no_file() from fault
    return _visit_now(call, told)


def fail_to_collect(call: Call) -> Reply:
    """Tell why a return could not be fetched; policy says whether a van comes again."""
    body = call.read(FailBody)
    delivery, route, state = _visit(call, body.route)
    capture = Capture(point_of(body.lat, body.lon), photo=body.photo, contact_tried=body.contact_tried)
    origin = told_by(call, body, route)
    try:
        told = call.app.collections.fail(state, delivery, route, body.reason, capture, origin)
    except BlobMissingError as fault:
        raise no_file() from fault
    return _visit_now(call, told)


def _visit(call: Call, route: str) -> tuple[DeliveryId, RouteState, ReturnState]:
    """The visit of the path on this driver's route; unknown and foreign are one and the same."""
    state = route_of(call, route, noun="collection")
    delivery = DeliveryId(call.path["delivery"])
    found = call.app.collections.find(delivery)
    if found is None or not any(stop.delivery == delivery for stop in state.stops):
        raise not_found("collection")
    return delivery, state, found


def _visit_now(call: Call, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    delivery = DeliveryId(call.path["delivery"])
    state = call.app.collections.find(delivery)
    assert state is not None, "a return that was just written stands"
    shape = CollectionNowShape(delivery, state.status.value, _NEXT.get(state.status, ""))
    return reply(shape, HTTPStatus.OK)


def _retell_visit(call: Call, _: str) -> Reply:
    return _visit_now(call, None)


_AT: Final = "/v1/driver/collections/{delivery}"
_VISIT: Final = {200: CollectionNowShape}
_BACK: Final = {200: ReturnShape}

DOORS: Final = (
    Door("GET", f"{RETURN}/windows", quote_collection, MERCHANT, {200: QuoteShape}, problems=(409,)),
    Door("POST", f"{RETURN}/book", book_collection, MERCHANT, _BACK, reads=BookBody, retell=retell_return),
    Door(
        "POST", f"{RETURN}/release", release_collection, MERCHANT, _BACK, reads=WhyBody, retell=retell_return
    ),
    Door("POST", f"{_AT}/arrive", arrive_to_collect, DRIVER, _VISIT, reads=ArriveBody, retell=_retell_visit),
    Door("POST", f"{_AT}/collect", collect, DRIVER, _VISIT, reads=CollectBody, retell=_retell_visit),
    Door("POST", f"{_AT}/fail", fail_to_collect, DRIVER, _VISIT, reads=FailBody, retell=_retell_visit),
)  # fmt: skip
