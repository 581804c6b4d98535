"""The board as it crosses the door: what the live page draws."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from doorstep.engine.capacity import Capacity
from doorstep.engine.ports.positions import VehiclePosition
from doorstep.lifecycle.carrier import CarrierState
from doorstep.views.board_view import BoardCarrier, BoardCase, BoardIncident, BoardRoute, BoardStop, Figures
from doorstep.views.vehicles import VehicleLine
from doorstep.vocabulary.ids import HubId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant, after
from doorstep.web.instants import moment, moment_or_none

if TYPE_CHECKING:
    from doorstep.app import Doorstep


class StopLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stop: what it shows (`mark`), where, its window, and when it was planned, is expected, was done."""

    kind: str
    mark: str
    delivery: str | None = None
    order: str | None = None
    label: str = ""
    lat: float | None = None
    lon: float | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    planned_at: datetime | None = None
    expected_at: datetime | None = None
    done_at: datetime | None = None
    late_s: int = 0
    status: str | None = None
    reason: str = ""
    case: str | None = None


class RouteLine(msgspec.Struct, frozen=True):
    """A route as a line of the day."""

    id: str
    vehicle: str
    driver: str
    driver_name: str
    hub: str
    state: str
    start: datetime
    end: datetime
    break_start: datetime | None
    break_end: datetime | None
    departed_at: datetime | None
    returned_at: datetime | None
    done: int
    at_risk: int
    case: str | None
    out_since: datetime | None
    out_why: str
    stops: tuple[StopLine, ...]


class CarrierLine(msgspec.Struct, frozen=True):
    """A carrier beside the fleet: what it has of the day, and until when it is left alone."""

    id: str
    name: str
    has: int
    delivered: int
    failed: int
    at_risk: int
    paused_until: datetime | None


class IncidentLine(msgspec.Struct, frozen=True):
    """The root cause that a case shares with others: one row, however many orders it touches."""

    id: str
    cause: str
    about: str
    owner: str
    claimed: bool
    next_step: str
    due_at: datetime
    overdue: bool
    level: int
    orders: int
    cases: int


class CaseLine(msgspec.Struct, frozen=True):
    """An open case, by what breaks next."""

    id: str
    kind: str
    label: str
    order: str | None
    delivery: str | None
    route: str | None
    owner: str
    claimed: bool
    told: bool
    next_step: str
    happened: str
    why: str
    opened_at: datetime
    due_at: datetime
    breach_at: datetime | None
    overdue: bool
    level: int
    incident: IncidentLine | None


class HubShape(msgspec.Struct, frozen=True):
    """Where parcels start."""

    id: str
    name: str
    lat: float
    lon: float


class CapacityShape(msgspec.Struct, frozen=True):
    """How many more typical orders today's vans take, and until when one can still come in."""

    left: int
    cutoff: datetime | None


class VehicleShape(msgspec.Struct, frozen=True):
    """A van: what it does, and where it was last seen; no place where nobody has said."""

    id: str
    route: str
    driver: str
    state: str
    lat: float | None
    lon: float | None
    heading: int | None
    at: datetime | None


class BoardShape(msgspec.Struct, frozen=True):
    """The whole board as of `position` of the log."""

    position: int
    at: datetime
    day: str
    market: str
    name: str
    zone: str
    figures: Figures
    capacity: CapacityShape | None
    hubs: tuple[HubShape, ...]
    vehicles: tuple[VehicleShape, ...]
    routes: tuple[RouteLine, ...]
    carriers: tuple[CarrierLine, ...]
    cases: tuple[CaseLine, ...]


def route_line(app: "Doorstep", route: BoardRoute, names: Mapping[str, str]) -> RouteLine:
    """A route with its stops' places: homes, which only those who may see the board get to see."""
    has_break = route.break_s > 0
    return RouteLine(
        id=route.id,
        vehicle=route.vehicle,
        driver=route.driver,
        driver_name=names.get(route.driver, route.driver),
        hub=route.hub,
        state=route.status.value,
        start=moment(route.start),
        end=moment(route.end),
        break_start=moment(route.break_start) if has_break else None,
        break_end=moment(after(route.break_start, route.break_s)) if has_break else None,
        departed_at=moment_or_none(route.departed_at),
        returned_at=moment_or_none(route.returned_at),
        done=route.done,
        at_risk=route.at_risk,
        case=route.case,
        out_since=moment_or_none(route.out_since),
        out_why=route.out_why,
        stops=tuple(_stop_line(app, stop, app.hubs.get(route.hub)) for stop in route.stops),
    )


