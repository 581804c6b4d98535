"""Messages: what shoppers are told about their order, each fact once, and only while it is true.

A message's words and addresses are made when it is sent, from the vault; the log holds what it was about.
"""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import CaseId, DeliveryId, OrderId, PromiseId, ReturnId
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window


class MessageKind(StrEnum):
    """The fact that is told."""

    promised = "promised"
    rescheduled = "rescheduled"
    on_its_way = "on_its_way"
    late = "late"
    attempt_failed = "attempt_failed"
    delivered = "delivered"
    cancelled = "cancelled"
    return_authorised = "return_authorised"
    return_booked = "return_booked"
    return_missed = "return_missed"
    return_collected = "return_collected"
    return_refunded = "return_refunded"


class Channel(StrEnum):
    """By which way."""

    email = "email"
    sms = "sms"


class News(msgspec.Struct, frozen=True):
    """A fact to tell: what the outbox carries. `key` is the fact's own id, so that it is told once.

    `back` is the return that it is about, and `delivery` then the visit of a van, where it is about one.
    """

    order: OrderId
    key: str
    kind: MessageKind
    promise: PromiseId | None = None
    delivery: DeliveryId | None = None
    attempt: int = 0
    case: CaseId | None = None
    back: ReturnId | None = None


class MessageCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("message")):
    """Addressed to an order's messages."""

    order: OrderId

    def stream(self) -> StreamId:
        """The order's stream of messages."""
        return StreamId(f"message/{self.order}")


class RecordSent(MessageCommand, frozen=True):
    """It was handed over; `window` and `expected` are what the shopper was told."""

    news: News
    channel: Channel
    language: str
    window: Window | None
    expected: Instant | None
    at: Instant


class RecordDropped(MessageCommand, frozen=True):
    """It was not sent, and never will be: what it would have said is past, or nobody can be reached."""

    news: News
    why: str
    at: Instant


class MessageEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("message")):
    """A fact about an order's messages."""

    order: OrderId


class MessageSent(MessageEvent, frozen=True, tag="message.sent"):
    """The shopper was told."""

    news: News
    channel: Channel
    language: str
    window: Window | None
    expected: Instant | None
    at: Instant


class MessageDropped(MessageEvent, frozen=True, tag="message.dropped"):
    """The shopper was not told, and why."""

    news: News
    why: str
    at: Instant


AnyMessageEvent = MessageSent | MessageDropped
AnyMessageCommand = RecordSent | RecordDropped
