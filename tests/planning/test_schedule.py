"""One test per constraint of a route, on a straight road with a place every 600 seconds."""

from collections.abc import Callable

import msgspec
import pytest

from doorstep.planning.live import LivePlan
from doorstep.planning.plain import PlainTravel, walk
from doorstep.planning.problem import SKILL_COLD, Job, PlannedStop, Rule, VehicleShift, Violation
from doorstep.planning.travel import TravelTable

HUB = 0
DAY_S = 86_400
ROAD = [[abs(a - b) * 600 for b in range(5)] for a in range(5)]
HUB_VISIT = PlannedStop(None, HUB)


def a_shift(**changes: int) -> VehicleShift:
    shift = VehicleShift(
        route_id="rte",
        vehicle_id="van",
        start_place=HUB,
        hub_place=HUB,
        end_place=HUB,
        start_s=0,
        end_s=DAY_S,
        capacity_g=10_000,
        capacity_ml=10_000,
        load_out_s=300,
    )
    return msgspec.structs.replace(shift, **changes)


def a_job(name: str, place: int, **changes: int) -> Job:
    job = Job(
        delivery_id=name,
        place=place,
        hub_place=HUB,
        window_start_s=0,
        window_end_s=DAY_S,
        ready_s=0,
        service_s=100,
        weight_g=1_000,
        volume_ml=1_000,
    )
    return msgspec.structs.replace(job, **changes)


def a_plan(shift: VehicleShift, *jobs: Job | None) -> LivePlan:
    """A plan of one route: the hub, then the jobs; None is one more visit to the hub."""
    plan = LivePlan(TravelTable.of(ROAD))
    plan.open_route(shift)
    stops = [
        HUB_VISIT if job is None else PlannedStop(job.delivery_id, job.place, job.collects) for job in jobs
    ]
    plan.set_sequence("rte", [HUB_VISIT, *stops], [job for job in jobs if job is not None])
    return plan


def starts(plan: LivePlan) -> list[int]:
    return [times.start_s for times in plan.schedule("rte").times]


def test_stops_follow_load_out_driving_and_service() -> None:
    """Load-out 300, then 600 a place and 100 a service, and back to the hub."""
    plan = a_plan(a_shift(), a_job("a", 1), a_job("b", 2))
    assert starts(plan) == [0, 900, 1_600]
    assert plan.schedule("rte").end_arrive_s == 2_900


def test_service_waits_for_the_window_s_start() -> None:
    """An early driver waits; the promise starts no sooner."""
    plan = a_plan(a_shift(), a_job("a", 1, window_start_s=5_000))
    assert starts(plan) == [0, 5_000]
    assert plan.schedule("rte").times[1].arrive_s == 900


def test_a_late_start_breaks_the_window_by_its_seconds() -> None:
    """A start on the last second keeps the promise; one second less time breaks it by one."""
    assert a_plan(a_shift(), a_job("a", 1, window_end_s=900)).check("rte") == ()
    assert a_plan(a_shift(), a_job("a", 1, window_end_s=899)).check("rte") == (
        Violation("rte", "a", Rule.late_window, 1),
    )


def test_load_out_waits_for_the_last_parcel_that_it_loads() -> None:
    """The latest ready time of the batch holds up its load-out, and that of the next batch does not."""
    plan = a_plan(a_shift(), a_job("a", 1, ready_s=50), a_job("b", 1, ready_s=70), None, a_job("c", 1))
    assert starts(plan)[0] == 70
    later = a_plan(a_shift(), a_job("a", 1), None, a_job("c", 1, ready_s=9_000))
    assert starts(later) == [0, 900, 9_000, 9_900]


def test_load_out_does_not_begin_before_the_shift() -> None:
    """The vehicle drives from its start place when the shift begins, and loads when it has arrived."""
    assert starts(a_plan(a_shift(start_s=1_000, start_place=2), a_job("a", 1)))[0] == 2_200


def test_the_vehicle_must_be_back_by_the_shift_s_end() -> None:
    """The return counts: one second too late is a late return by one."""
    assert a_plan(a_shift(end_s=1_600), a_job("a", 1)).check("rte") == ()
    assert a_plan(a_shift(end_s=1_599), a_job("a", 1)).check("rte") == (
        Violation("rte", None, Rule.late_return, 1),
    )


@pytest.mark.parametrize(("unit", "rule"), [("weight_g", Rule.over_weight), ("volume_ml", Rule.over_volume)])
def test_what_is_loaded_at_once_must_fit(unit: str, rule: Rule) -> None:
    """Six and six do not fit ten; with a visit to the hub between them they do."""
    first, second = a_job("a", 1, **{unit: 6_000}), a_job("b", 1, **{unit: 6_000})
    assert a_plan(a_shift(), first, second).check("rte") == (Violation("rte", None, rule, 2_000),)
    assert a_plan(a_shift(), first, None, second).check("rte") == ()


def test_parcels_on_board_count_beside_what_is_loaded_later() -> None:
    """What a started van still carries takes room from the next load-out."""
    plan = a_plan(
        a_shift(), a_job("a", 1), None, a_job("b", 2, weight_g=6_000), a_job("c", 3, weight_g=2_000)
    )
    plan.set_sequence("rte", [HUB_VISIT, *(PlannedStop(d, p) for d, p in (("a", 1), ("b", 2), ("c", 3)))])
    plan.advance("rte", 1, HUB, 300)
    heavy = a_job("d", 1, weight_g=5_000)
    plan.set_sequence(
        "rte", [*plan.stops("rte")[:2], HUB_VISIT, PlannedStop("d", 1), *plan.stops("rte")[2:]], [heavy]
    )
    assert plan.check("rte") == (Violation("rte", None, Rule.over_weight, 3_000),)


