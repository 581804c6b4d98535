"""Changes: what leads from one plan to another, and what a plan costs."""

from collections.abc import Iterable

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job


def plan_cost(plan: LivePlan, route_ids: Iterable[str]) -> int:
    """What the driving still ahead on these routes costs, in millionths of a minor unit."""
    return sum(plan.cost(route_id) for route_id in route_ids)


def violation_count(plan: LivePlan, route_ids: Iterable[str]) -> int:
    """How many rules these routes break."""
    return sum(len(plan.check(route_id)) for route_id in route_ids)


def change_between(before: LivePlan, after: LivePlan, unplaced: Iterable[Job] = ()) -> Change:
    """The change that leads from one plan to the other, which began as its copy."""
    sequences = {}
    moved: list[str] = []
    for route_id in after.route_ids:
        stops = after.route(route_id).stops
        if stops == before.route(route_id).stops:
            continue
        sequences[route_id] = stops
        ids = [stop.delivery_id for stop in stops if stop.delivery_id is not None]
        moved += [d for d in ids if before.route_of(d) not in {None, route_id}]
    return Change(sequences, tuple(sorted(moved)), tuple(unplaced))
