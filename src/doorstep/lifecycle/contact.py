"""The life of an order's contacts: each counted once."""

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.contact import AnyContactCommand, AnyContactEvent, ContactRecorded
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OrderId


class ContactState(msgspec.Struct, frozen=True):
    """The keys of the contacts so far."""

    order: OrderId
    keys: tuple[str, ...] = ()


def decide(
    state: ContactState | None, command: AnyContactCommand, book: PolicyBook
) -> tuple[AnyContactEvent, ...] | Refusal:
    """The contact, or nothing when it is known."""
    del book
    if state is not None and command.key in state.keys:
        return ()
    return (
        ContactRecorded(
            command.order, command.key, command.topic, command.channel, command.answered_by, command.at
        ),
    )


def evolve(state: ContactState | None, event: AnyContactEvent) -> ContactState:
    """The contacts after one more."""
    return ContactState(event.order, (*(state.keys if state else ()), event.key))
