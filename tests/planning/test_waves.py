"""Waves: what a solver is given, and what of its answer the live plan takes."""

from collections.abc import Callable

import msgspec

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, PlannedStop, VehicleShift
from doorstep.planning.travel import TravelTable
from doorstep.planning.waves import (
    Verdict,
    WaveProblem,
    WaveSolution,
    build_wave,
    hubs_of,
    judge_wave,
    matrix_at,
)

Market = Callable[[int], tuple[LivePlan, list[Job]]]
SHIFT = VehicleShift("rte1", "van1", 0, 0, 0, 0, 40_000, 10_000, 10_000, 300)
HUB_VISIT = PlannedStop(None, 0)


def a_job(name: str, place: int, start_s: int = 0, end_s: int = 40_000) -> Job:
    return Job(name, place, 0, start_s, end_s, 0, 100, 1_000, 1_000)


def crossed() -> LivePlan:
    """Two vans, each driving to both ends of a road on which each could keep to one."""
    plan = LivePlan(TravelTable.of([[abs(a - b) * 600 for b in (2, 0, 1, 3, 4)] for a in (2, 0, 1, 3, 4)]))
    jobs = [a_job(f"d{place}", place) for place in (1, 2, 3, 4)]
    for number, order in ((1, (1, 4)), (2, (2, 3))):
        plan.open_route(msgspec.structs.replace(SHIFT, route_id=f"rte{number}"))
        stops = [PlannedStop(f"d{place}", place) for place in order]
        plan.set_sequence(f"rte{number}", [HUB_VISIT, *stops], [jobs[place - 1] for place in order])
    return plan


def by_name(problem: WaveProblem, *routes: tuple[tuple[str, ...], ...]) -> WaveSolution:
    index = {job.delivery_id: number for number, job in enumerate(problem.jobs)}
    return WaveSolution(
        tuple(tuple(tuple(index[name] for name in trip) for trip in trips) for trips in routes)
    )


def test_a_better_plan_is_taken_and_is_what_the_solver_said() -> None:
    """Each van keeps to its end of the road; applied, the plan costs what the outcome says."""
    plan = crossed()
    problem = build_wave(plan, 0)
    outcome = judge_wave(plan, problem, by_name(problem, (("d2", "d1"),), (("d3", "d4"),)))
    assert outcome.verdict is Verdict.taken
    assert outcome.change is not None
    assert outcome.change.moved == ("d2", "d4")
    assert plan.apply(outcome.change.sequences) == ()
    assert plan.cost("rte1") + plan.cost("rte2") == outcome.cost_after < outcome.cost_before


def test_a_plan_that_is_no_better_changes_nothing() -> None:
    """The plan that stands, given back, is not worth telling the drivers."""
    plan = crossed()
    problem = build_wave(plan, 0)
    assert judge_wave(plan, problem, WaveSolution(problem.current)).verdict is Verdict.no_better


def test_a_job_that_the_solver_forgot_is_inserted() -> None:
    """No job is lost because an answer leaves it out."""
    plan = crossed()
    problem = build_wave(plan, 0)
    outcome = judge_wave(plan, problem, by_name(problem, (("d2", "d1"),), (("d3",),)))
    assert outcome.verdict is Verdict.taken
    assert outcome.change is not None
    stops = [s.delivery_id for stops in outcome.change.sequences.values() for s in stops]
    assert sorted(name for name in stops if name) == ["d1", "d2", "d3", "d4"]


def test_an_answer_that_loses_a_promise_is_refused() -> None:
    """Six and four beside five and five fill two vans; six beside five and four leaves a five at home."""
    plan = crossed()
    for route_id in plan.route_ids:
        for delivery_id in plan.movable(route_id):
            plan.remove(delivery_id)
        plan.replace_shift(msgspec.structs.replace(SHIFT, route_id=route_id, end_s=2_000))
    kilos = {"six": 6_000, "four": 4_000, "five": 5_000, "also": 5_000}
    jobs = {name: msgspec.structs.replace(a_job(name, 3), weight_g=g) for name, g in kilos.items()}
    for route_id, names in (("rte1", ("six", "four")), ("rte2", ("five", "also"))):
        stops = [HUB_VISIT, *(PlannedStop(name, 3) for name in names)]
        plan.set_sequence(route_id, stops, [jobs[name] for name in names])
        assert plan.check(route_id) == ()
    problem = build_wave(plan, 0)
    before = plan.plan_hash()
    outcome = judge_wave(plan, problem, by_name(problem, (("six",),), (("five", "four"),)))
    assert outcome.verdict is Verdict.promise_lost
    assert outcome.change is None
    assert plan.plan_hash() == before


def test_what_the_solver_plans_too_late_is_taken_out_and_inserted_again() -> None:
    """The exact schedule has the last word: a stop that would be late moves to where it is in time."""
    plan = crossed()
    plan.amend(a_job("d4", 4, 0, 4_200))
    problem = build_wave(plan, 0)
    outcome = judge_wave(plan, problem, by_name(problem, (("d2", "d1"),), (("d3", "d4"),)))
    assert outcome.verdict is Verdict.taken
    late = judge_wave(plan, problem, by_name(problem, (("d2", "d1", "d3", "d4"),), ()))
    assert late.verdict is Verdict.taken
    assert late.change is not None
    trial = plan.copy()
    trial.apply(late.change.sequences)
    assert trial.check("rte1") == trial.check("rte2") == ()


