"""Promise chains: per order the window that counts, and whether its parcels were handed over inside it.

A promise may follow another. The window that counts is the first that the shopper confirmed, or the last one
in the chain that the shopper chose: a change of ours makes a new promise and never erases the old.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryCreated,
    DeliveryLost,
    DeliveryReturned,
    ProofAdded,
)
from doorstep.vocabulary.ids import DeliveryId, OrderId, ParcelId, PromiseId
from doorstep.vocabulary.intake import ImportUndone
from doorstep.vocabulary.order import OrderAmended, OrderCancelled, OrderPlaced
from doorstep.vocabulary.promise import (
    MissAnnounced,
    PromiseChanged,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseSettled,
)
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window

SHOPPERS: Final = frozenset({"shopper", "recipient"})
"""Who `order.cancelled` names, before any colon, where the shopper cancelled."""


_UNPLACED: Final = Instant(0)


class Ending(StrEnum):
    """What became of a due promise; only the first is kept."""

    kept = "kept"
    early = "early"
    late = "late"
    unproven = "unproven"
    partial = "partial"
    returned = "returned"
    lost = "lost"
    cancelled = "cancelled"
    undelivered = "undelivered"


class Left(StrEnum):
    """Why a confirmed promise is not counted as due."""

    cancelled_by_shopper = "cancelled_by_shopper"
    import_undone = "import_undone"


class Due(msgspec.Struct, frozen=True):
    """An order's promise as it counts: its window and odds, its chain's revisions, and its ending.

    `left` says why it does not count. `announced` is whether the shopper was told of a miss or of our change
    before the window ended. `settled` is what the log itself says became of it.
    """

    order: OrderId
    market: str
    service: str
    promise: PromiseId
    window: Window
    odds_ppm: int
    revisions_ours: int
    revisions_shopper: int
    announced: bool
    ending: Ending
    cancelled_at: Instant | None
    left: Left | None
    settled: PromiseOutcome | None

    @property
    def kept(self) -> bool:
        """Whether it was kept."""
        return self.ending is Ending.kept


@dataclass(slots=True)
class Sale:
    """An order as the log tells it: its parcels, its confirmed promises in order, its deliveries."""

    order: OrderId
    market: str
    service: str = ""
    placed_at: Instant = _UNPLACED
    requested: Window | None = None
    parcels: frozenset[ParcelId] = frozenset()
    undone: bool = False
    cancelled_at: Instant | None = None
    cancelled_by_shopper: bool = False
    confirmed: list[PromiseId] = field(default_factory=list)
    deliveries: set[DeliveryId] = field(default_factory=set)


@dataclass(slots=True)
class _Pledge:
    held: PromiseHeld
    changed: PromiseChanged | None = None
    announced_at: Instant | None = None
    settled: PromiseOutcome | None = None


@dataclass(slots=True)
class _Job:
    handoffs: dict[str, Delivered] = field(default_factory=dict)
    proofs: set[ProofKind] = field(default_factory=set)
    lost: bool = False
    returned: bool = False


class PromiseChains:
    """A fold over the log, free of the order in which evidence about a delivery came."""

    def __init__(self) -> None:
        self.sales: dict[OrderId, Sale] = {}
        self._pledges: dict[PromiseId, _Pledge] = {}
        self._jobs: dict[DeliveryId, _Job] = {}

    def apply(self, record: Record) -> None:
        """Take one event in."""
        match record.data:
            case OrderPlaced() | OrderAmended() | OrderCancelled() | ImportUndone():
                self._order(record)
            case PromiseHeld(promise=promise) as held:
                self._pledges[promise] = _Pledge(held)
            case PromiseConfirmed(promise=promise, order=order):
                self._sale(order, record).confirmed.append(promise)
            case PromiseChanged(promise=promise) as changed:
                self._pledges[promise].changed = changed
            case MissAnnounced(promise=promise, at=at):
                pledge = self._pledges[promise]
                pledge.announced_at = min(at, pledge.announced_at or at)
            case PromiseSettled(promise=promise, outcome=outcome):
                self._pledges[promise].settled = outcome
            case DeliveryCreated(order=order, delivery=delivery):
                self._sale(order, record).deliveries.add(delivery)
            case Delivered(delivery=delivery, key=key) as handoff:
                self._job(delivery).handoffs[key] = handoff
            case ProofAdded(delivery=delivery, proofs=proofs):
                self._job(delivery).proofs.update(proof.kind for proof in proofs if proof.passed)
            case DeliveryLost(delivery=delivery):
                self._job(delivery).lost = True
            case DeliveryReturned(delivery=delivery):
                self._job(delivery).returned = True
            case _:
                pass

    def _order(self, record: Record) -> None:
        match record.data:
            case OrderPlaced(order=order, content=content):
                sale = self._sale(order, record)
                sale.placed_at = record.occurred_at
                sale.service, sale.requested = content.service, content.requested
                sale.parcels = frozenset(parcel.id for parcel in content.parcels)
            case OrderAmended(order=order, content=content):
                sale = self._sale(order, record)
                sale.service, sale.requested = content.service, content.requested
                sale.parcels = frozenset(parcel.id for parcel in content.parcels)
            case OrderCancelled(order=order, by=by, reason=reason):
                sale = self._sale(order, record)
                sale.cancelled_at = record.occurred_at
                wish = reason == Reason.cancelled_by_recipient
                sale.cancelled_by_shopper = wish or by.partition(":")[0] in SHOPPERS
            case ImportUndone(orders=orders):
                for order in orders:
                    self._sale(order, record).undone = True
            case _:
                pass

    def _sale(self, order: OrderId, record: Record) -> Sale:
        return self.sales.setdefault(order, Sale(order, record.market))

    def _job(self, delivery: DeliveryId) -> _Job:
        return self._jobs.setdefault(delivery, _Job())

    # Reading -----------------------------------------------------------------------------------------

    def dues(self) -> tuple[Due, ...]:
        """Every order with a confirmed promise, by order id."""
        return tuple(self._due(sale) for _, sale in sorted(self.sales.items()) if sale.confirmed)

    def day_of(self, sale: Sale) -> Instant:
        """The instant that says to which period an order belongs."""
        if sale.confirmed:
            return self._chain(sale)[0].held.window.end
        return sale.requested.end if sale.requested else sale.placed_at

    def pledge(self, promise: PromiseId) -> PromiseHeld | None:
        """What was held under a promise."""
        known = self._pledges.get(promise)
        return known.held if known else None

    def handed_over(self, order: OrderId) -> bool:
        """Whether every parcel of the order changed hands."""
        sale = self.sales[order]
        return bool(sale.parcels) and sale.parcels <= self._moments(sale).keys()

    def last_handoff(self, order: OrderId) -> Delivered | None:
        """The handoff by which the last parcel of an order changed hands; None while one has not."""
        sale = self.sales[order]
        moments = self._moments(sale)
        if not sale.parcels or not sale.parcels <= moments.keys():
            return None
        return max(moments.values(), key=lambda handoff: (handoff.at, handoff.key))

    def _chain(self, sale: Sale) -> tuple[_Pledge, list[PromiseChanged], list[_Pledge]]:
        """The promise that counts, the changes of its chain, and all promises of the chain."""
        confirmed = set(sale.confirmed)
        here = counts = self._pledges[sale.confirmed[0]]
        changes, chain = [], [here]
        while here.changed is not None and here.changed.successor in confirmed:
            change = here.changed
            confirmed.discard(change.successor)  # a chain that bites its tail still ends
            here = self._pledges[change.successor]
            changes.append(change)
            chain.append(here)
            if change.by_shopper:
                counts = here
        return counts, changes, chain

    def _due(self, sale: Sale) -> Due:
        counts, changes, chain = self._chain(sale)
        window = counts.held.window
        told = [pledge.announced_at for pledge in chain if pledge.announced_at is not None]
        told += [change.told_at for change in changes if not change.by_shopper and change.told_at is not None]
        settled = [pledge.settled for pledge in chain if pledge.settled is not None]
        by_shopper = sum(change.by_shopper for change in changes)
        return Due(
            order=sale.order,
            market=sale.market,
            service=counts.held.service,
            promise=counts.held.promise,
            window=window,
            odds_ppm=counts.held.odds_ppm,
            revisions_ours=len(changes) - by_shopper,
            revisions_shopper=by_shopper,
            announced=any(at <= window.end for at in told),
            ending=self._ending(sale, window),
            cancelled_at=sale.cancelled_at,
            left=_left(sale, window),
            settled=counts.settled if counts.settled is not None else (settled[-1] if settled else None),
        )

    def _moments(self, sale: Sale) -> dict[ParcelId, Delivered]:
        """The earliest handoff of each parcel of the order."""
        earliest: dict[ParcelId, Delivered] = {}
        for delivery in sorted(sale.deliveries):
            for handoff in self._job(delivery).handoffs.values():
                for parcel in handoff.parcels:
                    known = earliest.get(parcel)
                    if known is None or (handoff.at, handoff.key) < (known.at, known.key):
                        earliest[parcel] = handoff
        return {parcel: handoff for parcel, handoff in earliest.items() if parcel in sale.parcels}

    def _ending(self, sale: Sale, window: Window) -> Ending:
        moments = self._moments(sale)
        if moments and sale.parcels <= moments.keys():
            return self._delivered_ending(list(moments.values()), window)
        if moments:
            return Ending.partial
        jobs = [self._job(delivery) for delivery in sale.deliveries]
        if any(job.lost for job in jobs):
            return Ending.lost
        if any(job.returned for job in jobs):
            return Ending.returned
        return Ending.undelivered if sale.cancelled_at is None else Ending.cancelled

    def _delivered_ending(self, handoffs: list[Delivered], window: Window) -> Ending:
        if max(handoff.at for handoff in handoffs) > window.end:
            return Ending.late
        if min(handoff.at for handoff in handoffs) < window.start:
            return Ending.early
        lacks = any(set(handoff.missing) - self._job(handoff.delivery).proofs for handoff in handoffs)
        return Ending.unproven if lacks else Ending.kept


def _left(sale: Sale, window: Window) -> Left | None:
    if sale.undone:
        return Left.import_undone
    if sale.cancelled_by_shopper and sale.cancelled_at is not None and sale.cancelled_at < window.start:
        return Left.cancelled_by_shopper
    return None
