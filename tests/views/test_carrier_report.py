"""The day by carrier: every row is counted once more from the log's JSON, and the rows sum to the market."""

from collections import Counter, defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from tests.views.diary import MARKET, clock
from tests.views.network_day import FREIGHT_MINOR, NOBODY, NetworkDay
from tests.views.test_day_report import Counted

from doorstep.views.carrier_report import CarrierFigures, CarrierSlice
from doorstep.views.day_report import DayReport, DayReportFold
from doorstep.views.period import Period
from doorstep.vocabulary.record import Record

SEEDS = range(12)
AS_OF = clock(23, 59, days=3)
VAN = {"drive", "wait", "serve", "stem", "distance", "attempt"}


def _report(records: list[Record]) -> DayReport:
    fold = DayReportFold(MARKET)
    for record in records:
        fold.apply(record)
    return fold.summary(Period.whole(AS_OF), "0" * 64)


def _by_name(report: DayReport) -> dict[str, CarrierFigures]:
    return {figures.carrier: figures for figures in report.carriers}


def _word(event: dict[str, Any]) -> str:
    """Whose evidence an event is, from its JSON."""
    said = event.get("said")
    return said["carrier"] if said else "own_fleet"


def _charged(day: NetworkDay, log: Counted, order: str) -> str:
    """Who is charged with an order's promise: by the log for what was done, else by what was meant."""
    end = log.window(order)["end"]
    handed = list(log.handed(order).values())
    if log.whole(order) and max(handoff["at"] for handoff in handed) <= end:
        return _word(max(handed, key=lambda handoff: (handoff["at"], handoff["key"])))
    gone = log.one("order.cancelled", order=order)
    moment = min(end, gone["_at"]) if gone else end
    return next((who for at, who in reversed(day.since[order]) if at <= moment), NOBODY)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_promise_is_charged_to_one_carrier(seed: int) -> None:
    """Who kept it, or else who had taken it over when it fell due: due and kept of each carrier agree."""
    day = NetworkDay(seed)
    log, carriers = Counted(day.diary.texts()), _by_name(_report(day.diary.records))
    due, kept = Counter[str](), Counter[str]()
    for order in log.due():
        who = _charged(day, log, order)
        due[who] += 1
        kept[who] += log.kept(order)
    told = {name: (one.total.promises.due, one.total.promises.kept) for name, one in carriers.items()}
    assert {name: pair for name, pair in told.items() if pair[0]} == {
        name: (number, kept[name]) for name, number in due.items()
    }
    assert len(due) >= 3, "the day has promises of several carriers"


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_is_delivered_by_who_handed_over_its_last_parcel(seed: int) -> None:
    """Delivered orders of each carrier are counted from the handoffs alone."""
    day = NetworkDay(seed)
    log, carriers = Counted(day.diary.texts()), _by_name(_report(day.diary.records))
    orders = {placed["order"] for placed in log.of["order.placed"]}
    delivered = Counter(
        _word(max(log.handed(order).values(), key=lambda handoff: (handoff["at"], handoff["key"])))
        for order in orders
        if log.whole(order)
    )
    assert {name: one.total.delivered for name, one in carriers.items() if one.total.delivered} == delivered


