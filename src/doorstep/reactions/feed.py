"""What a carrier's feed says, and what it does not say: silence, stillness, contradiction, unknown words."""

from typing import Final

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import case_id, open_case, settled_by_fact
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    BackAtHub,
    CarrierWord,
    DeliveryCancelled,
    DeliveryEvent,
    DeliveryLost,
    DeliveryStatus,
    PickedUp,
    RecordReport,
    StatusReported,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import CarrierId, DeliveryId
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.tender import TenderAccepted
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer
from doorstep.vocabulary.units import Instant, after

KIND_BY_REASON: Final = {
    Reason.damaged: CaseKind.damage,
    Reason.lost: CaseKind.loss,
    Reason.refused: CaseKind.refusal,
    Reason.temperature_excursion: CaseKind.cold_chain,
}
"""Reasons that are a case of their own, whatever else follows."""
ACCEPTED_CODE: Final = "tender.accepted"
"""The code of the evidence that an acceptance itself is."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Clocks of a feed, and the cases that it opens and closes."""
    match record.data:
        case TenderAccepted(tender=tender, carrier=carrier, at=at):
            state: TenderState = look(record.stream)
            said = CarrierWord(carrier, ACCEPTED_CODE)
            accepted = DeliveryStatus.accepted
            delivery = state.consignment.delivery
            taken = RecordReport(delivery, f"accepted/{tender}", at, said, accepted)
            return (taken, _still(state, carrier, record.recorded_at, book))
        case DeliveryCancelled(delivery=delivery):
            return _quiet(delivery)
        case DeliveryEvent(said=CarrierWord() as said) as event:
            return _told(event, said, record, look, book)
        case _:
            return ()


def _told(
    event: DeliveryEvent, said: CarrierWord, record: Record, look: Look, book: PolicyBook
) -> tuple[Consequence, ...]:
    delivery: DeliveryState = look(record.stream)
    created = delivery.created
    if created is None:
        return ()
    subject = CaseSubject(created.order, created.delivery, carrier=said.carrier)
    breach_at = created.window.end
    follows: list[Consequence] = []
    at = record.recorded_at

    def opens(kind: CaseKind, about: tuple[str, ...], happened: str, why: str) -> None:
        follows.append(
            open_case(
                book, kind, about, subject=subject, at=at, breach_at=breach_at, happened=happened, why=why
            )
        )

    if isinstance(event, StatusReported) and event.status is None and not event.nearby:
        opens(
            CaseKind.unmapped_code,
            (said.carrier, said.code),
            f"{said.carrier} says {said.code!r}",
            "unmapped",
        )
    for first, second in delivery.contradictions:
        if event.key in (first, second):
            about = (created.delivery, *sorted((first, second)))
            why = "two things that cannot both be true"
            opens(CaseKind.contradiction, about, f"{said.carrier} says {said.code!r} beside its end", why)
    reason = getattr(event, "reason", None)
    if isinstance(event, (AttemptFailed, StatusReported)) and reason in KIND_BY_REASON:
        opens(KIND_BY_REASON[reason], (created.delivery,), f"{said.carrier} says {said.code!r}", str(reason))
    if isinstance(event, DeliveryLost):
        opens(CaseKind.loss, (created.delivery,), f"{said.carrier} declares it lost", event.reason)
    moved = not isinstance(event, StatusReported) or event.status not in (None, DeliveryStatus.accepted)
    if moved:
        follows += _settle(CaseKind.no_movement, created.delivery, look, at, "it moves")
        follows.append(CancelTimer(f"movement/{created.delivery}"))
    follows += _settle(CaseKind.carrier_silence, created.delivery, look, at, "it was heard of")
    if delivery.over or isinstance(event, BackAtHub):
        return (*follows, *_quiet(created.delivery))
    if isinstance(event, PickedUp) or moved:
        follows.append(_silence(delivery, said.carrier, at, book))
    return tuple(follows)


def _still(state: TenderState, carrier: CarrierId, accepted_at: Instant, book: PolicyBook) -> Consequence:
    """Not collected when its window opens: it has not moved. Who accepts later gets the time of a silence."""
    job, contract = state.consignment, book.contracts.carrier.get(carrier)
    look_at = max(job.window.start, after(accepted_at, contract.silence_s if contract else 0))
    opened = open_case(
        book, CaseKind.no_movement, (job.delivery,),
        subject=CaseSubject(job.order, job.delivery, carrier=carrier), at=look_at, breach_at=job.window.end,
        happened=f"{carrier} accepted it, and nobody has collected it", why="no scan since the acceptance",
    )  # fmt: skip
    return SetTimer(f"movement/{job.delivery}", look_at, opened.command, opened.because)


def _silence(delivery: DeliveryState, carrier: CarrierId, at: Instant, book: PolicyBook) -> Consequence:
    created, contract = delivery.created, book.contracts.carrier.get(carrier)
    assert created is not None, "only a delivery that was created is reported on"
    if contract is None:
        return CancelTimer(f"silence/{created.delivery}")
    look_at = after(at, contract.silence_s)
    opened = open_case(
        book, CaseKind.carrier_silence, (created.delivery,),
        subject=CaseSubject(created.order, created.delivery, carrier=carrier), at=look_at,
        breach_at=created.window.end, happened=f"{carrier} said nothing for {contract.silence_s // 60} min",
        why="no event where one is due",
    )  # fmt: skip
    return SetTimer(f"silence/{created.delivery}", look_at, opened.command, opened.because)


def _quiet(delivery: DeliveryId) -> tuple[Consequence, ...]:
    return (CancelTimer(f"movement/{delivery}"), CancelTimer(f"silence/{delivery}"))


def _settle(
    kind: CaseKind, delivery: DeliveryId, look: Look, at: Instant, done: str
) -> tuple[Consequence, ...]:
    state: CaseState | None = look(StreamId(f"case/{case_id(kind, delivery)}"))
    return settled_by_fact(state, "heard of", done, at)
