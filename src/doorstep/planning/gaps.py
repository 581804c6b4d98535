"""Gaps of a route, tried exactly: where a job fits behind a hub visit that is planned, and at what cost."""

import numpy as np

from doorstep.planning.packed import (
    ABOARD_VOLUME,
    ABOARD_WEIGHT,
    ASK_COLLECTS,
    ASK_PLACE,
    ASK_READY,
    ASK_RELAXED,
    ASK_SERVICE,
    ASK_SKILLS,
    ASK_VOLUME,
    ASK_WEIGHT,
    BARS_SKILL,
    BARS_VOLUME,
    BARS_WEIGHT,
    BEST_ADDED,
    BEST_ARRIVE,
    BEST_AT,
    BEST_COST,
    BEST_FIELDS,
    BEST_HUB_AT,
    BEST_RANK,
    BEST_ROAD,
    BEST_ROW,
    BEST_START,
    BREAK_AT,
    BREAK_S,
    CAPACITY_VOLUME,
    CAPACITY_WEIGHT,
    COLLECTION,
    COUNT,
    DRIVE,
    EARLY,
    FAR,
    FINISH,
    HUB,
    HUB_PLACE,
    KIND,
    LAST,
    METRE_COST,
    METRES,
    PEAK_VOLUME,
    PEAK_WEIGHT,
    PLACE,
    ROAD,
    SECOND_COST,
    SEGMENT_VOLUME,
    SEGMENT_WEIGHT,
    SERVICE,
    SKILLS,
    START,
    USE_COST,
    Int64Array,
    Live,
    kernel,
)
from doorstep.planning.schedule import atom
from doorstep.planning.travel import leg_s


@kernel
def barred(live: Live, r: int, ask: Int64Array, weight: int, volume: int) -> int:
    """The rules that keep the job off, were it loaded on top of `weight` and `volume`."""
    route = live.routes[r]
    bars = 0
    if (route[SKILLS] & ask[ASK_SKILLS]) != ask[ASK_SKILLS]:
        bars |= BARS_SKILL
    if weight + ask[ASK_WEIGHT] > route[CAPACITY_WEIGHT]:
        bars |= BARS_WEIGHT
    if volume + ask[ASK_VOLUME] > route[CAPACITY_VOLUME]:
        bars |= BARS_VOLUME
    return bars


@kernel
def try_gap(
    live: Live, r: int, a: int, t: int, i: int, ask: Int64Array, window: Int64Array
) -> tuple[int, int, int, int]:
    """Serve the job between place `a`, free there at `t`, and node `i`.

    Returns (drive in, drive out, arrive, start); a drive in of -1 says that it does not fit.
    """
    node = live.nodes[r]
    drive_in, arrive, start, finish = atom(live, r, a, ask[ASK_PLACE], t, window[0], ask[ASK_SERVICE])
    if start > window[1]:
        return -1, 0, 0, 0
    drive_out, _, next_start, _ = atom(
        live, r, ask[ASK_PLACE], node[PLACE, i], finish, node[EARLY, i], node[SERVICE, i]
    )
    if next_start > node[LAST, i]:
        return -1, 0, 0, 0
    return drive_in, drive_out, arrive, start


@kernel
def added_metres(live: Live, r: int, ask: Int64Array, where: tuple[int, int, int]) -> int:
    """Metres added by the job between place `a` and node `at`; `where` is (a, at, hub at)."""
    a, at, hub_at = where
    node = live.nodes[r]
    new = ask[ASK_PLACE]
    b = node[PLACE, at]
    added_m = int(live.metres_back[new, a]) + int(live.metres[new, b])
    if hub_at < 0:
        return added_m - int(node[METRES, at])
    hub = live.routes[r, HUB_PLACE]
    added_m += int(live.metres[node[PLACE, hub_at - 1], hub]) - int(node[METRES, hub_at])
    if at > hub_at:
        added_m += int(live.metres[hub, node[PLACE, hub_at]]) - int(node[METRES, at])
    return added_m


@kernel
def offer(live: Live, r: int, ask: Int64Array, where: tuple[int, int, int], found: Int64Array) -> None:
    """Fill in an answer's cost, from its added drive and the added metres of `where` = (a, at, hub at)."""
    route = live.routes[r]
    cost = found[BEST_ADDED] * route[SECOND_COST] + route[USE_COST]
    if live.metres.shape[0] > 0:
        cost += added_metres(live, r, ask, where) * route[METRE_COST]
    found[BEST_COST] = cost
    found[BEST_ROW] = r
    found[BEST_AT] = where[1]
    found[BEST_HUB_AT] = where[2]


