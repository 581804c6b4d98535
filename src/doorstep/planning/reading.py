"""Reading a row: its schedule, what it breaks, and who will be late, as values for people."""

from collections.abc import Sequence

from doorstep.planning.packed import (
    ABOARD,
    ABOARD_VOLUME,
    ABOARD_WEIGHT,
    ARRIVE,
    CAPACITY_VOLUME,
    CAPACITY_WEIGHT,
    COLLECTION,
    COUNT,
    DRIVE,
    FINISH,
    HUB,
    HUB_AT,
    KIND,
    LAST,
    LATE,
    METRE_COST,
    METRES,
    NEVER,
    ROAD,
    SECOND_COST,
    SEGMENT_VOLUME,
    SEGMENT_WEIGHT,
    START,
    Int64Array,
    Live,
)
from doorstep.planning.problem import (
    Job,
    Overdue,
    PlannedStop,
    Rule,
    Schedule,
    StopTimes,
    VehicleShift,
    Violation,
)
from doorstep.planning.schedule import forward, refresh


def schedule_of(live: Live, row: int, route_id: str, rest: Sequence[PlannedStop]) -> Schedule:
    """The exact times of a row whose stops are `rest`."""
    node = live.nodes[row]
    times = []
    for i, stop in enumerate(rest, 1):
        last = int(node[LAST, i])
        times.append(
            StopTimes(
                stop=stop,
                arrive_s=int(node[ARRIVE, i]),
                start_s=int(node[START, i]),
                finish_s=int(node[FINISH, i]),
                latest_start_s=None if last == NEVER else last,
                drive_s=int(node[DRIVE, i]),
                load_g=_load(node, i, ABOARD_WEIGHT, SEGMENT_WEIGHT),
                load_ml=_load(node, i, ABOARD_VOLUME, SEGMENT_VOLUME),
            )
        )
    end = int(live.routes[row, COUNT]) + 1
    return Schedule(route_id, tuple(times), int(node[ARRIVE, end]), int(node[ROAD, end]))


def _load(node: Int64Array, i: int, aboard: int, segment: int) -> int:
    load = int(node[aboard, i + 1])
    return load + int(node[segment, i + 1]) if node[HUB_AT, i] else load


def violations_of(
    live: Live, row: int, shift: VehicleShift, jobs: Sequence[Job | None]
) -> tuple[Violation, ...]:
    """Everything that a row breaks; `jobs` are its stops in order, None for a hub visit."""
    node = live.nodes[row]
    capacity = live.routes[row]
    broken = []

    def note(job: Job | None, rule: Rule, by: int) -> None:
        broken.append(Violation(shift.route_id, None if job is None else job.delivery_id, rule, by))

    for i, job in enumerate(jobs, 1):
        if node[KIND, i] in {HUB, COLLECTION}:
            # The row's own capacity, for what was collected before takes some of the vehicle's.
            over_g = _load(node, i, ABOARD_WEIGHT, SEGMENT_WEIGHT) - int(capacity[CAPACITY_WEIGHT])
            over_ml = _load(node, i, ABOARD_VOLUME, SEGMENT_VOLUME) - int(capacity[CAPACITY_VOLUME])
            if over_g > 0:
                note(job, Rule.over_weight, over_g)
            if over_ml > 0:
                note(job, Rule.over_volume, over_ml)
        if job is None:
            continue
        if node[ABOARD, i] == 0 and node[HUB_AT, i] == 0 and not job.collects:
            note(job, Rule.not_loaded, 1)
        if node[ABOARD, i] == 0 and job.hub_place != shift.hub_place:
            note(job, Rule.wrong_hub, 1)
        if job.skills & ~shift.skills:
            note(job, Rule.skill_missing, 1)
        if node[START, i] > node[LATE, i]:
            note(job, Rule.late_window, int(node[START, i] - node[LATE, i]))
    late_s = int(node[ARRIVE, len(jobs) + 1]) - shift.end_s
    if late_s > 0:
        note(None, Rule.late_return, late_s)
    return tuple(broken)


def overdue_of(live: Live, row: int, route_id: str, rest: Sequence[PlannedStop], now_s: int) -> list[Overdue]:
    """The stops of a row that start after their window, were the next one not reached before `now_s`."""
    node = live.nodes[row]
    forward(live, row, now_s)
    late = []
    for i, stop in enumerate(rest, 1):
        late_s = int(node[START, i] - node[LATE, i])
        if stop.delivery_id is not None and late_s > 0:
            late.append(Overdue(stop.delivery_id, route_id, int(node[START, i]), late_s))
    refresh(live, row)
    return late


def cost_of(live: Live, row: int) -> int:
    """What a row's driving costs, in millionths of a minor unit."""
    count = int(live.routes[row, COUNT])
    node = live.nodes[row]
    cost = int(node[ROAD, count + 1]) * int(live.routes[row, SECOND_COST])
    if live.metres.size:
        cost += int(node[METRES, 1 : count + 2].sum()) * int(live.routes[row, METRE_COST])
    return cost
