"""Every gap of every route, tried exactly: where a job fits, at what added cost, and what forbids it."""

import numpy as np

from doorstep.planning.packed import (
    ABOARD,
    ABOARD_VOLUME,
    ABOARD_WEIGHT,
    ASK_HUB,
    ASK_NO_RELOAD,
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
    BEST_LAST,
    BEST_REASON,
    BEST_ROAD,
    BEST_ROW,
    BEST_START,
    CAPACITY_VOLUME,
    CAPACITY_WEIGHT,
    COUNT,
    DRIVE,
    EARLY,
    FAR,
    FINISH,
    HUB,
    HUB_AT,
    HUB_PLACE,
    HUB_VISITS,
    HUB_VISITS_MAX,
    KIND,
    LAST,
    LOAD_OUT,
    METRE_COST,
    NEVER,
    PLACE,
    READY,
    REASON_NO_TIME,
    REASON_NO_VEHICLE,
    REASON_NONE,
    REASON_SKILL,
    REASON_TOO_EARLY,
    REASON_VOLUME,
    REASON_WEIGHT,
    ROAD,
    SECOND_COST,
    SEGMENT_READY,
    SEGMENT_VOLUME,
    SEGMENT_WEIGHT,
    SERVICE,
    SKILLS,
    USE_COST,
    Int64Array,
    Live,
    kernel,
)
from doorstep.planning.schedule import atom, latest_finish


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
def offer(live: Live, r: int, ask: Int64Array, where: tuple[int, int, int], found: Int64Array) -> None:
    """Fill in an answer's cost, from its added drive and the added metres of `where` = (a, at, hub at)."""
    a, at, hub_at = where
    route = live.routes[r]
    node = live.nodes[r]
    cost = found[BEST_ADDED] * route[SECOND_COST]
    if live.metres.shape[0] > 0:
        b = node[PLACE, at]
        added_m = int(live.metres[a, ask[ASK_PLACE]]) + live.metres[ask[ASK_PLACE], b]
        added_m -= live.metres[a, b]
        if hub_at >= 0:
            before = node[PLACE, hub_at - 1]
            hub = route[HUB_PLACE]
            after = b if at == hub_at else node[PLACE, hub_at]
            added_m += int(live.metres[before, hub])
            if at == hub_at:
                added_m += int(live.metres[a, b]) - live.metres[before, b]
            else:
                added_m += int(live.metres[hub, after]) - live.metres[before, after]
        cost += added_m * route[METRE_COST]
    found[BEST_COST] = cost + route[USE_COST]
    found[BEST_ROW] = r
    found[BEST_AT] = at
    found[BEST_HUB_AT] = hub_at


@kernel
def scan(live: Live, r: int, ask: Int64Array, windows: Int64Array, best: Int64Array) -> None:
    """Every gap behind a hub visit still to come; keeps the cheapest of each window in `best`."""
    node = live.nodes[r]
    found = np.zeros(BEST_FIELDS, dtype=np.int64)
    bars = 0
    is_open = False
    shifted = False
    first = 0
    t = 0
    for i in range(1, live.routes[r, COUNT] + 2):
        p = i - 1
        if node[KIND, p] == HUB:
            bars = barred(
                live, r, ask, node[ABOARD_WEIGHT, i] + node[SEGMENT_WEIGHT, i],
                node[ABOARD_VOLUME, i] + node[SEGMENT_VOLUME, i],
            )  # fmt: skip
            is_open = bars == 0 or ask[ASK_RELAXED] == 1
            first = 0
            if is_open:
                # A parcel that is ready late holds up the load-out, and with it the whole segment.
                early = max(node[EARLY, p], ask[ASK_READY])
                _, _, start, t = atom(
                    live, r, node[PLACE, p - 1], node[PLACE, p], node[FINISH, p - 1], early, node[SERVICE, p]
                )
                shifted = t > node[FINISH, p]
                is_open = not shifted or start <= node[LAST, p]
        elif is_open and shifted:
            _, _, _, t = atom(
                live, r, node[PLACE, p - 1], node[PLACE, p], t, node[EARLY, p], node[SERVICE, p]
            )
            shifted = t > node[FINISH, p]
        else:
            t = node[FINISH, p]
        if not is_open:
            continue
        while first < windows.shape[0] and windows[first, 1] < t:
            first += 1
        for k in range(first, windows.shape[0]):
            if windows[k, 0] + ask[ASK_SERVICE] > node[LAST, i]:
                break  # windows come sorted by their start
            drive_in, drive_out, arrive, start = try_gap(live, r, node[PLACE, p], t, i, ask, windows[k])
            if drive_in < 0:
                continue
            found[BEST_ADDED] = drive_in + drive_out - node[DRIVE, i]
            found[BEST_ARRIVE] = arrive
            found[BEST_START] = start
            found[BEST_ROAD] = node[ROAD, p] + drive_in
            offer(live, r, ask, (node[PLACE, p], i, -1), found)
            if ask[ASK_RELAXED] == 1:
                found[BEST_COST] = bars
            if found[BEST_COST] < best[k, BEST_COST]:
                best[k] = found


