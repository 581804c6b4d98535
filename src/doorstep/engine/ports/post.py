"""Post: how a message reaches a shopper; what it carries is personal and stays nowhere else."""

from typing import Protocol

import msgspec

from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.message import Channel, MessageKind


class Letter(msgspec.Struct, frozen=True):
    """A message ready to go: `id` is the fact's own, so that whoever carries it can drop a second copy."""

    id: str
    order: OrderId
    kind: MessageKind
    channel: Channel
    to: str
    subject: str
    text: str
    link: str


class Post(Protocol):
    """Carries letters out of the house."""

    @property
    def channels(self) -> frozenset[Channel]:
        """The ways it knows."""
        ...

    def deliver(self, letter: Letter) -> None:
        """Hand a letter over, and return when the other side has it.

        Raises:
            SendFailedError: where it did not take it.
        """
        ...


class NoPost:
    """Nobody carries anything: every message is dropped, and the log says why."""

    channels: frozenset[Channel] = frozenset()

    def deliver(self, letter: Letter) -> None:
        """Never called, for there is no channel."""
        raise AssertionError(f"{letter.id} has no channel to go by")
