"""Rows: the packed arrays of all live routes, one row each, kept derived after every change."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from doorstep.planning.packed import (
    BREAK_AT,
    BREAK_S,
    CAPACITY_VOLUME,
    CAPACITY_WEIGHT,
    COLLECTION,
    COUNT,
    DELIVERY,
    EARLY,
    FAR,
    FINISH,
    GIVEN_FIELDS,
    HUB,
    HUB_PLACE,
    KIND,
    LATE,
    LOAD_OUT,
    MARK,
    METRE_COST,
    NEVER,
    NODE_FIELDS,
    PLACE,
    ROUTE_FIELDS,
    SECOND_COST,
    SERVICE,
    SHIFT_END,
    SKILLS,
    USE_COST,
    Live,
)
from doorstep.planning.problem import STOPS_MAX, Job, VehicleShift
from doorstep.planning.schedule import insert_node, refresh, remove_node
from doorstep.planning.travel import TravelTable

Given = tuple[int, ...]
"""The given fields of one node, in the order of `packed`."""
COST_UNITS: Final = 1_000_000
"""Costs are whole millionths of a minor unit, so that equal costs are equal on every machine."""
FIRST_ROUTES: Final = 8
FIRST_NODES: Final = 32


def hub_node(shift: VehicleShift) -> Given:
    """The node of a hub visit; its earliest time follows from what is loaded there."""
    return (shift.hub_place, NEVER, FAR, shift.load_out_s, NEVER, 0, 0, HUB, 0)


def job_node(job: Job, *, aboard: bool) -> Given:
    """The node of a delivery, or of a collection, for which no hub visit waits."""
    return (
        job.place,
        job.window_start_s,
        job.window_end_s,
        job.service_s,
        NEVER if job.collects else job.ready_s,
        job.weight_g,
        job.volume_ml,
        COLLECTION if job.collects else DELIVERY,
        int(aboard),
    )


class Rows:
    """The arrays behind a live plan: `live` is what kernels read, always derived and up to date."""

    def __init__(self, travel: TravelTable) -> None:
        self._travel = travel
        self._growth = -1
        self._free: list[int] = list(range(FIRST_ROUTES - 1, -1, -1))
        self._nodes = np.zeros((FIRST_ROUTES, NODE_FIELDS, FIRST_NODES), dtype=np.int64)
        self._routes = np.zeros((FIRST_ROUTES, ROUTE_FIELDS), dtype=np.int64)
        self._live: Live | None = None

    @property
    def live(self) -> Live:
        """The arrays as compiled code takes them; ask anew after a row or a place was added."""
        if self._live is None or self._growth != self._travel.growth:
            self._growth = self._travel.growth
            self._live = self._travel.live(self._nodes, self._routes)
        return self._live

    def copy(self, travel: TravelTable) -> "Rows":
        """Rows of their own with the same content."""
        twin = Rows(travel)
        twin._free = self._free.copy()
        twin._nodes = self._nodes.copy()
        twin._routes = self._routes.copy()
        return twin

    def allocate(self) -> int:
        """A free row."""
        if not self._free:
            count = len(self._routes)
            self._nodes = np.concatenate([self._nodes, np.zeros_like(self._nodes)])
            self._routes = np.concatenate([self._routes, np.zeros_like(self._routes)])
            self._live = None
            self._free = list(range(2 * count - 1, count - 1, -1))
        return self._free.pop()

    def release(self, row: int) -> None:
        """Give a row back."""
        self._free.append(row)

    def write(
        self,
        row: int,
        shift: VehicleShift,
        start: tuple[int, int],
        given: Sequence[Given],
        carried: tuple[int, int],
        *,
        used: bool,
    ) -> None:
        """Write a whole row: the vehicle is at place `start[0]` at `start[1]`, with `given` nodes ahead.

        `carried` are the grams and millilitres that it has collected: they leave less room to the end.
        """
        count = len(given)
        assert count <= STOPS_MAX, f"more than {STOPS_MAX} stops on one route"
        self._make_room(count)
        route = self._routes[row]
        route[COUNT] = count
        route[SHIFT_END] = shift.end_s
        route[BREAK_AT] = shift.break_start_s if shift.break_s else FAR
        route[BREAK_S] = shift.break_s
        route[CAPACITY_WEIGHT] = shift.capacity_g - carried[0]
        route[CAPACITY_VOLUME] = shift.capacity_ml - carried[1]
        route[SKILLS] = shift.skills
        route[LOAD_OUT] = shift.load_out_s
        route[HUB_PLACE] = shift.hub_place
        route[SECOND_COST] = shift.hour_minor * COST_UNITS // 3_600
        route[METRE_COST] = shift.km_minor * COST_UNITS // 1_000
        route[USE_COST] = 0 if used else shift.use_minor * COST_UNITS
        node = self._nodes[row]
        node[:, : count + 2] = 0
        node[PLACE, 0], node[FINISH, 0], node[KIND, 0] = start[0], start[1], MARK
        if count:
            node[:GIVEN_FIELDS, 1 : count + 1] = np.array(given, dtype=np.int64).T
        end = count + 1
        node[PLACE, end], node[KIND, end] = shift.end_place, MARK
        node[EARLY, end], node[LATE, end], node[SERVICE, end] = NEVER, FAR, 0
        refresh(self.live, row)

    def insert(self, row: int, at: int, given: Given, *, used_cost: int = 0) -> None:
        """Put one node before node `at` of a row."""
        self._make_room(int(self._routes[row, COUNT]) + 1)
        insert_node(self.live, row, at, np.array(given, dtype=np.int64))
        self._routes[row, USE_COST] = used_cost
        refresh(self.live, row)

    def remove(self, row: int, at: int, *, used_cost: int) -> None:
        """Take node `at` of a row out."""
        remove_node(self.live, row, at)
        self._routes[row, USE_COST] = used_cost
        refresh(self.live, row)

    def _make_room(self, count: int) -> None:
        room = self._nodes.shape[2]
        if count + 2 <= room:
            return
        while room < count + 2:
            room *= 2
        wider = np.zeros((len(self._routes), NODE_FIELDS, room), dtype=np.int64)
        wider[:, :, : self._nodes.shape[2]] = self._nodes
        self._nodes = wider
        self._live = None
