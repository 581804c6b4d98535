"""Loopback: the whole web surface called in this process, for a simulated day's ten thousand requests.

No handler waits for anything, so a request's coroutine runs from start to end in one step, without an
event loop.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from doorstep.web.reply import ONE_STEP, StreamsError


class Answered(NamedTuple):
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Loopback:
    """Calls an ASGI application directly. It may be used by several threads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        """Send one request; `path` may carry a query.

        Raises:
            StreamsError: where the route does not answer in one step.
        """
        plain, _, query = path.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(plain),
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": _raw_headers(headers or {}, body),
            "client": ("127.0.0.1", 0),
            "server": ("localhost", 80),
            "state": {ONE_STEP: True},
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        step = self._app(scope, receive, send)
        try:
            step.send(None)  # type: ignore[attr-defined]  # an ASGI application is a coroutine function in fact
        except StopIteration:
            pass
        else:
            step.close()  # type: ignore[attr-defined]  # a coroutine has it
            raise StreamsError(f"{method} {path} waits for something")
        return _answered(sent)


def _raw_headers(headers: Mapping[str, str], body: bytes) -> list[tuple[bytes, bytes]]:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if "host" not in headers:
        raw.append((b"host", b"localhost"))
    if body:
        raw.append((b"content-length", b"%d" % len(body)))
    return raw


def _answered(sent: list[Message]) -> Answered:
    start = sent[0]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answered(start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
