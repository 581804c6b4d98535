"""A shift on the roster is a route on sale, and its clock wakes the planner."""

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.roster import ReserveCalled, ShiftPlanned
from doorstep.vocabulary.route import (
    OpenRoute,
    RouteDeparted,
    RouteOpened,
    RouteReturned,
    RouteWithdrawn,
    StopCompleted,
)
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, SetTimer, Wake
from doorstep.vocabulary.units import after

STAGE_ROUTE = "stage_route"
"""The task that makes a route's loading list; its subject is the route."""
WATCH_ROUTE = "watch_route"
"""The task that looks for promises a started route will miss; its subject is the route."""
WATCH_S = 60
"""A route is looked at this long after each of its stops …"""
STUCK_S = 1_800
"""… and again after this, when nothing more came from it."""
IMPROVE = "improve"
"""The task that plans the waves of all hubs with unsent routes."""
ALL_HUBS = "all hubs"
"""The subject of a task that is about no one in particular."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Open the route of a shift that is sold or called in; set the timers of its wave."""
    del look
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
        case RouteDeparted(route=route) | StopCompleted(route=route):
            return (
                SetTimer(f"watch/{route}", after(record.recorded_at, WATCH_S), Wake(WATCH_ROUTE, route)),
                SetTimer(f"stuck/{route}", after(record.recorded_at, STUCK_S), Wake(WATCH_ROUTE, route)),
            )
        case RouteReturned(route=route) | RouteWithdrawn(route=route):
            return tuple(CancelTimer(f"{clock}/{route}") for clock in ("stage", "watch", "stuck"))
        case _:
            return ()
