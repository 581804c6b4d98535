from collections.abc import Callable

import pytest
from tests.engine.desks.floor import DAY, Floor, shift, text, wall

from doorstep.engine.promise_desk import Booking
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.promise import PromiseStatus
from doorstep.lifecycle.route import LIVE, RouteStatus
from doorstep.vocabulary.case import CaseKind, CaseOpened
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.ids import DriverId, RouteId
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.roster import ReserveCalled
from doorstep.vocabulary.route import RouteWithdrawn, StopKind
from doorstep.vocabulary.windows import Window


def route_of(floor: Floor, order: OrderState) -> RouteId:
    assert order.delivery is not None
    route = floor.planner.plan.route_of(order.delivery)
    assert route is not None
    return RouteId(route)


def many(floor: Floor, count: int) -> list[OrderState]:
    return [floor.place(f"A-{n}", (n % 20, (7 * n) % 20)) for n in range(count)]


def assert_everyone_is_cared_for(floor: Floor, orders: list[OrderState]) -> None:
    """Each order that is not over stands on one live route, or has an open case."""
    with_case = {s.subject.order for s in floor.market.all_of("case").values() if s.open}
    for order in orders:
        if floor.order(order.id).status.terminal:
            continue
        assert order.delivery is not None
        on = [
            r for r, s in floor.planner.routes.items() if s.status in LIVE and order.delivery in s.deliveries
        ]
        assert len(on) <= 1
        assert on or order.id in with_case, order.id
        assert (floor.planner.plan.route_of(order.delivery) is not None) == bool(on)


def test_staging_hands_the_routes_orders_to_the_floor(floor: Floor) -> None:
    """An hour before the shift the list stands, last stop first, and its orders are released and assigned."""
    orders = many(floor, 6)
    floor.until("09:00")
    for route in {route_of(floor, order) for order in orders}:
        state = floor.route(route)
        assert state.status is RouteStatus.staged
        boxes = [floor.parcels(d)[0] for d in reversed(state.deliveries)]
        assert list(state.loading_list) == boxes
    for order in orders:
        assert floor.order(order.id).status is OrderStatus.released
        assert floor.delivery(order).status is DeliveryStatus.assigned


def test_improving_keeps_every_promise(floor: Floor) -> None:
    """After the waves were improved each order still has its stop, and no route breaks a rule."""
    orders = many(floor, 14)
    floor.until("08:59")
    for order in orders:
        route_of(floor, order)
    for route in floor.planner.plan.route_ids:
        assert floor.planner.plan.check(route) == ()


def test_a_call_out_moves_its_stops_to_the_other_van(floor: Floor) -> None:
    """With room elsewhere nobody loses anything, and there is no case but the route's own."""
    orders = many(floor, 6)
    gone = route_of(floor, orders[0])
    driver = floor.route(gone).shift.driver
    assert floor.recovery.call_out(DAY.isoformat(), driver, "ill", floor.desk.origin()) is None
    assert floor.route(gone).status is RouteStatus.withdrawn
    assert all(route_of(floor, order) != gone for order in orders)
    assert floor.cases_of(CaseKind.no_capacity) == []
    assert [case.subject.route for case in floor.cases_of(CaseKind.breakdown)] == [gone]
    for route in floor.planner.plan.route_ids:
        assert floor.planner.plan.check(route) == ()


def test_promises_that_no_plan_keeps_get_their_case_in_the_same_commit(
    open_floor: Callable[..., Floor],
) -> None:
    """The only van falls out: each promise has a case, recorded together with the withdrawal."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    orders = many(floor, 5)
    commits = floor.market.head.size
    assert floor.recovery.call_out(DAY.isoformat(), DriverId("ada"), "ill", floor.desk.origin()) is None
    new = floor.records()[commits:]
    assert any(isinstance(record.data, RouteWithdrawn) for record in new)
    opened = [record.data for record in new if isinstance(record.data, CaseOpened)]
    cased = {event.subject.order for event in opened if event.kind is CaseKind.no_capacity}
    assert cased == {order.id for order in orders}
    assert_everyone_is_cared_for(floor, orders)


def test_the_reserve_comes_in_for_what_finds_no_other_van(open_floor: Callable[..., Floor]) -> None:
    """The reserve's route takes the stops, and no promise is lost."""
    floor = open_floor(shift("ada", "10:00", "18:00"), shift("cleo", "10:00", "18:00", reserve=True))
    orders = many(floor, 5)
    assert floor.recovery.call_out(DAY.isoformat(), DriverId("ada"), "ill", floor.desk.origin()) is None
    called = [r.data for r in floor.records() if isinstance(r.data, ReserveCalled)]
    assert [event.shift.driver for event in called] == ["cleo"]
    assert {route_of(floor, order) for order in orders} == {called[0].route}
    assert floor.cases_of(CaseKind.no_capacity) == []


def test_the_reserve_stays_at_home_where_it_is_not_needed(open_floor: Callable[..., Floor]) -> None:
    """A van without orders falls out: nobody is called."""
    floor = open_floor(shift("ada", "10:00", "18:00"), shift("cleo", "10:00", "18:00", reserve=True))
    assert floor.recovery.call_out(DAY.isoformat(), DriverId("ada"), "ill", floor.desk.origin()) is None
    assert not [r for r in floor.records() if isinstance(r.data, ReserveCalled)]


