"""A route as its driver works it: stops with names and addresses, the loading list, what policy asks."""

from typing import Final

from doorstep.engine.forecast import expected_on
from doorstep.engine.ports.vault import ErasedError, UnknownError
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.route import RouteState, RouteStatus
from doorstep.vocabulary.delivery import DeliveryCreated, DeliveryStatus, HandoffMethod
from doorstep.vocabulary.ids import DeliveryId, OrderId, ParcelId
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Party, Reason
from doorstep.vocabulary.return_ import ReturnStatus
from doorstep.vocabulary.route import Stop, StopKind
from doorstep.vocabulary.units import Instant, after
from doorstep.web.door import Call
from doorstep.web.instants import moment, moment_or_none
from doorstep.web.routes.driver_shapes import (
    BreakShape,
    DoorPolicyShape,
    DriverRouteShape,
    MessageShape,
    MethodShape,
    ReasonShape,
    StopShape,
)

AT_THE_DOOR: Final = tuple(
    reason
    for reason in Reason
    if reason.party in (Party.recipient, Party.address)
    or reason in (Reason.damaged, Reason.out_of_time, Reason.label_error, Reason.road_closed)
)
"""The reasons that a driver may choose from."""


def driver_route(call: Call, state: RouteState) -> DriverRouteShape:
    """The whole route, done stops included."""
    shift = state.shift
    expected = expected_on(call.app.planner, state.id)
    load_out_s = call.app.book.dispatch.load_out_s
    return DriverRouteShape(
        now=moment(call.now),
        route=state.id,
        vehicle=shift.vehicle,
        hub=shift.hub,
        state=state.status.value,
        starts_at=moment(shift.start),
        ends_at=moment(shift.end),
        departs_at=moment(state.departed_at or after(shift.start, load_out_s)),
        stops=tuple(_stop(call, state, index, stop, expected) for index, stop in enumerate(state.stops)),
        done=state.done,
        loading_list=_to_scan(call, state),
        loads_at=moment(call.app.planner.loads_at(state, call.app.drivers.to_load(state))),
        aboard=call.app.drivers.expected_back(state),
        break_due=BreakShape(moment(shift.break_start), shift.break_s) if shift.break_s else None,
        messages=tuple(
            MessageShape(one.key, one.text, one.delivery, moment(one.at)) for one in state.messages
        ),
        policy=door_policy(call),
    )


def _to_scan(call: Call, state: RouteState) -> tuple[ParcelId, ...]:
    """What is loaded next: the load-out's list, or what the next hub visit adds."""
    if state.status is not RouteStatus.departed:
        return state.loading_list
    jobs = (call.app.drivers.delivery(delivery) for delivery in call.app.drivers.to_load(state))
    return tuple(parcel for job in jobs if job and job.created for parcel in job.created.parcels)


def door_policy(call: Call) -> DoorPolicyShape:
    """What policy asks at a door."""
    attempts = call.app.book.attempts
    reasons = tuple(
        ReasonShape(reason.value, tuple(kind.value for kind in rule.evidence), rule.contact)
        for reason in AT_THE_DOOR
        for rule in (attempts.rule(reason),)
    )
    proof = call.app.book.proof
    methods = tuple(
        MethodShape(method.value, tuple(kind.value for kind in proof.for_method(method)))
        for method in HandoffMethod
    )
    digits = proof.bounds.pin_digits
    return DoorPolicyShape(attempts.radius_m, attempts.stay_s_min, reasons, methods, digits)


