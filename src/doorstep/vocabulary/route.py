"""Routes: one vehicle's work for one shift, from load-out to debrief.

The stops of a route are a sequence of hub visits and deliveries; it starts and ends at its hub.
"""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import DeliveryId, DriverId, HubId, ParcelId, RouteId, VehicleId
from doorstep.vocabulary.units import Grams, Instant, Metres, Millilitres, Seconds


class Skill(StrEnum):
    """What a van and its driver can carry beyond plain boxes."""

    cold = "cold"
    age_check = "age_check"
    high_value = "high_value"


class StopKind(StrEnum):
    """What happens at a stop."""

    hub = "hub"
    delivery = "delivery"
    collection = "collection"


class Stop(msgspec.Struct, frozen=True):
    """A stop in a route's sequence; `delivery` is the job: one there, or one back that collects a return.

    It is empty at a hub visit.
    """

    kind: StopKind
    delivery: DeliveryId | None = None


class MoveCause(StrEnum):
    """Why a stop changes vans."""

    van_lost = "van_lost"
    van_late = "van_late"
    room = "room"
    cheaper = "cheaper"
    by_hand = "by_hand"


class Move(msgspec.Struct, frozen=True):
    """A stop that a new sequence brings to its route from another, which it has left.

    `next_best_s` is how much longer the next best van would have been driving for it, in seconds, and below 0
    where another would have been nearer by itself; None where no other keeps its promise. Nobody asks that
    of an improvement, which is judged as a whole.
    """

    delivery: DeliveryId
    left: RouteId
    cause: MoveCause
    next_best_s: int | None = None


class Shift(msgspec.Struct, frozen=True):
    """Who can drive what, when; one shift makes one route. `break_s` is 0 where none is due."""

    driver: DriverId
    vehicle: VehicleId
    hub: HubId
    start: Instant
    end: Instant
    break_start: Instant
    break_s: Seconds
    capacity_g: Grams
    capacity_ml: Millilitres
    skills: tuple[Skill, ...]


class RouteCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("route")):
    """Addressed to one route."""

    route: RouteId

    def stream(self) -> StreamId:
        """The route's own stream."""
        return StreamId(f"route/{self.route}")


class OpenRoute(RouteCommand, frozen=True):
    """Put a shift of the roster on sale."""

    shift: Shift


class PlanRoute(RouteCommand, frozen=True):
    """Replace the sequence behind the frozen prefix; `plan_hash` is over all live routes afterwards.

    `moves` explains the stops that come from other routes.
    """

    stops: tuple[Stop, ...]
    plan_hash: str
    why: str
    moves: tuple[Move, ...] = ()


class InsertStop(RouteCommand, frozen=True):
    """Insert a delivery so that it stands at `index`; `hub_index` is a new hub visit's place before it.

    Both indexes count from 0 in the sequence as it is afterwards, the first hub visit and the done stops
    included; `hub_index` is None where no new hub visit is needed.
    """

    delivery: DeliveryId
    index: int
    hub_index: int | None
    plan_hash: str
    kind: StopKind = StopKind.delivery


class RemoveStop(RouteCommand, frozen=True):
    """Take a delivery out."""

    delivery: DeliveryId
    why: str


class StageRoute(RouteCommand, frozen=True):
    """Make the loading list: the parcels to load, last stop first."""

    parcels: tuple[ParcelId, ...]


class LoadRoute(RouteCommand, frozen=True):
    """The load-out's scans: what is on the van, and what the list has but the floor has not."""

    scanned: tuple[ParcelId, ...]
    at: Instant


class DepartRoute(RouteCommand, frozen=True):
    """The van leaves the hub."""

    at: Instant


class CompleteStop(RouteCommand, frozen=True):
    """A stop is done (or the attempt failed): the prefix freezes up to and with it."""

    stop: Stop
    at: Instant


class ReturnRoute(RouteCommand, frozen=True):
    """The van is back at the hub, having driven `driven_m`."""

    at: Instant
    driven_m: Metres


class DebriefRoute(RouteCommand, frozen=True):
    """Account for every parcel that came back; `expected` are those that were not delivered."""

    returned: tuple[ParcelId, ...]
    expected: tuple[ParcelId, ...]
    at: Instant


class WithdrawRoute(RouteCommand, frozen=True):
    """The van or the driver is out: what is not delivered needs another plan."""

    why: str
    at: Instant


class PinRoute(RouteCommand, frozen=True):
    """Keep a stop where improvement would move it; without a delivery the whole route."""

    delivery: DeliveryId | None
    why: str


