"""The cost of a delivered order: all that the orders due in a period cost ÷ those of them delivered.

Bookings are double entries that sum to zero; the positive entries are the cost. A booking that takes another
one back has its entries the other way round, and is less cost. The source of an amount is the account that
the same booking takes the same kind from. An amount on no order's account belongs to the period in which it
was booked and is shared equally by the orders due. The price of goods that came back is the merchant's and no
cost of a delivery: it stands in the ledger, and in no figure here.
"""

from collections import Counter
from collections.abc import Collection
from typing import Final

import msgspec

from doorstep.views.intervals import Mean, ratio_of
from doorstep.views.period import Period
from doorstep.vocabulary.cost import Basis, CostBooked, CostKind
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant

CASH_SOURCES: Final = frozenset({"payroll", "refunds"})
"""Accounts that money leaves because of these orders; the others bear wear, fuel and salaried desks."""
SEVERAL_SOURCES: Final = "several"
"""The source of an amount whose booking takes its kind from more than one account, or from none."""


class CostPart(msgspec.Struct, frozen=True):
    """One kind of cost, minor units; `quantity` in its own unit (seconds, metres, attempts, contacts).

    `per_delivered_milli` is in thousandths of a minor unit, None where nothing was delivered.
    """

    quantity: int
    measured_minor: int
    modelled_minor: int
    total_minor: int
    per_delivered_milli: int | None


class CostFigures(msgspec.Struct, frozen=True):
    """The cost of the orders of a period, minor units of `currency`; a declined order's contacts cost too.

    `total_minor` is the economic total, measured and modelled; `cash_minor` is the part of it that was paid
    out. `per_delivered` is the total ÷ `delivered` with its interval. `elsewhere_minor` was borne by orders
    not due in the period: with `total_minor` it sums to every positive entry. `foreign_bookings` are in
    another currency and in no sum.
    """

    currency: str
    orders: int
    delivered: int
    total_minor: int
    measured_minor: int
    modelled_minor: int
    cash_minor: int
    per_delivered: Mean
    parts: dict[str, CostPart]
    by_source: dict[str, int]
    elsewhere_minor: int
    bookings: int
    foreign_bookings: int


class _Amount(msgspec.Struct, frozen=True):
    kind: CostKind
    quantity: int
    minor: int
    basis: Basis
    order: OrderId | None
    source: str
    booked_at: Instant


class CostLedger:
    """A fold over the log, in one currency: that of the first booking where none is given."""

    def __init__(self, currency: str | None = None) -> None:
        self._currency = currency
        self._amounts: list[_Amount] = []
        self._keys: set[tuple[str, str]] = set()
        self._foreign = 0

    def apply(self, record: Record) -> None:
        """Take one event in; a booking that came twice counts once."""
        match record.data:
            case CostBooked(page=page, key=key) as booking:
                if (page, key) in self._keys:
                    return
                self._keys.add((page, key))
                self._currency = booking.currency if self._currency is None else self._currency
                if booking.currency == self._currency:
                    self._amounts += _borne(booking, record.occurred_at)
                else:
                    self._foreign += 1
            case _:
                pass

    def summary(
        self, period: Period, orders: Collection[OrderId], delivered: Collection[OrderId]
    ) -> CostFigures:
        """The figures over these orders; `delivered` are those of them that were handed over."""
        due = sorted(set(orders))
        inside = [a for a in self._amounts if _belongs(a, set(due), period)]
        number = sum(order in set(delivered) for order in due)
        measured = sum(amount.minor for amount in inside if amount.basis is Basis.measured)
        total = sum(amount.minor for amount in inside)
        by_source: Counter[str] = Counter()
        for amount in inside:
            by_source[amount.source] += amount.minor
        return CostFigures(
            currency=self._currency or "",
            orders=len(due),
            delivered=number,
            total_minor=total,
            measured_minor=measured,
            modelled_minor=total - measured,
            cash_minor=sum(by_source[source] for source in CASH_SOURCES),
            per_delivered=_per_delivered(inside, due, set(delivered)),
            parts={kind.value: _part([a for a in inside if a.kind is kind], number) for kind in CostKind},
            by_source=dict(sorted(by_source.items())),
            elsewhere_minor=sum(amount.minor for amount in self._amounts) - total,
            bookings=len(self._keys),
            foreign_bookings=self._foreign,
        )


def _borne(booking: CostBooked, booked_at: Instant) -> list[_Amount]:
    sign = 1 if booking.reverses is None else -1
    sources: dict[CostKind, set[str]] = {}
    for entry in booking.entries:
        if sign * entry.minor < 0:
            sources.setdefault(entry.kind, set()).add(entry.account)
    return [
        _Amount(
            entry.kind,
            sign * entry.quantity,
            entry.minor,
            entry.basis,
            entry.order,
            next(iter(sources[entry.kind])) if len(sources.get(entry.kind, ())) == 1 else SEVERAL_SOURCES,
            booked_at,
        )
        for entry in booking.entries
        if entry.kind is not CostKind.goods_refund
        and (sign * entry.minor > 0 or (entry.minor == 0 and entry.quantity > 0))
    ]


def _belongs(amount: _Amount, due: set[OrderId], period: Period) -> bool:
    return period.holds(amount.booked_at) if amount.order is None else amount.order in due


def _part(amounts: list[_Amount], delivered: int) -> CostPart:
    total = sum(amount.minor for amount in amounts)
    measured = sum(amount.minor for amount in amounts if amount.basis is Basis.measured)
    quantity = sum(amount.quantity for amount in amounts)
    per_delivered = round(total * 1_000 / delivered) if delivered else None
    return CostPart(quantity, measured, total - measured, total, per_delivered)


def _per_delivered(inside: list[_Amount], due: list[OrderId], delivered: set[OrderId]) -> Mean:
    """The ratio over the orders; what no order bears is shared in whole units, the first bear the rest."""
    if not due:
        return ratio_of((), ())
    share, rest = divmod(sum(amount.minor for amount in inside if amount.order is None), len(due))
    borne = {order: share + (index < rest) for index, order in enumerate(due)}
    for amount in inside:
        if amount.order is not None:
            borne[amount.order] += amount.minor
    return ratio_of([borne[order] for order in due], [order in delivered for order in due])
