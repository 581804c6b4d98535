import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lifecycle.life import BOOK, answer, lived

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.opening import case_id, open_case
from doorstep.vocabulary.case import (
    AnyCaseCommand,
    CaseKind,
    CaseRecord,
    CaseSubject,
    ClaimCase,
    CloseCase,
    EscalateCase,
    OpenCase,
    RecordTold,
    RunStep,
    SnoozeCase,
)
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.units import MICROSECONDS, Instant, after

START = Instant(1_000 * MICROSECONDS)
RECORD = CaseRecord("late", "rain", "told", "nothing")


def opened(kind: CaseKind = CaseKind.shortage) -> OpenCase:
    reasoned = open_case(
        BOOK, kind, ("dlv",), subject=CaseSubject(), at=START, breach_at=None, happened="it", why="so"
    )
    assert isinstance(reasoned.command, OpenCase)
    assert reasoned.because.rule == f"kind.{kind}"
    return reasoned.command


OPEN = opened()
CASE = OPEN.case
COMMANDS: dict[str, AnyCaseCommand] = {
    "open": OPEN,
    "claim": ClaimCase(CASE, "Edda", START),
    "step": RunStep(CASE, "Search the floor", "Edda", "found", "Load it", after(START, 900), START),
    "told": RecordTold(CASE, "Edda", START),
    "escalate": EscalateCase(CASE, OPEN.due_at),
    "snooze": SnoozeCase(CASE, after(START, 9_000), "next van", "Edda"),
    "close": CloseCase(CASE, "found", RECORD, "Edda", START),
}
WHEN_OPEN = {
    "open": (),
    "claim": ("CaseClaimed",),
    "step": ("StepRun",),
    "told": ("ShopperTold",),
    "escalate": ("CaseEscalated",),
    "snooze": ("CaseSnoozed",),
    "close": ("CaseClosed",),
}
WHEN_CLOSED = dict.fromkeys(COMMANDS, "case_closed") | {"open": (), "escalate": (), "close": ()}
WHEN_NONE = dict.fromkeys(COMMANDS, "case_unknown") | {"open": ("CaseOpened",)}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_state_takes_its_commands_and_no_other(command: str) -> None:
    """None, open, closed: each command comes to the event or the refusal of the table."""
    open_state = lived("case", [OPEN])
    closed = lived("case", [OPEN, COMMANDS["close"]])
    assert answer("case", None, COMMANDS[command]) == WHEN_NONE[command]
    assert answer("case", open_state, COMMANDS[command]) == WHEN_OPEN[command]
    assert answer("case", closed, COMMANDS[command]) == WHEN_CLOSED[command]


def test_who_has_it_claims_nothing_and_who_was_told_is_told_once() -> None:
    """The first time stays."""
    state = lived("case", [OPEN, COMMANDS["claim"], COMMANDS["told"]])
    assert answer("case", state, ClaimCase(CASE, "Edda", after(START, 5))) == ()
    assert answer("case", state, RecordTold(CASE, "Edda", after(START, 5))) == ()
    other = lived("case", [ClaimCase(CASE, "Jonas", after(START, 9))], state)
    assert (other.owner, other.claimed_at) == ("Jonas", START)


def test_nobody_waits_without_a_reason() -> None:
    """A blank is none."""
    state = lived("case", [OPEN])
    assert answer("case", state, SnoozeCase(CASE, after(START, 9), "  ", "Edda")) == "reason_missing"


def test_a_timer_that_someone_was_faster_than_does_nothing() -> None:
    """One microsecond before the due time is too early; a step or a snooze moves it away."""
    state = lived("case", [OPEN])
    assert answer("case", state, EscalateCase(CASE, Instant(OPEN.due_at - 1))) == ()
    for name in ("step", "snooze"):
        moved = lived("case", [SnoozeCase(CASE, after(OPEN.due_at, 1), "x", "y")], state)
        moved = lived("case", [COMMANDS[name]], moved) if name == "snooze" else moved
        assert answer("case", moved, EscalateCase(CASE, OPEN.due_at)) == ()


@pytest.mark.parametrize("kind", list(CaseKind))
def test_what_stays_overdue_goes_up_and_stays_at_the_top(kind: CaseKind) -> None:
    """Level by level the playbook's roles own it, each with a due time of its own; the last role keeps it."""
    playbook = BOOK.playbooks.kind[kind]
    command = opened(kind)
    state: CaseState = lived("case", [command])
    assert (state.owner, state.next_step) == (playbook.owner, playbook.steps[0])
    assert state.due_at == after(START, playbook.due_minutes * 60)
    for level in range(1, len(playbook.escalate) + 3):
        due_at = state.due_at
        state = lived("case", [EscalateCase(state.id, due_at)], state)
        assert state.level == level
        assert state.owner == playbook.escalate[min(level, len(playbook.escalate)) - 1]
        assert state.due_at == after(due_at, playbook.escalate_minutes * 60)


def test_every_kind_has_a_playbook_that_leads_somewhere() -> None:
    """Owner, clock, steps and a way up, for each kind."""
    assert set(BOOK.playbooks.kind) == set(CaseKind)
    for playbook in BOOK.playbooks.kind.values():
        assert playbook.owner
        assert min(playbook.due_minutes, playbook.escalate_minutes) > 0
        assert playbook.decides
        assert playbook.told
        assert playbook.steps
        assert playbook.escalate
        for step, following in zip(playbook.steps, playbook.steps[1:], strict=False):
            assert playbook.step_after(step) == following
        assert playbook.step_after(playbook.steps[-1]) == playbook.steps[-1]
        assert playbook.step_after("something else") == playbook.steps[0]


@given(st.lists(st.sampled_from([c for name, c in COMMANDS.items() if name != "open"]), max_size=12))
def test_an_open_case_always_has_an_owner_a_due_time_and_a_next_step(said: list[AnyCaseCommand]) -> None:
    """Whatever is done with it; and a closed one has its record."""
    state: CaseState = lived("case", [OPEN])
    for command in said:
        if isinstance(answer("case", state, command), tuple) and answer("case", state, command):
            state = lived("case", [command], state)
        assert state.owner
        assert state.next_step
        assert state.due_at > START
        assert state.open == (state.record is None)


@given(st.lists(st.text("ab"), max_size=3), st.lists(st.text("ab"), max_size=3))
def test_one_cause_opens_one_case(a: list[str], b: list[str]) -> None:
    """Ids follow from kind and cause, and from nothing else."""
    for kind in (CaseKind.shortage, CaseKind.breakdown):
        same = case_id(kind, *a) == case_id(kind, *b)
        assert same == (a == b)
    assert case_id(CaseKind.shortage, *a) != case_id(CaseKind.breakdown, *a)
    assert isinstance(case_id(CaseKind.shortage, *a), str)
    assert CaseId(case_id(CaseKind.shortage, *a)).startswith("cas_")
