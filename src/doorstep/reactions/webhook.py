"""Which events go to which webhooks, and what they say: CloudEvents without a word about people.

A merchant's webhook is told of that merchant's orders alone. What an event says follows from the event and
from what never changes about its order, so that it is the same text whenever it is sent again.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.webhook import Webhook, WebhooksState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary import case, delivery, promise, return_
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import MerchantId, OrderId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import Consequence, Look, QueueEffect
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.vocabulary.webhook import (
    TOLD_TYPES,
    Posting,
    WebhookDisabled,
    WebhookEnd,
    WebhookId,
    WebhookTested,
    webhooks_of,
)
from doorstep.vocabulary.windows import Window

POST: Final = "webhook.post"
"""The kind of effect that posts an event to a webhook."""
_TOLD: Final = frozenset(TOLD_TYPES)
_CODE: Final = re.compile(r"[a-z_.]{1,60}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Data = dict[str, Any]


class CloudEvent(msgspec.Struct, frozen=True):
    """An event as it crosses our border (CloudEvents 1.0, JSON format).

    `sequence` is its place in the history of its `subject`.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    sequence: str
    data: Data


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """Queue what webhooks want to know; open a case where we gave one up by ourselves."""
    match record.data:
        case WebhookTested(merchant=merchant, webhook=webhook):
            text = _text(record, {"webhook": webhook})
            return (posted(record, text, merchant, webhook, webhook),)
        case WebhookDisabled(why=WebhookEnd.gone | WebhookEnd.failing) as ended:
            return (_case(ended, look, book),)
        case _:
            pass
    order = order_told_of(record, look)
    wanting = [] if order is None else _wanting(order.content.merchant, type_of(record), look)
    if order is None or not wanting:
        return ()
    text = text_about(record, order, look)
    return tuple(posted(record, text, webhook.merchant, webhook.id, order.id) for webhook in wanting)


def type_of(record: Record) -> str:
    """The type of its event, for instance `delivery.attempt_failed`."""
    return str(record.data.__struct_config__.tag)


def order_told_of(record: Record, look: Look) -> OrderState | None:
    """The order that webhooks are told of by this event; None where it tells them nothing."""
    if type_of(record) not in _TOLD:
        return None
    name = _order_of(record, look)
    state: OrderState | None = None if name is None else look(StreamId(f"order/{name}"))
    return state


def text_about(record: Record, order: OrderState, look: Look) -> str:
    """The event as webhooks are told it."""
    told = order.content
    about = {"order": order.id, "external_id": told.external_id, "merchant": told.merchant}
    return _text(record, {**about, **_facts(record.data, look)})


def posted(
    record: Record, text: str, merchant: MerchantId | None, webhook: WebhookId, lane: str
) -> QueueEffect:
    """The effect that posts it; the message's id is the event's.

    One lane, the effect's subject, for each webhook and order: what is told of one order comes in order, as
    long as it is taken, and what nobody takes holds up no other order.
    """
    posting = Posting(merchant, webhook, record.id, type_of(record), text, record.recorded_at)
    body = msgspec.json.encode(posting).decode()
    return QueueEffect(f"{POST}/{webhook}/{record.id}", f"{webhook}/{lane}", POST, body)


def _wanting(merchant: MerchantId, kind: str, look: Look) -> list[Webhook]:
    """The webhooks that are called and want this: the merchant's own, and the operator's."""
    found: list[Webhook] = []
    for owner in (merchant, None):
        state: WebhooksState | None = look(webhooks_of(owner))
        if state is not None:
            found += (one for one in state.webhooks if one.disabled is None and one.wants(kind))
    return found


def _order_of(record: Record, look: Look) -> OrderId | None:
    noun, _, name = record.stream.partition("/")
    if noun == "order":
        return OrderId(name)
    if noun == "delivery":
        job: DeliveryState | None = look(record.stream)
        return None if job is None or job.created is None else job.created.order
    if noun == "promise":
        made: PromiseState | None = look(record.stream)
        return None if made is None else made.order
    if noun == "return":
        back: ReturnState | None = look(record.stream)
        return None if back is None else back.goods.order
    assert noun == "case", f"nothing says whose order {record.stream} is about"
    opened: CaseState | None = look(record.stream)
    return None if opened is None else opened.subject.order


