"""The life of a return: each step after the one before, each with a clock, money back once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lifecycle.life import BOOK, answer, lived

from doorstep.lifecycle.return_ import ENDS, ReturnState, evolve, owed
from doorstep.lifecycle.return_rules import PHOTOS_MAX, decide
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import HubId, MerchantId, OrderId, ParcelId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.return_ import (
    AuthoriseReturn,
    CancelReturn,
    CloseReturn,
    Condition,
    DeclineReturn,
    DisposeReturn,
    Disposition,
    DropOffReturn,
    InspectReturn,
    NoteOverdue,
    ReceiveReturn,
    RefundReturn,
    RequestReturn,
    ReturnedGoods,
    ReturnReason,
    ReturnRefunded,
    ReturnStatus,
)
from doorstep.vocabulary.units import Instant, after

RET = ReturnId("ret_1")
NOON = Instant(1_780_000_000_000_000)
PARCELS = (ParcelId("pcl_1"), ParcelId("pcl_2"))
GOODS = ReturnedGoods(
    OrderId("ord_1"), MerchantId("m"), "next_day", PARCELS, NOON, Money(5_000, "EUR")
)  # fmt: skip
DAY_S = 86_400
FEE = BOOK.returns.shopper_fee_minor


def request(reason: ReturnReason = ReturnReason.changed_mind, goods: ReturnedGoods = GOODS) -> RequestReturn:
    return RequestReturn(RET, after(NOON, 60), goods, reason, "ada")


ASK = request(ReturnReason.damaged)
YES = AuthoriseReturn(RET, NOON, "ben")
NO = DeclineReturn(RET, NOON, "it was used up", "ben")
KEEP = CancelReturn(RET, NOON, "keeps it", "ada")
HAND_IN = DropOffReturn(RET, NOON, HubId("hub"), PARCELS)
RECEIVE = ReceiveReturn(RET, NOON, "ben")
INSPECT = InspectReturn(RET, NOON, Condition.as_new, (), "ben")
DISPOSE = DisposeReturn(RET, NOON, None, "ben")
REFUND = RefundReturn(RET, NOON, None, "ben")
CLOSE = CloseReturn(RET, NOON, "an exchange was sent", "ben")
WAY = (ASK, YES, HAND_IN, RECEIVE, INSPECT, DISPOSE, REFUND)
STEPS = (YES, NO, KEEP, HAND_IN, RECEIVE, INSPECT, DISPOSE, REFUND, CLOSE)
NEXT = {
    ReturnStatus.requested: {YES, NO, KEEP},
    ReturnStatus.authorised: {KEEP, HAND_IN},
    ReturnStatus.dropped_off: {RECEIVE},
    ReturnStatus.received: {INSPECT},
    ReturnStatus.inspected: {DISPOSE},
    ReturnStatus.disposed: {REFUND, CLOSE},
}


def inspected(condition: Condition, reason: ReturnReason) -> ReturnState:
    found: ReturnState = lived(
        "return", [request(reason), HAND_IN, RECEIVE, InspectReturn(RET, NOON, condition, (), "ben")]
    )
    return found


@pytest.mark.parametrize(
    "way",
    [WAY[: n + 1] for n in range(len(WAY))] + [(ASK, NO), (ASK, KEEP), (ASK, YES, KEEP), (*WAY[:-1], CLOSE)],
    ids=lambda way: type(way[-1]).__name__ + str(len(way)),
)
def test_only_the_next_steps_of_the_diagram_may_come(way: tuple[Any, ...]) -> None:
    """Wherever a return stands, each step either follows it in the diagram or is refused."""
    state = lived("return", way)
    for step in STEPS:
        if step in NEXT.get(state.status, set()):
            assert answer("return", state, step) != "return_not_there"
        else:
            assert answer("return", state, step) == "return_not_there"
    assert (state.due_at is None) == (state.status in ENDS)


def test_policy_says_yes_at_once_where_nobody_has_to() -> None:
    """A change of mind needs no person; damage waits for one."""
    assert answer("return", None, request()) == ("ReturnRequested", "ReturnAuthorised")
    assert answer("return", None, ASK) == ("ReturnRequested",)


@pytest.mark.parametrize("service", ["next_day", "express"])
def test_the_last_day_is_the_services(service: str) -> None:
    """On the last day a return may be asked for, a second later not."""
    goods = ReturnedGoods(OrderId("ord_1"), MerchantId("m"), service, PARCELS, NOON, None)
    last = after(NOON, BOOK.returns.days(service) * DAY_S)
    on_time, late = (RequestReturn(RET, at, goods, ReturnReason.late, "ada") for at in (last, after(last, 1)))
    assert answer("return", None, on_time)[0] == "ReturnRequested"
    assert answer("return", None, late) == "return_too_late"


def test_what_stands_is_not_asked_for_twice_and_what_does_not_stand_has_no_steps() -> None:
    """One request a return; a step of an unknown one is refused, and so is one without parcels."""
    assert answer("return", lived("return", [ASK]), ASK) == "return_exists"
    assert answer("return", None, YES) == "return_unknown"
    empty = ReturnedGoods(OrderId("o"), MerchantId("m"), "slot", (), NOON, None)
    assert answer("return", None, request(goods=empty)) == "parcels_missing"


def test_the_counter_takes_exactly_what_was_announced() -> None:
    """A parcel too few or a foreign one is refused; their sequence does not matter."""
    state = lived("return", [ASK, YES])
    for parcels in (PARCELS[:1], (), (*PARCELS, ParcelId("pcl_3"))):
        assert answer("return", state, DropOffReturn(RET, NOON, HubId("h"), parcels)) == "parcels_differ"
    assert answer("return", state, DropOffReturn(RET, NOON, HubId("h"), PARCELS[::-1])) == (
        "ReturnDroppedOff",
    )


@pytest.mark.parametrize(
    ("reason", "condition", "minor"),
    [
        (ReturnReason.changed_mind, Condition.as_new, 5_000 - FEE),
        (ReturnReason.changed_mind, Condition.worn, 2_500 - FEE),
        (ReturnReason.changed_mind, Condition.damaged, 0),
        (ReturnReason.defective, Condition.damaged, 5_000),
        (ReturnReason.wrong_item, Condition.opened, 5_000),
    ],
)
def test_who_pays_the_way_back_bears_the_condition_as_well(
    reason: ReturnReason, condition: Condition, minor: int
) -> None:
    """The shopper's change of mind costs the fee and the wear; a fault of ours costs the shopper nothing."""
    assert owed(inspected(condition, reason), BOOK) == Money(minor, "EUR")


