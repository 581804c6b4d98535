"""Routing: every way to deliver weighed by the same rule, and the one with the lowest expected cost.

The expected cost of an option is its marginal cost plus the probability of a miss times what a miss costs
(the refund and the goodwill that goes). Volume that a contract commits us to is paid for either way, so until
it is used up its marginal cost is 0.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from doorstep.policy.contracts import CarrierService, Contract
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, HubId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.routing import RoutingOption, RoutingRule
from doorstep.vocabulary.units import MICROSECONDS, Grams, Instant, Metres, after
from doorstep.vocabulary.windows import Window

PPM: Final = 1_000_000
TENDER_SLACK_S: Final = 1_800
"""A carrier is asked this long before its answer has to be there, so that another can be asked after it."""


class Freight(msgspec.Struct, frozen=True):
    """What is to be delivered, as a carrier's contract looks at it.

    `window` is the promised one, or the shopper's wish where nothing is promised yet; `distance_m` is as the
    crow flies from the hub. `ready_at` is when the parcels stand at the hub.
    """

    service: str
    hub: HubId
    distance_m: Metres
    ready_at: Instant
    parcels: int
    weight_g: Grams
    length_mm: int
    handling: tuple[Handling, ...]
    window: Window


class Standing(msgspec.Struct, frozen=True):
    """How a carrier stands at the moment: connected, paused, tried before for this delivery, used today."""

    connected: bool
    paused: bool
    tried: bool
    stranded: bool
    used: int


class MissCost(msgspec.Struct, frozen=True):
    """What a missed promise costs in minor units."""

    refund_minor: int
    goodwill_minor: int

    def expected_minor(self, cost_minor: int, odds_ppm: int) -> int:
        """A cost with what a miss costs, times its probability."""
        missed_ppm = PPM - min(PPM, odds_ppm)
        return cost_minor + (self.refund_minor + self.goodwill_minor) * missed_ppm // PPM


def carrier_window(
    service: CarrierService, freight: Freight, zone: ZoneInfo, *, inside: bool
) -> Window | None:
    """The carrier's own window that serves the freight's, None where it has none.

    With `inside` it must lie in the freight's window, which was promised; without, the one with the most of
    it is taken. A service without windows of its own takes any that is wide enough.
    """
    if not service.windows:
        wide = freight.window.width_s() >= service.window_minutes_min * 60
        return freight.window if wide else None
    best: Window | None = None
    for text in service.windows:
        window = _on_day(text, freight.window, zone)
        if inside and not (freight.window.start <= window.start and window.end <= freight.window.end):
            continue
        overlap_s = window.overlap_s(freight.window)
        if overlap_s > 0 and (best is None or overlap_s > best.overlap_s(freight.window)):
            best = window
    return best


def _on_day(text: str, near: Window, zone: ZoneInfo) -> Window:
    day = datetime.fromtimestamp(near.start / MICROSECONDS, UTC).astimezone(zone).date()
    start, _, end = text.partition("-")

    def at(wall: str) -> Instant:
        local = datetime.combine(day, time.fromisoformat(wall), zone)
        return Instant(int(local.timestamp()) * MICROSECONDS)

    return Window(at(start), at(end))


def cutoff(service: CarrierService, window: Window) -> Instant:
    """The last instant at which the carrier can still be given a delivery for this window of its own.

    A carrier with windows of its own collects before they start; one that takes any window is there
    `lead_minutes` after it was asked.
    """
    counts_from = window.start if service.windows else window.end
    return after(counts_from, -service.lead_minutes * 60)


def tender_at(service: CarrierService, contract: Contract, window: Window, now: Instant) -> Instant:
    """When the carrier is asked: in time for its answer, and for another carrier's if it says no."""
    earliest = after(window.start, -(service.lead_minutes * 60 + contract.answer_s + TENDER_SLACK_S))
    return max(now, earliest)


