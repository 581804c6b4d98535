"""A transaction: decisions over an overlay; later ones see earlier ones before anything is durable."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple

from doorstep.engine.log import EVENT_SCHEMA, Fold, event_id, store_form
from doorstep.engine.ports.store import EFFECTS_PER_EVENT_MAX, Batch, Effect, KeptAnswer, StoredEvent, Timer
from doorstep.engine.rules import Accepted, Machine, Outcome, P, RefusedReaction, Rules
from doorstep.vocabulary.event import Because, Refusal, Source, StreamId
from doorstep.vocabulary.merkle import leaf_hash
from doorstep.vocabulary.record import AnyCommand, Instruction, Record
from doorstep.vocabulary.timer import CancelTimer, Consequence, QueueEffect, Reasoned, SetTimer
from doorstep.vocabulary.units import Instant

REACTIONS_MAX: Final = 4_096
"""Commands that reactions may add to one root; reactions that feed each other would never end.

More than any one command leads to: a debrief hands every parcel of a full van back.
"""
ENGINE_ACTOR: Final = "doorstep"
"""Who gives the commands that follow from events and timers."""


class Given(NamedTuple):
    """A command with what its events will say about its origin."""

    command: AnyCommand
    actor: str
    source: Source
    occurred_at: Instant
    cause: str
    because: Because | None


def given_by(instruction: Instruction) -> Given:
    """An instruction from outside: its own id is the cause of its events."""
    return Given(
        instruction.command,
        instruction.actor,
        instruction.source,
        instruction.occurred_at,
        instruction.id,
        instruction.because,
    )


def derived_from(
    command: AnyCommand, cause: str, occurred_at: Instant, because: Because | None = None
) -> Given:
    """The engine's own command, which follows from the event `cause`."""
    return Given(command, ENGINE_ACTOR, Source.derived, occurred_at, cause, because)


class Draft:
    """What a root, or a group of roots, would change: nothing of it is known outside yet."""

    __slots__ = ("answers", "effects", "events", "records", "settled", "states", "timers", "versions")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.events: list[StoredEvent] = []
        self.states: dict[StreamId, Any] = {}
        self.versions: dict[StreamId, int] = {}
        self.timers: dict[str, Timer | None] = {}
        self.effects: dict[str, Effect] = {}
        self.settled: dict[str, Effect] = {}
        self.answers: list[KeptAnswer] = []

    def absorb(self, other: "Draft") -> None:
        """Take in all that another draft would change, after what stands here."""
        self.records += other.records
        self.events += other.events
        self.states.update(other.states)
        self.versions.update(other.versions)
        self.timers.update(other.timers)
        for effect in other.effects.values():
            # The first of two effects with one id is the one that is sent.
            self.effects.setdefault(effect.id, effect)

    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        return not (self.events or self.timers or self.effects or self.settled or self.answers)


