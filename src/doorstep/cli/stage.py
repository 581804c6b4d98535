"""Stage: everything that a simulated day needs, put together: a market, its doors, its keys, its world."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import FastAPI

import doorstep
from doorstep.adapters.clocks import VirtualClock
from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.geocoder import StreetGeocoder
from doorstep.adapters.maps.streets import StreetMap
from doorstep.adapters.messaging.local import LocalMailbox
from doorstep.adapters.phones import NumberingPlans
from doorstep.app import Doorstep, Settings, instant_of
from doorstep.cli.failure import BadInput
from doorstep.cli.gauges import Gauges
from doorstep.cli.market_files import listed
from doorstep.cli.order_file import OrderFile, read_order_file, row_fault
from doorstep.cli.partners import connect_partners, network_book
from doorstep.engine.default_network import default_network
from doorstep.engine.intake import Bounds, HubSite, IntakeRules, OrderRow, RejectedRow, read_csv, read_ndjson
from doorstep.engine.intake.rows import body_of
from doorstep.engine.network import Network
from doorstep.engine.ports.geocoder import Resolved
from doorstep.engine.ports.keys import ApiKey
from doorstep.engine.ports.travel import MapUnreadable
from doorstep.simulation.day import REPORT_HEADLESS_S, Day, Setting, Tokens
from doorstep.simulation.shoppers import Placement
from doorstep.simulation.world import WorldParameters
from doorstep.vocabulary.ids import DriverId, HubId, MerchantId
from doorstep.vocabulary.units import MICROSECONDS, Instant, after
from doorstep.web.api import create_api
from doorstep.web.auth import Role, hash_of
from doorstep.web.loopback import Loopback

TOKEN_BYTES: Final = 24
DAY_END: Final = time(23, 30)
"""Local time at which a simulated day is over."""
OPENS_BEFORE_S: Final = 60
"""The market opens this long before the first order is placed."""


class Machine:
    """A market on a virtual clock."""

    def __init__(self, app: Doorstep, clock: VirtualClock, gauges: Gauges) -> None:
        self._app = app
        self._clock = clock
        self._gauges = gauges
        self._asked_at = -1
        self._due: Instant | None = None

    def next_due(self) -> Instant | None:
        """When the next timer or message is due; the store is asked again only after a commit."""
        commits = self._app.market.commits
        if commits != self._asked_at:
            self._due = self._app.next_due()
            self._asked_at = commits
        return self._due

    def tick(self) -> object:
        """Fire the timers that are due, and send the messages."""
        ticked = self._app.tick()
        self._gauges.ticked(ticked)
        return ticked

    def move_to(self, now: Instant) -> None:
        """Set the clock; a timer that is overdue does not set it back."""
        self._clock.move_to(max(now, self._clock.now()))


@dataclass(frozen=True)
class Script:
    """What a day is played from: a map, a network, and the orders of a file."""

    streets: StreetMap
    network: Network
    orders: OrderFile
    rows: tuple[OrderRow, ...]
    rejected: tuple[RejectedRow, ...]
    day: date
    carriers: bool = True
    """Whether two carriers work beside the own fleet."""


@dataclass(frozen=True)
class Stage:
    """A market with its doors open and its world waiting."""

    app: Doorstep
    api: FastAPI
    loopback: Loopback
    day: Day
    tokens: Tokens
    end: Instant
    gauges: Gauges


def city_folder(city: str) -> Path:
    """The folder of a city that the project carries.

    Raises:
        BadInput: there is none of this name.
    """
    root = Path(doorstep.__file__).parents[2] / "examples"
    known = sorted(folder.parent.name for folder in root.glob("*/network.toml"))
    if city not in known:
        raise BadInput(f"{city} is no city of the examples; known: {', '.join(known) or 'none'}.")
    return root / city


def city_map(city: str) -> StreetMap:
    """The map of a city that the project carries, built once and kept in the user's cache."""
    (source,) = city_folder(city).glob("*.osm.pbf")
    digest = sha256(source.read_bytes()).hexdigest()[:16]
    built = Path.home() / ".cache" / "doorstep" / f"{city}-{doorstep_version()}-{digest}.map"
    try:
        if not built.exists():
            built.parent.mkdir(parents=True, exist_ok=True)
            build_map(source, built)
        return StreetMap.load(built)
    except (MapUnreadable, OSError):
        # No cache can be kept here: build it for this run alone.
        with TemporaryDirectory() as folder:
            once = Path(folder) / "city.map"
            build_map(source, once)
            return StreetMap.load(once)


def doorstep_version() -> str:
    """The release that a cached map was built by."""
    from importlib.metadata import version

    return version("doorstep")


