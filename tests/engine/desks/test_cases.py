from tests.engine.desks.floor import Floor, wall

from doorstep.lifecycle.case import CaseState
from doorstep.vocabulary.case import CaseEscalated, CaseKind, CaseRecord
from doorstep.vocabulary.contact import ContactTopic
from doorstep.vocabulary.cost import CostKind
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.units import after

RECORD = CaseRecord("no such street", "typing", "called", "check at checkout")


def bad_address(floor: Floor) -> CaseState:
    floor.place(address="Nowhere 1", lat=None, lon=None)
    return floor.cases_of(CaseKind.bad_address)[0]


def test_an_overdue_case_goes_up_when_it_is_due_and_again(floor: Floor) -> None:
    """Support has an hour, then the dispatcher, then the operations lead, each by the playbook's clock."""
    case = bad_address(floor)
    floor.until("08:30")
    ups = [record.data for record in floor.records() if isinstance(record.data, CaseEscalated)]
    assert [(up.level, up.owner) for up in ups] == [(1, "dispatcher"), (2, "operations_lead")]
    assert [up.at for up in ups] == [case.due_at, after(case.due_at, 3_600)]


def test_a_case_that_is_closed_never_goes_up(floor: Floor) -> None:
    """Its clock stops with it."""
    case = bad_address(floor)
    assert floor.cases.close(case.id, "cancelled", RECORD, "Mira", floor.desk.origin()) is None
    floor.until("12:00")
    assert floor.cases_of(CaseKind.bad_address)[0].level == 0


def test_a_step_or_a_snooze_sets_the_clock_anew(floor: Floor) -> None:
    """Who works on it has the playbook's time again; who waits, waits until then."""
    case = bad_address(floor)
    floor.until("06:50")
    refusal = floor.cases.run_step(case, case.next_step, "Mira", "nobody picks up", floor.desk.origin())
    assert refusal is None
    assert floor.cases_of(CaseKind.bad_address)[0].due_at == wall("07:50")
    floor.until("07:49")
    assert floor.cases.snooze(case.id, wall("09:00"), "call back", "Mira", floor.desk.origin()) is None
    floor.until("08:59")
    assert floor.cases_of(CaseKind.bad_address)[0].level == 0
    floor.until("09:00")
    assert floor.cases_of(CaseKind.bad_address)[0].level == 1


def test_nobody_waits_for_the_past_and_no_record_has_a_gap(floor: Floor) -> None:
    """Both are refused with their fields."""
    case = bad_address(floor)
    past = floor.cases.snooze(case.id, floor.clock.now(), "why", "Mira", floor.desk.origin())
    assert past is not None
    assert (past.code, past.fields) == ("until_past", ("until",))
    empty = CaseRecord("it", " ", "done", "")
    gap = floor.cases.close(case.id, "x", empty, "Mira", floor.desk.origin())
    assert gap is not None
    assert (gap.code, gap.fields) == ("record_incomplete", ("why", "will_change"))


def test_a_promise_that_nobody_keeps_is_missed_at_its_end_and_costs_its_refund(floor: Floor) -> None:
    """A minute after the window the promise is missed, and the refund is booked once."""
    order = floor.place()
    assert order.window is not None
    floor.until("14:00")
    assert floor.promise(order.promise).outcome is None
    floor.until("14:01")
    assert floor.promise(order.promise).outcome is PromiseOutcome.missed
    floor.until("18:00")
    cost = floor.desk.state("cost", order.id)
    assert cost.keys == (f"refund/{order.promise}",)
    assert cost.borne_minor == floor.book.tariffs.refund_minor["slot"]


def test_a_question_costs_by_who_answers(floor: Floor) -> None:
    """The page's answer and a person's are booked at their own price."""
    order = floor.place()
    for answered_by in ("page", "Mira"):
        topic = ContactTopic.where_is_my_order
        assert floor.cases.contact(order.id, topic, "web", answered_by, floor.desk.origin()) is None
    tariffs = floor.book.tariffs
    assert (
        floor.desk.state("cost", order.id).borne_minor == tariffs.contact_page_minor + tariffs.contact_minor
    )
    booked = [r.data for r in floor.records() if r.stream == f"cost/{order.id}"]
    assert {entry.kind for event in booked for entry in event.entries} == {CostKind.contact}
