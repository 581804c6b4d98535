from collections.abc import Callable

import msgspec
import pytest
from tests.engine.desks.floor import Floor, Ground, network, shift, text, wall

from doorstep.engine.action_desk import Moved
from doorstep.engine.action_effect import DRIVER_TOLD, Effect
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.planning.problem import Rule
from doorstep.vocabulary.action import UNDO_S_MAX, ActionKind, ActionTaken, Proposal
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ActionId, DeliveryId, RouteId


def dlv(order: OrderState) -> DeliveryId:
    assert order.delivery is not None
    return order.delivery


def on(floor: Floor, order: OrderState) -> RouteId | None:
    route = floor.planner.plan.route_of(dlv(order))
    return None if route is None else RouteId(route)


def ahead(floor: Floor, route: RouteId) -> list[DeliveryId]:
    return list(floor.planner.routes[route].deliveries)


def other(floor: Floor, route: RouteId | None) -> RouteId:
    return next(RouteId(one) for one in floor.planner.plan.route_ids if one != route)


def preview(floor: Floor, proposal: Proposal) -> Effect:
    effect = floor.actions.preview(proposal)
    assert isinstance(effect, Effect), effect
    return effect


def take(floor: Floor, proposal: Proposal) -> ActionId:
    effect = preview(floor, proposal)
    done = floor.actions.take(proposal, effect.version, effect.position, floor.desk.origin("ada"))
    assert isinstance(done, str), done
    return done


def refusal(found: object) -> str:
    assert isinstance(found, Refusal), found
    return found.code


def move(order: OrderState, route: RouteId | None = None, before: OrderState | None = None) -> Proposal:
    return Proposal(ActionKind.move, dlv(order), route, None if before is None else dlv(before))


def many(floor: Floor, count: int) -> list[OrderState]:
    return [floor.place(f"A-{n}", (n % 20, (7 * n) % 20)) for n in range(count)]


def test_a_preview_says_what_a_move_adds_and_changes_nothing(floor: Floor) -> None:
    """Driving, metres and the doors that are reached at another time, with the log as long as before."""
    first, *_ = many(floor, 6)
    size, source = floor.market.head.size, on(floor, first)
    effect = preview(floor, move(first, other(floor, source)))
    assert floor.market.head.size == size
    assert on(floor, first) == source
    assert effect.added_s != 0
    assert effect.added_m == effect.added_s * 8
    assert dlv(first) in {shift.delivery for shift in effect.shifts}
    assert set(effect.routes) == {source, effect.proposal.route}


def test_a_move_is_one_commit_by_its_person(floor: Floor) -> None:
    """The delivery stands on the other route, once, and the log says who moved it and why."""
    first, *_ = many(floor, 6)
    target = other(floor, on(floor, first))
    size = floor.market.head.size
    take(floor, move(first, target))
    assert on(floor, first) == target
    new = floor.records()[size:]
    assert isinstance(new[0].data, ActionTaken)
    assert {record.actor for record in new} == {"ada"}
    assert len({record.recorded_at for record in new}) == 1


def test_a_move_before_a_stop_stands_right_there(floor: Floor) -> None:
    """Whoever names the stop gets the place before it."""
    orders = many(floor, 6)
    route = on(floor, orders[0])
    assert route is not None
    *_, last = ahead(floor, route)
    first = ahead(floor, route)[0]
    take(floor, Proposal(ActionKind.move, last, route, first))
    assert ahead(floor, route)[:2] == [last, first]


def test_to_the_front_makes_it_the_next_stop(floor: Floor) -> None:
    """Once the van is on the road, that is the first that is not done; its driver has the list."""
    orders = many(floor, 6)
    route = on(floor, orders[0])
    assert route is not None
    floor.until("10:30")
    floor.load(route)
    *_, last = ahead(floor, route)
    proposal = Proposal(ActionKind.front, last)
    assert DRIVER_TOLD in {hit.rule for hit in preview(floor, proposal).hits}
    take(floor, proposal)
    assert ahead(floor, route)[0] == last


