"""An order's history: the states that its own records lead to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from doorstep.lifecycle import case as case_life
from doorstep.lifecycle import delivery as delivery_life
from doorstep.lifecycle import order as order_life
from doorstep.lifecycle import promise as promise_life
from doorstep.lifecycle import tender as tender_life
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.tender import TenderState
from doorstep.views.order_view import ContactLine, CustodyLine
from doorstep.vocabulary.case import CaseEvent, CaseOpened
from doorstep.vocabulary.contact import ContactRecorded
from doorstep.vocabulary.cost import CostBooked
from doorstep.vocabulary.custody import AnyCustodyEvent, CustodyEvent, CustodyOpened, HandedOver
from doorstep.vocabulary.delivery import AttemptFailed, Delivered, DeliveryEvent, ProofAdded
from doorstep.vocabulary.ids import CaseId, DeliveryId, PromiseId, TenderId
from doorstep.vocabulary.order import OrderEvent
from doorstep.vocabulary.promise import (
    AnyPromiseEvent,
    PromiseConfirmed,
    PromiseEvent,
    PromiseHeld,
    PromiseRefused,
)
from doorstep.vocabulary.proof import Proof
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import AnyTenderEvent, TenderEvent, TenderOffered
from doorstep.vocabulary.units import Instant


@dataclass(slots=True)
class History:
    """What one order's records add up to."""

    records: Sequence[Record]
    order: OrderState
    deliveries: dict[DeliveryId, DeliveryState] = field(default_factory=dict)
    promises: dict[PromiseId, PromiseState] = field(default_factory=dict)
    held_at: dict[PromiseId, Instant] = field(default_factory=dict)
    confirmed_at: dict[PromiseId, Instant] = field(default_factory=dict)
    refused: dict[PromiseId, tuple[str, ...]] = field(default_factory=dict)
    cases: dict[CaseId, CaseState] = field(default_factory=dict)
    custody: list[CustodyLine] = field(default_factory=list)
    contacts: list[ContactLine] = field(default_factory=list)
    costs: list[CostBooked] = field(default_factory=list)
    decisions: list[RoutingDecided] = field(default_factory=list)
    tenders: dict[TenderId, TenderState] = field(default_factory=dict)
    asked: dict[int, TenderId] = field(default_factory=dict)
    """Which tender a decision led to, by the decision's place."""

    @classmethod
    def of(cls, records: Sequence[Record]) -> "History":
        """The history from records by position, the first of which placed the order."""
        first = records[0].data
        assert isinstance(first, OrderEvent), "an order's history begins with the order"
        history = cls(records, order_life.evolve(None, first))
        for record in records[1:]:
            history.take(record)
        return history

    @property
    def delivery(self) -> DeliveryState | None:
        """The delivery that stands behind the order now; one that another took the place of is past."""
        return self.deliveries.get(self.order.delivery) if self.order.delivery else None

    def proofs(self) -> Iterator[Proof]:
        """Every piece of evidence at a door, whichever event brought it."""
        for event in self.delivery.evidence if self.delivery else ():
            if isinstance(event, Delivered | AttemptFailed | ProofAdded):
                yield from event.proofs

    def take(self, record: Record) -> None:
        """Fold one more record in."""
        event = record.data
        if isinstance(event, OrderEvent):
            self.order = order_life.evolve(self.order, event)
        elif isinstance(event, DeliveryEvent):
            known_job = self.deliveries.get(event.delivery)
            self.deliveries[event.delivery] = delivery_life.evolve(known_job, event)
        elif isinstance(event, PromiseEvent):
            self._take_promise(record, event)
        elif isinstance(event, CaseEvent):
            known = self.cases.get(event.case)
            if known is not None or isinstance(event, CaseOpened):
                self.cases[event.case] = case_life.evolve(known, event)
        elif isinstance(event, CustodyEvent):
            self.custody.append(_link(event))
        elif isinstance(event, ContactRecorded):
            line = ContactLine(event.at, event.topic.value, event.channel, event.answered_by)
            self.contacts.append(line)
        elif isinstance(event, CostBooked):
            self.costs.append(event)
        elif isinstance(event, RoutingDecided):
            self.decisions.append(event)
        elif isinstance(event, TenderEvent):
            self._take_tender(event)

    def _take_tender(self, event: AnyTenderEvent) -> None:
        self.tenders[event.tender] = tender_life.evolve(self.tenders.get(event.tender), event)
        if isinstance(event, TenderOffered):
            # A carrier is asked for the decision that counts then.
            about = (i for i, one in enumerate(self.decisions) if one.delivery == event.consignment.delivery)
            self.asked[max(about)] = event.tender

    def _take_promise(self, record: Record, event: AnyPromiseEvent) -> None:
        promise = event.promise
        self.promises[promise] = promise_life.evolve(self.promises.get(promise), event)
        if isinstance(event, PromiseHeld):
            self.held_at[promise] = record.recorded_at
        elif isinstance(event, PromiseRefused):
            self.held_at[promise] = record.recorded_at
            self.refused[promise] = event.reasons
        elif isinstance(event, PromiseConfirmed):
            self.confirmed_at[promise] = event.at


def _link(event: AnyCustodyEvent) -> CustodyLine:
    giver = None if isinstance(event, CustodyOpened) else event.giver
    method = event.method if isinstance(event, HandedOver) else None
    return CustodyLine(event.parcel, event.at, giver, event.holder, method, event.link)
