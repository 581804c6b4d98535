"""The forecast: when the live plan has each van at each door."""

from collections.abc import Iterable

from doorstep.engine.planner import Planner
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


def _expected(planner: Planner, routes: Iterable[str]) -> dict[DeliveryId, Instant]:
    return {
        DeliveryId(times.stop.delivery_id): planner.clock.instant(times.start_s)
        for route in routes
        for times in planner.plan.schedule(route).times
        if times.stop.delivery_id is not None
    }
