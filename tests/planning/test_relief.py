"""A late van gives stops away, or serves them in another order, before a promise breaks."""

from collections.abc import Callable

import msgspec
from tests.planning.test_repair import HUB, a_job, two_vans

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job, PlannedStop
from doorstep.planning.relief import ReliefLimits, relieve

Market = Callable[[int], tuple[LivePlan, list[Job]]]
LIMITS = ReliefLimits(danger_s=0, gain_s=60, added_s_max=10_000)
HUB_VISIT = PlannedStop(None, HUB)


def late_van() -> LivePlan:
    """Van 1 has `near` on board, then loads `far` at the hub; it leaves so late that `far` is in danger."""
    plan = two_vans()
    near, far = a_job("near", 5, 0, 30_000), a_job("far", 8, 0, 6_000)
    stops = [HUB_VISIT, PlannedStop("near", 5), HUB_VISIT, PlannedStop("far", 8)]
    plan.set_sequence("rte1", stops, [near, far])
    plan.advance("rte1", 1, HUB, 3_000)
    return plan


def after(plan: LivePlan, change: Change | None) -> LivePlan:
    assert change is not None
    trial = plan.copy()
    assert trial.apply(change.sequences) == ()
    return trial


def test_a_late_van_gives_away_what_it_has_not_loaded() -> None:
    """`far` would start at 6,600, 600 s too late; van 2 takes it, and the hub visit for it is gone."""
    plan = late_van()
    assert [(late.delivery_id, late.late_s) for late in plan.overdue(3_000)] == [("far", 600)]
    change = relieve(plan, "rte1", 3_000, LIMITS)
    trial = after(plan, change)
    assert change is not None
    assert change.moved == ("far",)
    assert trial.stops("rte1") == (HUB_VISIT, PlannedStop("near", 5))
    assert trial.overdue(3_000) == ()


def test_what_is_on_board_is_never_given_away() -> None:
    """With its own stop in danger and nothing else to change, a van keeps it: it has the parcel."""
    plan = two_vans()
    plan.set_sequence("rte1", [HUB_VISIT, PlannedStop("a", 8)], [a_job("a", 8, 0, 3_000)])
    plan.advance("rte1", 1, HUB, 2_000)
    assert plan.overdue(2_000)
    assert relieve(plan, "rte1", 2_000, LIMITS) is None


def test_a_stop_in_danger_comes_forward_behind_the_next_one() -> None:
    """Two parcels on board: the one with time to spare waits; the stop that the van drives to stays next."""
    plan = two_vans()
    jobs = [a_job("next", 5, 0, 30_000), a_job("patient", 2, 0, 30_000), a_job("urgent", 6, 0, 6_000)]
    places = [("next", 5), ("patient", 2), ("urgent", 6)]
    plan.set_sequence("rte1", [HUB_VISIT, *(PlannedStop(*place) for place in places)], jobs)
    plan.advance("rte1", 1, HUB, 3_000)
    trial = after(plan, relieve(plan, "rte1", 3_000, LIMITS))
    assert [stop.delivery_id for stop in trial.stops("rte1")] == [None, "next", "urgent", "patient"]
    assert trial.overdue(3_000) == ()


def test_a_stop_that_moved_a_short_while_ago_stays() -> None:
    """Hysteresis: what is settled is not moved again, and nothing else helps."""
    assert relieve(late_van(), "rte1", 3_000, LIMITS, {"far"}) is None


def test_too_little_gain_moves_nobody() -> None:
    """600 s of danger are less than the gain that is asked for."""
    plan = late_van()
    assert relieve(plan, "rte1", 3_000, LIMITS._replace(gain_s=601)) is None
    assert relieve(plan, "rte1", 3_000, LIMITS._replace(gain_s=600)) is not None


def test_relief_that_costs_too_much_driving_is_none() -> None:
    """Van 2 drives 4,800 s for `far`, of which van 1 saves 4,800: nothing is added, and more would not do."""
    plan = late_van()
    assert relieve(plan, "rte1", 3_000, LIMITS._replace(added_s_max=-1)) is None
    assert relieve(plan, "rte1", 3_000, LIMITS._replace(added_s_max=0)) is not None


def test_no_one_elses_promise_is_put_in_danger() -> None:
    """Van 2 has a promise at the other end that leaves no time for `far`."""
    plan = late_van()
    busy = a_job("busy", 0, 5_500, 5_500)
    plan.set_sequence("rte2", [HUB_VISIT, PlannedStop("busy", 0)], [busy])
    assert relieve(plan, "rte1", 3_000, LIMITS) is None


def test_a_pinned_stop_stays() -> None:
    """A dispatcher's pin is stronger than a van's delay."""
    plan = late_van()
    plan.keep("rte1", ["far"])
    assert relieve(plan, "rte1", 3_000, LIMITS) is None


def test_a_van_in_time_is_left_alone() -> None:
    """Nothing moves without danger, also where another van would be cheaper."""
    plan = late_van()
    assert relieve(plan, "rte1", 3_000, LIMITS._replace(danger_s=600)) is None
    assert relieve(plan, "rte1", 3_000, LIMITS._replace(danger_s=500)) is not None


def test_relief_only_ever_takes_danger_away(market: Market) -> None:
    """Random vans up to an hour late: no promise is worse off, and what is aboard or next stays."""
    relieved = 0
    for seed in range(700):
        delay_s = (900, 1_800, 3_600)[seed % 3]
        plan, _ = market(seed)
        for route_id in plan.route_ids:
            route = plan.route(route_id)
            if not route.rest():
                continue
            late = plan.copy()
            late.advance(route_id, max(1, route.frozen_count), route.last_place, route.free_at_s + delay_s)
            now_s = route.free_at_s + delay_s
            before = {one.delivery_id: one.late_s for one in late.overdue(now_s)}
            change = relieve(late, route_id, now_s, LIMITS)
            if change is None:
                continue
            trial = after(late, change)
            relieved += 1
            for one in trial.overdue(now_s):
                assert one.late_s <= before.get(one.delivery_id, 0)
            assert late.route(route_id).aboard <= set(trial.undone(route_id))
            assert trial.route(route_id).rest()[:1] == late.route(route_id).rest()[:1]
            faults = {(v.delivery_id, v.rule) for r in late.route_ids for v in late.check(r)}
            assert {(v.delivery_id, v.rule) for r in trial.route_ids for v in trial.check(r)} <= faults
    assert relieved >= 5


def test_the_skills_of_a_stop_go_with_it() -> None:
    """A cold parcel finds no relief with a van that is not cold."""
    plan = late_van()
    far = plan.job("far")
    assert far is not None
    plan.replace_shift(msgspec.structs.replace(plan.route("rte1").shift, skills=1))
    plan.amend(msgspec.structs.replace(far, skills=1))
    assert relieve(plan, "rte1", 3_000, LIMITS) is None
