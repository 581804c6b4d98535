"""The life of an order's messages: each fact is told once, or dropped once."""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.message import (
    AnyMessageCommand,
    AnyMessageEvent,
    MessageDropped,
    MessageKind,
    MessageSent,
    RecordDropped,
    RecordSent,
)


class MessageState(msgspec.Struct, frozen=True):
    """The keys of the facts that were settled, and the kinds of those that were told, in their order."""

    order: OrderId
    keys: tuple[str, ...] = ()
    told: tuple[MessageKind, ...] = ()


def decide(
    state: MessageState | None, command: AnyMessageCommand, book: PolicyBook
) -> tuple[AnyMessageEvent, ...] | Refusal:
    """What was told, or nothing where it is known."""
    del book
    if state is not None and command.news.key in state.keys:
        return ()
    match command:
        case RecordSent():
            return (
                MessageSent(
                    command.order, command.news, command.channel, command.language, command.window,
                    command.expected, command.at,
                ),
            )  # fmt: skip
        case RecordDropped(order=order, news=news, why=why, at=at):
            return (MessageDropped(order, news, why, at),)
        case _:
            assert_never(command)


def evolve(state: MessageState | None, event: AnyMessageEvent) -> MessageState:
    """The messages after one more."""
    known = state or MessageState(event.order)
    keys = (*known.keys, event.news.key)
    told = (*known.told, event.news.kind) if isinstance(event, MessageSent) else known.told
    return msgspec.structs.replace(known, keys=keys, told=told)
