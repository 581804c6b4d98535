"""Tenders: carriers are asked, answer, are asked to let go; who does not answer is left alone for a while."""

from collections import Counter
from typing import Final

import msgspec

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.blobs import Blobs
from doorstep.engine.ports.carriers import (
    Booked,
    CarrierConnection,
    CarrierDown,
    CarrierGarbled,
    Declined,
    Released,
    Shipment,
)
from doorstep.engine.ports.sender import SendFailedError
from doorstep.engine.ports.store import Effect
from doorstep.engine.routing_desk import RoutingDesk
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.lifecycle.carrier import CarrierState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.routing import RoutingState
from doorstep.lifecycle.tender import TenderState
from doorstep.reactions.tendering import BOOK, CANCEL, CarrierErrand, tender_id
from doorstep.vocabulary.carrier import PauseCarrier, ResumeCarrier
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.delivery import HoldDelivery, ScheduleReattempt
from doorstep.vocabulary.event import Because, Source
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, RouteId, TenderId
from doorstep.vocabulary.order import ReleaseOrder
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyCommand, Instruction
from doorstep.vocabulary.route import InsertStop
from doorstep.vocabulary.routing import RoutingDecided, RoutingOption, RoutingTrigger
from doorstep.vocabulary.tender import (
    Consignment,
    OfferTender,
    RecordAcceptance,
    RecordCancellation,
    RecordCancelRefusal,
    RecordRefusal,
    TenderOffer,
    TenderStatus,
)
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

DAY_S: Final = 86_400
NOBODY: Final = "no_carrier"
"""Why a delivery is held that no carrier may take."""

_WHY_ANEW: Final = {
    TenderStatus.refused: RoutingTrigger.refused,
    TenderStatus.expired: RoutingTrigger.expired,
    TenderStatus.cancelled: RoutingTrigger.recalled,
}
"""Tenders after which it is decided anew who carries it."""


