"""Ruin and recreate: take a few related stops out, insert them anew, keep what is better.

Stops are related when they are near in place and time (Shaw 1998; Schrimpf et al. 2000; Christiaens and
Vanden Berghe 2020).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from doorstep.planning.draws import Draws
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, PlannedStop
from doorstep.planning.regret import insert_by_regret
from doorstep.planning.told import NOBODY, Told

FOCUS_NEAR_JOBS: Final = 60
"""How far from a homeless job, in neighbours, a ruin may have its middle."""


class RepairLimits(msgspec.Struct, frozen=True):
    """How hard to try.

    Attributes:
        ejections_max: stops that are tried elsewhere, one at a time, to make room for one job.
        ruins_max: times that a few related stops are taken out and inserted anew.
        ruin_jobs_min: fewest stops of one ruin.
        ruin_jobs_max: most stops of one ruin.
        jobs_max: jobs that are inserted anew by all ruins together: with many homeless a ruin costs more.
        worse_ratio: how much dearer than the best plan so far a ruined plan may be and still go on.
    """

    ejections_max: int = 60
    ruins_max: int = 400
    ruin_jobs_min: int = 4
    ruin_jobs_max: int = 14
    jobs_max: int = 8_000
    worse_ratio: float = 0.02


DEFAULT_LIMITS = RepairLimits()


class Neighbours:
    """Which movable jobs of a plan are near another in place and time, as the plan was when asked first."""

    def __init__(self, plan: LivePlan) -> None:
        self._seconds = plan.travel.seconds[0]
        ids = [d for route_id in plan.route_ids for d in plan.movable(route_id)]
        jobs = [job for job in map(plan.job, ids) if job is not None]
        self._jobs = sorted(jobs, key=lambda job: job.delivery_id)
        spans = [(job.place, job.window_start_s, job.window_end_s) for job in self._jobs]
        self._spans = np.array(spans, dtype=np.int64).reshape(-1, 3)

    def near(self, job: Job, count: int) -> list[Job]:
        """The nearest jobs, at most `count`, the nearest first; the job itself may be one of them."""
        places, starts, ends = self._spans.T
        gaps = np.maximum(0, np.maximum(starts - job.window_end_s, job.window_start_s - ends))
        apart = self._seconds[job.place, places] + self._seconds[places, job.place] + gaps
        return [self._jobs[k] for k in np.argsort(apart, kind="stable")[:count]]

    def at(self, draw: int) -> Job:
        """The job of a draw below `len`."""
        return self._jobs[draw]

    def __len__(self) -> int:
        return len(self._jobs)


class Ruins:
    """One search from a plan, which it changes in place, with jobs that have no home yet."""

    def __init__(
        self, plan: LivePlan, homeless: Sequence[Job], limits: RepairLimits, seed: int, told: Told = NOBODY
    ) -> None:
        self._plan = plan
        self._limits = limits
        self._draws = Draws(seed)
        self._told = told
        self._neighbours = Neighbours(plan)
        self._homeless = list(homeless)
        self._known = {job.delivery_id: job for job in homeless}
        self._revisions = dict.fromkeys(plan.route_ids, -1)
        self._costs = dict.fromkeys(plan.route_ids, 0)
        self._stops: dict[str, tuple[PlannedStop, ...]] = {}
        self._note()

    def run(self) -> tuple[Job, ...]:
        """Search until all have a home (or, were all home at first, to the end); returns the homeless.

        The plan ends as the best one seen: fewest homeless, then least cost. On the way homes may be
        swapped, but whoever had one at first has one at the end.
        """
        wants_room = bool(self._homeless)
        at_first = {job.delivery_id for job in self._homeless}
        best = (len(self._homeless), sum(self._costs.values()))
        best_stops, best_homeless = self._stops.copy(), self._homeless
        jobs_left = self._limits.jobs_max
        for _ in range(self._limits.ruins_max if len(self._neighbours) else 0):
            before = self._homeless
            out = self._ruin()
            jobs_left -= len(out) + len(before)
            if jobs_left < 0:
                self._go_to(self._stops)
                break
            self._homeless = self._recreate(out)
            self._note_costs()
            now = (len(self._homeless), sum(self._costs.values()))
            if now[0] > len(before) or (now[0], now[1]) > (best[0], best[1] * (1 + self._limits.worse_ratio)):
                self._go_to(self._stops)
                self._homeless = before
                continue
            self._note()
            if now < best and at_first.issuperset(job.delivery_id for job in self._homeless):
                best, best_stops, best_homeless = now, self._stops.copy(), self._homeless
            if wants_room and not self._homeless:
                break
        self._go_to(best_stops)
        return tuple(best_homeless)

    def _ruin(self) -> list[Job]:
        limits = self._limits
        size = limits.ruin_jobs_min + self._draws.below(limits.ruin_jobs_max - limits.ruin_jobs_min + 1)
        near = self._neighbours.near(self._focus(), 2 * size)
        drawn = [job.delivery_id for job in near if self._draws.below(2)]
        jobs = [self._plan.remove(d) for d in drawn if self._plan.route_of(d) is not None]
        self._known.update((job.delivery_id, job) for job in jobs)
        return jobs

    def _recreate(self, jobs: list[Job]) -> list[Job]:
        surcharge = self._told.surcharge(self._plan)
        return list(insert_by_regret(self._plan, [*self._homeless, *jobs], reload=False, surcharge=surcharge))

    def _focus(self) -> Job:
        draws = self._draws
        if not self._homeless:
            return self._neighbours.at(draws.below(len(self._neighbours)))
        job = self._homeless[draws.below(len(self._homeless))]
        if draws.below(2):
            return job
        near = self._neighbours.near(job, FOCUS_NEAR_JOBS)
        return near[draws.below(len(near))]

    def _note_costs(self) -> None:
        for route_id, revision in self._revisions.items():
            if self._plan.revision(route_id) != revision:
                self._costs[route_id] = self._plan.cost(route_id) + self._told.cost(self._plan, route_id)
                self._revisions[route_id] = self._plan.revision(route_id)

    def _note(self) -> None:
        """Take the plan as it is for the one to go back to."""
        self._note_costs()
        self._stops = {route_id: self._plan.stops(route_id) for route_id in self._revisions}

    def _go_to(self, stops: dict[str, tuple[PlannedStop, ...]]) -> None:
        changed = {r: s for r, s in stops.items() if self._plan.stops(r) != s}
        self._plan.apply(changed, self._known.values())
        self._note_costs()
