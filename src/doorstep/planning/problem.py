"""What is planned: jobs, shifts, routes. Times are whole seconds since the plan's origin.

Places are indices into the plan's travel table; ids are the caller's strings, without white space.
"""

from enum import StrEnum
from typing import Final

import msgspec

SKILL_COLD: Final = 1
SKILL_TWO_PEOPLE: Final = 2
SKILL_FRAGILE: Final = 4
"""Skills are bits; a firm may give meaning to more of them, up to `SKILL_BITS_MAX`."""
SKILL_BITS_MAX: Final = 32
STOPS_MAX: Final = 500
"""Stops of one route, hub visits included."""


class Job(msgspec.Struct, frozen=True):
    """One delivery to plan: service must start from `window_start_s` to `window_end_s`, both included.

    The parcel stands ready at the hub from `ready_s`; `skills` are bits that the vehicle must all have.
    One that `collects` brings goods from its place to the hub: the van loads them at its stop, has them on
    board to the end of its shift, and needs no hub visit before it.
    """

    delivery_id: str
    place: int
    hub_place: int
    window_start_s: int
    window_end_s: int
    ready_s: int
    service_s: int
    weight_g: int
    volume_ml: int
    skills: int = 0
    collects: bool = False

    def within(self, window_start_s: int, window_end_s: int) -> "Job":
        """The same job with another window."""
        return msgspec.structs.replace(self, window_start_s=window_start_s, window_end_s=window_end_s)


class VehicleShift(msgspec.Struct, frozen=True):
    """One vehicle's work for one shift; its route bears the id `route_id`.

    The vehicle begins at `start_place` at `start_s`, loads at `hub_place` (each visit takes
    `load_out_s`) and is back at `end_place` by `end_s`. A break of `break_s` seconds (0: none) begins
    at `break_start_s`, or before it as soon as the next stop could not be finished in time. Costs are
    minor units of the market's currency.
    """

    route_id: str
    vehicle_id: str
    start_place: int
    hub_place: int
    end_place: int
    start_s: int
    end_s: int
    capacity_g: int
    capacity_ml: int
    load_out_s: int
    skills: int = 0
    break_start_s: int = 0
    break_s: int = 0
    hour_minor: int = 3_600
    """Cost of an hour of driving; the default makes a second cost one minor unit."""
    km_minor: int = 0
    use_minor: int = 0
    """Cost of using the vehicle at all."""


class PlannedStop(msgspec.Struct, frozen=True):
    """A stop of a route: a delivery or collection, or, without an id, a visit to the hub to load."""

    delivery_id: str | None
    place: int
    collects: bool = False

    @property
    def loads(self) -> bool:
        """Whether its parcels come from a hub visit before it."""
        return self.delivery_id is not None and not self.collects

    @property
    def kind(self) -> str:
        """`hub`, `delivery` or `collection`."""
        if self.delivery_id is None:
            return "hub"
        return "collection" if self.collects else "delivery"


class RoutePlan(msgspec.Struct, frozen=True):
    """A route as it stands: the first `frozen_count` stops are done or on the way and no longer change.

    From the frozen stops the vehicle is free at `last_place` at `free_at_s`. `aboard` are the undone
    deliveries whose parcels are in the vehicle; `revision` rises with each change of the route.
    """

    shift: VehicleShift
    stops: tuple[PlannedStop, ...]
    frozen_count: int
    last_place: int
    free_at_s: int
    aboard: frozenset[str]
    revision: int

    def rest(self) -> tuple[PlannedStop, ...]:
        """The stops that are not frozen."""
        return self.stops[self.frozen_count :]


class StopTimes(msgspec.Struct, frozen=True):
    """One stop's exact times, and the load on board when the vehicle leaves it.

    `latest_start_s` is the latest start that keeps this and every later promise; None when no start does.
    """

    stop: PlannedStop
    arrive_s: int
    start_s: int
    finish_s: int
    latest_start_s: int | None
    drive_s: int
    load_g: int
    load_ml: int


class Schedule(msgspec.Struct, frozen=True):
    """The exact times of a route's stops that are not frozen, and of its end."""

    route_id: str
    times: tuple[StopTimes, ...]
    end_arrive_s: int
    drive_s: int


class Rule(StrEnum):
    """What a route can break."""

    late_window = "late_window"
    late_return = "late_return"
    over_weight = "over_weight"
    over_volume = "over_volume"
    skill_missing = "skill_missing"
    not_loaded = "not_loaded"
    wrong_hub = "wrong_hub"


class Violation(msgspec.Struct, frozen=True):
    """A rule that a route breaks, at which delivery (None: at a hub visit or the end), and by how much.

    `by` is in seconds, grams or millilitres, as the rule has it; 1 where there is nothing to measure.
    """

    route_id: str
    delivery_id: str | None
    rule: Rule
    by: int


class Overdue(msgspec.Struct, frozen=True):
    """A delivery whose planned start misses its window by `late_s` seconds."""

    delivery_id: str
    route_id: str
    planned_start_s: int
    late_s: int


class Refused(StrEnum):
    """Why no route takes a job in a window; the codes are stable."""

    no_vehicle = "no_vehicle"
    skill_missing = "skill_missing"
    no_capacity_weight = "no_capacity_weight"
    no_capacity_volume = "no_capacity_volume"
    window_too_early_or_ready_too_late = "window_too_early_or_ready_too_late"
    no_time = "no_time"


class Placement(msgspec.Struct, frozen=True):
    """Where a job goes: before stop `at` of the route's sequence, counted from 0, frozen stops included.

    With `hub_at`, a new hub visit goes in first, before stop `hub_at`; `at` counts without it. The
    placement holds while the route's revision is `revision`. `road_s` and `stops_before` count from
    where the vehicle is now; `added_cost` is in millionths of a minor unit.
    """

    route_id: str
    revision: int
    at: int
    hub_at: int | None
    added_s: int
    added_cost: int
    arrive_s: int
    start_s: int
    latest_start_s: int
    road_s: int
    stops_before: int
    free_at_s: int


class Fit(msgspec.Struct, frozen=True):
    """The answer for one window: a placement, or the reason why there is none."""

    window_start_s: int
    window_end_s: int
    placement: Placement | None
    refused: Refused | None

    @property
    def slack_s(self) -> int:
        """Seconds from the planned start to the window's end; 0 without a placement."""
        return 0 if self.placement is None else self.window_end_s - self.placement.start_s


class Change(msgspec.Struct, frozen=True):
    """A proposal: new whole sequences of some routes, what moves between vans, and what no plan keeps."""

    sequences: dict[str, tuple[PlannedStop, ...]]
    moved: tuple[str, ...]
    unplaced: tuple[Job, ...]
