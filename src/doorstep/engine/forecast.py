"""The forecast: when the live plan has each van at each door, and how many doors come before."""

from collections.abc import Iterable

from doorstep.engine.planner import Planner
from doorstep.lifecycle.route import RouteStatus
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.units import Instant


def expected_arrivals(planner: Planner) -> dict[DeliveryId, Instant]:
    """The planned start of service at every stop that is still ahead, on every live route."""
    with planner.lock:
        return _expected(planner, planner.plan.route_ids)


def expected_on(planner: Planner, route: RouteId) -> dict[DeliveryId, Instant]:
    """The same for one route; nothing where it is no longer live."""
    with planner.lock:
        return _expected(planner, [route] if route in planner.plan.route_ids else [])


def expected_at(planner: Planner, delivery: DeliveryId | None) -> Instant | None:
    """The same for one delivery; None where it is on no live route."""
    if delivery is None:
        return None
    with planner.lock:
        route = planner.plan.route_of(delivery)
        return None if route is None else _expected(planner, [route]).get(delivery)


def stops_before(planner: Planner, delivery: DeliveryId) -> int | None:
    """How many doors a van that is on the road calls at first; None where it has not left."""
    with planner.lock:
        route = planner.plan.route_of(delivery)
        state = None if route is None else planner.routes.get(RouteId(route))
        if state is None or state.status is not RouteStatus.departed:
            return None
        ahead = [stop.delivery for stop in state.stops[state.done :] if stop.delivery is not None]
        return ahead.index(delivery) if delivery in ahead else None


def _expected(planner: Planner, routes: Iterable[str]) -> dict[DeliveryId, Instant]:
    return {
        DeliveryId(times.stop.delivery_id): planner.clock.instant(times.start_s)
        for route in routes
        for times in planner.plan.schedule(route).times
        if times.stop.delivery_id is not None
    }
