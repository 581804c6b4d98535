"""A door: one method on one path, with who may pass, what it reads, what it answers, and what can go wrong.

Every route is such a door, so that limits, keys, bodies, idempotency and problems are the same on all of
them, and the OpenAPI document is written from what the code runs on.

Handlers are plain functions and run on the event loop: a market decides and commits in well under a
millisecond, and handing over to a thread pool would cost more than the work. One that has much to do works in
steps, between which the loop serves others.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.types import Receive, Scope, Send

from doorstep.engine.callers import OverloadedError
from doorstep.engine.desk import Origin
from doorstep.engine.idempotency import (
    InFlight,
    Mismatch,
    Once,
    Replay,
    TooManyInFlightError,
    Unsaid,
    receipt,
    request_hash,
)
from doorstep.engine.ports.store import Answer, HeadMovedError, StoreUnavailableError
from doorstep.vocabulary.event import Source, StreamId
from doorstep.vocabulary.units import Instant
from doorstep.web.auth import READER, Caller, Role, caller_of, forbidden, unauthorized
from doorstep.web.bodies import read_body, read_query
from doorstep.web.idempotency_key import idempotency_key
from doorstep.web.problem_page import problem_answer
from doorstep.web.problems import ProblemError
from doorstep.web.reply import JSON_MEDIA, ONE_STEP, Reply, StreamReply, StreamsError, problem_reply
from doorstep.web.session import COOKIE, PHONE_COOKIE, is_own_page, token_of
from doorstep.web.steps import Steps, at_once, in_turns
from doorstep.web.tellers_clock import told_at

if TYPE_CHECKING:
    from doorstep.app import Doorstep
    from doorstep.web.screens import Screens

BODY_BYTES_MAX: Final = 1 << 20
"""Bytes of a body where a door says nothing else."""
LONG_BYTES: Final = 64 << 10
"""Bytes of a body from which on its handling leaves the event loop."""
WRITES: Final = frozenset({"POST", "PATCH", "PUT", "DELETE"})
QUERY_FIELDS_MAX: Final = 50
"""Parameters of one query."""
RETRY_AFTER_S: Final = 1
"""Seconds after which a caller may ask again when we are busy."""
ANYONE: Final = frozenset[Role]()
"""No key needed: health, and what pages are made of."""
MERCHANT: Final = frozenset({Role.merchant, Role.operator})
DRIVER: Final = frozenset({Role.driver})
OPERATOR: Final = frozenset({Role.operator})

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_UNANSWERED: Final = frozenset({400, 401, 403, 404, 413, 415, 422, 428, 429})
"""Refusals that come before any effect: the key stays free, so that a mended request may use it."""

Shape = TypeVar("Shape", bound=msgspec.Struct)
Seen = TypeVar("Seen")


class Handler(Protocol):
    """What stands behind a door."""

    __doc__: str | None
    __name__: str
    __module__: str

    def __call__(self, call: "Call", /) -> Reply | StreamReply | Steps:
        """Answer the call, at once or in steps, or raise a `ProblemError`."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request behind its door: who calls, with what."""

    app: "Doorstep"
    screens: "Screens"
    caller: Caller
    path: Mapping[str, str]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    request_id: str
    is_encrypted: bool
    once: Once | None = None
    """The idempotency key, for the commit of the effect."""

    @property
    def now(self) -> Instant:
        """Our clock."""
        return self.app.market.clock.now()

    def origin(self, source: Source = Source.api, at: Instant | None = None) -> Origin:
        """Who tells, and when it happened: now, unless the teller's own clock says."""
        return Origin(self.caller.actor, source, self.now if at is None else at, self.once)

    def told_at(self, at: datetime) -> Instant:
        """When the teller says that it happened; 422 where that clock cannot be right."""
        return told_at(at, self.now)

    def seen(self, read: Callable[[], Seen]) -> Seen:
        """What `read` finds in the views while no commit changes them under its hands."""
        return self.app.market.consistent(lambda _: read())

    def read(self, shape: type[Shape]) -> Shape:
        """The body as `shape`, or a 400 or 422 with all field errors."""
        return read_body(self.raw, shape)

    def ask(self, shape: type[Shape]) -> Shape:
        """The query's parameters as `shape`, or a 422 with all errors."""
        return read_query(self.query, shape)


