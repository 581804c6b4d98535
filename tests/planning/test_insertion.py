"""Insertion against brute force, and one test per reason for a refusal."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
import pytest

from doorstep.planning.live import LivePlan
from doorstep.planning.packed import HUB_VISITS_MAX
from doorstep.planning.plain import Insertion, PlainTravel, insertions
from doorstep.planning.problem import SKILL_COLD, Job, PlannedStop, Refused, RoutePlan, VehicleShift
from doorstep.planning.travel import TravelTable

HOUR_S = 3_600
Market = Callable[..., tuple[LivePlan, list[Job]]]


def brute_force(plan: LivePlan, job: Job) -> list[Insertion]:
    """All ways without a new hub visit or, where there are none, all ways with one."""
    travel = PlainTravel(plan.travel)
    routes = [plan.route(route_id) for route_id in plan.route_ids]
    jobs = {}
    for route in routes:
        for stop in route.stops:
            planned = None if stop.delivery_id is None else plan.job(stop.delivery_id)
            if planned is not None:
                jobs[planned.delivery_id] = planned
    for reload in (False, True):
        ways = [
            way
            for route in routes
            for way in insertions(travel, route, jobs, job, reload=reload)
            if sum(stop.delivery_id is None for stop in way.rest) <= HUB_VISITS_MAX
        ]
        if ways:
            return ways
    return []


def test_no_quote_disagrees_with_brute_force(market: Market) -> None:
    """A window is offered if and only if some way keeps every promise, and then the cheapest way.

    Over random markets on their way; each placement, carried out, happens as it was quoted.
    """
    asked = offered = reloads = 0
    for seed in range(250):
        plan, jobs = market(seed)
        chance = random.Random(seed)
        for job in jobs:
            begins = [chance.randrange(8 * HOUR_S, 18 * HOUR_S) for _ in range(3)]
            windows = [(job.window_start_s, job.window_end_s), *((s, s + HOUR_S) for s in begins)]
            for fit in plan.quote(job, windows):
                wanted = job.within(fit.window_start_s, fit.window_end_s)
                ways = brute_force(plan, wanted)
                asked += 1
                assert (fit.placement is not None) == bool(ways), (seed, wanted)
                assert (fit.refused is None) == bool(ways), (seed, wanted)
                if fit.placement is None:
                    continue
                offered += 1
                reloads += fit.placement.hub_at is not None
                assert fit.placement.added_s == min(way.added_s for way in ways), (seed, wanted)
                trial = plan.copy()
                assert trial.insert(wanted, fit.placement)
                assert trial.check(fit.placement.route_id) == (), (seed, wanted)
                times = next(
                    t
                    for t in trial.schedule(fit.placement.route_id).times
                    if t.stop.delivery_id == job.delivery_id
                )
                assert times.start_s == fit.placement.start_s, (seed, wanted)
                assert times.arrive_s == fit.placement.arrive_s, (seed, wanted)
                assert times.latest_start_s == fit.placement.latest_start_s, (seed, wanted)
    assert asked > 4_000
    assert offered > 1_500
    assert reloads > 500


def test_no_quote_with_collections_disagrees_with_brute_force(market: Market) -> None:
    """What is collected is on board from its stop to the end of the shift, and needs no hub visit before it.

    Of deliveries and collections alike a window is offered if and only if some way keeps every promise and
    overloads no van anywhere, and then the cheapest.
    """
    offered = {True: 0, False: 0}
    tight = 0
    for seed in range(250):
        plan, jobs = market(seed, collecting=True)
        for job in jobs:
            ways = brute_force(plan, job)
            fit = plan.best(job)
            assert (fit.placement is not None) == bool(ways), (seed, job)
            tight += fit.refused in {Refused.no_capacity_weight, Refused.no_capacity_volume}
            if fit.placement is None:
                continue
            offered[job.collects] += 1
            assert fit.placement.added_s == min(way.added_s for way in ways), (seed, job)
            assert not (job.collects and fit.placement.hub_at is not None), (seed, job)
            trial = plan.copy()
            assert trial.insert(job, fit.placement)
            assert trial.check(fit.placement.route_id) == (), (seed, job)
    assert offered[True] > 150
    assert offered[False] > 200
    assert tight > 10


def path_m(plan: LivePlan, route: RoutePlan, rest: Sequence[PlannedStop]) -> int:
    """Metres of a route's way through `rest` to its end."""
    places = [route.last_place, *(stop.place for stop in rest), route.shift.end_place]
    return sum(int(plan.travel.metres[a, b]) for a, b in pairwise(places))