@kernel
def least_costs(live: Live, r: int, new: int, first: int, least: Int64Array) -> int:
    """What a job at place `new` adds before each node from `first` on at the very least, were the roads free.

    Fills `least[node]` and returns the least of them. The loop keeps to plain arrays and calls nothing,
    because it runs for every stop of the day at every quote.
    """
    nodes = live.nodes
    to_new = live.soonest_back
    from_new = live.soonest
    second_cost = live.routes[r, SECOND_COST]
    use_cost = live.routes[r, USE_COST]
    lowest = FAR
    for i in range(first, live.routes[r, COUNT] + 2):
        added = int(to_new[new, nodes[r, PLACE, i - 1]]) + int(from_new[new, nodes[r, PLACE, i]])
        cost = int((added - nodes[r, DRIVE, i]) * second_cost + use_cost)
        least[i] = cost
        lowest = min(lowest, cost)
    metre_cost = live.routes[r, METRE_COST]
    if metre_cost > 0 and live.metres.shape[0] > 0:
        to_new_m = live.metres_back
        from_new_m = live.metres
        lowest = FAR
        for i in range(first, live.routes[r, COUNT] + 2):
            added = int(to_new_m[new, nodes[r, PLACE, i - 1]]) + int(from_new_m[new, nodes[r, PLACE, i]])
            least[i] += int((added - nodes[r, METRES, i]) * metre_cost)
            lowest = min(lowest, int(least[i]))
    return int(lowest)


@kernel
def first_gap(live: Live, r: int, ask: Int64Array) -> int:
    """The first node before which the job may go: for a delivery behind a hub visit, else where the van is.

    Nothing comes before the load-out of a van that still stands at its hub.
    """
    if ask[ASK_COLLECTS] == 0:
        return 2
    node = live.nodes[r]
    loads = node[KIND, 1] == HUB and node[PLACE, 0] == live.routes[r, HUB_PLACE]
    return 2 if loads else 1


@kernel
def bars_leaving(live: Live, r: int, i: int, ask: Int64Array) -> int:
    """The rules in the way of one more load on board when the vehicle leaves the stop before node `i`."""
    node = live.nodes[r]
    return barred(
        live, r, ask, node[ABOARD_WEIGHT, i] + node[SEGMENT_WEIGHT, i],
        node[ABOARD_VOLUME, i] + node[SEGMENT_VOLUME, i],
    )  # fmt: skip


@kernel
def segment_start(live: Live, r: int, p: int, ask: Int64Array) -> tuple[bool, int, int]:
    """Load the job at hub node `p` too: (whether the rest stands it, when load-out ends, the rules broken).

    A parcel that is ready late holds up the load-out, and with it the whole segment.
    """
    node = live.nodes[r]
    bars = bars_leaving(live, r, p + 1, ask)
    if bars != 0 and ask[ASK_RELAXED] == 0:
        return False, 0, bars
    if ask[ASK_READY] <= node[START, p]:
        return True, node[FINISH, p], bars
    early = max(node[EARLY, p], ask[ASK_READY])
    _, _, start, t = atom(
        live, r, node[PLACE, p - 1], node[PLACE, p], node[FINISH, p - 1], early, node[SERVICE, p]
    )
    return start <= node[LAST, p], t, bars


