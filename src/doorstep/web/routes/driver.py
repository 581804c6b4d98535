"""The driver's doors: routes, load-out, the stops, photos, and home again."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Final, Protocol

from doorstep.adapters.blobs.photos import PHOTO_BYTES_MAX, accept_photo
from doorstep.engine.desk import Origin
from doorstep.engine.driver_desk import Capture
from doorstep.engine.ports.blobs import BlobMissingError
from doorstep.engine.ports.positions import VehiclePosition
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.route import RouteState
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.event import Refusal, Source
from doorstep.vocabulary.ids import DeliveryId, ParcelId, RouteId, VehicleId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Metres
from doorstep.web.auth import Role, forbidden
from doorstep.web.days import local_date, local_day
from doorstep.web.door import DRIVER, OPERATOR, Call, Door
from doorstep.web.instants import instant
from doorstep.web.problems import FieldProblem, invalid, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.driver_route import driver_route
from doorstep.web.routes.driver_shapes import (
    ArriveBody,
    BreakdownBody,
    DayQuery,
    DebriefBody,
    DeliveryNowShape,
    DepartBody,
    DriverRouteShape,
    DriverRoutesShape,
    FailBody,
    HandoffBody,
    HubBody,
    LateProofBody,
    LoadBody,
    PositionBody,
    PositionShape,
    ProofShape,
    ReturnBody,
    RouteNowShape,
)

PHOTO_MEDIA: Final = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
X_DELIVERY: Final = {"X-Delivery": "The delivery or collection that the photo belongs to."}
_NEXT: Final = {
    DeliveryStatus.delivered: "Done.",
    DeliveryStatus.attempt_failed: "Keep the parcel on the van and bring it back to the hub.",
    DeliveryStatus.on_hold: "Bring the parcel back to the hub: it is held there.",
    DeliveryStatus.returning: "Bring the parcel back to the hub: it goes back to the merchant.",
    DeliveryStatus.created: "Bring the parcel back to the hub: another attempt is planned.",
    DeliveryStatus.arrived: "Hand it over, or say why not.",
}


class Told(Protocol):
    """A body with the phone's own time."""

    @property
    def at(self) -> datetime:
        """When it happened, by the phone."""
        ...


def list_driver_routes(call: Call) -> Reply:
    """List this driver's routes of a day."""
    asked = call.ask(DayQuery).day
    zone = call.app.zone
    try:
        day = local_day(date.fromisoformat(asked) if asked else local_date(call.now, zone), zone)
    except ValueError as fault:
        raise invalid([FieldProblem("day", "bad_date", "There is no such day.")]) from fault
    routes = [
        state
        for line in call.screens.vehicles.routes_of(day)
        if (state := call.app.drivers.route(line, call.caller.driver)) is not None
    ]
    return reply(DriverRoutesShape(tuple(driver_route(call, state) for state in routes)))


def read_driver_route(call: Call) -> Reply:
    """Read a route as its driver works it, with names and addresses."""
    return reply(driver_route(call, route_of(call, call.path["route"])))


def load_route(call: Call) -> Reply:
    """Tell the load-out's scans; what is on the list and was not scanned is short."""
    body, state = call.read(LoadBody), route_of(call, call.path["route"])
    parcels = tuple(map(ParcelId, body.parcels))
    return _route_now(call, call.app.drivers.load(state, parcels, told_by(call, body, state)))


def depart_route(call: Call) -> Reply:
    """Tell that the van leaves the hub."""
    body, state = call.read(DepartBody), route_of(call, call.path["route"])
    return _route_now(call, call.app.drivers.depart(state, told_by(call, body, state)))


def visit_hub(call: Call) -> Reply:
    """Tell a hub visit in the middle of a route, with what was loaded there."""
    body, state = call.read(HubBody), route_of(call, call.path["route"])
    parcels = tuple(map(ParcelId, body.parcels))
    return _route_now(call, call.app.drivers.visit_hub(state, parcels, told_by(call, body, state)))


def return_route(call: Call) -> Reply:
    """Tell that the van is back at the hub."""
    body, state = call.read(ReturnBody), route_of(call, call.path["route"])
    refusal = call.app.drivers.return_route(state, Metres(body.driven_m), told_by(call, body, state))
    return _route_now(call, refusal)


def debrief_route(call: Call) -> Reply:
    """Account for every parcel that came back."""
    body, state = call.read(DebriefBody), route_of(call, call.path["route"])
    parcels = tuple(map(ParcelId, body.parcels))
    return _route_now(call, call.app.drivers.debrief(state, parcels, told_by(call, body, state)))


