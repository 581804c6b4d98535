"""The whole of Doorstep for one market, built from its settings; the only file that knows everything."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from doorstep.adapters.chance import SeededChance, SystemChance
from doorstep.adapters.clocks import SystemClock
from doorstep.adapters.maps.geocoder import StreetGeocoder
from doorstep.adapters.maps.streets import StreetMap
from doorstep.adapters.packet import write_packet
from doorstep.adapters.phones import NumberingPlans
from doorstep.adapters.solvers.pool import SolverPool
from doorstep.adapters.store.storage import Storage
from doorstep.adapters.webhooks.addresses import Addresses
from doorstep.adapters.webhooks.poster import HttpPoster
from doorstep.engine.action_desk import ActionDesk
from doorstep.engine.carrier_book import CarrierBook
from doorstep.engine.case_desk import CaseDesk
from doorstep.engine.checkout_desk import CheckoutDesk
from doorstep.engine.checkpoints import Checkpoints
from doorstep.engine.collection_desk import CollectionDesk
from doorstep.engine.coverage_desk import CoverageDesk
from doorstep.engine.desk import Desk
from doorstep.engine.dispatch_desk import DispatchDesk
from doorstep.engine.driver_desk import DriverDesk
from doorstep.engine.errands import Errands
from doorstep.engine.evidence_desk import EvidenceDesk, OrderStreams, Sealed
from doorstep.engine.feed_desk import FeedDesk
from doorstep.engine.handle import Market
from doorstep.engine.idempotency import IdempotencyKeys
from doorstep.engine.intake import Bounds, HubSite, IntakeRules
from doorstep.engine.messenger import Messenger
from doorstep.engine.network import Network
from doorstep.engine.order_desk import OrderDesk, OrderIndex
from doorstep.engine.outbox import EFFECTS_PER_PUMP_MAX, Lanes, Outbox, Pumped
from doorstep.engine.parcel_desk import ParcelDesk
from doorstep.engine.people import People
from doorstep.engine.planner import PlanClock, Planner
from doorstep.engine.ports.carriers import CarrierConnection
from doorstep.engine.ports.chance import Chance
from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.geocoder import Resolved
from doorstep.engine.ports.post import NoPost, Post
from doorstep.engine.ports.sender import Sender
from doorstep.engine.ports.store import StoredCheckpoint
from doorstep.engine.promise_desk import PromiseDesk
from doorstep.engine.quoting import Quoting
from doorstep.engine.recovery_desk import RecoveryDesk
from doorstep.engine.relief_desk import ReliefDesk
from doorstep.engine.replay import Projection
from doorstep.engine.retry import DeadLetter
from doorstep.engine.return_desk import ReturnDesk, ReturnIndex
from doorstep.engine.routing_desk import RoutingDesk
from doorstep.engine.rules import Machine, Rules
from doorstep.engine.tender_desk import TenderDesk
from doorstep.engine.timers import Task, Ticked, Timers
from doorstep.engine.tracking_desk import TrackingDesk
from doorstep.engine.wave_desk import WaveDesk
from doorstep.engine.webhook_desk import WebhookDesk, WebhookIndex
from doorstep.engine.webhook_sender import WebhookSender
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.order import OrderState
from doorstep.lifecycle.registry import LIFECYCLES
from doorstep.policy.book import POLICIES, PolicyBook, read_book
from doorstep.reactions.failed_attempt import PLAN_REATTEMPT
from doorstep.reactions.notify import MESSAGE
from doorstep.reactions.promise import EXPIRE_HOLD
from doorstep.reactions.registry import REACTIONS
from doorstep.reactions.roster import IMPROVE, STAGE_ROUTE, WATCH_ROUTE
from doorstep.reactions.tendering import OFFER_TENDER, ROUTE_ANEW
from doorstep.reactions.webhook import POST
from doorstep.views.moves import MoveBook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import HubId
from doorstep.vocabulary.packet import MissingFile, MissingReason
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import MICROSECONDS, Instant

SOLVER_SEED: Final = 1
"""The route search's own seed: the same plan for the same log, whatever the world draws."""