def test_a_driver_who_is_not_on_the_roster_cannot_call_out(floor: Floor) -> None:
    """The refusal is the roster's, and nothing is withdrawn."""
    refusal = floor.recovery.call_out(DAY.isoformat(), DriverId("zoe"), "ill", floor.desk.origin())
    assert refusal is not None
    assert refusal.code == "driver_not_on_roster"
    refusal = floor.recovery.call_out("2031-01-01", DriverId("ada"), "ill", floor.desk.origin())
    assert refusal is not None
    assert refusal.code == "roster_unknown"


def test_a_hold_whose_van_falls_out_is_given_back(open_floor: Callable[..., Floor]) -> None:
    """Nobody can confirm a window that no plan keeps, and what was never promised is no case."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    noon = Window(wall("12:00"), wall("14:00"))
    booking = floor.promises.hold(floor.ask(), noon, floor.desk.origin())
    assert isinstance(booking, Booking)
    assert floor.recovery.call_out(DAY.isoformat(), DriverId("ada"), "ill", floor.desk.origin()) is None
    assert floor.promise(booking.promise).status is PromiseStatus.released
    assert floor.cases_of(CaseKind.no_capacity) == []


@pytest.mark.parametrize("stage", ["open", "staged", "loaded", "departed"])
def test_a_breakdown_at_any_time_leaves_nobody_uncared_for(floor: Floor, stage: str) -> None:
    """Whatever the van had reached, each of its orders is on another route or has a case."""
    orders = many(floor, 8)
    route = route_of(floor, orders[0])
    if stage != "open":
        floor.until("10:15")
    if stage == "loaded":
        state = floor.route(route)
        assert floor.drivers.load(state, state.loading_list, floor.desk.origin()) is None
    if stage == "departed":
        floor.load(route)
    assert floor.recovery.break_down(route, "engine", floor.desk.origin()) is None
    assert floor.route(route).status is RouteStatus.withdrawn
    assert_everyone_is_cared_for(floor, orders)


def test_what_a_broken_van_had_on_board_is_picked_up_by_another(floor: Floor) -> None:
    """The other van visits the hub for it, and delivers it."""
    orders = [floor.place(f"A-{n}", (11 + n, 10), weight_g=250_000) for n in range(2)]
    broken, other = (route_of(floor, order) for order in orders)
    assert broken != other
    lost = [orders[0]]
    floor.until("10:15")
    for route in (broken, other):
        floor.load(route)
    assert floor.recovery.break_down(broken, "engine", floor.desk.origin()) is None
    for order in lost:
        assert route_of(floor, order) == other
        assert floor.delivery(order).status is DeliveryStatus.on_hold
    kinds = [stop.kind for stop in floor.route(other).remaining]
    assert StopKind.hub in kinds
    finish(floor, other)
    assert all(floor.delivery(order).status is DeliveryStatus.delivered for order in lost)
    assert floor.drivers.debrief(floor.route(other), (), floor.desk.origin()) is None


def finish(floor: Floor, route: RouteId) -> None:
    """Drive the rest of a route, hub visits included, and come home."""
    while remaining := floor.route(route).remaining:
        floor.clock.advance(600)
        stop = remaining[0]
        if stop.delivery is None:
            state = floor.route(route)
            parcels = [parcel for d in floor.drivers.to_load(state) for parcel in floor.parcels(d)]
            assert floor.drivers.visit_hub(state, tuple(parcels), floor.desk.origin()) is None
        else:
            floor.deliver(route, stop.delivery)
    floor.clock.advance(600)
    floor.home(route)


def test_what_joins_a_started_route_stands_behind_a_hub_visit(open_floor: Callable[..., Floor]) -> None:
    """A late order is loaded where the van comes by the hub again, and only then driven out."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    first = floor.place("A-1", (12, 10))
    floor.until("10:15")
    route = route_of(floor, first)
    floor.load(route)
    later = {"window_start": text(wall("15:00")), "window_end": text(wall("17:00"))}
    late = floor.place("A-2", (8, 10), **later)
    assert late.status is OrderStatus.promised
    stops = floor.route(route).stops
    at = next(i for i, stop in enumerate(stops) if stop.delivery == late.delivery)
    hubs = [i for i, stop in enumerate(stops) if stop.kind is StopKind.hub]
    assert any(0 < hub < at for hub in hubs)
    finish(floor, route)
    for order in (first, late):
        assert floor.order(order.id).status is OrderStatus.fulfilled


def test_a_van_that_falls_behind_makes_a_case_before_the_window_ends(
    open_floor: Callable[..., Floor],
) -> None:
    """Nobody waits for the shopper to notice; once told, the promise says that the miss was announced."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    order = floor.place()
    floor.until("10:15")
    floor.load(route_of(floor, order))
    floor.until("13:59")
    cases = floor.cases_of(CaseKind.predicted_miss)
    assert [case.subject.order for case in cases] == [order.id]
    assert floor.cases.told(cases[0].id, "dispatcher", floor.desk.origin()) is None
    assert floor.promise(order.promise).announced_at == floor.clock.now()
    floor.until("14:02")
    assert floor.promise(order.promise).outcome is PromiseOutcome.missed
