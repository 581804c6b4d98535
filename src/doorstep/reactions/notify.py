"""What shoppers are told: each fact becomes one message in the outbox, and one that was told is on record."""

from typing import Final

import msgspec

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.message import MessageState
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseOpened, RecordTold
from doorstep.vocabulary.collection import BY_PLAN
from doorstep.vocabulary.delivery import AttemptFailed, Delivered, DeliveryStatus, OutForDelivery
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import DeliveryId
from doorstep.vocabulary.message import MessageKind, MessageSent, News
from doorstep.vocabulary.order import OrderCancelled
from doorstep.vocabulary.promise import AnnounceMiss, PromiseConfirmed
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.return_ import (
    CollectionBooked,
    CollectionFailed,
    CollectionReleased,
    ReturnAuthorised,
    ReturnCollected,
    ReturnEvent,
    ReturnRefunded,
    ReturnStatus,
)
from doorstep.vocabulary.timer import Consequence, Look, QueueEffect
from doorstep.vocabulary.units import Instant

MESSAGE: Final = "message"
"""The kind of an effect that tells a shopper something; its body is the news."""
BY_MESSAGE: Final = "message"
"""Who told the shopper where no person had to."""
_MISSES: Final = frozenset({CaseKind.predicted_miss, CaseKind.no_capacity})
_COMING: Final = frozenset({DeliveryStatus.picked_up, DeliveryStatus.out_for_delivery})
_NOT_COMING: Final = frozenset(
    {
        DeliveryStatus.arrived, DeliveryStatus.delivered, DeliveryStatus.returning,
        DeliveryStatus.returned, DeliveryStatus.cancelled, DeliveryStatus.lost,
        DeliveryStatus.partially_delivered,
    }
)  # fmt: skip


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The message that the event causes, or what follows from one that was told."""
    del book
    match record.data:
        case PromiseConfirmed(promise=promise, order=order):
            return _queue(News(order, f"promised/{promise}", MessageKind.promised, promise))
        case OutForDelivery() | AttemptFailed() | Delivered() as event:
            return _on_the_road(event, look(record.stream))
        case CaseOpened(kind=kind, subject=subject) as opened if kind in _MISSES and subject.delivery:
            delivery: DeliveryState | None = look(StreamId(f"delivery/{subject.delivery}"))
            if delivery is None or delivery.created is None:
                return ()
            created = delivery.created
            key = f"late/{created.promise}"
            late = News(created.order, key, MessageKind.late, created.promise, subject.delivery)
            return _queue(msgspec.structs.replace(late, case=opened.case))
        case OrderCancelled(order=order):
            return _queue(News(order, f"cancelled/{order}", MessageKind.cancelled))
        case ReturnEvent() as step:
            return _way_back(step, look(record.stream))
        case MessageSent() as told if told.news.kind is MessageKind.late:
            return _told_of_miss(told, look)
        case _:
            return ()


def _queue(news: News) -> tuple[Consequence, ...]:
    return (QueueEffect(news.key, f"order/{news.order}", MESSAGE, msgspec.json.encode(news).decode()),)


def _on_the_road(
    event: OutForDelivery | AttemptFailed | Delivered, delivery: DeliveryState
) -> tuple[Consequence, ...]:
    created = delivery.created
    if created is None:
        return ()
    match event:
        case OutForDelivery():
            kind, number = MessageKind.on_its_way, delivery.attempt
        case AttemptFailed(reason=reason, attempt=number):
            if reason is Reason.vehicle_breakdown:
                return ()  # the next van is being looked for, and a miss has a message of its own
            kind = MessageKind.attempt_failed
        case Delivered(attempt=number):
            if delivery.delivered is None:
                return ()  # a part of it: what is left has a case, and is told of by who owns that
            kind = MessageKind.delivered
    key = f"{kind}/{event.delivery}/{number}"
    return _queue(News(created.order, key, kind, created.promise, event.delivery, number))


def _way_back(step: ReturnEvent, back: ReturnState) -> tuple[Consequence, ...]:
    """What a shopper is told of a return: that it may come back, the visits of vans, and the money."""
    visit: DeliveryId | None = None
    match step:
        case ReturnAuthorised():
            kind = MessageKind.return_authorised
        case CollectionBooked(collection=collection):
            kind, visit = MessageKind.return_booked, collection.delivery
        case CollectionFailed(delivery=visit):
            kind = MessageKind.return_missed
        case CollectionReleased(delivery=visit, by=by) if by == BY_PLAN:
            # What a person gives up, that person knows.
            kind = MessageKind.return_missed
        case ReturnCollected(delivery=visit):
            kind = MessageKind.return_collected
        case ReturnRefunded():
            kind = MessageKind.return_refunded
        case _:
            return ()
    return _queue(News(back.goods.order, f"{kind}/{visit or back.id}", kind, delivery=visit, back=back.id))


_TRUE_WHILE: Final = {
    MessageKind.return_authorised: frozenset({ReturnStatus.authorised}),
    MessageKind.return_booked: frozenset({ReturnStatus.booked}),
    MessageKind.return_missed: frozenset({ReturnStatus.authorised}),
    MessageKind.return_collected: frozenset(
        {ReturnStatus.collected, ReturnStatus.received, ReturnStatus.inspected, ReturnStatus.disposed}
    ),
    MessageKind.return_refunded: frozenset({ReturnStatus.refunded}),
}
"""Where a return stands while what is told of it is so."""


def _outdated_back(news: News, back: ReturnState | None) -> str:
    if back is None or back.status not in _TRUE_WHILE[news.kind]:
        return "past"
    another = back.collection is not None and back.collection.delivery != news.delivery
    return "superseded" if news.kind is MessageKind.return_booked and another else ""


def _told_of_miss(told: MessageSent, look: Look) -> tuple[Consequence, ...]:
    """The case knows that the shopper knows, and so does the promise, where its window has not ended yet."""
    news = told.news
    found: list[Consequence] = []
    case: CaseState | None = look(StreamId(f"case/{news.case}")) if news.case else None
    promise: PromiseState | None = look(StreamId(f"promise/{news.promise}")) if news.promise else None
    if promise is not None and promise.window is not None and told.at <= promise.window.end:
        found.append(AnnounceMiss(promise.id, told.expected or promise.window.end, told.at))
    if case is not None and case.open:
        found.append(RecordTold(case.id, BY_MESSAGE, told.at))
    return tuple(found)


def outdated(news: News, look: Look, now: Instant) -> str:
    """Why a message must not be sent any more; empty while what it says is true."""
    order: OrderState | None = look(StreamId(f"order/{news.order}"))
    if order is None:
        return "order_unknown"
    if news.back is not None:
        return _outdated_back(news, look(StreamId(f"return/{news.back}")))
    if news.kind is MessageKind.cancelled:
        told: MessageState | None = look(StreamId(f"message/{news.order}"))
        if order.status is not OrderStatus.cancelled:
            return "past"
        return "" if told is not None and told.told else "nothing_was_told"
    if order.promise != news.promise:
        return "superseded"
    promise: PromiseState | None = look(StreamId(f"promise/{news.promise}"))
    if promise is None or promise.window is None or order.status is OrderStatus.cancelled:
        return "past"
    if news.kind is MessageKind.promised:
        return "past" if order.status.terminal or now > promise.window.end else ""
    return _past(news, look(StreamId(f"delivery/{news.delivery}")))


def _past(news: News, delivery: DeliveryState | None) -> str:
    if delivery is None:
        return "past"
    match news.kind:
        case MessageKind.on_its_way:
            true = delivery.status in _COMING and delivery.attempt == news.attempt
        case MessageKind.attempt_failed:
            # Another try that is under way has a message of its own.
            true = delivery.delivered is None and delivery.status not in _COMING | {DeliveryStatus.arrived}
        case MessageKind.delivered:
            true = delivery.delivered is not None
        case _:
            failed = delivery.status in (DeliveryStatus.attempt_failed, DeliveryStatus.on_hold)
            tried = delivery.attempts_physical + delivery.attempts_claimed > 0
            true = delivery.status not in _NOT_COMING and not (failed and tried)
    return "" if true else "past"
