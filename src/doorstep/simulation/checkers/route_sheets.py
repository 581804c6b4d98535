"""Route sheets: every route's sequence at any position of the log, folded from route events alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import (
    RouteDebriefed,
    RouteDeparted,
    RouteEvent,
    RouteLoaded,
    RouteOpened,
    RoutePlanned,
    RouteReturned,
    RouteStaged,
    RouteWithdrawn,
    Shift,
    Stop,
    StopCompleted,
    StopInserted,
    StopKind,
    StopRemoved,
)
from doorstep.vocabulary.units import Instant

HUB_WORD: Final = "@hub"
"""A hub visit in the text that a plan's hash covers."""


@dataclass(slots=True)
class Sheet:
    """One route: `done` stops are history; `loading` is whether the first hub visit's list is fixed.

    `last_at` is when its last stop was done or when it left; `loaded_at` when its load-out was scanned.
    `aboard` is what stands ahead and was loaded by a hub visit that is behind, or is on the loading list.
    """

    shift: Shift
    stops: list[Stop] = field(default_factory=lambda: [Stop(StopKind.hub)])
    done: int = 0
    loading: bool = False
    loaded_at: Instant | None = None
    last_at: Instant | None = None
    live: bool = True
    aboard: frozenset[DeliveryId] = frozenset()

    def ahead(self) -> list[Stop]:
        """The stops still to come."""
        return self.stops[self.done :]

    def deliveries(self) -> list[DeliveryId]:
        """The deliveries and collections still to come."""
        return [stop.delivery for stop in self.ahead() if stop.delivery is not None]

    def copy(self) -> "Sheet":
        """The sheet as it stands now."""
        return replace(self, stops=self.stops.copy())

    def follow(self, event: RouteEvent, recorded_at: Instant) -> None:
        """Take one event in; what is done stays in front."""
        match event:
            case RoutePlanned(stops=stops):
                self.stops = list(stops)
            case StopInserted(delivery=delivery, index=index, hub_index=hub_index, kind=kind):
                if hub_index is not None:
                    self.stops.insert(hub_index, Stop(StopKind.hub))
                self.stops.insert(index, Stop(kind, delivery))
            case StopRemoved(delivery=delivery):
                kept = [stop for stop in self.ahead() if stop.delivery != delivery]
                self.stops[self.done :] = kept
                self.aboard -= {delivery}
            case RouteStaged():
                self.loading = True
                self.aboard = frozenset(batch_at(self.stops, 0))
            case RouteLoaded():
                self.loaded_at = recorded_at
            case RouteDeparted(at=at):
                self.done, self.last_at = max(self.done, 1), at
            case StopCompleted(stop=stop, at=at):
                if stop in self.ahead():
                    self.stops.pop(self.stops.index(stop, self.done))
                self.stops.insert(self.done, stop)
                self.done, self.last_at = self.done + 1, at
                loaded = batch_at(self.stops, self.done - 1) if stop.delivery is None else ()
                self.aboard = (self.aboard - {stop.delivery}).union(loaded)
            case RouteReturned() | RouteDebriefed():
                self.live = False
            case RouteWithdrawn():
                self.live = False
                del self.stops[self.done :]
                self.aboard = frozenset()
            case _:
                pass


def batch_at(stops: Sequence[Stop], hub: int) -> list[DeliveryId]:
    """What the hub visit at `hub` loads or had loaded: the deliveries behind it, up to the next one."""
    batch = []
    for stop in stops[hub + 1 :]:
        if stop.delivery is None:
            break
        if stop.kind is StopKind.delivery:
            batch.append(stop.delivery)
    return batch


class RouteSheets:
    """All routes of a market; `on` says on which live routes each delivery is ahead, once each time."""

    def __init__(self) -> None:
        self.all: dict[RouteId, Sheet] = {}
        self.on: dict[DeliveryId, list[RouteId]] = {}

    def apply(self, record: Record) -> None:
        """Take one event in."""
        match record.data:
            case RouteOpened(route=route, shift=shift):
                self.all[route] = Sheet(shift)
            case RouteEvent() as event if event.route in self.all:
                sheet = self.all[event.route]
                before = sheet.deliveries() if sheet.live else []
                sheet.follow(event, record.recorded_at)
                after = sheet.deliveries() if sheet.live else []
                if before != after:
                    self._move(event.route, before, after)
            case _:
                pass

    def _move(self, route: RouteId, before: list[DeliveryId], after: list[DeliveryId]) -> None:
        for delivery in before:
            self.on[delivery].remove(route)
            if not self.on[delivery]:
                del self.on[delivery]
        for delivery in after:
            self.on.setdefault(delivery, []).append(route)

    def live(self) -> dict[RouteId, Sheet]:
        """The routes that have work ahead or may get some."""
        return {route: sheet for route, sheet in self.all.items() if sheet.live}

    def plan_hash(self) -> str:
        """SHA-256 over a line for each live route, sorted by id: the id and all its stops' words."""
        lines = [
            " ".join([route, *(stop.delivery or HUB_WORD for stop in sheet.stops)]) + "\n"
            for route, sheet in sorted(self.live().items())
        ]
        return sha256("".join(lines).encode()).hexdigest()
