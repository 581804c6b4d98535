"""Collections: a van of the day's plan fetches the goods of a return, by exact insertion like any promise.

A visit holds its place in the plan from the moment it is booked; improvement and recovery may move it to
another van, never out of its window. A window that nobody can keep any more is given up, and the shopper
chooses again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.device_clock import set_aside
from doorstep.engine.driver_desk import Capture
from doorstep.engine.people import People
from doorstep.engine.planner import Planner
from doorstep.engine.ports.blobs import Blobs
from doorstep.engine.ports.travel import OffMap
from doorstep.engine.quoting import SKILL_BY_HANDLING, NoOffer, Quote, Quoting
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.route import RouteState
from doorstep.planning.live import LivePlan
from doorstep.policy.returns import CollectionRules
from doorstep.vocabulary.collection import Collection, collection_id, return_of
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, PersonId, PlaceId, RouteId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.promise import Demand
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.return_ import (
    BookCollection,
    CollectReturn,
    FailCollection,
    RecordCollector,
    ReleaseCollection,
    ReturnStatus,
)
from doorstep.vocabulary.route import CompleteStop, InsertStop, RemoveStop, Stop, StopKind
from doorstep.vocabulary.units import MICROSECONDS, Grams, Instant, Metres, Millilitres, after
from doorstep.vocabulary.windows import Window

WINDOWS_MAX = 40
"""Windows that a shopper chooses from."""
FAR_M = Metres(10_000_000)
"""How far away a phone is that does not say where it is."""


class CollectionDesk:
    """Books visits of vans, and takes what their drivers tell of them."""

    def __init__(self, desk: Desk, planner: Planner, quoting: Quoting, people: People, blobs: Blobs) -> None:
        self._desk = desk
        self._planner = planner
        self._quoting = quoting
        self._people = people
        self._blobs = blobs

    @property
    def _rules(self) -> CollectionRules:
        return self._desk.book.returns.collection

    # The shopper's choice ---------------------------------------------------------------------------

    def quote(self, state: ReturnState) -> Quote | Refusal:
        """The windows in which a van of the live plan could fetch the goods, with odds, or why not."""
        with self._planner.lock:
            now = self._desk.now()
            if state.status not in (ReturnStatus.authorised, ReturnStatus.booked):
                return Refusal("return_not_there", f"the return is {state.status.value}: no van comes for it")
            if state.failures >= self._rules.failures_max:
                detail = f"{state.failures} visits failed: the goods are brought to a hub now"
                return Refusal("collections_used_up", detail)
            return self._quote(state, self.windows(now), now)

    def windows(self, now: Instant) -> list[Window]:
        """The windows of the next days, by policy; none that begins too early for a van to know of it."""
        level, zone = self._rules.windows, self._planner.clock.zone
        today = datetime.fromtimestamp(now / MICROSECONDS, UTC).astimezone(zone).date()
        earliest = after(now, level.lead_minutes * 60)
        found: list[Window] = []
        for days in range(level.days_ahead, level.days_ahead + self._rules.days_offered):
            found += self._quoting.day_windows(level, today + timedelta(days=days), earliest)
        return found[:WINDOWS_MAX]

    def book(self, state: ReturnState, window: Window, by: str, origin: Origin) -> Refusal | None:
        """Hold exactly this window; what was booked before leaves the plan in the same commit."""
        with self._planner.lock:
            if state.collection is not None and state.collection.window == window:
                return None
            if (refusal := self._closed(state)) is not None:
                return refusal
            now = self._desk.now()
            if window not in self.windows(now):
                return Refusal("no_such_window", "this is no window of ours", ("window_start", "window_end"))
            self._planner.catch_up(now)
            trial = self._planner.plan.copy()
            commands: list[AnyCommand] = []
            if state.collection is not None:
                commands += self.release_commands(state, "another time was chosen", by, origin.at)
                _take_off(trial, state.collection.delivery)
            delivery = collection_id(state.id, state.bookings + 1)
            collection = Collection(delivery, self._place(state), self._demand(state, now), window)
            booked = self._insert(trial, collection, now)
            if isinstance(booked, Refusal):
                return booked
            commands += [BookCollection(state.id, origin.at, collection, booked.plan_hash, by), booked]
            return self._desk.together(commands, origin)

    def release(self, state: ReturnState, why: str, by: str, origin: Origin) -> Refusal | None:
        """No van comes; the shopper brings the goods, or chooses another time later."""
        with self._planner.lock:
            commands = self.release_commands(state, why, by, origin.at)
            return self._closed(state) or self._desk.together(commands, origin)

    def release_commands(self, state: ReturnState, why: str, by: str, at: Instant) -> list[AnyCommand]:
        """What gives a booked visit up, with its place in the plan; nothing where none is booked."""
        if state.collection is None or state.status is not ReturnStatus.booked:
            return []
        delivery = state.collection.delivery
        route = self._planner.plan.route_of(delivery)
        commands: list[AnyCommand] = [ReleaseCollection(state.id, at, why, by)]
        if route is not None and delivery in self._planner.routes[RouteId(route)].deliveries:
            commands.append(RemoveStop(RouteId(route), delivery, why))
        return commands

    def _closed(self, state: ReturnState) -> Refusal | None:
        return Refusal("driver_at_door", "the driver is at the door") if state.at_door else None

    def _quote(self, state: ReturnState, windows: Sequence[Window], now: Instant) -> Quote:
        demand, place = self._demand(state, now), self._place(state)
        job = DeliveryId("ask")
        try:
            self._planner.place(place)
        except OffMap:
            return Quote((), tuple(NoOffer(window, "out_of_area") for window in windows))
        visits = [Collection(job, place, demand, window) for window in windows]
        return self._quoting.offers([self._planner.collection_job(one) for one in visits], windows, now)

    def _insert(self, trial: LivePlan, collection: Collection, now: Instant) -> InsertStop | Refusal:
        """The best place for the visit in a plan, with odds that policy sells."""
        try:
            self._planner.place(collection.place)
        except OffMap:
            return Refusal("out_of_area", "no van of ours gets there")
        job = self._planner.collection_job(collection)
        start_s = max(job.window_start_s, self._planner.clock.second(now))
        fields = ("window_start", "window_end")
        if start_s > job.window_end_s:
            return Refusal("window_over", "the window is over", fields)
        fit = trial.quote(job, [(start_s, job.window_end_s)])[0]
        placement = fit.placement
        if placement is None:
            return Refusal("no_window", "no van has room in this window", fields)
        odds_ppm = self._quoting.placement_odds_ppm(placement, fit.window_end_s, collection.window)
        if odds_ppm < self._desk.book.promises.odds_min_ppm:
            return Refusal("odds_too_low", "no van would keep this window surely enough", fields)
        inserted = trial.insert(job, placement)
        assert inserted, "the placement was found a moment ago"
        return InsertStop(
            RouteId(placement.route_id), collection.delivery, placement.at, None, trial.plan_hash(),
            StopKind.collection,
        )  # fmt: skip

    def _order(self, state: ReturnState) -> OrderState:
        order: OrderState = self._desk.state("order", state.goods.order)
        return order

    def _place(self, state: ReturnState) -> PlaceId:
        return self._order(state).content.place

    def _demand(self, state: ReturnState, now: Instant) -> Demand:
        """The goods as a load: their share of the order's weight and volume; rounded up, so that they fit."""
        content = self._order(state).content
        ours, all_parcels = len(state.goods.parcels), len(content.parcels)
        handling = tuple(duty for duty in content.handling if duty is Handling.high_value)
        return Demand(
            hub=content.hub,
            ready_at=now,
            service_s=self._desk.book.dispatch.service_s(ours, handling, self._rules.proofs),
            weight_g=Grams(-(-content.weight_g * ours // all_parcels)),
            volume_ml=Millilitres(-(-content.volume_ml * ours // all_parcels)),
            skills=tuple(SKILL_BY_HANDLING[duty] for duty in handling),
        )

    # At the door ------------------------------------------------------------------------------------

    def find(self, delivery: DeliveryId) -> ReturnState | None:
        """The return that a visit is for; None where there is no such visit."""
        known = self._planner.known_job(delivery)
        if known is None or not known.collects:
            return None
        state: ReturnState | None = self._desk.state("return", return_of(delivery))
        return state

    def arrive(
        self, state: ReturnState, delivery: DeliveryId, route: RouteId, point: Point, origin: Origin
    ) -> Refusal | None:
        """The driver stands at the door, or says so: the distance decides what it is worth."""
        metres = self._distance(state, point)
        command = RecordCollector(state.id, origin.at, delivery, route, metres)
        return self._desk.together([*set_aside(route, origin), command], origin)

    def collect(
        self, state: ReturnState, delivery: DeliveryId, route: RouteState, capture: Capture, origin: Origin
    ) -> Refusal | None:
        """The parcels are in the driver's hands; the stop is done in the same commit."""
        proofs, driver = self._proofs(state, capture), route.shift.driver
        command = CollectReturn(state.id, origin.at, delivery, route.id, driver, capture.parcels, proofs)
        return self._complete(command, delivery, route, origin)

    def fail(
        self,
        state: ReturnState,
        delivery: DeliveryId,
        route: RouteState,
        reason: Reason,
        capture: Capture,
        origin: Origin,
    ) -> Refusal | None:
        """They could not be fetched; policy says whether a van comes again."""
        proofs = self._proofs(state, capture)
        command = FailCollection(state.id, origin.at, delivery, route.id, reason, proofs)
        return self._complete(command, delivery, route, origin)

    def _complete(
        self,
        command: CollectReturn | FailCollection,
        delivery: DeliveryId,
        route: RouteState,
        origin: Origin,
    ) -> Refusal | None:
        stop = CompleteStop(route.id, Stop(StopKind.collection, delivery), origin.at)
        with self._planner.lock:
            return self._desk.together([*set_aside(route.id, origin), command, stop], origin)

    def _distance(self, state: ReturnState, point: Point) -> Metres:
        place = self._people.point(self._place(state))
        return FAR_M if place is None else distance_m(point, place)

    def person(self, state: ReturnState) -> PersonId:
        """Whose goods they are: pictures of them lie under their key."""
        return self._order(state).content.person

    def _proofs(self, state: ReturnState, capture: Capture) -> tuple[Proof, ...]:
        proofs: list[Proof] = []
        for kind, sha256 in ((ProofKind.photo, capture.photo), (ProofKind.signature, capture.signature)):
            if sha256 is not None:
                self._blobs.get(sha256, self.person(state))
                proofs.append(Proof(kind, sha256))
        if capture.contact_tried:
            proofs.append(Proof(ProofKind.contact))
        return tuple(proofs)


def _take_off(plan: LivePlan, delivery: DeliveryId) -> None:
    """Leave a stop out, as the log does: a hub visit that it leaves idle stays."""
    route = plan.route_of(delivery)
    if route is not None:
        plan.set_sequence(route, [stop for stop in plan.stops(route) if stop.delivery_id != delivery])
