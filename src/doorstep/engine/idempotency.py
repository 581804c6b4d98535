"""Idempotency: one key, one effect, one answer.

What stands under the key is written in the commit of the effect, so that there is no moment at which one of
them stands without the other: a caller whose connection broke asks again under the same key and is told the
same. Where the whole answer is known only once the effect is visible, the commit carries a receipt, and the
answer takes its place; a receipt that was left behind says what was done, and the answer is told anew. That a
request is under way is known only to the process that owns the market; when it dies, nothing of the request
happened, and the key is free again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Final

from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.store import Answer, Batch, KeptAnswer, Store
from doorstep.engine.rules import Outcome
from doorstep.vocabulary.event import MarketId, Refusal, StreamId
from doorstep.vocabulary.units import Instant, after, seconds_between

ANSWER_KEPT_S: Final = 86_400
"""Seconds that an answer is kept at least."""
IN_FLIGHT_S_MAX: Final = 120
"""Seconds after which a request that never ended no longer holds its key."""
IN_FLIGHT_MAX: Final = 10_000
"""Requests under way in one market."""
RECEIPT: Final = 0
"""The status of an answer that is none yet: its body is the stream that the effect began in."""
KEY_CHARS_MAX: Final = 255
"""Characters of a key."""


class TooManyInFlightError(Exception):
    """More requests are under way than the market takes."""


@dataclass(frozen=True, slots=True)
class New:
    """The key is fresh: do the work, then `finish` or `abandon`."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The work was done before; say this again."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The work was done before and nobody was told: say what came of `stream`, and `finish`."""

    stream: StreamId


@dataclass(frozen=True, slots=True)
class InFlight:
    """The same request is under way."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The key stands for another request."""


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key for `Market.handle`: `answer` says, from the outcomes, what stands under it.

    None keeps nothing: the key is still free.
    """

    scope: str
    key: str
    request_hash: str
    answer: Callable[[Sequence[Outcome]], Answer | None]


def receipt(outcomes: Sequence[Outcome]) -> Answer | None:
    """For an effect, the stream of its first event; for a refusal nothing, for it did nothing."""
    first = outcomes[0]
    if isinstance(first, Refusal) or not first.records:
        return None
    return Answer(RECEIPT, first.records[0].stream.encode())


def request_hash(*parts: bytes) -> str:
    """The hex SHA-256 that tells one request from another: method, path and body, each with its length."""
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


class IdempotencyKeys:
    """The keys of one market."""

    def __init__(self, market: MarketId, store: Store, clock: Clock) -> None:
        self._market = market
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._in_flight: dict[tuple[str, str], tuple[str, Instant]] = {}

    def begin(self, scope: str, key: str, request_hash: str) -> New | Replay | Unsaid | InFlight | Mismatch:
        """Claim a key for a request; `scope` is whose key it is, so that callers cannot meet in one.

        Raises:
            TooManyInFlightError: the market has 10,000 requests under way.
        """
        assert 0 < len(key) <= KEY_CHARS_MAX, "the door checks a key's length"
        now = self._clock.now()
        with self._lock:
            # Looked up under the lock: else a request that ends in between would be found nowhere.
            held = self._in_flight.get((scope, key))
            if held and seconds_between(held[1], now) < IN_FLIGHT_S_MAX:
                return InFlight() if held[0] == request_hash else Mismatch()
            kept = self._store.answer(self._market, scope, key)
            if kept and kept.request_hash != request_hash:
                return Mismatch()
            if kept and kept.answer.status != RECEIPT:
                return Replay(kept.answer)
            if len(self._in_flight) >= IN_FLIGHT_MAX:
                self._drop_stale(now)
            self._in_flight[scope, key] = (request_hash, now)
            return Unsaid(StreamId(kept.answer.body.decode())) if kept else New()

    def finish(self, scope: str, key: str, request_hash: str, answer: Answer) -> Answer:
        """End a request; the answer that stands, which is the earlier one where a commit carried it whole."""
        with self._lock:
            kept = self._store.answer(self._market, scope, key)
            if kept is None or kept.answer.status == RECEIPT:
                kept = KeptAnswer(scope, key, request_hash, answer, self._clock.now())
                head = self._store.head(self._market)
                self._store.commit(Batch(self._market, head, head, answers=(kept,)))
            self._in_flight.pop((scope, key), None)
            return kept.answer

    def abandon(self, scope: str, key: str) -> None:
        """End a request without an answer: the next one with the key tries again."""
        with self._lock:
            self._in_flight.pop((scope, key), None)

    def sweep(self, now: Instant) -> int:
        """Forget the answers that are older than 24 hours; how many."""
        return self._store.forget_answers(self._market, after(now, -ANSWER_KEPT_S))

    def _drop_stale(self, now: Instant) -> None:
        stale = [
            held
            for held, (_, since) in self._in_flight.items()
            if seconds_between(since, now) >= IN_FLIGHT_S_MAX
        ]
        for held in stale:
            del self._in_flight[held]
        if not stale:
            raise TooManyInFlightError(f"{IN_FLIGHT_MAX} requests are under way")
