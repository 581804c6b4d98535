"""Carrier book: what of each carrier's capacity is taken, and which delivery a shipment is. A projection."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from doorstep.vocabulary.delivery import DeliveryCancelled
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, PromiseId, TenderId
from doorstep.vocabulary.promise import HoldExpired, PromiseHeld, PromiseReleased
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import SurplusAcceptance, TenderAccepted, TenderOffered
from doorstep.vocabulary.units import MICROSECONDS
from doorstep.vocabulary.windows import Window


class Share(NamedTuple):
    """A day's capacity of one service of one carrier."""

    carrier: CarrierId
    service: str
    day: str


class CarrierBook:
    """Follows promises, decisions and tenders; equal for equal logs."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._taken: dict[Share, set[DeliveryId]] = defaultdict(set)
        self._share: dict[DeliveryId, Share] = {}
        self._delivery: dict[PromiseId, DeliveryId] = {}
        self._tenders: dict[DeliveryId, list[TenderId]] = {}
        self._shipments: dict[tuple[CarrierId, str], TenderId] = {}

    def apply(self, record: Record) -> None:
        """Follow the log."""
        match record.data:
            case PromiseHeld(promise=promise, delivery=delivery) as held:
                self._delivery[promise] = delivery
                self._take(delivery, held.carrier, held.carrier_service, held.window)
            case HoldExpired(promise=promise) | PromiseReleased(promise=promise):
                if promise in self._delivery:
                    self._give_back(self._delivery[promise])
            case RoutingDecided(delivery=delivery, carrier=carrier, service=service, window=window):
                self._take(delivery, carrier or OWN_FLEET, service, window)
            case DeliveryCancelled(delivery=delivery):
                self._give_back(delivery)
            case TenderOffered(tender=tender, consignment=consignment):
                self._tenders.setdefault(consignment.delivery, []).append(tender)
            case TenderAccepted() | SurplusAcceptance() as taken:
                self._shipments[taken.carrier, taken.reference] = taken.tender
            case _:
                pass

    def used(self, carrier: CarrierId, service: str, window: Window, but: DeliveryId | None = None) -> int:
        """Deliveries of the window's day that the service holds, `but` one that asks anew."""
        taken = self._taken.get(Share(carrier, service, self._day(window)), set())
        return len(taken) - (but in taken)

    def tender_of(self, delivery: DeliveryId) -> TenderId | None:
        """The latest tender of a delivery."""
        tenders = self._tenders.get(delivery)
        return tenders[-1] if tenders else None

    def tenders_of(self, delivery: DeliveryId) -> tuple[TenderId, ...]:
        """All tenders of a delivery, in order."""
        return tuple(self._tenders.get(delivery, ()))

    def shipment(self, carrier: CarrierId, reference: str) -> TenderId | None:
        """The tender that a carrier's own reference stands for."""
        return self._shipments.get((carrier, reference))

    def _take(self, delivery: DeliveryId, carrier: CarrierId, service: str, window: Window) -> None:
        self._give_back(delivery)
        if carrier != OWN_FLEET:
            share = Share(carrier, service, self._day(window))
            self._share[delivery] = share
            self._taken[share].add(delivery)

    def _give_back(self, delivery: DeliveryId) -> None:
        share = self._share.pop(delivery, None)
        if share is not None:
            self._taken[share].discard(delivery)

    def _day(self, window: Window) -> str:
        return (
            datetime.fromtimestamp(window.start / MICROSECONDS, UTC).astimezone(self._zone).date().isoformat()
        )
