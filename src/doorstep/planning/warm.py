"""Warming up: have every kernel compiled, or loaded from numba's cache, before the first shopper asks."""

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, VehicleShift
from doorstep.planning.regret import insert_by_regret
from doorstep.planning.travel import TravelTable


def warm() -> None:
    """Run each kernel once on a tiny plan; seconds the first time on a machine, later a moment."""
    plan = LivePlan(TravelTable.of([[0, 60], [60, 0]]))
    plan.open_route(VehicleShift("warm", "warm", 0, 0, 0, 0, 7_200, 10, 10, 60))
    jobs = [Job(name, 1, 0, 0, 7_200, 0, 60, 6, 6) for name in ("a", "b", "c")]
    insert_by_regret(plan, jobs[:2])
    plan.best(jobs[2].within(7_200, 7_200))
    plan.advance("warm", 1, 0, 60)
    plan.overdue(60)
    plan.remove("b")