def _facts(event: Any, look: Look) -> Data:  # noqa: ANN401 - any event of these types
    """What the event itself says, without people, places, routes and words that somebody typed."""
    told: Data = {}
    for name in event.__struct_fields__:
        tell = _TELL.get(name)
        if tell is not None:
            told |= tell(name, getattr(event, name))
    match event:
        case delivery.AttemptFailed(physical=physical):
            told["physical"] = physical
        case promise.PromiseChanged(successor=successor):
            then: PromiseState | None = look(StreamId(f"promise/{successor}"))
            told |= _window("window", None if then is None else then.window)
        case return_.CollectionBooked(collection=visit):
            told |= {"delivery": visit.delivery, **_window("window", visit.window)}
        case return_.ReturnRequested(goods=goods):
            told["parcels"] = goods.parcels
        case case.CaseOpened(subject=CaseSubject(delivery=str(job))):
            told["delivery"] = job
        case _:
            pass
    return told


def _text(record: Record, data: Data) -> str:
    event = CloudEvent(
        specversion="1.0",
        id=record.id,
        source=f"urn:doorstep:market:{record.market}",
        type=type_of(record),
        subject=record.stream.partition("/")[2],
        time=_moment(record.occurred_at),
        datacontenttype="application/json",
        sequence=f"{record.version:010d}",
        data=data,
    )
    return msgspec.json.encode(event).decode()


def _case(ended: WebhookDisabled, look: Look, book: PolicyBook) -> Consequence:
    state: WebhooksState | None = look(webhooks_of(ended.merchant))
    webhook = None if state is None else state.find(ended.webhook)
    times = 0 if webhook is None else webhook.ends
    owner = ended.merchant or "the operator"
    return open_case(
        book, CaseKind.dead_letter, (ended.webhook, str(times)), subject=CaseSubject(), at=ended.at,
        breach_at=None, happened=f"webhook {ended.webhook} of {owner} is no longer called", why=ended.detail,
    )  # fmt: skip


def _plain(name: str, value: object) -> Data:
    return {name: value}


def _time(name: str, instant: Instant | None) -> Data:
    named = name if name == "at" or name.endswith(("_at", "until")) else f"{name}_at"
    return {named: None if instant is None else _moment(instant)}


def _window(_: str, window: Window | None) -> Data:
    if window is None:
        return {}
    return {"window_start": _moment(window.start), "window_end": _moment(window.end)}


def _reason(name: str, reason: str | None) -> Data:
    """A reason that is a code of ours; what somebody typed stays in the house."""
    return {name: reason if reason is not None and _CODE.fullmatch(reason) else None}


def _reasons(name: str, reasons: tuple[str, ...]) -> Data:
    return {name: [reason for reason in reasons if _CODE.fullmatch(reason)]}


def _money(name: str, money: Money) -> Data:
    return {name: {"minor": money.minor, "currency": money.currency}}


def _moment(instant: Instant) -> datetime:
    seconds, micros = divmod(instant, MICROSECONDS)
    return _EPOCH + timedelta(seconds=seconds, microseconds=micros)


_TELL: Final[dict[str, Callable[[str, Any], Data]]] = {
    "amount": _money,
    "at": _time,
    "attempt": _plain,
    "by_shopper": _plain,
    "case": _plain,
    "condition": _plain,
    "delivery": _plain,
    "disposition": _plain,
    "due_at": _time,
    "expected": _time,
    "fields": _plain,
    "hub": _plain,
    "handed_over_at": _time,
    "kind": _plain,
    "method": _plain,
    "missing": _plain,
    "nearby": _plain,
    "outcome": _plain,
    "parcel": _plain,
    "parcels": _plain,
    "promise": _plain,
    "reason": _reason,
    "reasons": _reasons,
    "return_id": _plain,
    "short": _plain,
    "status": _plain,
    "successor": _plain,
    "until": _time,
    "window": _window,
}
"""The fields of events that may leave the house, and how; whatever is not named here stays."""
