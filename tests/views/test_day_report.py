"""Every figure of the day's report is counted once more, by brute force, from the log's JSON alone."""

import json
from collections import Counter, defaultdict
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any

import msgspec
import pytest
from tests.views.diary import MARKET, clock
from tests.views.town_day import TownDay

from doorstep.views.day_report import DayReport, DayReportFold
from doorstep.views.period import Period
from doorstep.vocabulary.record import Record

SEEDS = range(12)
AS_OF = clock(23, 59, days=3)


def _report(records: list[Record], texts: list[bytes], period: Period | None = None) -> DayReport:
    fold = DayReportFold(MARKET)
    for record in records:
        fold.apply(record)
    digest = sha256(b"".join(text + b"\n" for text in texts)).hexdigest()
    return fold.summary(period or Period.whole(AS_OF), digest)


class Counted:
    """The log's facts by type and subject, read without any of Doorstep's types."""

    def __init__(self, texts: list[bytes]) -> None:
        self.of: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for text in texts:
            event = json.loads(text)
            data = event["data"] | {"_at": event["occurred_at"]}
            if data not in self.of[data["type"]]:
                self.of[data["type"]].append(data)

    def one(self, kind: str, **fields: str) -> dict[str, Any] | None:
        """The first event of a type with these fields."""
        return next(iter(self.all(kind, **fields)), None)

    def all(self, kind: str, **fields: str) -> list[dict[str, Any]]:
        """All events of a type with these fields."""
        return [d for d in self.of[kind] if all(d[name] == value for name, value in fields.items())]

    def chain(self, order: str) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """The order's promises from the first confirmed on, each with the change that ended it."""
        found = []
        promise = self.all("promise.confirmed", order=order)[0]["promise"]
        while promise is not None:
            held = self.one("promise.held", promise=promise)
            change = self.one("promise.changed", promise=promise)
            assert held is not None
            found.append((held, change))
            promise = change["successor"] if change else None
        return found

    def window(self, order: str) -> dict[str, int]:
        """The window that counts."""
        return self.counting(order)["window"]

    def counting(self, order: str) -> dict[str, Any]:
        """The promise that counts: the first, or the last that the shopper chose."""
        chain = self.chain(order)
        counts = chain[0][0]
        for (_, change), (held, _) in pairwise(chain):
            counts = held if change and change["by_shopper"] else counts
        return counts

    def confirmed(self) -> list[str]:
        """Orders with a confirmed promise."""
        return sorted({data["order"] for data in self.of["promise.confirmed"]})

    def counts_as_due(self, order: str) -> bool:
        """Neither undone nor cancelled by the shopper before the window."""
        if any(order in undone["orders"] for undone in self.of["intake.import_undone"]):
            return False
        gone = self.one("order.cancelled", order=order)
        if gone is None:
            return True
        shopper = gone["by"].split(":")[0] == "shopper" or gone["reason"] == "recipient.cancelled"
        return not (shopper and gone["_at"] < self.window(order)["start"])

    def due(self) -> list[str]:
        """Orders whose promise is due."""
        return [o for o in self.confirmed() if self.counts_as_due(o) and self.window(o)["end"] <= AS_OF]

    def handed(self, order: str) -> dict[str, dict[str, Any]]:
        """The first handoff of each parcel."""
        found: dict[str, dict[str, Any]] = {}
        for created in self.all("delivery.created", order=order):
            handoffs = self.all("delivery.delivered", delivery=created["delivery"])
            for handoff in sorted(handoffs, key=lambda h: (h["at"], h["key"])):
                for parcel in handoff["parcels"]:
                    found.setdefault(parcel, handoff)
        return found

    def whole(self, order: str) -> bool:
        """Whether every parcel changed hands."""
        placed = self.one("order.placed", order=order)
        assert placed is not None
        return {parcel["id"] for parcel in placed["content"]["parcels"]} <= set(self.handed(order))

    def kept(self, order: str) -> bool:
        """Whether the promise was kept, and proven."""
        if not self.whole(order):
            return False
        window = self.window(order)
        for handoff in self.handed(order).values():
            if not window["start"] <= handoff["at"] <= window["end"]:
                return False
            shown = {
                proof["kind"]
                for later in self.all("delivery.proof_added", delivery=handoff["delivery"])
                for proof in later["proofs"]
                if proof["passed"]
            }
            if set(handoff["missing"]) - shown:
                return False
        return True


