"""A carrier that does not answer is a case, until it answers again."""

from doorstep.lifecycle.carrier import CarrierState
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.opening import case_id, open_case
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.carrier import CarrierPaused, CarrierResumed
from doorstep.vocabulary.case import CaseKind, CaseRecord, CaseSubject, CloseCase
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import Consequence, Look

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
        case _:
            return ()
