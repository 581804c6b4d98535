"""The pages of orders, cases and vehicles."""

import pytest
from tests.views.board_day import DAY, PHOTO, delivery, order, route, told_day, told_evening
from tests.views.diary import Diary, clock

from doorstep.views.case_page import CasePages
from doorstep.views.order_page import OrderPages
from doorstep.views.vehicles import Vehicles, VehicleState
from doorstep.vocabulary.delivery import AttemptFailed, ReattemptScheduled
from doorstep.vocabulary.ids import CaseId, DriverId
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.windows import Window


def pages(diary: Diary) -> OrderPages:
    """The pages over a diary."""
    found = OrderPages()
    for record in diary.records:
        found.apply(record)
    return found


@pytest.mark.parametrize(
    ("number", "where", "event", "owner"),
    [
        (1, "With the recipient", "", None),
        (2, "With the recipient", "delivery.proof_added", None),
        (3, "On the van of drv_1", "delivery.reattempt_scheduled", "support"),
        (4, "At hub", "delivery.picked_up", "Jonas"),
        (5, "Not on its way: the address is no place yet", "order.address_resolved", "support"),
        (6, "Declined: no window could be promised", "", None),
    ],
)
def test_the_three_answers_are_there_for_every_order(
    number: int, where: str, event: str, owner: str | None
) -> None:
    """Wherever an order stands, the page says where it is, what comes next, and who has it."""
    answers = pages(told_day()).answers(order(number), clock(10, 15))
    assert answers is not None
    assert (answers.where.text, answers.next.event) == (where, event)
    assert (answers.fixing.owner if answers.fixing else None) == owner


def test_a_scheduled_attempt_is_what_happens_next() -> None:
    """Once another day is set, where, next and who agree with it, and no decision is open."""
    diary = told_day()
    tomorrow = Window(clock(9, days=1), clock(12, days=1))
    diary.tell(clock(9, 51), ReattemptScheduled(delivery(3), "again/3", clock(9, 51), tomorrow))
    answers = pages(diary).answers(order(3), clock(10, 15), clock(9, 40, days=1))
    assert answers is not None
    assert answers.where.text == "On the van of drv_1, coming back to the hub"
    assert (answers.next.text, answers.next.event) == ("Another attempt", "delivery.picked_up")
    assert (answers.next.window, answers.next.by) == (tomorrow, tomorrow.start)
    assert answers.next.expected == clock(9, 40, days=1)
    assert answers.fixing is not None
    assert answers.fixing.next_step == "Ask the shopper (another attempt is scheduled)"
    assert "at_risk" not in answers.flags, "tomorrow's plan says nothing about today's promise"


def test_an_attempt_that_failed_again_is_decided_anew() -> None:
    """The window of an attempt that was made lies behind: what happens next is a decision once more."""
    diary = told_day()
    tomorrow = Window(clock(9, days=1), clock(12, days=1))
    diary.tell(
        clock(9, days=1),
        ReattemptScheduled(delivery(3), "again/3", clock(9, 51), tomorrow),
        AttemptFailed(delivery(3), "fail/3b", clock(9, days=1), route(1), 2, Reason.not_home, (), ()),
    )
    answers = pages(diary).answers(order(3), clock(9, 30, days=1))
    assert answers is not None
    assert (answers.next.event, answers.next.window) == ("delivery.reattempt_scheduled", None)


def test_flags_are_told_beside_the_status() -> None:
    """Late, at risk, unproven and told are flags: the status stays what it is."""
    found = pages(told_day())
    assert found.answers(order(2), clock(10)).flags == ("unproven",)  # type: ignore[union-attr]  # the order stands
    risky = found.answers(order(4), clock(10), clock(12, 20))
    assert risky is not None
    assert (risky.flags, risky.where.status) == (("at_risk", "told"), "created")
    late = found.answers(order(4), clock(12, 1))
    assert late is not None
    assert late.flags == ("late", "told")


