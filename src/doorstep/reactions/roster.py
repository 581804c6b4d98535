"""A shift on the roster is a route on sale, and its clock wakes the planner."""

from doorstep.lifecycle.route import RouteState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseOpened
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.roster import ReserveCalled, ShiftPlanned
from doorstep.vocabulary.route import (
    MoveCause,
    OpenRoute,
    RouteDeparted,
    RouteOpened,
    RoutePlanned,
    RouteReturned,
    RouteStaged,
    RouteWithdrawn,
    StopCompleted,
)
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer, Wake
from doorstep.vocabulary.units import Instant, after

STAGE_ROUTE = "stage_route"
"""The task that makes a route's loading list; its subject is the route."""
WATCH_ROUTE = "watch_route"
"""The task that looks for promises a started route will miss; its subject is the route."""
WATCH_S = 60
"""A route is looked at this long after each of its stops, or after it should have left …"""
STUCK_S = 1_800
"""… and again after this, when nothing more came from it."""
IMPROVE = "improve"
"""The task that plans the waves of all hubs with unsent routes."""
ALL_HUBS = "all hubs"
"""The subject of a task that is about no one in particular."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Open the route of a shift that is sold or called in; set the timers of its wave."""
    match record.data:
        case ShiftPlanned(route=route, shift=shift, reserve=False) | ReserveCalled(route=route, shift=shift):
            return (OpenRoute(route, shift),)
        case RouteOpened(route=route, shift=shift):
            stage_at = after(shift.start, -book.dispatch.stage_lead_s)
            improvements = (
                # Shifts that start together share their waves.
                SetTimer(f"improve/{shift.start}/{lead_s}", after(stage_at, -lead_s), Wake(IMPROVE, ALL_HUBS))
                for lead_s in book.dispatch.improve_before_s
            )
            return (*improvements, SetTimer(f"stage/{route}", stage_at, Wake(STAGE_ROUTE, route)))
        case RouteStaged(route=route):
            # A van that does not leave says nothing: it is looked at when it should have left.
            staged: RouteState = look(record.stream)
            leaves_at = after(staged.shift.start, book.dispatch.load_out_s)
            return _watch(route, max(leaves_at, record.recorded_at))
        case RouteDeparted(route=route) | StopCompleted(route=route):
            return _watch(route, record.recorded_at)
        case RoutePlanned(moves=moves):
            late = dict.fromkeys(move.left for move in moves if move.cause is MoveCause.van_late)
            return tuple(_stuck(route, record.recorded_at) for route in late)
        case CaseOpened(kind=CaseKind.predicted_miss, subject=subject) if subject.route is not None:
            return (_stuck(subject.route, record.recorded_at),)
        case RouteReturned(route=route) | RouteWithdrawn(route=route):
            return tuple(CancelTimer(f"{clock}/{route}") for clock in ("stage", "watch", "stuck"))
        case _:
            return ()


def _watch(route: RouteId, at: Instant) -> tuple[Consequence, ...]:
    """Look at a route soon after an instant, and once more where nothing came from it since."""
    return (
        SetTimer(f"watch/{route}", after(at, WATCH_S), Wake(WATCH_ROUTE, route)),
        _stuck(route, at),
    )


def _stuck(route: RouteId, at: Instant) -> SetTimer:
    return SetTimer(f"stuck/{route}", after(at, STUCK_S), Wake(WATCH_ROUTE, route))