@kernel
def free_before_reload(live: Live, r: int, p: int) -> int:
    """When node `p` - 1 is done if a new hub visit before `p` takes over the loading of what follows."""
    node = live.nodes[r]
    h = node[HUB_AT, p - 1] if p > 1 else 0
    t = int(node[FINISH, p - 1])
    if h == 0:
        return t
    ready = NEVER
    for i in range(h + 1, p):
        if node[ABOARD, i] == 0:
            ready = max(ready, node[READY, i])
    if ready >= node[EARLY, h]:
        return t
    t = int(node[FINISH, h - 1])
    for i in range(h, p):
        early = ready if i == h else node[EARLY, i]
        _, _, _, t = atom(live, r, node[PLACE, i - 1], node[PLACE, i], t, early, node[SERVICE, i])
    return t


@kernel
def keep_cheapest(
    live: Live, r: int, ask: Int64Array, windows: Int64Array, found: Int64Array, best: Int64Array
) -> None:
    """Try every unserved window behind the new hub visit, with the job before node BEST_AT of `found`.

    `found` comes with BEST_START as the time when the stop before is done, BEST_ARRIVE as its place and
    BEST_ADDED as what the way from the new hub visit to there adds, and BEST_REASON as the rules in the way.
    """
    node = live.nodes[r]
    q, t, a = found[BEST_AT], found[BEST_START], found[BEST_ARRIVE]
    answer = np.zeros(BEST_FIELDS, dtype=np.int64)
    for k in range(windows.shape[0]):
        if best[k, BEST_ROW] >= 0 and best[k, BEST_HUB_AT] < 0:
            continue
        if windows[k, 1] < t or windows[k, 0] + ask[ASK_SERVICE] > node[LAST, q]:
            continue
        drive_in, drive_out, arrive, start = try_gap(live, r, a, t, q, ask, windows[k])
        if drive_in < 0:
            continue
        answer[BEST_ADDED] = found[BEST_ADDED] + drive_in + drive_out - node[DRIVE, q]
        answer[BEST_ARRIVE] = arrive
        answer[BEST_START] = start
        answer[BEST_ROAD] = node[ROAD, q - 1] + found[BEST_ADDED] + drive_in
        offer(live, r, ask, (a, q, found[BEST_HUB_AT]), answer)
        if ask[ASK_RELAXED] == 1:
            answer[BEST_COST] = found[BEST_REASON]
        if answer[BEST_COST] < best[k, BEST_COST]:
            best[k] = answer


@kernel
def scan_reload(live: Live, r: int, ask: Int64Array, windows: Int64Array, best: Int64Array) -> None:
    """Every pair of a new hub visit and, behind it, the job."""
    node = live.nodes[r]
    route = live.routes[r]
    end = route[COUNT] + 1
    if route[HUB_VISITS] >= HUB_VISITS_MAX:
        return
    found = np.zeros(BEST_FIELDS, dtype=np.int64)
    for p in range(1, end + 1):
        weight = node[ABOARD_WEIGHT, p] + node[SEGMENT_WEIGHT, p]
        bars = barred(live, r, ask, weight, node[ABOARD_VOLUME, p] + node[SEGMENT_VOLUME, p])
        if node[KIND, p - 1] == HUB or (bars != 0 and ask[ASK_RELAXED] == 0):
            continue  # loading twice in a row only loses time
        found[BEST_HUB_AT] = p
        found[BEST_REASON] = bars
        found[BEST_ARRIVE] = route[HUB_PLACE]
        early = max(ask[ASK_READY], node[SEGMENT_READY, p])
        free = free_before_reload(live, r, p)
        drive, _, _, t = atom(live, r, node[PLACE, p - 1], route[HUB_PLACE], free, early, route[LOAD_OUT])
        found[BEST_ADDED] = drive
        for q in range(p, end + 1):
            if q > p:
                done = q - 1
                if node[KIND, done] == HUB:
                    break
                drive, _, start, t = atom(
                    live, r, found[BEST_ARRIVE], node[PLACE, done], t, node[EARLY, done], node[SERVICE, done]
                )
                if start > node[LAST, done]:
                    break
                found[BEST_ARRIVE] = node[PLACE, done]
                found[BEST_ADDED] += drive - node[DRIVE, done]
            found[BEST_AT] = q
            found[BEST_START] = t
            keep_cheapest(live, r, ask, windows, found, best)


