"""Told: what people know of a plan, so that what was told to drivers and shoppers moves last."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from doorstep.planning.live import LivePlan
from doorstep.planning.packed import Int64Array
from doorstep.planning.rows import COST_UNITS


class Told(msgspec.Struct, frozen=True):
    """Who was told what, and what it costs to make it untrue, beside money; a repair weighs both.

    Attributes:
        drivers: the deliveries on routes whose drivers have their list, by route.
        starts: when shoppers were told that the van is at their door, seconds of the plan.
        van_minor: cost of a stop that leaves a driver's list or joins one.
        start_minor: cost of a told time that becomes another.
        shift_s: a told time that moves by less has not become another.
    """

    drivers: Mapping[str, frozenset[str]]
    starts: Mapping[str, int]
    van_minor: int
    start_minor: int
    shift_s: int

    def cost(self, plan: LivePlan, route_id: str) -> int:
        """What a route, as it is planned, makes untrue, in millionths of a minor unit."""
        if not self.drivers and not self.starts:
            return 0
        here = plan.undone(route_id)
        mine = self.drivers.get(route_id, frozenset())
        joined = sum(d not in mine for d in here) if route_id in self.drivers else 0
        gone = len(mine.difference(here))
        cost = (joined + gone) * self.van_minor
        if any(d in self.starts for d in here):
            times = plan.schedule(route_id).times
            cost += self.start_minor * sum(self._is_moved(t.stop.delivery_id, t.start_s) for t in times)
        return cost * COST_UNITS

    def is_told(self, plan: LivePlan, delivery_id: str) -> bool:
        """Whether someone was told of a delivery."""
        route_id = plan.route_of(delivery_id)
        return delivery_id in self.starts or delivery_id in self.drivers.get(route_id or "", frozenset())

    def surcharge(self, plan: LivePlan) -> Int64Array:
        """What one more stop costs on each row of a plan because its driver has the list."""
        rows = [plan.row_of(route_id) for route_id in plan.route_ids]
        found = np.zeros(max(rows, default=0) + 1, dtype=np.int64)
        for route_id in plan.route_ids:
            if route_id in self.drivers:
                found[plan.row_of(route_id)] = self.van_minor * COST_UNITS
        return found

    def _is_moved(self, delivery_id: str | None, start_s: int) -> bool:
        told_s = None if delivery_id is None else self.starts.get(delivery_id)
        return told_s is not None and abs(start_s - told_s) >= self.shift_s


NOBODY: Final = Told({}, {}, 0, 0, 0)
"""Nobody was told anything."""
