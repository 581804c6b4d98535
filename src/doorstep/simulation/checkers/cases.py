"""Invariant 4: an open case has one owner, a due time and a next step; an overdue one goes up in a tick."""

from dataclasses import dataclass
from typing import ClassVar

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.case import (
    CaseClaimed,
    CaseClosed,
    CaseEscalated,
    CaseEvent,
    CaseOpened,
    CaseSnoozed,
    StepRun,
)
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant, after


@dataclass(slots=True)
class _Open:
    owner: str
    due_at: Instant
    next_step: str


class CaseOwners(Checker):
    """No event finds a case without owner, due time or next step, or more than a tick overdue.

    `tick_s` is how long a due timer may wait; `as_of` is the instant to which the log is told.
    """

    number: ClassVar[int] = 4
    name: ClassVar[str] = "an open case has an owner, a due time, a next step, and escalates"

    def __init__(self, tick_s: int, as_of: Instant) -> None:
        self._tick_s = tick_s
        self._as_of = as_of

    def inspect(self, log: Log, tally: Tally) -> None:
        """Follow every case from event to event."""
        cases: dict[CaseId, _Open] = {}
        closed: set[CaseId] = set()
        for record in log.records:
            match record.data:
                case CaseEvent() as event:
                    self._follow(record, event, cases, closed, tally)
                case _:
                    pass
        for case, now in sorted(cases.items()):
            self._in_time(case, now, self._as_of, "the day's end", tally)

    def _follow(
        self,
        record: Record,
        event: CaseEvent,
        cases: dict[CaseId, _Open],
        closed: set[CaseId],
        tally: Tally,
    ) -> None:
        case, where = event.case, f"position {record.position}"
        if isinstance(event, CaseOpened):
            tally.that(case not in cases and case not in closed, case, f"opened a second time at {where}")
            cases[case] = _Open(event.owner, event.due_at, event.next_step)
        elif not tally.that(case in cases, case, f"{type(event).__name__} at {where} while it is not open"):
            return
        else:
            self._in_time(case, cases[case], record.recorded_at, where, tally)
            _change(cases[case], event)
        now = cases[case]
        whole = bool(now.owner.strip() and now.due_at > 0 and now.next_step.strip())
        tally.that(whole, case, f"after {where} it lacks an owner, a due time or a next step")
        if isinstance(event, CaseClosed):
            del cases[case]
            closed.add(case)

    def _in_time(self, case: CaseId, now: _Open, at: Instant, where: str, tally: Tally) -> None:
        late_s = (at - after(now.due_at, self._tick_s)) // 1_000_000
        tally.that(late_s <= 0, case, f"at {where} it was overdue and had not gone up for {late_s} s")


def _change(now: _Open, event: CaseEvent) -> None:
    match event:
        case CaseClaimed(owner=owner):
            now.owner = owner
        case StepRun(next_step=next_step, due_at=due_at):
            now.next_step, now.due_at = next_step, due_at
        case CaseEscalated(owner=owner, due_at=due_at):
            now.owner, now.due_at = owner, due_at
        case CaseSnoozed(until=until):
            now.due_at = until
        case _:
            pass