@kernel
def can_ever(live: Live, r: int, ask: Int64Array) -> bool:
    """Whether the empty vehicle could take the job, or what forbids it is to be named."""
    if live.routes[r, HUB_PLACE] != ask[ASK_HUB]:
        return False
    return ask[ASK_RELAXED] == 1 or barred(live, r, ask, 0, 0) == 0


@kernel
def clear(best: Int64Array) -> None:
    """Make every answer the empty one."""
    best[:] = 0
    best[:, BEST_COST] = FAR
    best[:, BEST_ROW] = -1
    best[:, BEST_HUB_AT] = -1


@kernel
def search(live: Live, order: Int64Array, ask: Int64Array, windows: Int64Array, best: Int64Array) -> None:
    """The cheapest place of each window over the rows of `order`; the first of equals wins.

    A new hub visit is thought of only where no visit that is planned serves any van.
    """
    clear(best)
    for r in order:
        if can_ever(live, r, ask):
            scan(live, r, ask, windows, best)
    if ask[ASK_NO_RELOAD] == 0 and best[:, BEST_ROW].min() < 0:
        for r in order:
            if can_ever(live, r, ask):
                scan_reload(live, r, ask, windows, best)
    for k in range(windows.shape[0]):
        r = best[k, BEST_ROW]
        if r >= 0:
            node = live.nodes[r]
            i = best[k, BEST_AT]
            free = latest_finish(
                live, r, ask[ASK_PLACE], node[PLACE, i], node[LAST, i], node[EARLY, i], node[SERVICE, i]
            )
            best[k, BEST_LAST] = min(windows[k, 1], free - ask[ASK_SERVICE])


@kernel
def give_reasons(
    live: Live, order: Int64Array, ask: Int64Array, windows: Int64Array, best: Int64Array
) -> None:
    """For each window without a place, the rule that stands in the way."""
    earliest = FAR
    served = False
    for r in order:
        if live.routes[r, HUB_PLACE] != ask[ASK_HUB]:
            continue
        served = True
        node = live.nodes[r]
        hub = live.routes[r, HUB_PLACE]
        _, _, _, t = atom(
            live, r, node[PLACE, 0], hub, node[FINISH, 0], ask[ASK_READY], live.routes[r, LOAD_OUT]
        )
        _, arrive, _, _ = atom(live, r, hub, ask[ASK_PLACE], t, NEVER, ask[ASK_SERVICE])
        earliest = min(earliest, arrive)
    relaxed = np.empty_like(best)
    ask[ASK_RELAXED] = 1
    search(live, order, ask, windows, relaxed)
    ask[ASK_RELAXED] = 0
    for k in range(windows.shape[0]):
        bars = relaxed[k, BEST_COST]
        if best[k, BEST_ROW] >= 0:
            reason = REASON_NONE
        elif not served:
            reason = REASON_NO_VEHICLE
        elif earliest > windows[k, 1]:
            reason = REASON_TOO_EARLY
        elif relaxed[k, BEST_ROW] < 0:
            reason = REASON_NO_TIME
        elif bars & BARS_SKILL:
            reason = REASON_SKILL
        elif bars & BARS_WEIGHT:
            reason = REASON_WEIGHT
        else:
            reason = REASON_VOLUME
        best[k, BEST_REASON] = reason


@kernel
def search_each(
    live: Live, order: Int64Array, ask: Int64Array, windows: Int64Array, table: Int64Array
) -> None:
    """The best place on every single row of `order` for the one window: `table[row]` is its answer."""
    for r in order:
        search(live, np.full(1, r), ask, windows, table[r : r + 1])
