"""The live stream: what changed on the board since the caller last heard, as server-sent events.

Each message carries the log's position as its id. Whoever comes back with `Last-Event-ID` where the log still
stands hears only what changes from here on; everyone else first hears the whole board. A message names whole
routes, never parts of them, so a message that was lost harms nothing that the next one does not mend. The
pages of an order, a case and a route follow `touched`, which names what the newest records are about.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from doorstep.web.board_shapes import BoardShape
from doorstep.web.door import Call
from doorstep.web.problems import ProblemError
from doorstep.web.reply import StreamReply
from doorstep.web.touched import Touched

if TYPE_CHECKING:
    from doorstep.web.live_board import LiveBoard

LOOK_EVERY_S: Final = 0.5
"""Seconds between two looks at the board."""
HEARTBEAT_S: Final = 10.0
"""Seconds of silence after which a message without news says that the line is alive."""
RETRY_MS: Final = 1_500
"""Milliseconds after which a browser comes back."""
LISTENERS_MAX: Final = 200
"""Open streams of one process; each looks at the same board."""
TOUCHED_MAX: Final = 500
"""Ids that one message names; beyond, every page looks again."""
EVENT_STREAM: Final = "text/event-stream"

_encode: Final = msgspec.json.Encoder().encode
_listening: set[object] = set()


class StreamQuery(msgspec.Struct, frozen=True):
    """Where to go on, for callers that cannot set a header."""

    last_event_id: Annotated[str, msgspec.Meta(max_length=40)] = ""


def stream(call: Call) -> StreamReply:
    """Follow the board: `board` whole, then `changes`, `touched`, and `vehicles` as they move.

    `touched` has the `ids` of the orders, deliveries, cases and routes that the newest events are about, or
    `all` true where they are too many to name. `alive` after ten silent seconds says that the line stands.
    Come back with `Last-Event-ID` after a drop.
    """
    if len(_listening) >= LISTENERS_MAX:
        raise ProblemError(503, "overloaded", "Too many streams are open.", headers={"Retry-After": "5"})
    heard = call.headers.get("last-event-id") or call.ask(StreamQuery).last_event_id
    chunks = _messages(call.screens.live, call.screens.touched, heard)
    return StreamReply(chunks, EVENT_STREAM, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _messages(live: "LiveBoard", touched: Touched, heard: str) -> AsyncGenerator[bytes, None]:
    listener = object()
    _listening.add(listener)
    try:
        yield b"retry: %d\n\n" % RETRY_MS
        told = Told(touched)
        board = live.look()
        if heard == str(board.position):
            told.board(board)
        else:
            yield _message("board", board.position, told.board(board))
        silent_s = 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            said = [_message(*part) for part in told.news(live.look())]
            silent_s = 0.0 if said else silent_s + LOOK_EVERY_S
            if silent_s >= HEARTBEAT_S:
                said, silent_s = [_message("alive", live.look().position, b"{}")], 0.0
            for part in said:
                yield part
    finally:
        _listening.discard(listener)


class Told:
    """What one listener knows, so that only news is told."""

    def __init__(self, touched: Touched) -> None:
        self._touched = touched
        self._position = 0
        self._parts: dict[str, bytes] = {}
        self._routes: dict[str, bytes] = {}
        self._vehicles = b""

    def board(self, board: BoardShape) -> bytes:
        """The whole board, noted as told."""
        self._position = board.position
        self._changes(board)
        self._vehicles = _encode(board.vehicles)
        return _encode(board)

    def news(self, board: BoardShape) -> list[tuple[str, int, bytes]]:
        """The messages that bring the listener up to date: name, position, data."""
        found: list[tuple[str, int, bytes]] = []
        changes = self._changes(board)
        if changes:
            head = {"at": board.at, "position": board.position, "day": board.day}
            found.append(("changes", board.position, _encode(head | changes)))
        if board.position > self._position:
            ids = self._touched.since(self._position)
            named = {"all": True} if ids is None or len(ids) > TOUCHED_MAX else {"ids": ids}
            found.append(("touched", board.position, _encode({"at": board.at} | named)))
            self._position = board.position
        vehicles = _encode(board.vehicles)
        if vehicles != self._vehicles:
            self._vehicles = vehicles
            found.append(("vehicles", board.position, _encode({"at": board.at, "vehicles": board.vehicles})))
        return found

    def _changes(self, board: BoardShape) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for name in ("figures", "capacity", "carriers", "cases"):
            part = getattr(board, name)
            text = _encode(part)
            if self._parts.get(name) != text:
                self._parts[name] = text
                changes[name] = part
        texts = {route.id: _encode(route) for route in board.routes}
        changed = [route for route in board.routes if self._routes.get(route.id) != texts[route.id]]
        if changed:
            changes["routes"] = changed
        if texts.keys() != self._routes.keys():
            changes["order"] = [route.id for route in board.routes]
        self._routes = texts
        return changes


def _message(name: str, position: int, data: bytes) -> bytes:
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), position, data)
