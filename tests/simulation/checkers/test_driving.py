"""A route is driven in plain seconds by two readings of the same rules: the checker's and the planner's."""

from random import Random

import numpy as np
import pytest
from tests.views.diary import MIDNIGHT, clock

from doorstep.planning.plain import PlainTravel, walk
from doorstep.planning.problem import Job, PlannedStop, RoutePlan, Rule, VehicleShift
from doorstep.planning.travel import TravelTable
from doorstep.simulation.checkers.driving import LATE, LOAD, NOT_LOADED, RETURN, SKILL, Fault, Task, faults
from doorstep.simulation.checkers.route_sheets import Sheet, batch_at
from doorstep.vocabulary.ids import DeliveryId, DriverId, HubId, PlaceId, RouteId, VehicleId
from doorstep.vocabulary.promise import Demand
from doorstep.vocabulary.route import (
    RouteDeparted,
    RouteLoaded,
    RouteStaged,
    Shift,
    Skill,
    Stop,
    StopCompleted,
    StopInserted,
    StopKind,
    StopRemoved,
)
from doorstep.vocabulary.units import MICROSECONDS, Grams, Instant, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

RTE = RouteId("rte")
PLACES = 8
LOAD_OUT_S = 900
ORIGIN_S = MIDNIGHT // MICROSECONDS
SAME = {
    Rule.late_window: LATE, Rule.late_return: RETURN, Rule.over_weight: LOAD, Rule.over_volume: LOAD,
    Rule.skill_missing: SKILL, Rule.wrong_hub: SKILL, Rule.not_loaded: NOT_LOADED,
}  # fmt: skip


def _at(second: int) -> Instant:
    return Instant((ORIGIN_S + second) * MICROSECONDS)


