"""The demo city's files: every order can be read, the mix is as its README says, and nobody in it is real."""

import importlib.util
import re
from collections import Counter
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.geocoder import StreetGeocoder
from doorstep.adapters.maps.streets import StreetMap
from doorstep.adapters.phones import NumberingPlans
from doorstep.engine.intake import Bounds, HubSite, IntakeRules, OrderRow, read_csv
from doorstep.engine.network import Network, read_network, shifts_on
from doorstep.engine.ports.geocoder import Unresolved
from doorstep.engine.wall_clock import wall_instant
from doorstep.vocabulary.ids import HubId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.route import Skill
from doorstep.vocabulary.units import Instant

CITY = Path(__file__).parents[3] / "examples" / "neubrandenburg"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network((CITY / "network.toml").read_bytes())


@pytest.fixture(scope="module")
def orders(network: Network) -> list[OrderRow]:
    hubs = tuple(HubSite(HubId(hub.id), point) for hub in network.hubs if (point := hub.point()))
    rules = IntakeRules(
        zone=network.market.clock(),
        country=network.market.country,
        services=frozenset({"same_day", "next_day", "slot", "express"}),
        hubs=hubs,
        now=Instant(0),
        phones=NumberingPlans(),
        merchants=frozenset(merchant.id for merchant in network.merchants),
        bounds=Bounds(53.4, 13.0, 53.7, 13.5),
    )
    with (CITY / "orders.csv").open("rb") as file:
        found = list(read_csv(file, rules))
    assert all(isinstance(row, OrderRow) for row in found)
    return [row for row in found if isinstance(row, OrderRow)]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> StreetMap:
    path = tmp_path_factory.mktemp("city") / "neubrandenburg.map"
    build_map(CITY / "neubrandenburg.osm.pbf", path, "Europe/Berlin")
    return StreetMap.load(path)


def test_all_orders_are_read(orders: list[OrderRow]) -> None:
    """The file holds 600 orders, each with its own id, in the order in which they are placed."""
    assert len({row.external_id for row in orders}) == len(orders) == 600
    placed = [row.placed_at for row in orders]
    assert placed == sorted(placed)


def test_mix(orders: list[OrderRow]) -> None:
    """Services and handling have the shares that the README names."""
    assert Counter(row.service for row in orders) == {
        "next_day": 270,
        "slot": 180,
        "same_day": 120,
        "express": 30,
    }
    handling = Counter(what for row in orders for what in row.handling)
    assert all(10 <= handling[what] <= 60 for what in Handling), handling
    assert 0.15 < sum(row.recipient.point is not None for row in orders) / len(orders) < 0.25
    assert {row.merchant for row in orders} == {"faltenwurf", "nachtviole", "kondensatorei"}


def test_wishes_can_be_met(orders: list[OrderRow]) -> None:
    """Every wish lies on the service day and leaves the hub's lead time after the parcels are ready."""
    day = date(2026, 6, 16)
    opens, closes = wall_instant(day, "08:00", BERLIN), wall_instant(day, "21:00", BERLIN)
    lead_minutes = {"next_day": 60, "same_day": 60, "slot": 90, "express": 20}
    for row in orders:
        assert row.requested is not None
        assert opens <= row.requested.start < row.requested.end <= closes, row.external_id
        lead_s = (row.requested.start - row.ready_at) // 1_000_000
        assert lead_s >= lead_minutes[row.service] * 60, row.external_id
        assert row.placed_at <= row.ready_at
        assert row.placed_at < wall_instant(day, "14:31", BERLIN)


def test_nobody_is_real(orders: list[OrderRow]) -> None:
    """Phones are of the range kept free for films, e-mail goes to a reserved domain."""
    for row in orders:
        assert re.fullmatch(r"\+493023125\d{3}", row.recipient.phone)
        assert re.fullmatch(r"[a-z]+\.[a-z]+\.\d+@example\.org", row.recipient.email)


def test_roster(network: Network) -> None:
    """Twelve vans drive, two stand by, and every skill is at both hubs, early and late."""
    planned = shifts_on(network, date(2026, 6, 16))
    assert Counter(shift.reserve for shift in planned) == {False: 12, True: 2}
    noon = wall_instant(date(2026, 6, 16), "12:00", BERLIN)
    for hub in network.hubs:
        for early in (True, False):
            skills = {
                skill
                for one in planned
                if not one.reserve and one.shift.hub == hub.id
                if (one.shift.start < noon - 3 * 3_600_000_000) == early
                for skill in one.shift.skills
            }
            assert skills == set(Skill), (hub.id, early)


def test_made_again(city: StreetMap, tmp_path: Path) -> None:
    """The committed file is what its generator makes from the committed map, network and seed."""
    spec = importlib.util.spec_from_file_location("make_orders", CITY.parent / "make_orders.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    market = read_network((CITY / "network.toml").read_bytes())
    made = script.make_orders(city, market, count=600, seed=7, day=date(2026, 6, 16))
    script.write_orders(tmp_path / "orders.csv", made)
    assert (tmp_path / "orders.csv").read_bytes() == (CITY / "orders.csv").read_bytes()
    other = script.make_orders(city, market, count=50, seed=8, day=date(2026, 6, 16))
    assert len(other) == 50
    assert not {cells["address"] for cells in other} <= {cells["address"] for cells in made}


def test_address_cases(city: StreetMap, orders: list[OrderRow]) -> None:
    """Nine addresses wait for a person; every other order has a place near a street."""
    geocoder = StreetGeocoder(city)
    unresolved = 0
    for row in orders:
        found = geocoder.resolve(row.recipient.address)
        if isinstance(found, Unresolved):
            assert row.recipient.point is None, row.external_id
            unresolved += 1
        else:
            city.snap(row.recipient.point or found.point)
    assert unresolved == 9
