"""Wire: one HTTP call to a carrier, bounded in time and in bytes, and read as exactly one shape of JSON."""

from collections.abc import Mapping
from time import monotonic
from typing import Final, Self, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from doorstep.adapters.carriers.connection import Connection
from doorstep.engine.ports.carriers import ANSWER_BYTES_MAX, CarrierDown, CarrierGarbled

CONNECT_S_MAX: Final = 2.0
READ_S_MAX: Final = 5.0
"""Seconds between two pieces of an answer."""
ANSWER_S_MAX: Final = 10.0
"""Seconds for a whole answer, so that one that drips holds nobody."""
NOT_OURS_TO_USE: Final = frozenset({401, 403, 408, 425, 429})
"""Statuses that mean: not now, or not with this key. Nothing was done, and nothing can be done this way."""

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Answer(msgspec.Struct, frozen=True):
    """What came back, whole: 2xx, 404, 409 or 422."""

    status: int
    body: bytes

    def read(self, shape: type[Shape]) -> Shape:
        """The body as `shape`.

        Raises:
            CarrierGarbled: it is something else.
        """
        try:
            return msgspec.json.decode(self.body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
            raise CarrierGarbled(f"an answer that is no {shape.__name__}: {fault}") from fault

    def granted(self, shape: type[Shape]) -> Shape:
        """The body of an answer that is a yes.

        Raises:
            CarrierGarbled: it is a no where none can be, or something else.
        """
        if not 200 <= self.status < 300:
            raise CarrierGarbled(f"it answered {self.status}")
        return self.read(shape)


class Wire:
    """Calls one carrier. Redirects are not followed: a carrier is where its contract says it is.

    A `transport` other than the network's is for simulations and tests.
    """

    def __init__(self, connection: Connection, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=connection.base_url,
            headers={
                "authorization": f"Bearer {connection.api_key}",
                "accept": "application/json",
                "accept-encoding": "identity",
            },
            timeout=httpx.Timeout(READ_S_MAX, connect=CONNECT_S_MAX),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of open connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and wait for its answer.

        Raises:
            CarrierDown: no answer in time, or one that says that the carrier cannot now.
            CarrierGarbled: an answer that is too long, or of a status that means nothing here.
        """
        content = msgspec.json.encode(body) if body is not None else None
        headers = {"content-type": "application/json"} if body is not None else {}
        target = f"{path}?{urlencode(query)}" if query else path
        try:
            with self._client.stream(method, target, content=content, headers=headers) as answer:
                # A word about the status comes before the body: nothing of an error page is needed.
                _check(answer.status_code)
                return Answer(answer.status_code, _whole(answer))
        except httpx.HTTPError as fault:
            raise CarrierDown(f"{method} {path}: {type(fault).__name__}") from fault


def _check(status: int) -> None:
    if status >= 500 or status in NOT_OURS_TO_USE:
        raise CarrierDown(f"it answered {status}")
    if not 200 <= status < 300 and status not in (404, 409, 422):
        raise CarrierGarbled(f"it answered {status}")


def _whole(answer: httpx.Response) -> bytes:
    """The answer's bytes, as long as they are few and come in time. They are read as sent, never unpacked.

    Compressed bytes would be no JSON, and a small answer could unpack into a long one.
    """
    until = monotonic() + ANSWER_S_MAX
    found = bytearray()
    # Piece by piece as they come: a chunk of a fixed size would wait for a slow answer to fill it.
    for chunk in answer.iter_raw():
        found += chunk
        if len(found) > ANSWER_BYTES_MAX:
            raise CarrierGarbled(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
        if monotonic() > until:
            raise CarrierDown(f"an answer that takes more than {ANSWER_S_MAX:.0f} s")
    return bytes(found)
