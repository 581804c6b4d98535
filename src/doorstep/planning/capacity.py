"""Capacity: how much still fits the live plan, and until when an order can still make a service level."""

from typing import Final

import msgspec

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job

CAPACITY_JOBS_MAX: Final = 500
"""Typical jobs that `capacity_left` counts at most."""


def cutoff_s(plan: LivePlan, typical: Job, *, now_s: int, lead_s: int) -> int | None:
    """The last second at which an order like `typical` can still come in and be delivered in its window.

    A parcel ordered at `t` stands ready at the hub at `t + lead_s`. A later order never fits better, so
    the answer is found by halving; None when even an order of `now_s` is too late.
    """
    assert lead_s >= 0

    def fits(ordered_s: int) -> bool:
        return plan.spot(msgspec.structs.replace(typical, ready_s=ordered_s + lead_s)) is not None

    if not fits(now_s):
        return None
    low, high = now_s, max(now_s, typical.window_end_s - lead_s) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def capacity_left(plan: LivePlan, typical: tuple[Job, ...], *, jobs_max: int = CAPACITY_JOBS_MAX) -> int:
    """How many more jobs like the typical ones fit, inserted in turn into a copy, until none fits.

    At most `jobs_max` are counted. The typical jobs differ in place, so that the answer does not hang on
    one street.
    """
    trial = plan.copy()
    kinds = list(typical)
    count = 0
    while kinds and count < jobs_max:
        for kind in list(kinds):
            if count >= jobs_max:
                break
            job = msgspec.structs.replace(kind, delivery_id=f"typical-{count}")
            spot = trial.spot(job)
            if spot is None:
                kinds.remove(kind)
                continue
            trial.put(job, spot)
            count += 1
    return count
