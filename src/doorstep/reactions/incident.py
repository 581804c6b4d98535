"""Cases with one cause gather under one incident, which has a clock and ends with the last of them."""

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.incident import IncidentState, incident_id
from doorstep.policy.book import PolicyBook
from doorstep.policy.incidents import cause_in
from doorstep.vocabulary.case import CaseClosed, CaseOpened
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import IncidentId
from doorstep.vocabulary.incident import (
    Cause,
    EscalateIncident,
    GatherCase,
    IncidentClosed,
    IncidentEscalated,
    IncidentOpened,
    ReleaseCase,
)
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, Reasoned, SetTimer
from doorstep.vocabulary.units import Instant


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """What the event means for the incident of its cause."""
    match record.data:
        case CaseOpened(case=case, kind=kind, subject=subject, at=at):
            found = book.incidents.behind(kind, subject)
            if found is None:
                return ()
            cause, about = found
            gather = GatherCase(incident_id(cause, about), cause, about, case, kind, subject.order, at)
            return (Reasoned(gather, book.incidents.because(cause)),)
        case CaseClosed(at=at):
            return _release(look(record.stream), look, at)
        case IncidentOpened(incident=incident, due_at=due_at):
            return (_clock(incident, due_at),)
        case IncidentEscalated(incident=incident, due_at=due_at):
            return (_clock(incident, due_at),)
        case IncidentClosed(incident=incident):
            return (CancelTimer(f"incident/{incident}"),)
        case _:
            return ()


def _release(case: CaseState, look: Look, at: Instant) -> tuple[Consequence, ...]:
    """Out of the incident that has it, whichever causes the policy counts by now."""
    found = []
    for cause in Cause:
        about = cause_in(case.subject, cause)
        if about is not None:
            incident = incident_id(cause, about)
            state: IncidentState | None = look(StreamId(f"incident/{incident}"))
            if state is not None and case.id in state.cases:
                found.append(ReleaseCase(incident, case.id, at))
    return tuple(found)


def _clock(incident: IncidentId, due_at: Instant) -> SetTimer:
    return SetTimer(f"incident/{incident}", due_at, EscalateIncident(incident, due_at))
