"""Quote recall near capacity: of the requests that a full re-solve could accept, how many do we accept?

A market is filled from a seed until neither we nor a full re-solve finds a place for several requests in
a row, then thinned at random to the wanted load. Each further request is then asked of the live plan
(insertion, then `make_room`); where we refuse, PyVRP gets the whole market with the request and so many
seconds to find a plan that serves all. A re-solve's plan counts only when our exact schedule agrees that
it keeps every promise. Each request is asked of the same market; none is kept. Prints JSON.
"""

import argparse
import json
import platform
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from doorstep.adapters.solvers.pyvrp import PyVRPSolver
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, PlannedStop, VehicleShift
from doorstep.planning.repair import make_room
from doorstep.planning.ruins import RepairLimits
from doorstep.planning.travel import TravelTable
from doorstep.planning.waves import WaveProblem, build_wave, judge_wave

HOUR_S = 3_600
CITY_M = 12_000
METRES_A_SECOND = 7.5
REFUSALS_TO_RUN_A_WAVE = 12
REFUSALS_TO_BE_FULL = 4
FILLING_WAVES = 3
WAVE_ITERATIONS = 300
FILLING_LIMITS = RepairLimits(ruins_max=150)


@dataclass
class Tally:
    """Counts over all markets."""

    inserted: int = 0
    made_room: int = 0
    refused_rightly: int = 0
    missed: int = 0

    @property
    def recall(self) -> float | None:
        """Accepted by us, of those that we or the re-solve could accept."""
        ours = self.inserted + self.made_room
        return ours / (ours + self.missed) if ours + self.missed else None


def travel(chance: random.Random, places: int) -> TravelTable:
    """A city of random places; roads a third longer than the crow flies."""
    rng = np.random.default_rng(chance.randrange(1 << 30))
    spots = rng.uniform(0, CITY_M, (places, 2))
    spots[0] = CITY_M / 2
    metres = 1.3 * np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    return TravelTable.of((metres / METRES_A_SECOND).astype(np.int32))


def shift(number: int, chance: random.Random) -> VehicleShift:
    """A van's nine hours."""
    start_s = 8 * HOUR_S + 1_800 * (number % 3)
    return VehicleShift(
        route_id=f"van{number:02}",
        vehicle_id=f"van{number:02}",
        start_place=0,
        hub_place=0,
        end_place=0,
        start_s=start_s,
        end_s=start_s + 9 * HOUR_S,
        capacity_g=600_000,
        capacity_ml=chance.choice([4_000_000, 6_000_000]),
        load_out_s=900,
        skills=number % 2,
    )


def request(number: int, chance: random.Random, places: int) -> Job:
    """A parcel with a slot of two hours; one in ten must be kept cold."""
    slot_s = chance.randrange(9, 15) * HOUR_S
    return Job(
        delivery_id=f"dlv{number:04}",
        place=chance.randrange(1, places),
        hub_place=0,
        window_start_s=slot_s,
        window_end_s=slot_s + 2 * HOUR_S,
        ready_s=7 * HOUR_S,
        service_s=chance.choice([120, 180, 300]),
        weight_g=chance.choice([1_000, 5_000, 15_000]),
        volume_ml=chance.choice([5_000, 30_000, 90_000]),
        skills=int(chance.random() < 0.1),
    )


def fill(plan: LivePlan, chance: random.Random, places: int, seed: int, runtime_s: float) -> list[str]:
    """Take requests in, with waves between them as in life, until the market is full; returns who got in.

    Full means that a full re-solve, too, finds no plan for any of the last requests. Where only the
    re-solve finds one, its plan is taken, so that the market is as full as the re-solve can make it.
    """
    taken: list[str] = []
    number = 0
    for wave in range(FILLING_WAVES + 1):
        refusals = 0
        is_last = wave == FILLING_WAVES
        while refusals < (REFUSALS_TO_BE_FULL if is_last else REFUSALS_TO_RUN_A_WAVE):
            job = request(number, chance, places)
            number += 1
            got_in = accept(plan, job, FILLING_LIMITS if is_last else None, seed)
            if not got_in and is_last:
                sequences = resolve(plan, job, runtime_s, number)
                if sequences is not None:
                    plan.apply(sequences, [job])
                    got_in = True
            if got_in:
                taken.append(job.delivery_id)
                refusals = 0
            else:
                refusals += 1
        if not is_last:
            run_wave(plan, seed)
    return taken


def accept(plan: LivePlan, job: Job, limits: RepairLimits | None, seed: int) -> bool:
    """Take a request in by insertion or, with limits, by making room; False leaves the plan as it was."""
    placement = plan.best(job).placement
    if placement is not None:
        return plan.insert(job, placement)
    change = None if limits is None else make_room(plan, job, limits=limits, seed=seed)
    if change is None:
        return False
    plan.apply(change.sequences, [job])
    return True


