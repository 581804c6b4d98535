"""What a reaction asks for beside commands: timers that wake the engine later, and effects that go out."""

import msgspec

from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import Instant


class Wake(msgspec.Struct, frozen=True, tag_field="type", tag="wake"):
    """Work for the engine at a time: something that solves or waits, named, about one subject."""

    task: str
    subject: str


class SetTimer(msgspec.Struct, frozen=True, tag_field="type", tag="timer.set"):
    """Fire `then` once at `due_at`; a timer with the same id is replaced."""

    timer: str
    due_at: Instant
    then: AnyCommand | Wake


class CancelTimer(msgspec.Struct, frozen=True, tag_field="type", tag="timer.cancel"):
    """Never fire it."""

    timer: str


class QueueEffect(msgspec.Struct, frozen=True, tag_field="type", tag="effect.queue"):
    """Send `body` out through the outbox: at least once, in order per `subject`, under a stable `id`."""

    id: str
    subject: str
    kind: str
    body: str


Consequence = AnyCommand | SetTimer | CancelTimer | QueueEffect
