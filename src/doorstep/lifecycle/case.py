"""The life of a case.

open (a role owns it) ─▶ claimed (a person) ─▶ steps … ─▶ closed, with the four-part record
  └── overdue ─▶ escalated, and again until someone acts
"""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import (
    AnyCaseCommand,
    AnyCaseEvent,
    CaseClaimed,
    CaseClosed,
    CaseEscalated,
    CaseKind,
    CaseOpened,
    CaseRecord,
    CaseSnoozed,
    CaseSubject,
    ClaimCase,
    CloseCase,
    EscalateCase,
    OpenCase,
    RecordTold,
    RunStep,
    ShopperTold,
    SnoozeCase,
    StepRun,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.units import Instant, after


class CaseState(msgspec.Struct, frozen=True):
    """A case: `level` counts escalations, `record` stands once it is closed."""

    id: CaseId
    kind: CaseKind
    subject: CaseSubject
    owner: str
    due_at: Instant
    breach_at: Instant | None
    next_step: str
    happened: str
    why: str
    opened_at: Instant
    level: int = 0
    claimed_at: Instant | None = None
    told_at: Instant | None = None
    closed_at: Instant | None = None
    record: CaseRecord | None = None

    @property
    def open(self) -> bool:
        """Whether someone still has to do something."""
        return self.closed_at is None


def decide(
    state: CaseState | None, command: AnyCaseCommand, book: PolicyBook
) -> tuple[AnyCaseEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    case = command.case
    if isinstance(command, OpenCase):
        if state is not None:
            return ()  # the same cause opens the same case once
        fields = {name: getattr(command, name) for name in command.__struct_fields__}
        return (CaseOpened(**fields),)
    if state is None:
        return Refusal("case_unknown", f"there is no case {case}")
    if not state.open:
        if isinstance(command, (EscalateCase, CloseCase)):
            return ()  # a timer or a cause that ended while someone closed it
        return Refusal("case_closed", "the case is closed")
    match command:
        case ClaimCase(owner=owner, at=at):
            return () if owner == state.owner else (CaseClaimed(case, owner, at),)
        case RunStep(step=step, by=by, note=note, next_step=next_step, due_at=due_at, at=at):
            return (StepRun(case, step, by, note, next_step, due_at, at),)
        case RecordTold(by=by, at=at):
            return () if state.told_at is not None else (ShopperTold(case, by, at),)
        case EscalateCase(at=at):
            if at < state.due_at:
                return ()  # someone acted since the timer was set
            playbook = book.playbooks.kind[state.kind]
            level = state.level + 1
            due_at = after(at, playbook.escalate_minutes * 60)
            return (CaseEscalated(case, level, playbook.owner_at(level), due_at, at),)
        case SnoozeCase(until=until, why=why, by=by):
            if not why.strip():
                return Refusal("reason_missing", "a case waits only for a reason", ("why",))
            return (CaseSnoozed(case, until, why, by),)
        case CloseCase(resolution=resolution, record=record, by=by, at=at):
            return (CaseClosed(case, resolution, record, by, at),)
        case _:
            assert_never(command)


def evolve(state: CaseState | None, event: AnyCaseEvent) -> CaseState:
    """The state after the event."""
    if isinstance(event, CaseOpened):
        return CaseState(
            event.case, event.kind, event.subject, event.owner, event.due_at, event.breach_at,
            event.next_step, event.happened, event.why, event.at,
        )  # fmt: skip
    assert state is not None, f"{event} before the case was open"
    replace = msgspec.structs.replace
    match event:
        case CaseClaimed(owner=owner, at=at):
            return replace(state, owner=owner, claimed_at=state.claimed_at or at)
        case StepRun(next_step=next_step, due_at=due_at):
            return replace(state, next_step=next_step, due_at=due_at)
        case ShopperTold(at=at):
            return replace(state, told_at=at)
        case CaseEscalated(level=level, owner=owner, due_at=due_at):
            return replace(state, level=level, owner=owner, due_at=due_at)
        case CaseSnoozed(until=until):
            return replace(state, due_at=until)
        case CaseClosed(record=record, at=at):
            return replace(state, record=record, closed_at=at)
        case _:
            assert_never(event)