class Transaction(Generic[P]):
    """Roots that will share one commit: each sees those before it, and a refused one leaves no trace."""

    def __init__(self, fold: Fold[P], rules: Rules[P], now: Instant) -> None:
        self._fold = fold
        self._rules = rules
        self._now = now
        # The log's own time never steps back, whatever the machine's clock does, and no two commits share
        # an instant of it: who reads the log sees what was committed together.
        self._recorded_at = Instant(max(now, fold.recorded_at + 1))
        self.draft = Draft()

    def run(self, root: Sequence[Given]) -> Outcome:
        """Decide these commands together with all that follows: all of it counts, or the first refusal does.

        Reactions see the state after the commands of the root, and are followed breadth-first.
        """
        draft = Draft()
        for given in root:
            if refusal := self._decide(draft, given):
                return refusal
        refused = self._follow(draft, REACTIONS_MAX * len(root))
        self.draft.absorb(draft)
        return Accepted(tuple(draft.records), tuple(refused))

    def version(self, stream: StreamId) -> int:
        """How many events the stream has, those of this transaction included."""
        version = self.draft.versions.get(stream)
        return self._fold.versions.get(stream, 0) if version is None else version

    def batch(self) -> Batch:
        """The commit that makes it durable."""
        draft, base = self.draft, self._fold.frontier
        return Batch(
            market=self._fold.market,
            base=base,
            head=base.extend(leaf_hash(event.text) for event in draft.events),
            events=tuple(draft.events),
            timers=draft.timers,
            effects=tuple(draft.effects.values()),
            settled=tuple(draft.settled.values()),
            answers=tuple(draft.answers),
        )

    def conflict(self, expected: Mapping[StreamId, int]) -> Refusal | None:
        """The refusal where a stream is not at the version that a caller saw; None where all are."""
        moved = tuple(stream for stream, version in expected.items() if self.version(stream) != version)
        if not moved:
            return None
        return Refusal("version_conflict", f"{', '.join(moved)} changed in the meantime", moved)

    def _decide(self, draft: Draft, given: Given) -> Refusal | None:
        stream = given.command.stream()
        machine = self._rules.machine_of(stream)
        state = self._state(draft, stream, machine)
        events = machine.decide(state, given.command, self._rules.policies)
        if isinstance(events, Refusal):
            return events
        if not events:
            return None
        market = self._fold.market
        version = draft.versions.get(stream)
        if version is None:
            version = self.version(stream)
        position = self._fold.frontier.size + len(self.draft.events) + len(draft.events)
        for event in events:
            position, version = position + 1, version + 1
            record = Record(
                position=position,
                id=event_id(market, stream, version),
                market=market,
                stream=stream,
                version=version,
                schema=EVENT_SCHEMA,
                occurred_at=given.occurred_at,
                recorded_at=self._recorded_at,
                source=given.source,
                actor=given.actor,
                cause=given.cause,
                because=given.because,
                data=event,
            )
            state = machine.evolve(state, event)
            draft.records.append(record)
            draft.events.append(store_form(record))
        draft.states[stream] = state
        draft.versions[stream] = version
        return None

    def _follow(self, draft: Draft, commands_max: int) -> list[RefusedReaction]:
        """React to every record of the draft, and to those that come of it, in their order."""
        refused: list[RefusedReaction] = []
        if not self._rules.reactions:
            return refused

        def look(stream: StreamId, /) -> Any:  # noqa: ANN401 - each noun has its own type of state
            return self._state(draft, stream, self._rules.machine_of(stream))

        commands, waiting, reached = 0, deque(draft.records), len(draft.records)
        while waiting:
            record = waiting.popleft()
            follows = [
                consequence
                for react in self._rules.reactions
                for consequence in react(record, look, self._rules.policies)
            ]
            for given in _commands_of(draft, record, follows, self._now):
                commands += 1
                assert commands <= commands_max, (
                    f"reactions to {draft.records[0].cause} passed {commands_max} commands at {record.data}"
                )
                if refusal := self._decide(draft, given):
                    refused.append(RefusedReaction(given.command, record.id, refusal))
            waiting.extend(draft.records[reached:])
            reached = len(draft.records)
        return refused

    def _state(self, draft: Draft, stream: StreamId, machine: Machine[P]) -> Any:  # noqa: ANN401 - a noun's own type
        for states in (draft.states, self.draft.states, self._fold.states):
            if stream in states:
                return states[stream]
        return machine.initial


def _commands_of(draft: Draft, record: Record, follows: Iterable[Consequence], now: Instant) -> list[Given]:
    """Put the timers and effects that follow from a record into the draft; the commands are given back."""
    commands: list[Given] = []
    effects = 0
    for consequence in follows:
        match consequence:
            case SetTimer(timer, due_at, then, because):
                draft.timers[timer] = Timer(timer, due_at, due_at, then, record.id, because)
            case CancelTimer(timer):
                draft.timers[timer] = None
            case QueueEffect(effect, subject, kind, body):
                assert effects < EFFECTS_PER_EVENT_MAX, f"{record.data} causes too many effects"
                seq = record.position * EFFECTS_PER_EVENT_MAX + effects
                effects += 1
                queued = Effect(effect, seq, subject, kind, body, record.id, now)
                draft.effects.setdefault(effect, queued)
            case Reasoned(command, because):
                commands.append(derived_from(command, record.id, record.occurred_at, because))
            case command:
                commands.append(derived_from(command, record.id, record.occurred_at))
    return commands
