"""New hub visits: a job and, before it, one more visit to the hub, tried exactly as a pair."""

import numpy as np

from doorstep.planning.gaps import barred, bars_leaving, offer, try_gap
from doorstep.planning.packed import (
    ABOARD,
    ABOARD_VOLUME,
    ABOARD_WEIGHT,
    ASK_PLACE,
    ASK_READY,
    ASK_RELAXED,
    ASK_SERVICE,
    BARS_VOLUME,
    BARS_WEIGHT,
    BEST_ADDED,
    BEST_ARRIVE,
    BEST_AT,
    BEST_COST,
    BEST_FIELDS,
    BEST_HUB_AT,
    BEST_REASON,
    BEST_ROAD,
    BEST_ROW,
    BEST_START,
    COUNT,
    DRIVE,
    EARLY,
    FINISH,
    HUB,
    HUB_AT,
    HUB_PLACE,
    HUB_VISITS,
    HUB_VISITS_MAX,
    KIND,
    LAST,
    LOAD_OUT,
    NEVER,
    PLACE,
    READY,
    ROAD,
    SEGMENT_READY,
    SEGMENT_VOLUME,
    SEGMENT_WEIGHT,
    SERVICE,
    START,
    Int64Array,
    Live,
    kernel,
)
from doorstep.planning.schedule import atom


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
def hub_serves(live: Live, r: int, p: int, ask: Int64Array) -> bool:
    """Whether a hub visit planned before node `p` can bring the job, so that a new one only loses time.

    It can when the van has room for the job on top of what is loaded there, and the job is ready by then.
    """
    node = live.nodes[r]
    h = node[HUB_AT, p - 1] if p > 1 else 0
    if h == 0 or ask[ASK_READY] > node[START, h]:
        return False
    weight = node[ABOARD_WEIGHT, h + 1] + node[SEGMENT_WEIGHT, h + 1]
    volume = node[ABOARD_VOLUME, h + 1] + node[SEGMENT_VOLUME, h + 1]
    return barred(live, r, ask, weight, volume) & (BARS_WEIGHT | BARS_VOLUME) == 0


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
    last_end = NEVER
    for k in range(windows.shape[0]):
        if best[k, BEST_ROW] < 0 or best[k, BEST_HUB_AT] >= 0:
            last_end = max(last_end, windows[k, 1])
    way = route[LOAD_OUT] + int(live.soonest[route[HUB_PLACE], ask[ASK_PLACE]])
    found = np.zeros(BEST_FIELDS, dtype=np.int64)
    for p in range(1, end + 1):
        weight = node[ABOARD_WEIGHT, p] + node[SEGMENT_WEIGHT, p]
        bars = barred(live, r, ask, weight, node[ABOARD_VOLUME, p] + node[SEGMENT_VOLUME, p])
        if node[KIND, p - 1] == HUB or (bars != 0 and ask[ASK_RELAXED] == 0):
            continue  # loading twice in a row only loses time
        if hub_serves(live, r, p, ask):
            continue
        found[BEST_HUB_AT] = p
        found[BEST_REASON] = bars
        found[BEST_ARRIVE] = route[HUB_PLACE]
        early = max(ask[ASK_READY], node[SEGMENT_READY, p])
        free = free_before_reload(live, r, p)
        soonest = max(early, free + int(live.soonest[node[PLACE, p - 1], route[HUB_PLACE]])) + way
        if soonest > last_end:
            continue
        drive, _, _, t = atom(live, r, node[PLACE, p - 1], route[HUB_PLACE], free, early, route[LOAD_OUT])
        found[BEST_ADDED] = drive
        for q in range(p, end + 1):
            if q > p:
                done = q - 1
                # The load rises again where goods are collected.
                found[BEST_REASON] |= bars_leaving(live, r, q, ask)
                if node[KIND, done] == HUB or (found[BEST_REASON] != 0 and ask[ASK_RELAXED] == 0):
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
