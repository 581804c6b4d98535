"""Routing: which carrier takes a delivery, decided by expected cost, with every option on record."""

from collections.abc import Collection
from typing import Final, NamedTuple

from msgspec.structs import replace

from doorstep.engine.carrier_book import CarrierBook
from doorstep.engine.desk import Desk
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.carriers import CarrierConnection
from doorstep.engine.promise_desk import Booking, PromiseDesk
from doorstep.engine.quoting import Ask, Offer
from doorstep.lifecycle.carrier import CarrierState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.routing import DECISIONS_MAX, RoutingState
from doorstep.planning.problem import Job, Placement
from doorstep.planning.routing import (
    Freight,
    MissCost,
    Standing,
    Terms,
    choose,
    tender_at,
    weigh_carrier,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, HubId, OrderId, PromiseId
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.promise import HoldPromise
from doorstep.vocabulary.routing import DecideRouting, RoutingOption, RoutingRule, RoutingTrigger
from doorstep.vocabulary.units import Instant, Metres, Seconds, after
from doorstep.vocabulary.windows import Window

COST_UNIT: Final = 1_000_000
"""A placement's added cost is in millionths of a minor unit."""
FLEET_SERVICE: Final = ""
"""The own fleet has no services of its own."""
FIELDS: Final = {
    RoutingRule.handling: "handling",
    RoutingRule.parcels: "parcels",
    RoutingRule.weight: "weight_g",
    RoutingRule.size: "length_mm",
}
"""The rules about what an order is, by the column that it breaks them with."""


class Routed(NamedTuple):
    """A booking with the options that were weighed for it, the chosen one first."""

    booking: Booking
    options: tuple[RoutingOption, ...]


class Evaluation(NamedTuple):
    """What a decision would be: the options, the chosen one first, and why no van keeps a window."""

    options: tuple[RoutingOption, ...]
    reasons: tuple[str, ...]


class RoutingDesk:
    """Weighs the own fleet against every contract; the caller holds the planner's lock."""

    def __init__(
        self,
        desk: Desk,
        planner: Planner,
        promises: PromiseDesk,
        people: People,
        book: CarrierBook,
        hubs: dict[HubId, Point],
    ) -> None:
        self._desk = desk
        self._planner = planner
        self.promises = promises
        self._people = people
        self.book = book
        self.hubs = hubs
        self.connections: dict[CarrierId, CarrierConnection] = {}
        self.quoting = promises.quoting

    # A new order ------------------------------------------------------------------------------------

    def find(self, ask: Ask, now: Instant) -> Routed | tuple[str, ...]:
        """The best window for an ask, held with who keeps it for the least, or why there is none."""
        fleet = self.promises.find(ask, now)
        options = self.weigh(ask, fleet, now)
        best = options[0] if options and options[0].may else None
        if best is None or best.window is None:
            assert not isinstance(fleet, Booking), "a place in the plan is an option that may be chosen"
            return fleet
        if isinstance(fleet, Booking) and best.carrier == OWN_FLEET:
            return Routed(fleet, options)
        # The shopper is promised what the fleet would promise, where it could: who carries it is our affair.
        window = fleet.offer.window if isinstance(fleet, Booking) else best.window
        return Routed(self.hold_with(_offer_of(best, window), ask, now), options)

    def evaluate(self, ask: Ask, now: Instant) -> Evaluation:
        """What would be decided for an ask now; nothing is held and nothing goes into the log."""
        fleet = self.promises.find(ask, now)
        return Evaluation(self.weigh(ask, fleet, now), () if isinstance(fleet, Booking) else fleet)

    def weigh(self, ask: Ask, fleet: Booking | tuple[str, ...], now: Instant) -> tuple[RoutingOption, ...]:
        """Every option for an order that has no promise yet, the chosen one first."""
        if isinstance(fleet, Booking):
            window, own = fleet.offer.window, self._fleet_option(ask, fleet.offer, "")
        else:
            asked = ask.requested or self._first_window(ask, now)
            if asked is None:
                return ()
            window, own = asked, self._fleet_option(ask, None, ", ".join(fleet))
        freight = self._freight(ask, window)
        if freight is None:
            return (own,)
        terms = self._terms(ask.service, now, promised=isinstance(fleet, Booking))
        options = [own, *self._elsewhere(ask.hub), *self._carriers(freight, terms, frozenset(), None)]
        if self.quoting.on_sale_from(window, now) is not None:
            # Who takes it now would be asked for a day on which a van may be cheaper.
            shut = "its day is not on sale yet"
            options = [_ruled_out(o, RoutingRule.window, shut) if o.may else o for o in options]
        # What a shopper did not ask for is no match, however cheap it is.
        fitting = [self._matching(option, ask) for option in options]
        return choose(fitting)

    def _first_window(self, ask: Ask, now: Instant) -> Window | None:
        windows = self.quoting.windows(ask, now)
        return windows[0] if windows else None

    def _matching(self, option: RoutingOption, ask: Ask) -> RoutingOption:
        if not option.may or option.carrier == OWN_FLEET or ask.requested is None or option.window is None:
            return option
        share_pct = 100 * option.window.overlap_s(ask.requested) // max(1, ask.requested.width_s())
        if share_pct >= self._desk.book.promises.match_share_min_pct:
            return option
        return _ruled_out(option, RoutingRule.window, "its window is too far from the wish")

    def offer(self, ask: Ask, window: Window, now: Instant) -> Offer | None:
        """The carrier that keeps a window for the least, where no van does; None where none may."""
        freight = self._freight(ask, window)
        if freight is None:
            return None
        terms = self._terms(ask.service, now, promised=True)
        options = choose(self._carriers(freight, terms, frozenset(), None))
        return _offer_of(options[0], window) if options and options[0].may else None

    def hold_with(self, offer: Offer, ask: Ask, now: Instant) -> Booking:
        """Hold one of a carrier's day: the plan of the vans stays as it is."""
        plan_hash = self._planner.plan.plan_hash()
        promise, delivery = PromiseId(self._desk.mint("prm")), DeliveryId(self._desk.mint("dlv"))
        hold = HoldPromise(
            promise=promise,
            merchant=ask.merchant,
            service=ask.service,
            delivery=delivery,
            place=ask.place,
            demand=self.quoting.demand(ask),
            window=offer.window,
            odds_ppm=offer.odds_ppm,
            route=None,
            arrival=offer.arrival,
            added_s=offer.added_s,
            plan_hash=plan_hash,
            expires_at=after(now, self._desk.book.promises.hold_s),
            carrier=offer.carrier,
            carrier_service=offer.service,
        )
        return Booking(promise, delivery, plan_hash, offer, (hold,))

    def weigh_held(self, ask: Ask, held: PromiseState, now: Instant) -> tuple[RoutingOption, ...] | Refusal:
        """Every option for a window that is held already: who holds it is the chosen one.

        An order that is more than its carrier takes is not what the window was held for.
        """
        assert held.window is not None, "a hold has a window"
        own = self._fleet_option(ask, None, "the window is held with another carrier")
        if held.carrier == OWN_FLEET:
            own = self._fleet_option(ask, Offer(held.window, held.odds_ppm, Seconds(0), now, None), "")
        freight = self._freight(ask, held.window)
        terms = self._terms(ask.service, now, promised=True)
        found = [] if freight is None else self._carriers(freight, terms, frozenset(), held.delivery)
        options = choose([own, *self._elsewhere(ask.hub), *found])
        with_whom = (held.carrier, held.carrier_service)
        chosen = next((o for o in options if (o.carrier, o.service) == with_whom), None)
        if chosen is None:
            # Policies may have changed since: a contract that is gone keeps no window.
            detail = (
                f"the window is held with {held.carrier}, which has no contract for it any more: ask anew"
            )
            return Refusal("contract_over", detail)
        if chosen.rule in FIELDS:
            detail = f"the window is held with {chosen.carrier}: {chosen.detail}"
            return Refusal("not_what_was_held", detail, (FIELDS[chosen.rule],))
        rest = [
            replace(o, rule=RoutingRule.dearer, detail="not where it is held") if o.may else o
            for o in options
            if o is not chosen
        ]
        return (replace(chosen, rule=RoutingRule.chosen, detail="held for the shopper"), *rest)

    def decision(
        self,
        order: OrderId,
        delivery: DeliveryId,
        options: tuple[RoutingOption, ...],
        window: Window,
        now: Instant,
    ) -> DecideRouting:
        """The record of a new order's decision: the first option is the chosen one."""
        return self._decide(order, delivery, options, window, RoutingTrigger.confirmed, now)

    def _decide(
        self,
        order: OrderId,
        delivery: DeliveryId,
        options: tuple[RoutingOption, ...],
        window: Window,
        trigger: RoutingTrigger,
        now: Instant,
    ) -> DecideRouting:
        best = options[0] if options and options[0].may else None
        at: Instant | None = None
        if best is not None and best.carrier != OWN_FLEET and best.window is not None:
            contract = self._desk.book.contracts.carrier[best.carrier]
            at = tender_at(contract.service[best.service], contract, best.window, now)
        return DecideRouting(
            delivery=delivery,
            order=order,
            trigger=trigger,
            window=window,
            carrier=None if best is None else best.carrier,
            service=FLEET_SERVICE if best is None else best.service,
            options=options,
            currency=self._desk.book.tariffs.currency,
            tender_at=at,
            at=now,
        )

    # A promise that needs another carrier ---------------------------------------------------------------

    def decide_anew(
        self,
        delivery: DeliveryId,
        trigger: RoutingTrigger,
        now: Instant,
        *,
        fleet: Job | None = None,
        ready_at: Instant | None = None,
    ) -> tuple[DecideRouting, Placement | None] | None:
        """Weigh every option once more for a promise that stands; None where nothing can be decided any more.

        `fleet` is the job as the own fleet could do it now; None rules the fleet out, and the parcels stand
        at the hub by `ready_at`. With a placement, the fleet was chosen and there is where it goes.
        """
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        routing: RoutingState | None = self._desk.state("routing", delivery)
        created = None if state is None else state.created
        if created is None or (routing is not None and len(routing.decisions) >= DECISIONS_MAX):
            return None
        order: OrderState = self._desk.state("order", created.order)
        told = order.content
        ask = Ask(
            told.merchant, told.service, created.hub, created.place, told.ready_at, len(created.parcels),
            told.weight_g, told.volume_ml, told.handling, created.window,
        )  # fmt: skip
        placement = None if fleet is None else self._place(fleet, now)
        options = [self._fleet_again(ask, fleet, placement), *self._elsewhere(ask.hub)]
        if fleet is not None:
            ready_at = self._planner.clock.instant(fleet.ready_s)
        freight = self._freight(ask, created.window)
        if freight is not None:
            freight = replace(freight, ready_at=max(ready_at or told.ready_at, told.ready_at))
            tried = frozenset() if routing is None else _tried(routing)
            terms = self._terms(told.service, now, promised=True)
            options += self._carriers(freight, terms, tried, delivery)
        named = choose(options)
        decision = self._decide(created.order, delivery, named, created.window, trigger, now)
        return decision, placement if decision.carrier == OWN_FLEET else None

    def _place(self, job: Job, now: Instant) -> Placement | None:
        self._planner.catch_up(now)
        start_s = max(job.window_start_s, self._planner.clock.second(now))
        if start_s > job.window_end_s:
            return None
        (fit,) = self._planner.plan.quote(job, [(start_s, job.window_end_s)])
        return fit.placement

    def _fleet_again(self, ask: Ask, job: Job | None, placement: Placement | None) -> RoutingOption:
        if job is None:
            why = "the decision is about another carrier"
            return RoutingOption(OWN_FLEET, FLEET_SERVICE, ask.hub, RoutingRule.stranded, why)
        if placement is None:
            why = "no van reaches it within the window"
            return RoutingOption(OWN_FLEET, FLEET_SERVICE, ask.hub, RoutingRule.capacity, why)
        arrival = self._planner.clock.instant(placement.start_s)
        assert ask.requested is not None, "a promise has a window"
        odds_ppm = self.quoting.placement_odds_ppm(placement, job.window_end_s, ask.requested)
        offer = Offer(ask.requested, odds_ppm, Seconds(placement.added_s), arrival, placement)
        return self._fleet_option(ask, offer, "")

    # Options ----------------------------------------------------------------------------------------

    def _fleet_option(self, ask: Ask, offer: Offer | None, why: str) -> RoutingOption:
        """The own fleet from the hub where the parcels stand; its marginal cost is modelled."""
        if offer is None:
            return RoutingOption(OWN_FLEET, FLEET_SERVICE, ask.hub, RoutingRule.capacity, why or "no van")
        cost_minor = self._fleet_cost(ask, offer)
        miss = self._miss(ask.service)
        return RoutingOption(
            OWN_FLEET, FLEET_SERVICE, ask.hub, RoutingRule.dearer, "", cost_minor,
            miss.expected_minor(cost_minor, offer.odds_ppm), offer.odds_ppm, None, None, offer.window,
        )  # fmt: skip

    def _fleet_cost(self, ask: Ask, offer: Offer) -> int:
        tariffs = self._desk.book.tariffs
        if offer.placement is not None:
            return round(offer.placement.added_cost / COST_UNIT) + tariffs.attempt_minor
        work_s = offer.added_s + self.quoting.demand(ask).service_s
        metres = offer.added_s * self._desk.book.routing.fleet_metres_per_second
        time_minor = work_s * tariffs.driver_minor_per_hour / 3_600
        return round(time_minor + metres * tariffs.distance_minor_per_km / 1_000) + tariffs.attempt_minor

    def _elsewhere(self, hub: HubId) -> list[RoutingOption]:
        why = f"its parcels stand at {hub}"
        return [
            RoutingOption(OWN_FLEET, FLEET_SERVICE, other, RoutingRule.stranded, why)
            for other in sorted(self.hubs)
            if other != hub
        ]

    def _carriers(
        self, freight: Freight, terms: Terms, tried: Collection[CarrierId], delivery: DeliveryId | None
    ) -> list[RoutingOption]:
        found = []
        for carrier, contract in sorted(self._desk.book.contracts.carrier.items()):
            state: CarrierState | None = self._desk.state("carrier", carrier)
            for name in sorted(contract.service):
                standing = Standing(
                    connected=carrier in self.connections,
                    paused=state is not None and state.is_paused(terms.now),
                    tried=carrier in tried,
                    stranded=False,
                    used=self.book.used(carrier, name, freight.window, delivery),
                )
                found.append(weigh_carrier(carrier, contract, name, freight, standing, terms))
        return found

    def freight_of(self, order: OrderState) -> Freight:
        """An order as a contract looks at it; where its place was erased, as if it lay at the hub."""
        told = order.content
        there = self._people.point(told.place)
        metres = 0 if there is None else round(distance_m(self.hubs[told.hub], there))
        window = order.window or told.requested
        assert window is not None, "an order that is promised has a window"
        return Freight(
            told.service, told.hub, Metres(metres), told.ready_at, len(told.parcels), told.weight_g,
            told.longest_mm, told.handling, window,
        )  # fmt: skip

    def _freight(self, ask: Ask, window: Window) -> Freight | None:
        there = self._people.point(ask.place)
        if there is None:
            return None
        return Freight(
            ask.service, ask.hub, Metres(round(distance_m(self.hubs[ask.hub], there))), ask.ready_at,
            ask.parcels, ask.weight_g, ask.length_mm, ask.handling, window,
        )  # fmt: skip

    def _terms(self, service: str, now: Instant, *, promised: bool) -> Terms:
        odds_min_ppm = max(self._desk.book.routing.odds_min_ppm, self._desk.book.promises.odds_min_ppm)
        zone = self._planner.clock.zone
        return Terms(now, zone, promised, odds_min_ppm, self._miss(service))

    def _miss(self, service: str) -> MissCost:
        book = self._desk.book
        return MissCost(book.tariffs.refund_minor.get(service, 0), book.routing.miss_minor.get(service, 0))


def _tried(routing: RoutingState) -> frozenset[CarrierId]:
    """Other carriers that were chosen before, and do not have it now."""
    chosen = (one.carrier for one in routing.decisions)
    return frozenset(carrier for carrier in chosen if carrier is not None and carrier != OWN_FLEET)


def _offer_of(option: RoutingOption, window: Window) -> Offer:
    """A window that a carrier keeps; it takes nobody's place in the plan."""
    odds_ppm = option.odds_ppm or 0
    return Offer(window, odds_ppm, Seconds(0), window.start, None, option.carrier, option.service)


def _ruled_out(option: RoutingOption, rule: RoutingRule, why: str) -> RoutingOption:
    return replace(option, rule=rule, detail=why)