def weigh_carrier(
    carrier: CarrierId,
    contract: Contract,
    name: str,
    freight: Freight,
    standing: Standing,
    terms: "Terms",
) -> RoutingOption:
    """One service of a contract as an option: the first rule that forbids it, or its expected cost."""
    service = contract.service[name]
    window = carrier_window(service, freight, terms.zone, inside=terms.promised)
    latest = None if window is None else cutoff(service, window)
    left = service.capacity_per_day - standing.used
    rule, detail = _forbidden(contract, service, freight, standing, terms) or (RoutingRule.dearer, "")
    price = service.price_minor(freight.weight_g, freight.distance_m)
    if rule is RoutingRule.dearer:
        if window is None:
            rule, detail = RoutingRule.window, "none of its windows serves the one that is asked"
        elif latest is not None and latest < terms.now:
            rule, detail = RoutingRule.cutoff, "its cutoff is over"
        elif freight.ready_at > (window.start if service.windows else cutoff(service, window)):
            rule, detail = RoutingRule.cutoff, "the parcels are not ready when it collects"
        elif left <= 0:
            rule, detail = RoutingRule.capacity, f"all {service.capacity_per_day} of the day are taken"
    committed = rule is RoutingRule.dearer and standing.used < service.committed_per_day
    cost = 0 if committed else price
    return RoutingOption(
        carrier=carrier,
        service=name,
        hub=freight.hub,
        rule=RoutingRule.committed if committed else rule,
        detail="paid for either way" if committed else detail,
        cost_minor=cost,
        expected_minor=terms.miss.expected_minor(cost, service.odds_ppm),
        odds_ppm=service.odds_ppm,
        capacity_left=max(0, left),
        cutoff=latest,
        window=window,
    )


class Terms(msgspec.Struct, frozen=True):
    """What holds for every option of a decision; `promised` says that the freight's window is a promise."""

    now: Instant
    zone: ZoneInfo
    promised: bool
    odds_min_ppm: int
    miss: MissCost


def _forbidden(
    contract: Contract, service: CarrierService, freight: Freight, standing: Standing, terms: Terms
) -> tuple[RoutingRule, str] | None:
    """The first clause that says no, whatever the window."""
    day = datetime.fromtimestamp(freight.window.start / MICROSECONDS, UTC).astimezone(terms.zone).date()
    lacking = sorted(set(freight.handling) - set(contract.capabilities))
    clauses = (
        (
            freight.service not in service.sells,
            RoutingRule.not_sold,
            f"it does not stand behind {freight.service}",
        ),
        (not standing.connected, RoutingRule.not_connected, "no connection is set up"),
        (
            not contract.valid_from <= day.isoformat() <= contract.valid_to,
            RoutingRule.contract_over,
            f"the contract holds from {contract.valid_from} to {contract.valid_to}",
        ),
        (bool(lacking), RoutingRule.handling, f"it is not qualified for {', '.join(lacking)}"),
        (
            freight.parcels > contract.parcels_max,
            RoutingRule.parcels,
            f"it takes {contract.parcels_max} parcels at most",
        ),
        (freight.weight_g > contract.weight_g_max, RoutingRule.weight, f"over {contract.weight_g_max} g"),
        (freight.length_mm > contract.length_mm_max, RoutingRule.size, f"over {contract.length_mm_max} mm"),
        (freight.distance_m > service.radius_m, RoutingRule.area, f"beyond {service.radius_m} m of the hub"),
        (standing.stranded, RoutingRule.stranded, "the parcels are not where it collects"),
        (standing.tried, RoutingRule.tried, "it was asked for this delivery before"),
        (standing.paused, RoutingRule.paused, "it does not answer at the moment"),
        (
            service.odds_ppm < terms.odds_min_ppm,
            RoutingRule.odds,
            "its odds are below what may be chosen",
        ),
    )
    return next(((rule, detail) for applies, rule, detail in clauses if applies), None)


def choose(options: Sequence[RoutingOption], closed: Collection[CarrierId] = ()) -> tuple[RoutingOption, ...]:
    """The options, cheapest expected cost first, the first one marked as chosen; what may not comes last.

    Equal costs go to the own fleet, then by name, so that a decision repeats. Carriers in `closed` stay
    listed and are never chosen.
    """
    may = [option for option in options if option.may and option.carrier not in closed]
    may.sort(key=lambda o: (o.expected_minor or 0, o.carrier != OWN_FLEET, o.carrier, o.service))
    rest = [option for option in options if not (option.may and option.carrier not in closed)]
    if not may:
        return tuple(rest)
    best = may[0]
    named = [
        option
        if option.rule is RoutingRule.committed
        else msgspec.structs.replace(option, rule=RoutingRule.dearer, detail=_difference(option, best))
        for option in may[1:]
    ]
    chosen = (
        best
        if best.rule is RoutingRule.committed
        else msgspec.structs.replace(best, rule=RoutingRule.chosen, detail="lowest expected cost")
    )
    return (chosen, *named, *rest)


def _difference(option: RoutingOption, best: RoutingOption) -> str:
    more = (option.expected_minor or 0) - (best.expected_minor or 0)
    return f"{more} minor units more to be expected"
