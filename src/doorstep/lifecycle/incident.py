"""The life of an incident.

watching (too few cases with this cause) ─▶ open (a role owns it) ─▶ closed with its last case
  ▲                                          └── overdue ─▶ escalated, and again until someone acts
  └── the same cause again, at any time later: the same incident, once more
"""

from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CaseId, IncidentId, OrderId, derive
from doorstep.vocabulary.incident import (
    AnyIncidentCommand,
    AnyIncidentEvent,
    CaseGathered,
    CaseReleased,
    Cause,
    ClaimIncident,
    EscalateIncident,
    GatherCase,
    IncidentClaimed,
    IncidentClosed,
    IncidentEscalated,
    IncidentOpened,
    ReleaseCase,
)
from doorstep.vocabulary.units import Instant, after

CASES_MAX: Final = 10_000
"""Open cases that one incident gathers; what comes beyond stands as a case by itself."""


class IncidentState(msgspec.Struct, frozen=True):
    """A cause with its open cases; an incident while `opened_at` stands and `closed_at` does not.

    `orders` are all that it touched since the first of its present cases, `times` how often it was opened.
    """

    id: IncidentId
    cause: Cause
    about: str
    cases: frozenset[CaseId] = frozenset()
    orders: frozenset[OrderId] = frozenset()
    owner: str = ""
    due_at: Instant = Instant(0)
    next_step: str = ""
    opened_at: Instant | None = None
    claimed_at: Instant | None = None
    closed_at: Instant | None = None
    level: int = 0
    times: int = 0

    @property
    def open(self) -> bool:
        """Whether it is an incident that someone has to see to."""
        return self.opened_at is not None and self.closed_at is None


def incident_id(cause: Cause, about: str) -> IncidentId:
    """The id of the incident behind which this cause is: one cause, one incident."""
    return IncidentId(derive("inc", cause, about))


def decide(
    state: IncidentState | None, command: AnyIncidentCommand, book: PolicyBook
) -> tuple[AnyIncidentEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    if isinstance(command, GatherCase):
        return _gather(state, command, book)
    if state is None or (not state.open and isinstance(command, ClaimIncident)):
        return Refusal("incident_unknown", f"there is no incident {command.incident}")
    match command:
        case ReleaseCase(incident=incident, case=case, at=at):
            if case not in state.cases:
                return ()
            released = CaseReleased(incident, case, at)
            is_last = state.open and state.cases == {case}
            return (released, IncidentClosed(incident, at)) if is_last else (released,)
        case ClaimIncident(incident=incident, owner=owner, at=at):
            return () if owner == state.owner else (IncidentClaimed(incident, owner, at),)
        case EscalateIncident(incident=incident, at=at):
            if not state.open or at < state.due_at:
                return ()  # its cases were closed since the timer was set
            rule = book.incidents.cause[state.cause]
            level = state.level + 1
            due_at = after(at, rule.escalate_minutes * 60)
            return (IncidentEscalated(incident, level, rule.owner_at(level), due_at, at),)
        case _:
            assert_never(command)


def _gather(
    state: IncidentState | None, command: GatherCase, book: PolicyBook
) -> tuple[AnyIncidentEvent, ...]:
    cases = state.cases if state else frozenset()
    if command.case in cases or len(cases) >= CASES_MAX:
        return ()
    incident, at, rule = command.incident, command.at, book.incidents.cause[command.cause]
    fields = {name: getattr(command, name) for name in command.__struct_fields__}
    gathered = CaseGathered(**fields)
    if (state is not None and state.open) or len(cases) + 1 < rule.cases_min:
        return (gathered,)
    due_at = after(at, rule.due_minutes * 60)
    return (gathered, IncidentOpened(incident, rule.owner, due_at, rule.steps[0], at))


def evolve(state: IncidentState | None, event: AnyIncidentEvent) -> IncidentState:
    """The state after the event."""
    replace = msgspec.structs.replace
    if isinstance(event, CaseGathered):
        state = state or IncidentState(event.incident, event.cause, event.about)
        orders = state.orders if state.cases else frozenset()
        named = orders | {event.order} if event.order else orders
        return replace(state, cases=state.cases | {event.case}, orders=named)
    assert state is not None, f"{event} before any case had this cause"
    match event:
        case CaseReleased(case=case):
            return replace(state, cases=state.cases - {case})
        case IncidentOpened(owner=owner, due_at=due_at, next_step=next_step, at=at):
            fresh = IncidentState(state.id, state.cause, state.about, state.cases, state.orders)
            return replace(
                fresh, owner=owner, due_at=due_at, next_step=next_step, opened_at=at, times=state.times + 1
            )
        case IncidentClaimed(owner=owner, at=at):
            return replace(state, owner=owner, claimed_at=state.claimed_at or at)
        case IncidentEscalated(level=level, owner=owner, due_at=due_at):
            return replace(state, level=level, owner=owner, due_at=due_at)
        case IncidentClosed(at=at):
            return replace(state, closed_at=at)
        case _:
            assert_never(event)
