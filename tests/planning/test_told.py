"""What was told to drivers and shoppers moves last."""

import msgspec
from tests.planning.test_repair import HUB, a_job, two_vans

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import PlannedStop
from doorstep.planning.repair import make_room, rehome
from doorstep.planning.told import NOBODY, Told

HUB_VISIT = PlannedStop(None, HUB)
NEAR, FAR = 6, 8


def told(drivers: dict[str, frozenset[str]], van_minor: int = 0, **starts: int) -> Told:
    return Told(drivers, starts, van_minor, 500, 900)


def near_and_far() -> LivePlan:
    """Van 1 goes 600 s short of the orphan's door, van 2 the other way."""
    plan = two_vans(hour_minor=3_600)
    plan.set_sequence("rte1", [HUB_VISIT, PlannedStop("a", NEAR)], [a_job("a", NEAR)])
    plan.set_sequence("rte2", [HUB_VISIT, PlannedStop("b", 3)], [a_job("b", 3)])
    return plan


def test_an_orphan_goes_to_the_van_whose_driver_has_no_list_yet() -> None:
    """Van 1 would drive 1,200 s for it and van 2 4,800 s: being told must cost more than that to count."""
    plan, orphan = near_and_far(), a_job("new", 7)
    listed = {"rte1": frozenset({"a"})}
    assert list(rehome(plan, [orphan]).sequences) == ["rte1"]
    assert list(rehome(plan, [orphan], told=told(listed, 2_000)).sequences) == ["rte1"]
    assert list(rehome(plan, [orphan], told=told(listed, 4_000)).sequences) == ["rte2"]


def test_room_is_made_by_moving_who_was_told_nothing() -> None:
    """Either of two stops could leave van 2; the nearest goes where nobody was told, else the other."""
    plan = two_vans()
    plan.replace_shift(msgspec.structs.replace(plan.route("rte2").shift, skills=1, capacity_g=2_000))
    jobs = [a_job("x", 6), a_job("y", 5)]
    plan.set_sequence("rte2", [HUB_VISIT, PlannedStop("x", 6), PlannedStop("y", 5)], jobs)
    plan.replace_shift(msgspec.structs.replace(plan.route("rte2").shift, end_s=3_700))
    cold = msgspec.structs.replace(a_job("cold", 6, 0, 40_000), skills=1)
    assert plan.best(cold).placement is None
    moved = {}
    for name, known in (("nobody", NOBODY), ("x", told({}, 0, x=1_200)), ("y", told({}, 0, y=1_800))):
        change = make_room(plan, cold, told=known)
        assert change is not None
        (moved[name],) = change.moved
    assert moved["x"] == "y"
    assert moved["y"] == "x"
    assert moved["nobody"] in {"x", "y"}


def test_a_told_time_counts_once_it_moves_by_the_tolerance() -> None:
    """A shopper who was told 2,400 s: 3,299 s still holds, 3,300 s does not."""
    plan = two_vans()
    plan.set_sequence("rte1", [HUB_VISIT, PlannedStop("a", 8)], [a_job("a", 8)])
    known = told({}, 0, a=2_400)
    assert known.cost(plan, "rte1") == 0
    plan.advance("rte1", 1, HUB, 899)
    assert known.cost(plan, "rte1") == 0
    plan.advance("rte1", 1, HUB, 900)
    assert known.cost(plan, "rte1") == 500 * 1_000_000


def test_a_list_counts_for_each_stop_that_leaves_or_joins_it() -> None:
    """One stop left the driver's list and another joined: both were told otherwise."""
    plan = near_and_far()
    known = told({"rte1": frozenset({"gone"})}, 100)
    assert known.cost(plan, "rte1") == 2 * 100 * 1_000_000
    assert known.cost(plan, "rte2") == 0