def test_goods_go_where_their_condition_says_unless_somebody_decides() -> None:
    """Worn goods are refurbished by rule; a person may destroy them."""
    state = inspected(Condition.worn, ReturnReason.late)
    assert lived("return", [DISPOSE], state).disposition is Disposition.refurbish
    by_hand = DisposeReturn(RET, NOON, Disposition.destroy, "ben")
    assert lived("return", [by_hand], state).disposition is Disposition.destroy


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (Money(5_001, "EUR"), "refund_too_high"),
        (Money(5_000, "USD"), "wrong_currency"),
        (Money(0, "EUR"), "refund_empty"),
        (Money(-1, "EUR"), "refund_empty"),
    ],
)
def test_an_amount_has_bounds(amount: Money, code: str) -> None:
    """Never more than the goods are worth, in another currency, or nothing."""
    state = lived("return", WAY[:-1])
    assert answer("return", state, RefundReturn(RET, NOON, amount, "ben")) == code
    paid = lived("return", [RefundReturn(RET, NOON, Money(5_000, "EUR"), "ben")], state)
    assert paid.refund == Money(5_000, "EUR")


def test_without_a_value_nothing_bounds_a_refund() -> None:
    """Such a return is closed with a reason, never paid back blindly."""
    goods = ReturnedGoods(OrderId("ord_1"), MerchantId("m"), "slot", PARCELS, NOON, None)
    state = lived("return", [request(goods=goods), *WAY[2:-1]])
    assert answer("return", state, RefundReturn(RET, NOON, Money(1, "EUR"), "ben")) == "value_unknown"
    assert answer("return", state, CLOSE) == ("ReturnClosed",)


@pytest.mark.parametrize("kind", [DeclineReturn, CancelReturn])
def test_a_no_has_a_reason(kind: Any) -> None:  # noqa: ANN401 - one of two commands
    """Blank is none."""
    assert answer("return", lived("return", [ASK]), kind(RET, NOON, "  ", "ben")) == "reason_missing"


def test_an_inspection_has_a_bounded_number_of_pictures() -> None:
    """One more than the limit is refused."""
    state = lived("return", [ASK, YES, HAND_IN, RECEIVE])
    photos = tuple(str(n) for n in range(PHOTOS_MAX + 1))
    assert answer("return", state, InspectReturn(RET, NOON, Condition.worn, photos, "b")) == "photos_too_many"


def test_a_late_step_is_noted_once_and_may_still_come() -> None:
    """The timer of a step that came in the meantime changes nothing."""
    state = lived("return", [ASK, YES])
    late = NoteOverdue(RET, NOON, ReturnStatus.authorised)
    assert answer("return", state, NoteOverdue(RET, NOON, ReturnStatus.requested)) == ()
    state = lived("return", [late], state)
    assert answer("return", state, late) == ()
    assert lived("return", [HAND_IN], state).status is ReturnStatus.dropped_off


@given(commands=st.lists(st.sampled_from([ASK, *STEPS, *WAY]), max_size=30))
def test_money_goes_back_once_at_most(commands: list[Any]) -> None:
    """Whatever is told in whichever order, one refund at most, after an inspection."""
    state: ReturnState | None = None
    refunds = 0
    for number, command in enumerate(commands):
        events = decide(state, command, BOOK)
        if isinstance(events, Refusal):
            continue
        for event in events:
            refunds += isinstance(event, ReturnRefunded)
            state = evolve(state, event)
        assert state is None or state.version <= number + 2
    assert refunds <= 1
    assert not refunds or (state is not None and state.condition is not None)
