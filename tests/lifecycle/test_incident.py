from hypothesis import given
from hypothesis import strategies as st
from tests.lifecycle.life import BOOK

from doorstep.lifecycle.incident import IncidentState, decide, evolve, incident_id
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CaseId, OrderId
from doorstep.vocabulary.incident import (
    AnyIncidentCommand,
    CaseGathered,
    Cause,
    ClaimIncident,
    EscalateIncident,
    GatherCase,
    IncidentClosed,
    IncidentEscalated,
    IncidentOpened,
    ReleaseCase,
)
from doorstep.vocabulary.units import MICROSECONDS, Instant, after

START = Instant(1_000 * MICROSECONDS)
INCIDENT = incident_id(Cause.route, "rte")
RULE = BOOK.incidents.cause[Cause.route]


def gather(number: int, order: int | None = None) -> GatherCase:
    """A case of the route, about an order of its own unless said otherwise."""
    about = OrderId(f"ord_{number if order is None else order}")
    return GatherCase(
        INCIDENT, Cause.route, "rte", CaseId(f"cas_{number}"), CaseKind.no_capacity, about, START
    )


def release(number: int) -> ReleaseCase:
    """That case is closed."""
    return ReleaseCase(INCIDENT, CaseId(f"cas_{number}"), START)


def lived(*commands: AnyIncidentCommand) -> tuple[IncidentState | None, list[str]]:
    """The state after the commands, and the names of what happened."""
    state: IncidentState | None = None
    names = []
    for command in commands:
        answer = decide(state, command, BOOK)
        assert not isinstance(answer, Refusal), answer
        for event in answer:
            state = evolve(state, event)
            names.append(type(event).__name__)
    return state, names


def test_so_many_cases_are_an_incident() -> None:
    """Two cases of a route are two cases; the third makes an incident with owner, due time and first step."""
    state, names = lived(gather(1), gather(2))
    assert state is not None
    assert (state.open, names) == (False, ["CaseGathered"] * 2)
    answer = decide(state, gather(3), BOOK)
    due_at = after(START, RULE.due_minutes * 60)
    assert answer == (
        CaseGathered(
            INCIDENT, Cause.route, "rte", CaseId("cas_3"), CaseKind.no_capacity, OrderId("ord_3"), START
        ),
        IncidentOpened(INCIDENT, RULE.owner, due_at, RULE.steps[0], START),
    )  # fmt: skip


def test_it_counts_orders_and_not_cases() -> None:
    """Thirty-four cases about thirty orders are one incident of thirty orders."""
    state, names = lived(*(gather(number, number % 30) for number in range(34)))
    assert state is not None
    assert (len(state.cases), len(state.orders), state.times) == (34, 30, 1)
    assert names.count("IncidentOpened") == 1


def test_it_closes_with_its_last_case() -> None:
    """It stays open down to one case, and closes with that."""
    state, names = lived(*map(gather, (1, 2, 3)), release(2), release(1))
    assert state is not None
    assert state.open
    assert "IncidentClosed" not in names
    assert decide(state, release(3), BOOK)[-1:] == (IncidentClosed(INCIDENT, START),)  # type: ignore[index]  # a release is never refused


def test_the_same_cause_again_is_the_same_incident_once_more() -> None:
    """After its end two new cases are none yet, and a third opens it a second time, with new orders alone."""
    over = (*map(gather, (1, 2, 3)), *map(release, (1, 2, 3)))
    state, _ = lived(*over, gather(4), gather(5))
    assert state is not None
    assert not state.open
    state, _ = lived(*over, *map(gather, (4, 5, 6)))
    assert state is not None
    assert (state.open, state.times, sorted(state.orders)) == (True, 2, ["ord_4", "ord_5", "ord_6"])
    assert (state.level, state.claimed_at) == (0, None)


def test_overdue_it_goes_up_unless_it_ended() -> None:
    """At its due time it goes up one level; before, and after its end, a timer changes nothing."""
    state, _ = lived(*map(gather, (1, 2, 3)), ClaimIncident(INCIDENT, "Edda", START))
    assert state is not None
    assert (state.owner, state.claimed_at) == ("Edda", START)
    due_at = state.due_at
    assert decide(state, EscalateIncident(INCIDENT, START), BOOK) == ()
    again = after(due_at, RULE.escalate_minutes * 60)
    assert decide(state, EscalateIncident(INCIDENT, due_at), BOOK) == (
        IncidentEscalated(INCIDENT, 1, RULE.escalate[0], again, due_at),
    )
    over, _ = lived(*map(gather, (1, 2, 3)), *map(release, (1, 2, 3)))
    assert decide(over, EscalateIncident(INCIDENT, due_at), BOOK) == ()


def test_nobody_takes_what_is_no_incident() -> None:
    """Two cases, or none, cannot be claimed as an incident."""
    claim = ClaimIncident(INCIDENT, "Edda", START)
    for state in (None, lived(gather(1), gather(2))[0]):
        answer = decide(state, claim, BOOK)
        assert isinstance(answer, Refusal)
        assert answer.code == "incident_unknown"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=40))
def test_it_holds_what_is_open_and_nothing_else(steps: list[tuple[bool, int]]) -> None:
    """Whatever opens and closes in whatever order and however often, it has exactly the open cases."""
    state, _ = lived(*(gather(number) if opens else release(number) for opens, number in [(True, 0), *steps]))
    open_now: set[str] = {"cas_0"}
    for opens, number in steps:
        (open_now.add if opens else open_now.discard)(f"cas_{number}")
    assert state is not None
    assert state.cases == open_now
    assert not (state.open and not open_now)
