"""Why this van: every route's option for a job, with what it adds, or the rule that excludes it."""

from collections.abc import Iterable

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


def next_best_costs_s(plan: LivePlan, delivery_ids: Iterable[str]) -> dict[str, int | None]:
    """Seconds of driving that the next best route would add more for each delivery than the one it is on.

    Below 0 where another is nearer for it alone; None where no other takes it in its window. The deliveries
    are movable: undone, and not on a vehicle.
    """
    trial = plan.copy()
    found: dict[str, int | None] = {}
    for delivery_id in delivery_ids:
        route_id = trial.route_of(delivery_id)
        assert route_id is not None, f"{delivery_id} is on no route"
        stops, with_it_s = trial.stops(route_id), trial.schedule(route_id).drive_s
        job = trial.remove(delivery_id)
        saved_s = with_it_s - trial.schedule(route_id).drive_s
        others = [other for other in trial.route_ids if other != route_id]
        other = trial.best(job, others).placement if others else None
        found[delivery_id] = None if other is None else other.added_s - saved_s
        trial.set_sequence(route_id, stops, [job])
    return found


def _rank(option: Option) -> tuple[int, int, str]:
    if option.placement is None:
        return 1, 0, option.route_id
    return 0, option.placement.added_cost, option.route_id
