"""Timers: what was set to happen later, happens once.

A timer's command and the timer's removal share one commit. A timer that wakes a task is removed in the commit
of what the task decided; the task itself may run twice, where the process dies in between.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, Generic

import msgspec

from doorstep.engine.handle import Market
from doorstep.engine.ports.store import HeadMovedError, StoreUnavailableError, Timer
from doorstep.engine.retry import TIMER_RETRY, Bury, DeadLetter, Retry, describe
from doorstep.engine.rules import Outcome, P
from doorstep.engine.transaction import Given, Transaction, derived_from, given_by
from doorstep.vocabulary.record import AnyCommand, Instruction
from doorstep.vocabulary.timer import Wake
from doorstep.vocabulary.units import Instant, after

TIMERS_PER_COMMIT_MAX: Final = 64
"""Timers that fire in one commit."""
TIMERS_PER_TICK_MAX: Final = 10_000
"""Timers that one tick fires; what is left is due at the next."""

Step = Instruction | tuple[Instruction, ...]
"""What a task decides: an instruction by itself, or several that stand or fall together."""


class NotYet(msgspec.Struct, frozen=True):
    """What a task says whose work is under way: nothing to do before `at`, when its timer wakes it again."""

    at: Instant


Task = Callable[[str, Instant], Sequence[Step] | NotYet]
"""Work outside the transaction: the timer's subject and the time in, instructions out."""


class Fired(msgspec.Struct, frozen=True):
    """A timer that fired, and what came of it."""

    timer: Timer
    outcomes: tuple[Outcome, ...]


class TimerFailed(msgspec.Struct, frozen=True):
    """A timer whose command or task raised; `is_dead` after its last try."""

    timer: Timer
    error: Exception
    is_dead: bool


class Ticked(msgspec.Struct, frozen=True):
    """What a tick did, in order of the timers' times."""

    fired: tuple[Fired, ...]
    failed: tuple[TimerFailed, ...]


