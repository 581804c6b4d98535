"""What every keeper of positions and of API keys must do, in memory and in SQLite."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from doorstep.adapters.store.memory import MemoryKeys, MemoryPositions
from doorstep.adapters.store.registers import RelationalKeys, RelationalPositions
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.engine.ports.keys import ApiKey, Keys
from doorstep.engine.ports.positions import Positions, VehiclePosition
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import MerchantId, RouteId, VehicleId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant

NBG, MUC = MarketId("nbg"), MarketId("muc")
VAN, BIKE = VehicleId("van"), VehicleId("bike")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_sqlite(tmp_path / "doorstep.db", relaxed=True)
    yield opened
    opened.dispose()


@pytest.fixture(params=["memory", "sqlite"])
def positions(request: pytest.FixtureRequest, engine: Engine) -> Positions:
    return MemoryPositions() if request.param == "memory" else RelationalPositions(engine)


@pytest.fixture(params=["memory", "sqlite"])
def keys(request: pytest.FixtureRequest, engine: Engine) -> Keys:
    return MemoryKeys() if request.param == "memory" else RelationalKeys(engine)


def seen(vehicle: VehicleId, at: int, lat: float = 49.45) -> VehiclePosition:
    """A vehicle somewhere in the city."""
    return VehiclePosition(vehicle, Point(lat, 11.08), Instant(at), RouteId("rte_1"), 12, 359)


def test_the_latest_position_stands(positions: Positions) -> None:
    """One that comes late, or again, changes nothing."""
    assert positions.report(NBG, seen(VAN, 10))
    assert positions.report(NBG, seen(VAN, 20, 49.5))
    assert not positions.report(NBG, seen(VAN, 15, 49.6))
    assert not positions.report(NBG, seen(VAN, 20, 49.7))
    assert positions.last(NBG, VAN) == seen(VAN, 20, 49.5)


def test_positions_are_a_markets_own(positions: Positions) -> None:
    """Every vehicle of the market, by name, and none of another."""
    positions.report(NBG, seen(VAN, 10))
    positions.report(NBG, seen(BIKE, 5))
    positions.report(MUC, seen(VAN, 99))
    assert positions.all_last(NBG) == (seen(BIKE, 5), seen(VAN, 10))
    assert positions.last(MUC, BIKE) is None


def key(name: str, created_at: int, market: MarketId = NBG) -> ApiKey:
    """A merchant's key."""
    return ApiKey(
        name, market, f"{name}'s key", ("orders", "tracking"), Instant(created_at), MerchantId("mer_1")
    )


def test_a_key_is_found_by_its_hash(keys: Keys) -> None:
    """What it opens comes back; an unknown hash finds nothing; no hash is added twice."""
    keys.add(key("aa", 1))
    assert keys.find("aa") == key("aa", 1)
    assert keys.find("ab") is None
    with pytest.raises(AssertionError):
        keys.add(key("aa", 2))


def test_a_market_lists_its_keys(keys: Keys) -> None:
    """By creation, then hash."""
    for one in (key("cc", 2), key("bb", 2), key("aa", 3), key("dd", 1, MUC)):
        keys.add(one)
    assert [one.hash for one in keys.of_market(NBG)] == ["bb", "cc", "aa"]


def test_a_key_is_revoked_once(keys: Keys) -> None:
    """The first time counts, and the key is still found, with that time on it."""
    keys.add(key("aa", 1))
    assert keys.revoke("aa", Instant(7))
    assert not keys.revoke("aa", Instant(9))
    assert not keys.revoke("zz", Instant(9))
    closed = msgspec.structs.replace(key("aa", 1), revoked_at=Instant(7))
    assert keys.find("aa") == closed
    assert keys.of_market(NBG) == (closed,)
