"""A store in memory: for simulated days and tests. It forgets everything with its process."""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from threading import RLock
from typing import TypeVar

import msgspec

from doorstep.engine.ports.keys import ApiKey
from doorstep.engine.ports.positions import VehiclePosition
from doorstep.engine.ports.store import (
    Batch,
    Effect,
    EffectState,
    HeadMovedError,
    KeptAnswer,
    StoredCheckpoint,
    StoredEvent,
    Timer,
    Waiting,
)
from doorstep.engine.ports.webhooks import ATTEMPTS_KEPT_MAX, WebhookAttempt
from doorstep.vocabulary.event import MarketId, StreamId
from doorstep.vocabulary.ids import VehicleId
from doorstep.vocabulary.merkle import Frontier
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import WebhookId

_K = TypeVar("_K")
_V = TypeVar("_V")


class _Shelf:
    """One market's rows."""

    def __init__(self) -> None:
        self.head = Frontier()
        self.events: list[StoredEvent] = []
        self.streams: dict[StreamId, list[StoredEvent]] = defaultdict(list)
        self.timers: dict[str, Timer] = {}
        self.alarms: list[tuple[Instant, str]] = []
        """Living timers by due time, then id."""
        self.effects: dict[str, Effect] = {}
        self.queues: dict[str, list[tuple[int, str]]] = {}
        """Queued effects by subject, each queue by `seq`."""
        self.answers: dict[tuple[str, str], KeptAnswer] = {}
        self.checkpoints: dict[int, StoredCheckpoint] = {}

    def set_timer(self, name: str, timer: Timer | None) -> None:
        """Put a timer in the place of what stands under its id."""
        before = self.timers.pop(name, None)
        if before and before.died_at is None:
            del self.alarms[bisect_left(self.alarms, (before.due_at, name))]
        if timer:
            self.timers[name] = timer
            if timer.died_at is None:
                insort(self.alarms, (timer.due_at, name))

    def put_effect(self, effect: Effect) -> None:
        """Put an effect in the place of what stands under its id."""
        before = self.effects.get(effect.id)
        if before and before.state is EffectState.queued:
            queue = self.queues[before.subject]
            queue.remove((before.seq, before.id))
            if not queue:
                del self.queues[before.subject]
        self.effects[effect.id] = effect
        if effect.state is EffectState.queued:
            insort(self.queues.setdefault(effect.subject, []), (effect.seq, effect.id))

    def first_queued(self) -> Iterator[Effect]:
        """The first queued effect of every subject."""
        return (self.effects[queue[0][1]] for queue in self.queues.values())


class MemoryStore:
    """Keeps logs and what goes with them in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._shelves: dict[MarketId, _Shelf] = defaultdict(_Shelf)

    def head(self, market: MarketId) -> Frontier:
        """The log's size and peaks; empty for a market without events."""
        with self._lock:
            return self._shelves[market].head

    def commit(self, batch: Batch) -> None:
        """Take the batch, all of it or nothing.

        Raises:
            HeadMovedError: where the batch has events and the log does not stand at `base`.
        """
        with self._lock:
            shelf = self._shelves[batch.market]
            if batch.events:
                if shelf.head != batch.base:
                    raise HeadMovedError(
                        f"{batch.market} has {shelf.head.size} events, not {batch.base.size}"
                    )
                shelf.events += batch.events
                for event in batch.events:
                    shelf.streams[event.stream].append(event)
                shelf.head = batch.head
            for name, timer in batch.timers.items():
                shelf.set_timer(name, timer)
            for effect in batch.effects:
                if effect.id not in shelf.effects:
                    shelf.put_effect(effect)
            for effect in batch.settled:
                shelf.put_effect(effect)
            for kept in batch.answers:
                shelf.answers[kept.scope, kept.key] = kept

    def events(self, market: MarketId, after: int = 0) -> Iterator[StoredEvent]:
        """The log's events behind position `after`, in order, as they stood when the call began."""
        with self._lock:
            return iter(self._shelves[market].events[after:])

    def history(self, market: MarketId, stream: StreamId) -> tuple[StoredEvent, ...]:
        """One stream's events by version."""
        with self._lock:
            return tuple(self._shelves[market].streams.get(stream, ()))

    def timer(self, market: MarketId, timer: str) -> Timer | None:
        """A timer, dead or alive."""
        with self._lock:
            return self._shelves[market].timers.get(timer)

    def due_timers(self, market: MarketId, now: Instant, limit: int) -> tuple[Timer, ...]:
        """At most `limit` living timers due at or before `now`, by due time, then id."""
        with self._lock:
            shelf = self._shelves[market]
            end = bisect_left(shelf.alarms, (Instant(now + 1), ""))
            return tuple(shelf.timers[name] for _, name in shelf.alarms[: min(end, limit)])

    def next_due(self, market: MarketId) -> Instant | None:
        """When the next living timer is due."""
        with self._lock:
            alarms = self._shelves[market].alarms
            return alarms[0][0] if alarms else None

    def due_effects(self, market: MarketId, now: Instant, limit: int) -> tuple[Effect, ...]:
        """At most `limit` effects due by `now`, each the first queued one of its subject; by `seq`."""
        with self._lock:
            first = self._shelves[market].first_queued()
            due = sorted((effect for effect in first if effect.due_at <= now), key=lambda effect: effect.seq)
            return tuple(due[:limit])

    def next_effect_due(self, market: MarketId) -> Instant | None:
        """The earliest time at which `due_effects` gives one."""
        with self._lock:
            return min((effect.due_at for effect in self._shelves[market].first_queued()), default=None)

    def effect(self, market: MarketId, effect: str) -> Effect | None:
        """An effect by its id, as long as it is kept."""
        with self._lock:
            return self._shelves[market].effects.get(effect)

    def waiting(self, market: MarketId) -> Waiting:
        """How much waits, counted."""
        with self._lock:
            shelf = self._shelves[market]
            effects = [one for one in shelf.effects.values() if one.state is not EffectState.sent]
            return Waiting(
                timers=len(shelf.alarms),
                timer_tries=max((timer.tries for timer in shelf.timers.values()), default=0),
                effects=sum(effect.state is EffectState.queued for effect in effects),
                effect_tries=max((effect.tries for effect in effects), default=0),
            )

    def dead_timers(self, market: MarketId) -> tuple[Timer, ...]:
        """Timers whose last try failed, by due time, then id."""
        with self._lock:
            dead = [timer for timer in self._shelves[market].timers.values() if timer.died_at is not None]
            return tuple(sorted(dead, key=lambda timer: (timer.due_at, timer.id)))

    def dead_effects(self, market: MarketId) -> tuple[Effect, ...]:
        """Effects that were given up, by `seq`."""
        with self._lock:
            effects = self._shelves[market].effects.values()
            dead = [effect for effect in effects if effect.state is EffectState.dead]
            return tuple(sorted(dead, key=lambda effect: effect.seq))

    def answer(self, market: MarketId, scope: str, key: str) -> KeptAnswer | None:
        """What was answered under an idempotency key."""
        with self._lock:
            return self._shelves[market].answers.get((scope, key))

    def forget_answers(self, market: MarketId, before: Instant) -> int:
        """Delete the answers made before an instant; how many."""
        with self._lock:
            answers = self._shelves[market].answers
            return _delete(answers, lambda kept: kept.created_at < before)

    def forget_sent(self, market: MarketId, before: Instant) -> int:
        """Delete the effects that were sent before an instant; how many."""
        with self._lock:
            effects = self._shelves[market].effects
            return _delete(
                effects, lambda effect: effect.state is EffectState.sent and effect.due_at < before
            )

    def keep_checkpoint(self, market: MarketId, checkpoint: StoredCheckpoint) -> None:
        """Keep a checkpoint; one of the same size stands as it was first kept."""
        with self._lock:
            self._shelves[market].checkpoints.setdefault(checkpoint.size, checkpoint)

    def checkpoints(self, market: MarketId) -> tuple[StoredCheckpoint, ...]:
        """All checkpoints by size."""
        with self._lock:
            kept = self._shelves[market].checkpoints
            return tuple(kept[size] for size in sorted(kept))


