"""The day's report: every figure of a day in one object, each recomputable from the log alone.

As JSON it is one object with these keys (shares in millionths, means in thousandths of their unit, money in
minor units, times in seconds, instants in microseconds UTC; each figure with its cases and 95 % interval):

    schema              version of this shape
    market, period      what it is about; `as_of` is the instant to which the log is told
    log_hash            hex SHA-256 over every exported event in order of position, each with a line feed
    events              how many these are
    orders, delivered   orders of the period, and those of them whose parcels were all handed over
    intake              placed, promised, declined (with reasons), address_cases, cancelled, rejected_rows, …
    promises            due, kept, changed, refused, kept_share, missed, by_market, by_service, quality,
                        reliability (buckets, windows_95, overall), …
    first_attempt       handed over at the first physical attempt ÷ first physical attempts
    attempt_compliance  windows with a physical attempt ÷ windows in which one was due
    on_time_arrival     windows with a physical arrival before their end ÷ the same
    attempts            failures: physical, claimed, none, by reason
    cases               total, by_kind: opened, closed, open, escalated, to_owner, to_first_action,
                        to_shopper_told, to_resolution, handovers_per_case
    cost                currency, total_minor, per_delivered, parts (drive, wait, serve, stem, distance,
                        attempt, contact, refund, freight, …), measured_minor, accrued_minor,
                        modelled_minor, cash_minor, …
    carriers            for each carrier, the own fleet first, and last what no carrier took over: total and
                        by_service, each with orders, delivered, promises, attempts (the three shares above),
                        failures and cost; tenders, cases. They sum to the market's own figures
    feeds               for each carrier: expected events that are there, latency, out_of_order, unmapped,
                        contradicted, set_aside, …
    invariants          each: number → name, checks, subjects, broken; broken: every sentence of them
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from doorstep.views.attempts import AttemptFailures, Attempts, counted, shares
from doorstep.views.carrier_report import CarrierFigures, CarrierReport, DayBasis
from doorstep.views.case_times import CaseSummary, CaseTimes
from doorstep.views.charges import Charges
from doorstep.views.cost import CostFigures, CostLedger
from doorstep.views.feeds import FeedFigures, Feeds
from doorstep.views.intervals import Share
from doorstep.views.period import Period
from doorstep.views.promise_chains import PromiseChains, Sale
from doorstep.views.promise_ledger import PromiseFigures, PromiseLedger
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.intake import RowRejected
from doorstep.vocabulary.order import (
    AddressResolved,
    AddressUnresolved,
    OrderCancelled,
    OrderDeclined,
    OrderPlaced,
    OrderPromised,
)
from doorstep.vocabulary.record import Record

REPORT_SCHEMA: Final = 2
"""Version of the report's shape."""


class IntakeFigures(msgspec.Struct, frozen=True):
    """What came in: an order that was first declined and then promised counts as promised.

    `address_cases` counts orders whose address was no place, `resolved` those of them that found one.
    `rejected_rows` are rows of files that became no order, over the whole log.
    """

    placed: int
    promised: int
    declined: int
    declined_because: dict[str, int]
    address_cases: int
    address_resolved: int
    cancelled: int
    rejected_rows: int


class InvariantFigures(msgspec.Struct, frozen=True):
    """One invariant: how many checks on how many subjects, and what was found broken, in sentences."""

    name: str
    checks: int
    subjects: int
    broken: tuple[str, ...]


class InvariantSummary(msgspec.Struct, frozen=True):
    """All invariants by number, and everything broken, each sentence with its invariant's number."""

    each: dict[str, InvariantFigures]
    broken: tuple[str, ...]

    @classmethod
    def of(cls, each: Mapping[int, InvariantFigures]) -> "InvariantSummary":
        """The summary; an invariant that met no subject has proved nothing and counts as broken."""
        broken = [f"{number}: {text}" for number, figures in sorted(each.items()) for text in figures.broken]
        broken += [f"{number}: met no subject" for number, seen in sorted(each.items()) if seen.subjects == 0]
        return cls({str(number): figures for number, figures in sorted(each.items())}, tuple(broken))


