"""The life of a route: one vehicle's work for one shift.

open ─▶ staged ─▶ loaded ─▶ departed ─▶ returned ─▶ debriefed
  └───────┴──────────┴─────────┴──▶ withdrawn ─────────┘ (what was on board is accounted for)
"""

from enum import StrEnum
from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, ParcelId, RouteId
from doorstep.vocabulary.route import (
    AnyRouteCommand,
    AnyRouteEvent,
    ClockSetAside,
    CompleteStop,
    DebriefRoute,
    DepartRoute,
    DriverMessaged,
    InsertStop,
    LoadRoute,
    MessageDriver,
    MessageWithdrawn,
    OpenRoute,
    PinRoute,
    PlanRoute,
    RemoveStop,
    ReturnRoute,
    RouteDebriefed,
    RouteDeparted,
    RouteLoaded,
    RouteOpened,
    RoutePinned,
    RoutePlanned,
    RouteReturned,
    RouteStaged,
    RouteUnpinned,
    RouteWithdrawn,
    SetClockAside,
    Shift,
    StageRoute,
    Stop,
    StopCompleted,
    StopInserted,
    StopKind,
    StopRemoved,
    UnpinRoute,
    WithdrawMessage,
    WithdrawRoute,
)
from doorstep.vocabulary.units import Instant, Metres


class RouteStatus(StrEnum):
    """Where a route stands."""

    open = "open"
    staged = "staged"
    loaded = "loaded"
    departed = "departed"
    returned = "returned"
    debriefed = "debriefed"
    withdrawn = "withdrawn"


LIVE = frozenset({RouteStatus.open, RouteStatus.staged, RouteStatus.loaded, RouteStatus.departed})
"""Statuses in which a route's remaining stops are a plan."""


MESSAGES_MAX: Final = 20
"""Messages to its driver that stand on one route."""


class DriverMessage(msgspec.Struct, frozen=True):
    """What a driver was told, about one stop or about the day."""

    key: str
    text: str
    delivery: DeliveryId | None
    at: Instant


class RouteState(msgspec.Struct, frozen=True):
    """A route: `stops` is the whole sequence from its first hub visit on, of which `done` are history.

    `aboard` are the deliveries ahead whose parcels are on the van, or on its loading list; a collection ahead
    needs no hub visit before it. `pins` are stops
    that improvement leaves where they are; with `pinned` that is the whole route.
    """

    id: RouteId
    shift: Shift
    status: RouteStatus
    stops: tuple[Stop, ...] = ()
    done: int = 0
    aboard: tuple[DeliveryId, ...] = ()
    loading_list: tuple[ParcelId, ...] = ()
    loaded: tuple[ParcelId, ...] = ()
    short: tuple[ParcelId, ...] = ()
    departed_at: Instant | None = None
    returned_at: Instant | None = None
    last_at: Instant | None = None
    driven_m: Metres = Metres(0)
    pins: tuple[DeliveryId, ...] = ()
    pinned: bool = False
    messages: tuple[DriverMessage, ...] = ()

    @property
    def remaining(self) -> tuple[Stop, ...]:
        """The stops still to come."""
        return self.stops[self.done :]

    @property
    def first_trip(self) -> tuple[DeliveryId, ...]:
        """What the load-out loads: the deliveries up to the second hub visit; later ones are loaded there."""
        return _loaded_at_hub(self.stops, 1)

    @property
    def deliveries(self) -> tuple[DeliveryId, ...]:
        """The deliveries and collections still to come, in sequence."""
        return tuple(stop.delivery for stop in self.remaining if stop.delivery is not None)

    @property
    def kept(self) -> tuple[DeliveryId, ...]:
        """The deliveries ahead that improvement leaves where they are."""
        return self.deliveries if self.pinned else tuple(one for one in self.deliveries if one in self.pins)