class Timers(Generic[P]):
    """Fires a market's timers; `tasks` are what a `Wake` can name."""

    def __init__(
        self,
        market: Market[P],
        tasks: Mapping[str, Task],
        bury: Bury,
        retry: Retry = TIMER_RETRY,
    ) -> None:
        self._market = market
        self._tasks = tasks
        self._bury = bury
        self._retry = retry

    def next_due(self) -> Instant | None:
        """When the next timer is due; None where none is set."""
        return self._market.store.next_due(self._market.id)

    def due(self, now: Instant, limit: int = TIMERS_PER_COMMIT_MAX) -> tuple[Timer, ...]:
        """At most `limit` timers due by `now`, by due time, then id."""
        return self._market.store.due_timers(self._market.id, now, limit)

    def dead(self) -> tuple[Timer, ...]:
        """The timers that were given up."""
        return self._market.store.dead_timers(self._market.id)

    def tick(self, now: Instant) -> Ticked:
        """Fire what is due by `now`, at most 10,000, those included that are set on the way.

        A timer whose command or task raises is tried again later, then buried; the others go on.
        """
        fired: list[Fired] = []
        failed: list[TimerFailed] = []
        while len(fired) + len(failed) < TIMERS_PER_TICK_MAX:
            commanded, wake, broken = self._market.transact(lambda work: self._fire_commands(work, now))
            fired += commanded
            if broken:
                failed.append(self._put_off(*broken, now))
            elif wake:
                self._run_task(wake, now, fired, failed)
            elif not commanded:
                break
        return Ticked(tuple(fired), tuple(failed))

    def _fire_commands(
        self, work: Transaction[P], now: Instant
    ) -> tuple[list[Fired], Timer | None, tuple[Timer, Exception] | None]:
        """Fire commands in order up to the first task or failure; these wait for a turn of their own."""
        stored = {timer.id: timer for timer in self.due(now)}
        queue = [(timer.due_at, timer.id) for timer in stored.values()]
        # Behind the last of a full list others may be due before what is set on the way.
        horizon = queue[-1] if len(queue) == TIMERS_PER_COMMIT_MAX else (after(now, 1), "")
        drafted = work.draft.timers
        fired: list[Fired] = []
        queued = dict(stored)
        while queue and len(fired) < TIMERS_PER_COMMIT_MAX:
            due_at, name = heappop(queue)
            timer = drafted[name] if name in drafted else stored[name]
            if timer is None or timer.due_at != due_at:
                continue  # cancelled or set anew by one that fired before it
            if isinstance(timer.then, Wake):
                return fired, (timer if name not in drafted else None), None
            try:
                outcome = _fire(work, timer, timer.then)
            except Exception as fault:  # noqa: BLE001 - reported in `Ticked.failed`, and tried again
                return fired, None, (timer, fault)
            fired.append(Fired(timer, (outcome,)))
            for fresh in drafted.values():
                if fresh and queued.get(fresh.id) is not fresh:
                    queued[fresh.id] = fresh
                    if fresh.due_at <= now and (fresh.due_at, fresh.id) < horizon:
                        heappush(queue, (fresh.due_at, fresh.id))
        return fired, None, None

    def _run_task(self, timer: Timer, now: Instant, fired: list[Fired], failed: list[TimerFailed]) -> None:
        assert isinstance(timer.then, Wake)
        try:
            task = self._tasks.get(timer.then.task)
            assert task is not None, f"no task is called {timer.then.task}"
            steps = task(timer.then.subject, now)
            if isinstance(steps, NotYet):
                later = msgspec.structs.replace(timer, due_at=steps.at)
                assert later.due_at > now, f"{timer.then.task} asks to be woken in the past"
                self._market.transact(lambda work: self._replace(work, timer, later))
                return
            outcomes = self._market.transact(lambda work: self._conclude(work, timer, steps))
        except (StoreUnavailableError, HeadMovedError):
            raise
        except Exception as fault:  # noqa: BLE001 - reported in `Ticked.failed`, and tried again
            failed.append(self._put_off(timer, fault, now))
        else:
            fired.append(Fired(timer, outcomes))

    def _conclude(self, work: Transaction[P], timer: Timer, steps: Sequence[Step]) -> tuple[Outcome, ...]:
        """Carry out what a task decided; a timer that was set anew while it ran stays."""
        self._replace(work, timer, None)
        roots = [(step,) if isinstance(step, Instruction) else step for step in steps]
        return tuple(work.run([given_by(one) for one in root]) for root in roots)

    def _replace(self, work: Transaction[P], timer: Timer, by: Timer | None) -> None:
        """Put another in a timer's place, or nothing, unless it was set anew or cancelled meanwhile."""
        if self._market.store.timer(self._market.id, timer.id) == timer:
            work.draft.timers[timer.id] = by

    def _put_off(self, timer: Timer, fault: Exception, now: Instant) -> TimerFailed:
        """Try again later, or bury it with an owner."""
        tries = timer.tries + 1
        again = self._retry.next_try(tries, now)
        error = describe(fault)

        def work(draft_of: Transaction[P]) -> None:
            if self._market.store.timer(self._market.id, timer.id) != timer:
                return  # set anew or cancelled while it ran
            if again is None:
                dead = msgspec.structs.replace(timer, tries=tries, error=error, died_at=now)
                letter = _letter(dead, now)
                for command in self._bury(letter):
                    draft_of.run([_derived(command, timer)])
                draft_of.draft.timers[timer.id] = dead
            else:
                draft_of.draft.timers[timer.id] = msgspec.structs.replace(
                    timer, tries=tries, error=error, due_at=again
                )

        self._market.transact(work)
        return TimerFailed(timer, fault, again is None)


def _fire(work: Transaction[P], timer: Timer, command: AnyCommand) -> Outcome:
    """Carry out a timer's command and take the timer away.

    It goes first, for the command may set it again; and it goes where the command is refused, for it would be
    refused at every tick.
    """
    timers = work.draft.timers
    before = {timer.id: timer} if timer.id in timers else {}
    timers[timer.id] = None
    try:
        return work.run([_derived(command, timer)])
    except Exception:
        del timers[timer.id]
        timers.update(before)
        raise


def _derived(command: AnyCommand, timer: Timer) -> Given:
    """The engine's own command; it happens, as far as its events say, when the timer was set for."""
    return derived_from(command, timer.cause, timer.set_for, timer.because)


def _letter(timer: Timer, now: Instant) -> DeadLetter:
    if isinstance(timer.then, Wake):
        subject, name = timer.then.subject, timer.then.task
    else:
        subject, name = timer.then.stream(), str(timer.then.__struct_config__.tag)
    return DeadLetter("timer", timer.id, subject, name, timer.error, timer.tries, now)