@dataclass(frozen=True, slots=True)
class Door:
    """A route. `answers` maps a status to the struct of its body; `problems` are refusals beside the usual.

    `also` names, by status, another media type that the answer may have; what was sent decides which.
    `headers` are request headers of its own, by what they mean. One that works `in_steps` stays on the event
    loop, however long its body is. `retell` answers for an effect that stands, by the name in its first
    stream; a write that has it is one commit, and its key goes into that.
    """

    method: str
    path: str
    handle: Handler
    roles: frozenset[Role]
    answers: Mapping[int, object]
    reads: type[msgspec.Struct] | None = None
    asks: type[msgspec.Struct] | None = None
    problems: tuple[int, ...] = ()
    media: tuple[str, ...] = (JSON_MEDIA,)
    answer_media: str = JSON_MEDIA
    also: Mapping[int, str] = field(default_factory=dict)
    bytes_max: int = BODY_BYTES_MAX
    """Of a body that is no JSON; JSON has `BODY_BYTES_MAX` at most."""
    headers: Mapping[str, str] = field(default_factory=dict)
    in_steps: bool = False
    retell: Callable[[Call, str], Reply] | None = None

    def body_bytes_max(self, media: str) -> int:
        """Bytes of a body of this media type: a door may take long files, but no long JSON object."""
        is_file = media in self.media and media != JSON_MEDIA
        return self.bytes_max if is_file else min(self.bytes_max, BODY_BYTES_MAX)

    @property
    def tag(self) -> str:
        """The noun it is about, for readers of the document."""
        return self.handle.__module__.rpartition(".")[2]

    @property
    def is_page(self) -> bool:
        """Whether people look at it, or press it on a page and are led on."""
        return HTTPStatus.SEE_OTHER in self.answers or any(
            isinstance(media, str) and media.startswith("text/html") for media in self.answers.values()
        )

    def asks_for_key(self, path: str) -> str:
        """Where a person who came without a key to this page is sent."""
        # What is pressed on a page stands one step below it.
        onward = path.rpartition("/")[0] if self.is_write else path
        return "/driver/pair" if self.roles == DRIVER else f"/login?next={quote(onward)}"

    @property
    def is_write(self) -> bool:
        """Whether it changes anything."""
        return self.method in WRITES


class DoorApp:
    """A door as an ASGI application."""

    def __init__(self, door: Door, app: "Doorstep", screens: "Screens") -> None:
        self._door = door
        self._app = app
        self._screens = screens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, check, handle, send."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            caller = self._caller(scope, headers)
            bytes_max = self._door.body_bytes_max(_media(headers))
            raw = await _body(headers, receive, bytes_max) if self._door.is_write else b""
            steps = self._steps(scope, headers, caller, raw)
            if ONE_STEP in scope["state"]:
                answer = at_once(steps)
            elif len(raw) > LONG_BYTES and not self._door.in_steps:
                # A large picture takes a while to look into, and the pages must not stand still that long.
                answer = await asyncio.to_thread(at_once, steps)
            else:
                answer = await in_turns(steps)
        except ProblemError as fault:
            answer = problem_answer(fault, scope)
            if fault.status == HTTPStatus.UNAUTHORIZED and self._door.is_page:
                # A person who looks at a page is asked for a key, not told about a header.
                answer = Reply(303, headers={"Location": self._door.asks_for_key(scope["path"])})
        except (StoreUnavailableError, HeadMovedError, OverloadedError, TooManyInFlightError) as fault:
            answer = problem_answer(_unavailable(fault), scope)
        if isinstance(answer, StreamReply):
            if ONE_STEP in scope["state"]:
                raise StreamsError(f"{scope['method']} {scope['path']} streams")
            await answer.send(receive, send)
            return
        await answer.send(send, accept_gzip="gzip" in headers.get("accept-encoding", ""))

    def _caller(self, scope: Scope, headers: Mapping[str, str]) -> Caller:
        door, app = self._door, self._app
        if not door.roles:
            return READER
        authorization = headers.get("authorization")
        if authorization is None and (token := self._cookie(headers)) is not None:
            authorization = f"Bearer {token}"
        caller = caller_of(authorization, app.keys, app.market.id)
        if caller is None:
            if app.settings.open_reads and self._is_ours(headers) and _is_loopback(scope, headers):
                return READER
            raise unauthorized()
        if caller.role not in door.roles:
            raise forbidden(door.roles)
        return caller

    def _cookie(self, headers: Mapping[str, str]) -> str | None:
        """The token of the cookie that this door looks at: a driver's first, where drivers may pass."""
        for role, name in ((Role.driver, PHONE_COOKIE), (Role.operator, COOKIE)):
            token = token_of(headers, is_write=self._door.is_write, name=name)
            if role in self._door.roles and token is not None:
                return token
        return None

    def _is_ours(self, headers: Mapping[str, str]) -> bool:
        """Whether it reads, or an operator's page of ours writes."""
        return not self._door.is_write or (Role.operator in self._door.roles and is_own_page(headers))

    def _steps(self, scope: Scope, headers: Mapping[str, str], caller: Caller, raw: bytes) -> Steps:
        door = self._door
        if door.is_write and raw and door.media and _media(headers) not in door.media:
            raise ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_type", f"This door takes {' or '.join(door.media)}."
            )
        call = Call(
            app=self._app,
            screens=self._screens,
            caller=caller,
            path=scope["path_params"],
            headers=headers,
            query=query_of(scope["query_string"]),
            raw=raw,
            request_id=scope["state"]["request_id"],
            is_encrypted=scope["scheme"] == "https",
        )
        key = headers.get("idempotency-key") if door.is_write else None
        if key is None:
            return (yield from self._handled(call))
        return (yield from self._once(call, idempotency_key(key), scope["path"]))

    def _handled(self, call: Call) -> Steps:
        answer = self._door.handle(call)
        return (yield from answer) if isinstance(answer, Generator) else answer

    def _once(self, call: Call, key: str, path: str) -> Steps:
        """Handle the call under its key: a second time, the first answer is said again."""
        keys, scope = self._app.idempotency, call.caller.scope
        hashed = request_hash(self._door.method.encode(), path.encode(), call.raw)
        wait = {"Retry-After": str(RETRY_AFTER_S)}
        match keys.begin(scope, key, hashed):
            case Replay(answer=kept):
                return _replayed(kept)
            case Unsaid(stream=stream):
                return self._retell(call, key, hashed, stream)
            case InFlight():
                raise ProblemError(409, "in_flight", "The same request is under way.", headers=wait)
            case Mismatch():
                raise ProblemError(422, "key_reused", "This Idempotency-Key stands for another request.")
        if self._door.retell is not None:
            call = replace(call, once=Once(scope, key, hashed, receipt))
        try:
            try:
                answer = yield from self._handled(call)
            except ProblemError as fault:
                if fault.status in _UNANSWERED or fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                answer = problem_reply(fault, call.request_id)
            # What a write answers is whole, so that it can be said again.
            assert isinstance(answer, Reply), "a write answers whole"
            keys.finish(scope, key, hashed, Answer(answer.status, _packed(answer)))
        except BaseException:
            keys.abandon(scope, key)
            raise
        return answer

    def _retell(self, call: Call, key: str, hashed: str, stream: StreamId) -> Reply:
        """The effect stands, and the process ended before it was answered."""
        keys, scope = self._app.idempotency, call.caller.scope
        try:
            assert self._door.retell is not None, "only a door that can tell again leaves a receipt"
            answer = self._door.retell(call, stream.partition("/")[2])
            return _replayed(keys.finish(scope, key, hashed, Answer(answer.status, _packed(answer))))
        except BaseException:
            keys.abandon(scope, key)
            raise