def test_the_door_where_a_driver_stands_stays_first(floor: Floor) -> None:
    """Nobody puts a stop before it, and nobody moves it."""
    orders = many(floor, 6)
    route = on(floor, orders[0])
    assert route is not None
    floor.until("11:59")
    floor.load(route)
    here, *_, last = ahead(floor, route)
    floor.arrive(route, here)
    assert refusal(floor.actions.preview(Proposal(ActionKind.move, last, route, here))) == "stop_frozen"
    assert refusal(floor.actions.preview(Proposal(ActionKind.front, here))) == "stop_frozen"
    take(floor, Proposal(ActionKind.front, last))
    assert ahead(floor, route)[:2] == [here, last]


def test_what_is_on_a_loading_list_stays_on_its_van(floor: Floor) -> None:
    """Staged or loaded, it may change its place, not its route."""
    orders = many(floor, 6)
    route = on(floor, orders[0])
    floor.until("09:30")
    assert refusal(floor.actions.preview(move(orders[0], other(floor, route)))) == "on_board"
    assert refusal(floor.actions.targets(dlv(orders[0]))) == "on_board"


def test_targets_come_by_the_driving_they_add(floor: Floor) -> None:
    """What a target promises is what its preview then says; what cannot keep the promise comes last."""
    first, *_ = many(floor, 8)
    targets = floor.actions.targets(dlv(first))
    assert not isinstance(targets, Refusal)
    added = [target.added_s for target in targets if target.added_s is not None]
    assert added == sorted(added)
    assert [target.route for target in targets if target.is_current] == [on(floor, first)]
    for target in targets:
        if target.added_s is not None and not target.is_current:
            assert preview(floor, move(first, target.route)).added_s == target.added_s


def test_a_promise_that_a_move_breaks_has_its_case_in_that_commit(open_floor: Callable[..., Floor]) -> None:
    """A shift that begins after the window can take it all the same, and someone owns the miss."""
    floor = open_floor(shift("ada", "08:00", "18:00"), shift("ben", "15:00", "20:00"))
    order = floor.place()
    target = other(floor, on(floor, order))
    effect = preview(floor, move(order, target))
    assert [late.delivery for late in effect.broken] == [dlv(order)]
    size = floor.market.head.size
    take(floor, move(order, target))
    (case,) = floor.cases_of(CaseKind.predicted_miss)
    assert case.subject.delivery == dlv(order)
    assert len({record.recorded_at for record in floor.records()[size:]}) == 1


def test_a_second_break_is_a_case_of_its_own_and_ends_with_the_delivery(
    open_floor: Callable[..., Floor],
) -> None:
    """Moved late, back and late again, the promise has an open case; cancelled, none."""
    floor = open_floor(shift("ada", "08:00", "18:00"), shift("ben", "15:00", "20:00"))
    order = floor.place()
    home = on(floor, order)
    target = other(floor, home)
    for route in (target, home, target):
        take(floor, move(order, route))
    assert len(floor.cases_of(CaseKind.predicted_miss)) == 2
    take(floor, Proposal(ActionKind.cancel, dlv(order), reason="shopper called"))
    assert [case for case in floor.cases_of(CaseKind.predicted_miss) if case.open] == []


def test_what_no_van_can_do_is_shown_and_refused() -> None:
    """A van that is too small for the boxes stays without them, whoever decides it."""
    roster = network(shift("ada", "10:00", "18:00"), shift("ben", "10:00", "18:00"))
    big, small = roster.vans
    small = msgspec.structs.replace(small, capacity_g=5_000)
    floor = Floor(Ground(wall("06:00")), msgspec.structs.replace(roster, vans=(big, small)))
    floor.open_day()
    order = floor.place(weight_g=6_000)
    effect = preview(floor, move(order, other(floor, on(floor, order))))
    assert [(hit.rule, hit.by) for hit in effect.hits] == [(Rule.over_weight, 1_000)]
    assert effect.blocked is not None
    done = floor.actions.take(effect.proposal, effect.version, 0, floor.desk.origin())
    assert refusal(done) == Rule.over_weight


def test_a_held_delivery_leaves_its_route_and_comes_back(floor: Floor) -> None:
    """On hold with its reason and a case; taken back, it stands where it stood, and the case is closed."""
    orders = many(floor, 6)
    route = on(floor, orders[0])
    assert route is not None
    before = ahead(floor, route)
    action = take(floor, Proposal(ActionKind.hold, dlv(orders[0]), reason="box is wet"))
    assert on(floor, orders[0]) is None
    assert floor.delivery(orders[0]).status is DeliveryStatus.on_hold
    assert floor.delivery(orders[0]).held_reason == "box is wet"
    assert [case.open for case in floor.cases_of(CaseKind.predicted_miss)] == [True]
    assert floor.actions.undo(action, floor.desk.origin("ada")) is None
    assert ahead(floor, route) == before
    assert [case.open for case in floor.cases_of(CaseKind.predicted_miss)] == [False]


