"""Invariant 17: no shopper gets the same message twice, nor one about a state already past."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.parcels import Parcels
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    DeliveryEvent,
    OutForDelivery,
)
from doorstep.vocabulary.ids import DeliveryId, OrderId, PromiseId, ReturnId
from doorstep.vocabulary.message import MessageDropped, MessageKind, MessageSent
from doorstep.vocabulary.order import OrderCancelled, OrderPromised
from doorstep.vocabulary.record import AnyEvent
from doorstep.vocabulary.return_ import CollectorArrived, ReturnEvent, ReturnOverdue

_BACK: Final = {
    MessageKind.return_authorised: {
        "return.authorised", "return.collection_released", "return.collection_failed",
    },
    MessageKind.return_booked: {"return.collection_booked"},
    MessageKind.return_missed: {"return.collection_failed", "return.collection_released"},
    MessageKind.return_collected: {
        "return.collected", "return.received", "return.inspected", "return.disposed",
    },
    MessageKind.return_refunded: {"return.refunded"},
}  # fmt: skip
"""The last steps of a return after which what a message tells of it is so."""


@dataclass(slots=True)
class _Known:
    """What the log has said so far, as far as messages speak of it."""

    promise: dict[OrderId, PromiseId] = field(default_factory=dict)
    cancelled: set[OrderId] = field(default_factory=set)
    last: dict[DeliveryId, OutForDelivery | Arrived | AttemptFailed] = field(default_factory=dict)
    over: set[DeliveryId] = field(default_factory=set)
    delivered: set[DeliveryId] = field(default_factory=set)
    parcels: Parcels = field(default_factory=Parcels)
    backs: dict[ReturnId, str] = field(default_factory=dict)
    """The last step of each return, by its type."""

    def take(self, event: AnyEvent) -> None:
        """Remember one more event."""
        match event:
            case OrderPromised(order=order, promise=promise):
                self.promise[order] = promise
            case ReturnEvent(return_id=return_id) if not isinstance(event, ReturnOverdue | CollectorArrived):
                self.backs[return_id] = str(event.__struct_config__.tag)
            case OrderCancelled(order=order):
                self.cancelled.add(order)
            case OutForDelivery() | Arrived() | AttemptFailed():
                known = self.last.get(event.delivery)
                # A carrier may tell late what came before.
                if known is None or event.at >= known.at:
                    self.last[event.delivery] = event
            case _:
                pass
        if isinstance(event, DeliveryEvent):
            load = self.parcels.follow(event)
            (self.over.add if load.over else self.over.discard)(event.delivery)
            if load.whole:
                self.delivered.add(event.delivery)


class Messages(Checker):
    """Every fact is told or dropped once, and what is told is still so at that moment in the log.

    A promise that is told is the order's own; a van on its way has neither arrived nor failed; what is late
    is not there yet; what comes back stands where it is said to stand. Measures `sent` and `dropped`.
    """

    number: ClassVar[int] = 17
    name: ClassVar[str] = "no message twice, none about a state already past"

    def inspect(self, log: Log, tally: Tally) -> None:
        """Follow what the log says, and hold each message against it."""
        known, keys = _Known(), set[str]()
        for record in log.records:
            event = record.data
            if isinstance(event, MessageSent | MessageDropped):
                sent = isinstance(event, MessageSent)
                tally.measure("sent" if sent else "dropped")
                key = f"{event.order}/{event.news.key}"
                tally.that(key not in keys, key, f"settled a second time at {record.position}")
                keys.add(key)
                if isinstance(event, MessageSent):
                    wrong = _past(event, known)
                    tally.that(not wrong, key, f"at {record.position}: {wrong}")
            else:
                known.take(event)


def _past(message: MessageSent, known: _Known) -> str:
    """Why what was told is not so; empty where it is."""
    news = message.news
    if news.back is not None:
        stands = known.backs.get(news.back, "")
        return "" if stands in _BACK[news.kind] else f"the return is past that: {stands}"
    is_cancelled = news.order in known.cancelled
    if is_cancelled or news.kind is MessageKind.cancelled:
        agrees = is_cancelled and news.kind is MessageKind.cancelled
        return "" if agrees else "the order is cancelled, or is said to be and is not"
    if known.promise.get(news.order) != news.promise:
        return "the order has another promise"
    return "" if news.delivery is None else _past_there(news.kind, news.delivery, known)


def _past_there(kind: MessageKind, delivery: DeliveryId, known: _Known) -> str:
    last = known.last.get(delivery)
    if kind is MessageKind.delivered:
        return "" if delivery in known.delivered else "it is not delivered"
    if delivery in known.over:
        return "the delivery is over"
    if kind is MessageKind.on_its_way and not isinstance(last, OutForDelivery):
        return "the van is no longer on its way there"
    if kind is MessageKind.attempt_failed and not isinstance(last, AttemptFailed):
        return "another try is under way"
    return ""
