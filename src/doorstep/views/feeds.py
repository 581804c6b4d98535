"""Feeds: how well carriers tell what they do: whether all of it came, how soon, in which order, how true.

Counted from the evidence in the log, whoever told it: a carrier's reports, and for the own fleet what its
drivers told. Our own reactions, and the acceptance of a tender, are no report.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from doorstep.lifecycle.delivery import state_of
from doorstep.views.attempts import teller
from doorstep.views.intervals import Share, percentile, share_of
from doorstep.views.period import Period
from doorstep.vocabulary.carrier import MessageSetAside, ReportsRepeated
from doorstep.vocabulary.delivery import (
    AnyDeliveryEvent,
    Arrived,
    AttemptFailed,
    Delivered,
    DeliveryCreated,
    DeliveryEvent,
    DeliveryLost,
    OutForDelivery,
    PickedUp,
    ReturnStarted,
    StatusReported,
)
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, OrderId
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant, seconds_between

ACCEPTED_CODE: Final = "tender.accepted"
"""The code of the evidence that an acceptance itself is; it is ours, and no report."""
P95: Final = 95


class Step(NamedTuple):
    """A step that is expected to be told of a delivery."""

    name: str
    told_by: tuple[type[DeliveryEvent], ...]


END: Final = Step("end", (Delivered, AttemptFailed, DeliveryLost, ReturnStarted))
COLLECTED: Final = Step("picked_up", (PickedUp,))
AT_THE_DOOR: Final = (Step("out_for_delivery", (OutForDelivery,)), Step("arrived", (Arrived,)))


class Latency(msgspec.Struct, frozen=True):
    """Seconds from the fact, by the teller's clock, to our log; a clock ahead of ours counts as none."""

    cases: int
    median_s: int | None
    p95_s: int | None


class FeedFigures(msgspec.Struct, frozen=True):
    """One carrier's feed.

    `expected` is the share of the expected events that are there. Of each promise due that the carrier is
    charged with, it has to tell that it collected it and how it ended; of one that ended at the door also
    that it was on the road and arrived. `missing` counts those that are not there, by step. `out_of_order`
    are reports that came after a later one of the same delivery. `repeated` are reports that were evidence
    already when they came, of all that came; those of drivers' phones are not counted. `wild_clocks` have a
    time that cannot be right: they are in no latency and in no order. `unmapped` are reports in words that
    its mapping does not have, by `unmapped_codes`. `contradicted` are deliveries of which it said two things
    that cannot both be true. `set_aside` counts messages that became no evidence, by reason.
    """

    market: str
    carrier: str
    deliveries: int
    reports: int
    expected: Share
    missing: dict[str, int]
    latency: Latency
    out_of_order: Share
    repeated: Share
    wild_clocks: int
    unmapped: Share
    unmapped_codes: dict[str, int]
    contradicted: Share
    set_aside: dict[str, int]


class _Told(NamedTuple):
    event: AnyDeliveryEvent
    place: int
    learned_at: Instant