class DayReport(msgspec.Struct, frozen=True):
    """The report; the module says what each key holds."""

    schema: int
    market: str
    period: Period
    log_hash: str
    events: int
    orders: int
    delivered: int
    intake: IntakeFigures
    promises: PromiseFigures
    first_attempt: Share
    attempt_compliance: Share
    on_time_arrival: Share
    attempts: AttemptFailures
    cases: CaseSummary
    cost: CostFigures
    carriers: tuple[CarrierFigures, ...]
    feeds: tuple[FeedFigures, ...]
    invariants: InvariantSummary

    def to_json(self) -> bytes:
        """The report as indented JSON; the same report gives the same bytes."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=2)


class Intake:
    """What came in: a fold over the log, by order."""

    def __init__(self) -> None:
        self._placed: set[OrderId] = set()
        self._promised: set[OrderId] = set()
        self._declined: dict[OrderId, tuple[str, ...]] = {}
        self._unresolved: set[OrderId] = set()
        self._resolved: set[OrderId] = set()
        self._cancelled: set[OrderId] = set()
        self._rejected = 0

    def apply(self, record: Record) -> None:
        """Take one event in."""
        match record.data:
            case OrderPlaced(order=order):
                self._placed.add(order)
            case OrderPromised(order=order):
                self._promised.add(order)
            case OrderDeclined(order=order, reasons=reasons):
                self._declined[order] = reasons
            case AddressUnresolved(order=order):
                self._unresolved.add(order)
            case AddressResolved(order=order):
                self._resolved.add(order)
            case OrderCancelled(order=order):
                self._cancelled.add(order)
            case RowRejected():
                self._rejected += 1
            case _:
                pass

    def summary(self, orders: set[OrderId]) -> IntakeFigures:
        """The figures over these orders."""
        declined = {order: why for order, why in self._declined.items() if order not in self._promised}
        reasons = Counter(why for order, said in declined.items() if order in orders for why in set(said))
        return IntakeFigures(
            placed=len(self._placed & orders),
            promised=len(self._promised & orders),
            declined=len(declined.keys() & orders),
            declined_because=dict(sorted(reasons.items())),
            address_cases=len(self._unresolved & orders),
            address_resolved=len(self._unresolved & self._resolved & orders),
            cancelled=len(self._cancelled & orders),
            rejected_rows=self._rejected,
        )


class DayReportFold:
    """All folds behind the report, fed together."""

    def __init__(self, market: MarketId, currency: str | None = None) -> None:
        self._market = market
        self._chains = PromiseChains()
        self._promises = PromiseLedger(self._chains)
        self._attempts = Attempts()
        self._cases = CaseTimes()
        self._cost = CostLedger(currency)
        self._intake = Intake()
        self._charges = Charges(self._chains)
        self._carriers = CarrierReport(market, self._charges, self._attempts, self._cases, self._cost)
        self._feeds = Feeds(market)
        self._events = 0

    def apply(self, record: Record) -> None:
        """Take one event in."""
        self._events += 1
        for fold in (
            self._chains, self._promises, self._attempts, self._cases, self._cost, self._intake,
            self._charges, self._carriers, self._feeds,
        ):  # fmt: skip
            fold.apply(record)

    def summary(
        self, period: Period, log_hash: str, invariants: Mapping[int, InvariantFigures] | None = None
    ) -> DayReport:
        """The report of a period over the log taken in so far, whose hash the caller knows."""
        orders = {sale.order for sale in self._chains.sales.values() if self._in(sale, period)}
        delivered = {order for order in orders if self._chains.handed_over(order)}
        dues, due = self._chains.dues(), self._promises.due(period)
        services = {sale.order: sale.service for sale in self._chains.sales.values()}
        services |= {one.order: one.service for one in dues}
        attempts = shares(self._attempts.firsts(period), self._attempts.due(period, dues))
        return DayReport(
            schema=REPORT_SCHEMA,
            market=self._market,
            period=period,
            log_hash=log_hash,
            events=self._events,
            orders=len(orders),
            delivered=len(delivered),
            intake=self._intake.summary(orders),
            promises=self._promises.summary(period),
            first_attempt=attempts.first_attempt,
            attempt_compliance=attempts.attempt_compliance,
            on_time_arrival=attempts.on_time_arrival,
            attempts=counted(self._attempts.failures(period)),
            cases=self._cases.summary(period),
            cost=self._cost.summary(period, orders, delivered),
            carriers=self._carriers.summary(period, DayBasis(orders, delivered, due, dues, services)),
            feeds=self._feeds.summary(period, self._carriers.charged(due)),
            invariants=InvariantSummary.of(invariants or {}),
        )

    def _in(self, sale: Sale, period: Period) -> bool:
        return period.holds(self._chains.day_of(sale))
