"""A carrier that does not answer, or keeps what we took back, is a case until it answers or lets go."""

from doorstep.lifecycle.carrier import CarrierState
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.opening import case_id, open_case, settled_by_fact
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.carrier import CarrierPaused, CarrierResumed
from doorstep.vocabulary.case import CaseKind, CaseRecord, CaseSubject, CloseCase
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.tender import CancellationRefused, TenderCancelled
from doorstep.vocabulary.timer import Consequence, Look
from doorstep.vocabulary.units import Instant

BY_FACT = "doorstep"
"""Who closes a case that a fact has settled."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """One case for each outage, whatever it holds up."""
    match record.data:
        case CarrierPaused(carrier=carrier, why=why, at=at):
            state: CarrierState = look(record.stream)
            return (
                open_case(
                    book, CaseKind.carrier_outage, (carrier, str(state.outages)),
                    subject=CaseSubject(carrier=carrier), at=at, breach_at=None,
                    happened=f"{carrier} did not answer {book.routing.breaker.failures} times in a row",
                    why=why,
                ),
            )  # fmt: skip
        case CarrierResumed(carrier=carrier, at=at):
            state = look(record.stream)
            case = case_id(CaseKind.carrier_outage, carrier, str(state.outages))
            opened: CaseState | None = look(StreamId(f"case/{case}"))
            if opened is None or not opened.open:
                return ()
            told = CaseRecord(
                opened.happened, opened.why, "it answers again; what waited was sent another way",
                "nothing yet: one case is no pattern",
            )  # fmt: skip
            return (CloseCase(case, "answers again", told, BY_FACT, at),)
        case CancellationRefused(tender=tender, carrier=carrier, text=text, at=at):
            return _kept(look(record.stream), carrier, text, at, book)
        case TenderCancelled(tender=tender, carrier=carrier, at=at):
            # It let go after all.
            kept: CaseState | None = look(
                StreamId(f"case/{case_id(CaseKind.cancel_refused, tender, carrier)}")
            )
            return settled_by_fact(kept, "let go", f"{carrier} let it go after all", at)
        case _:
            return ()


def _kept(
    tender: TenderState, carrier: CarrierId, text: str, at: Instant, book: PolicyBook
) -> tuple[Consequence, ...]:
    """What a carrier keeps although nobody wants it there is somebody's: it may come to the door twice."""
    told = tender.consignment
    return (
        open_case(
            book, CaseKind.cancel_refused, (tender.id, carrier),
            subject=CaseSubject(told.order, told.delivery, carrier=carrier), at=at,
            breach_at=told.window.start,
            happened=f"{carrier} keeps a delivery that was taken back from it",
            why=text or "the carrier gives no reason",
        ),
    )  # fmt: skip
