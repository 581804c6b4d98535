"""Case times: minutes to owner, to first action, to shopper told, to resolution; handovers per case.

All run from the case's opening. An owner is the first person who claims it (a role owns it from the start);
a first action is the first step of its playbook that was run. A handover is every change of the owner after
the first claim, an escalation to another role included. A case that a fact ended was resolved when we learned
of the fact: until then somebody worked on it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from doorstep.views.intervals import Mean, Spread, mean_of, spread_of
from doorstep.views.period import Period
from doorstep.vocabulary.case import (
    CaseClaimed,
    CaseClosed,
    CaseEscalated,
    CaseKind,
    CaseOpened,
    CaseSubject,
    ShopperTold,
    StepRun,
)
from doorstep.vocabulary.ids import CarrierId, CaseId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant, seconds_between


class CaseFigures(msgspec.Struct, frozen=True):
    """Cases opened in a period. Each time has its own number of cases: those to which it has happened."""

    opened: int
    closed: int
    open: int
    escalated: int
    to_owner: Spread
    to_first_action: Spread
    to_shopper_told: Spread
    to_resolution: Spread
    handovers_per_case: Mean


class CaseSummary(msgspec.Struct, frozen=True):
    """Cases of all kinds together, and kind by kind; a kind without a case has zeros."""

    total: CaseFigures
    by_kind: dict[str, CaseFigures]


@dataclass(slots=True)
class _Story:
    kind: CaseKind
    subject: CaseSubject
    opened_at: Instant
    owner: str
    claimed_at: Instant | None = None
    acted_at: Instant | None = None
    told_at: Instant | None = None
    closed_at: Instant | None = None
    handovers: int = 0
    escalations: int = 0


class CaseTimes:
    """A fold over the log."""

    def __init__(self) -> None:
        self._stories: dict[CaseId, _Story] = {}

    def apply(self, record: Record) -> None:
        """Take one event in."""
        match record.data:
            case CaseOpened(case=case, kind=kind, subject=subject, owner=owner, at=at):
                self._stories[case] = _Story(kind, subject, at, owner)
            case CaseClaimed(case=case, owner=owner, at=at):
                story = self._stories[case]
                story.handovers += story.claimed_at is not None and owner != story.owner
                story.owner = owner
                story.claimed_at = at if story.claimed_at is None else story.claimed_at
            case CaseEscalated(case=case, owner=owner):
                story = self._stories[case]
                story.handovers += story.claimed_at is not None and owner != story.owner
                story.owner = owner
                story.escalations += 1
            case StepRun(case=case, at=at):
                story = self._stories[case]
                story.acted_at = at if story.acted_at is None else story.acted_at
            case ShopperTold(case=case, at=at):
                story = self._stories[case]
                story.told_at = at if story.told_at is None else story.told_at
            case CaseClosed(case=case, at=at):
                # A fact that closes it may lie before its opening: we had not learned of it yet.
                self._stories[case].closed_at = max(at, record.recorded_at)
            case _:
                pass

    def summary(self, period: Period) -> CaseSummary:
        """The figures of the cases opened in the period."""
        stories = [story for story in self._stories.values() if period.holds(story.opened_at)]
        return CaseSummary(
            total=_figures(stories),
            by_kind={
                kind.value: _figures([story for story in stories if story.kind is kind]) for kind in CaseKind
            },
        )

    def by_carrier(
        self, period: Period, whose: Callable[[CaseSubject, Instant], CarrierId]
    ) -> dict[CarrierId, CaseSummary]:
        """The same figures carrier by carrier, with the kinds that each has.

        `whose` says to which carrier a case belongs, by what it is about and when it opened.
        """
        groups: dict[CarrierId, list[_Story]] = {}
        for story in self._stories.values():
            if period.holds(story.opened_at):
                groups.setdefault(whose(story.subject, story.opened_at), []).append(story)
        return {carrier: _seen(stories) for carrier, stories in groups.items()}


def _seen(stories: Sequence[_Story]) -> CaseSummary:
    """The figures with the kinds that there are."""
    kinds = [kind for kind in CaseKind if any(story.kind is kind for story in stories)]
    return CaseSummary(
        _figures(stories),
        {kind.value: _figures([story for story in stories if story.kind is kind]) for kind in kinds},
    )


def _figures(stories: Sequence[_Story]) -> CaseFigures:
    closed = sum(story.closed_at is not None for story in stories)
    return CaseFigures(
        opened=len(stories),
        closed=closed,
        open=len(stories) - closed,
        escalated=sum(story.escalations > 0 for story in stories),
        to_owner=_spread((story.opened_at, story.claimed_at) for story in stories),
        to_first_action=_spread((story.opened_at, story.acted_at) for story in stories),
        to_shopper_told=_spread((story.opened_at, story.told_at) for story in stories),
        to_resolution=_spread((story.opened_at, story.closed_at) for story in stories),
        handovers_per_case=mean_of([story.handovers for story in stories]),
    )


def _spread(spans: Iterable[tuple[Instant, Instant | None]]) -> Spread:
    return spread_of([seconds_between(start, end) for start, end in spans if end is not None])


NO_CASES: Final = _seen(())
"""Where there is none."""
