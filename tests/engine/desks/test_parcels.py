"""Parcels that are missing, on a simulated day: found, loaded, written off, and what is left behind."""

from collections.abc import Callable

import pytest
from tests.engine.desks.floor import DAY, Floor, shift, wall
from tests.engine.desks.test_drivers import Road

from doorstep.app import default_book
from doorstep.engine.desk import Origin
from doorstep.engine.parcel_desk import ParcelDesk
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.cost import CostBooked, CostKind
from doorstep.vocabulary.custody import CustodianKind
from doorstep.vocabulary.delivery import DeliveryStatus, HandoffMethod, ParcelOutcome
from doorstep.vocabulary.ids import ParcelId
from doorstep.vocabulary.order import UndeliveredOutcome
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import after

SEARCH_S = default_book().attempts.search_days * 86_400


@pytest.fixture
def one_van(open_floor: Callable[..., Floor]) -> Floor:
    return open_floor(shift("ada", "10:00", "18:00"))


def half_loaded(floor: Floor) -> tuple[Road, OrderState, ParcelId]:
    """Noon, with one of an order's two parcels on the road; the other was not on the floor."""
    order = floor.place(parcels=2)
    floor.until("10:15")
    road = Road(floor, [order])
    short = order.content.parcels[1].id
    floor.load(road.route, short)
    floor.until("12:00")
    return road, order, short


def find(floor: Floor, parcel: ParcelId) -> None:
    desk = ParcelDesk(floor.desk, floor.planner)
    state = desk.delivery(parcel)
    assert state is not None
    assert desk.found(state, parcel, floor.desk.origin()) is None


def closings(floor: Floor, kind: CaseKind) -> list[str]:
    """How the cases of a kind were closed."""
    of_kind = {case.id for case in floor.cases_of(kind)}
    return [
        record.data.resolution
        for record in floor.records()
        if type(record.data).__name__ == "CaseClosed" and record.data.case in of_kind
    ]


def refunded(floor: Floor, order: OrderState) -> int:
    """What an order was paid back, in minor units; every booking sums to zero."""
    booked = [record.data for record in floor.records() if isinstance(record.data, CostBooked)]
    assert all(sum(entry.minor for entry in booking.entries) == 0 for booking in booked)
    entries = [entry for booking in booked for entry in booking.entries]
    return sum(e.minor for e in entries if e.order == order.id and e.kind is CostKind.refund)


def case_of(floor: Floor, kind: CaseKind) -> CaseState:
    [case] = floor.cases_of(kind)
    return case


def test_one_of_two_parcels_keeps_no_promise(one_van: Floor) -> None:
    """Partially delivered: the order is open, the promise unsettled, and someone looks for the rest."""
    road, order, _ = half_loaded(one_van)
    one_van.deliver(road.route, road.ids()[0])
    state = one_van.delivery(order)
    assert (state.status, state.over) == (DeliveryStatus.partially_delivered, False)
    assert one_van.order(order.id).status is OrderStatus.released
    assert one_van.promise(order.promise).outcome is None
    case = case_of(one_van, CaseKind.shortage)
    assert (case.open, case.subject.order) == (True, order.id)
    one_van.until("14:05")
    assert one_van.promise(order.promise).outcome is PromiseOutcome.missed


def test_a_scan_at_the_hub_closes_the_search_and_plans_what_is_left(one_van: Floor) -> None:
    """The case ends by that fact, the rest waits for the next day's same window, and no clock runs on."""
    road, order, short = half_loaded(one_van)
    one_van.deliver(road.route, road.ids()[0])
    find(one_van, short)
    assert closings(one_van, CaseKind.shortage) == ["found"]
    state = one_van.delivery(order)
    assert (state.status, state.held_reason) == (DeliveryStatus.partially_delivered, "reattempt")
    assert state.held_until == after(wall("14:00"), 86_400)
    one_van.clock.move_to(after(one_van.clock.now(), SEARCH_S + 60))
    one_van.tick()
    assert one_van.delivery(order).outcomes == {order.content.parcels[0].id: ParcelOutcome.delivered}