class Feeds:
    """A fold over the log."""

    def __init__(self, market: str) -> None:
        self._market = market
        self._told: dict[DeliveryId, list[_Told]] = defaultdict(list)
        self._created: dict[DeliveryId, DeliveryCreated] = {}
        self._aside: list[MessageSetAside] = []
        self._repeats: list[ReportsRepeated] = []

    def apply(self, record: Record) -> None:
        """Take one event in; evidence that came twice counts once."""
        match record.data:
            case DeliveryCreated() as created:
                self._created[created.delivery] = created
            case MessageSetAside() as aside:
                self._aside.append(aside)
            case ReportsRepeated() as repeated:
                self._repeats.append(repeated)
            case DeliveryEvent() as event if _is_report(event):
                self._told[event.delivery].append(_Told(event, record.position, record.recorded_at))
            case _:
                pass

    def summary(
        self, period: Period, charged: Mapping[CarrierId, Sequence[OrderId]]
    ) -> tuple[FeedFigures, ...]:
        """The feeds of what came in the period, by carrier, the own fleet first.

        `charged` are the orders of the promises due, by carrier; one that told nothing has a feed too.
        """
        told = self._by_carrier(period)
        aside = {one.carrier for one in self._aside if period.holds(one.at)}
        return tuple(
            self._figures(carrier, told.get(carrier, {}), charged.get(carrier, ()), period)
            for carrier in sorted({*told, *aside, *charged}, key=lambda one: (one != OWN_FLEET, one))
        )

    def _by_carrier(self, period: Period) -> dict[CarrierId, dict[DeliveryId, list[_Told]]]:
        """What each carrier told of each delivery, in the sequence in which we learned it."""
        found: dict[CarrierId, dict[DeliveryId, list[_Told]]] = {}
        for delivery, told in sorted(self._told.items()):
            keys: set[str] = set()
            for one in sorted(told, key=lambda one: one.place):
                if one.event.key not in keys and period.holds(one.learned_at):
                    own = found.setdefault(teller(one.event), {})
                    own.setdefault(delivery, []).append(one)
                keys.add(one.event.key)
        return found

    def _figures(
        self,
        carrier: CarrierId,
        told: Mapping[DeliveryId, list[_Told]],
        charged: Sequence[OrderId],
        period: Period,
    ) -> FeedFigures:
        reports = [one for of_one in told.values() for one in of_one]
        timed = [one for one in reports if _is_plausible(one.event)]
        lags = sorted(max(0, seconds_between(one.event.at, one.learned_at)) for one in timed)
        latency = Latency(
            len(lags), percentile(lags, 50) if lags else None, percentile(lags, P95) if lags else None
        )
        expected, missing = self._expected(told, charged)
        codes = Counter(_code(one.event) for one in reports if _is_unmapped(one.event))
        aside = Counter(
            one.reason.value for one in self._aside if one.carrier == carrier and period.holds(one.at)
        )
        again = sum(one.reports for one in self._repeats if one.carrier == carrier and period.holds(one.at))
        late = sum(_out_of_order(of_one) for of_one in told.values())
        return FeedFigures(
            market=self._market,
            carrier=carrier,
            deliveries=len(told),
            reports=len(reports),
            expected=share_of(expected - missing.total(), expected),
            missing=dict(sorted(missing.items())),
            latency=latency,
            out_of_order=share_of(late, len(timed)),
            repeated=share_of(again, 0 if carrier == OWN_FLEET else len(reports) + again),
            wild_clocks=len(reports) - len(timed),
            unmapped=share_of(codes.total(), len(reports)),
            unmapped_codes=dict(sorted(codes.items())),
            contradicted=share_of(self._contradicted(told), len(told)),
            set_aside=dict(sorted(aside.items())),
        )

    def _expected(
        self, told: Mapping[DeliveryId, list[_Told]], charged: Sequence[OrderId]
    ) -> tuple[int, Counter[str]]:
        """How many events the orders ask for, and which of them are not there."""
        by_order: dict[OrderId, list[DeliveryEvent]] = defaultdict(list)
        for delivery, of_one in told.items():
            if delivery in self._created:
                by_order[self._created[delivery].order] += [one.event for one in of_one]
        expected, missing = 0, Counter[str]()
        for order in charged:
            events = by_order[order]
            for step in _steps(events):
                expected += 1
                missing[step.name] += not any(isinstance(event, step.told_by) for event in events)
        return expected, +missing

    def _contradicted(self, told: Mapping[DeliveryId, list[_Told]]) -> int:
        """Deliveries in which the carrier's word stands against an end."""
        number = 0
        for delivery, of_one in told.items():
            keys = {one.event.key for one in of_one if one.event.said is not None}
            if not keys or delivery not in self._created:
                continue
            state = state_of([self._created[delivery], *(one.event for one in self._told[delivery])])
            number += any(keys.intersection(pair) for pair in state.contradictions)
        return number


def _is_report(event: DeliveryEvent) -> bool:
    """What a carrier said, or a driver of ours."""
    if event.said is not None:
        return event.said.code != ACCEPTED_CODE
    from_van = isinstance(event, (PickedUp, OutForDelivery, Arrived, AttemptFailed, Delivered))
    return from_van and getattr(event, "route", None) is not None


def _is_plausible(event: DeliveryEvent) -> bool:
    return event.said is None or event.said.plausible


def _is_unmapped(event: DeliveryEvent) -> bool:
    return isinstance(event, StatusReported) and event.status is None and not event.nearby


def _code(event: DeliveryEvent) -> str:
    return "" if event.said is None else event.said.code


def _steps(events: Iterable[DeliveryEvent]) -> tuple[Step, ...]:
    """What a delivery asks to be told, by how it ended."""
    at_the_door = any(
        isinstance(event, Delivered) or (isinstance(event, AttemptFailed) and event.reason not in NO_ATTEMPT)
        for event in events
    )
    return (COLLECTED, *(AT_THE_DOOR if at_the_door else ()), END)


def _out_of_order(told: Sequence[_Told]) -> int:
    """How many came after a report of the same delivery that happened later."""
    number, latest = 0, (0, 0)
    for one in told:
        if _is_plausible(one.event):
            when = (int(one.event.at), one.event.seq)
            number += when < latest
            latest = max(latest, when)
    return number