def read_script(
    streets: StreetMap, network: Network | None, orders: Path, day: date | None, *, zone: str = "UTC"
) -> Script:
    """A day's script from an order file; without a network a sensible one is made from the orders.

    Raises:
        BadInput: the file cannot be read, or holds no order at all.
    """
    south, west, north, east = streets.bounds
    bounds = Bounds(south, west, north, east)
    if network is None:
        check_zone(zone)
    draft = network or default_network((), bounds, zone=zone, currency="EUR", country="DE")
    hubs = tuple(HubSite(HubId(hub.id), hub.point() or bounds.centre()) for hub in draft.hubs)
    known = frozenset(merchant.id for merchant in network.merchants) if network else None
    rules = IntakeRules(
        zone=draft.market.clock(), country=draft.market.country,
        services=frozenset(("next_day", "same_day", "slot", "express")), hubs=hubs,
        now=instant_of(datetime.now(UTC)), phones=NumberingPlans(), merchants=known, bounds=bounds,
        snap=streets.snap,
    )  # fmt: skip
    file = read_order_file(orders)
    read = read_csv if file.is_csv else read_ndjson
    found = list(read(BytesIO(file.content), rules))
    rows = tuple(row for row in found if isinstance(row, OrderRow))
    rejected = tuple(row for row in found if isinstance(row, RejectedRow))
    if not rows:
        raise _without_orders(file, rejected)
    _check_city(file, rows, streets)
    network = network or default_network(rows, bounds, zone=zone, currency="EUR", country="DE")
    return Script(streets, network, file, rows, rejected, day or service_day(rows, network))


def _without_orders(file: OrderFile, rejected: Sequence[RejectedRow]) -> BadInput:
    """A file of which nothing can be taken: its header is at fault, or every single row."""
    first = rejected[0]
    if first.whole_file and first.line == 1:
        return file.refused([error.detail for error in first.errors])
    faults = [row_fault(error.line, error.field, error.detail) for row in rejected for error in row.errors]
    return BadInput(f"{file.path} holds no order that can be taken: {listed(faults)}")


def check_zone(zone: str) -> None:
    """See that a name is a time zone.

    Raises:
        BadInput: it is none.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as unknown:
        raise BadInput(f"--zone {zone} is no time zone; write one like Europe/Berlin.") from unknown


def _check_city(file: OrderFile, rows: Sequence[OrderRow], streets: StreetMap) -> None:
    """A file of which no address is on the map is another city's: the day would be nothing but cases."""
    geocoder = StreetGeocoder(streets)
    if not any(
        row.recipient.point or isinstance(geocoder.resolve(row.recipient.address), Resolved) for row in rows
    ):
        raise BadInput(f"{file.path}: the map has no place for any of its addresses; is it another city's?")


def service_day(rows: Sequence[OrderRow], network: Network) -> date:
    """The local day on which most orders want to be delivered."""
    zone = network.market.clock()
    days = Counter(
        datetime.fromtimestamp((row.requested.start if row.requested else row.ready_at) / MICROSECONDS, UTC)
        .astimezone(zone)
        .date()
        for row in rows
    )
    return min(days, key=lambda day: (-days[day], day))


def set_stage(
    script: Script,
    parameters: WorldParameters,
    settings: Settings,
    *,
    seed: int,
    report_s: int = REPORT_HEADLESS_S,
) -> Stage:
    """Build the market, open its doors and its day's roster, and let the world come in by keys of its own."""
    zone = script.network.market.clock()
    midnight = datetime.combine(script.day, time(0), zone)
    first = min(row.placed_at for row in script.rows)
    clock = VirtualClock(after(min(first, instant_of(midnight)), -OPENS_BEFORE_S))
    book = network_book() if script.carriers else None
    app = Doorstep(script.network, script.streets, settings, clock=clock, book=book)
    app.post = mailbox = LocalMailbox()
    api = create_api(app)
    loopback = Loopback(api)
    gauges = Gauges(app)
    tokens = _tokens(app)
    monday = datetime.combine(script.day - timedelta(days=script.day.weekday()), time(0), zone)
    end = instant_of(datetime.combine(script.day, DAY_END, zone))
    day = Day(
        Setting(
            door=gauges.at(loopback.call),
            machine=Machine(app, clock, gauges),
            streets=script.streets,
            parameters=parameters,
            seed=seed,
            tokens=tokens,
            placements=[Placement(row.placed_at, row.merchant, body_of(row)) for row in script.rows],
            doors=script.streets.addresses,
            week_origin=instant_of(monday),
            day=script.day.isoformat(),
            end=end,
            report_s=report_s,
            mailbox=mailbox,
        )
    )
    if script.carriers:
        connect_partners(app, day, clock, instant_of(midnight))
    app.market.subscribe(day)
    app.market.subscribe(gauges)
    app.open_day(script.day)
    return Stage(app, api, loopback, day, tokens, end, gauges)


def give_key(
    app: Doorstep, role: Role, label: str, merchant: str | None = None, driver: str | None = None
) -> str:
    """A new key's token; only its hash is kept."""
    token = app.chance.token(TOKEN_BYTES).hex()
    app.keys.add(
        ApiKey(
            hash_of(token), app.market.id, label, (role.value,), app.clock.now(),
            MerchantId(merchant) if merchant else None, DriverId(driver) if driver else None,
        )
    )  # fmt: skip
    return token


def _tokens(app: Doorstep) -> Tokens:
    network, key = app.network, partial(give_key, app)
    drivers = sorted({shift.driver for shift in network.shifts})
    return Tokens(
        operator=key(Role.operator, "operations room"),
        merchants={m.id: key(Role.merchant, m.id, merchant=m.id) for m in network.merchants},
        drivers={driver: key(Role.driver, driver, driver=driver) for driver in drivers},
    )
