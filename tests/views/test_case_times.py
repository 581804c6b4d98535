"""Case times told event by event."""

import pytest
from msgspec.structs import replace
from tests.views.diary import Diary, clock

from doorstep.views.case_times import CaseFigures, CaseTimes
from doorstep.views.period import Period
from doorstep.vocabulary.case import (
    AnyCaseEvent,
    CaseClaimed,
    CaseClosed,
    CaseEscalated,
    CaseKind,
    CaseOpened,
    CaseRecord,
    CaseSubject,
    ShopperTold,
    StepRun,
)
from doorstep.vocabulary.ids import CaseId

CASE = CaseId("cas_1")
OPENED = CaseOpened(
    CASE, CaseKind.shortage, CaseSubject(), "hub_lead", clock(10), None, "search", "short", "why", clock(9)
)
CLOSED = CaseClosed(CASE, "found", CaseRecord("a", "b", "c", "d"), "anna", clock(10))


def _figures(*events: AnyCaseEvent) -> CaseFigures:
    diary, times = Diary(), CaseTimes()
    diary.tell(clock(9), OPENED)
    for event in events:
        diary.tell(getattr(event, "at", clock(9)), event)
    for record in diary.records:
        times.apply(record)
    return times.summary(Period.whole(clock(23))).by_kind["shortage"]


def test_each_time_runs_from_the_opening_to_the_first_such_event() -> None:
    """Owner, first action, told and resolution are the first of their kind, in seconds from the opening."""
    figures = _figures(
        CaseClaimed(CASE, "anna", clock(9, 5)),
        StepRun(CASE, "search", "anna", "", "load", clock(11), clock(9, 10)),
        StepRun(CASE, "load", "anna", "", "tell", clock(11), clock(9, 30)),
        ShopperTold(CASE, "anna", clock(9, 40)),
        CLOSED,
    )
    spreads = (figures.to_owner, figures.to_first_action, figures.to_shopper_told, figures.to_resolution)
    assert [spread.mean_s for spread in spreads] == [300, 600, 2_400, 3_600]
    assert (figures.opened, figures.closed, figures.open) == (1, 1, 0)


def test_what_did_not_happen_has_no_time() -> None:
    """A case without an owner or an action is not counted with zero minutes."""
    figures = _figures()
    assert figures.to_owner.cases == figures.to_resolution.cases == 0
    assert figures.to_owner.mean_s is None
    assert figures.open == 1


def test_a_case_that_an_older_fact_ended_was_resolved_when_we_learned_of_it() -> None:
    """A carrier tells late of a handoff before the opening: the case was open until it did."""
    diary, times = Diary(), CaseTimes()
    diary.tell(clock(9), OPENED)
    diary.tell(clock(9, 20), replace(CLOSED, at=clock(8, 50)))
    for record in diary.records:
        times.apply(record)
    assert times.summary(Period.whole(clock(23))).total.to_resolution.mean_s == 1_200


@pytest.mark.parametrize(
    ("owners", "handovers"),
    [
        ((), 0),
        (("anna",), 0),
        (("anna", "anna"), 0),
        (("anna", "ben"), 1),
        (("anna", "ben", "anna"), 2),
        (("^operations_lead", "anna"), 0),
        (("anna", "^operations_lead", "ben"), 2),
    ],
)
def test_a_handover_is_a_change_of_owner_after_the_first_claim(
    owners: tuple[str, ...], handovers: int
) -> None:
    """The role that a case begins with hands nothing over; an escalation (^) after a claim does."""
    events = [
        CaseEscalated(CASE, 1, name[1:], clock(12), clock(9, n))
        if name.startswith("^")
        else CaseClaimed(CASE, name, clock(9, n))
        for n, name in enumerate(owners, 1)
    ]
    assert _figures(*events).handovers_per_case.mean_milli == handovers * 1_000


def test_every_kind_has_its_own_figures() -> None:
    """Kinds without a case are there with zeros, so that nobody wonders."""
    diary, times = Diary(), CaseTimes()
    diary.tell(clock(9), OPENED)
    for record in diary.records:
        times.apply(record)
    summary = times.summary(Period.whole(clock(23)))
    assert {kind: figures.opened for kind, figures in summary.by_kind.items() if figures.opened} == {
        "shortage": 1
    }
    assert set(summary.by_kind) == {kind.value for kind in CaseKind}
    assert summary.total.opened == 1
