"""Vehicles: what each van of the day is doing, for the map; where it is comes from its last position."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from doorstep.lifecycle import route as route_life
from doorstep.lifecycle.route import RouteState, RouteStatus
from doorstep.vocabulary.delivery import Arrived, AttemptFailed, Delivered
from doorstep.vocabulary.ids import DeliveryId, DriverId, HubId, RouteId, VehicleId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteEvent, RouteOpened
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.windows import Window

KEPT_US: Final = 2 * 86_400 * MICROSECONDS
"""Microseconds that a shift is remembered after its end."""


class VehicleState(StrEnum):
    """What a van is doing."""

    planned = "planned"
    loading = "loading"
    driving = "driving"
    at_door = "at_door"
    back = "back"
    out = "out"


class VehicleLine(msgspec.Struct, frozen=True):
    """A van on a route; `stop` is the delivery at whose door it stands."""

    vehicle: VehicleId
    route: RouteId
    driver: DriverId
    hub: HubId
    state: VehicleState
    done: int
    stops: int
    stop: DeliveryId | None


_STATES: Final = {
    RouteStatus.open: VehicleState.planned,
    RouteStatus.staged: VehicleState.loading,
    RouteStatus.loaded: VehicleState.loading,
    RouteStatus.departed: VehicleState.driving,
    RouteStatus.returned: VehicleState.back,
    RouteStatus.debriefed: VehicleState.back,
    RouteStatus.withdrawn: VehicleState.out,
}
_PRECEDENCE: Final = (
    VehicleState.at_door,
    VehicleState.driving,
    VehicleState.loading,
    VehicleState.planned,
    VehicleState.back,
    VehicleState.out,
)


class Vehicles:
    """Folds route and delivery events into what each van is doing."""

    def __init__(self) -> None:
        self._routes: dict[RouteId, RouteState] = {}
        self._at_door: dict[RouteId, DeliveryId] = {}

    def apply(self, record: Record) -> None:
        """Take the log's next record."""
        event = record.data
        if isinstance(event, RouteEvent):
            known = self._routes.get(event.route)
            if isinstance(event, RouteOpened):
                self._forget(record.recorded_at)
            if known is not None or isinstance(event, RouteOpened):
                self._routes[event.route] = route_life.evolve(known, event)
        elif isinstance(event, Arrived) and event.route is not None:
            self._at_door[event.route] = event.delivery
        elif isinstance(event, Delivered | AttemptFailed):
            self._at_door = {
                r: d for r, d in self._at_door.items() if (r, d) != (event.route, event.delivery)
            }

    def lines(self, day: Window) -> tuple[VehicleLine, ...]:
        """The vans with a shift that starts in `day`: one line each, for the route that it is on."""
        best: dict[VehicleId, VehicleLine] = {}
        for line in self._lines(day):
            other = best.get(line.vehicle)
            if other is None or _PRECEDENCE.index(line.state) < _PRECEDENCE.index(other.state):
                best[line.vehicle] = line
        return tuple(best[vehicle] for vehicle in sorted(best))

    def routes_of(self, day: Window) -> tuple[RouteId, ...]:
        """The routes whose shift starts in `day`, by start."""
        return tuple(line.route for line in self._lines(day))

    def of_driver(self, driver: DriverId, day: Window) -> VehicleLine | None:
        """What the driver's van is doing: the route of the day that is under way, else the next."""
        lines = [line for line in self._lines(day) if line.driver == driver]
        return min(lines, key=lambda line: _PRECEDENCE.index(line.state), default=None)

    def _lines(self, day: Window) -> Iterator[VehicleLine]:
        for state in sorted(self._routes.values(), key=lambda state: (state.shift.start, state.id)):
            shift = state.shift
            if day.holds(shift.start):
                stop = self._at_door.get(state.id) if state.status is RouteStatus.departed else None
                yield VehicleLine(
                    vehicle=shift.vehicle,
                    route=state.id,
                    driver=shift.driver,
                    hub=shift.hub,
                    state=_STATES[state.status] if stop is None else VehicleState.at_door,
                    done=state.done,
                    stops=len(state.stops),
                    stop=stop,
                )

    def _forget(self, now: Instant) -> None:
        gone = [route for route, state in self._routes.items() if state.shift.end < now - KEPT_US]
        for route in gone:
            del self._routes[route]
            self._at_door.pop(route, None)
