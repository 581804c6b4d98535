"""Store: the log of each market with what must be durable in the same commit.

Everything that one commit holds is a `Batch`; a store writes all of it or nothing, and returns only when it
is durable. Rows are values: the engine decides, the store keeps.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from doorstep.vocabulary.event import Because, MarketId, StreamId
from doorstep.vocabulary.merkle import Frontier
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.timer import Wake
from doorstep.vocabulary.units import Instant

EFFECTS_PER_EVENT_MAX: Final = 1_000
"""Effects that one event may cause; `seq` counts in these steps."""


class HeadMovedError(Exception):
    """Someone else appended to this market's log first."""


class StoreUnavailableError(Exception):
    """The store did not confirm; the commit may or may not have happened."""


class SchemaMismatchError(Exception):
    """The database was written by another version of Doorstep."""


class StoredEvent(msgspec.Struct, frozen=True):
    """One event as it lies in the log: `text` is what is hashed, byte for byte."""

    position: int
    stream: StreamId
    version: int
    text: bytes


class Timer(msgspec.Struct, frozen=True):
    """Something to do at `due_at`; `cause` is the event that set it, `tries` counts failed ones.

    `set_for` is the time it was set for; `due_at` moves on when a try fails. `died_at` is set when the last
    try failed: a dead timer is never due.
    """

    id: str
    due_at: Instant
    set_for: Instant
    then: AnyCommand | Wake
    cause: str
    because: Because | None = None
    tries: int = 0
    error: str = ""
    died_at: Instant | None = None


class EffectState(StrEnum):
    """What became of an effect."""

    queued = "queued"
    sent = "sent"
    dead = "dead"


class Effect(msgspec.Struct, frozen=True):
    """Something to send; `seq` orders a market's effects, `cause` is the event behind it.

    `due_at` is the time of the next try, and of the sending once it was sent or given up.
    """

    id: str
    seq: int
    subject: str
    kind: str
    body: str
    cause: str
    due_at: Instant
    state: EffectState = EffectState.queued
    tries: int = 0
    error: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a caller was told under an idempotency key: an HTTP status and a body."""

    status: int
    body: bytes


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer as it is kept: `scope` is whose key it is, `request_hash` tells one request from another."""

    scope: str
    key: str
    request_hash: str
    answer: Answer
    created_at: Instant


class Waiting(msgspec.Struct, frozen=True):
    """How much of a market waits: living timers and queued effects, due or not.

    The tries are the most that any of them has had, or of those that were given up.
    """

    timers: int
    timer_tries: int
    effects: int
    effect_tries: int


class Batch(msgspec.Struct, frozen=True):
    """One commit. `events` follow `base` without a gap and end at `head`.

    `timers` maps ids to what stands after the commit, None for a timer that is gone. `effects` are new (one
    whose id is known is dropped); `settled` replace the rows with their ids, `answers` those with their keys.
    """

    market: MarketId
    base: Frontier
    head: Frontier
    events: tuple[StoredEvent, ...] = ()
    timers: Mapping[str, Timer | None] = {}
    effects: tuple[Effect, ...] = ()
    settled: tuple[Effect, ...] = ()
    answers: tuple[KeptAnswer, ...] = ()


class StoredCheckpoint(msgspec.Struct, frozen=True):
    """A signed checkpoint's note over the first `size` events."""

    size: int
    note: str


class Store(Protocol):
    """Keeps logs, timers, effects, answers and checkpoints of any number of markets.

    Every method raises `StoreUnavailableError` where the medium fails.
    """

    def head(self, market: MarketId) -> Frontier:
        """The log's size and peaks; empty for a market without events."""
        ...

    def commit(self, batch: Batch) -> None:
        """Make the batch durable, all of it or nothing.

        Raises:
            HeadMovedError: where the batch has events and the log does not stand at `base`.
        """
        ...

    def events(self, market: MarketId, after: int = 0) -> Iterator[StoredEvent]:
        """The log's events behind position `after`, in order, as they stood when the call began."""
        ...

    def history(self, market: MarketId, stream: StreamId) -> tuple[StoredEvent, ...]:
        """One stream's events by version."""
        ...

    def timer(self, market: MarketId, timer: str) -> Timer | None:
        """A timer, dead or alive."""
        ...

    def due_timers(self, market: MarketId, now: Instant, limit: int) -> tuple[Timer, ...]:
        """At most `limit` living timers due at or before `now`, by due time, then id."""
        ...

    def next_due(self, market: MarketId) -> Instant | None:
        """When the next living timer is due."""
        ...

    def due_effects(self, market: MarketId, now: Instant, limit: int) -> tuple[Effect, ...]:
        """At most `limit` effects due by `now`, each the first queued one of its subject; by `seq`."""
        ...

    def next_effect_due(self, market: MarketId) -> Instant | None:
        """The earliest time at which `due_effects` gives one."""
        ...

    def effect(self, market: MarketId, effect: str) -> Effect | None:
        """An effect by its id, as long as it is kept."""
        ...

    def waiting(self, market: MarketId) -> Waiting:
        """How much waits, counted."""
        ...

    def dead_timers(self, market: MarketId) -> tuple[Timer, ...]:
        """Timers whose last try failed, by due time, then id."""
        ...

    def dead_effects(self, market: MarketId) -> tuple[Effect, ...]:
        """Effects that were given up, by `seq`."""
        ...

    def answer(self, market: MarketId, scope: str, key: str) -> KeptAnswer | None:
        """What was answered under an idempotency key."""
        ...

    def forget_answers(self, market: MarketId, before: Instant) -> int:
        """Delete the answers made before an instant; how many."""
        ...

    def forget_sent(self, market: MarketId, before: Instant) -> int:
        """Delete the effects that were sent before an instant; how many."""
        ...

    def keep_checkpoint(self, market: MarketId, checkpoint: StoredCheckpoint) -> None:
        """Keep a checkpoint; one of the same size stands as it was first kept."""
        ...

    def checkpoints(self, market: MarketId) -> tuple[StoredCheckpoint, ...]:
        """All checkpoints by size."""
        ...