async def _body(headers: Mapping[str, str], receive: Receive, bytes_max: int) -> bytes:
    """The body, read chunk by chunk and given up as soon as it is too large, whatever its header claims."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > bytes_max:
        raise _too_large(bytes_max)
    chunks, total, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ProblemError(HTTPStatus.BAD_REQUEST, "cut_off", "The body ended before its end.")
        chunk = message.get("body", b"")
        total += len(chunk)
        if total > bytes_max:
            raise _too_large(bytes_max)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large(bytes_max: int) -> ProblemError:
    detail = f"The body has more than {bytes_max} bytes."
    # Whoever sends more would send it all; the connection ends instead.
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail, headers={"Connection": "close"}
    )


def query_of(query: bytes) -> dict[str, str]:
    """The query's parameters; a name that stands twice is refused, as a key in a body is."""
    if not query:
        return {}
    try:
        text = query.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=QUERY_FIELDS_MAX)
    except ValueError as fault:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_query", "The query cannot be read.") from fault
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "bad_query", "A parameter stands twice in the query.")
    return values


def _media(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_loopback(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether the caller is on this machine and says so: a foreign page with its own name for us does not."""
    client = scope.get("client")
    return client is not None and client[0] in _LOOPBACK and is_this_machine(headers.get("host", ""))


def is_this_machine(host: str) -> bool:
    """Whether a `Host` names this machine and no other, with a port or without."""
    return (host.rpartition(":")[0] or host).strip("[]") in _LOOPBACK


def _unavailable(fault: Exception) -> ProblemError:
    what = (type(fault).__doc__ or "The store does not answer.").strip()
    detail = f"{what} Nothing was acknowledged; ask again."
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, headers={"Retry-After": str(RETRY_AFTER_S)}
    )


def _packed(answer: Reply) -> bytes:
    return msgspec.msgpack.encode(answer)


def _replayed(kept: Answer) -> Reply:
    first = msgspec.msgpack.decode(kept.body, type=Reply)
    return msgspec.structs.replace(first, headers={**first.headers, "Idempotency-Replayed": "true"})
