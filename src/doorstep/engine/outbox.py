"""Outbox: what goes out was committed with its cause, and goes out at least once, in order per subject."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from functools import partial
from threading import Lock
from typing import Final, Generic

import msgspec

from doorstep.engine.handle import Market
from doorstep.engine.ports.sender import NotNowError, Sender, SendFailedError
from doorstep.engine.ports.store import Effect, EffectState
from doorstep.engine.retry import EFFECT_RETRY, Bury, DeadLetter, Retry, describe
from doorstep.engine.rules import P
from doorstep.engine.transaction import Transaction, derived_from
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import Instant, after

EFFECTS_PER_ROUND_MAX: Final = 64
"""Effects that are read at once; no two of them share a subject."""
EFFECTS_PER_PUMP_MAX: Final = 1_000
"""Tries that one pump makes; what is left is due at the next."""
SENT_KEPT_S: Final = 30 * 86_400
"""Seconds that a sent effect is remembered, so that its id is not queued again."""


class EffectFailed(msgspec.Struct, frozen=True):
    """An effect that was not taken: queued for another try, or dead."""

    effect: Effect
    error: Exception


class Pumped(msgspec.Struct, frozen=True):
    """What a pump did, in order of the tries."""

    sent: tuple[Effect, ...]
    failed: tuple[EffectFailed, ...]


_Came = Exception | Sequence[AnyCommand]
"""What comes of a try: what the log should say, or why it was not taken."""


class Lanes:
    """Threads on which effects of some kinds go out beside each other; all others go one by one.

    A kind is named by its first part, `webhook` of `webhook.post`. Its sender is called from many threads.
    """

    def __init__(self, kinds: Collection[str], executor: Executor) -> None:
        self._kinds = frozenset(kinds)
        self._executor = executor

    def begin(self, effect: Effect, attempt: Callable[[], _Came]) -> Callable[[], _Came]:
        """Begin the try where its kind goes beside others; what gives its end, or makes it now."""
        if effect.kind.partition(".")[0] not in self._kinds:
            return attempt
        return self._executor.submit(attempt).result


class Outbox(Generic[P]):
    """Sends a market's effects. A failed one holds back its own subject until it is sent or given up."""

    def __init__(self, market: Market[P], bury: Bury, retry: Retry = EFFECT_RETRY) -> None:
        self._market = market
        self._bury = bury
        self._retry = retry
        self._pumping = Lock()

    def next_due(self) -> Instant | None:
        """When the next try is due; None where nothing is queued."""
        return self._market.store.next_effect_due(self._market.id)

    def dead(self) -> tuple[Effect, ...]:
        """The effects that were given up."""
        return self._market.store.dead_effects(self._market.id)

    def pump(
        self,
        now: Instant,
        sender: Sender,
        lanes: "Lanes | None" = None,
        tries_max: int = EFFECTS_PER_PUMP_MAX,
    ) -> Pumped:
        """Try what is due by `now`, at most `tries_max` effects.

        Without `lanes` each is settled before the next is tried, so a process that dies repeats one at most.
        What goes on `lanes` is under way at once, and a process that dies repeats all of that.
        """
        sent: list[Effect] = []
        failed: list[EffectFailed] = []
        tries = 0
        with self._pumping:
            while tries < tries_max:
                limit = min(EFFECTS_PER_ROUND_MAX, tries_max - tries)
                due = self._market.store.due_effects(self._market.id, now, limit)
                if not due:
                    break
                tries += len(due)
                begun: list[Callable[[], _Came]] = [partial(_tried, sender, effect) for effect in due]
                if lanes is not None:
                    begun = [lanes.begin(*each) for each in zip(due, begun, strict=True)]
                for effect, came in zip(due, begun, strict=True):
                    self._take(effect, came(), now, sent, failed)
        return Pumped(tuple(sent), tuple(failed))

    def revive(self, effect_id: str, now: Instant) -> bool:
        """Queue a dead effect once more, with all its tries before it; False where it is not dead."""

        def work(transaction: Transaction[P]) -> bool:
            effect = self._market.store.effect(self._market.id, effect_id)
            if effect is None or effect.state is not EffectState.dead:
                return False
            transaction.draft.settled[effect_id] = msgspec.structs.replace(
                effect, state=EffectState.queued, tries=0, due_at=now
            )
            return True

        return self._market.transact(work)

    def sweep(self, now: Instant) -> int:
        """Forget the effects that were sent more than 30 days ago; how many."""
        return self._market.store.forget_sent(self._market.id, after(now, -SENT_KEPT_S))

    def _take(
        self, effect: Effect, came: _Came, now: Instant, sent: list[Effect], failed: list[EffectFailed]
    ) -> None:
        """Settle what came of a try."""
        if isinstance(came, NotNowError):
            self._settle(msgspec.structs.replace(effect, due_at=max(came.until, after(now, 1))))
        elif isinstance(came, Exception):
            failed.append(EffectFailed(self._put_off(effect, came, now), came))
        else:
            settled = msgspec.structs.replace(
                effect, state=EffectState.sent, tries=effect.tries + 1, due_at=now, error=""
            )
            self._settle(settled, came)
            sent.append(settled)

    def _put_off(self, effect: Effect, fault: Exception, now: Instant) -> Effect:
        tries = effect.tries + 1
        again = self._retry.next_try(tries, now)
        if isinstance(fault, SendFailedError) and fault.permanent:
            again = None
        state = EffectState.dead if again is None else EffectState.queued
        settled = msgspec.structs.replace(
            effect, state=state, tries=tries, due_at=now if again is None else again, error=describe(fault)
        )
        self._settle(settled)
        return settled

    def _settle(self, effect: Effect, said: Sequence[AnyCommand] = ()) -> None:
        """Make durable what became of an effect, with what the log says of it; a dead one gets its owner."""

        def work(transaction: Transaction[P]) -> None:
            if effect.state is EffectState.dead:
                for command in self._bury(_letter(effect)):
                    transaction.run([derived_from(command, effect.cause, effect.due_at)])
            for command in said:
                transaction.run([derived_from(command, effect.cause, effect.due_at)])
            transaction.draft.settled[effect.id] = effect

        self._market.transact(work)


def _tried(sender: Sender, effect: Effect) -> _Came:
    try:
        return sender.send(effect) or ()
    except Exception as fault:  # noqa: BLE001 - a poison message must not stop the queue; it is reported
        return fault


def _letter(effect: Effect) -> DeadLetter:
    return DeadLetter(
        kind="effect",
        id=effect.id,
        subject=effect.subject,
        name=effect.kind,
        error=effect.error,
        tries=effect.tries,
        died_at=effect.due_at,
    )
