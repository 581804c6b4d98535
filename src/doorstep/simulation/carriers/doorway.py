"""A carrier's doorway: its server, with its outages, lost answers and rubbish in front of it."""

from enum import Enum
from typing import Any, Final
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House

FLOOD_CHUNKS: Final = 640
FLOOD_CHUNK: Final = b"\x20" * 65_536
"""Forty megabytes of nothing, sent piece by piece."""
RUBBISH: Final = (
    b"<html><body><h1>Bad Gateway</h1></body></html>",
    b'{"consignment": NaN, "id": NaN}',
    b'{"consignment": 17, "id": [], "shipments": "none", "deliveries": {}}',
    b'{"consignment": "RE0',
    b"\xff\xfe\x00",
)


class Unreachable(Exception):
    """Nobody answers at this address now."""


class NoAnswer(Exception):
    """The carrier has done what was asked, and its answer never comes."""


class _Fate(Enum):
    fine = "fine"
    error = Habit.server_error
    lost = Habit.lost_answer
    garbage = Habit.garbage
    flood = Habit.flood


class Doorway:
    """An ASGI application in front of a carrier's own: what the network and a bad day make of it."""

    def __init__(self, house: House, server: ASGIApp) -> None:
        self._house = house
        self._server = server
        self._calls = 0
        self._is_down = False

    def go_down(self) -> None:
        """An outage begins."""
        self._is_down = True
        self._house.tally[Habit.outage] += 1

    def come_back(self) -> None:
        """And ends."""
        self._is_down = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or fail at it.

        Raises:
            Unreachable: in an outage.
            NoAnswer: where the answer is lost.
        """
        if self._is_down:
            raise Unreachable
        self._calls += 1
        fate = self._fate()
        if fate is not _Fate.fine:
            self._house.tally[Habit(fate.value)] += 1
        if fate is _Fate.fine:
            await self._server(scope, receive, send)
        elif fate is _Fate.error:
            await _answer(send, 500, (b'{"code": "internal"}',))
        else:
            await self._server(scope, receive, _nowhere)
            if fate is _Fate.lost:
                raise NoAnswer
            which = self._house.draw("rubbish", self._calls).choice(RUBBISH)
            await _answer(send, 200, (which,) if fate is _Fate.garbage else (FLOOD_CHUNK,) * FLOOD_CHUNKS)

    def _fate(self) -> _Fate:
        habits = self._house.habits
        luck = self._house.draw("call", self._calls).random()
        for fate, share in (
            (_Fate.error, habits.error_share),
            (_Fate.lost, habits.lost_answer_share),
            (_Fate.garbage, habits.garbage_share),
            (_Fate.flood, habits.flood_share),
        ):
            if luck < share:
                return fate
            luck -= share
        return _Fate.fine


class Line(httpx.BaseTransport):
    """A client's line to a carrier in this process: the same bytes, and no time passes.

    A carrier's handlers wait for nothing, so a call runs from start to end in one step. What would time out
    raises the timeout at once, for nobody sits out seconds on a virtual clock.
    """

    def __init__(self, server: ASGIApp) -> None:
        self._server = server

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        scope = _scope(request)
        body = request.read()
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            _in_one_step(self._server, scope, receive, send)
        except Unreachable as fault:
            raise httpx.ConnectError("connection refused", request=request) from fault
        except NoAnswer as fault:
            raise httpx.ReadTimeout("no answer", request=request) from fault
        start, *rest = sent
        return httpx.Response(
            start["status"],
            headers=start["headers"],
            content=(message.get("body", b"") for message in rest),
        )


def _in_one_step(server: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    step: Any = server(scope, receive, send)
    try:
        step.send(None)
    except StopIteration:
        return
    step.close()
    raise AssertionError(f"{scope['method']} {scope['path']} waits for something")


def _scope(request: httpx.Request) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": unquote(request.url.path),
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 0),
        "server": (request.url.host, request.url.port or 80),
    }


async def _nowhere(_: Message) -> None:
    """Where an answer goes that nobody gets."""


async def _answer(send: Send, status: int, chunks: tuple[bytes, ...]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
