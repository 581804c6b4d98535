"""The report's tables by carrier and service: promises, attempts, cases, cost, tenders and feeds."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from doorstep.adapters.report_cells import (
    CASE_COLUMNS,
    CASE_NOTE,
    Column,
    Row,
    Table,
    case_fields,
    count_column,
    fields,
    money_column,
    share_column,
    share_fields,
)
from doorstep.adapters.report_words import NOTHING, Raw, count, lapse, money, plain
from doorstep.views.carrier_report import CarrierSlice
from doorstep.views.charges import NOBODY
from doorstep.views.cost import CostFigures, CostSlice
from doorstep.views.day_report import DayReport
from doorstep.views.feeds import FeedFigures
from doorstep.views.intervals import Share
from doorstep.vocabulary.carrier import SetAside
from doorstep.vocabulary.cost import CostKind
from doorstep.vocabulary.ids import OWN_FLEET

ALL: Final = "all"
"""The row of a carrier over all its services, and of the market over all its carriers."""
_NAMES: Final = {OWN_FLEET: "Own fleet", NOBODY: "No carrier", ALL: "All carriers"}
_COST_GROUPS: Final = {
    "The van": ("drive", "wait", "serve", "stem", "distance", "attempt"),
    "Freight and fees": ("freight", "cancellation"),
    "Contacts": ("contact",),
    "Refunds": ("refund",),
    "Returns": ("return_handling",),
}
"""The parts of a cost as people read them; the CSV has each kind by itself."""
_KINDS: Final = tuple(kind.value for kind in CostKind if kind is not CostKind.goods_refund)
_STEPS: Final = ("picked_up", "out_for_delivery", "arrived", "end")
_CHARGED: Final = (
    "A promise that was kept belongs to who handed over the last parcel; one that was not, to who had taken "
    "the delivery over when its window ended."
)


class CarrierTables(NamedTuple):
    """The tables, by what they are about."""

    promises: Table
    attempts: Table
    cases: Table
    cost: Table
    tenders: Table
    feeds: Table
    feed_faults: Table


def carrier_tables(report: DayReport, names: Mapping[str, str]) -> CarrierTables:
    """All of them; `names` says how the carriers are called."""
    said = {**names, **_NAMES}
    return CarrierTables(
        _promises(report, said),
        _attempts(report, said),
        _cases(report, said),
        _cost(report, said),
        _tenders(report, said),
        _feeds(report, said),
        _feed_faults(report, said),
    )


def _who(market: str, carrier: str, names: Mapping[str, str]) -> dict[str, Raw]:
    return {"market": market, "carrier": carrier, "carrier_name": names.get(carrier, carrier)}


def _slices(report: DayReport, names: Mapping[str, str]) -> Iterator[tuple[dict[str, Raw], CarrierSlice]]:
    """Each carrier over all its services, then each of them, with what names the row."""
    for one in report.carriers:
        who = _who(one.market, one.carrier, names)
        if _is_empty(one.total):
            continue
        yield {**who, "service": ALL}, one.total
        for service, figures in one.by_service.items():
            yield {**who, "service": service}, figures


def _is_empty(figures: CarrierSlice) -> bool:
    """Whether a carrier has cases and tenders alone."""
    attempts = figures.attempts
    counted = (figures.orders, figures.delivered, figures.promises.due, attempts.attempt_compliance.cases)
    return not any(counted) and not attempts.first_attempt.cases and not figures.cost.parts


def _name(row: Row) -> str:
    return str(row["carrier_name"])


def _part(row: Row) -> str:
    """What the row is about within its carrier: a service or a kind, empty for all of them."""
    part = str(row["service"] if "service" in row else row["kind"])
    return "" if part == ALL else plain(part) or "without a service"


def _part_of(row: Row) -> str:
    return _name(row) if _part(row) else ""


_CARRIER: Final = Column("Carrier", _name, figures=False)
_SERVICE: Final = Column("Carrier, service", lambda row: _part(row) or _name(row), figures=False)
_KIND: Final = Column("Carrier, kind", lambda row: _part(row) or _name(row), figures=False)


def _bounds(name: str, share: Share) -> dict[str, Raw]:
    """A share whose count and cases stand in columns of their own."""
    own = (f"{name}_count", f"{name}_cases")
    return {field: value for field, value in share_fields(name, share).items() if field not in own}


# Promises and attempts -------------------------------------------------------------------------------


def _promises(report: DayReport, names: Mapping[str, str]) -> Table:
    promises = report.promises
    rows: list[Row] = [
        {
            **_who(report.market, ALL, names),
            "service": ALL,
            "due": promises.due,
            "kept": promises.kept,
            **_bounds("kept", promises.kept_share),
            "changed": promises.changed,
            **share_fields("announced", promises.quality.announced),
        }
    ]
    rows += [
        {
            **who,
            "due": one.promises.due,
            "kept": one.promises.kept,
            **_bounds("kept", one.promises.kept_share),
            "changed": one.promises.changed,
            **share_fields("announced", one.promises.announced),
        }
        for who, one in _slices(report, names)
    ]
    return Table(
        "carriers_promises",
        "Promises by carrier and service",
        _CHARGED + " Announced: the shopper was told of the miss before the window ended.",
        (
            _SERVICE,
            count_column("Due", "due"),
            count_column("Kept", "kept"),
            share_column("Kept share (95 % interval)", "kept", cases="due"),
            count_column("Changed", "changed"),
            share_column("Misses announced", "announced"),
        ),
        tuple(rows),
        part_of=_part_of,
    )


_SHARES: Final = (
    ("first_attempt", "First attempt succeeded"),
    ("attempt_compliance", "Attempts made of those due"),
    ("on_time_arrival", "Arrived on time of those due"),
)


def _attempts(report: DayReport, names: Mapping[str, str]) -> Table:
    failed = report.attempts
    whole: dict[str, Raw] = {}
    for name, _ in _SHARES:
        whole |= share_fields(name, getattr(report, name))
    rows: list[Row] = [
        {
            **_who(report.market, ALL, names), "service": ALL, **whole,
            "failed_physical": failed.physical, "failed_claimed": failed.claimed, "failed_none": failed.none,
        }
    ]  # fmt: skip
    for who, one in _slices(report, names):
        shares: dict[str, Raw] = {}
        for name, _ in _SHARES:
            shares |= share_fields(name, getattr(one.attempts, name))
        own = one.failures
        rows.append(
            {
                **who, **shares,
                "failed_physical": own.physical, "failed_claimed": own.claimed, "failed_none": own.none,
            }
        )  # fmt: skip
    return Table(
        "carriers_attempts",
        "At the door, by carrier and service",
        "An attempt belongs to who made it; one that was due and not made, to who had taken the delivery "
        "over. The parcels that a carrier scans at one door within ten minutes are one attempt.",
        (
            _SERVICE,
            *(share_column(head, name) for name, head in _SHARES),
            count_column("Failed", "failed_physical"),
            count_column("Claimed", "failed_claimed"),
            count_column("No attempt", "failed_none"),
        ),
        tuple(rows),
        part_of=_part_of,
    )


# Cases and cost --------------------------------------------------------------------------------------


def _cases(report: DayReport, names: Mapping[str, str]) -> Table:
    rows: list[Row] = []
    for one in report.carriers:
        who = _who(one.market, one.carrier, names)
        if one.cases.total.opened:
            rows.append({**who, "kind": ALL, **case_fields(one.cases.total)})
        rows += [{**who, "kind": kind, **case_fields(each)} for kind, each in one.cases.by_kind.items()]
    return Table(
        "carriers_cases",
        "Cases by carrier and kind",
        "A case belongs to the carrier that it names, or else to who had the order when it opened. "
        + CASE_NOTE,
        (_KIND, *CASE_COLUMNS),
        tuple(rows),
        part_of=_part_of,
    )


def _cost(report: DayReport, names: Mapping[str, str]) -> Table:
    cost, currency = report.cost, report.cost.currency
    rows: list[Row] = [_cost_row({**_who(report.market, ALL, names), "service": ALL}, cost, cost.delivered)]
    rows += [_cost_row(who, one.cost, one.delivered) for who, one in _slices(report, names)]
    return Table(
        "carriers_cost",
        f"Cost of a delivered order by carrier and service, {currency}",
        "What the carrier caused: freight and fees are the carrier's, a van's time, kilometres and attempts "
        "the own fleet's; contacts, refunds and returns follow the promise. Divided by the orders of which "
        "it handed over the last parcel. The parts are of a delivered order, and sum to it.",
        (
            _SERVICE,
            count_column("Delivered", "delivered"),
            Column("Total", lambda row: money(row["total_minor"], currency)),
            money_column("A delivered order (95 % interval)", "per_delivered", currency),
            *(_group_column(head, kinds, currency) for head, kinds in _COST_GROUPS.items()),
        ),
        tuple(rows),
        part_of=_part_of,
    )


def _cost_row(who: dict[str, Raw], cost: CostFigures | CostSlice, delivered: int) -> Row:
    row: dict[str, Raw] = {
        **who,
        "delivered": delivered,
        "total_minor": cost.total_minor,
        "measured_minor": cost.measured_minor,
        "accrued_minor": cost.accrued_minor,
        "modelled_minor": cost.modelled_minor,
        **fields("per_delivered", cost.per_delivered),
    }
    for kind in _KINDS:
        row[f"{kind}_minor"] = cost.parts[kind].total_minor if kind in cost.parts else 0
    return row


def _group_column(head: str, kinds: tuple[str, ...], currency: str) -> Column:
    def say(row: Row) -> str:
        total, delivered = sum(int(row[f"{kind}_minor"] or 0) for kind in kinds), row["delivered"]
        if not total or not isinstance(delivered, int) or not delivered:
            return NOTHING
        return money(round(total * 1_000 / delivered), currency, 1_000)

    return Column(head, say)


# Tenders and feeds -----------------------------------------------------------------------------------


def _tenders(report: DayReport, names: Mapping[str, str]) -> Table:
    rows: list[Row] = []
    for one in report.carriers:
        told = one.tenders
        if not told.asked and not told.accepted.count:
            continue
        answered = told.accepted.count + told.refused + told.surplus
        rows.append(
            {
                **_who(one.market, one.carrier, names),
                "asked": told.asked,
                **share_fields("accepted", told.accepted),
                "refused": told.refused,
                "surplus": told.surplus,
                "silent": max(0, told.asked - answered),
                "let_go": told.let_go,
            }
        )
    return Table(
        "carriers_tenders",
        "What carriers answered",
        "Surplus: taken when another had it, or too late. Silent: no answer in time. Let go: shipments that "
        "were taken back after their acceptance.",
        (
            _CARRIER,
            count_column("Asked", "asked"),
            share_column("Accepted (95 % interval)", "accepted"),
            count_column("Refused", "refused"),
            count_column("Surplus", "surplus"),
            count_column("Silent", "silent"),
            count_column("Let go", "let_go"),
        ),
        tuple(rows),
    )


def _feeds(report: DayReport, names: Mapping[str, str]) -> Table:
    return Table(
        "feeds",
        "How well carriers tell",
        "Of each promise due a carrier tells that it collected it and how it ended; of what ended at the "
        "door also that it was on the road and arrived. Latency is from the fact, by its clock, to our log.",
        (
            _CARRIER,
            count_column("Reports", "reports"),
            share_column("Expected events there", "expected"),
            Column("Not told", _not_told, figures=False),
            Column("Latency: median, 95 %", _latency),
        ),
        tuple(
            {
                **_who(feed.market, feed.carrier, names),
                "deliveries": feed.deliveries,
                "reports": feed.reports,
                **share_fields("expected", feed.expected),
                **{f"missing_{step}": feed.missing.get(step, 0) for step in _STEPS},
                "latency_cases": feed.latency.cases,
                "latency_median_s": feed.latency.median_s,
                "latency_p95_s": feed.latency.p95_s,
            }
            for feed in report.feeds
        ),
    )


_FAULTS: Final = (
    ("out_of_order", "Out of order"),
    ("repeated", "Repeated"),
    ("unmapped", "Unmapped"),
    ("contradicted", "Contradicted"),
)


def _feed_faults(report: DayReport, names: Mapping[str, str]) -> Table:
    return Table(
        "feed_faults",
        "What is wrong with what they tell",
        "Out of order: came after something that happened later. Repeated: was known when it came. Unmapped: "
        "in words that the mapping does not have; the CSV lists them. Contradicted: deliveries of which it "
        "said two things that cannot both be true. Set aside: messages that became no evidence.",
        (
            _CARRIER,
            *(share_column(head, name) for name, head in _FAULTS),
            count_column("Wild clocks", "wild_clocks"),
            count_column("Set aside", "set_aside"),
        ),
        tuple(_fault_row(feed, names) for feed in report.feeds),
    )


def _fault_row(feed: FeedFigures, names: Mapping[str, str]) -> Row:
    row = _who(feed.market, feed.carrier, names)
    for name, _ in _FAULTS:
        row |= share_fields(name, getattr(feed, name))
    return row | {
        "unmapped_codes": "; ".join(f"{code} {number}" for code, number in feed.unmapped_codes.items()),
        "wild_clocks": feed.wild_clocks,
        "set_aside": sum(feed.set_aside.values()),
        **{f"set_aside_{why.value}": feed.set_aside.get(why.value, 0) for why in SetAside},
    }


def _not_told(row: Row) -> str:
    missing = [(step, row[f"missing_{step}"]) for step in _STEPS]
    return ", ".join(f"{plain(step)} {count(number)}" for step, number in missing if number) or NOTHING


def _latency(row: Row) -> str:
    if not row["latency_cases"]:
        return NOTHING
    return f"{lapse(row['latency_median_s'])}, {lapse(row['latency_p95_s'])}"
