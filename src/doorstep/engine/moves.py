"""Moves: why a new plan takes stops from one van to another, stop by stop."""

from collections.abc import Mapping
from typing import NamedTuple

from doorstep.planning.explain import next_best_costs_s
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Change
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.route import Move, MoveCause


class Grounds(NamedTuple):
    """Why a plan changes: in words, and what that means for each stop that changes vans.

    `left` says which stops lost their van to the cause itself, and where they stood; what else moves makes
    room for them. Where it is empty, every move has the cause.
    """

    why: str
    cause: MoveCause
    left: Mapping[str, RouteId] = {}


def moves_of(
    change: Change, before: LivePlan, after: LivePlan, grounds: Grounds
) -> dict[str, tuple[Move, ...]]:
    """The stops that each route takes over from another, in its order, with what explains them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for route, stops in sorted(change.sequences.items()):
        for stop in stops:
            delivery = stop.delivery_id
            left = None if delivery is None else before.route_of(delivery) or grounds.left.get(delivery)
            if delivery is not None and left is not None and left != route:
                found.setdefault(route, []).append((delivery, left))
    moved = [delivery for pairs in found.values() for delivery, _ in pairs]
    asked = grounds.cause is not MoveCause.cheaper
    next_best_s = next_best_costs_s(after, moved) if asked else {}
    return {
        route: tuple(
            Move(DeliveryId(one), RouteId(left), _cause(one, grounds), next_best_s.get(one))
            for one, left in pairs
        )
        for route, pairs in found.items()
    }


def _cause(delivery: str, grounds: Grounds) -> MoveCause:
    return grounds.cause if not grounds.left or delivery in grounds.left else MoveCause.room
