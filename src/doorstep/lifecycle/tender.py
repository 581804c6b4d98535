"""The life of a tender.

    offered ─▶ accepted ─▶ recalled ─▶ cancelled        the carrier may also keep it: back to accepted
       │  └──▶ recalled ─▶ cancelled                    taken back before anyone answered
       ├─▶ refused      all that were asked said no
       └─▶ expired      nobody answered in time

Exactly one acceptance counts: one that comes when another stands, or when the tender is over, is surplus, and
is cancelled with the carrier that sent it.
"""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CarrierId, TenderId
from doorstep.vocabulary.tender import (
    AnyTenderCommand,
    AnyTenderEvent,
    CancellationRefused,
    CancelTender,
    Consignment,
    ExpireTender,
    LabelVoided,
    OfferTender,
    RecordAcceptance,
    RecordCancellation,
    RecordCancelRefusal,
    RecordRefusal,
    SurplusAcceptance,
    TenderAccepted,
    TenderCancelled,
    TenderExpired,
    TenderOffer,
    TenderOffered,
    TenderRecalled,
    TenderRefused,
    TenderStatus,
)
from doorstep.vocabulary.units import Instant


class TenderState(msgspec.Struct, frozen=True):
    """A tender as its events tell it; `silent` are the carriers that have not answered."""

    id: TenderId
    consignment: Consignment
    offers: tuple[TenderOffer, ...]
    answer_by: Instant
    status: TenderStatus
    silent: tuple[CarrierId, ...]
    accepted: TenderAccepted | None = None
    surplus: tuple[SurplusAcceptance, ...] = ()
    cancelled: tuple[CarrierId, ...] = ()
    refused: tuple[TenderRefused, ...] = ()
    label_void: bool = False

    def offer(self, carrier: CarrierId) -> TenderOffer | None:
        """What a carrier was asked; None where it was not."""
        return next((offer for offer in self.offers if offer.carrier == carrier), None)

    def knows(self, carrier: CarrierId, reference: str) -> bool:
        """Whether this acceptance is on record already."""
        taken = (*((self.accepted,) if self.accepted else ()), *self.surplus)
        return any((one.carrier, one.reference) == (carrier, reference) for one in taken)


def decide(
    state: TenderState | None, command: AnyTenderCommand, book: PolicyBook
) -> tuple[AnyTenderEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no; what was told before changes nothing."""
    del book
    tender = command.tender
    if isinstance(command, OfferTender):
        if state is not None:
            return Refusal("tender_exists", f"tender {tender} stands already")
        return (TenderOffered(tender, command.consignment, command.offers, command.answer_by, command.at),)
    if state is None:
        return Refusal("tender_unknown", f"there is no tender {tender}")
    match command:
        case RecordAcceptance():
            return _accept(state, command)
        case RecordRefusal(carrier=carrier, reason=reason, text=text, at=at):
            if carrier not in state.silent:
                return ()
            return (TenderRefused(tender, carrier, reason, text, at),)
        case ExpireTender(at=at):
            return (TenderExpired(tender, at),) if state.status is TenderStatus.offered else ()
        case CancelTender(why=why, at=at):
            if state.status is TenderStatus.accepted and state.accepted is not None:
                return (TenderRecalled(tender, why, (state.accepted.carrier,), at),)
            if state.status is TenderStatus.offered:
                return (TenderRecalled(tender, why, state.silent, at),)
            return ()
        case RecordCancellation(carrier=carrier, fee_minor=fee_minor, at=at):
            if carrier in state.cancelled or state.offer(carrier) is None:
                return ()
            gone = TenderCancelled(tender, carrier, fee_minor, at)
            taken = state.accepted
            if taken is None or taken.carrier != carrier or taken.label is None:
                return (gone,)
            return (gone, LabelVoided(tender, carrier, taken.label, at))
        case RecordCancelRefusal(carrier=carrier, text=text, at=at):
            if carrier in state.cancelled or state.offer(carrier) is None:
                return ()
            return (CancellationRefused(tender, carrier, text, at),)
        case _:
            assert_never(command)


def _accept(state: TenderState, command: RecordAcceptance) -> tuple[AnyTenderEvent, ...] | Refusal:
    carrier, reference, at = command.carrier, command.reference, command.at
    offer = state.offer(carrier)
    if offer is None:
        return Refusal("not_asked", f"{carrier} was not asked in this tender", ("carrier",))
    if offer.currency != command.currency:
        detail = f"{carrier} answers in {command.currency}, the contract is in {offer.currency}"
        return Refusal("wrong_currency", detail, ("currency",))
    if state.knows(carrier, reference):
        return ()
    if state.status is not TenderStatus.offered:
        return (SurplusAcceptance(state.id, carrier, reference, at),)
    return (
        TenderAccepted(
            state.id, carrier, reference, command.price_minor, command.currency, command.label, at
        ),
    )


def evolve(state: TenderState | None, event: AnyTenderEvent) -> TenderState:
    """The tender after the event."""
    if isinstance(event, TenderOffered):
        silent = tuple(offer.carrier for offer in event.offers)
        return TenderState(
            event.tender, event.consignment, event.offers, event.answer_by, TenderStatus.offered, silent
        )
    assert state is not None, "a tender begins with its offer"
    replace, status = msgspec.structs.replace, TenderStatus
    match event:
        case TenderAccepted(carrier=carrier):
            return replace(state, status=status.accepted, accepted=event, silent=_less(state, carrier))
        case SurplusAcceptance(carrier=carrier):
            return replace(state, surplus=(*state.surplus, event), silent=_less(state, carrier))
        case TenderRefused(carrier=carrier):
            silent = _less(state, carrier)
            over = not silent and state.status is status.offered
            return replace(
                state,
                status=status.refused if over else state.status,
                silent=silent,
                refused=(*state.refused, event),
            )
        case TenderExpired():
            return replace(state, status=status.expired)
        case TenderRecalled():
            return replace(state, status=status.recalled)
        case TenderCancelled(carrier=carrier):
            held = state.accepted is None or state.accepted.carrier == carrier
            # Recalled by us, or let go by who had accepted it.
            accepted = state.status is status.accepted and state.accepted is not None
            over = held and (accepted or state.status is status.recalled)
            return replace(
                state,
                status=status.cancelled if over else state.status,
                cancelled=(*state.cancelled, carrier),
                silent=_less(state, carrier),
            )
        case LabelVoided():
            return replace(state, label_void=True)
        case CancellationRefused(carrier=carrier):
            kept = state.status is status.recalled and state.accepted is not None
            return replace(state, status=status.accepted if kept else state.status)
        case _:
            assert_never(event)


def _less(state: TenderState, carrier: CarrierId) -> tuple[CarrierId, ...]:
    return tuple(one for one in state.silent if one != carrier)
