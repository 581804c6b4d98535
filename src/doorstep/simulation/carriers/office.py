"""Office: what the HTTP doors of every carrier have in common: a key, one shape of JSON in, JSON out."""

import hmac
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Keyed:
    """An application that is open to one bearer key only."""

    def __init__(self, server: ASGIApp, api_key: str) -> None:
        self._server = server
        self._expected = f"Bearer {api_key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the holder of the key pass."""
        given = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(given, self._expected):
            await self._server(scope, receive, send)
        else:
            await said_no(401, "key", "unknown key")(scope, receive, send)


async def read(request: Request, shape: type[Shape]) -> Shape | None:
    """The body as `shape`; None where it is something else."""
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def said(status: int, value: object) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def said_no(status: int, code: str, message: str) -> Response:
    """A refusal with the carrier's own code."""
    return said(status, {"code": code, "message": message})