@pytest.mark.parametrize("seed", SEEDS)
def test_the_promises_agree_with_the_log(seed: int) -> None:
    """Due, kept, changed, refused, announced and revised are what a plain count of the log gives."""
    day = TownDay(seed)
    texts = day.diary.texts()
    figures, log = _report(day.diary.records, texts).promises, Counted(texts)
    due = log.due()
    kept = [order for order in due if log.kept(order)]
    assert (figures.due, figures.kept) == (len(due), len(kept))
    assert figures.due == figures.kept + sum(figures.missed.values())
    assert figures.refused == len(log.of["promise.refused"])
    assert figures.changed == sum(len(log.chain(order)) > 1 for order in due)
    assert figures.quality.revisions_ours + figures.quality.revisions_shopper == sum(
        len(log.chain(order)) - 1 for order in due
    )
    told = 0
    for order in set(due) - set(kept):
        end, chain = log.window(order)["end"], log.chain(order)
        names = {held["promise"] for held, _ in chain}
        announced = [miss["at"] for miss in log.of["promise.miss_announced"] if miss["promise"] in names]
        announced += [c["told_at"] for _, c in chain if c and not c["by_shopper"] and c["told_at"]]
        told += any(at <= end for at in announced)
    assert (figures.quality.announced.count, figures.quality.announced.cases) == (told, len(due) - len(kept))
    widths = [(log.window(order)["end"] - log.window(order)["start"]) // 1_000_000 for order in due]
    assert figures.quality.width.mean_s == round(sum(widths) / len(widths))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_groups_agree_with_the_whole(seed: int) -> None:
    """Markets, services and buckets of odds each sum to all promises, and each is the log's own count."""
    day = TownDay(seed)
    texts = day.diary.texts()
    figures, log = _report(day.diary.records, texts).promises, Counted(texts)
    services = Counter(log.counting(order)["service"] for order in log.due())
    assert {name: group.due for name, group in figures.by_service.items() if group.due} == services
    assert sum(group.kept for group in figures.by_market.values()) == figures.kept
    assert sum(bucket.kept.cases for bucket in figures.reliability.buckets) == figures.due
    odds = [log.counting(order)["odds_ppm"] for order in log.due()]
    named = [stated for stated in odds if 925_000 <= stated <= 975_000]
    assert figures.reliability.windows_95.kept.cases == len(named)
    assert figures.reliability.windows_95.stated_ppm == (round(sum(named) / len(named)) if named else None)
    assert figures.reliability.overall.kept == figures.kept_share


@pytest.mark.parametrize("seed", SEEDS)
def test_the_orders_agree_with_the_log(seed: int) -> None:
    """Orders, delivered and intake are counts of the log's orders."""
    day = TownDay(seed)
    texts = day.diary.texts()
    report, log = _report(day.diary.records, texts), Counted(texts)
    orders = {placed["order"] for placed in log.of["order.placed"]}
    promised = {promised["order"] for promised in log.of["order.promised"]}
    declined = {no["order"]: no["reasons"] for no in log.of["order.declined"] if no["order"] not in promised}
    assert report.orders == len(orders) == report.intake.placed
    assert report.delivered == sum(log.whole(order) for order in orders)
    assert report.intake.promised == len(promised)
    assert report.intake.declined == len(declined)
    assert report.intake.declined_because == Counter(why for said in declined.values() for why in said)
    assert report.intake.address_cases == len(log.of["order.address_unresolved"])
    assert report.intake.rejected_rows == 1
    assert report.events == len(texts)
    assert report.log_hash == sha256(b"\n".join(texts) + b"\n").hexdigest()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_attempts_agree_with_the_log(seed: int) -> None:
    """First-attempt success is counted over each delivery's first physical attempt."""
    day = TownDay(seed)
    texts = day.diary.texts()
    report, log = _report(day.diary.records, texts), Counted(texts)
    first = succeeded = 0
    for created in log.of["delivery.created"]:
        name = created["delivery"]
        handoffs = log.all("delivery.delivered", delivery=name)
        failures = [f for f in log.all("delivery.attempt_failed", delivery=name) if not f["lacking"]]
        attempts = sorted(handoffs + failures, key=lambda attempt: (attempt["at"], attempt["key"]))
        if attempts:
            first += 1
            succeeded += set(created["parcels"]) <= set(attempts[0].get("parcels", ()))
    assert (report.first_attempt.count, report.first_attempt.cases) == (succeeded, first)
    failures = log.of["delivery.attempt_failed"]
    assert report.attempts.physical + report.attempts.claimed + report.attempts.none == len(failures)
    assert report.attempts.by_reason == Counter(failure["reason"] for failure in failures)
    assert report.attempt_compliance.cases == report.on_time_arrival.cases


@pytest.mark.parametrize("seed", SEEDS)
def test_the_case_times_agree_with_the_log(seed: int) -> None:
    """The four times and the handovers are means over the cases to which they happened."""
    day = TownDay(seed)
    texts = day.diary.texts()
    total, log = _report(day.diary.records, texts).cases.total, Counted(texts)
    kinds = {
        "case.claimed": total.to_owner,
        "case.step_run": total.to_first_action,
        "case.shopper_told": total.to_shopper_told,
        "case.closed": total.to_resolution,
    }
    for kind, spread in kinds.items():
        times = []
        for opened in log.of["case.opened"]:
            found = [event["at"] for event in log.all(kind, case=opened["case"])]
            times += [(min(found) - opened["at"]) // 1_000_000] if found else []
        assert spread.cases == len(times)
        assert spread.mean_s == (round(sum(times) / len(times)) if times else None)
    handovers = 0
    for opened in log.of["case.opened"]:
        events = [
            e for kind in ("case.claimed", "case.escalated") for e in log.all(kind, case=opened["case"])
        ]
        owner, claimed = opened["owner"], False
        for event in sorted(events, key=lambda event: event["at"]):
            handovers += claimed and event["owner"] != owner
            owner, claimed = event["owner"], claimed or event["type"] == "case.claimed"
    assert total.opened == len(log.of["case.opened"])
    assert total.handovers_per_case.mean_milli == round(handovers * 1000 / total.opened)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sums_of_the_cost_agree_with_the_log(seed: int) -> None:
    """The total is the sum of all positive entries but for goods paid back, each booking once."""
    day = TownDay(seed)
    texts = day.diary.texts()
    report, log = _report(day.diary.records, texts), Counted(texts)
    cost = report.cost
    by_kind: Counter[str] = Counter()
    cash, seen = 0, set()
    for booking in log.of["cost.booked"]:
        if booking["currency"] != "EUR" or (booking["page"], booking["key"]) in seen:
            continue
        seen.add((booking["page"], booking["key"]))
        for entry in booking["entries"]:
            if entry["kind"] == "goods_refund":
                continue
            by_kind[entry["kind"]] += max(0, entry["minor"])
            cash += max(0, -entry["minor"]) * (entry["account"] in ("payroll", "refunds"))
    assert cost.total_minor + cost.elsewhere_minor == sum(by_kind.values())
    assert cost.elsewhere_minor == 0
    assert {kind: part.total_minor for kind, part in cost.parts.items() if part.total_minor} == by_kind
    assert sum(part.total_minor for part in cost.parts.values()) == cost.total_minor
    assert cost.measured_minor + cost.accrued_minor + cost.modelled_minor == cost.total_minor
    assert sum(cost.by_source.values()) == cost.total_minor
    assert cost.cash_minor == cash
    assert cost.delivered == report.delivered
    assert cost.per_delivered.mean_milli == round(cost.total_minor * 1000 / report.delivered)
    assert cost.foreign_bookings == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_periods_part_the_log(seed: int) -> None:
    """What two adjacent periods count sums to the whole: orders, promises, cases and cost."""
    day = TownDay(seed)
    texts = day.diary.texts()
    whole, cut = _report(day.diary.records, texts), clock(15)
    early = _report(day.diary.records, texts, Period(None, cut, AS_OF))
    late = _report(day.diary.records, texts, Period(cut, None, AS_OF))
    for path in ("orders", "delivered", "promises.due", "promises.kept", "cases.total.opened",
                 "cost.total_minor", "intake.promised", "first_attempt.cases"):  # fmt: skip
        parts = [_get(report, path) for report in (early, late)]
        assert sum(parts) == _get(whole, path), path
        assert all(parts), path


def _get(report: DayReport, path: str) -> int:
    value: Any = report
    for name in path.split("."):
        value = getattr(value, name)
    return int(value)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_not_over_is_not_due(seed: int) -> None:
    """As of noon only windows that have ended count, and none is counted as missed before."""
    day = TownDay(seed)
    texts = day.diary.texts()
    noon = clock(12)
    figures, log = _report(day.diary.records, texts, Period.whole(noon)).promises, Counted(texts)
    assert figures.due == sum(log.window(order)["end"] <= noon for order in log.due())
    assert figures.due + figures.later == len(log.due())


@pytest.mark.parametrize("seed", SEEDS)
def test_late_evidence_changes_no_figure(seed: int) -> None:
    """Evidence about deliveries that comes in another order leaves every figure as it was."""
    day = TownDay(seed)
    records, texts = day.diary.records, day.diary.texts()
    evidence = [record for record in records if record.stream.startswith("delivery/")]
    Random(seed).shuffle(evidence)
    others = [record for record in records if not record.stream.startswith("delivery/")]
    again = _report([*others, *evidence], texts)
    assert again == _report(records, texts)


def test_the_same_log_gives_the_same_bytes() -> None:
    """The report's JSON is one object that reads back as itself, and repeats byte for byte."""
    day = TownDay(1)
    texts = day.diary.texts()
    report = _report(day.diary.records, texts)
    told = report.to_json()
    assert told == _report(day.diary.records, texts).to_json()
    assert msgspec.json.decode(told, type=DayReport) == report
    assert {
        "log_hash", "orders", "delivered", "promises", "first_attempt", "attempt_compliance", "cases", "cost",
        "invariants",
    } <= json.loads(told).keys()  # fmt: skip


def test_an_empty_log_has_an_honest_report() -> None:
    """Without an event there is no share, no mean and no cost, only zeros of cases."""
    report = _report([], [])
    assert report.promises.kept_share.share_ppm is None
    assert report.cost.per_delivered.mean_milli is None
    assert report.cases.total.to_owner.mean_s is None
    assert report.orders == 0
