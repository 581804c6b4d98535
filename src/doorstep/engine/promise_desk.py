"""Promises: holds of capacity, and confirmations that are atomic with the plan behind them."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from doorstep.engine.desk import Commanded, Desk, Origin
from doorstep.engine.moves import Grounds
from doorstep.engine.planner import Planner
from doorstep.engine.ports.travel import OffMap
from doorstep.engine.quoting import NOT_ON_SALE_YET, Ask, Offer, Quoting
from doorstep.engine.telling import told_of
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.lifecycle.promise import PromiseState, PromiseStatus
from doorstep.planning.odds import Exposure
from doorstep.planning.repair import make_room
from doorstep.vocabulary.event import Refusal, Source
from doorstep.vocabulary.ids import DeliveryId, OrderId, PromiseId, RouteId
from doorstep.vocabulary.promise import ExpireHold, HoldPromise, RefusePromise, ReleasePromise
from doorstep.vocabulary.record import AnyCommand, Instruction
from doorstep.vocabulary.route import InsertStop, MoveCause, RemoveStop
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant, Seconds, after
from doorstep.vocabulary.windows import Window


class Booking(NamedTuple):
    """A promise to be made: its ids, and the commands that hold capacity for it."""

    promise: PromiseId
    delivery: DeliveryId
    plan_hash: str
    offer: Offer
    commands: tuple[Commanded, ...]


class PromiseDesk:
    """Holds and releases capacity; what it returns is committed under the planner's lock."""

    def __init__(self, desk: Desk, planner: Planner, quoting: Quoting) -> None:
        self._desk = desk
        self._planner = planner
        self.quoting = quoting

    def find(self, ask: Ask, now: Instant) -> Booking | tuple[str, ...]:
        """The best match for an ask, booked; or the reasons why there is none."""
        quote = self.quoting.quote(ask, now)
        offer = next((offer for offer in quote.offers if self.quoting.matches(offer, ask.requested)), None)
        if offer is not None and (ask.requested is None or offer.window.start == ask.requested.start):
            return self.book(ask, offer, now)
        squeezed = self._squeeze(ask, now) if offer is None else None
        if squeezed is not None:
            return squeezed
        return quote.reasons or ("no_match",) if offer is None else self.book(ask, offer, now)

    def book(self, ask: Ask, offer: Offer, now: Instant) -> Booking:
        """The commands that hold capacity for an offer that was quoted under the same lock."""
        promise, delivery = PromiseId(self._desk.mint("prm")), DeliveryId(self._desk.mint("dlv"))
        placement = offer.placement
        assert placement is not None, "an offer of a quote has a place"
        job = self._planner.job(delivery, ask.place, self.quoting.demand(ask), offer.window)
        trial = self._planner.plan.copy()
        inserted = trial.insert(job, placement)
        assert inserted, "an offer is booked under the lock under which it was quoted"
        plan_hash, route = trial.plan_hash(), RouteId(placement.route_id)
        index = placement.at + (1 if placement.hub_at is not None else 0)
        hold = self._hold(Booking(promise, delivery, plan_hash, offer, ()), ask, route, now)
        insert = InsertStop(route, delivery, index, placement.hub_at, plan_hash)
        return Booking(promise, delivery, plan_hash, offer, (hold, insert))

    def _squeeze(self, ask: Ask, now: Instant) -> Booking | None:
        """Room for exactly the wish where plain insertion finds none: others move, every promise stays."""
        wish = self.quoting.windows(ask, now)[:1]
        if not wish or ask.requested is None:
            return None
        window = wish[0]
        promise, delivery = PromiseId(self._desk.mint("prm")), DeliveryId(self._desk.mint("dlv"))
        try:
            job = self._planner.job(delivery, ask.place, self.quoting.demand(ask), window)
        except OffMap:
            return None
        start_s = max(job.window_start_s, self._planner.clock.second(now))
        if start_s > job.window_end_s:
            return None
        plan = self._planner.plan
        from_now = msgspec.structs.replace(job, window_start_s=start_s)
        change = make_room(plan, from_now, told=told_of(self._desk, self._planner, plan))
        if change is None:
            return None
        preview = self._planner.preview(change, [job], Grounds("make_room", MoveCause.room))
        route = preview.plan.route_of(delivery)
        assert route is not None, "room was made for the job"
        times = preview.plan.schedule(route).times
        ahead = [stop for stop in times if stop.stop.delivery_id is not None]
        place = next(i for i, stop in enumerate(ahead) if stop.stop.delivery_id == delivery)
        stop = ahead[place]
        road_s = sum(earlier.drive_s for earlier in times[: times.index(stop) + 1])
        odds_ppm = self.quoting.odds_ppm(Exposure(stop.start_s, road_s, place), window)
        if odds_ppm < self._desk.book.promises.odds_min_ppm:
            return None
        offer = Offer(
            window, odds_ppm, Seconds(stop.drive_s), self._planner.clock.instant(stop.start_s), None
        )
        booking = Booking(promise, delivery, preview.plan_hash, offer, ())
        hold = self._hold(booking, ask, RouteId(route), now)
        because = self._desk.book.dispatch.because("moves")
        planned = (Reasoned(command, because) for command in preview.commands)
        return booking._replace(commands=(hold, *planned))

    def _hold(self, booking: Booking, ask: Ask, route: RouteId, now: Instant) -> HoldPromise:
        offer = booking.offer
        return HoldPromise(
            promise=booking.promise,
            merchant=ask.merchant,
            service=ask.service,
            delivery=booking.delivery,
            place=ask.place,
            demand=self.quoting.demand(ask),
            window=offer.window,
            odds_ppm=offer.odds_ppm,
            route=route,
            arrival=offer.arrival,
            added_s=offer.added_s,
            plan_hash=booking.plan_hash,
            expires_at=after(now, self._desk.book.promises.hold_s),
        )

    def hold(self, ask: Ask, window: Window, origin: Origin) -> Booking | Refusal:
        """Hold exactly this window for a shopper who may confirm it."""
        with self._planner.lock:
            now = self._desk.now()
            quote = self.quoting.quote(msgspec.structs.replace(ask, requested=window), now)
            offer = next((offer for offer in quote.offers if offer.window == window), None)
            if offer is None:
                no = next((no for no in quote.refused if no.window == window), None)
                return _no_hold("no_such_window" if no is None else no.reason)
            booking = self.book(ask, offer, now)
            return self._desk.together(list(booking.commands), origin) or booking

    def release(self, promise: PromiseId, why: str, origin: Origin) -> Refusal | None:
        """Give a held window back."""
        with self._planner.lock:
            state: PromiseState | None = self._desk.state("promise", promise)
            if state is None:
                return Refusal("promise_unknown", f"there is no promise {promise}")
            if state.status is not PromiseStatus.held:
                return Refusal("promise_not_held", f"a promise that is {state.status} is no hold")
            return self._desk.together(self.release_commands(state, why), origin)

    def release_commands(self, state: PromiseState, why: str) -> list[AnyCommand]:
        """What gives the capacity of a held or confirmed promise back."""
        return [ReleasePromise(state.id, why), *self.remove_commands(state.delivery, why)]

    def remove_commands(self, delivery: DeliveryId | None, why: str) -> list[AnyCommand]:
        """What takes a delivery out of the live plan, if it is in it and still ahead."""
        route = None if delivery is None else self._planner.plan.route_of(delivery)
        if (
            route is None
            or delivery is None
            or delivery not in self._planner.routes[RouteId(route)].deliveries
        ):
            return []
        return [RemoveStop(RouteId(route), delivery, why)]

    def refuse_command(self, ask: Ask, order: OrderId | None, reasons: Sequence[str]) -> RefusePromise:
        """The recorded refusal of a request that no plan keeps."""
        promise = PromiseId(self._desk.mint("prm"))
        return RefusePromise(promise, ask.merchant, ask.service, order, ask.requested, tuple(reasons))

    def expire(self, subject: str, now: Instant) -> list[tuple[Instruction, ...]]:
        """The timer's task: an unconfirmed hold ends, and its place in the plan with it."""
        state: PromiseState | None = self._desk.state("promise", subject)
        if state is None or state.status is not PromiseStatus.held:
            return []
        commands = [ExpireHold(state.id), *self.remove_commands(state.delivery, "hold expired")]
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return [tuple(self._desk.instruct(command, origin) for command in commands)]


def _no_hold(reason: str) -> Refusal:
    why = "this day is not on sale yet" if reason == NOT_ON_SALE_YET else "no van keeps this window"
    return Refusal(reason, why, ("window_start", "window_end"))
