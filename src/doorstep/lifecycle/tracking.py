"""The life of an order's links and wishes: one generation of links opens it, the last wish counts."""

from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.tracking import (
    AnyTrackingCommand,
    AnyTrackingEvent,
    GiveInstructions,
    InstructionsGiven,
    LinksRevoked,
    PlaceWished,
    RevokeLinks,
    WishPlace,
)

GENERATIONS_MAX: Final = 60_000
"""Times that an order's links can be revoked; a link names its generation in two bytes."""


class TrackingState(msgspec.Struct, frozen=True):
    """`generation` counts the revocations; `keys` are those of all wishes so far."""

    order: OrderId
    generation: int = 0
    place: PlaceWished | None = None
    instructions: InstructionsGiven | None = None
    keys: tuple[str, ...] = ()


def decide(
    state: TrackingState | None, command: AnyTrackingCommand, book: PolicyBook
) -> tuple[AnyTrackingEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    known = state or TrackingState(command.order)
    match command:
        case RevokeLinks(order=order, by=by, at=at):
            if known.generation >= GENERATIONS_MAX:
                return Refusal("too_many_changes", "these links were revoked too often")
            return (LinksRevoked(order, by, at),)
        case WishPlace() | GiveInstructions():
            if command.key in known.keys:
                return ()
            if len(known.keys) >= book.messages.wishes_max:
                return Refusal("too_many_changes", "this order was changed too often; ask support")
            if isinstance(command, WishPlace):
                return (PlaceWished(command.order, command.key, command.person, command.place, command.at),)
            return (InstructionsGiven(command.order, command.key, command.person, command.at),)
        case _:
            assert_never(command)


def evolve(state: TrackingState | None, event: AnyTrackingEvent) -> TrackingState:
    """The state after the event."""
    known = state or TrackingState(event.order)
    replace = msgspec.structs.replace
    match event:
        case LinksRevoked():
            return replace(known, generation=known.generation + 1)
        case PlaceWished(key=key):
            return replace(known, place=event, keys=(*known.keys, key))
        case InstructionsGiven(key=key):
            return replace(known, instructions=event, keys=(*known.keys, key))
        case _:
            assert_never(event)
