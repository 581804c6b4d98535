from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tests.engine.desks.floor import DAY, Floor, shift, wall

from doorstep.engine.intake import OrderRow
from doorstep.engine.promise_desk import Booking
from doorstep.vocabulary.ids import MerchantId, RouteId
from doorstep.vocabulary.windows import Window


def drive_a_day(floor: Floor) -> None:
    """Orders, holds, a change, a cancellation, a call-out, a breakdown, a few handoffs."""
    orders = [floor.place(f"A-{n}", (n % 20, (7 * n) % 20)) for n in range(9)]
    floor.place("night", window_start="2026-03-03T22:00:00Z", window_end="2026-03-03T23:00:00Z")
    noon = Window(wall("12:00"), wall("14:00"))
    held = floor.promises.hold(floor.ask((3, 3)), noon, floor.desk.origin())
    assert isinstance(held, Booking)
    assert floor.orders.cancel(orders[0], "merchant", "sold out", floor.desk.origin()) is None
    row = floor.orders.merged(orders[1], {"weight_g": 2_000}, None)
    assert isinstance(row, OrderRow)
    amended = floor.orders.amend(orders[1], row, orders[1].version, floor.desk.origin())
    assert amended == ("weight_g",)
    floor.until("10:15")
    routes = sorted(r for r, s in floor.planner.routes.items() if s.deliveries)
    for route in routes:
        floor.load(route)
    floor.until("12:00")
    for route in routes:
        floor.deliver(route, floor.route(route).deliveries[-1])
    floor.clock.advance(60)
    floor.tick()
    assert floor.recovery.break_down(routes[0], "engine", floor.desk.origin()) is None


def assert_same(a: Floor, b: Floor) -> None:
    assert b.planner.plan.plan_text() == a.planner.plan.plan_text()
    assert b.planner.plan.plan_hash() == a.planner.plan.plan_hash()
    assert b.planner.routes == a.planner.routes
    assert b.market.head == a.market.head
    for noun in ("order", "promise", "delivery", "route", "custody", "case", "cost", "roster"):
        assert b.market.all_of(noun) == a.market.all_of(noun)
    merchant = MerchantId("acme")
    for number in range(9):
        assert b.index.find(merchant, f"A-{number}") == a.index.find(merchant, f"A-{number}")
        order = a.index.find(merchant, f"A-{number}")
        assert order is not None
        assert b.streams.of(order) == a.streams.of(order)


@pytest.fixture
def lived(open_floor: Callable[..., Floor]) -> Floor:
    floor = open_floor(
        shift("ada", "10:00", "18:00"),
        shift("ben", "10:00", "18:00"),
        shift("cleo", "10:00", "18:00", reserve=True),
    )
    drive_a_day(floor)
    return floor


def test_a_restart_rebuilds_the_live_plan_and_every_state(lived: Floor) -> None:
    """Another process over the same log has the same plan, to its hash, and the same states and indexes."""
    assert_same(lived, lived.restart())


def test_a_restart_plans_on_with_the_same_times(lived: Floor) -> None:
    """What either process expects of each stop is the same to the second, and so are its answers."""
    again = lived.restart()
    for floor in (lived, again):
        floor.planner.catch_up(floor.clock.now())
    for route in lived.planner.plan.route_ids:
        assert again.planner.plan.schedule(route).times == lived.planner.plan.schedule(route).times
        for delivery in lived.route(RouteId(route)).deliveries:
            assert again.planner.known_job(delivery) == lived.planner.known_job(delivery)


def test_a_restart_after_midnight_still_knows_the_day(lived: Floor) -> None:
    """The plan's own seconds begin at another midnight then, and its text stays."""
    lived.until("06:00", DAY + timedelta(days=1))
    assert_same(lived, lived.restart())


def test_a_restart_after_an_erasure_still_knows_the_plan(lived: Floor) -> None:
    """The place of an erased person is nowhere; its stop is history, and everything else is as before."""
    done = next(s for s in lived.market.all_of("delivery").values() if s.delivered is not None)
    order = lived.order(done.created.order)
    lived.people.erase(order.content.person, order.content.place)
    again = lived.restart()
    assert_same(lived, again)
    assert again.people.point(order.content.place) is None


def test_a_restart_knows_every_order_by_its_merchants_id(lived: Floor) -> None:
    """The index of the one that starts answers `existing` for what the other took on."""
    row = lived.row("late", (4, 4))
    first = lived.orders.place(row, lived.desk.origin())
    second = lived.restart().orders.place(msgspec.structs.replace(row), lived.desk.origin())
    assert first.outcome == "created"
    assert (second.order, second.outcome) == (first.order, "existing")
