"""Telling: what drivers and shoppers know of the live plan at this moment."""

from doorstep.engine.desk import Desk
from doorstep.engine.planner import Planner
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.route import RouteStatus
from doorstep.planning.live import LivePlan
from doorstep.planning.told import Told
from doorstep.vocabulary.ids import RouteId

LISTED = frozenset({RouteStatus.staged, RouteStatus.loaded, RouteStatus.departed})
"""Statuses in which a driver has the list."""


def told_of(desk: Desk, planner: Planner, plan: LivePlan) -> Told:
    """What was told about the stops of a plan, with what policy counts for making it untrue.

    A driver has the list once it is staged. A shopper was told a time once the van is on its way with the
    parcels, or once a miss was announced.
    """
    drivers: dict[str, frozenset[str]] = {}
    starts: dict[str, int] = {}
    for route in plan.route_ids:
        state = planner.routes.get(RouteId(route))
        if state is None or state.status not in LISTED:
            continue
        drivers[route] = frozenset(plan.undone(route))
        on_its_way = state.aboard if state.status is RouteStatus.departed else ()
        for times in plan.schedule(route).times:
            delivery = times.stop.delivery_id
            if delivery is not None and (delivery in on_its_way or _announced(desk, delivery)):
                starts[delivery] = times.start_s
    moves = desk.book.dispatch.moves
    return Told(drivers, starts, moves.told_driver_minor, moves.told_shopper_minor, moves.told_shift_s)


def _announced(desk: Desk, delivery: str) -> bool:
    state: DeliveryState | None = desk.state("delivery", delivery)
    if state is None or state.created is None:
        return False
    promise: PromiseState = desk.state("promise", state.created.promise)
    return promise.announced_at is not None
