"""A route in the live plan: its record, which changes; others get a `RoutePlan`, which does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from doorstep.planning.problem import Job, PlannedStop, RoutePlan, VehicleShift
from doorstep.planning.rows import COST_UNITS, Given, hub_node, job_node

HUB_WORD: Final = "@hub"
"""A hub visit in the canonical text of a plan."""


@dataclass(slots=True)
class Route:
    """The live plan's record of a route: `frozen` stops are done, `aboard` are undone but loaded.

    Improvement leaves the `kept` ones where they are.
    """

    shift: VehicleShift
    row: int
    stops: list[PlannedStop]
    last_place: int
    free_at_s: int
    frozen: int = 0
    aboard: set[str] = field(default_factory=set)
    kept: frozenset[str] = frozenset()
    revision: int = 0
    line: str | None = None

    def copy(self) -> "Route":
        """A record of its own with the same content."""
        return replace(self, stops=self.stops.copy(), aboard=self.aboard.copy())

    def plan(self) -> RoutePlan:
        """The route as a value."""
        return RoutePlan(
            self.shift,
            tuple(self.stops),
            self.frozen,
            self.last_place,
            self.free_at_s,
            frozenset(self.aboard),
            self.revision,
        )

    def node_of(self, index: int) -> int:
        """The row's node of stop `index` of the sequence."""
        return index - self.frozen + 1

    def changed(self) -> None:
        """Note that what was said about the route before no longer holds."""
        self.revision += 1
        self.line = None

    def text(self) -> str:
        """The route's line in the canonical text of the plan."""
        if self.line is None:
            words = [HUB_WORD if stop.delivery_id is None else stop.delivery_id for stop in self.stops]
            self.line = " ".join([self.shift.route_id, *words]) + "\n"
        return self.line

    def index(self, delivery_id: str) -> int:
        """Where a delivery stands in the sequence."""
        return next(i for i, stop in enumerate(self.stops) if stop.delivery_id == delivery_id)

    def undone_ids(self) -> list[str]:
        """The deliveries that are not frozen, in order."""
        return [stop.delivery_id for stop in self.stops[self.frozen :] if stop.delivery_id is not None]

    def use_cost(self) -> int:
        """What a first delivery would cost for using the vehicle at all; 0 once it is used."""
        used = self.frozen > 0 or any(stop.delivery_id is not None for stop in self.stops)
        return 0 if used else self.shift.use_minor * COST_UNITS

    def given(self, jobs: Mapping[str, Job]) -> list[Given]:
        """The nodes of the stops that are not frozen."""
        return [
            hub_node(self.shift)
            if stop.delivery_id is None
            else job_node(jobs[stop.delivery_id], aboard=stop.delivery_id in self.aboard)
            for stop in self.stops[self.frozen :]
        ]

    def carried(self, jobs: Mapping[str, Job]) -> tuple[int, int]:
        """Grams and millilitres that frozen stops collected: they stay on board to the end."""
        done = [
            jobs[stop.delivery_id]
            for stop in self.stops[: self.frozen]
            if stop.collects and stop.delivery_id is not None
        ]
        return sum(job.weight_g for job in done), sum(job.volume_ml for job in done)

    def freeze(self, frozen_count: int) -> None:
        """Freeze the first stops; what a frozen hub visit loaded and no frozen stop delivered is aboard."""
        assert self.frozen <= frozen_count <= len(self.stops)
        loading = False
        for index, stop in enumerate(self.stops[self.frozen :], self.frozen):
            if stop.delivery_id is None:
                loading = index < frozen_count
            elif loading and not stop.collects:
                self.aboard.add(stop.delivery_id)
        self.aboard.difference_update(
            stop.delivery_id
            for stop in self.stops[self.frozen : frozen_count]
            if stop.delivery_id is not None
        )
        self.frozen = frozen_count

    def idle_hub_visit(self, index: int) -> int | None:
        """The later hub visit that would have loaded a stop at `index`, if it loads nothing now."""
        hub = index - 1
        while hub >= self.frozen and self.stops[hub].delivery_id is not None:
            if self.stops[hub].loads and self.stops[hub].delivery_id not in self.aboard:
                return None
            hub -= 1
        if hub < max(self.frozen, 1):
            return None
        for stop in self.stops[hub + 1 :]:
            if stop.delivery_id is None:
                break
            if stop.loads and stop.delivery_id not in self.aboard:
                return None
        return hub
