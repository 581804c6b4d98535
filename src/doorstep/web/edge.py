"""The edge: what every request meets first and every reply carries last."""

import logging
import re
import secrets
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.web.problem_page import problem_answer
from doorstep.web.problems import ProblemError
from doorstep.web.reply import StreamsError

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self';"
    " img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
REQUEST_ID_BYTES: Final = 12
"""Bytes of chance behind a request's id."""

_ALWAYS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")
_THEIRS: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""A caller's own request id, where it is harmless to repeat."""

_log: Final = logging.getLogger(__name__)


class Edge:
    """Gives each request an id, each reply its security headers, each defect a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        is_started = False

        async def dressed(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                headers = message["headers"] = list(message.get("headers", ()))
                headers += (*_ALWAYS, (b"x-request-id", request_id.encode()))
                if not any(name == _NO_STORE[0] for name, _ in headers):
                    # What is not said to be public may hold a person's data, and stays in no cache.
                    headers.append(_NO_STORE)
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except StreamsError:
            raise  # a mistake of the caller in this process, who is told directly
        except Exception:
            _log.exception("request %s: %s %s failed", request_id, scope["method"], scope["path"])
            if is_started:
                raise
            fault = ProblemError(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "defect",
                "A defect of ours. The request's id finds it in the log.",
            )
            await problem_answer(fault, scope).send(dressed)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _THEIRS.fullmatch(value.decode("latin-1")):
            return str(value.decode("ascii"))
    # Not from the market's chance: whoever looks at a page must not change what a seeded day draws next.
    return f"req_{secrets.token_hex(REQUEST_ID_BYTES)}"
