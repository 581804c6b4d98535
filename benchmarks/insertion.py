"""One quote against a large live day: CPU microseconds, beside brute force in plain Python.

A city of random places is planned by insertion: so many routes with so many live stops, breaks, and
travel times that change with the hour. Then each question asks twelve windows for a job at a random place.
For some questions the same is asked of the plain reading of the rules, which walks each route anew for
each gap; disagreements are counted, and its time is the peer's. Prints JSON.
"""

import argparse
import json
import platform
import random
import statistics
import time

import msgspec
import numpy as np

from doorstep.planning.live import LivePlan
from doorstep.planning.plain import PlainTravel, insertions
from doorstep.planning.problem import Fit, Job, VehicleShift
from doorstep.planning.travel import TravelTable
from doorstep.planning.warm import warm

HOUR_S = 3_600
CITY_M = 25_000
METRES_A_SECOND = 8
WINDOWS = 12


def travel(rng: np.random.Generator, places: int) -> TravelTable:
    """Three profiles over a day: calm, morning peak, evening peak."""
    spots = rng.uniform(0, CITY_M, (places, 2))
    spots[0] = CITY_M / 2
    calm = (1.3 * np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1)) / METRES_A_SECOND).astype(int)
    hours = [1 if hour % 24 in {7, 8} else 2 if hour % 24 in {16, 17} else 0 for hour in range(168)]
    return TravelTable.of([calm, calm * 15 // 10, calm * 14 // 10], hours)


def live_day(chance: random.Random, table: TravelTable, routes: int, stops: int) -> LivePlan:
    """Routes as they are: each serves a part of the city, its stops in time."""
    plan = LivePlan(table)
    for number in range(routes):
        start_s = 8 * HOUR_S + 900 * (number % 5)
        plan.open_route(
            VehicleShift(
                route_id=f"rte{number:03}",
                vehicle_id=f"van{number:03}",
                start_place=0,
                hub_place=0,
                end_place=0,
                start_s=start_s,
                end_s=start_s + 9 * HOUR_S,
                capacity_g=900_000,
                capacity_ml=9_000_000,
                load_out_s=900,
                skills=number % 2,
                break_start_s=12 * HOUR_S,
                break_s=1_800,
            )
        )
    planned = number = 0
    per_route = -(-stops // routes)
    while planned < stops and number < 6 * stops:
        number += 1
        job = a_job(chance, f"dlv{number}", 1 + (number - 1) % (table.places - 1))
        room = [r for r in plan.route_ids if len(plan.stops(r)) <= per_route]
        asked = chance.sample(room, min(len(room), 24))
        placement = plan.best(job, asked).placement
        if placement is not None:
            planned += plan.insert(job, placement)
    return plan


def a_job(chance: random.Random, delivery_id: str, place: int) -> Job:
    """A parcel with a window of two or four hours."""
    start_s = chance.randrange(9, 16) * HOUR_S
    return Job(
        delivery_id=delivery_id,
        place=place,
        hub_place=0,
        window_start_s=start_s,
        window_end_s=start_s + chance.choice([2, 4]) * HOUR_S,
        ready_s=7 * HOUR_S,
        service_s=120,
        weight_g=3_000,
        volume_ml=20_000,
        skills=int(chance.random() < 0.1),
    )


def disagreements(plan: LivePlan, travel_times: PlainTravel, job: Job, fits: tuple[Fit, ...]) -> int:
    """Windows for which the plain reading of the rules finds another answer."""
    routes = [plan.route(route_id) for route_id in plan.route_ids]
    count = 0
    for fit in fits:
        wanted = job.within(fit.window_start_s, fit.window_end_s)
        best = None
        for reload in (False, True):
            for route in routes:
                jobs = {s.delivery_id: plan.job(s.delivery_id) for s in route.stops if s.delivery_id}
                for way in insertions(travel_times, route, jobs, wanted, reload=reload):
                    best = way.added_s if best is None else min(best, way.added_s)
            if best is not None:
                break
        count += best != (None if fit.placement is None else fit.placement.added_s)
    return count


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stops", type=int, default=5_000)
    parser.add_argument("--routes", type=int, default=200)
    parser.add_argument("--quotes", type=int, default=500)
    parser.add_argument("--checked", type=int, default=2, help="questions asked of brute force too")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - repeats with its seed, guards nothing
    began = time.perf_counter()
    warm()
    warm_s = time.perf_counter() - began
    table = travel(np.random.default_rng(options.seed), options.stops + 1)
    plan = live_day(chance, table, options.routes, options.stops)
    stops = sum(len(plan.movable(route_id)) for route_id in plan.route_ids)
    windows = [(start, start + 2 * HOUR_S) for start in range(9 * HOUR_S, 15 * HOUR_S, HOUR_S // 2)][:WINDOWS]
    plain = PlainTravel(table)
    quote_us, plain_us, offered, wrong, checked = [], [], 0, 0, 0
    for number in range(options.quotes):
        job = a_job(chance, "asked", chance.randrange(1, table.places))
        job = msgspec.structs.replace(job, skills=0)
        cpu = time.process_time_ns()
        fits = plan.quote(job, windows)
        quote_us.append((time.process_time_ns() - cpu) / 1_000)
        offered += sum(fit.placement is not None for fit in fits)
        if number < options.checked:
            cpu = time.process_time_ns()
            wrong += disagreements(plan, plain, job, fits)
            plain_us.append((time.process_time_ns() - cpu) / 1_000)
            checked += len(fits)
    print(
        json.dumps(
            {
                "benchmark": "insertion",
                "options": vars(options),
                "live_stops": stops,
                "windows_a_quote": len(windows),
                "windows_offered": offered / (options.quotes * len(windows)),
                "quote_cpu_us": {
                    "median": statistics.median(quote_us),
                    "p95": float(np.percentile(quote_us, 95)),
                    "max": max(quote_us),
                },
                "plain_python_cpu_us": {"median": statistics.median(plain_us) if plain_us else None},
                "windows_checked": checked,
                "disagreements": wrong,
                "warm_s": warm_s,
                "python": platform.python_version(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
