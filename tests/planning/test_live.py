"""The live plan: changes, what stays true after them, and its hash."""

import hashlib
import random
from collections.abc import Callable

import msgspec
import pytest

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, Overdue, PlannedStop, VehicleShift
from doorstep.planning.travel import TravelTable

Market = Callable[[int], tuple[LivePlan, list[Job]]]
HUB_VISIT = PlannedStop(None, 0)
SHIFT = VehicleShift("rte1", "van1", 0, 0, 0, 0, 20_000, 10_000, 10_000, 300)


def a_job(name: str, place: int = 1) -> Job:
    return Job(name, place, 0, 0, 20_000, 0, 100, 1_000, 1_000)


@pytest.fixture
def plan() -> LivePlan:
    """Two vans with two stops each."""
    plan = LivePlan(TravelTable.of([[abs(a - b) * 600 for b in range(5)] for a in range(5)]))
    plan.open_route(SHIFT)
    plan.open_route(msgspec.structs.replace(SHIFT, route_id="rte2"))
    plan.set_sequence(
        "rte1", [HUB_VISIT, PlannedStop("a", 1), PlannedStop("b", 2)], [a_job("a"), a_job("b", 2)]
    )
    plan.set_sequence(
        "rte2", [HUB_VISIT, PlannedStop("c", 3), PlannedStop("d", 4)], [a_job("c", 3), a_job("d", 4)]
    )
    return plan


def ids(plan: LivePlan, route_id: str) -> list[str | None]:
    return [stop.delivery_id for stop in plan.stops(route_id)]


def test_the_hash_is_that_of_the_documented_text(plan: LivePlan) -> None:
    """Anyone can recompute it from the sequences: a line per route, sorted, ids after one space each."""
    plan.advance("rte2", 2, 3, 2_500)
    text = "rte1 @hub a b\nrte2 @hub c d\n"
    assert plan.plan_text() == text
    assert plan.plan_hash() == hashlib.sha256(text.encode()).hexdigest()
    plan.remove("a")
    assert plan.plan_text() == "rte1 @hub b\nrte2 @hub c d\n"


def test_a_change_of_several_routes_is_one(plan: LivePlan) -> None:
    """Stops change vans in one step, and what stands on no route any more is handed back."""
    dropped = plan.apply(
        {
            "rte1": [HUB_VISIT, PlannedStop("d", 4), PlannedStop("a", 1)],
            "rte2": [HUB_VISIT, PlannedStop("c", 3)],
        }
    )
    assert [job.delivery_id for job in dropped] == ["b"]
    assert (plan.route_of("d"), plan.route_of("b")) == ("rte1", None)
    assert ids(plan, "rte1") == [None, "d", "a"]


def test_no_stop_is_on_two_routes(plan: LivePlan) -> None:
    """A sequence that names a stop of another route is a bug of the caller, and stops him."""
    with pytest.raises(AssertionError, match="on another route"):
        plan.set_sequence("rte1", [HUB_VISIT, PlannedStop("c", 3)])


def test_frozen_stops_stay_first(plan: LivePlan) -> None:
    """A sequence that rewrites what is done is a bug of the caller."""
    plan.advance("rte1", 2, 1, 1_000)
    with pytest.raises(AssertionError, match="frozen"):
        plan.set_sequence("rte1", [HUB_VISIT, PlannedStop("b", 2)])


def test_a_closed_route_hands_back_what_is_undone(plan: LivePlan) -> None:
    """After a breakdown the done stop stays done, and the other is an orphan."""
    plan.advance("rte2", 2, 3, 2_500)
    assert [job.delivery_id for job in plan.close_route("rte2")] == ["d"]
    assert plan.route_ids == ("rte1",)
    assert plan.job("c") is None


def test_what_is_aboard_does_not_move(plan: LivePlan) -> None:
    """Once the van has loaded, its parcels are no longer at the hub."""
    assert plan.movable("rte1") == ("a", "b")
    plan.advance("rte1", 1, 0, 300)
    assert plan.movable("rte1") == ()
    assert plan.route("rte1").aboard == {"a", "b"}


def test_overdue_names_each_late_delivery_and_by_how_much(plan: LivePlan) -> None:
    """A van that has not reached its next stop by now is late at that stop and at all behind it."""
    plan.amend(a_job("a").within(0, 1_000))
    plan.amend(a_job("b", 2).within(0, 1_500))
    assert plan.overdue(0) == (Overdue("b", "rte1", 1_600, 100),)
    plan.advance("rte1", 1, 0, 300)
    assert plan.overdue(5_000) == (
        Overdue("a", "rte1", 5_000, 4_000),
        Overdue("b", "rte1", 5_700, 4_200),
    )
    assert plan.overdue(0) == (Overdue("b", "rte1", 1_600, 100),)


def test_a_changed_shift_counts_at_once(plan: LivePlan) -> None:
    """A driver who leaves earlier makes the plan's return late."""
    plan.replace_shift(msgspec.structs.replace(SHIFT, end_s=2_000))
    assert [violation.by for violation in plan.check("rte1")] == [900]


def test_a_copy_is_a_plan_of_its_own(plan: LivePlan) -> None:
    """What is tried on a copy does not touch the plan."""
    before = plan.plan_text(), plan.schedule("rte1")
    twin = plan.copy()
    twin.remove("a")
    twin.advance("rte2", 1, 0, 9_999)
    twin.open_route(msgspec.structs.replace(SHIFT, route_id="rte3"))
    assert (plan.plan_text(), plan.schedule("rte1")) == before
    assert plan.route_ids == ("rte1", "rte2")


def test_a_plan_changed_step_by_step_equals_one_written_at_once(market: Market) -> None:
    """Hundreds of random insertions and removals leave the same schedules as a plan built from scratch."""
    for seed in range(60):
        plan, jobs = market(seed)
        chance = random.Random(seed)
        away = list(jobs)
        for _ in range(30):
            movable = [d for route_id in plan.route_ids for d in plan.movable(route_id)]
            if movable and chance.random() < 0.5:
                away.append(plan.remove(chance.choice(movable)))
            elif away:
                job = away.pop(chance.randrange(len(away)))
                placement = plan.best(job).placement
                if placement is None:
                    away.append(job)
                else:
                    assert plan.insert(job, placement)
        fresh = plan.copy()
        for route_id in plan.route_ids:
            fresh.replace_shift(plan.route(route_id).shift)
            assert fresh.schedule(route_id) == plan.schedule(route_id), seed
            assert fresh.check(route_id) == plan.check(route_id), seed


def test_more_routes_and_longer_ones_than_there_was_room_for() -> None:
    """Rows and their length grow as needed, without a change to what stands."""
    plan = LivePlan(TravelTable.of([[0, 60], [60, 0]]))
    for number in range(30):
        plan.open_route(
            msgspec.structs.replace(SHIFT, route_id=f"rte{number:02}", capacity_g=60_000, capacity_ml=60_000)
        )
    for number in range(120):
        job = a_job(f"dlv{number}")
        placement = plan.best(job, [f"rte{number % 2:02}"]).placement
        assert placement is not None
        plan.insert(job, placement)
    assert [len(plan.stops(route_id)) for route_id in plan.route_ids[:3]] == [61, 61, 1]
    assert plan.schedule("rte01").times[-1].finish_s == 300 + 60 + 60 * 100
