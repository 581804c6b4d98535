"""Desk: what every desk of a market shares: the market, the clock, chance, and how a command is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from doorstep.engine.handle import Market
from doorstep.engine.idempotency import Once
from doorstep.engine.ports.chance import Chance
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Because, CommandId, Refusal, Source, StreamId
from doorstep.vocabulary.ids import ID_BYTES, mint
from doorstep.vocabulary.record import AnyCommand, Instruction
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant

OPERATOR: Final = "operator"
"""Who gives a command where nobody said."""
Commanded = AnyCommand | Reasoned
"""A command, with the rule behind it where it has one of its own."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who tells, by which way, and when it happened by the teller's clock; under which key, if any.

    Where that clock cannot be right, `at` is ours, and `claimed_at` what it said.
    """

    actor: str
    source: Source
    at: Instant
    once: Once | None = None
    claimed_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The shared means of a market's desks."""

    market: Market[PolicyBook]
    book: PolicyBook
    chance: Chance

    def now(self) -> Instant:
        """Our clock."""
        return self.market.clock.now()

    def mint(self, prefix: str) -> str:
        """A new id that nobody can guess."""
        return mint(prefix, self.chance.token(ID_BYTES))

    def origin(self, actor: str = OPERATOR, source: Source = Source.api) -> Origin:
        """Someone telling something now."""
        return Origin(actor, source, self.now())

    def instruct(self, command: AnyCommand, origin: Origin, because: Because | None = None) -> Instruction:
        """The command with its origin and an id of its own."""
        return Instruction(
            CommandId(self.mint("cmd")), command, origin.actor, origin.source, origin.at, because
        )

    def together(
        self,
        commands: Sequence[Commanded],
        origin: Origin,
        because: Because | None = None,
        expected: Mapping[StreamId, int] | None = None,
    ) -> Refusal | None:
        """Carry out commands as one; the refusal of the first that is refused, None when all stand.

        A command that has a reason of its own keeps it; `because` is that of the others.

        With `expected`, nothing is done unless these streams stand at these versions. Where the commands are
        told under an idempotency key, its receipt stands in the same commit: a door that gives a key makes
        one such call.
        """
        instructions = [
            self.instruct(one.command, origin, one.because)
            if isinstance(one, Reasoned)
            else self.instruct(one, origin, because)
            for one in commands
        ]
        outcome = self.market.handle_together(instructions, expected=expected, once=origin.once)
        return outcome if isinstance(outcome, Refusal) else None

    def state(self, noun: str, name: str) -> Any:  # noqa: ANN401 - each noun has its own type of state
        """A stream's state, None where nothing happened yet."""
        return self.market.state(StreamId(f"{noun}/{name}"))
