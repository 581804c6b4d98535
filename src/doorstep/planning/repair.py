"""Repair: room for one more when the plan is tight, and new homes for what a breakdown orphans.

Both work on a copy and return a change; what a started van has on board stays on it, and frozen stops
stay frozen. What was told to drivers and shoppers moves last: it costs more. The effort is counted in tries,
not in seconds, so that a seed repeats.
"""

from collections.abc import Sequence

from doorstep.planning.changes import change_between
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, Job
from doorstep.planning.regret import insert_by_regret
from doorstep.planning.ruins import DEFAULT_LIMITS, Neighbours, RepairLimits, Ruins
from doorstep.planning.told import NOBODY, Told


def make_room(
    plan: LivePlan, job: Job, *, limits: RepairLimits = DEFAULT_LIMITS, seed: int = 0, told: Told = NOBODY
) -> Change | None:
    """A change that serves the job in its window and keeps every promise; None where none was found.

    First the job is inserted as the plan stands; then one stop after the other is tried elsewhere; then
    stops near the job in place and time are taken out and inserted anew together with it. What was told to
    someone moves last.
    """
    trial = plan.copy()
    spot = trial.spot(job)
    if spot is not None:
        trial.put(job, spot)
        return change_between(plan, trial)
    if not _could_ever(plan, job):
        return None
    if not _eject(trial, job, limits.ejections_max, told) and Ruins(trial, [job], limits, seed, told).run():
        return None
    return change_between(plan, trial)


def rehome(
    plan: LivePlan,
    orphans: Sequence[Job],
    *,
    limits: RepairLimits = DEFAULT_LIMITS,
    seed: int = 0,
    told: Told = NOBODY,
) -> Change:
    """New homes for jobs that lost theirs, by regret; what stands keeps its order unless room is short.

    Where some find no home, related stops are re-planned with them. The change names those that remain
    without, whose promises no plan keeps.
    """
    trial = plan.copy()
    homeless = insert_by_regret(trial, orphans, surcharge=told.surcharge(trial))
    if homeless:
        homeless = Ruins(trial, homeless, limits, seed, told).run()
    return change_between(plan, trial, homeless)


def improve(plan: LivePlan, *, limits: RepairLimits = DEFAULT_LIMITS, seed: int = 0) -> Change:
    """The cheaper plan that the same ruins find, with every job kept."""
    trial = plan.copy()
    Ruins(trial, [], limits, seed).run()
    return change_between(plan, trial)


def _could_ever(plan: LivePlan, job: Job) -> bool:
    """Whether some vehicle could serve the job if it had nothing else left to do."""
    empty = plan.copy()
    for route_id in empty.route_ids:
        route = empty.route(route_id)
        stay = [s for s in route.rest() if s.delivery_id is None or s.delivery_id in route.aboard]
        empty.set_sequence(route_id, [*route.stops[: route.frozen_count], *stay])
    return empty.spot(job) is not None


def _eject(trial: LivePlan, job: Job, ejections_max: int, told: Told) -> bool:
    """Make room by moving one stop; leaves the plan as it was where that does not help."""
    nearest = Neighbours(trial).near(job, ejections_max)
    for near in sorted(nearest, key=lambda one: told.is_told(trial, one.delivery_id)):
        delivery_id = near.delivery_id
        route_id = trial.route_of(delivery_id)
        assert route_id is not None
        before = trial.route(route_id).stops
        ejected = trial.remove(delivery_id)
        spot = trial.spot(job, [route_id])
        if spot is not None:
            trial.put(job, spot)
            new_spot = trial.spot(ejected)
            if new_spot is not None:
                trial.put(ejected, new_spot)
                return True
            trial.remove(job.delivery_id)
        trial.set_sequence(route_id, before, [ejected])
    return False
