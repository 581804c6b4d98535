"""The capacity gauge: how many more orders today's vans can take, and until when one can still come in."""

from dataclasses import dataclass
from typing import Final

import msgspec

from doorstep.engine.planner import Planner
from doorstep.planning.capacity import capacity_left, cutoff_s
from doorstep.planning.problem import Job
from doorstep.vocabulary.units import Instant, seconds_between
from doorstep.vocabulary.windows import Window

TYPICAL_JOBS: Final = 8
"""Stops of today's plan that stand for what may still come."""
COUNTED_MAX: Final = 99
"""More than this many free places are all the same to a dispatcher."""
READ_EVERY_S: Final = 60
"""Seconds of the market's clock that a reading stays good: it costs some ten milliseconds."""
LEAD_S: Final = 1_800
"""Seconds from an order to its parcel at the dock, where an order does not say."""


class Capacity(msgspec.Struct, frozen=True):
    """`left` typical orders still fit today, 99 at most; one that comes in after `cutoff` no longer does."""

    left: int
    cutoff: Instant | None


@dataclass(slots=True)
class CapacityGauge:
    """Reads the live plan once a minute."""

    planner: Planner
    _read_at: Instant | None = None
    _reading: Capacity | None = None

    def reading(self, now: Instant, day: Window) -> Capacity | None:
        """What is left of the day; None while there is no live route, or nothing typical to measure with."""
        if self._read_at is None or not 0 <= seconds_between(self._read_at, now) < READ_EVERY_S:
            self._read_at, self._reading = now, self._read(now, day)
        return self._reading

    def _read(self, now: Instant, day: Window) -> Capacity | None:
        planner = self.planner
        with planner.lock:
            typical = self._typical(now, day)
            if not typical:
                return None
            left = capacity_left(planner.plan, typical, jobs_max=COUNTED_MAX)
            now_s = planner.clock.second(now)
            last = (
                [cutoff_s(planner.plan, job, now_s=now_s, lead_s=LEAD_S) for job in typical] if left else []
            )
            known = [second for second in last if second is not None]
            return Capacity(left, planner.clock.instant(max(known)) if known else None)

    def _typical(self, now: Instant, day: Window) -> tuple[Job, ...]:
        """Every n-th job of the plan, as if it were asked for now with the rest of the day for its window."""
        planner = self.planner
        jobs = [
            job
            for route in planner.plan.route_ids
            for stop in planner.plan.stops(route)
            if stop.delivery_id is not None and (job := planner.plan.job(stop.delivery_id)) is not None
        ]
        if not jobs:
            return ()
        now_s = planner.clock.second(now)
        end_s = min(max(job.window_end_s for job in jobs), planner.clock.second(day.end))
        return tuple(
            msgspec.structs.replace(
                job.within(now_s, max(end_s, now_s + 1)), ready_s=now_s + LEAD_S, skills=0, collects=False
            )
            for job in jobs[:: max(1, len(jobs) // TYPICAL_JOBS)][:TYPICAL_JOBS]
        )
