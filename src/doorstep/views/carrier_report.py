"""The day by carrier: every figure of the report once more for each carrier, and for each service it carried.

The own fleet is a carrier like any other. To whom a promise, an attempt or a case belongs is settled in
`charges`. A cost belongs to what caused it: freight and fees to the carrier that asks for them, a van's
time, kilometres and attempts to the own fleet, and contacts, refunds and the handling of returns to the
carrier that is charged with the order. An order is delivered by who handed over its last parcel. So the rows
sum to the market's own figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from doorstep.views.attempts import (
    AttemptFailures,
    Attempts,
    AttemptShares,
    DueAttempt,
    Failure,
    FirstAttempt,
    counted,
    shares,
    teller,
)
from doorstep.views.case_times import NO_CASES, CaseSummary, CaseTimes
from doorstep.views.charges import NOBODY, Charges
from doorstep.views.cost import Borne, CostLedger, CostSlice, slice_of
from doorstep.views.intervals import Share, share_of
from doorstep.views.period import Period
from doorstep.views.promise_chains import Due
from doorstep.vocabulary.cost import CostKind
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, OrderId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.tender import (
    SurplusAcceptance,
    TenderAccepted,
    TenderCancelled,
    TenderOffered,
    TenderRefused,
)
from doorstep.vocabulary.units import Instant

CARRIER_ACCOUNT: Final = "carrier/"
"""How the account begins from which a carrier's own charges are taken."""
VAN_KINDS: Final = frozenset(
    {
        CostKind.drive, CostKind.wait, CostKind.serve, CostKind.stem, CostKind.distance, CostKind.attempt,
    }
)  # fmt: skip
"""What only our own vans cost."""


class ChargedPromises(msgspec.Struct, frozen=True):
    """Promises due that one carrier is charged with.

    `changed` counts those with a change after they were confirmed, `announced` is the share of misses told
    before the window ended.
    """

    due: int
    kept: int
    kept_share: Share
    changed: int
    announced: Share


class CarrierSlice(msgspec.Struct, frozen=True):
    """The figures of one carrier, or of one service that it carried.

    `orders` are those that it is charged with, `delivered` those of which it handed over the last parcel.
    """

    orders: int
    delivered: int
    promises: ChargedPromises
    attempts: AttemptShares
    failures: AttemptFailures
    cost: CostSlice


class TenderFigures(msgspec.Struct, frozen=True):
    """What a carrier answered when it was asked; `let_go` counts shipments that were cancelled with it.

    `surplus` are acceptances of what another had, or that came too late. Who is in none was silent.
    """

    asked: int
    accepted: Share
    refused: int
    surplus: int
    let_go: int


class CarrierFigures(msgspec.Struct, frozen=True):
    """One carrier in one market: all together, and by the service level that was sold."""

    market: str
    carrier: str
    total: CarrierSlice
    by_service: dict[str, CarrierSlice]
    tenders: TenderFigures
    cases: CaseSummary


_Group = tuple[CarrierId, str]
"""A carrier and a service level."""


class _Subjects(NamedTuple):
    """What a slice is made of."""

    orders: list[OrderId]
    delivered: list[OrderId]
    dues: list[Due]
    firsts: list[FirstAttempt]
    attempts: list[DueAttempt]
    failures: list[Failure]
    amounts: list[Borne]


class DayBasis(NamedTuple):
    """The period's orders, which of them were delivered, its promises due, and all promises there are."""

    orders: set[OrderId]
    delivered: set[OrderId]
    due: Sequence[Due]
    dues: Sequence[Due]
    services: Mapping[OrderId, str]


class Tenders:
    """What carriers were asked and answered: a fold over the log."""

    def __init__(self) -> None:
        self._said: list[tuple[Instant, CarrierId, str]] = []
        self._taken: set[tuple[str, CarrierId]] = set()

    def apply(self, record: Record) -> None:
        """Take one event in."""
        match record.data:
            case TenderOffered(offers=offers, at=at):
                self._said += [(at, offer.carrier, "asked") for offer in offers]
            case TenderAccepted(tender=tender, carrier=carrier, at=at):
                self._said.append((at, carrier, "accepted"))
                self._taken.add((tender, carrier))
            case SurplusAcceptance(carrier=carrier, at=at):
                self._said.append((at, carrier, "surplus"))
            case TenderRefused(carrier=carrier, at=at):
                self._said.append((at, carrier, "refused"))
            case TenderCancelled(tender=tender, carrier=carrier, at=at) if (tender, carrier) in self._taken:
                self._said.append((at, carrier, "let_go"))
            case _:
                pass

    def summary(self, period: Period) -> dict[CarrierId, TenderFigures]:
        """What was said in the period, by carrier."""
        found: dict[CarrierId, TenderFigures] = {}
        inside = [(carrier, word) for at, carrier, word in self._said if period.holds(at)]
        for carrier in {carrier for carrier, _ in inside}:
            words = [word for one, word in inside if one == carrier]
            accepted, asked = words.count("accepted"), words.count("asked")
            found[carrier] = TenderFigures(
                asked=asked,
                # Of a tender that was asked before the period, the answer may lie in it.
                accepted=share_of(accepted, max(asked, accepted)),
                refused=words.count("refused"),
                surplus=words.count("surplus"),
                let_go=words.count("let_go"),
            )
        return found


