"""A day of a network drawn from a seed: the town's day with two carriers beside the fleet.

Who has a delivery, and since when, is noted while it is told, so that a count of the log can be checked
against what was meant.
"""

from tests.views.diary import clock
from tests.views.town_day import MERCHANT, TownDay

from doorstep.vocabulary.cost import Basis, CostBooked, CostKind, Entry
from doorstep.vocabulary.delivery import CarrierWord
from doorstep.vocabulary.ids import (
    OWN_FLEET,
    CarrierId,
    DeliveryId,
    HubId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    TenderId,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.routing import RoutingDecided, RoutingTrigger
from doorstep.vocabulary.tender import (
    CancellationRefused,
    Consignment,
    TenderAccepted,
    TenderCancelled,
    TenderOffer,
    TenderOffered,
    TenderRecalled,
    TenderRefused,
)
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window

REGIONAL, COURIER = CarrierId("regional"), CarrierId("courier")
NOBODY = "nobody"
FREIGHT_MINOR = 480


class NetworkDay(TownDay):
    """The town's day with carriers; `since` holds from when each order was whose."""

    def __init__(self, seed: int, orders: int = 60) -> None:
        self.since: dict[str, list[tuple[int, str]]] = {}
        self._tenders = 0
        super().__init__(seed, orders)

    def _become(
        self, n: int, order: OrderId, delivery: DeliveryId, window: Window, parcels: tuple[ParcelId, ...]
    ) -> None:
        """First it is settled who has it; then it becomes what it becomes, in that carrier's words."""
        self.since[order] = []
        story = self.luck.choice(
            (self._fleet, self._fleet, self._carrier, self._carrier, self._second, self._recalled,
             self._kept, self._unwanted)
        )  # fmt: skip
        told_by = story(order, delivery, window)
        self.word = None if told_by is None else CarrierWord(told_by, "X")
        super()._become(n, order, delivery, window, parcels)
        self.word = None

    # Stories: each returns who goes to the door, None for a van ---------------------------------------

    def _fleet(self, order: OrderId, delivery: DeliveryId, window: Window) -> CarrierId | None:
        self._decide(order, delivery, OWN_FLEET, clock(8), window)
        self._note(order, clock(8), OWN_FLEET)
        return None

    def _carrier(self, order: OrderId, delivery: DeliveryId, window: Window) -> CarrierId | None:
        carrier = self.luck.choice((REGIONAL, COURIER))
        self._decide(order, delivery, carrier, clock(8), window)
        self._note(order, clock(8), NOBODY)
        self._accept(order, delivery, carrier, Instant(window.start - self._minutes(45)))
        return carrier

    def _second(self, order: OrderId, delivery: DeliveryId, window: Window) -> CarrierId | None:
        """The fleet had it, its van is lost, one carrier says no, the next takes it: late, now and then."""
        self._decide(order, delivery, OWN_FLEET, clock(8), window)
        self._note(order, clock(8), OWN_FLEET)
        again = Instant(window.start + self._minutes(self.luck.choice((-60, 60, 300))))
        self._decide(order, delivery, REGIONAL, again, window, RoutingTrigger.withdrawn)
        tender = self._offer(order, delivery, REGIONAL, again)
        self.diary.tell(again, TenderRefused(tender, REGIONAL, Reason.no_courier, "", again))
        self._decide(order, delivery, COURIER, again, window, RoutingTrigger.refused)
        self._accept(order, delivery, COURIER, Instant(again + self._minutes(1)))
        return COURIER

    def _recalled(self, order: OrderId, delivery: DeliveryId, window: Window) -> CarrierId | None:
        """A carrier had it, we take it back, and a van goes; now and then nobody has it for a while."""
        tender = self._taken(order, delivery, window)
        at = Instant(window.start + self._minutes(self.luck.choice((-30, 30))))
        if self.luck.random() < 0.5:
            self._decide(order, delivery, OWN_FLEET, at, window, RoutingTrigger.by_hand)
            self._note(order, at, OWN_FLEET)
            self.diary.tell(at, TenderRecalled(tender, "", (REGIONAL,), at))
        else:
            self.diary.tell(at, TenderRecalled(tender, "", (REGIONAL,), at))
            self._note(order, at, NOBODY)
            later = Instant(at + self._minutes(200))
            self._decide(order, delivery, OWN_FLEET, later, window, RoutingTrigger.by_hand)
            self._note(order, later, OWN_FLEET)
        self.diary.tell(at, TenderCancelled(tender, REGIONAL, 0, at))
        return None

    def _kept(self, order: OrderId, delivery: DeliveryId, window: Window) -> CarrierId | None:
        """A carrier had it, we want it back, and it is too late."""
        tender = self._taken(order, delivery, window)
        at = Instant(window.start + self._minutes(5))
        self.diary.tell(at, TenderRecalled(tender, "", (REGIONAL,), at))
        self._note(order, at, NOBODY)
        later = Instant(at + self._minutes(1))
        self.diary.tell(later, CancellationRefused(tender, REGIONAL, "too late", later))
        self._note(order, later, REGIONAL)
        return REGIONAL

    def _unwanted(self, order: OrderId, delivery: DeliveryId, window: Window) -> CarrierId | None:
        """Meant for a carrier that does not take it; whoever goes to the door had never taken it over."""
        self._decide(order, delivery, COURIER, clock(8), window)
        self._note(order, clock(8), NOBODY)
        tender = self._offer(order, delivery, COURIER, clock(8, 5))
        self.diary.tell(clock(8, 5), TenderRefused(tender, COURIER, Reason.no_courier, "", clock(8, 5)))
        return None

    def _taken(self, order: OrderId, delivery: DeliveryId, window: Window) -> TenderId:
        self._decide(order, delivery, REGIONAL, clock(8), window)
        self._note(order, clock(8), NOBODY)
        return self._accept(order, delivery, REGIONAL, Instant(window.start - self._minutes(45)))

    # Words ------------------------------------------------------------------------------------------

    def _note(self, order: OrderId, at: Instant, carrier: str) -> None:
        self.since[order].append((at, carrier))

    def _minutes(self, number: int) -> int:
        return number * 60_000_000

    def _decide(
        self,
        order: OrderId,
        delivery: DeliveryId,
        carrier: CarrierId,
        at: Instant,
        window: Window,
        trigger: RoutingTrigger = RoutingTrigger.confirmed,
    ) -> None:
        self.diary.tell(
            at, RoutingDecided(delivery, order, trigger, window, carrier, "", (), "EUR", None, at)
        )

    def _offer(self, order: OrderId, delivery: DeliveryId, carrier: CarrierId, at: Instant) -> TenderId:
        self._tenders += 1
        tender = TenderId(f"tnd_{self._tenders}")
        job = Consignment(
            delivery, order, MERCHANT, HubId("hub_a"), PersonId("per"), PlaceId("plc"), (), Grams(9), (),
            Window(at, Instant(at + 1)),
        )  # fmt: skip
        offer = TenderOffer(carrier, "timed", 1, FREIGHT_MINOR, "EUR")
        self.diary.tell(at, TenderOffered(tender, job, (offer,), at, at))
        return tender

    def _accept(self, order: OrderId, delivery: DeliveryId, carrier: CarrierId, at: Instant) -> TenderId:
        tender = self._offer(order, delivery, carrier, at)
        taken = TenderAccepted(tender, carrier, f"ref-{tender}", FREIGHT_MINOR, "EUR", None, at)
        entries = (
            Entry(f"order/{order}", CostKind.freight, 1, FREIGHT_MINOR, Basis.accrued, order),
            Entry(f"carrier/{carrier}", CostKind.freight, 0, -FREIGHT_MINOR, Basis.accrued),
        )
        self.diary.tell(at, taken, CostBooked(str(order), f"freight/{tender}", None, "EUR", entries))
        self._note(order, at, carrier)
        return tender
