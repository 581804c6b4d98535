from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.desks.floor import Floor, Ground, network, shift, wall

from doorstep.engine.action_desk import Moved
from doorstep.engine.action_effect import Effect
from doorstep.lifecycle.route import LIVE
from doorstep.vocabulary.action import ActionKind, Proposal
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ActionId, DeliveryId, RouteId

ORDERS: Final = 7
STEPS_MAX: Final = 14
KINDS: Final = (ActionKind.move, ActionKind.move, ActionKind.front, ActionKind.hold, ActionKind.cancel)
STEP: Final = st.tuples(
    st.sampled_from([*KINDS, "undo", "wait"]),
    st.integers(0, ORDERS - 1),
    st.integers(-1, 2),
    st.integers(-1, ORDERS - 1),
)


def town(orders: int) -> tuple[Floor, list[DeliveryId]]:
    """Two vans, and orders for the afternoon."""
    shifts = (shift("ada", "10:00", "18:00"), shift("ben", "11:00", "18:00"))
    floor = Floor(Ground(wall("06:00")), network(*shifts))
    floor.open_day()
    placed = [floor.place(f"A-{n}", (n * 3 % 20, (7 * n) % 20)).delivery for n in range(orders)]
    return floor, [delivery for delivery in placed if delivery is not None]


def act(
    floor: Floor, step: tuple[str, int, int, int], orders: list[DeliveryId], taken: list[ActionId]
) -> None:
    """One thing that somebody does; a refusal is an answer like another."""
    kind, which, to, ahead_of = step
    if kind == "wait":
        floor.clock.advance(600)
        floor.tick()
        return
    if kind == "undo":
        if taken:
            floor.actions.undo(taken[which % len(taken)], floor.desk.origin())
        return
    routes = [None, *map(RouteId, floor.planner.plan.route_ids)]
    before = None if ahead_of < 0 else orders[ahead_of]
    proposal = Proposal(ActionKind(kind), orders[which], routes[(to + 1) % len(routes)], before, "by hand")
    effect = floor.actions.preview(proposal)
    if isinstance(effect, Effect):
        done = floor.actions.take(proposal, effect.version, effect.position, floor.desk.origin("ada"))
        assert not isinstance(done, Moved), "nothing happened between preview and action"
        if isinstance(done, str):
            taken.append(done)


def assert_each_stands_once(floor: Floor, orders: list[DeliveryId]) -> None:
    """On one live route, once; or held, or cancelled; and the live plan is what the log says."""
    for delivery in orders:
        on = [
            route
            for route, state in floor.planner.routes.items()
            if state.status in LIVE
            for one in state.deliveries
            if one == delivery
        ]
        status = floor.delivery(delivery).status
        off = status in (DeliveryStatus.on_hold, DeliveryStatus.cancelled)
        assert len(on) == 1 or (not on and off), (delivery, on, status)
        assert floor.planner.plan.route_of(delivery) == (on[0] if on else None)
        assert not (on and status is DeliveryStatus.cancelled)


@given(steps=st.lists(STEP, max_size=STEPS_MAX), hour=st.sampled_from(["06:00", "08:50", "09:10"]))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_row_of_actions_and_undos_loses_or_doubles_a_stop(
    steps: list[tuple[str, int, int, int]], hour: str
) -> None:
    """Whatever dispatchers do and take back, each delivery stands once, and a restart sees the same plan."""
    floor, orders = town(ORDERS)
    assert len(orders) == ORDERS
    floor.until(hour)
    taken: list[ActionId] = []
    for step in steps:
        act(floor, step, orders, taken)
        assert_each_stands_once(floor, orders)
    assert floor.restart().planner.plan.plan_hash() == floor.planner.plan.plan_hash()


def test_what_was_moved_away_since_comes_back_as_near_as_can_be() -> None:
    """It was put first, then moved to the other van: taking back the first brings it back to its route."""
    floor, orders = town(ORDERS)
    floor.until("08:50")
    moved = next(one for one in orders if floor.planner.plan.route_of(one) is not None)
    home = RouteId(str(floor.planner.plan.route_of(moved)))
    other = next(RouteId(one) for one in floor.planner.plan.route_ids if one != home)
    taken: list[ActionId] = []
    for proposal in (
        Proposal(ActionKind.front, moved, home, None, "by hand"),
        Proposal(ActionKind.move, moved, other, None, "by hand"),
    ):
        effect = floor.actions.preview(proposal)
        assert isinstance(effect, Effect), effect
        done = floor.actions.take(proposal, effect.version, effect.position, floor.desk.origin("ada"))
        assert isinstance(done, str), done
        taken.append(done)
    assert floor.planner.plan.route_of(moved) == other
    assert not isinstance(floor.actions.undo(taken[0], floor.desk.origin("ada")), Refusal)
    assert floor.planner.plan.route_of(moved) == home


def test_a_preview_of_everything_is_an_answer() -> None:
    """Each kind about each stop and each route is weighed or refused by a rule, never a fault."""
    floor, orders = town(4)
    answers = [
        floor.actions.preview(Proposal(kind, delivery, route, before, "by hand"))
        for kind in ActionKind
        for delivery in (None, *orders)
        for route in (None, *map(RouteId, floor.planner.plan.route_ids))
        for before in (None, orders[0])
    ]
    assert all(isinstance(answer, Effect | Refusal) for answer in answers)
    assert any(isinstance(answer, Effect) for answer in answers)
