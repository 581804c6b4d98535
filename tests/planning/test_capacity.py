"""Cutoffs, and how much still fits."""

from collections.abc import Callable

import msgspec

from doorstep.planning.capacity import capacity_left, cutoff_s
from doorstep.planning.explain import explain, explain_planned
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, Refused, VehicleShift
from doorstep.planning.travel import TravelTable

Market = Callable[[int], tuple[LivePlan, list[Job]]]
SHIFT = VehicleShift("rte1", "van1", 0, 0, 0, 0, 20_000, 10_000, 10_000, 300)
TYPICAL = Job("typical", 1, 0, 9_000, 12_000, 0, 100, 3_000, 1_000)


def one_van(**changes: int) -> LivePlan:
    plan = LivePlan(TravelTable.of([[abs(a - b) * 600 for b in range(5)] for a in range(5)]))
    plan.open_route(msgspec.structs.replace(SHIFT, **changes))
    return plan


def test_the_cutoff_is_the_last_order_that_still_makes_the_window() -> None:
    """Window's end, less the drive, the load-out and the lead: a second later is too late."""
    plan = one_van()
    cutoff = cutoff_s(plan, TYPICAL, now_s=0, lead_s=1_800)
    assert cutoff == 12_000 - 600 - 300 - 1_800
    assert cutoff_s(plan, TYPICAL, now_s=cutoff, lead_s=1_800) == cutoff
    assert cutoff_s(plan, TYPICAL, now_s=cutoff + 1, lead_s=1_800) is None


def test_the_cutoff_comes_from_live_capacity() -> None:
    """A van that must be on the road earlier for another closes the service level earlier."""
    plan = one_van()
    other = TYPICAL.within(6_000, 6_000)
    other = msgspec.structs.replace(other, delivery_id="other", place=4, weight_g=9_000)
    placement = plan.best(other).placement
    assert placement is not None
    plan.insert(other, placement)
    assert cutoff_s(plan, TYPICAL, now_s=0, lead_s=0) == 11_100
    plan.replace_shift(msgspec.structs.replace(SHIFT, end_s=8_800))
    assert cutoff_s(plan, TYPICAL, now_s=0, lead_s=0) is None


def test_capacity_is_counted_until_nothing_fits_and_changes_nothing() -> None:
    """Three of three kilos fit ten; with time for more hub visits, three times as many and more."""
    plan = one_van(end_s=10_500)
    early = TYPICAL.within(0, 12_000)
    before = plan.plan_hash()
    assert capacity_left(one_van(end_s=1_900), (early,)) == 3
    assert capacity_left(plan, (early,)) > 6
    assert capacity_left(plan, (early,), jobs_max=5) == 5
    assert capacity_left(plan, ()) == 0
    assert plan.plan_hash() == before


def test_an_explanation_lists_every_route_with_its_option_or_the_rule_against_it() -> None:
    """The cheapest comes first, with what the next best costs more; the excluded carry the rule."""
    plan = one_van()
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="rte2", start_place=4, end_place=1))
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="rte3", capacity_g=1_000))
    told = explain(plan, TYPICAL)
    assert [(o.route_id, o.refused) for o in told.options] == [
        ("rte2", None),
        ("rte1", None),
        ("rte3", Refused.no_capacity_weight),
    ]
    assert told.next_best_costs_s == 1_200
    placement = told.options[0].placement
    assert placement is not None
    plan.insert(TYPICAL, placement)
    assert explain_planned(plan, "typical") == explain_planned(plan.copy(), "typical")
    assert [o.route_id for o in explain_planned(plan, "typical").options] == ["rte2", "rte1", "rte3"]