def test_a_held_delivery_can_be_planned_again(floor: Floor) -> None:
    """The best place of all is found without naming a route."""
    orders = many(floor, 4)
    take(floor, Proposal(ActionKind.hold, dlv(orders[0]), reason="box is wet"))
    take(floor, move(orders[0]))
    assert on(floor, orders[0]) is not None


def test_a_cancelled_delivery_is_gone_for_good(floor: Floor) -> None:
    """Order and delivery are cancelled, its stop is gone, and nobody takes that back."""
    order, *_ = many(floor, 3)
    action = take(floor, Proposal(ActionKind.cancel, dlv(order), reason="shopper called"))
    assert floor.order(order.id).status is OrderStatus.cancelled
    assert on(floor, order) is None
    undone = floor.actions.undo(action, floor.desk.origin())
    assert undone is not None
    assert undone.code == "undo_never"


def test_a_pinned_stop_and_a_pinned_route_stay_where_they_are(floor: Floor) -> None:
    """Improvement takes none of them; unpinned, it may again; leaving the route takes the pin off."""
    orders = many(floor, 10)
    route = on(floor, orders[0])
    assert route is not None
    plan = floor.planner.plan
    take(floor, Proposal(ActionKind.pin, dlv(orders[0]), reason="she waits"))
    assert dlv(orders[0]) not in plan.movable(route)
    assert len(plan.movable(route)) == len(ahead(floor, route)) - 1
    undo = take(floor, Proposal(ActionKind.pin, route=route, reason="agreed"))
    assert plan.movable(route) == ()
    before = ahead(floor, route)
    floor.until("09:30")
    assert ahead(floor, route) == before
    del undo


def test_a_pin_is_taken_back(floor: Floor) -> None:
    """Then every stop of the route may be moved."""
    orders = many(floor, 4)
    route = on(floor, orders[0])
    assert route is not None
    action = take(floor, Proposal(ActionKind.pin, route=route, reason="agreed"))
    assert floor.actions.undo(action, floor.desk.origin()) is None
    assert set(floor.planner.plan.movable(route)) == set(ahead(floor, route))


def test_a_message_stands_on_the_route_until_it_is_taken_back(floor: Floor) -> None:
    """The driver's route has it, with its stop."""
    orders = many(floor, 4)
    route = on(floor, orders[0])
    assert route is not None
    action = take(floor, Proposal(ActionKind.message, dlv(orders[0]), reason="Ring twice."))
    (message,) = floor.route(route).messages
    assert (message.text, message.delivery) == ("Ring twice.", dlv(orders[0]))
    assert floor.actions.undo(action, floor.desk.origin()) is None
    assert floor.route(route).messages == ()


@pytest.mark.parametrize(
    ("proposal", "code"),
    [
        (Proposal(ActionKind.move), "delivery_missing"),
        (Proposal(ActionKind.move, DeliveryId("dlv_none")), "delivery_unknown"),
        (Proposal(ActionKind.hold, DeliveryId("dlv_none"), reason=" "), "reason_missing"),
        (Proposal(ActionKind.message, route=RouteId("rte_none"), reason="x" * 281), "message_too_long"),
        (Proposal(ActionKind.pin, route=RouteId("rte_none")), "route_unknown"),
    ],
)
def test_a_proposal_that_says_too_little_is_refused(floor: Floor, proposal: Proposal, code: str) -> None:
    """Each kind says what it needs."""
    assert refusal(floor.actions.preview(proposal)) == code


def test_a_move_to_where_it_stands_is_no_change(floor: Floor) -> None:
    """Nothing would be recorded, so nothing is offered."""
    orders = many(floor, 5)
    route = on(floor, orders[0])
    assert route is not None
    assert refusal(floor.actions.preview(Proposal(ActionKind.front, ahead(floor, route)[0]))) == "no_change"