NO_TENDERS: Final = TenderFigures(0, share_of(0, 0), 0, 0, 0)
"""Of a carrier that nobody asks: the own fleet."""


class CarrierReport:
    """Reads the day's folds by carrier; they are fed by their owner."""

    def __init__(
        self, market: str, charges: Charges, attempts: Attempts, cases: CaseTimes, cost: CostLedger
    ) -> None:
        self._market = market
        self._charges = charges
        self._attempts = attempts
        self._cases = cases
        self._cost = cost
        self._tenders = Tenders()

    def apply(self, record: Record) -> None:
        """Take one event in."""
        self._tenders.apply(record)

    def summary(self, period: Period, basis: DayBasis) -> tuple[CarrierFigures, ...]:
        """The figures by carrier: the own fleet first, then the others, and last what is nobody's."""
        groups = self._sorted(period, basis)
        cases = self._cases.by_carrier(period, self._charges.of_case)
        tenders = self._tenders.summary(period)
        carriers = {carrier for carrier, _ in groups} | cases.keys() | tenders.keys()
        return tuple(
            CarrierFigures(
                market=self._market,
                carrier=carrier,
                total=_slice([group for (one, _), group in groups.items() if one == carrier]),
                by_service={
                    service: _slice([groups[carrier, service]])
                    for one, service in sorted(groups)
                    if one == carrier
                },
                tenders=tenders.get(carrier, NO_TENDERS),
                cases=cases.get(carrier, NO_CASES),
            )
            for carrier in sorted(carriers, key=_rank)
        )

    def charged(self, dues: Iterable[Due]) -> dict[CarrierId, list[OrderId]]:
        """The orders of promises due by the carrier that is charged, without those that were cancelled."""
        found: dict[CarrierId, list[OrderId]] = {}
        for due in dues:
            carrier = self._charges.of_promise(due)
            if due.cancelled_at is None and carrier != NOBODY:
                found.setdefault(carrier, []).append(due.order)
        return found

    def _sorted(self, period: Period, basis: DayBasis) -> dict[_Group, _Subjects]:
        """Each order, promise, attempt and amount with the carrier to which it belongs."""
        groups: dict[_Group, _Subjects] = defaultdict(lambda: _Subjects([], [], [], [], [], [], []))
        charged = {due.order: self._charges.of_promise(due) for due in basis.dues}
        services = basis.services

        def of(order: OrderId | None, carrier: CarrierId) -> _Subjects:
            return groups[carrier, services.get(order, "") if order is not None else ""]

        for order in sorted(basis.orders):
            of(order, charged.get(order, NOBODY)).orders.append(order)
        for order in sorted(basis.delivered):
            of(order, self._charges.deliverer(order)).delivered.append(order)
        for due in basis.due:
            of(due.order, charged[due.order]).dues.append(due)
        for first in self._attempts.firsts(period):
            of(first.order, first.by).firsts.append(first)
        for asked in self._attempts.due(period, basis.dues):
            of(asked.order, self._charges.of_attempt(asked)).attempts.append(asked)
        for failure in self._attempts.failures(period):
            of(failure.order, teller(failure.failed)).failures.append(failure)
        for amount in self._cost.borne(period, basis.orders):
            carrier = _causer(amount) or charged.get(amount.order, NOBODY)
            of(amount.order, carrier).amounts.append(amount)
        return groups


def _causer(amount: Borne) -> CarrierId | None:
    """Whose cost it is by its own nature; None where it belongs to who is charged with the order."""
    if amount.source.startswith(CARRIER_ACCOUNT):
        return CarrierId(amount.source.removeprefix(CARRIER_ACCOUNT))
    return OWN_FLEET if amount.kind in VAN_KINDS else None


def _slice(groups: Sequence[_Subjects]) -> CarrierSlice:
    dues = [due for group in groups for due in group.dues]
    delivered = [order for group in groups for order in group.delivered]
    misses = [due for due in dues if not due.kept]
    kept = len(dues) - len(misses)
    return CarrierSlice(
        orders=sum(len(group.orders) for group in groups),
        delivered=len(delivered),
        promises=ChargedPromises(
            due=len(dues),
            kept=kept,
            kept_share=share_of(kept, len(dues)),
            changed=sum(due.revisions_ours + due.revisions_shopper > 0 for due in dues),
            announced=share_of(sum(due.announced for due in misses), len(misses)),
        ),
        attempts=shares(
            [first for group in groups for first in group.firsts],
            [asked for group in groups for asked in group.attempts],
        ),
        failures=counted([failure for group in groups for failure in group.failures]),
        cost=slice_of([amount for group in groups for amount in group.amounts], delivered),
    )


def _rank(carrier: CarrierId) -> tuple[int, str]:
    return ({OWN_FLEET: 0, NOBODY: 2}.get(carrier, 1), carrier)