def run_wave(plan: LivePlan, seed: int) -> None:
    """Plan the market anew and take the result if it is better."""
    problem = build_wave(plan, 0)
    solution = PyVRPSolver().solve(problem, WAVE_ITERATIONS, seed)
    if solution is not None:
        change = judge_wave(plan, problem, solution).change
        if change is not None:
            plan.apply(change.sequences)


def with_request(plan: LivePlan, job: Job) -> WaveProblem:
    """The whole market with one more job that is on no route yet."""
    spare = plan.copy()
    spare.open_route(VehicleShift("~", "~", 0, 0, 0, 0, 48 * HOUR_S, 1 << 40, 1 << 40, 0, skills=1))
    placement = spare.best(job, ["~"]).placement
    assert placement is not None
    spare.insert(job, placement)
    wave = build_wave(spare, 0)
    return replace(wave, vehicles=wave.vehicles[:-1], current=wave.current[:-1])


def resolve(plan: LivePlan, job: Job, runtime_s: float, seed: int) -> dict[str, list[PlannedStop]] | None:
    """A full re-solve's plan that serves all, if our exact schedule agrees that it does; else None."""
    problem = with_request(plan, job)
    solution = PyVRPSolver().first_feasible(problem, runtime_s, seed)
    if solution is None:
        return None
    hub = PlannedStop(None, 0)
    sequences: dict[str, list[PlannedStop]] = {}
    for vehicle, trips in zip(problem.vehicles, solution.trips, strict=True):
        stops = [hub]
        for number, trip in enumerate(trips):
            stops += [hub] if number else []
            jobs = [problem.jobs[index].delivery_id for index in trip]
            stops += [PlannedStop(d, (plan.job(d) or job).place) for d in jobs]
        sequences[vehicle.route_id] = stops
    return sequences if keeps_every_promise(plan, sequences, job) else None


def keeps_every_promise(plan: LivePlan, sequences: Mapping[str, Sequence[PlannedStop]], job: Job) -> bool:
    """Whether the plan with these sequences serves all it served and the job, and breaks no rule."""
    trial = plan.copy()
    dropped = trial.apply(sequences, [job])
    served = trial.route_of(job.delivery_id) is not None
    return served and not dropped and all(not trial.check(route_id) for route_id in trial.route_ids)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markets", type=int, default=3)
    parser.add_argument("--requests", type=int, default=40, help="requests asked of each market")
    parser.add_argument("--vans", type=int, default=8)
    parser.add_argument("--load", type=float, default=0.95, help="jobs planned, of those when full")
    parser.add_argument("--resolve-seconds", type=float, default=10.0)
    parser.add_argument("--filling-seconds", type=float, default=5.0, help="of a re-solve while filling")
    parser.add_argument("--ruins", type=int, default=RepairLimits().ruins_max)
    options = parser.parse_args()
    limits = RepairLimits(ruins_max=options.ruins)
    tally = Tally()
    room_s: list[float] = []
    jobs_when_full = []
    for market in range(options.markets):
        seed = options.seed * 1_000 + market
        chance = random.Random(seed)  # noqa: S311 - repeats with its seed, guards nothing
        places = 60 * options.vans
        plan = LivePlan(travel(chance, places))
        for number in range(options.vans):
            plan.open_route(shift(number, chance))
        taken = fill(plan, chance, places, seed, options.filling_seconds)
        jobs_when_full.append(len(taken))
        for delivery_id in chance.sample(taken, round(len(taken) * (1 - options.load))):
            plan.remove(delivery_id)
        for number in range(options.requests):
            job = request(100_000 + number, chance, places)
            if plan.spot(job) is not None:
                tally.inserted += 1
                continue
            began = time.process_time()
            change = make_room(plan, job, limits=limits, seed=number)
            room_s.append(time.process_time() - began)
            if change is not None:
                assert keeps_every_promise(plan, change.sequences, job)
                tally.made_room += 1
            elif resolve(plan, job, options.resolve_seconds, number) is not None:
                tally.missed += 1
            else:
                tally.refused_rightly += 1
    print(
        json.dumps(
            {
                "benchmark": "quote_recall",
                "options": vars(options),
                "jobs_when_full": jobs_when_full,
                "accepted_by_insertion": tally.inserted,
                "accepted_by_making_room": tally.made_room,
                "refused_and_resolve_refuses_too": tally.refused_rightly,
                "refused_but_resolve_accepts": tally.missed,
                "recall": tally.recall,
                "make_room_cpu_s": {
                    "median": statistics.median(room_s) if room_s else None,
                    "max": max(room_s, default=None),
                },
                "python": platform.python_version(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
