"""A market with all its desks over stores in memory, and short words for what people do with it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from tests.engine.desks.grid import SIDE, Crossings, Grid, crossing

from doorstep.adapters.blobs.files import MemoryBlobs
from doorstep.adapters.chance import SeededChance
from doorstep.adapters.clocks import VirtualClock
from doorstep.adapters.phones import NumberingPlans
from doorstep.adapters.signing import Ed25519Signer
from doorstep.adapters.solvers.pyvrp import PyVRPSolver
from doorstep.adapters.store.memory import MemoryStore
from doorstep.adapters.store.vault import MemoryVault
from doorstep.app import default_book, rules_of
from doorstep.engine.action_desk import ActionDesk
from doorstep.engine.carrier_book import CarrierBook
from doorstep.engine.case_desk import CaseDesk
from doorstep.engine.desk import Desk
from doorstep.engine.dispatch_desk import DispatchDesk
from doorstep.engine.driver_desk import Capture, DriverDesk
from doorstep.engine.errands import Errands
from doorstep.engine.evidence_desk import EvidenceDesk, OrderStreams
from doorstep.engine.handle import Market
from doorstep.engine.intake import Bounds, HubSite, IntakeRules, OrderRow, read_body
from doorstep.engine.log import read_record
from doorstep.engine.network import DriverShift, Hub, Merchant, Network, Van
from doorstep.engine.network import Market as MarketTable
from doorstep.engine.order_desk import OrderDesk, OrderIndex
from doorstep.engine.outbox import Outbox
from doorstep.engine.people import People
from doorstep.engine.planner import PlanClock, Planner
from doorstep.engine.ports.solver import WaveSolver
from doorstep.engine.ports.store import Effect
from doorstep.engine.promise_desk import PromiseDesk
from doorstep.engine.quoting import Ask, Quoting
from doorstep.engine.recovery_desk import RecoveryDesk
from doorstep.engine.relief_desk import ReliefDesk
from doorstep.engine.retry import DeadLetter
from doorstep.engine.routing_desk import RoutingDesk
from doorstep.engine.tender_desk import TenderDesk
from doorstep.engine.timers import Ticked, Timers
from doorstep.engine.wave_desk import WaveDesk
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.route import RouteState
from doorstep.planning.waves import WaveProblem, WaveSolution
from doorstep.policy.book import PolicyBook
from doorstep.reactions.failed_attempt import PLAN_REATTEMPT
from doorstep.reactions.promise import EXPIRE_HOLD
from doorstep.reactions.roster import IMPROVE, STAGE_ROUTE, WATCH_ROUTE
from doorstep.reactions.tendering import OFFER_TENDER, ROUTE_ANEW
from doorstep.views.moves import MoveBook
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import HandoffMethod
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import DeliveryId, HubId, OrderId, ParcelId, PromiseId, RouteId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.record import AnyCommand, Record
from doorstep.vocabulary.units import MICROSECONDS, Instant

ZONE = ZoneInfo("Europe/Berlin")
DAY = date(2026, 3, 3)
"""A Tuesday."""
HUB_AT = (10, 10)


def wall(clock: str, day: date = DAY) -> Instant:
    """A time of the day in the market, `HH:MM`."""
    moment = datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), ZONE)  # noqa: DTZ007 - joined with the zone
    return Instant(int(moment.timestamp()) * MICROSECONDS)


def text(instant: Instant) -> str:
    """An instant as orders spell it."""
    return datetime.fromtimestamp(instant / MICROSECONDS, UTC).isoformat().replace("+00:00", "Z")


def shift(driver: str, start: str, end: str, *, reserve: bool = False) -> DriverShift:
    """A driver's shift in a van of the same number."""
    return DriverShift(driver, driver.title(), f"van-{driver}", start, end, reserve=reserve)


