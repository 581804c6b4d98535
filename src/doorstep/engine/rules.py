"""Rules: the machines and reactions that a market runs by, as data.

A noun's lifecycle is a `Machine`, what follows from its events a `Reaction`; the engine knows neither's noun.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from doorstep.vocabulary.event import EventId, Refusal, StreamId
from doorstep.vocabulary.record import AnyCommand, AnyEvent, Record
from doorstep.vocabulary.timer import Consequence, Look

P = TypeVar("P")
"""The policies that decisions read; the engine only hands them on."""

Reaction = Callable[[Record, Look, P], tuple[Consequence, ...]]
"""What follows from a recorded event: commands, timers, effects. Pure."""


@dataclass(frozen=True)
class Machine(Generic[P]):
    """A noun's lifecycle.

    `decide(state, command, policies)` gives the events or the refusal, `evolve(state, event)` the next state;
    both are pure, and `evolve` never refuses. `initial` is the state of a stream without events.
    """

    noun: str
    decide: Callable[[Any, Any, P], tuple[AnyEvent, ...] | Refusal]
    evolve: Callable[[Any, Any], Any]
    initial: Any = None


@dataclass(frozen=True)
class Rules(Generic[P]):
    """All machines by noun, the reactions in their order, and the policies they read."""

    machines: Mapping[str, Machine[P]]
    reactions: Sequence[Reaction[P]]
    policies: P

    @classmethod
    def of(cls, machines: Sequence[Machine[P]], reactions: Sequence[Reaction[P]], policies: P) -> "Rules[P]":
        """Rules over these machines; no two share a noun."""
        by_noun = {machine.noun: machine for machine in machines}
        assert len(by_noun) == len(machines), "two machines share a noun"
        return cls(by_noun, tuple(reactions), policies)

    def machine_of(self, stream: StreamId) -> Machine[P]:
        """The machine of a stream `noun/id`."""
        noun, _, name = stream.partition("/")
        assert name, f"{stream!r} is no stream"
        machine = self.machines.get(noun)
        assert machine is not None, f"no machine runs {noun}"
        return machine


class RefusedReaction(msgspec.Struct, frozen=True):
    """A reaction's command that a rule refused: the root stands, and the refusal is told."""

    command: AnyCommand
    cause: EventId
    refusal: Refusal


class Accepted(msgspec.Struct, frozen=True):
    """What came of an instruction: its events, then those that followed, and what was refused of these."""

    records: tuple[Record, ...]
    refused: tuple[RefusedReaction, ...] = ()


Outcome = Accepted | Refusal
