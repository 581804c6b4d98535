"""Outbox: what goes out was committed with its cause, and goes out at least once, in order per subject."""

from collections.abc import Sequence
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

    def pump(self, now: Instant, sender: Sender) -> Pumped:
        """Try what is due by `now`, at most 1,000 effects.

        Each is settled before the next is tried, so a process that dies repeats one at most.
        """
        sent: list[Effect] = []
        failed: list[EffectFailed] = []
        with self._pumping:
            while len(sent) + len(failed) < EFFECTS_PER_PUMP_MAX:
                due = self._market.store.due_effects(self._market.id, now, EFFECTS_PER_ROUND_MAX)
                if not due:
                    break
                for effect in due:
                    self._try(effect, now, sender, sent, failed)
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

    def _try(
        self, effect: Effect, now: Instant, sender: Sender, sent: list[Effect], failed: list[EffectFailed]
    ) -> None:
        try:
            said = sender.send(effect)
        except NotNowError as wait:
            self._settle(msgspec.structs.replace(effect, due_at=max(wait.until, after(now, 1))))
        except Exception as fault:  # noqa: BLE001 - a poison message must not stop the queue; it is reported
            failed.append(EffectFailed(self._put_off(effect, fault, now), fault))
        else:
            settled = msgspec.structs.replace(
                effect, state=EffectState.sent, tries=effect.tries + 1, due_at=now, error=""
            )
            self._settle(settled, said or ())
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