def network(*shifts: DriverShift) -> Network:
    """One hub in the middle of the town, and a big van for each shift."""
    hub = crossing(*HUB_AT)
    return Network(
        market=MarketTable("town", "Town", str(ZONE), "EUR", "DE"),
        merchants=(Merchant("acme", "Acme"),),
        hubs=(Hub("hub", "Hub", hub.lat, hub.lon),),
        vans=tuple(Van(each.van, "hub", 400_000, 4_000_000) for each in shifts),
        shifts=shifts,
    )


class Solved:
    """Waves whose answers are there."""

    def __init__(self, answers: tuple[WaveSolution | None, ...]) -> None:
        self._answers = answers

    def is_done(self) -> bool:
        """They are."""
        return True

    def solutions(self) -> tuple[WaveSolution | None, ...]:
        """One answer per problem."""
        return self._answers


class InProcess:
    """The wave solver without worker processes."""

    def start(self, problems: Sequence[WaveProblem], iterations: int, seed: int) -> Solved:
        """Solve each problem at once."""
        return Solved(tuple(PyVRPSolver().solve(problem, iterations, seed) for problem in problems))


class Untold:
    """The sender of messages on a floor where nobody reads any."""

    def send(self, effect: Effect) -> tuple[AnyCommand, ...]:
        """Take it."""
        assert effect.kind.startswith("message")
        return ()


class Ground:
    """What outlives a process: the log, the vault, the files, the keys, and time itself."""

    def __init__(self, start: Instant, seed: int = 1) -> None:
        self.chance = SeededChance(seed)
        self.clock = VirtualClock(start)
        self.store = MemoryStore()
        self.vault = MemoryVault(self.chance.token(32), self.chance)
        self.blobs = MemoryBlobs(self.vault, self.chance)
        self.signer = Ed25519Signer.from_seed(self.chance.token(32))