def test_no_cheaper_way_is_overlooked_where_metres_and_vans_differ_in_price(market: Market) -> None:
    """Seconds, metres and the first use of a van, at each van's own rates: the sum is the least there is."""
    offered = reloads = 0
    for seed in range(200):
        plan, jobs = market(seed, priced=True)
        for job in jobs:
            placement = plan.best(job).placement
            costs = []
            for way in brute_force(plan, job):
                route = plan.route(way.route_id)
                shift = route.shift
                used = route.frozen_count > 0 or any(stop.delivery_id for stop in route.stops)
                added_m = path_m(plan, route, way.rest) - path_m(plan, route, route.rest())
                costs.append(
                    way.added_s * (shift.hour_minor * 1_000_000 // 3_600)
                    + added_m * shift.km_minor * 1_000
                    + (0 if used else shift.use_minor * 1_000_000)
                )
            assert (placement.added_cost if placement else None) == min(costs, default=None), (seed, job)
            offered += placement is not None
            reloads += placement is not None and placement.hub_at is not None
    assert offered > 300
    assert reloads > 100


ROAD = [[abs(a - b) * 600 for b in range(5)] for a in range(5)]
SHIFT = VehicleShift(
    route_id="rte",
    vehicle_id="van",
    start_place=0,
    hub_place=0,
    end_place=0,
    start_s=0,
    end_s=6 * HOUR_S,
    capacity_g=10_000,
    capacity_ml=10_000,
    load_out_s=300,
)
JOB = Job("a", 1, 0, 0, HOUR_S, 0, 100, 1_000, 1_000)


def refusal(shift: VehicleShift, job: Job, *planned: Job) -> Refused | None:
    plan = LivePlan(TravelTable.of(ROAD))
    plan.open_route(shift)
    for one in planned:
        placement = plan.best(one).placement
        assert placement is not None
        plan.insert(one, placement)
    return plan.best(job).refused


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"hub_place": 3}, Refused.no_vehicle),
        ({"skills": SKILL_COLD}, Refused.skill_missing),
        ({"weight_g": 10_001}, Refused.no_capacity_weight),
        ({"volume_ml": 10_001}, Refused.no_capacity_volume),
        ({"weight_g": 10_001, "volume_ml": 10_001}, Refused.no_capacity_weight),
        ({"ready_s": HOUR_S}, Refused.window_too_early_or_ready_too_late),
        ({"window_end_s": 899}, Refused.window_too_early_or_ready_too_late),
        ({"window_end_s": 900}, None),
        ({"window_start_s": 6 * HOUR_S, "window_end_s": 7 * HOUR_S}, Refused.no_time),
    ],
)
def test_a_refusal_names_its_reason(changes: dict[str, int], reason: Refused | None) -> None:
    """On an empty van, exactly the rule that is broken is named."""
    assert refusal(SHIFT, msgspec.structs.replace(JOB, **changes)) == reason


def test_a_van_that_is_full_at_that_time_has_no_capacity() -> None:
    """With no time to come back and load, the weight of the others stands in the way."""
    busy = msgspec.structs.replace(JOB, delivery_id="b", weight_g=9_500, window_end_s=1_000)
    shift = msgspec.structs.replace(SHIFT, end_s=2_500)
    assert refusal(shift, JOB, busy) == Refused.no_capacity_weight
    assert refusal(shift, msgspec.structs.replace(JOB, weight_g=500), busy) is None


