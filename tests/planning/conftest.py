"""Small random markets, the same for the same seed."""

import random
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, VehicleShift
from doorstep.planning.travel import TravelTable

HOUR_S = 3_600
Market = tuple[LivePlan, list[Job]]


def random_job(chance: random.Random, number: int, places: int) -> Job:
    start_s = chance.randrange(8 * HOUR_S, 17 * HOUR_S)
    return Job(
        delivery_id=f"dlv{number:03}",
        place=chance.randrange(1, places),
        hub_place=0,
        window_start_s=start_s,
        window_end_s=start_s + chance.choice([1_200, HOUR_S, 3 * HOUR_S, 8 * HOUR_S]),
        ready_s=chance.choice([0, 8 * HOUR_S, chance.randrange(8 * HOUR_S, 14 * HOUR_S)]),
        service_s=chance.choice([0, 120, 400]),
        weight_g=chance.choice([0, 1_000, 9_000]),
        volume_ml=chance.choice([500, 4_000]),
        skills=chance.choice([0, 0, 0, 1, 2]),
    )


def random_shift(chance: random.Random, number: int) -> VehicleShift:
    start_s = chance.choice([8 * HOUR_S, 8 * HOUR_S + 500, 10 * HOUR_S])
    has_break = chance.random() < 0.7
    return VehicleShift(
        route_id=f"rte{number}",
        vehicle_id=f"van{number}",
        start_place=chance.choice([0, 1]),
        hub_place=0,
        end_place=chance.choice([0, 2]),
        start_s=start_s,
        end_s=start_s + chance.choice([4, 6, 9]) * HOUR_S,
        capacity_g=chance.choice([15_000, 40_000]),
        capacity_ml=chance.choice([9_000, 30_000]),
        load_out_s=chance.choice([0, 300, 900]),
        skills=chance.choice([0, 3, 3]),
        break_start_s=chance.randrange(9 * HOUR_S, 14 * HOUR_S) if has_break else 0,
        break_s=chance.choice([900, 2_700]) if has_break else 0,
    )


def random_travel(chance: random.Random, places: int, *, priced: bool) -> TravelTable:
    rng = np.random.default_rng(chance.randrange(1 << 30))
    spots = rng.uniform(0, chance.choice([3_000, 12_000]), (places, 2))
    metres = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    calm = (metres / 7).astype(int)
    profiles = np.stack([calm, (calm * 1.7).astype(int), (calm * 0.6).astype(int)])
    hours = [chance.choice([0, 0, 1, 2]) for _ in range(168)]
    origin_s = chance.randrange(0, 604_800)
    road_m = (metres * rng.uniform(1, 1.6, metres.shape)).astype(int) if priced else None
    return TravelTable.of(profiles, hours, week_origin_s=origin_s, metres=road_m)


def drive_a_while(chance: random.Random, plan: LivePlan) -> None:
    """Some vans are on their way, a little earlier or later than planned, but keep their promises."""
    for route_id in plan.route_ids:
        times = plan.schedule(route_id).times
        if not times or chance.random() < 0.4:
            continue
        done = chance.randrange(1, len(times) + 1)
        at = times[done - 1]
        before = plan.route(route_id)
        plan.advance(route_id, done, at.stop.place, at.finish_s + chance.randrange(-60, 240))
        if plan.check(route_id):
            jobs = [plan.job(s.delivery_id) for s in before.rest() if s.delivery_id is not None]
            plan.close_route(route_id)
            plan.open_route(before.shift)
            plan.set_sequence(route_id, before.stops, [job for job in jobs if job is not None])


@pytest.fixture
def market() -> Callable[..., Market]:
    """A function of a seed: a live plan of a few vans, some on their way, and jobs that are not in it.

    With `priced`, metres cost as well, and vans differ in what they cost. With `collecting`, some of the jobs
    bring goods to the hub.
    """

    def build(seed: int, *, priced: bool = False, collecting: bool = False) -> Market:
        chance = random.Random(seed)
        places = chance.randrange(4, 12)
        plan = LivePlan(random_travel(chance, places, priced=priced))
        for number in range(chance.randrange(1, 4)):
            shift = random_shift(chance, number)
            if priced:
                rates = {"hour_minor": 1_800 * (1 + number), "km_minor": 70, "use_minor": 200 * number}
                shift = msgspec.structs.replace(shift, **rates)
            plan.open_route(shift)
        jobs = [random_job(chance, number, places) for number in range(chance.randrange(4, 22))]
        if collecting:
            luck = random.Random(f"collecting {seed}")
            jobs = [msgspec.structs.replace(job, collects=luck.random() < 0.4) for job in jobs]
        left = []
        for job in jobs[:-3]:
            placement = plan.best(job).placement
            if placement is None or not plan.insert(job, placement):
                left.append(job)
        drive_a_while(chance, plan)
        return plan, left + jobs[-3:]

    return build
