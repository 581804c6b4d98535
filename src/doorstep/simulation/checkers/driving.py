"""Driving: when a van reaches each stop ahead, by the rules of a route and nothing else.

An atom is a drive to the next stop and the work there. What cannot be finished before the break begins is
begun after it. A hub visit takes the load-out, and not before what it loads is ready. Service begins when the
window opens. Times are whole seconds since 1970; an instant counts from its next full second.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from doorstep.simulation.checkers.route_sheets import Sheet, batch_at
from doorstep.vocabulary.ids import DeliveryId, PlaceId
from doorstep.vocabulary.promise import Demand
from doorstep.vocabulary.route import Shift, StopKind
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window

TravelSeconds = Callable[[str, str, Instant], int]
"""Driving seconds from one place or hub to another, by id, when leaving at an instant."""

RETURN: Final = "return"
LOAD: Final = "load"
NOT_LOADED: Final = "not_loaded"
SKILL: Final = "skill"
LATE: Final = "late"


class Task(msgspec.Struct, frozen=True):
    """What a delivery asks of a van."""

    place: PlaceId
    window: Window
    demand: Demand


class Fault(msgspec.Struct, frozen=True, order=True):
    """What a route would break: which rule, at which delivery (empty: at the hub)."""

    rule: str
    delivery: str = ""


def second(instant: Instant) -> int:
    """The first full second that is not before the instant."""
    return -(-instant // MICROSECONDS)


@dataclass(slots=True)
class Driver:
    """A van somewhere, free at some second."""

    sheet: Sheet
    travel_s: TravelSeconds
    place: str
    free_s: int

    def go(self, place: str, earliest_s: int, service_s: int) -> tuple[int, int]:
        """Drive on and serve; returns when service starts and when it ends."""
        shift = self.sheet.shift
        start_s = self._start(self.free_s, place, earliest_s)
        rest_s, back_s = second(shift.break_start), second(shift.break_start) + shift.break_s
        if shift.break_s and start_s + service_s > rest_s and self.free_s < back_s:
            start_s = self._start(back_s, place, earliest_s)
        self.place, self.free_s = place, start_s + service_s
        return start_s, self.free_s

    def _start(self, leave_s: int, place: str, earliest_s: int) -> int:
        drive_s = self.travel_s(self.place, place, Instant(leave_s * MICROSECONDS))
        return max(leave_s + drive_s, earliest_s)


def begin(
    sheet: Sheet, tasks: Mapping[DeliveryId, Task], travel_s: TravelSeconds, load_out_s: int, now: Instant
) -> tuple[Driver, int]:
    """The van as the log last knew it, and how many stops of its sequence are behind it.

    Before it leaves, it does not leave earlier than now; on a loading list, its first hub visit is behind it.
    """
    shift = sheet.shift
    if sheet.last_at is not None:
        last = sheet.stops[sheet.done - 1].delivery
        place = str(shift.hub) if last is None or last not in tasks else str(tasks[last].place)
        idle_until_s = 0 if sheet.ahead() else second(now)
        return Driver(sheet, travel_s, place, max(second(sheet.last_at), idle_until_s)), sheet.done
    free_s = second(shift.start)
    if sheet.loading:
        free_s = max(free_s + load_out_s, second(sheet.loaded_at) if sheet.loaded_at is not None else 0)
    return Driver(sheet, travel_s, str(shift.hub), max(free_s, second(now))), int(sheet.loading)


def faults(
    sheet: Sheet, tasks: Mapping[DeliveryId, Task], travel_s: TravelSeconds, load_out_s: int, now: Instant
) -> frozenset[Fault]:
    """Everything that the route would break if it went on as planned; what has no task breaks nothing."""
    driver, behind = begin(sheet, tasks, travel_s, load_out_s, now)
    ahead = sheet.stops[behind:]
    shift, hub = sheet.shift, str(sheet.shift.hub)
    aboard = [delivery for delivery in sheet.deliveries() if delivery in sheet.aboard]
    fetched = [stop.delivery for stop in sheet.stops[:behind] if stop.kind is StopKind.collection]
    found: set[Fault] = set()
    for index, stop in enumerate(ahead):
        if stop.delivery is None:
            # What is on the van already is not loaded again, and no visit waits until it is ready.
            batch = [delivery for delivery in batch_at(ahead, index) if delivery not in aboard]
            ready_s = max((second(tasks[d].demand.ready_at) for d in batch if d in tasks), default=0)
            driver.go(hub, ready_s, load_out_s)
            aboard += batch
            if _is_too_much([*aboard, *fetched], tasks, shift):
                found.add(Fault(LOAD))
            continue
        task = tasks.get(stop.delivery)
        if task is None:
            continue
        start_s, _ = driver.go(task.place, second(task.window.start), task.demand.service_s)
        if stop.kind is StopKind.collection:
            # What is fetched is on board from here to the end, and was loaded at no hub.
            fetched.append(stop.delivery)
            if _is_too_much([*aboard, *fetched], tasks, shift):
                found.add(Fault(LOAD, stop.delivery))
        elif stop.delivery not in aboard:
            found.add(Fault(NOT_LOADED, stop.delivery))
        else:
            aboard.remove(stop.delivery)
        if not set(task.demand.skills) <= set(shift.skills) or task.demand.hub != shift.hub:
            found.add(Fault(SKILL, stop.delivery))
        if start_s * MICROSECONDS > task.window.end:
            found.add(Fault(LATE, stop.delivery))
    if driver.go(hub, 0, 0)[0] * MICROSECONDS > shift.end:
        found.add(Fault(RETURN))
    return frozenset(found)


def _is_too_much(
    freight: Sequence[DeliveryId | None], tasks: Mapping[DeliveryId, Task], shift: Shift
) -> bool:
    """Whether this is more than the van takes at once; what has no task weighs nothing."""
    loads = [tasks[one].demand for one in freight if one is not None and one in tasks]
    grams, millilitres = sum(load.weight_g for load in loads), sum(load.volume_ml for load in loads)
    return grams > shift.capacity_g or millilitres > shift.capacity_ml
