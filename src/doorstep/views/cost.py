"""The cost of a delivered order: all that the orders due in a period cost ÷ those of them delivered.

Bookings are double entries that sum to zero; the positive entries are the cost. A booking that takes another
one back has its entries the other way round, and is less cost. The source of an amount is the account that
the same booking takes the same kind from. An amount on no order's account belongs to the period in which it
was booked and is shared equally by the orders due. Measured is what was driven and done, accrued what a
carrier's contract says until its invoice comes, modelled what a rule puts in its place. The price of goods
that came back is the merchant's and no cost of a delivery: it stands in the ledger, and in no figure here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
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
    accrued_minor: int
    modelled_minor: int
    total_minor: int
    per_delivered_milli: int | None


class CostSlice(msgspec.Struct, frozen=True):
    """What a part of the orders cost, minor units: every kind that it has, and all of them ÷ those delivered.

    Slices are of what caused the cost and of who delivered, so that over all slices each amount and each
    delivered order is counted once.
    """

    total_minor: int
    measured_minor: int
    accrued_minor: int
    modelled_minor: int
    per_delivered: Mean
    parts: dict[str, CostPart]


class CostFigures(msgspec.Struct, frozen=True):
    """The cost of the orders of a period, minor units of `currency`; a declined order's contacts cost too.

    `total_minor` is the economic total, measured, accrued and modelled; `cash_minor` is the part of it that
    was paid out. `per_delivered` is the total ÷ `delivered` with its interval. `elsewhere_minor` was borne by
    orders not due in the period: with `total_minor` it sums to every positive entry. `foreign_bookings` are
    in another currency and in no sum.
    """

    currency: str
    orders: int
    delivered: int
    total_minor: int
    measured_minor: int
    accrued_minor: int
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


class Borne(msgspec.Struct, frozen=True):
    """What one order bears of one amount."""

    order: OrderId
    kind: CostKind
    quantity: int
    minor: int
    basis: Basis
    source: str


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
        by_basis, total = _by_basis(inside), sum(amount.minor for amount in inside)
        by_source: Counter[str] = Counter()
        for amount in inside:
            by_source[amount.source] += amount.minor
        return CostFigures(
            currency=self._currency or "",
            orders=len(due),
            delivered=number,
            total_minor=total,
            measured_minor=by_basis[Basis.measured],
            accrued_minor=by_basis[Basis.accrued],
            modelled_minor=by_basis[Basis.modelled],
            cash_minor=sum(by_source[source] for source in CASH_SOURCES),
            per_delivered=_per_delivered(inside, due, set(delivered)),
            parts={kind.value: _part([a for a in inside if a.kind is kind], number) for kind in CostKind},
            by_source=dict(sorted(by_source.items())),
            elsewhere_minor=sum(amount.minor for amount in self._amounts) - total,
            bookings=len(self._keys),
            foreign_bookings=self._foreign,
        )

    def borne(self, period: Period, orders: Collection[OrderId]) -> tuple[Borne, ...]:
        """What each of these orders bears; what no order bears is shared in whole units.

        The amounts sum to the summary's total, kind by kind. Without an order nothing is borne.
        """
        due = sorted(set(orders))
        known, found = set(due), []
        for one in self._amounts:
            if not due or not _belongs(one, known, period):
                continue
            if one.order is not None:
                found.append(Borne(one.order, one.kind, one.quantity, one.minor, one.basis, one.source))
                continue
            for order, minor, quantity in zip(
                due, _shares(one.minor, len(due)), _shares(one.quantity, len(due)), strict=True
            ):
                found.append(Borne(order, one.kind, quantity, minor, one.basis, one.source))
        return tuple(found)


def slice_of(amounts: Sequence[Borne], delivered: Collection[OrderId]) -> CostSlice:
    """What these amounts come to over these delivered orders."""
    by_basis, minors = _by_basis(amounts), dict.fromkeys(delivered, 0)
    by_kind: dict[CostKind, list[Borne]] = {}
    for amount in amounts:
        minors[amount.order] = minors.get(amount.order, 0) + amount.minor
        by_kind.setdefault(amount.kind, []).append(amount)
    known, number = set(delivered), len(set(delivered))
    return CostSlice(
        total_minor=sum(amount.minor for amount in amounts),
        measured_minor=by_basis[Basis.measured],
        accrued_minor=by_basis[Basis.accrued],
        modelled_minor=by_basis[Basis.modelled],
        per_delivered=ratio_of(
            [minors[order] for order in sorted(minors)], [order in known for order in sorted(minors)]
        ),
        parts={kind.value: _part(by_kind[kind], number) for kind in CostKind if kind in by_kind},
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


def _by_basis(amounts: Iterable[_Amount | Borne]) -> Counter[Basis]:
    sums: Counter[Basis] = Counter()
    for amount in amounts:
        sums[amount.basis] += amount.minor
    return sums


def _part(amounts: Sequence[_Amount | Borne], delivered: int) -> CostPart:
    by_basis, total = _by_basis(amounts), sum(amount.minor for amount in amounts)
    return CostPart(
        quantity=sum(amount.quantity for amount in amounts),
        measured_minor=by_basis[Basis.measured],
        accrued_minor=by_basis[Basis.accrued],
        modelled_minor=by_basis[Basis.modelled],
        total_minor=total,
        per_delivered_milli=round(total * 1_000 / delivered) if delivered else None,
    )


def _shares(total: int, parts: int) -> list[int]:
    """A sum in whole parts: the first ones bear what is left over."""
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]


def _per_delivered(inside: list[_Amount], due: list[OrderId], delivered: set[OrderId]) -> Mean:
    """The ratio over the orders; what no order bears is shared in whole units, the first bear the rest."""
    if not due:
        return ratio_of((), ())
    shared = _shares(sum(amount.minor for amount in inside if amount.order is None), len(due))
    borne = dict(zip(due, shared, strict=True))
    for amount in inside:
        if amount.order is not None:
            borne[amount.order] += amount.minor
    return ratio_of([borne[order] for order in due], [order in delivered for order in due])