def report_breakdown(call: Call) -> Reply:
    """Tell that the van is out; every promise on it finds another van or gets its case."""
    body, state = call.read(BreakdownBody), route_of(call, call.path["route"])
    return _route_now(call, call.app.recovery.break_down(state.id, body.why, told_by(call, body, state)))


def arrive(call: Call) -> Reply:
    """Tell that the driver stands at the door; the distance decides what that is worth."""
    body = call.read(ArriveBody)
    route, state = _stop(call, body.route)
    # The same arrival told twice is one piece of evidence, key or no key.
    key = f"arrive/{route.id}/{instant(body.at)}"
    point = Point(body.lat, body.lon)
    origin = told_by(call, body, route, state)
    return _delivery_now(call, call.app.drivers.arrive(state, route.id, point, key, origin))


def hand_off(call: Call) -> Reply:
    """Tell that the parcels left the driver's hands, with the evidence."""
    body = call.read(HandoffBody)
    route, state = _stop(call, body.route)
    capture = Capture(
        point=point_of(body.lat, body.lon),
        parcels=tuple(map(ParcelId, body.parcels)),
        photo=body.photo,
        signature=body.signature,
        pin=body.pin,
        age_checked=body.age_checked,
    )
    try:
        refusal = call.app.drivers.hand_over(
            state, route.id, body.method, capture, told_by(call, body, route, state)
        )
    except BlobMissingError as fault:
        raise no_file() from fault
    return _delivery_now(call, refusal)


def fail_stop(call: Call) -> Reply:
    """Tell why it could not be delivered; the answer says what to do with the parcel."""
    body = call.read(FailBody)
    route, state = _stop(call, body.route)
    point = point_of(body.lat, body.lon)
    capture = Capture(point=point, photo=body.photo, contact_tried=body.contact_tried)
    try:
        refusal = call.app.drivers.fail(
            state, route.id, body.reason, capture, told_by(call, body, route, state)
        )
    except BlobMissingError as fault:
        raise no_file() from fault
    return _delivery_now(call, refusal)


def add_proof(call: Call) -> Reply:
    """Add evidence that was missing at the handoff: the delivery is proven once all of it is there."""
    body = call.read(LateProofBody)
    route, state = _stop(call, body.route)
    capture = Capture(point=None, photo=body.photo, signature=body.signature)
    try:
        refusal = call.app.drivers.add_proof(state, capture, told_by(call, body, route, state))
    except BlobMissingError as fault:
        raise no_file() from fault
    return _delivery_now(call, refusal)


def put_proof(call: Call) -> Reply:
    """Send a photo or a signature for a stop; it is written anew, so that only the picture is kept."""
    delivery = DeliveryId(call.headers.get("x-delivery", ""))
    state = call.app.drivers.delivery(delivery) if delivery else None
    back = call.app.collections.find(delivery) if delivery and state is None else None
    on_plan = None if back is None else call.app.planner.plan.route_of(delivery)
    route = on_plan if state is None else state.route
    if route is None:
        raise not_found("delivery")
    route_of(call, route, noun="delivery")
    photo = accept_photo(call.raw)
    if isinstance(photo, Refusal):
        raise refused(photo)
    if back is not None:
        return reply(ProofShape(call.app.returns.put_photo(back, photo.jpeg)), HTTPStatus.CREATED)
    assert state is not None, "a stop is a delivery or a collection"
    return reply(ProofShape(call.app.drivers.put_proof(state, photo.jpeg)), HTTPStatus.CREATED)


def report_position(call: Call) -> Reply:
    """Tell where the vehicle is; only the last position is kept."""
    body = call.read(PositionBody)
    day = local_day(local_date(call.now, call.app.zone), call.app.zone)
    line = call.screens.vehicles.of_driver(call.caller.driver, day) if call.caller.driver else None
    if line is None or line.vehicle != body.vehicle:
        raise not_found("vehicle")
    position = VehiclePosition(
        vehicle=VehicleId(body.vehicle),
        point=Point(body.lat, body.lon),
        # A clock that runs ahead must not make every later position an old one.
        at=min(instant(body.at), call.now),
        route=line.route,
        accuracy_m=None if body.accuracy_m is None else round(body.accuracy_m),
        heading_deg=None if body.heading is None else round(body.heading) % 360,
    )
    return reply(PositionShape(call.app.positions.report(call.app.market.id, position)))


def route_of(call: Call, route: str, noun: str = "route") -> RouteState:
    """A route of this driver; an operator may see any. Unknown and foreign give one and the same problem."""
    driver = call.caller.driver
    if driver is None and call.caller.role is not Role.operator:
        raise forbidden(DRIVER)
    state = call.app.drivers.route(RouteId(route), driver)
    if state is None:
        raise not_found(noun)
    return state