def test_the_second_dispatcher_is_told_who_changed_the_route(floor: Floor) -> None:
    """Their preview is of a plan that is gone: nothing happens, and they see by whom."""
    first, second, *_ = many(floor, 6)
    target = other(floor, on(floor, first))
    seen = preview(floor, move(first, target))
    hers = preview(floor, move(first, target))
    done = floor.actions.take(hers.proposal, hers.version, hers.position, floor.desk.origin("ben"))
    assert isinstance(done, str)
    again = Proposal(ActionKind.hold, dlv(first), reason="late")
    stale = floor.actions.take(again, seen.version, seen.position, floor.desk.origin("ada"))
    assert isinstance(stale, Moved)
    assert {(change.by, change.route) for change in stale.changes} == {("ben", target)}
    assert on(floor, first) == target
    del second


def test_what_does_not_matter_to_a_preview_does_not_stop_it(floor: Floor) -> None:
    """A change of another route leaves it as it was."""
    orders = many(floor, 6)
    route = on(floor, orders[0])
    assert route is not None
    aside = other(floor, route)
    for order in orders[4:]:
        take(floor, move(order, aside))
    proposal = Proposal(ActionKind.front, ahead(floor, route)[-1])
    effect = preview(floor, proposal)
    take(floor, Proposal(ActionKind.front, ahead(floor, aside)[-1]))
    done = floor.actions.take(proposal, effect.version, effect.position, floor.desk.origin())
    assert isinstance(done, str)


def test_an_action_is_taken_back_once_and_for_five_minutes(floor: Floor) -> None:
    """A second time, or later, it is too late."""
    orders = many(floor, 6)
    target = other(floor, on(floor, orders[0]))
    once = take(floor, move(orders[0], target))
    assert floor.actions.undo(once, floor.desk.origin()) is None
    assert refusal(floor.actions.undo(once, floor.desk.origin())) == "action_undone"
    late = take(floor, move(orders[0], target))
    floor.clock.advance(UNDO_S_MAX + 1)
    assert refusal(floor.actions.undo(late, floor.desk.origin())) == "undo_too_late"
    assert refusal(floor.actions.undo(ActionId("act_none"), floor.desk.origin())) == "action_unknown"


def test_what_the_van_has_loaded_since_is_not_taken_back(floor: Floor) -> None:
    """The loading list was made in between: the parcel goes with the van that it was moved to."""
    orders = many(floor, 6)
    target = other(floor, on(floor, orders[0]))
    floor.until("08:58")
    action = take(floor, move(orders[0], target))
    floor.until("09:01")
    assert refusal(floor.actions.undo(action, floor.desk.origin())) == "on_board"
    assert on(floor, orders[0]) == target


def test_taking_back_keeps_what_others_did_meanwhile(floor: Floor) -> None:
    """Another order joined the old route: the delivery goes back to it, and nobody loses a stop."""
    orders = many(floor, 6)
    home = on(floor, orders[0])
    assert home is not None
    moved = orders[1]
    take(floor, move(moved, other(floor, home)))
    action = take(floor, move(orders[0], other(floor, home)))
    take(floor, move(moved, home))
    assert floor.actions.undo(action, floor.desk.origin()) is None
    assert on(floor, orders[0]) == home
    assert on(floor, moved) == home


def test_a_restart_remembers_pins_and_actions(floor: Floor) -> None:
    """Another process over the same log keeps the pin, and takes the action back."""
    orders = many(floor, 5)
    route = on(floor, orders[0])
    assert route is not None
    action = take(floor, Proposal(ActionKind.pin, dlv(orders[0]), reason="she waits"))
    anew = floor.restart()
    assert dlv(orders[0]) not in anew.planner.plan.movable(route)
    assert anew.actions.undo(action, anew.desk.origin()) is None


def test_a_window_that_a_shopper_holds_is_not_broken(open_floor: Callable[..., Floor]) -> None:
    """They may confirm it any moment, so nobody puts it on a van that would be late."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    asked = floor.ask((20, 20), window_start=text(wall("10:00")), window_end=text(wall("12:00")))
    assert asked.requested is not None
    held = floor.promises.hold(asked, asked.requested, floor.desk.origin())
    assert not isinstance(held, Refusal), held
    order = floor.place("A-2", (0, 0), window_start=text(wall("15:00")), window_end=text(wall("17:00")))
    effect = preview(floor, Proposal(ActionKind.front, dlv(order)))
    assert {hit.delivery for hit in effect.hits if hit.blocking} == {held.delivery}
    done = floor.actions.take(effect.proposal, effect.version, effect.position, floor.desk.origin())
    assert refusal(done) == Rule.late_window
