"""Late vans: what they have not loaded goes to a neighbour in time, and the rest is a case."""

from collections.abc import Callable
from itertools import pairwise

from tests.engine.desks.floor import Floor, shift, text, wall

from doorstep.lifecycle.order import OrderState
from doorstep.vocabulary.action import ActionKind, Proposal
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.route import MoveCause


def two_trips(open_floor: Callable[..., Floor]) -> tuple[Floor, RouteId, OrderState, OrderState]:
    """Van ada has one order on board, and one for a second trip whose parcel comes to the hub at noon."""
    floor = open_floor(shift("ada", "10:00", "18:00"), shift("ben", "10:00", "18:00"))
    morning = {"window_start": text(wall("10:00")), "window_end": text(wall("11:30"))}
    first = floor.place("A-1", (20, 10), **morning)
    noon = {"window_start": text(wall("12:00")), "window_end": text(wall("14:00"))}
    second = floor.place("A-2", (0, 0), ready_at=text(wall("12:00")), **noon)
    assert first.delivery is not None
    route = floor.planner.plan.route_of(first.delivery)
    assert route is not None
    if floor.planner.plan.route_of(second.delivery or "") != route:
        proposal = Proposal(ActionKind.move, second.delivery, RouteId(route), None, "same van")
        taken = floor.actions.take(proposal, None, 0, floor.desk.origin("dana"))
        assert not isinstance(taken, Refusal), taken
    return floor, RouteId(route), first, second


def test_a_van_that_does_not_leave_gives_its_second_trip_away(open_floor: Callable[..., Floor]) -> None:
    """Nobody loads the van: before its window is missed another van has the second order, and why."""
    floor, late, first, second = two_trips(open_floor)
    assert floor.planner.plan.route_of(second.delivery or "") == late
    floor.until("13:45")
    assert floor.planner.plan.route_of(second.delivery or "") != late
    assert floor.planner.plan.route_of(first.delivery or "") == late, "its parcel is on that van's list"
    line = floor.moves.of_delivery(second.delivery)[0]
    assert (line.left, line.cause) == (late, MoveCause.van_late)
    assert line.because is not None
    assert line.because.rule == "moves.relief_before_s"
    assert line.at < wall("14:00")
    assert second.id not in {case.subject.order for case in floor.cases_of(CaseKind.predicted_miss)}


def test_a_van_in_time_keeps_its_second_trip(open_floor: Callable[..., Floor]) -> None:
    """The same day with a driver who comes to work: nothing moves, and both promises are kept."""
    floor, route, first, second = two_trips(open_floor)
    floor.until("10:15")
    floor.load(route)
    floor.until("10:30")
    assert first.delivery is not None
    floor.deliver(route, first.delivery)
    floor.until("12:10")
    assert floor.planner.plan.route_of(second.delivery or "") == route
    moved = [line.cause for line in floor.moves.of_delivery(second.delivery)]
    assert MoveCause.van_late not in moved
    assert floor.promise(first.promise).outcome is PromiseOutcome.kept


def test_what_no_neighbour_takes_is_a_case_before_the_window_ends(open_floor: Callable[..., Floor]) -> None:
    """With a single van nothing can move: each promise that it will miss is a case, each once."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    order = floor.place("A-1", (12, 10))
    floor.until("13:50")
    assert floor.moves.of_delivery(order.delivery) == ()
    floor.until("14:30")
    cases = floor.cases_of(CaseKind.predicted_miss)
    assert [case.subject.order for case in cases] == [order.id]


def test_a_stop_is_not_moved_back_and_forth(open_floor: Callable[..., Floor]) -> None:
    """Both vans stand still: the order changes vans once at most in half an hour."""
    floor, _, _, second = two_trips(open_floor)
    floor.until("14:30")
    late = [line.at for line in floor.moves.of_delivery(second.delivery) if line.cause is MoveCause.van_late]
    late.sort()
    rest_us = floor.book.dispatch.moves.relief_rest_s * 1_000_000
    assert all(after - before >= rest_us for before, after in pairwise(late))
