"""Relief: a van behind its plan gives stops away, or puts them in another order, before a promise breaks.

What is on the van stays on it, and the stop that it drives to stays its next. A relief never puts a promise
in danger that was in none, on any van.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from doorstep.planning.changes import change_between
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change, PlannedStop

TRIES_MAX: Final = 24
"""Stops that one relief tries elsewhere."""


class ReliefLimits(NamedTuple):
    """When a relief is worth it, in seconds.

    Attributes:
        danger_s: a stop is in danger that is planned to start this long, or 0, after its window in the plan.
        gain_s: a relief takes at least so much of the danger away.
        added_s_max: driving that it may add.
    """

    danger_s: int
    gain_s: int
    added_s_max: int


def relieve(
    plan: LivePlan, route_id: str, now_s: int, limits: ReliefLimits, settled: Collection[str] = ()
) -> Change | None:
    """The change that takes a late van's stops out of danger; None where there is none, or too little.

    Stops in `settled` do not change vans: they did a short while ago.
    """
    search = _Relief(plan, route_id, now_s, limits)
    if not search.danger:
        return None
    search.give_away(settled)
    search.reorder()
    change = change_between(plan, search.trial)
    gained_s = sum(search.danger_before.values()) - sum(search.danger.values())
    if not change.sequences or gained_s < limits.gain_s:
        return None
    return change if search.added_s() <= limits.added_s_max else None


class _Relief:
    """One search, on a copy."""

    def __init__(self, plan: LivePlan, route_id: str, now_s: int, limits: ReliefLimits) -> None:
        self._plan, self._route, self._now_s, self._limits = plan, route_id, now_s, limits
        self.trial = plan.copy()
        self._all_before = self._dangers(plan)
        self.danger_before = self._mine(self._all_before, plan)
        self.danger = self.danger_before

    def give_away(self, settled: Collection[str]) -> None:
        """Move stops to other vans: those in danger first, then those whose time they need."""
        movable = [d for d in self._plan.movable(self._route) if d not in settled]
        worst_first = sorted(movable, key=lambda d: (-self.danger.get(d, 0), movable.index(d)))
        for delivery_id in worst_first[:TRIES_MAX]:
            if not self.danger:
                return
            if delivery_id not in self.danger and not self._helps(delivery_id):
                continue
            attempt = self.trial.copy()
            job = attempt.remove(delivery_id)
            others = [one for one in attempt.route_ids if one != self._route]
            # Another van need not have more room to the window's end than what is no danger.
            wide = job.within(job.window_start_s, job.window_end_s + self._limits.danger_s)
            spot = attempt.spot(wide, others) if others else None
            if spot is not None:
                attempt.put(wide, spot)
                attempt.amend(job)
                self._take(attempt)

    def reorder(self) -> None:
        """Bring stops in danger forward on their own trip, behind the stop that the van drives to."""
        for delivery_id in sorted(self.danger, key=lambda d: -self.danger[d])[:TRIES_MAX]:
            if delivery_id not in self.danger:
                continue
            stops = self.trial.stops(self._route)
            place = next(i for i, stop in enumerate(stops) if stop.delivery_id == delivery_id)
            first = self._trip_start(stops, place)
            rest = [*stops[:place], *stops[place + 1 :]]
            for earlier in range(first, place):
                attempt = self.trial.copy()
                attempt.set_sequence(self._route, [*rest[:earlier], stops[place], *rest[earlier:]])
                self._take(attempt)

    def added_s(self) -> int:
        """Seconds of driving that the trial adds."""
        routes = [r for r in self._plan.route_ids if self._plan.stops(r) != self.trial.stops(r)]
        return sum(self.trial.schedule(r).drive_s - self._plan.schedule(r).drive_s for r in routes)

    def _trip_start(self, stops: tuple[PlannedStop, ...], place: int) -> int:
        """The first place of a stop's own trip that is not the van's next."""
        first = self._plan.route(self._route).frozen_count + 1
        hubs = [i + 1 for i in range(place) if stops[i].delivery_id is None]
        return max([first, *hubs[-1:]])

    def _helps(self, delivery_id: str) -> bool:
        """Whether a stop stands before one that is in danger."""
        ids = [stop.delivery_id for stop in self.trial.stops(self._route)]
        last = max(ids.index(one) for one in self.danger)
        return ids.index(delivery_id) < last

    def _take(self, attempt: LivePlan) -> None:
        """Go on from an attempt where it takes danger away and brings none."""
        if self._next_stop(attempt) != self._next_stop(self._plan):
            return
        dangers = self._dangers(attempt)
        if any(late_s > self._all_before.get(d, 0) for d, late_s in dangers.items()):
            return
        mine = self._mine(dangers, attempt)
        if any(d in dangers and d not in mine for d in self.danger_before):
            return  # given away, and in danger there too: a van that is late itself
        if sum(mine.values()) < sum(self.danger.values()):
            self.trial, self.danger = attempt, mine

    def _next_stop(self, plan: LivePlan) -> PlannedStop | None:
        rest = plan.route(self._route).rest()
        return rest[0] if rest else None

    def _dangers(self, plan: LivePlan) -> dict[str, int]:
        limit_s = self._limits.danger_s
        overdue = plan.overdue(self._now_s)
        return {late.delivery_id: late.late_s - limit_s for late in overdue if late.late_s > limit_s}

    def _mine(self, dangers: dict[str, int], plan: LivePlan) -> dict[str, int]:
        return {d: late_s for d, late_s in dangers.items() if plan.route_of(d) == self._route}