class Settings(msgspec.Struct, frozen=True):
    """How a market is run.

    `folder` holds the database, keys and blobs; None keeps all in memory. With `seed`, ids, keys and
    nonces repeat, for simulations alone; it goes with `relaxed` or without a folder. `relaxed` does not
    wait for the disk at a commit, and is for simulated days. `open_reads` lets pages, reads and what our own
    pages write in without a key on loopback, which is for the demo alone. `local_webhooks` lets webhooks
    lead to this machine, also by plain HTTP, for tests and trying out.
    `public_url` stands before a path in a message's link.
    """

    folder: Path | None = None
    seed: int | None = None
    workers: int = 1
    relaxed: bool = False
    open_reads: bool = False
    local_webhooks: bool = False
    public_url: str = ""

    @property
    def is_simulated(self) -> bool:
        """Whether nobody really drives in this market."""
        return self.seed is not None


class HubAddressUnknown(Exception):
    """The network's hub has neither a point nor an address that the map knows."""


def default_book() -> PolicyBook:
    """The policies that ship with Doorstep."""
    folder = resources.files("doorstep.policy") / "defaults"
    return read_book({name: (folder / f"{name}.toml").read_text(encoding="utf-8") for name in POLICIES})


def rules_of(book: PolicyBook) -> Rules[PolicyBook]:
    """All machines and reactions over a policy book."""
    machines: list[Machine[PolicyBook]] = [
        Machine(cycle.noun, initial=None, decide=cycle.decide, evolve=cycle.evolve) for cycle in LIFECYCLES
    ]
    return Rules.of(machines, REACTIONS, book)


def _storage(settings: Settings, chance: Chance) -> Storage:
    seeded = settings.seed is not None
    return Storage(settings.folder, chance, seeded=seeded, relaxed=settings.relaxed)


