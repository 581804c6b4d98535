"""How the live plan lies in memory, so that compiled code can read it without asking Python.

A row is one route from where its vehicle is free now: node 0 is that place and time, nodes 1..N are the
stops still to do, node N+1 is the end of the shift. `Live.nodes[row, FIELD, node]` and
`Live.routes[row, FIELD]` are int64; times are seconds since the plan's origin.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

Int64Array = npt.NDArray[np.int64]
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

NEVER: Final = -(1 << 40)
"""A time before all times, seconds."""
FAR: Final = 1 << 40
"""A time after all times, seconds; also the cost of what cannot be."""
HOUR_S: Final = 3_600
HALF_HOUR_S: Final = 1_800
WEEK_HOURS: Final = 168
WEEK_S: Final = 604_800
HUB_VISITS_MAX: Final = 4
"""Hub visits that one route may still have ahead; reloading more often is no plan."""

# What a node is.
DELIVERY: Final = 0
HUB: Final = 1
MARK: Final = 2
COLLECTION: Final = 3
"""A stop that loads: what is taken up there stays on board to the end."""

# Fields of a node that are given …
PLACE: Final = 0
EARLY: Final = 1
LATE: Final = 2
SERVICE: Final = 3
READY: Final = 4
WEIGHT: Final = 5
VOLUME: Final = 6
KIND: Final = 7
ABOARD: Final = 8
GIVEN_FIELDS: Final = 9
# … and those that `refresh` derives.
ARRIVE: Final = 9
START: Final = 10
FINISH: Final = 11
DRIVE: Final = 12
ROAD: Final = 13
LAST: Final = 14
HUB_AT: Final = 15
SEGMENT_READY: Final = 16
SEGMENT_WEIGHT: Final = 17
SEGMENT_VOLUME: Final = 18
ABOARD_WEIGHT: Final = 19
ABOARD_VOLUME: Final = 20
METRES: Final = 21
PEAK_WEIGHT: Final = 22
PEAK_VOLUME: Final = 23
"""The most that is on board when the vehicle leaves this stop or any later one."""
NODE_FIELDS: Final = 24

# Fields of a route.
COUNT: Final = 0
SHIFT_END: Final = 1
BREAK_AT: Final = 2
BREAK_S: Final = 3
CAPACITY_WEIGHT: Final = 4
CAPACITY_VOLUME: Final = 5
SKILLS: Final = 6
LOAD_OUT: Final = 7
HUB_PLACE: Final = 8
SECOND_COST: Final = 9
METRE_COST: Final = 10
USE_COST: Final = 11
HUB_VISITS: Final = 12
ROUTE_FIELDS: Final = 13

# Fields of what is asked: one job.
ASK_PLACE: Final = 0
ASK_HUB: Final = 1
ASK_READY: Final = 2
ASK_SERVICE: Final = 3
ASK_WEIGHT: Final = 4
ASK_VOLUME: Final = 5
ASK_SKILLS: Final = 6
ASK_RELAXED: Final = 7
"""1 asks which rules stand in the way: capacity and skills are then noted instead of obeyed."""
ASK_NO_RELOAD: Final = 8
"""1 leaves new hub visits out."""
ASK_COLLECTS: Final = 9
"""1 asks for a collection: it needs no hub visit, and its load stays on board from its stop on."""

# Fields of an answer: the best place for the job in one window.
BEST_COST: Final = 0
BEST_ROW: Final = 1
BEST_AT: Final = 2
BEST_HUB_AT: Final = 3
BEST_ADDED: Final = 4
BEST_ARRIVE: Final = 5
BEST_START: Final = 6
BEST_LAST: Final = 7
BEST_ROAD: Final = 8
BEST_REASON: Final = 9
BEST_RANK: Final = 10
"""The row's place in the order asked; of equal costs the lower wins."""
BEST_FIELDS: Final = 11

# Rules that can stand in the way, the mildest first, and the codes of refusals.
BARS_VOLUME: Final = 1
BARS_WEIGHT: Final = 2
BARS_SKILL: Final = 4
REASON_NONE: Final = 0
REASON_NO_VEHICLE: Final = 1
REASON_SKILL: Final = 2
REASON_WEIGHT: Final = 3
REASON_VOLUME: Final = 4
REASON_TOO_EARLY: Final = 5
REASON_NO_TIME: Final = 6


class Live(NamedTuple):
    """What the kernels read: all rows, all routes, and the travel table behind them.

    `soonest[a, b]` is the least of all seconds from `a` to `b`, cut at 65,535: a bound that one look finds.
    `soonest_back` and `metres_back` are transposed, so that all ways *to* a place lie in a row as well.
    """

    nodes: Int64Array
    routes: Int64Array
    seconds: npt.NDArray[np.int32]
    soonest: npt.NDArray[np.uint16]
    soonest_back: npt.NDArray[np.uint16]
    metres: npt.NDArray[np.int32]
    metres_back: npt.NDArray[np.int32]
    hour_profile: npt.NDArray[np.int8]
    week_origin_s: int


def kernel(function: AnyFunction) -> AnyFunction:
    """Compile at first use; keep the machine code on disk where any place for it is writable.

    The cache notices a change of the file that holds a function, not of those that hold what it calls:
    after an edit here or in `travel` or `schedule`, `make clean` throws the old code away.
    """
    try:
        compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba found neither the package nor the home writable
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast("AnyFunction", compiled)
