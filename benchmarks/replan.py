"""A re-plan after a breakdown: from the command to the new plan in the log, over the demo city's day.

    python benchmarks/replan.py [--seed 3] [--at 09:00,12:00,15:00]

Plays the day, with both carriers, and after each of these local times the van on the road that has most stops
ahead breaks down on its next leg. The vans that are lost stay lost, so later breakdowns find less room than
on a day with one.
Prints one JSON object: for each breakdown the wall and CPU seconds until its commit is durable (in memory
here: the disk is not measured), what moved to which end, and whether the new plan breaks a rule that the old
one kept.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from doorstep.app import Doorstep, Settings
from doorstep.cli.market_files import read_market
from doorstep.cli.stage import Stage, city_folder, city_map, read_script, set_stage
from doorstep.engine.desk import Origin
from doorstep.engine.log import read_record
from doorstep.lifecycle.route import RouteStatus
from doorstep.simulation.world import WorldParameters
from doorstep.vocabulary.case import CaseKind, CaseOpened
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OWN_FLEET, RouteId
from doorstep.vocabulary.roster import ReserveCalled
from doorstep.vocabulary.route import RoutePlanned, RouteWithdrawn
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.units import MICROSECONDS, Instant

ROOT = Path(__file__).parents[1]
CITY = "neubrandenburg"


def main() -> None:
    """Play the day, break vans down, and print what it took."""
    options = _options()
    network = read_market(city_folder(CITY) / "network.toml")
    script = read_script(city_map(CITY), network, Path(options.orders), None)
    stage = set_stage(script, WorldParameters(), Settings(seed=options.seed), seed=options.seed)
    waiting = options.at.split(",")
    found: list[dict[str, Any]] = []
    _measure(stage, found)
    try:
        for now in stage.day.steps():
            if waiting and _local(stage.app, now) >= f"{script.day.isoformat()} {waiting[0]}":
                waiting.pop(0)
                route = _busiest(stage.app)
                if route is not None:
                    stage.day.break_down(route, now)
    finally:
        stage.app.close()
    print(json.dumps(_summary(found, options), indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--at", default="09:00,10:00,11:00,12:00,13:00,15:00,17:00")
    parser.add_argument("--orders", default=str(ROOT / "examples/neubrandenburg/orders.csv"))
    return parser.parse_args()


def _local(app: Doorstep, now: Instant) -> str:
    return datetime.fromtimestamp(now / MICROSECONDS, UTC).astimezone(app.zone).strftime("%F %H:%M")


def _busiest(app: Doorstep) -> RouteId | None:
    states = app.planner.routes.values()
    on_road = [state for state in states if state.status is RouteStatus.departed and state.deliveries]
    return max(on_road, key=lambda state: (len(state.deliveries), state.id)).id if on_road else None


def _measure(stage: Stage, found: list[dict[str, Any]]) -> None:
    """Time each breakdown that the desk is told of, and look at what it did."""
    app = stage.app
    break_down = app.recovery.break_down

    def timed(route: RouteId, why: str, origin: Origin) -> Refusal | None:
        vans = sum(state.status is RouteStatus.departed for state in app.planner.routes.values())
        faults, size = _faults(app), app.market.head.size
        wall, cpu = time.perf_counter(), time.process_time()
        refusal = break_down(route, why, origin)
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        if refusal is None:
            spent = {"wall_s": round(wall_s, 3), "cpu_s": round(cpu_s, 3)}
            at = _local(app, app.clock.now())[-5:]
            found.append({"at": at, "vans_on_the_road": vans, **spent, **_came_of_it(app, size, faults)})
        return refusal

    app.recovery.break_down = timed  # type: ignore[method-assign]  # the doors look it up at each call


def _came_of_it(app: Doorstep, size: int, faults: set[tuple[str, str]]) -> dict[str, Any]:
    events = [read_record(event.text).data for event in app.store.events(app.market.id, size)]
    orphans = {one for event in events if isinstance(event, RouteWithdrawn) for one in event.orphans}
    moves = [move for event in events if isinstance(event, RoutePlanned) for move in event.moves]
    cases = {
        event.subject.delivery
        for event in events
        if isinstance(event, CaseOpened) and event.kind is CaseKind.no_capacity
    }
    given = [event for event in events if isinstance(event, RoutingDecided) and event.carrier != OWN_FLEET]
    worse = {(whom, rule) for whom, rule in _faults(app) - faults if whom not in orphans}
    return {
        "orphans": len(orphans),
        "moved": dict(Counter(move.cause.value for move in moves)),
        "given_to_carriers": len(given),
        "promises_kept": len(orphans - cases),
        "promises_without_a_plan": len(orphans & cases),
        "reserves_called": sum(isinstance(event, ReserveCalled) for event in events),
        "new_faults_of_others": sorted(worse),
    }


def _faults(app: Doorstep) -> set[tuple[str, str]]:
    """What the live plan breaks: whom, and which rule."""
    plan = app.planner.plan
    found = (fault for route in plan.route_ids for fault in plan.check(route))
    return {(fault.delivery_id or fault.route_id, fault.rule.value) for fault in found}


def _summary(found: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "benchmark": "replan",
        "seed": options.seed,
        "breakdowns": found,
        "wall_s": _spread([one["wall_s"] for one in found]),
        "cpu_s": _spread([one["cpu_s"] for one in found]),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "max": max(seconds)}


if __name__ == "__main__":
    main()