def test_a_story_holds_all_that_happened() -> None:
    """Promise, attempt, proof, custody, cost, contact and every event with both clocks."""
    story = pages(told_evening()).story(order(1), clock(16))
    assert story is not None
    assert [(line.outcome, line.odds_ppm) for line in story.promises] == [(PromiseOutcome.kept, 962_000)]
    (attempt,) = story.attempts
    assert (attempt.delivered, attempt.arrived_at, attempt.proofs[0].sha256) == (True, clock(9, 12), PHOTO)
    assert [link.holder.kind.value for link in story.custody] == ["hub", "driver", "recipient"]
    assert [(cost.kind.value, cost.minor, cost.currency) for cost in story.costs] == [("drive", 180, "EUR")]
    assert story.events[0].position > story.events[-1].position
    assert story.events[-1].text == "Order taken on: next day, 1 parcel"
    asked = pages(told_evening()).story(order(4), clock(16))
    assert asked is not None
    assert [contact.answered_by for contact in asked.contacts] == ["Mira"]


def test_a_failed_attempt_says_why_and_what_proves_it() -> None:
    """The reason, the photo and the try to call are on the page, and the case's record once it is closed."""
    story = pages(told_evening()).story(order(3), clock(16))
    assert story is not None
    (attempt,) = story.attempts
    assert (attempt.delivered, attempt.reason, attempt.lacking) == (False, "recipient.not_home", ())
    assert [proof.kind.value for proof in attempt.proofs] == ["photo", "contact"]
    (case,) = story.cases
    assert case.record is not None
    assert case.record.will_change == "ask for the floor"


def test_an_unknown_order_has_no_page() -> None:
    """What the log does not know is None, for the door to say so."""
    assert pages(told_day()).story(order(99), clock(10)) is None
    assert pages(told_day()).order_of(delivery(99)) is None


def test_a_rebuild_of_the_pages_equals_the_incremental_fold() -> None:
    """After every record, pages folded anew tell the same stories."""
    diary = told_evening()
    found, cases, vans = OrderPages(), CasePages(), Vehicles()
    for count, record in enumerate(diary.records, 1):
        for view in (found, cases, vans):
            view.apply(record)
        if count % 7:
            continue
        anew, cases_anew, vans_anew = pages(Diary(records=diary.records[:count])), CasePages(), Vehicles()
        for earlier in diary.records[:count]:
            cases_anew.apply(earlier)
            vans_anew.apply(earlier)
        for number in range(1, 7):
            assert anew.story(order(number), clock(16)) == found.story(order(number), clock(16))
        assert cases_anew.states() == cases.states()
        assert vans_anew.lines(DAY) == vans.lines(DAY)


def test_a_case_page_keeps_what_was_done() -> None:
    """A closed case still tells its story."""
    cases = CasePages()
    for record in told_evening().records:
        cases.apply(record)
    story = cases.story(CaseId("cas_failed"))
    assert story is not None
    assert not story.state.open
    assert [line.type for line in story.events] == ["case.closed", "case.opened"]
    assert cases.story(CaseId("cas_none")) is None


def test_vans_say_what_they_do() -> None:
    """Not started, on the road, at a door, back: as the events tell."""
    vans = Vehicles()
    states = []
    for record in told_evening().records:
        vans.apply(record)
        first = next((line for line in vans.lines(DAY) if line.vehicle == "van_1"), None)
        if first and (not states or states[-1] is not first.state):
            states.append(first.state)
    assert states == [
        VehicleState.planned, VehicleState.loading, VehicleState.driving,
        VehicleState.at_door, VehicleState.driving, VehicleState.at_door, VehicleState.driving,
        VehicleState.at_door, VehicleState.driving, VehicleState.back,
    ]  # fmt: skip
    line = vans.of_driver(DriverId("drv_2"), DAY)
    assert line is not None
    assert line.state is VehicleState.planned
