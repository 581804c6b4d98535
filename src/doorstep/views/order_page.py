"""The order page: where an order is, what should happen next, who is fixing it, and all that happened."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderStatus
from doorstep.views.answers import three_answers
from doorstep.views.order_history import History
from doorstep.views.order_view import (
    Answers,
    AttemptLine,
    CaseLine,
    CostLine,
    EventLine,
    OrderStory,
    PromiseLine,
)
from doorstep.views.routing import RoutingLine, routing_lines
from doorstep.views.words import event_type, say
from doorstep.vocabulary.case import CaseEvent, CaseOpened
from doorstep.vocabulary.contact import ContactEvent
from doorstep.vocabulary.cost import CostBooked
from doorstep.vocabulary.custody import CustodyEvent, CustodyOpened
from doorstep.vocabulary.delivery import Arrived, AttemptFailed, Delivered, DeliveryCreated, DeliveryEvent
from doorstep.vocabulary.evidence import EvidenceEvent
from doorstep.vocabulary.ids import CaseId, DeliveryId, OrderId, ParcelId, PromiseId, ReturnId, TenderId
from doorstep.vocabulary.message import MessageEvent
from doorstep.vocabulary.order import OrderAmended, OrderEvent
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseEvent, PromiseRefused
from doorstep.vocabulary.record import AnyEvent, Record
from doorstep.vocabulary.return_ import ReturnEvent, ReturnRequested
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import TenderEvent, TenderOffered
from doorstep.vocabulary.tracking import TrackingEvent
from doorstep.vocabulary.units import Instant

EVENTS_SHOWN_MAX: Final = 500
"""Events that one page lists; the newest are kept."""
SAYS_ORDER: Final = (OrderEvent, RoutingDecided, ContactEvent, EvidenceEvent, MessageEvent, TrackingEvent)
"""Events that name the order they are about."""


class OrderPages:
    """Sorts a market's records by the order they are about; a page is folded when it is asked for."""

    def __init__(self) -> None:
        self._records: defaultdict[OrderId, list[Record]] = defaultdict(list)
        self._unconfirmed: defaultdict[PromiseId, list[Record]] = defaultdict(list)
        self._of_promise: dict[PromiseId, OrderId] = {}
        self._of_delivery: dict[DeliveryId, OrderId] = {}
        self._of_parcel: dict[ParcelId, OrderId] = {}
        self._of_case: dict[CaseId, OrderId] = {}
        self._of_return: dict[ReturnId, OrderId] = {}
        self._of_tender: dict[TenderId, OrderId] = {}

    def apply(self, record: Record) -> tuple[OrderId, ...]:
        """Take the log's next record; the orders whose pages it is on."""
        event = record.data
        if isinstance(event, PromiseEvent):
            return self._see_promise(record, event)
        if isinstance(event, CostBooked):
            bearers = tuple(dict.fromkeys(entry.order for entry in event.entries if entry.order))
        else:
            order = self._order_of(record)
            bearers = () if order is None else (order,)
        for bearer in bearers:
            self._records[bearer].append(record)
        return bearers

    def order_of(self, delivery: DeliveryId) -> OrderId | None:
        """The order that a delivery is for."""
        return self._of_delivery.get(delivery)

    def amended_since(self, order: OrderId, version: int) -> list[tuple[str, tuple[str, ...]]]:
        """Who changed which fields of the order after its `version`, in their order."""
        return [
            (record.actor, record.data.fields)
            for record in self._records.get(order, ())
            if isinstance(record.data, OrderAmended) and record.version > version
        ]

    def history(self, order: OrderId) -> History | None:
        """All states that an order's records lead to, or None where there is no such order."""
        records = self._records.get(order)
        return History.of(records) if records and isinstance(records[0].data, OrderEvent) else None

    def routing(self, order: OrderId) -> tuple[RoutingLine, ...]:
        """The decisions which carrier takes it, in their order."""
        history = self.history(order)
        return _routing(history) if history else ()

    def answers(self, order: OrderId, now: Instant, expected: Instant | None = None) -> Answers | None:
        """The three answers; `expected` is when the live plan has the van at the door."""
        history = self.history(order)
        return three_answers(history, now, expected) if history else None

    def story(self, order: OrderId, now: Instant, expected: Instant | None = None) -> OrderStory | None:
        """The whole page."""
        history = self.history(order)
        if history is None:
            return None
        state, delivery = history.order, history.delivery
        created = delivery.created if delivery else None
        return OrderStory(
            id=state.id,
            status=state.status,
            version=state.version,
            content=state.content,
            placed_at=state.content.placed_at,
            answers=three_answers(history, now, expected),
            delivery=state.delivery,
            delivery_status=delivery.status if delivery else None,
            route=delivery.route if delivery else None,
            driver=delivery.driver if delivery else None,
            proofs_required=created.proofs_required if created else (),
            proofs_missing=delivery.missing if delivery else (),
            declined=state.declined if state.status is OrderStatus.declined else (),
            promises=_promises(history),
            attempts=_attempts(delivery),
            custody=tuple(history.custody),
            cases=_cases(history),
            contacts=tuple(history.contacts),
            costs=_costs(order, history),
            routing=_routing(history),
            events=events_of(history.records),
        )

    def _see_promise(self, record: Record, event: PromiseEvent) -> tuple[OrderId, ...]:
        promise = event.promise
        if isinstance(event, PromiseConfirmed):
            self._of_promise[promise] = event.order
            self._records[event.order] += self._unconfirmed.pop(promise, [])
        order = event.order if isinstance(event, PromiseRefused) else self._of_promise.get(promise)
        if order is not None:
            self._records[order].append(record)
        elif isinstance(event, PromiseRefused):
            pass  # a quote that nobody ordered on belongs to no order
        else:
            self._unconfirmed[promise].append(record)
        return () if order is None else (order,)

    def _order_of(self, record: Record) -> OrderId | None:
        event = record.data
        if isinstance(event, SAYS_ORDER):
            return event.order
        if isinstance(event, DeliveryEvent):
            if isinstance(event, DeliveryCreated):
                self._of_delivery[event.delivery] = event.order
                self._of_parcel.update(dict.fromkeys(event.parcels, event.order))
            return self._of_delivery.get(event.delivery)
        if isinstance(event, CustodyEvent):
            if isinstance(event, CustodyOpened) and event.delivery in self._of_delivery:
                self._of_parcel[event.parcel] = self._of_delivery[event.delivery]
            return self._of_parcel.get(event.parcel)
        if isinstance(event, ReturnEvent):
            if isinstance(event, ReturnRequested):
                self._of_return[event.return_id] = event.goods.order
            return self._of_return.get(event.return_id)
        return self._order_of_follower(event)

    def _order_of_follower(self, event: AnyEvent) -> OrderId | None:
        """The order behind what follows from a decision, or from something that went wrong."""
        if isinstance(event, TenderEvent):
            if isinstance(event, TenderOffered):
                self._of_tender[event.tender] = event.consignment.order
            return self._of_tender.get(event.tender)
        if isinstance(event, CaseEvent):
            if isinstance(event, CaseOpened):
                order = event.subject.order
                if order is None and event.subject.delivery is not None:
                    order = self._of_delivery.get(event.subject.delivery)
                if order is not None:
                    self._of_case[event.case] = order
            return self._of_case.get(event.case)
        return None


