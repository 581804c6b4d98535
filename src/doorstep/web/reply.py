"""Replies: what goes back through a door, ready to send."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Mapping
from typing import Final

import msgspec
from starlette.types import Receive, Send

from doorstep.web.problems import PROBLEM_MEDIA, ProblemError

ONE_STEP: Final = "one_step"
"""In a request's state: the caller drives it from start to end at once, so nothing may wait."""
JSON_MEDIA: Final = "application/json"
GZIP_BYTES_MIN: Final = 1_400
"""Smaller bodies fit into one packet as they are."""
GZIP_LEVEL: Final = 5

_encode: Final = msgspec.json.Encoder().encode


class Reply(msgspec.Struct, frozen=True):
    """A status, a whole body, and the headers beside length and type."""

    status: int
    body: bytes = b""
    media: str = JSON_MEDIA
    headers: Mapping[str, str] = {}

    async def send(self, send: Send, *, accept_gzip: bool = False) -> None:
        """Write it out; compressed where the caller takes that and it is worth it."""
        body = self.body
        headers = [(b"content-type", self.media.encode())]
        if len(body) >= GZIP_BYTES_MIN and _is_text(self.media):
            headers.append((b"vary", b"accept-encoding"))
            if accept_gzip:
                body = gzip.compress(body, GZIP_LEVEL, mtime=0)
                headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", b"%d" % len(body)))
        headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class StreamsError(Exception):
    """This route waits or streams; call it through a server."""


class StreamReply(msgspec.Struct, frozen=True):
    """A body that has no end, or none yet."""

    chunks: AsyncGenerator[bytes, None]
    media: str
    headers: Mapping[str, str] = {}
    status: int = 200

    async def send(self, receive: Receive, send: Send) -> None:
        """Write chunk after chunk, until the caller leaves or the server ends."""
        headers = [(b"content-type", self.media.encode())]
        headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        gone = asyncio.create_task(_until_gone(receive))
        try:
            async for chunk in self.chunks:
                # To a caller who has left, a server's `send` goes nowhere and says nothing.
                if gone.done():
                    break
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except asyncio.CancelledError:
            pass  # the server ends, and with it every stream: no defect of this one
        finally:
            gone.cancel()
            await self.chunks.aclose()
        await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON reply of any struct or builtin value."""
    return Reply(status, _encode(value), JSON_MEDIA, headers or {})


def problem_reply(fault: ProblemError, request_id: str) -> Reply:
    """The reply that a problem makes."""
    return Reply(fault.status, _encode(fault.problem(request_id)), PROBLEM_MEDIA, fault.headers)


def _is_text(media: str) -> bool:
    return media.startswith(
        ("text/", "application/json", "application/problem+json", "application/x-ndjson", "image/svg")
    )