def test_what_is_found_in_time_is_delivered_and_the_promise_kept(one_van: Floor) -> None:
    """Nothing was loaded; found before the window, all of it goes out and arrives inside it."""
    other, order = one_van.place("A-2", (11, 10)), one_van.place(parcels=2)
    one_van.until("10:15")
    road = Road(one_van, [order, other])
    both = [parcel.id for parcel in order.content.parcels]
    one_van.load(road.route, *both)
    assert one_van.delivery(order).status is DeliveryStatus.on_hold
    for parcel in both:
        find(one_van, parcel)
    assert closings(one_van, CaseKind.shortage) == ["found"]
    one_van.until("11:59")
    state = one_van.route(road.route)
    listed = one_van.drivers.to_load(state)
    assert list(listed) == [order.delivery]
    assert one_van.drivers.visit_hub(state, tuple(both), one_van.desk.origin()) is None
    for delivery in one_van.route(road.route).deliveries:
        one_van.deliver(road.route, delivery)
    assert one_van.delivery(order).status is DeliveryStatus.delivered
    assert one_van.order(order.id).status is OrderStatus.fulfilled
    assert one_van.promise(order.promise).outcome is PromiseOutcome.kept


def test_what_nobody_finds_is_written_off_at_the_deadline(one_van: Floor) -> None:
    """Lost: the case is closed by that, the order ends in part, and the shopper is paid back once."""
    road, order, short = half_loaded(one_van)
    one_van.deliver(road.route, road.ids()[0])
    one_van.clock.move_to(after(one_van.clock.now(), SEARCH_S + 60))
    one_van.tick()
    state = one_van.delivery(order)
    assert (state.status, state.over) == (DeliveryStatus.partially_delivered, True)
    assert state.outcomes[short] is ParcelOutcome.lost
    assert closings(one_van, CaseKind.shortage) == ["lost"]
    closed = one_van.order(order.id)
    assert (closed.status, closed.outcome) == (
        OrderStatus.undelivered,
        UndeliveredOutcome.partially_delivered,
    )
    assert one_van.desk.state("custody", short).holder.kind is CustodianKind.unknown
    assert refunded(one_van, order) == one_van.book.tariffs.refund_minor["slot"]


def test_what_is_found_after_it_was_written_off_goes_back(one_van: Floor) -> None:
    """The hub has it again, and the order stays closed."""
    road, order, short = half_loaded(one_van)
    one_van.deliver(road.route, road.ids()[0])
    one_van.clock.move_to(after(one_van.clock.now(), SEARCH_S + 60))
    one_van.tick()
    find(one_van, short)
    assert one_van.desk.state("custody", short).holder.kind is CustodianKind.hub
    assert one_van.delivery(order).status is DeliveryStatus.returning
    assert one_van.order(order.id).status is OrderStatus.undelivered


def test_a_person_may_end_the_search(one_van: Floor) -> None:
    """Given up before the deadline; a second time there is nothing to give up."""
    road, order, short = half_loaded(one_van)
    one_van.deliver(road.route, road.ids()[0])
    desk = ParcelDesk(one_van.desk, one_van.planner)
    assert desk.give_up(one_van.delivery(order), short, "burnt", one_van.desk.origin()) is None
    assert one_van.delivery(order).over
    one_van.clock.advance(1)
    again = desk.give_up(one_van.delivery(order), short, "burnt", one_van.desk.origin())
    assert again is not None
    assert again.code == "parcel_not_missing"


def test_what_is_missing_at_debrief_has_a_case_of_its_order(one_van: Floor) -> None:
    """The order's page says who looks for it; the scan at the hub closes the case."""
    order = one_van.place()
    one_van.until("10:15")
    road = Road(one_van, [order])
    one_van.load(road.route)
    one_van.until("12:00")
    delivery = road.ids()[0]
    one_van.arrive(road.route, delivery)
    one_van.clock.advance(120)
    road.fail(delivery, Reason.not_home, one_van.capture(delivery))
    one_van.home(road.route)
    assert one_van.drivers.debrief(one_van.route(road.route), (), one_van.desk.origin()) is None
    case = case_of(one_van, CaseKind.missing_parcel)
    assert (case.open, case.subject.order, case.subject.delivery) == (True, order.id, delivery)
    find(one_van, order.content.parcels[0].id)
    assert closings(one_van, CaseKind.missing_parcel) == ["found"]
    assert road.holder(delivery) is CustodianKind.hub