@kernel
def take_gap(
    live: Live, where: tuple[int, int, int, int, int], ask: Int64Array, windows: Int64Array, best: Int64Array
) -> None:
    """Look exactly at one gap for all windows, and keep it where it is the best.

    `where` is (row, its rank, node after the gap, when the node before is done, rules in the way). What
    `atom` does on the way to the job is done here once for all windows.
    """
    r, rank, i, t, bars = where
    node = live.nodes[r]
    a = node[PLACE, i - 1]
    new = ask[ASK_PLACE]
    service = ask[ASK_SERVICE]
    break_at = live.routes[r, BREAK_AT]
    back_at = break_at + live.routes[r, BREAK_S]
    drive_at_once = leg_s(live, a, new, t)
    drive_after_break = leg_s(live, a, new, back_at) if t < back_at < FAR else 0
    found = np.zeros(BEST_FIELDS, dtype=np.int64)
    found[BEST_RANK] = rank
    for k in range(windows.shape[0]):
        drive_in = drive_at_once
        arrive = t + drive_in
        start = max(arrive, windows[k, 0])
        if start + service > break_at and t < back_at:
            drive_in = drive_after_break
            arrive = back_at + drive_in
            start = max(arrive, windows[k, 0])
        if start > windows[k, 1]:
            continue
        drive_out, _, next_start, _ = atom(
            live, r, new, node[PLACE, i], start + service, node[EARLY, i], node[SERVICE, i]
        )
        if next_start > node[LAST, i]:
            continue
        found[BEST_ADDED] = drive_in + drive_out - node[DRIVE, i]
        found[BEST_ARRIVE] = arrive
        found[BEST_START] = start
        found[BEST_ROAD] = node[ROAD, i - 1] + drive_in
        offer(live, r, ask, (a, i, -1), found)
        if ask[ASK_RELAXED] == 1:
            found[BEST_COST] = bars
        cheapest = best[k, BEST_COST]
        if found[BEST_COST] < cheapest or (found[BEST_COST] == cheapest and rank < best[k, BEST_RANK]):
            best[k] = found


@kernel
def pass_stop(
    live: Live, r: int, p: int, ask: Int64Array, now: tuple[bool, int, int]
) -> tuple[bool, int, int]:
    """Go on past node `p`: (whether the job may come behind it, when the van is free, the rules broken).

    `now` is the same for the node before. A delivery is on board from its hub visit on, so the room at each
    stop up to its own counts; what is collected is on board from its stop to the end.
    """
    is_open, t, bars = now
    node = live.nodes[r]
    relaxed = ask[ASK_RELAXED] == 1
    if ask[ASK_COLLECTS] == 1:
        bars = barred(live, r, ask, node[PEAK_WEIGHT, p], node[PEAK_VOLUME, p])
        return bars == 0 or relaxed, node[FINISH, p], bars
    if node[KIND, p] == HUB:
        return segment_start(live, r, p, ask)
    if not is_open:
        return False, node[FINISH, p], bars
    if t > node[FINISH, p - 1]:
        _, _, _, t = atom(live, r, node[PLACE, p - 1], node[PLACE, p], t, node[EARLY, p], node[SERVICE, p])
    else:
        t = node[FINISH, p]
    if node[KIND, p] == COLLECTION:
        bars |= bars_leaving(live, r, p + 1, ask)
    return bars == 0 or relaxed, t, bars


@kernel
def scan(
    live: Live,
    where: tuple[int, int],
    ask: Int64Array,
    windows: Int64Array,
    least: Int64Array,
    best: Int64Array,
) -> None:
    """Every gap behind a hub visit still to come, for a collection every gap; keeps each window's cheapest.

    `where` is (row, its rank). Bounds from the free road (`least` and the soonest times) come first: few
    gaps are worth an exact look.
    """
    r, rank = where
    node = live.nodes[r]
    to_new = live.soonest_back[ask[ASK_PLACE]]
    from_new = live.soonest[ask[ASK_PLACE]]
    service = ask[ASK_SERVICE]
    relaxed = ask[ASK_RELAXED] == 1
    count = windows.shape[0]
    bars = 0
    is_open = False
    ceiling = best[:, BEST_COST].max()
    first = 0
    t = 0
    for i in range(first_gap(live, r, ask), live.routes[r, COUNT] + 2):
        p = i - 1
        is_open, t, bars = pass_stop(live, r, p, ask, (is_open, t, bars))
        if node[KIND, p] == HUB:
            first = 0
        low = bars if relaxed else least[i]
        if not is_open or low > ceiling:
            continue
        while first < count and windows[first, 1] < t:
            first += 1
        soonest = t + int(to_new[node[PLACE, p]])
        latest = node[LAST, i] - service - int(from_new[node[PLACE, i]])
        if soonest > latest:
            continue
        low_k = count
        high_k = first
        for k in range(first, count):
            if windows[k, 0] > latest:
                break  # windows come sorted by their start
            if windows[k, 1] < soonest or low > best[k, BEST_COST]:
                continue
            if low < best[k, BEST_COST] or rank < best[k, BEST_RANK]:
                low_k = min(low_k, k)
                high_k = k + 1
        if low_k < high_k:
            take_gap(live, (r, rank, i, t, bars), ask, windows[low_k:high_k], best[low_k:high_k])
