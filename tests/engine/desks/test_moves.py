"""Moves: a stop that changes vans says why, and what the next best van would have cost."""

from collections.abc import Callable

from tests.engine.desks.floor import DAY, Floor, shift
from tests.engine.desks.test_dispatch import many, route_of

from doorstep.engine.moves import Grounds, moves_of
from doorstep.lifecycle.order import OrderState
from doorstep.planning.problem import Change
from doorstep.views.moves import explained
from doorstep.vocabulary.action import ActionKind, Proposal
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.route import MoveCause, RoutePlanned


def three(open_floor: Callable[..., Floor]) -> Floor:
    return open_floor(*(shift(name, "10:00", "18:00") for name in ("ada", "bob", "cyd")))


def break_first(floor: Floor, orders: list[OrderState]) -> RouteId:
    gone = route_of(floor, orders[0])
    assert floor.recovery.break_down(gone, "engine", floor.desk.origin()) is None
    return gone


def test_each_orphan_of_a_lost_van_says_why_it_moved(open_floor: Callable[..., Floor]) -> None:
    """Van, cause, rule and the next best van's extra minutes stand in the event and in words."""
    floor = three(open_floor)
    orders = many(floor, 12)
    first = route_of(floor, orders[0])
    lost = set(floor.route(first).deliveries)
    gone = break_first(floor, orders)
    planned = [r for r in floor.records() if isinstance(r.data, RoutePlanned) and r.data.moves]
    assert all(record.because is not None and record.because.rule == "moves" for record in planned)
    lines = {move.delivery: move for record in planned for move in record.data.moves}
    assert lost <= set(lines)
    assert {lines[one].cause for one in lost} == {MoveCause.van_lost}
    assert {lines[one].left for one in lost} == {gone}
    told = explained(floor.moves.of_delivery(orders[0].delivery)[0])
    assert told.startswith("moved from van-")
    assert "is out (engine)" in told
    assert "next best would have cost" in told or "no other van" in told or "for it alone" in told


def test_the_next_best_van_is_asked_on_the_plan_as_it_is_then(open_floor: Callable[..., Floor]) -> None:
    """With one van left there is no next best; with two there is, and its minutes are those of a quote."""
    floor = open_floor(shift("ada", "10:00", "18:00"), shift("bob", "10:00", "18:00"))
    orders = many(floor, 4)
    gone = break_first(floor, orders)
    assert {line.next_best_s for line in floor.moves.of_route(gone)} == {None}
    floor = three(open_floor)
    orders = many(floor, 6)
    gone = break_first(floor, orders)
    plan = floor.planner.plan
    line = floor.moves.of_route(gone)[0]
    assert line.next_best_s is not None
    trial = plan.copy()
    before_s = trial.schedule(line.route).drive_s
    job = trial.remove(line.delivery)
    saved_s = before_s - trial.schedule(line.route).drive_s
    others = [route for route in trial.route_ids if route != line.route]
    placement = trial.best(job, others).placement
    assert placement is not None
    assert line.next_best_s == placement.added_s - saved_s


def test_a_move_by_hand_names_the_person_and_the_reason(open_floor: Callable[..., Floor]) -> None:
    """Nobody's rule is behind it; the dispatcher's words are."""
    floor = three(open_floor)
    orders = many(floor, 6)
    delivery, source = orders[0].delivery, route_of(floor, orders[0])
    assert delivery is not None
    target = next(r for r in floor.planner.plan.route_ids if r != source)
    proposal = Proposal(ActionKind.move, delivery, RouteId(target), None, "she knows the street")
    taken = floor.actions.take(proposal, None, 0, floor.desk.origin("dana"))
    assert not isinstance(taken, Refusal), taken
    line = floor.moves.of_delivery(delivery)[0]
    assert (line.cause, line.route, line.actor) == (MoveCause.by_hand, target, "dana")
    assert explained(line).endswith("by dana: she knows the street")


def test_who_moves_to_make_room_for_orphans_is_told_apart_from_them(open_floor: Callable[..., Floor]) -> None:
    """Only what stood on the lost van lost it; what else changes vans makes room."""
    floor = three(open_floor)
    many(floor, 9)
    plan = floor.planner.plan
    one = next(r for r in plan.route_ids if plan.movable(r))
    other = next(r for r in plan.route_ids if r != one)
    shoved = plan.movable(one)[0]
    after = plan.copy()
    job = after.remove(shoved)
    spot = after.spot(job, [other])
    assert spot is not None
    after.put(job, spot)
    change = Change({r: after.stops(r) for r in (one, other)}, (), ())
    grounds = Grounds("van-z withdrawn: ill", MoveCause.van_lost, {"dlv_else": RouteId("rte_gone")})
    (move,) = moves_of(change, plan, after, grounds)[other]
    assert (move.delivery, move.left, move.cause) == (shoved, one, MoveCause.room)


def test_a_call_out_explains_its_moves_after_a_restart_too(open_floor: Callable[..., Floor]) -> None:
    """The explanation is the log's: another process says the same."""
    floor = three(open_floor)
    orders = many(floor, 9)
    driver = floor.route(route_of(floor, orders[0])).shift.driver
    assert floor.recovery.call_out(DAY.isoformat(), driver, "ill", floor.desk.origin()) is None
    again = floor.restart()
    for order in orders:
        assert again.moves.of_delivery(order.delivery) == floor.moves.of_delivery(order.delivery)
    assert floor.moves.of_delivery(orders[0].delivery)