SUMS: dict[str, tuple[Callable[[CarrierSlice], int], Callable[[DayReport], int]]] = {
    "orders": (lambda one: one.orders, lambda all_: all_.orders),
    "delivered": (lambda one: one.delivered, lambda all_: all_.delivered),
    "due": (lambda one: one.promises.due, lambda all_: all_.promises.due),
    "kept": (lambda one: one.promises.kept, lambda all_: all_.promises.kept),
    "changed": (lambda one: one.promises.changed, lambda all_: all_.promises.changed),
    "announced": (
        lambda one: one.promises.announced.count, lambda all_: all_.promises.quality.announced.count,
    ),
    "first attempts": (
        lambda one: one.attempts.first_attempt.cases, lambda all_: all_.first_attempt.cases,
    ),
    "of them successful": (
        lambda one: one.attempts.first_attempt.count, lambda all_: all_.first_attempt.count,
    ),
    "attempts due": (
        lambda one: one.attempts.attempt_compliance.cases, lambda all_: all_.attempt_compliance.cases,
    ),
    "attempts made": (
        lambda one: one.attempts.attempt_compliance.count, lambda all_: all_.attempt_compliance.count,
    ),
    "on time": (lambda one: one.attempts.on_time_arrival.count, lambda all_: all_.on_time_arrival.count),
    "failed attempts": (lambda one: one.failures.physical, lambda all_: all_.attempts.physical),
    "claimed attempts": (lambda one: one.failures.claimed, lambda all_: all_.attempts.claimed),
    "cost": (lambda one: one.cost.total_minor, lambda all_: all_.cost.total_minor),
    "measured": (lambda one: one.cost.measured_minor, lambda all_: all_.cost.measured_minor),
    "accrued": (lambda one: one.cost.accrued_minor, lambda all_: all_.cost.accrued_minor),
    "modelled": (lambda one: one.cost.modelled_minor, lambda all_: all_.cost.modelled_minor),
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_the_carriers_sum_to_the_market_and_their_services_to_them(seed: int) -> None:
    """Nothing is counted twice and nothing is left out, whoever it belongs to."""
    report = _report(NetworkDay(seed).diary.records)
    for name, (of_slice, of_market) in SUMS.items():
        assert sum(of_slice(one.total) for one in report.carriers) == of_market(report), name
        for one in report.carriers:
            assert sum(map(of_slice, one.by_service.values())) == of_slice(one.total), (name, one.carrier)
        assert of_market(report) > 0 or name == "announced", name


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cost_by_carrier_agrees_with_the_ledger(seed: int) -> None:
    """Freight is the carrier's, the van's time the fleet's, the rest is of who is charged; kind by kind."""
    day = NetworkDay(seed)
    log, report = Counted(day.diary.texts()), _report(day.diary.records)
    charged = {order: _charged(day, log, order) for order in log.confirmed()}
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    seen: set[tuple[str, str]] = set()
    for booking in log.of["cost.booked"]:
        if booking["currency"] != "EUR" or (booking["page"], booking["key"]) in seen:
            continue
        seen.add((booking["page"], booking["key"]))
        sources = [entry["account"] for entry in booking["entries"] if entry["minor"] < 0]
        for entry in booking["entries"]:
            if entry["minor"] <= 0 or entry["kind"] == "goods_refund":
                continue
            who = charged.get(entry["order"], NOBODY)
            if sources[0].startswith("carrier/"):
                who = sources[0].removeprefix("carrier/")
            elif entry["kind"] in VAN:
                who = "own_fleet"
            expected[who][entry["kind"]] += entry["minor"]
    for one in report.carriers:
        parts = {kind: part.total_minor for kind, part in one.total.cost.parts.items()}
        assert parts == expected.get(one.carrier, {}), one.carrier
        assert sum(parts.values()) == one.total.cost.total_minor
    whole: Counter[str] = Counter()
    for one in report.carriers:
        whole.update({kind: part.total_minor for kind, part in one.total.cost.parts.items()})
    assert whole == {kind: part.total_minor for kind, part in report.cost.parts.items() if part.total_minor}
    accepted = len(log.of["tender.accepted"])
    assert sum(one.total.cost.accrued_minor for one in report.carriers) >= accepted * FREIGHT_MINOR


@pytest.mark.parametrize("seed", SEEDS)
def test_a_delivered_order_costs_the_sum_by_the_number(seed: int) -> None:
    """Of each carrier and each service: its cost ÷ the orders that it delivered, and its parts likewise."""
    for one in _report(NetworkDay(seed).diary.records).carriers:
        for part in (one.total, *one.by_service.values()):
            mean = part.cost.per_delivered.mean_milli
            if not part.delivered:
                assert mean is None
                continue
            assert mean == round(part.cost.total_minor * 1_000 / part.delivered)
            assert part.cost.per_delivered.cases == part.delivered


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tenders_are_those_of_the_log(seed: int) -> None:
    """Asked, accepted, refused and let go, carrier by carrier."""
    day = NetworkDay(seed)
    log, carriers = Counted(day.diary.texts()), _by_name(_report(day.diary.records))
    asked = Counter(offer["carrier"] for tender in log.of["tender.offered"] for offer in tender["offers"])
    assert {name: one.tenders.asked for name, one in carriers.items() if one.tenders.asked} == asked
    for name, kind in (("accepted", "tender.accepted"), ("refused", "tender.refused")):
        told = {
            carrier: getattr(one.tenders, name) if name == "refused" else one.tenders.accepted.count
            for carrier, one in carriers.items()
        }
        counted = Counter(event["carrier"] for event in log.of[kind])
        assert {carrier: number for carrier, number in told.items() if number} == counted
    let_go = Counter(event["carrier"] for event in log.of["tender.cancelled"])
    assert {name: one.tenders.let_go for name, one in carriers.items() if one.tenders.let_go} == let_go


@pytest.mark.parametrize("seed", SEEDS)
def test_a_case_belongs_to_who_had_the_order_when_it_opened(seed: int) -> None:
    """The cases by carrier are the log's, and sum to all of them, kind by kind."""
    day = NetworkDay(seed)
    log, report = Counted(day.diary.texts()), _report(day.diary.records)
    opened: Counter[str] = Counter()
    for case in log.of["case.opened"]:
        since = day.since.get(case["subject"]["order"], [])
        opened[next((who for at, who in reversed(since) if at <= case["at"]), NOBODY)] += 1
    carriers = _by_name(report)
    assert {
        name: one.cases.total.opened for name, one in carriers.items() if one.cases.total.opened
    } == opened
    assert sum(
        figures.opened for one in report.carriers for figures in one.cases.by_kind.values()
    ) == report.cases.total.opened  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_evidence_in_any_order_gives_the_same_rows(seed: int) -> None:
    """Late evidence about deliveries moves nothing from one carrier to another."""
    records = NetworkDay(seed).diary.records
    evidence = [record for record in records if record.stream.startswith("delivery/")]
    Random(seed).shuffle(evidence)
    others = [record for record in records if not record.stream.startswith("delivery/")]
    assert _report([*others, *evidence]).carriers == _report(records).carriers


def test_the_own_fleet_stands_first_and_what_is_nobodys_last() -> None:
    """Between them the others by name, each in its market."""
    report = _report(NetworkDay(2).diary.records)
    assert [one.carrier for one in report.carriers] == ["own_fleet", "courier", "regional", NOBODY]
    assert {one.market for one in report.carriers} == {MARKET}


def test_a_log_without_an_event_has_no_carrier() -> None:
    """No row is made up."""
    assert _report([]).carriers == ()
    assert _report([]).feeds == ()