def _stop(call: Call, route: str) -> tuple[RouteState, DeliveryState]:
    """The delivery of the path on this driver's route."""
    state = route_of(call, route)
    delivery = DeliveryId(call.path["delivery"])
    found = call.app.drivers.delivery(delivery)
    if found is None or not any(stop.delivery == delivery for stop in state.stops):
        raise not_found("delivery")
    return state, found


def told_by(call: Call, body: Told, route: RouteState, delivery: DeliveryState | None = None) -> Origin:
    """The phone and its word, at a time that can be right."""
    told = call.origin(Source.driver_app, instant(body.at))
    return call.app.drivers.settled(told, route, delivery)


def point_of(lat: float | None, lon: float | None) -> Point | None:
    """Where the phone was; None where it does not say."""
    return None if lat is None or lon is None else Point(lat, lon)


def no_file() -> Exception:
    """The problem of a proof that names what nobody sent."""
    detail = "No such file was sent for this stop."
    return invalid([FieldProblem("photo", "no_such_file", detail)])


def _route_now(call: Call, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    state = call.app.drivers.route(RouteId(call.path["route"]), None)
    assert state is not None, "a route that was just written stands"
    return reply(RouteNowShape(state.id, state.status.value, state.done, len(state.stops), state.short))


def _delivery_now(call: Call, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    delivery = DeliveryId(call.path["delivery"])
    state = call.app.drivers.delivery(delivery)
    assert state is not None, "a delivery that was just written stands"
    missing = tuple(kind.value for kind in state.missing)
    then = f"Delivered, but still needs: {', '.join(missing)}." if missing else _NEXT.get(state.status, "")
    return reply(DeliveryNowShape(delivery, state.status.value, missing, then))


def _retell_route(call: Call, _: str) -> Reply:
    return _route_now(call, None)


def _retell_delivery(call: Call, _: str) -> Reply:
    return _delivery_now(call, None)


_ROUTE: Final = {200: RouteNowShape}
_DELIVERY: Final = {200: DeliveryNowShape}
_AT: Final = "/v1/driver/stops/{delivery}"
_ON: Final = "/v1/driver/routes/{route}"

DOORS: Final = (
    Door(
        "POST",
        "/v1/driver/positions",
        report_position,
        DRIVER,
        {200: PositionShape},
        problems=(404,),
        reads=PositionBody,
    ),
    Door("POST", f"{_AT}/arrive", arrive, DRIVER, _DELIVERY, reads=ArriveBody, retell=_retell_delivery),
    Door("POST", f"{_AT}/handoff", hand_off, DRIVER, _DELIVERY, reads=HandoffBody, retell=_retell_delivery),
    Door("POST", f"{_AT}/fail", fail_stop, DRIVER, _DELIVERY, reads=FailBody, retell=_retell_delivery),
    Door("POST", f"{_AT}/proof", add_proof, DRIVER, _DELIVERY, reads=LateProofBody, retell=_retell_delivery),
    Door(
        "POST",
        "/v1/driver/proofs",
        put_proof,
        DRIVER,
        {201: ProofShape},
        problems=(404,),
        media=PHOTO_MEDIA,
        bytes_max=PHOTO_BYTES_MAX,
        headers=X_DELIVERY,
    ),
    Door("GET", "/v1/driver/routes", list_driver_routes, DRIVER, {200: DriverRoutesShape}, asks=DayQuery),
    Door("GET", _ON, read_driver_route, DRIVER | OPERATOR, {200: DriverRouteShape}),
    Door("POST", f"{_ON}/load", load_route, DRIVER, _ROUTE, reads=LoadBody, retell=_retell_route),
    Door("POST", f"{_ON}/depart", depart_route, DRIVER, _ROUTE, reads=DepartBody, retell=_retell_route),
    Door("POST", f"{_ON}/hub", visit_hub, DRIVER, _ROUTE, reads=HubBody, retell=_retell_route),
    Door("POST", f"{_ON}/return", return_route, DRIVER, _ROUTE, reads=ReturnBody, retell=_retell_route),
    Door("POST", f"{_ON}/debrief", debrief_route, DRIVER, _ROUTE, reads=DebriefBody, retell=_retell_route),
    Door(
        "POST",
        f"{_ON}/breakdown",
        report_breakdown,
        DRIVER | OPERATOR,
        _ROUTE,
        reads=BreakdownBody,
        retell=_retell_route,
    ),
)