class UnpinRoute(RouteCommand, frozen=True):
    """Let improvement move it again."""

    delivery: DeliveryId | None


class MessageDriver(RouteCommand, frozen=True):
    """Tell the driver something, about one stop or about the day; `key` names the message."""

    key: str
    text: str
    delivery: DeliveryId | None
    at: Instant


class SetClockAside(RouteCommand, frozen=True):
    """Keep what a device's clock said, which cannot be right, beside our own time."""

    claimed_at: Instant
    at: Instant


class WithdrawMessage(RouteCommand, frozen=True):
    """Take a message to the driver back."""

    key: str


class RouteEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("route")):
    """A fact about one route."""

    route: RouteId


class RouteOpened(RouteEvent, frozen=True, tag="route.opened"):
    """On sale."""

    shift: Shift


class RoutePlanned(RouteEvent, frozen=True, tag="route.planned"):
    """A new sequence behind the frozen prefix, with the reason for each stop that came from another route."""

    stops: tuple[Stop, ...]
    plan_hash: str
    why: str
    moves: tuple[Move, ...] = ()


class StopInserted(RouteEvent, frozen=True):
    """A delivery or a collection joined."""

    delivery: DeliveryId
    index: int
    hub_index: int | None
    plan_hash: str
    kind: StopKind = StopKind.delivery


class StopRemoved(RouteEvent, frozen=True):
    """A delivery left."""

    delivery: DeliveryId
    why: str


class RouteStaged(RouteEvent, frozen=True, tag="route.staged"):
    """The loading list stands."""

    parcels: tuple[ParcelId, ...]


class RouteLoaded(RouteEvent, frozen=True, tag="route.loaded"):
    """Loaded; `short` are on the list and not on the van."""

    loaded: tuple[ParcelId, ...]
    short: tuple[ParcelId, ...]
    at: Instant


class RouteDeparted(RouteEvent, frozen=True, tag="route.departed"):
    """On the road."""

    at: Instant


class StopCompleted(RouteEvent, frozen=True):
    """Done; the prefix is frozen up to here."""

    stop: Stop
    at: Instant


class RouteReturned(RouteEvent, frozen=True, tag="route.returned"):
    """Back at the hub."""

    at: Instant
    driven_m: Metres


class RouteDebriefed(RouteEvent, frozen=True, tag="route.debriefed"):
    """Accounted for; `missing` should have come back and did not."""

    returned: tuple[ParcelId, ...]
    missing: tuple[ParcelId, ...]
    at: Instant


class RouteWithdrawn(RouteEvent, frozen=True, tag="route.withdrawn"):
    """Out of service; `orphans` are the deliveries it still had."""

    why: str
    orphans: tuple[DeliveryId, ...]
    at: Instant


class RoutePinned(RouteEvent, frozen=True, tag="route.pinned"):
    """A stop, or without a delivery the whole route, stays where it is."""

    delivery: DeliveryId | None
    why: str


class RouteUnpinned(RouteEvent, frozen=True, tag="route.unpinned"):
    """It may be moved again."""

    delivery: DeliveryId | None


class DriverMessaged(RouteEvent, frozen=True):
    """The driver is told something, about one stop or about the day."""

    key: str
    text: str
    delivery: DeliveryId | None
    at: Instant


class ClockSetAside(RouteEvent, frozen=True):
    """A device's clock said `claimed_at`, which cannot be right; what it told stands at `at`, by ours."""

    claimed_at: Instant
    at: Instant


class MessageWithdrawn(RouteEvent, frozen=True):
    """A message to the driver no longer stands."""

    key: str


AnyRouteEvent = (
    RouteOpened
    | RoutePlanned
    | StopInserted
    | StopRemoved
    | RouteStaged
    | RouteLoaded
    | RouteDeparted
    | StopCompleted
    | RouteReturned
    | RouteDebriefed
    | RouteWithdrawn
    | RoutePinned
    | RouteUnpinned
    | DriverMessaged
    | MessageWithdrawn
    | ClockSetAside
)
AnyRouteCommand = (
    OpenRoute
    | PlanRoute
    | InsertStop
    | RemoveStop
    | StageRoute
    | LoadRoute
    | DepartRoute
    | CompleteStop
    | ReturnRoute
    | DebriefRoute
    | WithdrawRoute
    | PinRoute
    | UnpinRoute
    | MessageDriver
    | WithdrawMessage
    | SetClockAside
)