class TenderDesk:
    """Asks carriers by timers, and carries the outbox's errands to them: it is the sender of these."""

    def __init__(
        self, desk: Desk, planner: Planner, routing: RoutingDesk, people: People, blobs: Blobs
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._routing = routing
        self._people = people
        self._blobs = blobs
        self._failures: Counter[CarrierId] = Counter()

    # Asking -----------------------------------------------------------------------------------------

    def offer(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """The task of a decision whose time has come: the order is released, the carrier is asked."""
        delivery = DeliveryId(subject)
        routing: RoutingState | None = self._desk.state("routing", delivery)
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        if routing is None or state is None or state.created is None or state.over:
            return []
        decided = routing.current
        if decided.carrier in (None, OWN_FLEET):
            return []
        if self._is_paused(decided.carrier, now):
            return self._decide_anew(delivery, RoutingTrigger.refused, now)
        offers = self._offers(decided, now)
        order: OrderState = self._desk.state("order", state.created.order)
        created, told = state.created, order.content
        consignment = Consignment(
            delivery, created.order, created.merchant, created.hub, told.person, created.place,
            created.parcels, told.weight_g, created.handling, _window(decided),
        )  # fmt: skip
        contract = self._desk.book.contracts.carrier[offers[0].carrier]
        tender = tender_id(delivery, len(routing.decisions))
        answer_by = after(now, contract.answer_s)
        commands: list[AnyCommand] = [OfferTender(tender, consignment, offers, answer_by, now)]
        if order.status is OrderStatus.promised:
            commands.insert(0, ReleaseOrder(created.order))
        because = self._desk.book.contracts.because(offers[0].carrier, "answer_s")
        return [self._instruct(commands, now, because)]

    def _offers(self, decided: RoutingDecided, now: Instant) -> tuple[TenderOffer, ...]:
        """The chosen carrier first, and the next best ones where policy asks several at once."""
        order: OrderState = self._desk.state("order", decided.order)
        wide = self._desk.book.routing.broadcast.get(order.content.service, 1)
        may = [option for option in decided.options if option.may and option.carrier != OWN_FLEET]
        found: dict[CarrierId, TenderOffer] = {}
        for option in may:
            first = not found
            if first or (len(found) < wide and not self._is_paused(option.carrier, now)):
                found.setdefault(option.carrier, self._offer_of(option, order))
        return tuple(found.values())

    def _offer_of(self, option: RoutingOption, order: OrderState) -> TenderOffer:
        contract = self._desk.book.contracts.carrier[option.carrier]
        freight = self._routing.freight_of(order)
        price = contract.service[option.service].price_minor(freight.weight_g, freight.distance_m)
        return TenderOffer(option.carrier, option.service, contract.version, price, contract.currency)

    # Deciding anew ----------------------------------------------------------------------------------

    def route_anew(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """The task after a tender that nobody took: the next carrier, a van, or a case."""
        delivery = DeliveryId(subject)
        routing: RoutingState | None = self._desk.state("routing", delivery)
        tender = None if routing is None else self._tender(tender_id(delivery, len(routing.decisions)))
        trigger = None if tender is None else _WHY_ANEW.get(tender.status)
        return [] if trigger is None else self._decide_anew(delivery, trigger, now)

    def _decide_anew(
        self, delivery: DeliveryId, trigger: RoutingTrigger, now: Instant
    ) -> list[tuple[Instruction, ...]]:
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        job = self._planner.known_job(delivery)
        if state is None or state.over or not state.at_hub or job is None:
            return []
        found = self._routing.decide_anew(delivery, trigger, now, fleet=job)
        if found is None:
            return []
        decision, placement = found
        commands: list[AnyCommand] = [decision]
        if placement is not None:
            trial = self._planner.plan.copy()
            inserted = trial.insert(job, placement)
            assert inserted, "the placement was found a moment ago"
            index = placement.at + (placement.hub_at is not None)
            route = RouteId(placement.route_id)
            commands.append(InsertStop(route, delivery, index, placement.hub_at, trial.plan_hash()))
        elif decision.carrier is None:
            commands += self._nobody(state, now)
        return [self._instruct(commands, now, self._desk.book.routing.because(trigger))]

    def _nobody(self, state: DeliveryState, now: Instant) -> list[AnyCommand]:
        """Nobody may: a case for the dispatcher, and the next day's van unless they find better."""
        created = state.created
        assert created is not None, "only a delivery that was created is tendered"
        key = f"{NOBODY}/{created.delivery}/{now}"
        opened = open_case(
            self._desk.book, CaseKind.no_capacity, (created.delivery,),
            subject=CaseSubject(created.order, created.delivery), at=now, breach_at=created.window.end,
            happened="no carrier and no van takes it within its window",
            why="every option of the routing decision is ruled out",
        )  # fmt: skip
        window = Window(after(created.window.start, DAY_S), after(created.window.end, DAY_S))
        until = after(now, self._desk.book.attempts.hold_days * DAY_S)
        return [
            opened.command,
            HoldDelivery(created.delivery, key, now, NOBODY, until),
            ScheduleReattempt(created.delivery, f"{key}/again", now, window),
        ]

    # Errands ----------------------------------------------------------------------------------------

    def send(self, effect: Effect) -> tuple[AnyCommand, ...]:
        """Carry an errand of the outbox to its carrier, and put the answer into the log.

        Raises:
            SendFailedError: the carrier did not answer; the errand is tried again.
        """
        errand = msgspec.json.decode(effect.body, type=CarrierErrand)
        connection = self._routing.connections.get(errand.carrier)
        if connection is None:
            raise SendFailedError(f"{errand.carrier} is not connected")
        state = self._tender(errand.tender)
        assert state is not None, "an errand is about a tender of the log"
        try:
            if effect.kind == BOOK:
                has_answered = self._book(connection, state, again=effect.tries > 0)
            else:
                assert effect.kind == CANCEL, f"no errand is called {effect.kind}"
                has_answered = self._cancel(connection, state)
        except (CarrierDown, CarrierGarbled) as fault:
            self._count_failure(errand.carrier, str(fault) or type(fault).__name__)
            raise SendFailedError(str(fault)) from fault
        if has_answered:
            self._close_breaker(errand.carrier)
        return ()

    def _book(self, connection: CarrierConnection, state: TenderState, *, again: bool) -> bool:
        """Ask the carrier, unless that is over or it is left alone; whether it was asked and answered."""
        carrier, now = connection.id, self._desk.now()
        if state.status is not TenderStatus.offered or carrier not in state.silent:
            return False
        offer = state.offer(carrier)
        assert offer is not None, "who is asked has an offer"
        ours = reference(state.id, carrier)
        # After a call whose answer was lost the carrier may have it: look before asking again.
        answer: Booked | Declined | None = connection.find(ours) if again else None
        if answer is None:
            if self._is_paused(carrier, now):
                self._tell([RecordRefusal(state.id, carrier, Reason.no_courier, "it does not answer", now)])
                return False
            shipment = self._shipment(state.consignment, offer, ours)
            if shipment is None:
                self._tell([RecordRefusal(state.id, carrier, Reason.data_error, "the place is erased", now)])
                return again
            answer = connection.book(shipment)
        now = self._desk.now()
        if isinstance(answer, Declined):
            self._tell([RecordRefusal(state.id, carrier, answer.reason, answer.text, now)])
            return True
        label = None if answer.label is None else self._keep_label(state.consignment, answer)
        accepted = RecordAcceptance(
            state.id, carrier, answer.reference, answer.price_minor, answer.currency, label, now
        )
        if self._tell([accepted]):
            # An answer that the contract forbids is no acceptance: it is taken back at once.
            connection.cancel(ours)
            text = f"it answered in {answer.currency}"
            self._tell([RecordRefusal(state.id, carrier, Reason.data_error, text, now)])
        return True

    def _cancel(self, connection: CarrierConnection, state: TenderState) -> bool:
        """Ask the carrier to let it go; that it answered."""
        carrier = connection.id
        outcome = connection.cancel(reference(state.id, carrier))
        now = self._desk.now()
        if isinstance(outcome, Released):
            self._tell([RecordCancellation(state.id, carrier, outcome.fee_minor, now)])
        else:
            self._tell([RecordCancelRefusal(state.id, carrier, outcome.text, now)])
        return True

    def _shipment(self, job: Consignment, offer: TenderOffer, ours: str) -> Shipment | None:
        """The job with its names and places, from the vault; None where they were erased."""
        row, place = self._people.row_if_kept(job.person), self._people.point(job.place)
        if row is None or place is None:
            return None
        return Shipment(
            ours=ours,
            service=offer.service,
            hub_name=job.hub,
            hub=self._routing.hubs[job.hub],
            name=row.recipient.name,
            phone=row.recipient.phone,
            address=row.recipient.address,
            unit=row.recipient.unit,
            instructions=row.recipient.instructions,
            place=place,
            parcels=job.parcels,
            weight_g=job.weight_g,
            handling=job.handling,
            window=job.window,
            price_minor=offer.price_minor,
            currency=offer.currency,
        )

    def _keep_label(self, job: Consignment, booked: Booked) -> str:
        assert booked.label is not None, "there is a label to keep"
        return self._blobs.put(booked.label, job.person)

    # The breaker ------------------------------------------------------------------------------------

    def _count_failure(self, carrier: CarrierId, why: str) -> None:
        breaker, now = self._desk.book.routing.breaker, self._desk.now()
        self._failures[carrier] += 1
        if self._failures[carrier] >= breaker.failures:
            self._failures[carrier] = 0
            self._tell([PauseCarrier(carrier, after(now, breaker.pause_s), why, now)])

    def _close_breaker(self, carrier: CarrierId) -> None:
        self._failures[carrier] = 0
        state: CarrierState | None = self._desk.state("carrier", carrier)
        if state is not None and state.paused_until is not None:
            self._tell([ResumeCarrier(carrier, self._desk.now())])

    def _is_paused(self, carrier: CarrierId | None, now: Instant) -> bool:
        state: CarrierState | None = self._desk.state("carrier", str(carrier))
        return state is not None and state.is_paused(now)

    # Words ------------------------------------------------------------------------------------------

    def _tender(self, tender: TenderId) -> TenderState | None:
        state: TenderState | None = self._desk.state("tender", tender)
        return state

    def _tell(self, commands: list[AnyCommand]) -> bool:
        """Put it into the log; whether it was refused."""
        origin = Origin(ENGINE_ACTOR, Source.derived, self._desk.now())
        with self._planner.lock:
            return self._desk.together(commands, origin) is not None

    def _instruct(
        self, commands: list[AnyCommand], now: Instant, because: Because
    ) -> tuple[Instruction, ...]:
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return tuple(self._desk.instruct(command, origin, because) for command in commands)


def reference(tender: TenderId, carrier: CarrierId) -> str:
    """Our own stable reference of a shipment: one for each carrier that is asked in a tender."""
    return f"{tender}.{carrier}"


def _window(decided: RoutingDecided) -> Window:
    """The chosen carrier's own window, which lies in the one that was promised."""
    chosen = decided.options[0]
    return chosen.window or decided.window