def test_what_is_collected_takes_room_from_its_stop_to_the_end() -> None:
    """Six are brought and six fetched: in this order they fit ten; the other way round the van is overfull.

    A hub visit in between takes nothing off, and what was fetched and is history still lies in the van.
    """
    brought, fetched = a_job("a", 1, weight_g=6_000), a_job("b", 2, weight_g=6_000, collects=True)
    assert a_plan(a_shift(), brought, fetched).check("rte") == ()
    assert a_plan(a_shift(), fetched, brought).check("rte") == (
        Violation("rte", "b", Rule.over_weight, 2_000),
    )
    plan = a_plan(a_shift(), fetched, None, brought)
    assert plan.check("rte") == (Violation("rte", None, Rule.over_weight, 2_000),)
    plan.advance("rte", 2, 2, 2_000)
    assert plan.check("rte") == (Violation("rte", None, Rule.over_weight, 2_000),)
    assert plan.route("rte").aboard == frozenset()


def test_the_load_rises_where_goods_are_collected() -> None:
    """Leaving each stop the van carries what it has still to bring and what it has fetched."""
    jobs = [a_job("a", 1, weight_g=3_000), a_job("b", 2, weight_g=5_000, collects=True), a_job("c", 3)]
    times = a_plan(a_shift(), *jobs).schedule("rte").times
    light = jobs[2].weight_g
    assert [one.load_g for one in times] == [3_000 + light, light, 5_000 + light, 5_000]


def test_skills_must_all_be_there() -> None:
    """A cold parcel breaks a rule on a warm van only."""
    cold = a_job("a", 1, skills=SKILL_COLD)
    assert a_plan(a_shift(), cold).check("rte") == (Violation("rte", "a", Rule.skill_missing, 1),)
    assert a_plan(a_shift(skills=SKILL_COLD), cold).check("rte") == ()


def test_a_started_van_cannot_deliver_what_was_never_loaded() -> None:
    """A new parcel put among the stops of a departed van is not on board."""
    plan = a_plan(a_shift(), a_job("a", 1))
    plan.advance("rte", 1, HUB, 300)
    plan.set_sequence("rte", [*plan.stops("rte"), PlannedStop("b", 2)], [a_job("b", 2)])
    assert plan.check("rte") == (Violation("rte", "b", Rule.not_loaded, 1),)


def test_a_stop_that_would_run_into_the_break_comes_after_it() -> None:
    """Service that ends at the break's start is done before it; one second more waits until after."""
    before = a_plan(a_shift(break_start_s=1_000, break_s=500), a_job("a", 1))
    assert starts(before) == [0, 900]
    after = a_plan(a_shift(break_start_s=999, break_s=500), a_job("a", 1))
    assert starts(after) == [0, 999 + 500 + 600]


def test_after_the_break_the_driver_goes_on_at_once() -> None:
    """Who is free in the break goes on at its end, who is free after it goes on then."""
    plan = a_plan(a_shift(break_start_s=1_000, break_s=500), a_job("a", 1), a_job("b", 2))
    assert starts(plan) == [0, 900, 1_500 + 600]
    plan.advance("rte", 2, 1, 1_700)
    assert starts(plan) == [2_300]


def test_frozen_stops_give_way_to_what_really_happened() -> None:
    """The rest is planned from the real place and time, and the frozen stop cannot be taken out."""
    plan = a_plan(a_shift(), a_job("a", 1), a_job("b", 2))
    plan.advance("rte", 2, 1, 5_000)
    assert starts(plan) == [5_600]
    assert plan.route("rte").aboard == frozenset({"b"})
    with pytest.raises(AssertionError):
        plan.remove("a")


def test_the_latest_start_is_the_last_that_keeps_every_later_promise() -> None:
    """Delayed to its latest start a stop breaks nothing; a second later something breaks."""
    shift = a_shift(end_s=9_000, break_start_s=3_000, break_s=600)
    jobs = [a_job("a", 1), a_job("b", 3, window_end_s=6_000), a_job("c", 2, window_start_s=4_000)]
    for times in a_plan(shift, *jobs).schedule("rte").times[1:]:
        assert times.latest_start_s is not None
        assert times.stop.delivery_id is not None
        for late_s, holds in ((0, True), (1, False)):
            held = a_plan(shift, *jobs)
            job = held.job(times.stop.delivery_id)
            assert job is not None
            start_s = times.latest_start_s + late_s
            held.amend(job.within(start_s, max(start_s, job.window_end_s)))
            late = [v for v in held.check("rte") if v.delivery_id != job.delivery_id]
            assert (start_s <= job.window_end_s and not late) == holds


def test_schedules_agree_with_the_plain_reading_of_the_rules(
    market: Callable[[int], tuple[LivePlan, list[Job]]],
) -> None:
    """Five hundred random markets, on the way, with breaks, reloads and hours: not one second differs."""
    routes = 0
    for seed in range(500):
        plan, _ = market(seed)
        travel = PlainTravel(plan.travel)
        for route_id in plan.route_ids:
            route = plan.route(route_id)
            jobs = {d: plan.job(d) for s in route.stops if (d := s.delivery_id) is not None}
            told = walk(travel, route, {d: job for d, job in jobs.items() if job is not None})
            ours = plan.schedule(route_id)
            assert [v.drive_s for v in told.visits] == [t.drive_s for t in ours.times], seed
            assert [v[1:] for v in told.visits] == [
                (t.arrive_s, t.start_s, t.finish_s) for t in ours.times
            ], seed
            assert told.end.arrive_s == ours.end_arrive_s, seed
            assert told.violations == plan.check(route_id), seed
            routes += 1
    assert routes > 800
