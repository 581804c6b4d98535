"""What a routing decision and a tender's turns set in motion: who is asked when, and who has to be told."""

from typing import Final

import msgspec

from doorstep.lifecycle.routing import RoutingState
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.delivery import CarrierWord, DeliveryCancelled, DeliveryStatus, StatusReported
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, TenderId, derive
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import (
    CancelTender,
    ExpireTender,
    RecordCancellation,
    SurplusAcceptance,
    TenderAccepted,
    TenderExpired,
    TenderOffered,
    TenderRecalled,
    TenderRefused,
    TenderStatus,
)
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, QueueEffect, SetTimer, Wake
from doorstep.vocabulary.units import Instant

OFFER_TENDER: Final = "offer_tender"
"""The task that asks the chosen carrier; its subject is the delivery."""
ROUTE_ANEW: Final = "route_anew"
"""The task that decides again after a tender that nobody took; its subject is the delivery."""
BOOK: Final = "carrier.book"
"""The kind of effect that asks a carrier to deliver."""
CANCEL: Final = "carrier.cancel"
"""The kind of effect that asks a carrier to let a delivery go."""


class CarrierErrand(msgspec.Struct, frozen=True):
    """The body of an effect that goes to a carrier."""

    carrier: CarrierId
    tender: TenderId


def tender_id(delivery: DeliveryId, decisions: int) -> TenderId:
    """The tender of a delivery's n-th decision: a task that runs twice finds its own trace."""
    return TenderId(derive("tnd", delivery, str(decisions)))


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Timers, errands and second thoughts."""
    match record.data:
        case RoutingDecided() as decided:
            return (*_recall_before(decided, look), _ask_at(decided, book))
        case DeliveryCancelled(delivery=delivery, at=at):
            return _let_go(delivery, look, at)
        case StatusReported(status=DeliveryStatus.cancelled, said=CarrierWord() as said) as event:
            return _given_back(event.delivery, said.carrier, look, record.recorded_at)
        case TenderOffered(tender=tender, offers=offers, answer_by=answer_by):
            # Just after its deadline: an answer of the same instant is in time.
            over = Instant(answer_by + 1)
            expiry = SetTimer(f"expire/{tender}", over, ExpireTender(tender, over))
            return (expiry, *(_errand(BOOK, tender, offer.carrier) for offer in offers))
        case TenderAccepted(tender=tender, carrier=carrier):
            state: TenderState = look(record.stream)
            others = [one for one in state.silent if one != carrier]
            return (CancelTimer(f"expire/{tender}"), *(_errand(CANCEL, tender, one) for one in others))
        case SurplusAcceptance(tender=tender, carrier=carrier):
            return (_errand(CANCEL, tender, carrier),)
        case TenderRefused(tender=tender):
            state = look(record.stream)
            if state.status is not TenderStatus.refused:
                return ()
            again = _anew(state.consignment.delivery, record.recorded_at)
            return (CancelTimer(f"expire/{tender}"), again)
        case TenderExpired(tender=tender):
            state = look(record.stream)
            # Whoever was silent may have taken it all the same.
            told = tuple(_errand(CANCEL, tender, carrier) for carrier in state.silent)
            return (*told, _anew(state.consignment.delivery, record.recorded_at))
        case TenderRecalled(tender=tender, asked=asked):
            return (CancelTimer(f"expire/{tender}"), *(_errand(CANCEL, tender, one) for one in asked))
        case _:
            return ()


def _ask_at(decided: RoutingDecided, book: PolicyBook) -> Consequence:
    timer = f"tender/{decided.delivery}"
    if decided.tender_at is None or decided.carrier in (None, OWN_FLEET):
        return CancelTimer(timer)
    assert decided.carrier is not None, "somebody is asked"
    because = book.contracts.because(decided.carrier, f"service.{decided.service}")
    return SetTimer(timer, decided.tender_at, Wake(OFFER_TENDER, decided.delivery), because)


def _recall_before(decided: RoutingDecided, look: Look) -> tuple[Consequence, ...]:
    """A new decision takes back what the one before it had asked for."""
    routing: RoutingState = look(StreamId(f"routing/{decided.delivery}"))
    before = len(routing.decisions) - 1
    if before < 1:
        return ()
    return _recall(tender_id(decided.delivery, before), look, "decided anew", decided.at)


def _let_go(delivery: DeliveryId, look: Look, at: Instant) -> tuple[Consequence, ...]:
    routing: RoutingState | None = look(StreamId(f"routing/{delivery}"))
    if routing is None:
        return ()
    tender = tender_id(delivery, len(routing.decisions))
    return (CancelTimer(f"tender/{delivery}"), *_recall(tender, look, "the delivery is cancelled", at))


def _given_back(delivery: DeliveryId, carrier: CarrierId, look: Look, at: Instant) -> tuple[Consequence, ...]:
    """A carrier that had accepted it lets it go: it is decided anew, while there is time."""
    routing: RoutingState | None = look(StreamId(f"routing/{delivery}"))
    if routing is None:
        return ()
    tender = tender_id(delivery, len(routing.decisions))
    state: TenderState | None = look(StreamId(f"tender/{tender}"))
    if state is None or state.status is not TenderStatus.accepted or state.accepted is None:
        return ()
    if state.accepted.carrier != carrier:
        return ()
    return (RecordCancellation(tender, carrier, 0, at), _anew(delivery, at))


def _recall(tender: TenderId, look: Look, why: str, at: Instant) -> tuple[Consequence, ...]:
    state: TenderState | None = look(StreamId(f"tender/{tender}"))
    if state is None or state.status not in (TenderStatus.offered, TenderStatus.accepted):
        return ()
    return (CancelTender(tender, why, at),)


def _errand(kind: str, tender: TenderId, carrier: CarrierId) -> QueueEffect:
    body = msgspec.json.encode(CarrierErrand(carrier, tender)).decode()
    # One subject for each shipment: a cancellation never overtakes its booking.
    return QueueEffect(f"{kind}/{tender}/{carrier}", f"{tender}/{carrier}", kind, body)


def _anew(delivery: DeliveryId, at: Instant) -> SetTimer:
    return SetTimer(f"anew/{delivery}", at, Wake(ROUTE_ANEW, delivery))
