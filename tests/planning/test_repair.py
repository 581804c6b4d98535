"""Making room when it is tight, and new homes after a breakdown."""

from collections.abc import Callable
from itertools import permutations

import msgspec
import pytest

from doorstep.planning.changes import plan_cost
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job, PlannedStop, VehicleShift
from doorstep.planning.repair import improve, make_room, rehome
from doorstep.planning.ruins import RepairLimits
from doorstep.planning.travel import TravelTable

Market = Callable[[int], tuple[LivePlan, list[Job]]]
QUICK = RepairLimits(ejections_max=20, ruins_max=25)
HUB_VISIT = PlannedStop(None, 0)
SHIFT = VehicleShift("rte1", "van1", 0, 0, 0, 0, 40_000, 100_000, 100_000, 0)
ROAD = TravelTable.of([[abs(a - b) * 600 for b in range(-4, 5)] for a in range(-4, 5)])
HUB = 4
"""The road runs from place 0 to 8 with the hub in its middle."""


def two_vans(**changes: int) -> LivePlan:
    plan = LivePlan(ROAD)
    for route_id in ("rte1", "rte2"):
        shift = msgspec.structs.replace(
            SHIFT, route_id=route_id, start_place=HUB, hub_place=HUB, end_place=HUB, **changes
        )
        plan.open_route(shift)
    return plan


def a_job(name: str, place: int, start_s: int = 0, end_s: int = 40_000) -> Job:
    return Job(name, place, HUB, start_s, end_s, 0, 0, 1_000, 1_000)


def keeps_all(plan: LivePlan, change: Change, new: list[Job]) -> None:
    """Apply the change to a copy and hold it to its word."""
    trial = plan.copy()
    was = {d for r in plan.route_ids for s in plan.stops(r) if (d := s.delivery_id) is not None}
    broken = {r: plan.check(r) for r in plan.route_ids}
    unplaced = {job.delivery_id for job in change.unplaced}
    assert trial.apply(change.sequences, new) == ()
    now = {d for r in trial.route_ids for s in trial.stops(r) if (d := s.delivery_id) is not None}
    assert now == was | {job.delivery_id for job in new} - unplaced
    assert {r: trial.check(r) for r in trial.route_ids} == broken
    for route_id in plan.route_ids:
        assert plan.route(route_id).aboard == trial.route(route_id).aboard
        for delivery_id in plan.route(route_id).aboard:
            assert trial.route_of(delivery_id) == route_id
    for delivery_id in change.moved:
        assert plan.route_of(delivery_id) != trial.route_of(delivery_id)


def test_a_stop_moves_to_another_van_to_make_room() -> None:
    """Only van 2 can take the cold parcel, and its stop has a place on van 1."""
    plan = two_vans()
    plan.replace_shift(msgspec.structs.replace(plan.route("rte2").shift, skills=1))
    dry = a_job("dry", 8, 2_400, 2_400)
    plan.set_sequence("rte2", [PlannedStop(None, HUB), PlannedStop("dry", 8)], [dry])
    cold = msgspec.structs.replace(a_job("cold", 0, 2_400, 2_400), skills=1)
    assert plan.best(cold).placement is None
    change = make_room(plan, cold)
    assert change is not None
    assert change.moved == ("dry",)
    keeps_all(plan, change, [cold])


def test_no_room_is_made_where_there_is_none() -> None:
    """Two vans cannot be at both ends of the road and in the middle of one half at the same second."""
    plan = two_vans()
    jobs = [a_job("west", 0, 2_400, 2_400), a_job("east", 8, 2_400, 2_400)]
    assert rehome(plan, jobs).unplaced == ()
    plan.apply(rehome(plan, jobs).sequences, jobs)
    assert make_room(plan, a_job("also", 1, 2_400, 2_400)) is None
    too_heavy = msgspec.structs.replace(a_job("heavy", 1), weight_g=200_000)
    assert make_room(plan, too_heavy) is None


def enumerate_one_van(plan: LivePlan, jobs: list[Job]) -> int | None:
    """Least cost of serving all jobs with the one van, by trying every order."""
    best = None
    for order in permutations(jobs):
        trial = plan.copy()
        stops = [PlannedStop(None, HUB), *(PlannedStop(job.delivery_id, job.place) for job in order)]
        trial.set_sequence("rte1", stops, jobs)
        if not trial.check("rte1"):
            cost = plan_cost(trial, ["rte1"])
            best = cost if best is None else min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_tiny_instances_are_solved_exactly(seed: int) -> None:
    """Six stops with windows on one van: ruin and recreate finds what enumeration finds."""
    base = LivePlan(ROAD)
    base.open_route(
        msgspec.structs.replace(
            SHIFT, start_place=HUB, hub_place=HUB, end_place=HUB, break_start_s=6_000, break_s=900
        )
    )
    numbers = [(seed * 7 + k * 5) % 9 for k in range(6)]
    jobs = [
        a_job(f"d{k}", place, start_s := (seed * 1_700 + k * 2_300) % 9_000, start_s + 5_400)
        for k, place in enumerate(numbers)
    ]
    cost = enumerate_one_van(base, jobs)
    change = rehome(base, jobs)
    assert (cost is None) == bool(change.unplaced)
    if cost is not None:
        plan = base.copy()
        plan.apply(change.sequences, jobs)
        plan.apply(improve(plan).sequences)
        assert plan.check("rte1") == ()
        assert plan_cost(plan, ["rte1"]) == cost


def test_room_is_made_without_breaking_a_promise(market: Market) -> None:
    """In random markets on their way, whoever is let in, all others keep their promise and their van."""
    made = 0
    for seed in range(120):
        plan, jobs = market(seed)
        before = plan.plan_text()
        for job in jobs:
            change = make_room(plan, job, limits=QUICK, seed=seed)
            if change is not None:
                keeps_all(plan, change, [job])
                made += plan.best(job).placement is None
        assert plan.plan_text() == before
    assert made >= 10


def test_after_a_breakdown_the_orphans_find_homes_or_are_named(market: Market) -> None:
    """Each orphan is on another route or among those that no plan keeps, and nobody else loses out."""
    homes = lost = 0
    for seed in range(60):
        plan, _ = market(seed)
        if len(plan.route_ids) < 2:
            continue
        orphans = list(plan.close_route(plan.route_ids[0]))
        change = rehome(plan, orphans, limits=QUICK, seed=seed)
        keeps_all(plan, change, orphans)
        homes += len(orphans) - len(change.unplaced)
        lost += len(change.unplaced)
    assert homes > 30
    assert lost > 0


def test_a_breakdown_with_room_enough_moves_nobody_else() -> None:
    """The orphan goes to the other van, whose stops stay there in their order."""
    plan = two_vans()
    jobs = [a_job("a", 5), a_job("b", 7), a_job("c", 6)]
    plan.set_sequence("rte1", [PlannedStop(None, HUB), PlannedStop("c", 6)], [jobs[2]])
    plan.set_sequence("rte2", [PlannedStop(None, HUB), PlannedStop("a", 5), PlannedStop("b", 7)], jobs[:2])
    change = rehome(plan, plan.close_route("rte1"))
    assert change.moved == ()
    assert [s.delivery_id for s in change.sequences["rte2"]] == [None, "a", "c", "b"]


def test_the_same_seed_gives_the_same_change(market: Market) -> None:
    """Repair counts tries, not seconds, so it repeats."""
    plan, jobs = market(3)
    one = [make_room(plan, job, limits=QUICK, seed=9) for job in jobs]
    assert one == [make_room(plan.copy(), job, limits=QUICK, seed=9) for job in jobs]
