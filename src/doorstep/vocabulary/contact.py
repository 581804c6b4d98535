"""Contacts: when a shopper asks, and who or what answered."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.units import Instant


class ContactTopic(StrEnum):
    """What the shopper asked."""

    where_is_my_order = "where_is_my_order"
    change = "change"
    problem = "problem"


class ContactCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("contact")):
    """Addressed to an order's contacts."""

    order: OrderId

    def stream(self) -> StreamId:
        """The order's stream of contacts."""
        return StreamId(f"contact/{self.order}")


class RecordContact(ContactCommand, frozen=True):
    """The shopper asked."""

    key: str
    topic: ContactTopic
    channel: str
    answered_by: str
    at: Instant


class ContactEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("contact")):
    """A fact about an order's contacts."""

    order: OrderId


class ContactRecorded(ContactEvent, frozen=True, tag="contact.recorded"):
    """Asked, and answered."""

    key: str
    topic: ContactTopic
    channel: str
    answered_by: str
    at: Instant


AnyContactEvent = ContactRecorded
AnyContactCommand = RecordContact