class Case:
    """One random route, told in the log's words and in the planner's."""

    def __init__(self, seed: int) -> None:
        luck = self.luck = Random(seed)
        legs = np.array([[[luck.randint(60, 2400) for _ in range(PLACES)] for _ in range(PLACES)]] * 2)
        legs[1] = legs[1] * 3 // 2
        hours = [luck.randint(0, 1) for _ in range(168)]
        hours[0], hours[1] = 0, 1
        self.table = TravelTable.of(legs, hours, week_origin_s=86_400)
        self.plain = PlainTravel(self.table)
        self.jobs: dict[str, Job] = {}
        self.tasks: dict[DeliveryId, Task] = {}
        self.stops = [Stop(StopKind.hub)]
        for n in range(luck.randint(1, 8)):
            if luck.random() < 0.15:
                self.stops.append(Stop(StopKind.hub))
            self._job(f"dlv_{n}")
        break_s = luck.choice((0, 1800, 2700))
        start, end = luck.randint(7, 9) * 3600, luck.randint(13, 17) * 3600
        rest = luck.randint(9 * 3600, 12 * 3600)
        grams, skills = luck.choice((5_000, 50_000)), tuple(luck.sample(list(Skill), luck.randint(1, 3)))
        self.shift = Shift(
            DriverId("d"), VehicleId("v"), HubId("hub"), _at(start), _at(end), _at(rest), Seconds(break_s),
            Grams(grams), Millilitres(50_000), skills,
        )  # fmt: skip
        bits = sum(1 << list(Skill).index(skill) for skill in skills)
        self.vehicle = VehicleShift(
            "rte", "v", 0, 0, 0, start, end, grams, 50_000, LOAD_OUT_S, bits, rest if break_s else 0, break_s
        )

    def _job(self, name: str) -> None:
        luck = self.luck
        place, start = luck.randint(1, PLACES - 1), luck.randint(8, 14) * 3600
        end, ready = start + luck.randint(1, 5) * 3600, luck.randint(6, 10) * 3600
        service, grams, needs = luck.randint(60, 600), luck.randint(100, 3_000), luck.random() < 0.2
        demand = Demand(
            HubId("hub"), _at(ready), Seconds(service), Grams(grams), Millilitres(9_000),
            (Skill.cold,) if needs else (),
        )  # fmt: skip
        window = Window(_at(start), _at(end))
        self.tasks[DeliveryId(name)] = Task(PlaceId(str(place)), window, demand)
        self.jobs[name] = Job(
            name, place, 0, start, end, ready, service, grams, 9_000, 1 << list(Skill).index(Skill.cold)
            if needs else 0, self.luck.random() < 0.15,
        )  # fmt: skip
        kind = StopKind.collection if self.jobs[name].collects else StopKind.delivery
        self.stops.append(Stop(kind, DeliveryId(name)))

    def travel_s(self, start: str, end: str, at: Instant) -> int:
        """Driving seconds by ids, as a checker is given them."""
        a, b = (0 if name == "hub" else int(name) for name in (start, end))
        return self.plain.leg_s(a, b, at // MICROSECONDS - ORIGIN_S)

    def planned(self) -> list[PlannedStop]:
        """The sequence in the planner's words."""
        return [
            PlannedStop(
                stop.delivery,
                self.jobs[stop.delivery].place if stop.delivery else 0,
                stop.kind is StopKind.collection,
            )
            for stop in self.stops
        ]

    def expected(self, frozen: int, place: int, free_s: int, aboard: frozenset[str]) -> set[Fault]:
        """What the planner's plain reading finds."""
        route = RoutePlan(self.vehicle, tuple(self.planned()), frozen, place, free_s, aboard, 0)
        found = walk(self.plain, route, self.jobs).violations
        return {Fault(SAME[violation.rule], violation.delivery_id or "") for violation in found}


@pytest.mark.parametrize("seed", range(300))
def test_a_route_that_has_not_left_breaks_the_same_rules(seed: int) -> None:
    """Before departure both readings find the same faults at the same stops."""
    case = Case(seed)
    sheet = Sheet(case.shift, stops=case.stops.copy())
    now_s = case.luck.choice((0, 8 * 3600 + 1200))
    found = faults(sheet, case.tasks, case.travel_s, LOAD_OUT_S, _at(now_s))
    assert found == case.expected(0, 0, max(case.vehicle.start_s, now_s), frozenset())


@pytest.mark.parametrize("seed", range(300, 500))
def test_a_route_on_the_road_breaks_the_same_rules(seed: int) -> None:
    """Behind the stops that are done both readings go on from the last one, with what is on board."""
    case = Case(seed)
    done = case.luck.randint(1, len(case.stops))
    free_s = case.vehicle.start_s + case.luck.randint(900, 9_000)
    aboard = set(batch_at(case.stops, done - 1))
    # A hub visit that came between leaves on board what was loaded before it.
    for stop in case.stops[done + len(aboard) :]:
        if stop.delivery and stop.kind is StopKind.delivery and case.luck.random() < 0.4:
            aboard.add(stop.delivery)
    sheet = Sheet(
        case.shift, stops=case.stops.copy(), done=done, loading=True, last_at=_at(free_s),
        aboard=frozenset(aboard),
    )  # fmt: skip
    last = case.planned()[done - 1]
    found = faults(sheet, case.tasks, case.travel_s, LOAD_OUT_S, _at(0))
    assert found == case.expected(done, last.place, free_s, frozenset(aboard))


def test_the_cases_are_not_all_alike() -> None:
    """The random routes break every rule somewhere, and some break none."""
    seen: set[str] = set()
    clean = 0
    for seed in range(300):
        case = Case(seed)
        sheet = Sheet(case.shift, stops=case.stops.copy())
        found = faults(sheet, case.tasks, case.travel_s, LOAD_OUT_S, _at(0))
        seen |= {fault.rule for fault in found}
        clean += not found
    assert seen >= {LATE, RETURN, LOAD, SKILL}
    assert clean > 10


def test_what_no_hub_visit_loaded_is_found() -> None:
    """A delivery put before the next hub visit of a van on the road was never loaded."""
    case = Case(1)
    sheet = Sheet(case.shift, stops=[case.stops[0], *case.stops[1:]], done=0)
    sheet.stops = [stop for stop in sheet.stops if stop.delivery is not None]
    found = faults(sheet, case.tasks, case.travel_s, LOAD_OUT_S, clock(6))
    assert {fault.delivery for fault in found if fault.rule == NOT_LOADED} == set(case.tasks)


def test_what_is_on_the_van_is_not_loaded_again() -> None:
    """A hub visit put before a loaded delivery waits for what it loads, not for what is on the van."""
    sheet = Sheet(_shift())
    tasks = {DeliveryId(name): _task(ready) for name, ready in (("early", 6), ("loaded", 14), ("fresh", 9))}
    hub = Stop(StopKind.hub)
    early, loaded, fresh = (Stop(StopKind.delivery, delivery) for delivery in tasks)
    for at, event in (
        (clock(7), StopInserted(RTE, DeliveryId("early"), 1, None, "")),
        (clock(7), StopInserted(RTE, DeliveryId("loaded"), 2, None, "")),
        (clock(8), RouteStaged(RTE, ())),
        (clock(8), RouteLoaded(RTE, (), (), clock(8))),
        (clock(8), RouteDeparted(RTE, clock(8))),
        (clock(9), StopCompleted(RTE, early, clock(9))),
        (clock(9), StopInserted(RTE, DeliveryId("fresh"), 3, 2, "")),
    ):
        sheet.follow(event, at)
    assert sheet.ahead() == [hub, fresh, loaded]
    assert sheet.aboard == {"loaded"}
    assert not faults(sheet, tasks, _ten_minutes, LOAD_OUT_S, clock(9))
    sheet.follow(StopCompleted(RTE, hub, clock(10)), clock(10))
    assert sheet.aboard == {"loaded", "fresh"}
    sheet.follow(StopRemoved(RTE, DeliveryId("fresh"), "not loaded"), clock(10))
    assert sheet.aboard == {"loaded"}


def _shift() -> Shift:
    return Shift(
        DriverId("d"), VehicleId("v"), HubId("hub"), clock(7), clock(13), clock(7), Seconds(0),
        Grams(9_000), Millilitres(50_000), (),
    )  # fmt: skip


def _task(ready_hour: int) -> Task:
    demand = Demand(
        HubId("hub"), clock(ready_hour), Seconds(60), Grams(1_000), Millilitres(9_000), ()
    )  # fmt: skip
    return Task(PlaceId("1"), Window(clock(8), clock(15)), demand)


def _ten_minutes(start: str, end: str, at: Instant) -> int:
    del at
    return 0 if start == end else 600