def _stop(
    call: Call, state: RouteState, index: int, stop: Stop, expected: dict[DeliveryId, Instant]
) -> StopShape:
    done = index < state.done
    if stop.delivery is not None and stop.kind is StopKind.collection:
        return _collection(call, stop.delivery, expected, done=done)
    held = call.app.drivers.delivery(stop.delivery) if stop.delivery else None
    if stop.delivery is None or held is None or held.created is None:
        hub = call.app.hubs[state.shift.hub]
        return _hub_stop(hub.lat, hub.lon, done=done)
    created = held.created
    point = call.app.people.point(created.place)
    name, phone, address, instructions = _recipient(call, created.order)
    window = call.screens.board.window_of(stop.delivery) or created.window
    dispatch = call.app.book.dispatch
    return StopShape(
        kind=stop.kind.value,
        delivery=stop.delivery,
        order=created.order,
        status=held.status.value,
        lat=point.lat if point else None,
        lon=point.lon if point else None,
        address=address,
        name=name,
        phone=phone,
        instructions=instructions,
        window_start=moment(window.start),
        window_end=moment(window.end),
        planned_at=moment_or_none(expected.get(stop.delivery)),
        parcels=created.parcels,
        proofs_required=tuple(kind.value for kind in created.proofs_required),
        pin_tries_left=_pin_tries_left(call, created),
        handling=tuple(duty.value for duty in created.handling),
        service_s=dispatch.service_s(len(created.parcels), created.handling, created.proofs_required),
        done=done,
    )


def _pin_tries_left(call: Call, created: DeliveryCreated) -> int | None:
    if ProofKind.pin not in created.proofs_required:
        return None
    return call.app.drivers.pin_tries_left(created.delivery)


def _collection(
    call: Call, visit: DeliveryId, expected: dict[DeliveryId, Instant], *, done: bool
) -> StopShape:
    """A stop at which goods are fetched: what is named as its parcels is what the driver takes along."""
    back, job = call.app.collections.find(visit), call.app.planner.known_job(visit)
    assert back is not None, "a collection on a route was booked"
    assert job is not None, "what is on a route was planned"
    goods, planner = back.goods, call.app.planner
    order: OrderState = call.app.desk.state("order", goods.order)
    point = call.app.people.point(order.content.place)
    name, phone, address, instructions = _recipient(call, goods.order)
    booked = back.collection is not None and back.collection.delivery == visit
    window = back.collection.window if back.collection is not None and booked else None
    return StopShape(
        kind=StopKind.collection.value,
        delivery=visit,
        order=goods.order,
        status=_visit_status(back, visit),
        lat=point.lat if point else None,
        lon=point.lon if point else None,
        address=address,
        name=name,
        phone=phone,
        instructions=instructions,
        window_start=moment(window.start) if window else moment(planner.clock.instant(job.window_start_s)),
        window_end=moment(window.end) if window else moment(planner.clock.instant(job.window_end_s)),
        planned_at=moment_or_none(expected.get(visit)),
        parcels=goods.parcels,
        proofs_required=tuple(kind.value for kind in call.app.book.returns.collection.proofs),
        pin_tries_left=None,
        handling=(),
        service_s=job.service_s,
        done=done,
    )


def _visit_status(back: ReturnState, visit: DeliveryId) -> str:
    """How a visit stands: the return itself may be further, or wait for another one."""
    if back.collection is not None and back.collection.delivery == visit:
        return "arrived" if back.at_door else ReturnStatus.booked.value
    last = back.visits[-1].delivery if back.visits else None
    is_fetched = last == visit and back.status not in {ReturnStatus.authorised, ReturnStatus.booked}
    return ReturnStatus.collected.value if is_fetched else DeliveryStatus.attempt_failed.value


def _recipient(call: Call, of_order: OrderId) -> tuple[str | None, str | None, str | None, str | None]:
    """Name, phone, address and instructions; nothing once the person was erased."""
    order: OrderState = call.app.desk.state("order", of_order)
    try:
        told = call.app.people.row(order.content.person).recipient
    except (ErasedError, UnknownError):
        return None, None, None, None
    address = f"{told.address}, {told.unit}" if told.unit else told.address
    said = " · ".join(
        words for words in (told.instructions, call.app.tracking.note_for_driver(order)) if words
    )
    return told.name, told.phone, address, said


def _hub_stop(lat: float, lon: float, *, done: bool) -> StopShape:
    return StopShape(
        kind="hub", delivery=None, order=None, status=None, lat=lat, lon=lon, address=None, name=None,
        phone=None, instructions=None, window_start=None, window_end=None, planned_at=None, parcels=(),
        proofs_required=(), pin_tries_left=None, handling=(), service_s=0, done=done,
    )  # fmt: skip