def test_a_van_that_is_somewhere_else_at_that_time_has_no_time() -> None:
    """A stop at the far end of the road at the same minute leaves no way to be here."""
    far = msgspec.structs.replace(JOB, delivery_id="b", place=4, window_start_s=3_000, window_end_s=3_000)
    near = msgspec.structs.replace(JOB, window_start_s=3_000, window_end_s=3_100)
    assert refusal(SHIFT, near, far) == Refused.no_time


def test_a_departed_van_takes_a_new_parcel_only_over_the_hub() -> None:
    """The placement brings a hub visit with it, before the new stop and behind what is frozen."""
    plan = LivePlan(TravelTable.of(ROAD))
    plan.open_route(SHIFT)
    first, far = JOB, msgspec.structs.replace(JOB, delivery_id="far", place=4, window_end_s=6 * HOUR_S)
    for job in (first, far):
        placement = plan.best(job).placement
        assert placement is not None
        plan.insert(job, placement)
    plan.advance("rte", 2, 1, 1_000)
    new = msgspec.structs.replace(JOB, delivery_id="new", window_end_s=6 * HOUR_S)
    placement = plan.best(new).placement
    assert placement is not None
    assert placement.hub_at == 2
    assert plan.insert(new, placement)
    assert [s.delivery_id for s in plan.stops("rte")] == [None, "a", None, "new", "far"]
    assert plan.check("rte") == ()
    assert plan.remove("new") == new
    assert [s.delivery_id for s in plan.stops("rte")] == [None, "a", "far"]


def test_a_placement_is_void_once_its_route_has_changed() -> None:
    """Two shoppers never get the same last place: the second must ask again."""
    plan = LivePlan(TravelTable.of(ROAD))
    plan.open_route(msgspec.structs.replace(SHIFT, capacity_g=1_500, end_s=2_000))
    other = msgspec.structs.replace(JOB, delivery_id="b")
    first, second = plan.best(JOB).placement, plan.best(other).placement
    assert first is not None
    assert second is not None
    assert plan.insert(JOB, first)
    before = plan.plan_hash()
    assert not plan.insert(other, second)
    assert plan.plan_hash() == before
    assert plan.best(other).placement is None


def test_equal_vans_are_taken_in_the_order_of_their_ids() -> None:
    """The answer does not hang on the order in which routes were opened."""
    for names in (("r1", "r2"), ("r2", "r1")):
        plan = LivePlan(TravelTable.of(ROAD))
        for name in names:
            plan.open_route(msgspec.structs.replace(SHIFT, route_id=name))
        placement = plan.best(JOB).placement
        assert placement is not None
        assert placement.route_id == "r1"


def test_a_dearer_van_is_taken_only_where_it_drives_less() -> None:
    """Costs per hour, per kilometre and for using a van at all decide, not seconds alone."""
    plan = LivePlan(TravelTable.of(ROAD, metres=[[5_000 * abs(a - b) for b in range(5)] for a in range(5)]))
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="r1", km_minor=50))
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="r2", km_minor=40, use_minor=90))
    first = plan.best(JOB).placement
    assert first is not None
    assert (first.route_id, first.added_cost) == ("r2", (1_200 + 400 + 90) * 1_000_000)
    assert plan.insert(JOB, first)
    assert plan.cost("r2") == first.added_cost
    second = plan.best(msgspec.structs.replace(JOB, delivery_id="b")).placement
    assert second is not None
    assert (second.route_id, second.added_cost) == ("r2", 0)


def test_a_hub_visit_s_metres_are_counted() -> None:
    """What a placement with a new hub visit says it adds is what the plan then costs more."""
    plan = LivePlan(TravelTable.of(ROAD, metres=[[5_000 * abs(a - b) for b in range(5)] for a in range(5)]))
    plan.open_route(msgspec.structs.replace(SHIFT, km_minor=70))
    for name, place in (("a", 2), ("b", 3), ("c", 4)):
        heavy = Job(name, place, 0, 0, 6 * HOUR_S, 0, 100, 5_000, 1_000)
        placement = plan.best(heavy).placement
        assert placement is not None
        before = plan.cost("rte")
        assert plan.insert(heavy, placement)
        assert plan.cost("rte") - before == placement.added_cost
    assert plan.stops("rte").count(PlannedStop(None, 0)) == 2
