"""Moves: which stops changed vans, when, and why, in words for whoever asks."""

from collections import defaultdict, deque
from typing import Final

import msgspec

from doorstep.views.labels import label
from doorstep.vocabulary.event import Because
from doorstep.vocabulary.ids import DeliveryId, RouteId, VehicleId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import Move, MoveCause, RouteOpened, RoutePlanned
from doorstep.vocabulary.units import Instant

MOVES_OF_DELIVERY_MAX: Final = 20
"""Moves of one delivery that are kept, the newest; the log has them all."""
MOVES_OF_ROUTE_MAX: Final = 200
"""Moves onto and off one route that are kept, the newest."""
MINUTE_S: Final = 60


class MoveLine(msgspec.Struct, frozen=True):
    """One stop that changed vans: from which to which, what for, and by whose rule or hand."""

    at: Instant
    delivery: DeliveryId
    left: RouteId
    left_vehicle: VehicleId
    route: RouteId
    vehicle: VehicleId
    cause: MoveCause
    why: str
    next_best_s: int | None
    because: Because | None
    actor: str


class MoveBook:
    """Keeps the moves that a market's log explains, by delivery and by route."""

    def __init__(self) -> None:
        self._vehicles: dict[RouteId, VehicleId] = {}
        self._of_delivery: defaultdict[DeliveryId, deque[MoveLine]] = defaultdict(
            lambda: deque(maxlen=MOVES_OF_DELIVERY_MAX)
        )
        self._of_route: defaultdict[RouteId, deque[MoveLine]] = defaultdict(
            lambda: deque(maxlen=MOVES_OF_ROUTE_MAX)
        )

    def apply(self, record: Record) -> None:
        """Take the log's next record."""
        match record.data:
            case RouteOpened(route=route, shift=shift):
                self._vehicles[route] = shift.vehicle
            case RoutePlanned(moves=moves) as planned:
                for move in moves:
                    self._note(self._line(record, planned, move))
            case _:
                pass

    def of_delivery(self, delivery: DeliveryId | None) -> tuple[MoveLine, ...]:
        """A delivery's moves, the newest first."""
        return () if delivery is None else tuple(reversed(self._of_delivery.get(delivery, ())))

    def of_route(self, route: RouteId) -> tuple[MoveLine, ...]:
        """The moves onto a route and off it, the newest first."""
        return tuple(reversed(self._of_route.get(route, ())))

    def last_at(self, delivery: str) -> Instant | None:
        """When a delivery changed vans last."""
        moves = self._of_delivery.get(DeliveryId(delivery))
        return moves[-1].at if moves else None

    def _line(self, record: Record, planned: RoutePlanned, move: Move) -> MoveLine:
        return MoveLine(
            at=record.recorded_at,
            delivery=move.delivery,
            left=move.left,
            left_vehicle=self._vehicles[move.left],
            route=planned.route,
            vehicle=self._vehicles[planned.route],
            cause=move.cause,
            why=planned.why,
            next_best_s=move.next_best_s,
            because=record.because,
            actor=record.actor,
        )

    def _note(self, line: MoveLine) -> None:
        self._of_delivery[line.delivery].append(line)
        self._of_route[line.left].append(line)
        self._of_route[line.route].append(line)


def explained(line: MoveLine) -> str:
    """A move in one sentence: `moved from van-3 to van-7 because van-3 withdrawn: engine. …`."""
    return f"moved from {line.left_vehicle} to {line.vehicle} {_reason(line)}{_other(line)}"


def _reason(line: MoveLine) -> str:
    match line.cause:
        case MoveCause.van_lost:
            return f"because {line.left_vehicle} is out ({line.why.partition(': ')[2] or line.why})"
        case MoveCause.van_late:
            return f"because {line.left_vehicle} is behind its plan"
        case MoveCause.room:
            return f"to make room for others ({label(line.why)})"
        case MoveCause.cheaper:
            return "because the whole plan is cheaper so"
        case MoveCause.by_hand:
            return f"by {line.actor}: {label(line.why.removeprefix('move: '))}"


def _other(line: MoveLine) -> str:
    """What the next best van would have cost."""
    if line.cause in (MoveCause.cheaper, MoveCause.by_hand):
        return ""
    if line.next_best_s is None:
        return "; no other van keeps its window"
    minutes = round(abs(line.next_best_s) / MINUTE_S)
    if line.next_best_s >= 0:
        return f"; next best would have cost {minutes} min more"
    return f"; another would drive {minutes} min less for it alone, and the others more"