def test_a_parcel_that_turns_up_at_load_out_closes_its_search(open_floor: Callable[..., Floor]) -> None:
    """Loaded later: the next load-out's scan is as good as one at the hub."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    road, order, _ = half_loaded(floor)
    delivery = road.ids()[0]
    floor.arrive(road.route, delivery)
    floor.clock.advance(120)
    road.fail(delivery, Reason.not_home, floor.capture(delivery))
    floor.home(road.route)
    back = floor.drivers.expected_back(floor.route(road.route))
    assert floor.drivers.debrief(floor.route(road.route), back, floor.desk.origin()) is None
    tomorrow = DAY.fromordinal(DAY.toordinal() + 1)
    floor.dispatch.plan_day(floor.network, tomorrow, floor.desk.origin())
    floor.until("10:15", tomorrow)
    [route] = [name for name, plan in floor.planner.routes.items() if delivery in plan.deliveries]
    assert set(floor.route(route).loading_list) == {parcel.id for parcel in order.content.parcels}
    assert case_of(floor, CaseKind.shortage).open
    floor.load(route)
    assert closings(floor, CaseKind.shortage) == ["loaded"]
    assert floor.delivery(order).sought == {}


def test_what_stays_on_the_van_is_attempted_again_and_owned(one_van: Floor) -> None:
    """The recipient takes one of two: the other comes back, has a case, and gets its next attempt."""
    order = one_van.place(parcels=2)
    one_van.until("10:15")
    road = Road(one_van, [order])
    one_van.load(road.route)
    one_van.until("12:00")
    first, second = (parcel.id for parcel in order.content.parcels)
    one_van.deliver(road.route, road.ids()[0], parcels=(first,))
    state = one_van.delivery(order)
    assert (state.status, state.unproven) == (DeliveryStatus.partially_delivered, False)
    assert (state.held_reason, state.held_until) == ("reattempt", after(wall("14:00"), 86_400))
    case = case_of(one_van, CaseKind.failed_attempt)
    assert (case.open, case.why) == (True, Reason.left_behind)
    one_van.home(road.route)
    assert one_van.drivers.expected_back(one_van.route(road.route)) == (second,)


def test_a_next_attempt_that_no_van_takes_is_someones(one_van: Floor) -> None:
    """No roster stands for the day: three hours before its window the dispatcher has it."""
    road, order, short = half_loaded(one_van)
    one_van.deliver(road.route, road.ids()[0])
    find(one_van, short)
    one_van.home(road.route)
    tomorrow = DAY.fromordinal(DAY.toordinal() + 1)
    one_van.until("08:59", tomorrow)
    assert one_van.cases_of(CaseKind.no_capacity) == []
    one_van.until("09:01", tomorrow)
    case = case_of(one_van, CaseKind.no_capacity)
    assert (case.open, case.subject.order, case.owner) == (True, order.id, "dispatcher")


def test_a_miss_that_was_none_takes_its_refund_back(one_van: Floor) -> None:
    """The handoff was in time and told late: kept, and the ledger has both bookings and sums to zero."""
    order = one_van.place()
    one_van.until("10:15")
    road = Road(one_van, [order])
    one_van.load(road.route)
    one_van.until("14:05")
    assert one_van.promise(order.promise).outcome is PromiseOutcome.missed
    assert refunded(one_van, order) == one_van.book.tariffs.refund_minor["slot"]
    delivery = road.ids()[0]
    told = one_van.desk.origin()
    then = Origin(told.actor, told.source, wall("12:30"))
    state = one_van.delivery(delivery)
    arrived = one_van.drivers.arrive(state, road.route, one_van.point(state), "late", then)
    assert arrived is None
    assert (
        one_van.drivers.hand_over(
            one_van.delivery(delivery), road.route, HandoffMethod.to_recipient,
            one_van.capture(delivery), then,
        ) is None
    )  # fmt: skip
    assert one_van.promise(order.promise).outcome is PromiseOutcome.kept
    assert refunded(one_van, order) == 0
    page = one_van.desk.state("cost", str(order.id))
    assert [key for key in page.standing if key.startswith("refund/")] == []