def _stop_line(app: "Doorstep", stop: BoardStop, hub: Point | None) -> StopLine:
    point = app.people.point(stop.place) if stop.place else hub
    window = stop.window
    return StopLine(
        kind=stop.kind.value,
        mark=stop.mark.value,
        delivery=stop.delivery,
        order=stop.order,
        label=stop.label,
        lat=round(point.lat, 6) if point else None,
        lon=round(point.lon, 6) if point else None,
        window_start=moment(window.start) if window else None,
        window_end=moment(window.end) if window else None,
        planned_at=moment_or_none(stop.planned),
        expected_at=moment_or_none(stop.expected),
        done_at=moment_or_none(stop.done_at),
        late_s=stop.late_s,
        status=stop.status.value if stop.status else None,
        reason=stop.reason,
        case=stop.case,
    )


def carrier_lines(app: "Doorstep", carriers: Sequence[BoardCarrier], now: Instant) -> tuple[CarrierLine, ...]:
    """Every carrier that there is a contract with, also one that has nothing today."""
    has = {carrier.id: carrier for carrier in carriers}
    lines = []
    for carrier, contract in sorted(app.book.contracts.carrier.items()):
        one = has.get(carrier, BoardCarrier(carrier, 0, 0, 0, 0))
        state: CarrierState | None = app.desk.state("carrier", carrier)
        paused = state.paused_until if state and state.is_paused(now) else None
        lines.append(
            CarrierLine(
                carrier,
                contract.name,
                one.has,
                one.delivered,
                one.failed,
                one.at_risk,
                moment_or_none(paused),
            )
        )
    return tuple(lines)


def case_line(case: BoardCase) -> CaseLine:
    """An open case."""
    return CaseLine(
        id=case.id,
        kind=case.kind.value,
        label=case.label,
        order=case.order,
        delivery=case.delivery,
        route=case.route,
        owner=case.owner,
        claimed=case.claimed,
        told=case.told,
        next_step=case.next_step,
        happened=case.happened,
        why=case.why,
        opened_at=moment(case.opened_at),
        due_at=moment(case.due_at),
        breach_at=moment_or_none(case.breach_at),
        overdue=case.overdue,
        level=case.level,
        incident=incident_line(case.incident) if case.incident else None,
    )


def incident_line(incident: BoardIncident) -> IncidentLine:
    """An open incident."""
    return IncidentLine(
        id=incident.id,
        cause=incident.cause.value,
        about=incident.about,
        owner=incident.owner,
        claimed=incident.claimed,
        next_step=incident.next_step,
        due_at=moment(incident.due_at),
        overdue=incident.overdue,
        level=incident.level,
        orders=incident.orders,
        cases=incident.cases,
    )


def vehicle_shape(line: VehicleLine, position: VehiclePosition | None) -> VehicleShape:
    """A van with its last position."""
    point = position.point if position else None
    return VehicleShape(
        id=line.vehicle,
        route=line.route,
        driver=line.driver,
        state=line.state.value,
        lat=round(point.lat, 6) if point else None,
        lon=round(point.lon, 6) if point else None,
        heading=position.heading_deg if position else None,
        at=moment(position.at) if position else None,
    )


def hub_shapes(app: "Doorstep") -> tuple[HubShape, ...]:
    """The market's hubs."""
    return tuple(
        HubShape(hub.id, hub.name, round(point.lat, 6), round(point.lon, 6))
        for hub in app.network.hubs
        if (point := app.hubs.get(HubId(hub.id))) is not None
    )


def capacity_shape(capacity: Capacity | None) -> CapacityShape | None:
    """The gauge's reading."""
    return CapacityShape(capacity.left, moment_or_none(capacity.cutoff)) if capacity else None


def driver_names(app: "Doorstep") -> dict[str, str]:
    """The names of the network's drivers, who work for the firm, by id."""
    return {shift.driver: shift.name for shift in app.network.shifts}
