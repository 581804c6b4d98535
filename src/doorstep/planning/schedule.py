"""Exact schedules: the earliest times of a route's stops, and the latest that keep every promise.

Arrival functions never overtake (leaving later never arrives earlier, breaks included), so the earliest
times decide feasibility, and one latest time per stop answers for everything behind it.
"""

from doorstep.planning.packed import (
    ABOARD,
    ABOARD_VOLUME,
    ABOARD_WEIGHT,
    ARRIVE,
    BREAK_AT,
    BREAK_S,
    COLLECTION,
    COUNT,
    DRIVE,
    EARLY,
    FAR,
    FINISH,
    GIVEN_FIELDS,
    HUB,
    HUB_AT,
    HUB_VISITS,
    KIND,
    LAST,
    LATE,
    METRES,
    NEVER,
    PEAK_VOLUME,
    PEAK_WEIGHT,
    PLACE,
    READY,
    ROAD,
    SEGMENT_READY,
    SEGMENT_VOLUME,
    SEGMENT_WEIGHT,
    SERVICE,
    SHIFT_END,
    START,
    VOLUME,
    WEIGHT,
    Int64Array,
    Live,
    kernel,
)
from doorstep.planning.travel import latest_departure, leg_s


@kernel
def atom(live: Live, r: int, a: int, b: int, t: int, early: int, service: int) -> tuple[int, int, int, int]:
    """Drive from `a` to `b`, free at `t`, and serve: (drive, arrive, start, finish).

    What cannot be finished before the break begins is begun after it.
    """
    drive = leg_s(live, a, b, t)
    arrive = t + drive
    start = max(arrive, early)
    break_at = live.routes[r, BREAK_AT]
    if start + service > break_at:
        back_at = break_at + live.routes[r, BREAK_S]
        if t < back_at:
            drive = leg_s(live, a, b, back_at)
            arrive = back_at + drive
            start = max(arrive, early)
    return drive, arrive, start, start + service


@kernel
def latest_finish(live: Live, r: int, a: int, b: int, last: int, early: int, service: int) -> int:
    """The latest time of being free at `a` that still lets service at `b` start by `last`; or NEVER."""
    if early > last:
        return NEVER
    free = latest_departure(live, a, b, last)
    break_at = live.routes[r, BREAK_AT]
    if free >= break_at + live.routes[r, BREAK_S] or break_at == FAR:
        return free
    due = min(last, break_at - service)
    if early > due:
        return NEVER
    return latest_departure(live, a, b, due)


@kernel
def forward(live: Live, r: int, not_before: int) -> None:
    """Earliest times of all nodes; the next stop is not reached before `not_before`."""
    node = live.nodes[r]
    hub_at = 0
    for i in range(1, live.routes[r, COUNT] + 2):
        drive, arrive, start, finish = atom(
            live, r, node[PLACE, i - 1], node[PLACE, i], node[FINISH, i - 1], node[EARLY, i], node[SERVICE, i]
        )
        if i == 1 and arrive < not_before:
            arrive = not_before
            start = max(start, arrive)
            finish = start + node[SERVICE, i]
        if node[KIND, i] == HUB:
            hub_at = i
        node[DRIVE, i] = drive
        node[ROAD, i] = node[ROAD, i - 1] + drive
        node[ARRIVE, i] = arrive
        node[START, i] = start
        node[FINISH, i] = finish
        node[HUB_AT, i] = hub_at


@kernel
def take_up(live: Live, r: int) -> None:
    """Have what is collected on board from its stop to the end, and note the most on board from each stop on.

    The load on leaving a stop is the aboard and the segment load of the node behind it.
    """
    node = live.nodes[r]
    end = live.routes[r, COUNT] + 1
    weight = 0
    volume = 0
    for i in range(1, end + 1):
        node[ABOARD_WEIGHT, i] += weight
        node[ABOARD_VOLUME, i] += volume
        if node[KIND, i] == COLLECTION:
            weight += node[WEIGHT, i]
            volume += node[VOLUME, i]
    node[PEAK_WEIGHT, end] = 0
    node[PEAK_VOLUME, end] = 0
    for i in range(end - 1, -1, -1):
        leaving_weight = node[ABOARD_WEIGHT, i + 1] + node[SEGMENT_WEIGHT, i + 1]
        leaving_volume = node[ABOARD_VOLUME, i + 1] + node[SEGMENT_VOLUME, i + 1]
        node[PEAK_WEIGHT, i] = max(leaving_weight, node[PEAK_WEIGHT, i + 1])
        node[PEAK_VOLUME, i] = max(leaving_volume, node[PEAK_VOLUME, i + 1])


@kernel
def refresh(live: Live, r: int) -> None:
    """Derive everything of a row from what is given: loads and ready times, earliest and latest times."""
    node = live.nodes[r]
    end = live.routes[r, COUNT] + 1
    node[SEGMENT_READY, end] = NEVER
    node[SEGMENT_WEIGHT : ABOARD_VOLUME + 1, end] = 0
    hub_visits = 0
    for i in range(end - 1, 0, -1):
        node[SEGMENT_READY : ABOARD_VOLUME + 1, i] = node[SEGMENT_READY : ABOARD_VOLUME + 1, i + 1]
        if node[KIND, i] == HUB:
            hub_visits += 1
            node[EARLY, i] = node[SEGMENT_READY, i]
            node[SEGMENT_READY, i] = NEVER
            node[SEGMENT_WEIGHT, i] = 0
            node[SEGMENT_VOLUME, i] = 0
        elif node[KIND, i] == COLLECTION:
            pass  # nothing is loaded for it at a hub; `take_up` adds what it loads itself
        elif node[ABOARD, i] == 1:
            node[ABOARD_WEIGHT, i] += node[WEIGHT, i]
            node[ABOARD_VOLUME, i] += node[VOLUME, i]
        else:
            node[SEGMENT_READY, i] = max(node[SEGMENT_READY, i], node[READY, i])
            node[SEGMENT_WEIGHT, i] += node[WEIGHT, i]
            node[SEGMENT_VOLUME, i] += node[VOLUME, i]
    live.routes[r, HUB_VISITS] = hub_visits
    take_up(live, r)
    if live.metres.shape[0] > 0:
        for i in range(1, end + 1):
            node[METRES, i] = live.metres[node[PLACE, i - 1], node[PLACE, i]]
    forward(live, r, NEVER)
    node[LAST, end] = live.routes[r, SHIFT_END]
    for i in range(end - 1, 0, -1):
        free = latest_finish(
            live, r, node[PLACE, i], node[PLACE, i + 1], node[LAST, i + 1], node[EARLY, i + 1],
            node[SERVICE, i + 1],
        )  # fmt: skip
        node[LAST, i] = NEVER if free == NEVER else min(node[LATE, i], free - node[SERVICE, i])


@kernel
def insert_node(live: Live, r: int, at: int, given: Int64Array) -> None:
    """Put a node before node `at`; the caller refreshes the row."""
    node = live.nodes[r]
    end = live.routes[r, COUNT] + 1
    for field in range(GIVEN_FIELDS):
        for i in range(end, at - 1, -1):
            node[field, i + 1] = node[field, i]
        node[field, at] = given[field]
    live.routes[r, COUNT] += 1


@kernel
def remove_node(live: Live, r: int, at: int) -> None:
    """Take node `at` out; the caller refreshes the row."""
    node = live.nodes[r]
    end = live.routes[r, COUNT] + 1
    for field in range(GIVEN_FIELDS):
        for i in range(at, end):
            node[field, i] = node[field, i + 1]
    live.routes[r, COUNT] -= 1
