"""Tenders as a log tells them: who is asked for a delivery, and who has it."""

from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, TenderId
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import (
    TenderAccepted,
    TenderCancelled,
    TenderEvent,
    TenderExpired,
    TenderOffered,
    TenderRecalled,
    TenderRefused,
)


class Tenders:
    """Follows the log event by event."""

    def __init__(self) -> None:
        self._delivery: dict[TenderId, DeliveryId] = {}
        self._asked: dict[TenderId, set[CarrierId]] = {}
        self._taker: dict[TenderId, CarrierId] = {}
        self._waiting: dict[DeliveryId, str] = {}

    def has(self, delivery: DeliveryId) -> bool:
        """Whether a carrier is asked or has it, or a decision or a tender about it is due."""
        asked = any(self._delivery[tender] == delivery for tender, who in self._asked.items() if who)
        return asked or bool(self.takers(delivery)) or delivery in self._waiting

    def takers(self, delivery: DeliveryId) -> set[CarrierId]:
        """The carriers that accepted it and did not let it go."""
        return {who for tender, who in self._taker.items() if self._delivery[tender] == delivery}

    def follow(self, event: TenderEvent | RoutingDecided) -> set[DeliveryId]:
        """Take one event in; returns the deliveries that it is about."""
        if isinstance(event, RoutingDecided):
            if event.carrier in (None, OWN_FLEET):
                self._waiting.pop(event.delivery, None)
            else:
                self._waiting[event.delivery] = "to be asked"
            return {event.delivery}
        if isinstance(event, TenderOffered):
            self._delivery[event.tender] = event.consignment.delivery
            self._asked[event.tender] = {offer.carrier for offer in event.offers}
            self._waiting.pop(event.consignment.delivery, None)
        delivery, asked = self._delivery[event.tender], self._asked[event.tender]
        match event:
            case TenderAccepted(carrier=carrier):
                self._taker[event.tender] = carrier
                asked.clear()
            case TenderRefused(carrier=carrier):
                asked.discard(carrier)
                if not asked and event.tender not in self._taker:
                    self._waiting[delivery] = "to be decided anew"
            case TenderExpired():
                asked.clear()
                self._waiting[delivery] = "to be decided anew"
            case TenderRecalled():
                asked.clear()
                self._taker.pop(event.tender, None)
            case TenderCancelled(carrier=carrier) if self._taker.get(event.tender) == carrier:
                # It let go by itself: nobody had recalled it.
                del self._taker[event.tender]
                self._waiting[delivery] = "to be decided anew"
            case _:
                pass
        return {delivery}
