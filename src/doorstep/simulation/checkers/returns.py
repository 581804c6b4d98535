"""What is paid back for goods that came back, read from the log alone."""

from doorstep.simulation.checkers.verdict import Tally
from doorstep.vocabulary.cost import CostBooked, CostKind
from doorstep.vocabulary.ids import OrderId, ParcelId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.order import OrderAmended, OrderPlaced
from doorstep.vocabulary.record import AnyEvent
from doorstep.vocabulary.return_ import (
    ReturnCancelled,
    ReturnCollected,
    ReturnDeclined,
    ReturnDroppedOff,
    ReturnRefunded,
    ReturnRequested,
)


class GoodsBack:
    """Follows every return: its parcels, what it paid back, and what the ledger has of that."""

    def __init__(self) -> None:
        self._worth: dict[OrderId, Money | None] = {}
        self._asked: dict[ReturnId, ReturnRequested] = {}
        self._handed_in: set[ReturnId] = set()
        self._let_go: set[ReturnId] = set()
        self._paid: dict[ReturnId, list[Money]] = {}
        self._booked: dict[str, list[Money]] = {}

    def follow(self, event: AnyEvent) -> None:
        """Take one event in."""
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

    def settle(self, tally: Tally) -> None:
        """Each return pays back once, as booked; an order's returns together at most its worth."""
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