def decide(
    state: RouteState | None, command: AnyRouteCommand, book: PolicyBook
) -> tuple[AnyRouteEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    del book
    route = command.route
    if isinstance(command, OpenRoute):
        if state is not None:
            known = state.shift == command.shift
            return () if known else Refusal("route_exists", f"route {route} is open with another shift")
        return (RouteOpened(route, command.shift),)
    if state is None:
        return Refusal("route_unknown", f"there is no route {route}")
    status = state.status
    match command:
        case PlanRoute():
            return _plan(state, command)
        case InsertStop():
            return _insert(state, command)
        case RemoveStop(delivery=delivery, why=why):
            if delivery not in state.deliveries:
                return Refusal("stop_unknown", f"{delivery} is not ahead on this route")
            return (StopRemoved(route, delivery, why),)
        case StageRoute(parcels=parcels):
            if status is not RouteStatus.open:
                return _wrong(status, "staged")
            return (RouteStaged(route, parcels),)
        case LoadRoute():
            return _load(state, command)
        case DepartRoute(at=at):
            if status is not RouteStatus.loaded:
                return _wrong(status, "on the road")
            return (RouteDeparted(route, at),)
        case CompleteStop(stop=stop, at=at):
            if status is not RouteStatus.departed:
                return _wrong(status, "at a stop")
            if stop not in state.remaining:
                if stop in state.stops:
                    return Refusal("stop_done", "the stop is done already")
                return Refusal("stop_unknown", "the stop is not ahead on this route")
            return (StopCompleted(route, stop, at),)
        case ReturnRoute(at=at, driven_m=driven_m):
            if status is not RouteStatus.departed:
                return _wrong(status, "back")
            if state.deliveries:
                return Refusal("stops_left", f"{len(state.deliveries)} stops are neither done nor failed")
            return (RouteReturned(route, at, driven_m),)
        case DebriefRoute(returned=returned, expected=expected, at=at):
            if status not in (RouteStatus.returned, RouteStatus.withdrawn):
                return _wrong(status, "debriefed")
            missing = tuple(parcel for parcel in expected if parcel not in set(returned))
            return (RouteDebriefed(route, returned, missing, at),)
        case WithdrawRoute(why=why, at=at):
            if status not in LIVE:
                return _wrong(status, "withdrawn")
            return (RouteWithdrawn(route, why, state.deliveries, at),)
        case PinRoute() | UnpinRoute() | MessageDriver() | WithdrawMessage():
            return _note(state, command)
        case SetClockAside(claimed_at=claimed_at, at=at):
            return (ClockSetAside(route, claimed_at, at),)
        case _:
            assert_never(command)


def _load(state: RouteState, command: LoadRoute) -> tuple[AnyRouteEvent, ...] | Refusal:
    if state.status is not RouteStatus.staged:
        return _wrong(state.status, "loaded")
    scanned = set(command.scanned)
    foreign = sorted(scanned - set(state.loading_list))
    if foreign:
        return Refusal("parcel_not_on_list", f"not on the loading list: {', '.join(foreign[:5])}")
    on_van = tuple(parcel for parcel in state.loading_list if parcel in scanned)
    short = tuple(parcel for parcel in state.loading_list if parcel not in scanned)
    return (RouteLoaded(state.id, on_van, short, command.at),)


def _note(
    state: RouteState, command: PinRoute | UnpinRoute | MessageDriver | WithdrawMessage
) -> tuple[AnyRouteEvent, ...] | Refusal:
    """What people say about a route; saying it twice changes nothing."""
    route = command.route
    if state.status not in LIVE:
        return _wrong(state.status, "changed")
    match command:
        case PinRoute(delivery=delivery, why=why):
            if delivery is not None and delivery not in state.deliveries:
                return Refusal("stop_unknown", f"{delivery} is not ahead on this route")
            return () if _is_pinned(state, delivery) else (RoutePinned(route, delivery, why),)
        case UnpinRoute(delivery=delivery):
            return (RouteUnpinned(route, delivery),) if _is_pinned(state, delivery) else ()
        case MessageDriver(key=key, text=text, delivery=delivery, at=at):
            if any(message.key == key for message in state.messages):
                return ()
            if len(state.messages) >= MESSAGES_MAX:
                return Refusal("messages_full", f"a driver gets {MESSAGES_MAX} messages at most")
            return (DriverMessaged(route, key, text, delivery, at),)
        case WithdrawMessage(key=key):
            stands = any(message.key == key for message in state.messages)
            return (MessageWithdrawn(route, key),) if stands else ()
        case _:
            assert_never(command)


def _is_pinned(state: RouteState, delivery: DeliveryId | None) -> bool:
    return state.pinned if delivery is None else delivery in state.pins


def _wrong(status: RouteStatus, wish: str) -> Refusal:
    return Refusal("route_status", f"a route that is {status} cannot be {wish}")


def _plan(state: RouteState, command: PlanRoute) -> tuple[AnyRouteEvent, ...] | Refusal:
    """A new order of stops; what is loaded already must stay before the next hub visit."""
    if state.status not in LIVE:
        return _wrong(state.status, "planned")
    if command.stops[: state.done] != state.stops[: state.done]:
        return Refusal("prefix_frozen", "what is done cannot be planned again")
    ahead = command.stops[state.done :]
    if len({stop.delivery for stop in ahead if stop.delivery}) != sum(1 for s in ahead if s.delivery):
        return Refusal("stop_twice", "a delivery stands twice in the sequence")
    if state.status is not RouteStatus.open and not set(state.aboard) <= {stop.delivery for stop in ahead}:
        return Refusal("on_board", "what is on the van stays on it")
    if state.status is not RouteStatus.open and _loads_too_late(state, command.stops):
        return Refusal("not_on_board", "a new delivery needs a hub visit before it")
    if not {move.delivery for move in command.moves} <= {stop.delivery for stop in ahead}:
        return Refusal("stop_unknown", "a move is explained that the sequence does not make")
    return (RoutePlanned(state.id, command.stops, command.plan_hash, command.why, command.moves),)


def _loads_too_late(state: RouteState, stops: tuple[Stop, ...]) -> bool:
    """Whether a delivery that is not on the van stands before the next hub visit of a staged route."""
    for stop in stops[max(state.done, 1) :]:
        if stop.kind is StopKind.hub:
            return False
        if stop.kind is StopKind.delivery and stop.delivery not in state.aboard:
            return True
    return False


def _loaded_at_hub(stops: tuple[Stop, ...], start: int) -> tuple[DeliveryId, ...]:
    """What a hub visit just before `start` loads: the deliveries up to the next hub visit."""
    found: list[DeliveryId] = []
    for stop in stops[start:]:
        if stop.delivery is None:
            break
        if stop.kind is StopKind.delivery:
            found.append(stop.delivery)
    return tuple(found)


def _insert(state: RouteState, command: InsertStop) -> tuple[AnyRouteEvent, ...] | Refusal:
    if state.status not in LIVE:
        return _wrong(state.status, "planned")
    if command.delivery in state.deliveries:
        return Refusal("stop_twice", f"{command.delivery} is on this route already")
    stop = Stop(command.kind, command.delivery)
    after = _with_stop(state.stops, stop, command.index, command.hub_index)
    if after[: state.done] != state.stops[: state.done]:
        return Refusal("prefix_frozen", "what is done cannot be planned again")
    if state.status is not RouteStatus.open and _loads_too_late(state, after):
        return Refusal("not_on_board", "a new delivery needs a hub visit before it")
    fields = {name: getattr(command, name) for name in command.__struct_fields__}
    return (StopInserted(**fields),)


def _with_stop(stops: tuple[Stop, ...], stop: Stop, index: int, hub_index: int | None) -> tuple[Stop, ...]:
    after = list(stops)
    if hub_index is not None:
        after.insert(hub_index, Stop(StopKind.hub))
    after.insert(index, stop)
    return tuple(after)


def evolve(state: RouteState | None, event: AnyRouteEvent) -> RouteState:
    """The state after the event."""
    if isinstance(event, RouteOpened):
        return RouteState(event.route, event.shift, RouteStatus.open, (Stop(StopKind.hub),))
    assert state is not None, f"{event} before the route was open"
    replace = msgspec.structs.replace
    match event:
        case RoutePlanned(stops=stops):
            return replace(state, stops=stops)
        case StopInserted(delivery=delivery, index=index, hub_index=hub_index, kind=kind):
            return replace(state, stops=_with_stop(state.stops, Stop(kind, delivery), index, hub_index))
        case StopRemoved(delivery=delivery):
            ahead = tuple(stop for stop in state.remaining if stop.delivery != delivery)
            left = tuple(one for one in state.aboard if one != delivery)
            return replace(state, stops=(*state.stops[: state.done], *ahead), aboard=left)
        case RouteStaged(parcels=parcels):
            return replace(state, status=RouteStatus.staged, loading_list=parcels, aboard=state.first_trip)
        case RouteLoaded(loaded=loaded, short=short):
            return replace(state, status=RouteStatus.loaded, loaded=loaded, short=short)
        case RouteDeparted(at=at):
            return replace(
                state, status=RouteStatus.departed, departed_at=at, last_at=at, done=max(state.done, 1)
            )
        case StopCompleted(stop=stop, at=at):
            rest = list(state.remaining)
            rest.remove(stop)
            stops = (*state.stops[: state.done], stop, *rest)
            done = state.done + 1
            left = tuple(one for one in state.aboard if one != stop.delivery)
            if stop.kind is StopKind.hub:
                left += tuple(one for one in _loaded_at_hub(stops, done) if one not in left)
            return replace(state, stops=stops, done=done, last_at=at, aboard=left)
        case RouteReturned(at=at, driven_m=driven_m):
            return replace(state, status=RouteStatus.returned, returned_at=at, driven_m=driven_m)
        case RouteDebriefed():
            return replace(state, status=RouteStatus.debriefed)
        case RouteWithdrawn():
            return replace(state, status=RouteStatus.withdrawn, stops=state.stops[: state.done], aboard=())
        case RoutePinned() | RouteUnpinned() | DriverMessaged() | MessageWithdrawn():
            return _noted(state, event)
        case ClockSetAside():
            return state
        case _:
            assert_never(event)


def _noted(
    state: RouteState, event: RoutePinned | RouteUnpinned | DriverMessaged | MessageWithdrawn
) -> RouteState:
    replace = msgspec.structs.replace
    match event:
        case RoutePinned(delivery=None):
            return replace(state, pinned=True)
        case RoutePinned(delivery=delivery):
            # What left the route since has no pin on it any more.
            return replace(state, pins=(*(one for one in state.pins if one in state.deliveries), delivery))
        case RouteUnpinned(delivery=None):
            return replace(state, pinned=False)
        case RouteUnpinned(delivery=delivery):
            return replace(state, pins=tuple(one for one in state.pins if one != delivery))
        case DriverMessaged(key=key, text=text, delivery=delivery, at=at):
            return replace(state, messages=(*state.messages, DriverMessage(key, text, delivery, at)))
        case MessageWithdrawn(key=key):
            return replace(state, messages=tuple(one for one in state.messages if one.key != key))
        case _:
            assert_never(event)
