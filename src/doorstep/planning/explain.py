"""Why this van: every route's option for a job, with what it adds, or the rule that excludes it."""

import msgspec

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, Placement, Refused


class Option(msgspec.Struct, frozen=True):
    """What one route can do for a job: a placement, or the rule that excludes the route."""

    route_id: str
    placement: Placement | None
    refused: Refused | None


class Explanation(msgspec.Struct, frozen=True):
    """All options for a job in its window, the cheapest first, then the excluded by route id."""

    delivery_id: str
    options: tuple[Option, ...]

    @property
    def next_best_costs_s(self) -> int | None:
        """Seconds of driving by which the second option adds more than the first; None without a second."""
        placed = [option.placement for option in self.options if option.placement is not None]
        return placed[1].added_s - placed[0].added_s if len(placed) > 1 else None


def explain(plan: LivePlan, job: Job) -> Explanation:
    """Every route's option for the job in its own window; the job is not on a route yet."""
    options = []
    for route_id in plan.route_ids:
        fit = plan.best(job, [route_id])
        options.append(Option(route_id, fit.placement, fit.refused))
    return Explanation(job.delivery_id, tuple(sorted(options, key=_rank)))


def explain_planned(plan: LivePlan, delivery_id: str) -> Explanation:
    """The same for a delivery that is on a route, as if it were taken off and asked again."""
    trial = plan.copy()
    return explain(trial, trial.remove(delivery_id))


def _rank(option: Option) -> tuple[int, int, str]:
    if option.placement is None:
        return 1, 0, option.route_id
    return 0, option.placement.added_cost, option.route_id
