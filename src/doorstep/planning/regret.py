"""Insertion by regret: several jobs at once, the one first that would lose most by waiting."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from doorstep.planning.insertion import spot_of
from doorstep.planning.live import LivePlan
from doorstep.planning.packed import BEST_COST, FAR, Int64Array
from doorstep.planning.problem import Job

REGRET_JOBS_MAX: Final = 1_000
"""Jobs that are inserted at once at most."""


def insert_by_regret(
    plan: LivePlan, jobs: Sequence[Job], *, reload: bool = True, surcharge: Int64Array | None = None
) -> tuple[Job, ...]:
    """Insert the jobs into the plan where they add least, and return those that fit nowhere.

    The next job is the one whose second-best route costs most more than its best one, so jobs with few
    routes left come first; of equals the first by delivery id. With `reload` False no new hub visit is
    added. What stands already stays in its order. `surcharge` is what a job costs more on each row, in
    millionths of a minor unit.
    """
    assert len(jobs) <= REGRET_JOBS_MAX, f"more than {REGRET_JOBS_MAX} jobs to insert at once"
    waiting = sorted(jobs, key=lambda job: job.delivery_id)
    order = plan.rows_in_order
    tables = [plan.spot_table(job, order, reload=reload) for job in waiting]
    extra = np.zeros(len(order), dtype=np.int64) if surcharge is None else surcharge[order]
    while waiting:
        regrets = [_regret(table[order, BEST_COST] + extra) for table in tables]
        pick = max(range(len(waiting)), key=lambda k: (regrets[k], -k))
        if regrets[pick] < 0:
            break
        row = int(order[np.argmin(tables[pick][order, BEST_COST] + extra)])
        spot = spot_of(tables[pick][row].tolist())
        assert spot is not None
        plan.put(waiting.pop(pick), spot)
        del tables[pick]
        changed = np.array([row], dtype=np.int64)
        for job, table in zip(waiting, tables, strict=True):
            plan.fill_spot_table(job, changed, table, reload=reload)
    return tuple(waiting)


def _regret(costs: Int64Array) -> int:
    """Cost of the second-best route over the best; -1 where no route takes the job."""
    if not len(costs) or costs.min() >= FAR:
        return -1
    if len(costs) == 1:
        return FAR
    best, second = np.partition(costs, 1)[:2].tolist()
    return int(second - best)
