"""Search: one job over all routes, the most promising first; and for a refusal the rule behind it."""

import numpy as np

from doorstep.planning.gaps import first_gap, least_costs, scan
from doorstep.planning.packed import (
    ASK_COLLECTS,
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
    BARS_WEIGHT,
    BEST_AT,
    BEST_COST,
    BEST_HUB_AT,
    BEST_LAST,
    BEST_REASON,
    BEST_ROW,
    CAPACITY_VOLUME,
    CAPACITY_WEIGHT,
    EARLY,
    FAR,
    FINISH,
    HUB_PLACE,
    LAST,
    LOAD_OUT,
    NEVER,
    PLACE,
    REASON_NO_TIME,
    REASON_NO_VEHICLE,
    REASON_NONE,
    REASON_SKILL,
    REASON_TOO_EARLY,
    REASON_VOLUME,
    REASON_WEIGHT,
    SERVICE,
    SKILLS,
    Int64Array,
    Live,
    kernel,
)
from doorstep.planning.reloads import scan_reload
from doorstep.planning.schedule import atom, latest_finish


@kernel
def can_ever(live: Live, r: int, ask: Int64Array) -> bool:
    """Whether the empty vehicle could take the job, or what forbids it is to be named."""
    routes = live.routes
    if routes[r, HUB_PLACE] != ask[ASK_HUB]:
        return False
    if ask[ASK_RELAXED] == 1:
        return True
    if (routes[r, SKILLS] & ask[ASK_SKILLS]) != ask[ASK_SKILLS]:
        return False
    return bool(
        ask[ASK_WEIGHT] <= routes[r, CAPACITY_WEIGHT] and ask[ASK_VOLUME] <= routes[r, CAPACITY_VOLUME]
    )


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

    The rows that may add least come first, so that the others need no look. A new hub visit is thought of
    only where no visit that is planned serves any van.
    """
    clear(best)
    lowest = np.full(order.shape[0], FAR, dtype=np.int64)
    least = np.empty((order.shape[0], live.nodes.shape[2]), dtype=np.int64)
    for rank in range(order.shape[0]):
        if can_ever(live, order[rank], ask):
            first = first_gap(live, order[rank], ask)
            lowest[rank] = least_costs(live, order[rank], ask[ASK_PLACE], first, least[rank])
    for rank in np.argsort(lowest, kind="mergesort"):
        if lowest[rank] == FAR or (ask[ASK_RELAXED] == 0 and lowest[rank] > best[:, BEST_COST].max()):
            break
        scan(live, (order[rank], rank), ask, windows, least[rank], best)
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
        if ask[ASK_COLLECTS] == 1:
            _, arrive, _, _ = atom(
                live, r, node[PLACE, 0], ask[ASK_PLACE], node[FINISH, 0], NEVER, ask[ASK_SERVICE]
            )
        else:
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
