"""A case has a clock: every due time sets the timer that takes it up, and closing stops it."""

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import (
    CaseClosed,
    CaseEscalated,
    CaseOpened,
    CaseSnoozed,
    EscalateCase,
    StepRun,
)
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer
from doorstep.vocabulary.units import Instant


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The case's timer."""
    del look, book
    match record.data:
        case CaseOpened(case=case, due_at=due_at) | StepRun(case=case, due_at=due_at):
            return (_clock(case, due_at),)
        case CaseEscalated(case=case, due_at=due_at) | CaseSnoozed(case=case, until=due_at):
            return (_clock(case, due_at),)
        case CaseClosed(case=case):
            return (CancelTimer(f"case/{case}"),)
        case _:
            return ()


def _clock(case: CaseId, due_at: Instant) -> SetTimer:
    return SetTimer(f"case/{case}", due_at, EscalateCase(case, due_at))