def test_an_answer_about_vans_that_have_all_left_is_stale() -> None:
    """Between question and answer one van departed and the other's route was closed: nothing is left."""
    plan = crossed()
    problem = build_wave(plan, 0)
    plan.advance("rte1", 1, 0, 300)
    plan.close_route("rte2")
    assert judge_wave(plan, problem, WaveSolution(problem.current)).verdict is Verdict.stale


def test_a_van_that_is_loaded_meanwhile_keeps_what_it_has() -> None:
    """What the answer takes off it stays, what it gives to it goes elsewhere, and the others still gain."""
    plan = crossed()
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="rte3"))
    far = [a_job("d5", 1), a_job("d6", 4)]
    plan.set_sequence("rte3", [HUB_VISIT, PlannedStop("d5", 1), PlannedStop("d6", 4)], far)
    problem = build_wave(plan, 0)
    # The answer puts the one end on one van, the other on another, and a job of the first two on the third.
    answer = by_name(problem, (("d1", "d2"),), (("d3", "d4", "d6"),), (("d5",),))
    plan.advance("rte3", 1, 0, 300)
    before = plan.route("rte3").stops
    outcome = judge_wave(plan, problem, answer)
    assert outcome.verdict is Verdict.taken
    assert outcome.change is not None
    assert set(outcome.change.sequences) == {"rte1", "rte2"}
    assert plan.apply(outcome.change.sequences) == ()
    assert plan.route("rte3").stops == before
    assert [stop.delivery_id for stop in plan.route("rte1").stops[1:]] in (["d1", "d2"], ["d2", "d1"])
    assert {stop.delivery_id for stop in plan.route("rte2").stops[1:]} == {"d3", "d4"}

    given = by_name(problem, (("d2",),), (("d3", "d4"),), (("d1", "d5", "d6"),))
    plan = crossed()
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="rte3"))
    plan.set_sequence("rte3", [HUB_VISIT, PlannedStop("d5", 1), PlannedStop("d6", 4)], far)
    plan.close_route("rte3")
    outcome = judge_wave(plan, problem, given)
    assert outcome.verdict is Verdict.taken
    assert outcome.change is not None
    names = [stop.delivery_id for stops in outcome.change.sequences.values() for stop in stops]
    assert sorted(name for name in names if name) == ["d1", "d2", "d3", "d4"]


def test_what_came_and_went_meanwhile_is_respected() -> None:
    """A cancelled job does not come back, and a new one keeps its place on a van."""
    plan = crossed()
    problem = build_wave(plan, 0)
    plan.remove("d3")
    new = a_job("new", 4)
    placement = plan.best(new).placement
    assert placement is not None
    plan.insert(new, placement)
    outcome = judge_wave(plan, problem, by_name(problem, (("d2", "d1"),), (("d3", "d4"),)))
    assert outcome.verdict is Verdict.taken
    assert outcome.change is not None
    names = [s.delivery_id for stops in outcome.change.sequences.values() for s in stops]
    assert sorted(name for name in names if name) == ["d1", "d2", "d4", "new"]


def test_started_routes_and_other_hubs_are_not_in_the_wave() -> None:
    """The wave is of one hub and of vans that have not left."""
    plan = crossed()
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="other", hub_place=3, start_place=3))
    assert hubs_of(plan) == (0, 3)
    plan.advance("rte1", 1, 0, 300)
    assert [vehicle.route_id for vehicle in build_wave(plan, 0).vehicles] == ["rte2"]
    assert [job.delivery_id for job in build_wave(plan, 0).jobs] == ["d2", "d3"]


def test_a_shared_break_is_cut_out_of_the_wave_s_clock() -> None:
    """Windows and shift ends behind the break come forward by its length."""
    plan = crossed()
    for number in (1, 2):
        plan.replace_shift(
            msgspec.structs.replace(SHIFT, route_id=f"rte{number}", break_start_s=10_000, break_s=900)
        )
    plan.amend(a_job("d1", 1, 9_000, 10_500))
    plan.amend(a_job("d4", 4, 10_500, 20_000))
    problem = build_wave(plan, 0)
    windows = {job.delivery_id: (job.window_start_s, job.window_end_s) for job in problem.jobs}
    assert windows["d1"] == (9_000, 10_000)
    assert windows["d4"] == (10_000, 19_100)
    assert {vehicle.end_s for vehicle in problem.vehicles} == {39_100}


def test_the_matrix_is_that_of_the_asked_second(market: Market) -> None:
    """Each entry is the exact leg when leaving then."""
    for seed in range(10):
        plan, _ = market(seed)
        places = list(range(plan.travel.places))
        for at_s in (0, 30_000, 49_321):
            told = [[plan.travel.leg_s(a, b, at_s) for b in places] for a in places]
            assert matrix_at(plan.travel, places, at_s).tolist() == told
