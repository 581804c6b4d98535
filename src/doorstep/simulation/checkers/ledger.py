"""Invariant 13: every booking sums to zero, and nothing is charged or refunded twice."""

from collections import Counter
from typing import ClassVar

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.returns import GoodsBack
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.cost import CostBooked, CostKind
from doorstep.vocabulary.delivery import AttemptFailed, Delivered, DeliveryCreated
from doorstep.vocabulary.ids import DeliveryId, OrderId, PromiseId
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseOutcome, PromiseSettled


class BalancedLedger(Checker):
    """The entries of a booking sum to zero; a key is booked once in the whole market.

    An order bears no more attempts than were made or claimed for it, and in the end a refund for each of its
    promises that was called missed last, and for no other. A return has one visit of a van at a time, no step
    late that nobody was told of, and pays back once, at most what its goods are worth. What takes a booking
    back mirrors it, once.
    """

    number: ClassVar[int] = 13
    name: ClassVar[str] = "the ledger sums to zero, one charge and one refund for each cause"

    def inspect(self, log: Log, tally: Tally) -> None:
        """Bookings against what happened."""
        keys: set[str] = set()
        borne: Counter[tuple[OrderId, CostKind]] = Counter()
        order_of: dict[DeliveryId, OrderId] = {}
        order_of_promise: dict[PromiseId, OrderId] = {}
        attempts: dict[OrderId, set[tuple[DeliveryId, int]]] = {}
        outcomes: dict[PromiseId, PromiseOutcome] = {}
        booked: dict[tuple[str, str], CostBooked] = {}
        goods = GoodsBack()
        for record in log.records:
            goods.follow(record.data, record.recorded_at)
            match record.data:
                case CostBooked(key=key) as booking:
                    self._booking(booking, keys, tally)
                    keys.add(key)
                    if booking.reverses is None:
                        borne.update(_bearers(booking))
                        booked[booking.page, key] = booking
                    else:
                        before = booked.pop((booking.page, booking.reverses), None)
                        _mirrored(booking, before, tally)
                        borne.subtract(_bearers(before) if before else ())
                case DeliveryCreated(delivery=delivery, order=order):
                    order_of[delivery] = order
                case Delivered() | AttemptFailed() as end if end.delivery in order_of:
                    attempts.setdefault(order_of[end.delivery], set()).add((end.delivery, end.attempt))
                case PromiseConfirmed(promise=promise, order=order):
                    order_of_promise[promise] = order
                case PromiseSettled(promise=promise, outcome=outcome):
                    outcomes[promise] = outcome
                case _:
                    pass
        goods.settle(tally)
        missed = Counter(
            order_of_promise[promise]
            for promise, outcome in outcomes.items()
            if outcome is PromiseOutcome.missed and promise in order_of_promise
        )
        for (order, kind), times in sorted(borne.items()):
            if kind is CostKind.attempt:
                made = len(attempts.get(order, ()))
                tally.that(times <= made, order, f"{times} attempts are booked, {made} were made")
            elif kind is CostKind.refund:
                owed = missed[order]
                tally.that(times <= owed, order, f"{times} refunds are booked for {owed} missed promises")

    @staticmethod
    def _booking(booking: CostBooked, keys: set[str], tally: Tally) -> None:
        name = f"booking {booking.key}"
        tally.that(booking.key not in keys, name, "it stands twice in the ledger")
        total = sum(entry.minor for entry in booking.entries)
        tally.that(total == 0, name, f"its entries sum to {total}")
        tally.that(all(entry.quantity >= 0 for entry in booking.entries), name, "a quantity is negative")
        kinds = {entry.kind for entry in booking.entries}
        crossed = [k for k in kinds if sum(e.minor for e in booking.entries if e.kind is k) != 0]
        tally.that(not crossed, name, f"kinds pay for each other: {', '.join(sorted(crossed))}")


def _bearers(booking: CostBooked) -> list[tuple[OrderId, CostKind]]:
    return [(e.order, e.kind) for e in booking.entries if e.order is not None and e.minor > 0]


def _mirrored(booking: CostBooked, before: CostBooked | None, tally: Tally) -> None:
    """What takes a booking back has its entries with the opposite amounts, and does so once."""
    name = f"booking {booking.key}"
    if tally.that(before is not None, name, f"it takes {booking.reverses} back, which does not stand"):
        assert before is not None, "the tally has just said so"
        opposite = tuple((entry.account, entry.kind, -entry.minor) for entry in before.entries)
        same = tuple((entry.account, entry.kind, entry.minor) for entry in booking.entries) == opposite
        tally.that(same, name, f"it is not the opposite of {booking.reverses}")
