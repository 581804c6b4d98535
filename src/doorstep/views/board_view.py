"""What the board shows: lines, stops, cases and figures, as plain values."""

from enum import StrEnum

import msgspec

from doorstep.lifecycle.route import RouteStatus
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.ids import (
    CarrierId,
    CaseId,
    DeliveryId,
    DriverId,
    HubId,
    IncidentId,
    OrderId,
    PlaceId,
    RouteId,
    VehicleId,
)
from doorstep.vocabulary.incident import Cause
from doorstep.vocabulary.route import StopKind
from doorstep.vocabulary.units import Instant, Seconds
from doorstep.vocabulary.windows import Window


class Mark(StrEnum):
    """What a stop shows, in one word."""

    planned = "planned"
    at_risk = "at_risk"
    delivered = "delivered"
    unproven = "unproven"
    failed = "failed"
    hub = "hub"
    hub_done = "hub_done"


class BoardStop(msgspec.Struct, frozen=True):
    """A stop on a route's line. `planned` is when the promise was given for, `expected` today's estimate.

    `late_s` is how far the estimate or the handover lies behind the window's end; 0 within it. `label` is the
    merchant's own number of the order.
    """

    kind: StopKind
    mark: Mark
    delivery: DeliveryId | None = None
    order: OrderId | None = None
    place: PlaceId | None = None
    window: Window | None = None
    planned: Instant | None = None
    expected: Instant | None = None
    done_at: Instant | None = None
    late_s: Seconds = Seconds(0)
    status: DeliveryStatus | None = None
    reason: str = ""
    case: CaseId | None = None
    label: str = ""


class BoardRoute(msgspec.Struct, frozen=True):
    """One route as a line: its shift, its stops, and how far it is; `out_since` where it was withdrawn."""

    id: RouteId
    vehicle: VehicleId
    driver: DriverId
    hub: HubId
    status: RouteStatus
    start: Instant
    end: Instant
    break_start: Instant
    break_s: Seconds
    departed_at: Instant | None
    returned_at: Instant | None
    stops: tuple[BoardStop, ...]
    done: int
    at_risk: int
    case: CaseId | None
    out_since: Instant | None = None
    out_why: str = ""


class BoardCarrier(msgspec.Struct, frozen=True):
    """What a carrier that is not the own fleet has of the day: `failed` and `at_risk` are in `has` too."""

    id: CarrierId
    has: int
    delivered: int
    failed: int
    at_risk: int


class BoardIncident(msgspec.Struct, frozen=True):
    """The root cause that a case shares with others; `orders` are all that it touched."""

    id: IncidentId
    cause: Cause
    about: str
    owner: str
    claimed: bool
    next_step: str
    due_at: Instant
    overdue: bool
    level: int
    orders: int
    cases: int


class BoardCase(msgspec.Struct, frozen=True):
    """An open case. `breach_at` is when the promise breaks, `level` how often it went up."""

    id: CaseId
    kind: CaseKind
    order: OrderId | None
    delivery: DeliveryId | None
    route: RouteId | None
    owner: str
    claimed: bool
    told: bool
    next_step: str
    happened: str
    why: str
    opened_at: Instant
    due_at: Instant
    breach_at: Instant | None
    overdue: bool
    level: int
    label: str
    incident: BoardIncident | None = None

    def urgent_at(self, now: Instant) -> Instant:
        """What the list is sorted by: the due time, or the breach where that is still ahead and nearer."""
        if self.breach_at is None or self.breach_at < now:
            return self.due_at
        return min(self.breach_at, self.due_at)


class Figures(msgspec.Struct, frozen=True):
    """The day in numbers.

    Deliveries are those that were due on the day: whose window ends on it, or did before they moved to
    another day. `failed` are those tried in vain on it, `moved` those untried that are due later now.
    """

    due: int
    delivered: int
    unproven: int
    on_road: int
    waiting: int
    at_risk: int
    failed: int
    moved: int
    promises_due: int
    promises_kept: int
    declined: int
    cases: int
    cases_overdue: int
    cases_unclaimed: int
    cases_untold: int


class BoardView(msgspec.Struct, frozen=True):
    """All of it, as of `position` of the log and `now`."""

    position: int
    now: Instant
    figures: Figures
    routes: tuple[BoardRoute, ...]
    cases: tuple[BoardCase, ...]
    carriers: tuple[BoardCarrier, ...] = ()