class Floor:
    """One process: everything here is built from the ground that it stands on."""

    def __init__(
        self,
        ground: Ground,
        network: Network,
        book: PolicyBook | None = None,
        solver: WaveSolver | None = None,
    ) -> None:
        self.ground, self.network = ground, network
        self.book = book or default_book()
        self.clock, self.store = ground.clock, ground.store
        self.people = People(ground.vault, ground.chance)
        hub = crossing(*HUB_AT)
        clock = PlanClock(ground.clock.now(), ZONE)
        grid = Grid()
        self.planner = Planner(grid, self.people, self.book, clock, {HubId("hub"): hub})
        self.index, self.streams = OrderIndex(), OrderStreams()
        self.carrier_book = CarrierBook(ZONE)
        self.moves = MoveBook()
        views = [self.planner, self.index, self.streams, self.carrier_book, self.moves]
        self.market: Market[PolicyBook] = Market(
            MarketId("town"), rules_of(self.book), ground.store, ground.clock, views
        )
        self.desk = Desk(self.market, self.book, ground.chance)
        self.quoting = Quoting(self.desk, self.planner)
        self.promises = PromiseDesk(self.desk, self.planner, self.quoting)
        edge = crossing(SIDE - 1, SIDE - 1)
        rules = IntakeRules(
            zone=ZONE,
            country="DE",
            services=frozenset(self.book.services.service),
            hubs=(HubSite(HubId("hub"), hub),),
            now=ground.clock.now(),
            phones=NumberingPlans(),
            bounds=Bounds(-0.01, -0.01, edge.lat + 0.01, edge.lon + 0.01),
            snap=grid.snap,
        )
        self.routing = RoutingDesk(
            self.desk, self.planner, self.promises, self.people, self.carrier_book, {HubId("hub"): hub}
        )
        self.orders = OrderDesk(
            self.desk, self.planner, self.promises, self.routing, self.people, Crossings(),
            index=self.index, rules=rules,
        )  # fmt: skip
        self.drivers = DriverDesk(self.desk, self.planner, self.people, ground.blobs, ground.signer)
        self.cases = CaseDesk(self.desk)
        self.dispatch = DispatchDesk(self.desk, self.planner)
        self.actions = ActionDesk(self.desk, self.planner)
        self.waves = WaveDesk(self.desk, self.planner, solver or InProcess(), 1)
        self.relief = ReliefDesk(self.desk, self.planner, self.moves)
        self.recovery = RecoveryDesk(self.desk, self.planner, self.routing, 1)
        self.evidence = EvidenceDesk(self.desk, ground.blobs, self.streams)
        self.tenders = TenderDesk(self.desk, self.planner, self.routing, self.people, ground.blobs)
        self.outbox = Outbox(self.market, self._bury)
        tasks = {
            STAGE_ROUTE: self.dispatch.stage_route,
            IMPROVE: self.waves.improve,
            WATCH_ROUTE: self.relief.watch_route,
            EXPIRE_HOLD: self.promises.expire,
            PLAN_REATTEMPT: self.dispatch.plan_reattempt,
            OFFER_TENDER: self.tenders.offer,
            ROUTE_ANEW: self.tenders.route_anew,
        }
        self.timers = Timers(self.market, tasks, self._bury)

    @staticmethod
    def _bury(letter: DeadLetter) -> Iterable[AnyCommand]:
        raise AssertionError(f"a timer died: {letter}")

    # Time -------------------------------------------------------------------------------------------

    def tick(self) -> Ticked:
        """Fire what is due; a timer that fails is a defect."""
        with self.planner.lock:
            ticked = self.timers.tick(self.clock.now())
        for failed in ticked.failed:
            raise failed.error
        self.outbox.pump(self.clock.now(), Errands({"carrier": self.tenders, "message": Untold()}))
        return ticked

    def next_due(self) -> Instant | None:
        """When the next tick has something to do."""
        waiting = [at for at in (self.timers.next_due(), self.outbox.next_due()) if at is not None]
        return min(waiting, default=None)

    def until(self, clock: str, day: date = DAY) -> None:
        """Let the day go on, timer by timer."""
        goal = wall(clock, day)
        while (due := self.next_due()) is not None and due <= goal:
            self.clock.move_to(max(due, self.clock.now()))
            self.tick()
        self.clock.move_to(goal)
        self.tick()

    def restart(self) -> "Floor":
        """Another process over the same ground."""
        return Floor(self.ground, self.network, self.book)

    # Orders -----------------------------------------------------------------------------------------

    def open_day(self) -> tuple[RouteId, ...]:
        """Put the day's shifts on sale."""
        return self.dispatch.plan_day(self.network, DAY, self.desk.origin())

    def body(
        self,
        external_id: str = "A-1",
        at: tuple[int, int] = (12, 10),
        **told: Any,  # noqa: ANN401 - columns differ
    ) -> dict[str, object]:
        """An order as a shop sends it: one light parcel to a crossing."""
        place = crossing(*at)
        plain = {
            "external_id": external_id, "merchant": "acme", "name": "Ada", "phone": "+4930901820",
            "address": f"Crossing {at[0]}-{at[1]}", "lat": place.lat, "lon": place.lon,
            "service": "slot", "parcels": 1, "weight_g": 1_000,
            "ready_at": text(wall("06:00")), "placed_at": text(self.clock.now()),
            "window_start": text(wall("12:00")), "window_end": text(wall("14:00")),
        }  # fmt: skip
        return {name: value for name, value in (plain | told).items() if value is not None}

    def row(self, external_id: str = "A-1", at: tuple[int, int] = (12, 10), **told: Any) -> OrderRow:  # noqa: ANN401 - columns differ
        """The same, read."""
        row = read_body(self.body(external_id, at, **told), self.orders.rules())
        assert isinstance(row, OrderRow), row
        return row

    def place(self, external_id: str = "A-1", at: tuple[int, int] = (12, 10), **told: Any) -> OrderState:  # noqa: ANN401 - columns differ
        """Place an order; where it stands then."""
        placed = self.orders.place(self.row(external_id, at, **told), self.desk.origin())
        assert placed.outcome == "created", placed
        return self.order(placed.order)

    def ask(self, at: tuple[int, int] = (12, 10), **told: Any) -> Ask:  # noqa: ANN401 - columns differ
        """A shopper's question: what an order would ask."""
        row = self.row("ask", at, **told)
        assert row.recipient.point is not None
        place = self.people.keep_point(row.recipient.point)
        return Ask(
            row.merchant, row.service, HubId("hub"), place, row.ready_at, row.parcels, row.weight_g,
            row.weight_g, row.handling, row.requested,
        )  # fmt: skip

    # States -----------------------------------------------------------------------------------------

    def order(self, order: OrderId) -> OrderState:
        """An order."""
        state = self.orders.state(order)
        assert state is not None
        return state

    def delivery(self, of: OrderState | DeliveryId) -> DeliveryState:
        """A delivery, by its id or its order."""
        name = of if isinstance(of, str) else of.delivery
        assert name is not None
        state = self.drivers.delivery(DeliveryId(name))
        assert state is not None
        return state

    def parcels(self, delivery: DeliveryId) -> tuple[ParcelId, ...]:
        """A delivery's parcels."""
        created = self.delivery(delivery).created
        assert created is not None
        return created.parcels

    def promise(self, promise: PromiseId | None) -> PromiseState:
        """A promise."""
        assert promise is not None
        state: PromiseState = self.desk.state("promise", promise)
        return state

    def route(self, route: RouteId) -> RouteState:
        """A route."""
        state = self.drivers.route(route, None)
        assert state is not None
        return state

    def cases_of(self, kind: CaseKind) -> list[CaseState]:
        """All cases of a kind."""
        states = self.market.all_of("case").values()
        return [state for state in states if state.kind is kind]

    def records(self) -> list[Record]:
        """The whole log."""
        return [read_record(event.text) for event in self.store.events(self.market.id)]

    # The road ---------------------------------------------------------------------------------------

    def load(self, route: RouteId, *left: str) -> None:
        """Scan the loading list onto the van, but for the parcels `left`; then drive off."""
        state = self.route(route)
        scanned = tuple(parcel for parcel in state.loading_list if parcel not in left)
        assert self.drivers.load(state, scanned, self.desk.origin()) is None
        assert self.drivers.depart(self.route(route), self.desk.origin()) is None

    def point(self, delivery: DeliveryState) -> Point:
        """Where a delivery goes."""
        assert delivery.created is not None
        point = self.people.point(delivery.created.place)
        assert point is not None
        return point

    def arrive(self, route: RouteId, delivery: DeliveryId, at: Point | None = None) -> None:
        """Stand at the door, or elsewhere."""
        state = self.delivery(delivery)
        key = f"arrive/{delivery}/{self.clock.now()}"
        assert self.drivers.arrive(state, route, at or self.point(state), key, self.desk.origin()) is None

    def capture(self, delivery: DeliveryId, **seen: Any) -> Capture:  # noqa: ANN401 - what a phone sees differs
        """What the phone of a careful driver sees."""
        state = self.delivery(delivery)
        photo = self.drivers.put_proof(state, b"a door " + delivery.encode())
        careful = Capture(self.point(state), state.on_van, photo=photo, contact_tried=True)
        return msgspec.structs.replace(careful, **seen)

    def deliver(self, route: RouteId, delivery: DeliveryId, **seen: Any) -> None:  # noqa: ANN401 - what a phone sees differs
        """Arrive, take two minutes and hand over."""
        self.arrive(route, delivery)
        self.clock.advance(120)
        refusal = self.drivers.hand_over(
            self.delivery(delivery), route, HandoffMethod.to_recipient, self.capture(delivery, **seen),
            self.desk.origin(),
        )  # fmt: skip
        assert refusal is None, refusal

    def home(self, route: RouteId) -> None:
        """Back at the hub, a kilometre for each stop."""
        state = self.route(route)
        assert self.drivers.return_route(state, 1_000 * state.done, self.desk.origin()) is None