def events_of(records: Sequence[Record]) -> tuple[EventLine, ...]:
    """The records as lines, newest first, at most 500."""
    return tuple(
        EventLine(
            position=record.position,
            stream=record.stream,
            type=event_type(record.data),
            text=say(record.data),
            occurred_at=record.occurred_at,
            recorded_at=record.recorded_at,
            source=record.source.value,
            actor=record.actor,
            because=record.because,
            code=code,
            noted=noted,
        )
        for record in sorted(records, key=lambda record: -record.position)[:EVENTS_SHOWN_MAX]
        for code, noted in (_by_carrier(record.data),)
    )


def _by_carrier(event: AnyEvent) -> tuple[str, str]:
    """A carrier's own code, and the key under which it said more; empty where no carrier told it."""
    if not isinstance(event, DeliveryEvent) or event.said is None:
        return "", ""
    return event.said.code, event.key if event.said.noted else ""


def _promises(history: History) -> tuple[PromiseLine, ...]:
    return tuple(
        PromiseLine(
            id=state.id,
            status=state.status,
            window=state.window,
            odds_ppm=state.odds_ppm,
            held_at=history.held_at[state.id],
            confirmed_at=history.confirmed_at.get(state.id),
            announced_at=state.announced_at,
            outcome=state.outcome,
            reasons=history.refused.get(state.id, ()),
        )
        for state in history.promises.values()
    )


def _routing(history: History) -> tuple[RoutingLine, ...]:
    return routing_lines(history.decisions, history.asked, history.tenders)


def _attempts(delivery: DeliveryState | None) -> tuple[AttemptLine, ...]:
    """The visits in their order: an arrival and its end belong together by the number of the attempt."""
    if delivery is None:
        return ()
    arrived: dict[int, Arrived] = {}
    ended: dict[int, Delivered | AttemptFailed] = {}
    for event in delivery.evidence:
        # A carrier's report has no number of its own: it belongs to the attempt that is under way.
        if isinstance(event, Arrived):
            arrived[event.attempt or len(ended) + 1] = event
        elif isinstance(event, Delivered | AttemptFailed):
            ended[event.attempt or len(ended) + 1] = event
    lines = []
    for number in sorted(arrived.keys() | ended.keys()):
        first, last = arrived.get(number), ended.get(number)
        whole = last or first
        assert whole is not None
        lines.append(
            AttemptLine(
                number=number,
                route=whole.route,
                driver=delivery.driver if whole.route == delivery.route else None,
                arrived_at=first.at if first else None,
                ended_at=last.at if last else None,
                delivered=isinstance(last, Delivered),
                reason=last.reason.value if isinstance(last, AttemptFailed) else "",
                method=last.method if isinstance(last, Delivered) else None,
                distance_m=first.distance_m if first else None,
                proofs=last.proofs if last else (),
                lacking=last.lacking if isinstance(last, AttemptFailed) else (),
            )
        )
    return tuple(lines)


def _cases(history: History) -> tuple[CaseLine, ...]:
    return tuple(
        CaseLine(
            id=state.id,
            kind=state.kind,
            owner=state.owner,
            opened_at=state.opened_at,
            due_at=state.due_at,
            closed_at=state.closed_at,
            told_at=state.told_at,
            next_step=state.next_step,
            record=state.record,
        )
        for state in sorted(history.cases.values(), key=lambda state: (state.opened_at, state.id))
    )


def _costs(order: OrderId, history: History) -> tuple[CostLine, ...]:
    """What the order bears, by kind and basis; the other side of each booking is the source's."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    lines = {}
    for booked in history.costs:
        sign = 1 if booked.reverses is None else -1
        for entry in booked.entries:
            if entry.order == order and sign * entry.minor > 0:
                key = (entry.kind.value, entry.basis.value, booked.currency)
                quantity, minor = sums.get(key, (0, 0))
                sums[key] = (quantity + sign * entry.quantity, minor + entry.minor)
                lines[key] = CostLine(entry.kind, entry.basis, *sums[key], booked.currency)
    return tuple(lines[key] for key in sorted(lines) if any(sums[key]))