class MemoryPositions:
    """Keeps each vehicle's last position in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._last: dict[MarketId, dict[VehicleId, VehiclePosition]] = defaultdict(dict)

    def report(self, market: MarketId, position: VehiclePosition) -> bool:
        """Keep it unless a later one is known; whether it was kept."""
        with self._lock:
            known = self._last[market].get(position.vehicle)
            if known and known.at >= position.at:
                return False
            self._last[market][position.vehicle] = position
            return True

    def last(self, market: MarketId, vehicle: VehicleId) -> VehiclePosition | None:
        """Where the vehicle was last seen."""
        with self._lock:
            return self._last[market].get(vehicle)

    def all_last(self, market: MarketId) -> tuple[VehiclePosition, ...]:
        """Every vehicle's last position, by vehicle."""
        with self._lock:
            known = self._last[market]
            return tuple(known[vehicle] for vehicle in sorted(known))


class MemoryKeys:
    """Keeps API keys in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._keys: dict[str, ApiKey] = {}

    def add(self, key: ApiKey) -> None:
        """Keep a new key; its hash must be new."""
        with self._lock:
            assert key.hash not in self._keys, "a key is added once"
            self._keys[key.hash] = key

    def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash, revoked or not."""
        with self._lock:
            return self._keys.get(key_hash)

    def of_market(self, market: MarketId) -> tuple[ApiKey, ...]:
        """A market's keys by creation, then hash."""
        with self._lock:
            keys = [key for key in self._keys.values() if key.market == market]
            return tuple(sorted(keys, key=lambda key: (key.created_at, key.hash)))

    def revoke(self, key_hash: str, at: Instant) -> bool:
        """Close it from `at` on; False where it is unknown or was closed before."""
        with self._lock:
            key = self._keys.get(key_hash)
            if key is None or key.revoked_at is not None:
                return False
            self._keys[key_hash] = msgspec.structs.replace(key, revoked_at=at)
            return True


class MemoryWebhookAttempts:
    """Remembers the last tries of each webhook in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._kept: dict[tuple[MarketId, WebhookId], deque[WebhookAttempt]] = defaultdict(
            lambda: deque(maxlen=ATTEMPTS_KEPT_MAX)
        )

    def keep(self, market: MarketId, webhook: WebhookId, attempt: WebhookAttempt) -> None:
        """Remember one, and forget what is older than the last 500."""
        with self._lock:
            self._kept[market, webhook].appendleft(attempt)

    def last(self, market: MarketId, webhook: WebhookId, limit: int) -> tuple[WebhookAttempt, ...]:
        """At most `limit` of them, the latest first."""
        with self._lock:
            return tuple(self._kept[market, webhook])[:limit]

    def last_taken(self, market: MarketId, webhook: WebhookId) -> Instant | None:
        """When it last took something; None where it did not, as far as is remembered."""
        with self._lock:
            taken = (attempt.at for attempt in self._kept[market, webhook] if attempt.taken)
            return max(taken, default=None)


def _delete(rows: dict[_K, _V], is_past: Callable[[_V], bool]) -> int:
    past = [name for name, row in rows.items() if is_past(row)]
    for name in past:
        del rows[name]
    return len(past)
