"""Drivers: what they tell becomes evidence. The same for a person's phone and for the simulated driver."""

from hmac import compare_digest

import msgspec

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.device_clock import set_aside, settled
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.blobs import Blobs
from doorstep.engine.ports.signer import Signer
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.pin import locked, tries_left, wrong
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.route import RouteState
from doorstep.vocabulary.collection import return_of
from doorstep.vocabulary.delivery import (
    AddProof,
    AssignDelivery,
    DeliveryStatus,
    HandoffMethod,
    RecordArrival,
    RecordFailure,
    RecordHandoff,
    RecordPickUp,
    RecordReturned,
    StartDelivering,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, DriverId, ParcelId, PersonId, RouteId, derive
from doorstep.vocabulary.order import ReleaseOrder
from doorstep.vocabulary.pin import RefusePin
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.return_ import ReceiveReturn, ReturnStatus
from doorstep.vocabulary.route import (
    CompleteStop,
    DebriefRoute,
    DepartRoute,
    LoadRoute,
    RemoveStop,
    ReturnRoute,
    Stop,
    StopKind,
)
from doorstep.vocabulary.units import Metres

PIN_SIGNED = b"doorstep delivery pin\n"
"""What is signed, with the delivery's id, to derive its PIN: the secret never leaves the signer."""


class Capture(msgspec.Struct, frozen=True):
    """What the phone saw at a door: where it was, and the evidence; hashes are of files put before."""

    point: Point | None
    parcels: tuple[ParcelId, ...] = ()
    photo: str | None = None
    signature: str | None = None
    pin: str | None = None
    age_checked: bool | None = None
    contact_tried: bool = False


class DriverDesk:
    """One method a button; each returns the refusal, or None when it stands."""

    def __init__(self, desk: Desk, planner: Planner, people: People, blobs: Blobs, signer: Signer) -> None:
        self._desk = desk
        self._planner = planner
        self._people = people
        self._blobs = blobs
        self._signer = signer

    def route(self, route: RouteId, driver: DriverId | None) -> RouteState | None:
        """A route, if it is this driver's; None is unknown and foreign alike."""
        state: RouteState | None = self._desk.state("route", route)
        return None if state is None or driver not in (None, state.shift.driver) else state

    def delivery(self, delivery: DeliveryId) -> DeliveryState | None:
        """A delivery, if there is one."""
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        return state

    def pin(self, delivery: DeliveryId) -> str:
        """The PIN that the shopper is told and the driver is not."""
        digits = self._desk.book.proof.bounds.pin_digits
        signed = self._signer.sign(PIN_SIGNED + delivery.encode())
        return str(int.from_bytes(signed[:8], "big") % 10**digits).zfill(digits)

    def pin_tries_left(self, delivery: DeliveryId) -> int:
        """Wrong PINs that may still be given at this delivery's door."""
        return tries_left(self._desk.state("pin", delivery), self._desk.book)

    def settled(self, origin: Origin, route: RouteState, delivery: DeliveryState | None = None) -> Origin:
        """A driver's word about a route, or a delivery of it, at a time that can be right."""
        on_board = (self.delivery(one) for one in route.aboard)
        about = [one for one in on_board if one is not None] if delivery is None else [delivery]
        return settled(origin, route, about, self._desk.now())

    def _tell(self, route: RouteId, commands: list[AnyCommand], origin: Origin) -> Refusal | None:
        return self._desk.together([*set_aside(route, origin), *commands], origin)

    # Load-out ---------------------------------------------------------------------------------------

    def load(self, state: RouteState, scanned: tuple[ParcelId, ...], origin: Origin) -> Refusal | None:
        """The load-out's scans; what is on the list and was not scanned is short."""
        commands: list[AnyCommand] = [LoadRoute(state.id, scanned, origin.at)]
        for delivery in state.aboard:
            commands += self._pick_up(state, delivery, set(scanned), origin)
        with self._planner.lock:
            return self._tell(state.id, commands, origin)

    def _pick_up(
        self, route: RouteState, delivery: DeliveryId, scanned: set[ParcelId], origin: Origin
    ) -> list[AnyCommand]:
        state = self.delivery(delivery)
        if state is None or state.created is None or state.status is not DeliveryStatus.assigned:
            return []
        there = tuple(parcel for parcel in state.rest if parcel in scanned)
        short = tuple(parcel for parcel in state.rest if parcel not in scanned)
        key = f"load/{route.id}/{delivery}"
        picked_up = RecordPickUp(delivery, key, origin.at, route.id, there, short)
        # Its place in the plan goes in the commit in which its case opens.
        return [picked_up] if there else [picked_up, RemoveStop(route.id, delivery, "not loaded")]

    def depart(self, state: RouteState, origin: Origin) -> Refusal | None:
        """The van leaves; what could not be loaded is no stop of it any more."""
        commands: list[AnyCommand] = [DepartRoute(state.id, origin.at)]
        commands += self._start(state, state.aboard, origin)
        commands += [RemoveStop(state.id, one, "not loaded") for one in self._left_behind(state)]
        with self._planner.lock:
            return self._tell(state.id, commands, origin)

    def _start(
        self, route: RouteState, deliveries: tuple[DeliveryId, ...], origin: Origin
    ) -> list[AnyCommand]:
        started: list[AnyCommand] = []
        for delivery in deliveries:
            state = self.delivery(delivery)
            if state is not None and state.status is DeliveryStatus.picked_up and state.route == route.id:
                key = f"depart/{route.id}/{delivery}"
                started.append(StartDelivering(delivery, key, origin.at, route.id))
        return started

    def _left_behind(self, route: RouteState) -> list[DeliveryId]:
        """What stood on the loading list and is not on the van: it would stay ahead for ever."""
        states = {one: self.delivery(one) for one in route.aboard}
        return [one for one, state in states.items() if state is None or not state.on_van]

    def to_load(self, state: RouteState) -> tuple[DeliveryId, ...]:
        """What the next hub visit loads: what stands behind it, up to the one after, and is not on board."""
        found: list[DeliveryId] = []
        visiting = False
        for stop in state.remaining:
            if stop.kind is StopKind.hub:
                if visiting:
                    break
                visiting = True
            elif visiting and stop.delivery is not None:
                held = self.delivery(stop.delivery)
                if held is not None and held.at_hub:
                    found.append(stop.delivery)
        return tuple(found)

    def visit_hub(self, state: RouteState, scanned: tuple[ParcelId, ...], origin: Origin) -> Refusal | None:
        """A hub visit in the middle of a route: what was added since is released, loaded and on its way."""
        commands: list[AnyCommand] = [CompleteStop(state.id, Stop(StopKind.hub), origin.at)]
        for delivery in self.to_load(state):
            held = self.delivery(delivery)
            if held is None or held.created is None:
                continue
            order: OrderState = self._desk.state("order", held.created.order)
            if order.status == "promised":
                commands.append(ReleaseOrder(order.id))
            key = f"{state.id}/{state.done}/{delivery}"
            there = tuple(parcel for parcel in held.rest if parcel in set(scanned))
            short = tuple(parcel for parcel in held.rest if parcel not in set(scanned))
            commands += [
                AssignDelivery(delivery, f"assign/{key}", origin.at, state.id, state.shift.driver),
                RecordPickUp(delivery, f"load/{key}", origin.at, state.id, there, short),
            ]
            if there:
                commands.append(StartDelivering(delivery, f"depart/{key}", origin.at, state.id))
            else:
                commands.append(RemoveStop(state.id, delivery, "not loaded"))
        with self._planner.lock:
            return self._tell(state.id, commands, origin)

    # At the door ------------------------------------------------------------------------------------

    def arrive(
        self, delivery: DeliveryState, route: RouteId, point: Point, key: str, origin: Origin
    ) -> Refusal | None:
        """The driver stands at the door, or says so: the distance decides what it is worth."""
        assert delivery.created is not None, "the door looked the delivery up"
        command = RecordArrival(
            delivery.created.delivery, key, origin.at, route, self._distance(delivery, point)
        )
        return self._tell(route, [command], origin)

    def hand_over(
        self, delivery: DeliveryState, route: RouteId, method: HandoffMethod, capture: Capture, origin: Origin
    ) -> Refusal | None:
        """The parcels leave the driver's hands; the stop is done in the same commit."""
        created = delivery.created
        assert created is not None, "the door looked the delivery up"
        if (refusal := self._try_pin(created.delivery, route, capture.pin, origin)) is not None:
            return refusal
        proofs = self._proofs(delivery, capture)
        key = f"handoff/{route}/{delivery.attempt}"
        command = RecordHandoff(
            created.delivery, key, origin.at, route, method, capture.parcels,
            self._distance(delivery, capture.point), proofs,
        )  # fmt: skip
        return self._complete(created.delivery, route, command, origin)

    def fail(
        self, delivery: DeliveryState, route: RouteId, reason: Reason, capture: Capture, origin: Origin
    ) -> Refusal | None:
        """It could not be delivered; policy says what that counts for and what follows."""
        created = delivery.created
        assert created is not None, "the door looked the delivery up"
        distance = None if capture.point is None else self._distance(delivery, capture.point)
        key = f"fail/{route}/{delivery.attempt}"
        proofs = self._proofs(delivery, capture)
        command = RecordFailure(created.delivery, key, origin.at, route, reason, distance, proofs)
        return self._complete(created.delivery, route, command, origin)

    def add_proof(self, delivery: DeliveryState, capture: Capture, origin: Origin) -> Refusal | None:
        """A proof that was missing comes after all."""
        assert delivery.created is not None, "the door looked the delivery up"
        refusal = self._try_pin(delivery.created.delivery, delivery.route, capture.pin, origin)
        if refusal is not None:
            return refusal
        proofs = self._proofs(delivery, capture)
        handed = {parcel for handoff in delivery.handoffs for parcel in handoff.parcels}
        if handed and set(capture.parcels) >= handed:
            proofs += (Proof(ProofKind.scan),)
        seen = (f"{proof.kind}/{proof.sha256}/{proof.passed}" for proof in proofs)
        key = derive("prf", delivery.created.delivery, *seen)
        command = AddProof(delivery.created.delivery, key, origin.at, proofs)
        aside = [] if delivery.route is None else set_aside(delivery.route, origin)
        return self._desk.together([*aside, command], origin)

    def _try_pin(
        self, delivery: DeliveryId, route: RouteId | None, pin: str | None, origin: Origin
    ) -> Refusal | None:
        """Why this PIN is refused; a wrong one is counted in the log before anybody is told."""
        if pin is None:
            return None
        if self.pin_tries_left(delivery) == 0:
            return locked(self._desk.book)
        if compare_digest(pin.encode(), self.pin(delivery).encode()):
            return None
        # The request's key stands for a handoff, and this is none.
        counted = Origin(origin.actor, origin.source, origin.at)
        refusal = self._desk.together([RefusePin(delivery, route, origin.at)], counted)
        return refusal or wrong(self.pin_tries_left(delivery))

    def _complete(
        self, delivery: DeliveryId, route: RouteId, command: AnyCommand, origin: Origin
    ) -> Refusal | None:
        stop = CompleteStop(route, Stop(StopKind.delivery, delivery), origin.at)
        with self._planner.lock:
            return self._tell(route, [command, stop], origin)

    def _distance(self, delivery: DeliveryState, point: Point | None) -> Metres:
        """Metres to the place; what a phone does not say counts as far away."""
        assert delivery.created is not None, "the door looked the delivery up"
        place = self._people.point(delivery.created.place)
        return Metres(10_000_000) if point is None or place is None else distance_m(point, place)

    def _proofs(self, delivery: DeliveryState, capture: Capture) -> tuple[Proof, ...]:
        proofs = []
        for kind, sha256 in ((ProofKind.photo, capture.photo), (ProofKind.signature, capture.signature)):
            if sha256 is not None:
                self._blobs.get(sha256, self.person(delivery))
                proofs.append(Proof(kind, sha256))
        if capture.pin is not None:
            # A wrong one was refused before.
            proofs.append(Proof(ProofKind.pin))
        if capture.age_checked is not None:
            proofs.append(Proof(ProofKind.age_check, passed=capture.age_checked))
        if capture.contact_tried:
            proofs.append(Proof(ProofKind.contact))
        return tuple(proofs)

    def person(self, delivery: DeliveryState) -> PersonId:
        """Whose delivery it is: photos of a door lie under their key."""
        assert delivery.created is not None, "the door looked the delivery up"
        order: OrderState = self._desk.state("order", delivery.created.order)
        return order.content.person

    def put_proof(self, delivery: DeliveryState, content: bytes) -> str:
        """Keep a picture under the recipient's key; returns its hash."""
        return self._blobs.put(content, self.person(delivery))

    # Home again -------------------------------------------------------------------------------------

    def return_route(self, state: RouteState, driven_m: Metres, origin: Origin) -> Refusal | None:
        """The van is back at the hub."""
        with self._planner.lock:
            return self._tell(state.id, [ReturnRoute(state.id, origin.at, driven_m)], origin)

    def debrief(self, state: RouteState, returned: tuple[ParcelId, ...], origin: Origin) -> Refusal | None:
        """Account for every parcel that was loaded and not handed over."""
        expected = self.expected_back(state)
        foreign = sorted(set(returned) - set(expected))
        if foreign:
            return Refusal("parcel_not_expected", f"not on this van: {', '.join(foreign[:5])}", ("parcels",))
        commands: list[AnyCommand] = [DebriefRoute(state.id, returned, expected, origin.at)]
        back = set(returned)
        for delivery in self._touched(state):
            held = self.delivery(delivery)
            if held is None or held.created is None or held.status is not DeliveryStatus.returning:
                continue
            if held.at_hand and back.issuperset(held.at_hand):
                commands.append(RecordReturned(delivery, f"debrief/{state.id}", origin.at))
        commands += [
            ReceiveReturn(one.id, origin.at, origin.actor, state.shift.hub)
            for one in self._collected(state)
            if back.issuperset(one.goods.parcels)
        ]
        return self._tell(state.id, commands, origin)

    def expected_back(self, state: RouteState) -> tuple[ParcelId, ...]:
        """The parcels that this route's driver still holds."""
        jobs = [held.created for one in self._touched(state) if (held := self.delivery(one)) is not None]
        parcels = [parcel for created in jobs if created is not None for parcel in created.parcels]
        parcels += [parcel for back in self._collected(state) for parcel in back.goods.parcels]
        found: list[ParcelId] = []
        # What was delivered and collected on one route is named once.
        for parcel in dict.fromkeys(parcels):
            custody = self._desk.state("custody", parcel)
            if custody is not None and custody.holder.id == state.shift.driver:
                found.append(parcel)
        return tuple(found)

    def _collected(self, state: RouteState) -> list[ReturnState]:
        """The returns whose goods this route's driver fetched and has not brought in yet."""
        # A return may have booked several visits that stood on this route, and gave up all but one.
        backs = dict.fromkeys(return_of(job) for job in self._touched(state) if self.delivery(job) is None)
        touched: list[ReturnState | None] = [self._desk.state("return", back) for back in backs]
        return [
            one
            for one in touched
            if one is not None and one.status is ReturnStatus.collected and one.visits[-1].route == state.id
        ]

    def _touched(self, state: RouteState) -> tuple[DeliveryId, ...]:
        """Every delivery that was ever loaded onto this route."""
        listed = {stop.delivery for stop in state.stops if stop.delivery is not None}
        listed.update(self._planner.ever_on(state.id))
        return tuple(sorted(listed))
