"""Insertion: one job against all live routes, several windows at once, exactly."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from doorstep.planning.packed import (
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
    REASON_NO_TIME,
    REASON_NO_VEHICLE,
    REASON_SKILL,
    REASON_TOO_EARLY,
    REASON_VOLUME,
    REASON_WEIGHT,
    Int64Array,
    Live,
)
from doorstep.planning.problem import Job, Refused
from doorstep.planning.search import give_reasons, search

WINDOWS_MAX: Final = 200
"""Windows of one question."""

REFUSED: Final = {
    REASON_NO_VEHICLE: Refused.no_vehicle,
    REASON_SKILL: Refused.skill_missing,
    REASON_WEIGHT: Refused.no_capacity_weight,
    REASON_VOLUME: Refused.no_capacity_volume,
    REASON_TOO_EARLY: Refused.window_too_early_or_ready_too_late,
    REASON_NO_TIME: Refused.no_time,
}


class Spot(NamedTuple):
    """The best place for a job in terms of rows: before node `at`, a new hub visit before node `hub_at`.

    `hub_at` is -1 where no new hub visit is needed; both count nodes before anything is inserted.
    """

    row: int
    at: int
    hub_at: int
    added_s: int
    cost: int
    arrive_s: int
    start_s: int
    latest_start_s: int
    road_s: int


def ask_of(job: Job, *, reload: bool = True) -> Int64Array:
    """The job as the kernels read it; with `reload` False no new hub visit is thought of."""
    fields = (
        job.place,
        job.hub_place,
        job.ready_s,
        job.service_s,
        job.weight_g,
        job.volume_ml,
        job.skills,
        0,
        not reload or job.collects,
        job.collects,
    )
    return np.array(fields, dtype=np.int64)


def spot_of(found: list[int]) -> Spot | None:
    """One line of a kernel's answer; None where nothing was found."""
    if found[BEST_ROW] < 0:
        return None
    return Spot(
        found[BEST_ROW],
        found[BEST_AT],
        found[BEST_HUB_AT],
        found[BEST_ADDED],
        found[BEST_COST],
        found[BEST_ARRIVE],
        found[BEST_START],
        found[BEST_LAST],
        found[BEST_ROAD],
    )


def best_spots(
    live: Live, order: Int64Array, job: Job, windows: Sequence[tuple[int, int]], *, reasons: bool = True
) -> list[Spot | Refused]:
    """For each window (start, end), the cheapest spot over the rows of `order`, or the refusal.

    Of equal costs the first row of `order` wins, then the earlier position. With `reasons` False, every
    refusal reads `no_time`, which spares the second search that a reason takes.
    """
    assert len(windows) <= WINDOWS_MAX, f"more than {WINDOWS_MAX} windows in one question"
    if not windows:
        return []
    ranks = sorted(range(len(windows)), key=windows.__getitem__)
    spans = np.array([windows[k] for k in ranks], dtype=np.int64)
    best = np.empty((len(ranks), BEST_FIELDS), dtype=np.int64)
    ask = ask_of(job)
    search(live, order, ask, spans, best)
    if reasons and best[:, BEST_ROW].min() < 0:
        give_reasons(live, order, ask, spans, best)
    answers: list[Spot | Refused] = [Refused.no_time] * len(ranks)
    for rank, found in zip(ranks, best.tolist(), strict=True):
        spot = spot_of(found)
        if spot is not None:
            answers[rank] = spot
        elif reasons:
            answers[rank] = REFUSED[found[BEST_REASON]]
    return answers
