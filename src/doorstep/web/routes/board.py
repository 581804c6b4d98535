"""The board, the day's figures, the vans and the routes, for whoever runs the day."""

from typing import Final

import msgspec

from doorstep.views.board_view import Figures
from doorstep.vocabulary.ids import RouteId
from doorstep.web.board_shapes import BoardShape, CapacityShape, RouteLine, VehicleShape
from doorstep.web.door import OPERATOR, Call, Door
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply, reply
from doorstep.web.route_path import RoutePath
from doorstep.web.stream import stream


class RouteList(msgspec.Struct, frozen=True):
    """The day's routes."""

    routes: tuple[RouteLine, ...]


class DayShape(msgspec.Struct, frozen=True):
    """The day in numbers."""

    day: str
    figures: Figures
    capacity: CapacityShape | None


def read_board(call: Call) -> Reply:
    """Read the live page's data: figures, routes with their stops, vans, open cases."""
    board = call.screens.live.look()
    tag = f'"{board.position}.{int(board.at.timestamp())}"'
    if call.headers.get("if-none-match") == tag:
        return Reply(304, headers={"ETag": tag, "Cache-Control": "no-cache"})
    return reply(board, headers={"ETag": tag, "Cache-Control": "no-cache"})


def read_day(call: Call) -> Reply:
    """Read the day's figures."""
    board = call.screens.live.look()
    return reply(DayShape(board.day, board.figures, board.capacity))


def list_vehicles(call: Call) -> Reply:
    """List the day's vans with their last positions."""
    return reply(call.screens.live.vehicles())


def list_routes(call: Call) -> Reply:
    """List the day's routes with their stops, the plan against what happened."""
    return reply(RouteList(call.screens.live.look().routes))


def read_route(call: Call) -> Reply:
    """Read one route."""
    return reply(find_route(call))


def read_path(call: Call) -> Reply:
    """Read the streets along a route, stop by stop, as a map draws them."""
    return reply(call.screens.legs.along(find_route(call)))


def find_route(call: Call) -> RouteLine:
    """The route of the path, of any day that the board still knows."""
    found = call.screens.live.route(RouteId(call.path["route"]))
    if found is None:
        raise not_found("route")
    return found


DOORS: Final = (
    Door("GET", "/v1/vehicles", list_vehicles, OPERATOR, {200: tuple[VehicleShape, ...]}),
    Door("GET", "/v1/board", read_board, OPERATOR, {200: BoardShape, 304: None}),
    Door("GET", "/v1/day", read_day, OPERATOR, {200: DayShape}),
    Door("GET", "/v1/stream", stream, OPERATOR, {200: "text/event-stream"}),
    Door("GET", "/v1/routes", list_routes, OPERATOR, {200: RouteList}),
    Door("GET", "/v1/routes/{route}", read_route, OPERATOR, {200: RouteLine}),
    Door("GET", "/v1/routes/{route}/path", read_path, OPERATOR, {200: RoutePath}),
)
