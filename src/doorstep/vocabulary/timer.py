"""What a reaction may look at and ask for: commands, timers that wake the engine, effects that go out."""

from typing import Any, Protocol

import msgspec

from doorstep.vocabulary.event import Because, StreamId
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import Instant


class Look(Protocol):
    """Read access to any stream's state as it stands inside the running commit."""

    def __call__(self, stream: StreamId, /) -> Any:  # noqa: ANN401 - each noun has its own type of state
        """The stream's state; its noun's initial state where nothing happened yet."""
        ...


class Wake(msgspec.Struct, frozen=True, tag_field="type", tag="wake"):
    """Work for the engine at a time: something that solves or waits, named, about one subject."""

    task: str
    subject: str


class SetTimer(msgspec.Struct, frozen=True, tag_field="type", tag="timer.set"):
    """Fire `then` once at `due_at`; a timer with the same id is replaced.

    `because` is the rule that the events of a fired command name.
    """

    timer: str
    due_at: Instant
    then: AnyCommand | Wake
    because: Because | None = None


class CancelTimer(msgspec.Struct, frozen=True, tag_field="type", tag="timer.cancel"):
    """Never fire it."""

    timer: str


class QueueEffect(msgspec.Struct, frozen=True, tag_field="type", tag="effect.queue"):
    """Send `body` out through the outbox: at least once, in order per `subject`, under a stable `id`.

    An id that was queued before is not queued again.
    """

    id: str
    subject: str
    kind: str
    body: str


class Reasoned(msgspec.Struct, frozen=True, tag_field="type", tag="reasoned"):
    """A command with the policy's rule behind it, which its events then name."""

    command: AnyCommand
    because: Because


Consequence = AnyCommand | Reasoned | SetTimer | CancelTimer | QueueEffect
