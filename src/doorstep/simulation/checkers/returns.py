"""What comes back and what is paid back for it, read from the log alone."""

from doorstep.simulation.checkers.verdict import Tally
from doorstep.vocabulary.cost import CostBooked, CostKind
from doorstep.vocabulary.ids import DeliveryId, OrderId, ParcelId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.order import OrderAmended, OrderPlaced
from doorstep.vocabulary.record import AnyEvent
from doorstep.vocabulary.return_ import (
    CollectionBooked,
    CollectionFailed,
    CollectionReleased,
    CollectorArrived,
    ReturnCancelled,
    ReturnCollected,
    ReturnDeclined,
    ReturnDroppedOff,
    ReturnEvent,
    ReturnOverdue,
    ReturnRefunded,
    ReturnRequested,
)
from doorstep.vocabulary.units import Instant


class GoodsBack:
    """Follows every return: its parcels, what it paid back, and what the ledger has of that."""

    def __init__(self) -> None:
        self._worth: dict[OrderId, Money | None] = {}
        self._asked: dict[ReturnId, ReturnRequested] = {}
        self._handed_in: set[ReturnId] = set()
        self._let_go: set[ReturnId] = set()
        self._visit: dict[ReturnId, DeliveryId] = {}
        self._due: dict[ReturnId, Instant | None] = {}
        self._noted: dict[ReturnId, Instant] = {}
        self._strange: list[tuple[ReturnId, str]] = []
        self._now = Instant(0)
        self._paid: dict[ReturnId, list[Money]] = {}
        self._booked: dict[str, list[Money]] = {}

    def follow(self, event: AnyEvent, recorded_at: Instant) -> None:
        """Take one event in."""
        self._now = max(self._now, recorded_at)
        if isinstance(event, ReturnEvent):
            self._clock(event)
            self._visits(event)
        match event:
            case OrderPlaced(order=order, content=content) | OrderAmended(order=order, content=content):
                self._worth[order] = content.value
            case ReturnRequested(return_id=return_id):
                self._asked[return_id] = event
            case ReturnDroppedOff(return_id=return_id) | ReturnCollected(return_id=return_id):
                self._handed_in.add(return_id)
            case ReturnDeclined(return_id=return_id) | ReturnCancelled(return_id=return_id):
                self._let_go.add(return_id)
            case ReturnRefunded(return_id=return_id, amount=amount):
                self._paid.setdefault(return_id, []).append(amount)
            case CostBooked(page=page, entries=entries, currency=currency):
                minor = sum(e.minor for e in entries if e.kind is CostKind.goods_refund and e.minor > 0)
                if minor:
                    self._booked.setdefault(page, []).append(Money(minor, currency))
            case _:
                pass

    def _clock(self, event: ReturnEvent) -> None:
        """When the next step is due; a step that ends a return, or gives no time, leaves no clock."""
        if isinstance(event, ReturnOverdue):
            self._noted[event.return_id] = event.at
        elif not isinstance(event, CollectorArrived):
            self._due[event.return_id] = getattr(event, "due_at", None)

    def _visits(self, event: ReturnEvent) -> None:
        """A visit is booked, and then made or given up: never two at once, and none that nobody booked."""
        return_id = event.return_id
        match event:
            case CollectionBooked(collection=visit):
                if return_id in self._visit:
                    self._strange.append((return_id, "two visits are booked at once"))
                self._visit[return_id] = visit.delivery
            case CollectorArrived(delivery=delivery):
                if self._visit.get(return_id) != delivery:
                    self._strange.append((return_id, "a driver came whom nobody sent"))
            case (
                CollectionReleased(delivery=delivery)
                | ReturnCollected(delivery=delivery)
                | CollectionFailed(delivery=delivery)
            ):
                if self._visit.pop(return_id, None) != delivery:
                    self._strange.append((return_id, "a visit ended that was not booked"))
            case ReturnDroppedOff() | ReturnCancelled() if return_id in self._visit:
                self._strange.append((return_id, "a van is still booked for what needs none"))
            case _:
                pass

    def settle(self, tally: Tally) -> None:
        """No step is late unnoticed; each return pays back once, an order's together at most its worth."""
        for return_id, sentence in self._strange:
            tally.that(False, return_id, sentence)
        for return_id, due_at in sorted(self._due.items()):
            on_time = due_at is None or due_at >= self._now or self._noted.get(return_id, 0) >= due_at
            tally.that(on_time, return_id, "its next step is late, and nobody was told")
        tally.measure("returns", len(self._asked))
        by_order: dict[OrderId, int] = {}
        taken: set[ParcelId] = set()
        for return_id, asked in sorted(self._asked.items()):
            order, paid = asked.goods.order, self._paid.get(return_id, [])
            booked = self._booked.pop(f"return/{return_id}", [])
            tally.that(len(paid) <= 1, return_id, f"it was paid back {len(paid)} times")
            tally.that(booked == paid, return_id, f"{paid} was paid back, {booked} is booked")
            came = not paid or return_id in self._handed_in
            tally.that(came, return_id, "it was paid back before anything was handed in")
            if return_id not in self._let_go:
                twice = taken.intersection(asked.goods.parcels)
                tally.that(not twice, return_id, f"{len(twice)} of its parcels are in another return")
                taken.update(asked.goods.parcels)
            by_order[order] = by_order.get(order, 0) + sum(money.minor for money in paid)
        for order, minor in sorted(by_order.items()):
            value = self._worth.get(order)
            worth = value.minor if value else 0
            tally.that(minor <= worth, order, f"{minor} was paid back, and it was worth {worth}")
        tally.that(not self._booked, "ledger", f"{sorted(self._booked)} pay goods back that nobody returned")