class Doorstep:
    """One market's machine: its log, its live plan, its desks, its timers."""

    post: Post = NoPost()
    """Who carries letters out; set before the first is due."""

    def __init__(
        self,
        network: Network,
        streets: StreetMap,
        settings: Settings,
        *,
        clock: Clock | None = None,
        book: PolicyBook | None = None,
    ) -> None:
        self.settings = settings
        self.network = network
        self.streets = streets
        self.book = book or default_book()
        self.clock: Clock = clock or SystemClock()
        # By this one a person's code runs out, however fast the market's own time goes.
        self.wall_clock: Clock = SystemClock()
        self.zone = network.market.clock()
        self.chance: Chance = SystemChance() if settings.seed is None else SeededChance(settings.seed)
        storage = _storage(settings, self.chance)
        self.store, self.keys, self.positions = storage.store, storage.keys, storage.positions
        self.blobs, self.signer, self.vault = storage.blobs, storage.signer, storage.vault
        self.people = People(self.vault, self.chance)
        geocoder = StreetGeocoder(streets)
        self.hubs = hub_points(network, streets)
        plan_clock = PlanClock(self.clock.now(), self.zone)
        self.planner = Planner(streets, self.people, self.book, plan_clock, self.hubs)
        self.order_index, self.order_streams, hooks = OrderIndex(), OrderStreams(), WebhookIndex()
        self.carrier_book, self.return_index, self.moves = CarrierBook(self.zone), ReturnIndex(), MoveBook()
        market_id = MarketId(network.market.id)
        self.market: Market[PolicyBook] = Market(
            market_id,
            rules_of(self.book),
            self.store,
            self.clock,
            [*self._followers(), hooks],
        )
        desk = Desk(self.market, self.book, self.chance)
        self.desk = desk
        self.quoting = Quoting(desk, self.planner)
        self.promises = PromiseDesk(desk, self.planner, self.quoting)
        self.routing = RoutingDesk(
            desk, self.planner, self.promises, self.people, self.carrier_book, self.hubs
        )
        self.orders = OrderDesk(
            desk, self.planner, self.promises, self.routing, self.people, geocoder,
            index=self.order_index, rules=self._intake_rules(),
        )  # fmt: skip
        self.checkout = CheckoutDesk(desk, self.planner, self.orders, self.people, self.routing)
        self.tracking = self._tracking_desk(storage.tracking_key)
        self.drivers = DriverDesk(desk, self.planner, self.people, self.blobs, self.signer)
        self.parcels = ParcelDesk(desk, self.planner)
        self.collections = CollectionDesk(desk, self.planner, self.quoting, self.people, self.blobs)
        self.returns = ReturnDesk(desk, self.planner, self.blobs, self.return_index, self.collections)
        self.cases, self.solver = CaseDesk(desk), SolverPool(settings.workers)
        self.dispatch, self.actions = DispatchDesk(desk, self.planner), ActionDesk(desk, self.planner)
        patient = settings.seed is not None
        self.waves = WaveDesk(desk, self.planner, self.solver, SOLVER_SEED, patient=patient)
        self.relief = ReliefDesk(desk, self.planner, self.moves)
        self.recovery = RecoveryDesk(desk, self.planner, self.routing, SOLVER_SEED)
        self.evidence = EvidenceDesk(desk, self.blobs, self.order_streams)
        self.idempotency = IdempotencyKeys(market_id, self.store, self.clock)
        self.checkpoints = Checkpoints(self.market, self.signer)
        self.feeds = FeedDesk(desk, self.planner, self.people, self.blobs, self.carrier_book)
        self.tenders = TenderDesk(desk, self.planner, self.routing, self.people, self.blobs)
        self._open_webhooks(storage, hooks)
        self.errands = Errands(self._senders())
        self.outbox = Outbox(self.market, self._bury)
        self.timers = Timers(self.market, self._tasks(), self._bury)

    def _followers(self) -> list[Projection]:
        """What follows the log from its beginning, in its order."""
        indexes = (self.order_index, self.order_streams, self.carrier_book, self.return_index)
        return [self.planner, *indexes, self.moves]

    def _open_webhooks(self, storage: Storage, index: WebhookIndex) -> None:
        self.webhook_attempts = storage.webhook_attempts
        poster = HttpPoster(self.wall_clock, Addresses(local=self.settings.local_webhooks))
        self.webhooks = WebhookDesk(self.desk, index, poster, storage.webhook_key)
        self.webhook_sender = WebhookSender(self.desk, self.webhooks, poster, self.webhook_attempts)

    def _senders(self) -> dict[str, Sender]:
        """Who carries out what, by the first part of an effect's kind."""
        return {"carrier": self.tenders, MESSAGE: self.messenger, "webhook": self.webhook_sender}

    def _tasks(self) -> dict[str, Task]:
        """What timers wake, by name."""
        return {
            STAGE_ROUTE: self.dispatch.stage_route,
            IMPROVE: self.waves.improve,
            WATCH_ROUTE: self.relief.watch_route,
            PLAN_REATTEMPT: self.dispatch.plan_reattempt,
            EXPIRE_HOLD: self.promises.expire,
            OFFER_TENDER: self.tenders.offer,
            ROUTE_ANEW: self.tenders.route_anew,
        }

    def connect(self, connection: CarrierConnection) -> None:
        """Let routing decisions count on a carrier from now on."""
        self.routing.connections[connection.id] = connection

    @cached_property
    def coverage(self) -> CoverageDesk:
        """Who looks for services without a backup."""
        return CoverageDesk(self.desk, self.network, self.routing)

    @cached_property
    def messenger(self) -> Messenger:
        """Who makes messages of what is to be told; `post` carries them."""
        return Messenger(
            self.desk, self.planner, self.people, self.network, lambda: self.post,
            link=lambda order: f"{self.settings.public_url}/t/{self.tracking.token(order)}",
            pin=self.drivers.pin,
        )  # fmt: skip

    def next_due(self) -> Instant | None:
        """When a tick has something to do next; None where nothing waits."""
        waiting = [at for at in (self.timers.next_due(), self.outbox.next_due()) if at is not None]
        return min(waiting, default=None)

    def tick(self) -> Ticked:
        """Fire the timers that are due now, send what goes out, and sign the log when enough was added."""
        ticked = self.fire()
        self.send()
        self.checkpoints.keep_up()
        return ticked

    def fire(self) -> Ticked:
        """Fire the timers that are due now."""
        with self.planner.lock:
            return self.timers.tick(self.clock.now())

    def send(self, lanes: Lanes | None = None, tries_max: int = EFFECTS_PER_PUMP_MAX) -> Pumped:
        """Send what is due to go out."""
        return self.outbox.pump(self.clock.now(), self.errands, lanes, tries_max)

    def open_day(self, day: date) -> None:
        """Put a day's shifts on sale, and look whether each service has a qualified backup."""
        self.dispatch.plan_day(self.network, day, self.desk.origin())
        self.coverage.check(day, self.desk.origin())

    def today(self) -> date:
        """The market's own date now."""
        return datetime.fromtimestamp(self.clock.now() / MICROSECONDS, UTC).astimezone(self.zone).date()

    def packet(self, state: OrderState) -> bytes | None:
        """The packet that was issued last about an order, which verifies offline; None where none was."""
        sealed = self.evidence.sealed(state)
        return None if sealed is None else self._write(sealed, self.checkpoints.sign())

    def packets(self, states: Sequence[OrderState]) -> Iterator[bytes]:
        """Issue a packet about each order, and write all of them under one checkpoint."""
        origin = self.desk.origin()
        for state in states:
            self.evidence.issue(state.id, origin)
        signed = self.checkpoints.sign()
        for state in states:
            sealed = self.evidence.sealed(state)
            assert sealed is not None, "a packet was just issued"
            yield self._write(sealed, signed)

    def _write(self, sealed: Sealed, signed: StoredCheckpoint) -> bytes:
        missing = [MissingFile(sha256, MissingReason.erased, obtainable=False) for sha256 in sealed.gone]
        tree = self.checkpoints.tree(signed.size)
        zone = self.network.market.zone
        return write_packet(sealed.evidence, tree, signed.note, sealed.files, missing, self.signer, zone=zone)

    def close(self) -> None:
        """End the workers."""
        self.solver.close()

    def _tracking_desk(self, key: bytes) -> TrackingDesk:
        return TrackingDesk(
            self.desk, self.planner, self.orders, self.promises, self.routing, people=self.people, key=key
        )

    def _intake_rules(self) -> IntakeRules:
        market = self.network.market
        south, west, north, east = self.streets.bounds
        return IntakeRules(
            zone=self.zone,
            country=market.country,
            services=frozenset(self.book.services.service),
            hubs=tuple(HubSite(hub, point) for hub, point in self.hubs.items()),
            now=self.clock.now(),
            phones=NumberingPlans(),
            merchants=frozenset(merchant.id for merchant in self.network.merchants),
            bounds=Bounds(south, west, north, east),
            snap=self.streets.snap,
        )

    def _bury(self, letter: DeadLetter) -> Sequence[AnyCommand]:
        """A dead letter is a case with an owner; a webhook's own ends or has one."""
        if letter.name == POST:
            return self.webhook_sender.bury(letter)
        opened = open_case(
            self.book, CaseKind.dead_letter, (letter.kind, letter.id), subject=CaseSubject(),
            at=letter.died_at, breach_at=None,
            happened=f"{letter.kind} {letter.name} about {letter.subject} failed {letter.tries} times",
            why=letter.error,
        )  # fmt: skip
        return [opened.command]


def hub_points(network: Network, streets: StreetMap) -> dict[HubId, Point]:
    """Where a network's hubs stand on a map.

    Raises:
        HubAddressUnknown: one has neither a point nor an address that the map knows.
        OffMap: one lies where no van gets to.
    """
    points: dict[HubId, Point] = {}
    for hub in network.hubs:
        point = hub.point()
        if point is None:
            found = StreetGeocoder(streets).resolve(hub.address)
            if not isinstance(found, Resolved):
                raise HubAddressUnknown(
                    f"hub {hub.id}: the map does not know {hub.address!r} ({found.reason})"
                )
            point = found.point
        streets.snap(point)
        points[HubId(hub.id)] = point
    return points


def instant_of(moment: datetime) -> Instant:
    """A datetime with a zone as an instant."""
    return Instant(int(moment.timestamp() * MICROSECONDS))
