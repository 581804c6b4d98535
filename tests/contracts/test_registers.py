"""What every keeper of positions, API keys and tries must do, in memory and in SQLite."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from doorstep.adapters.store.memory import MemoryKeys, MemoryPositions, MemoryWebhookAttempts
from doorstep.adapters.store.registers import (
    RelationalKeys,
    RelationalPositions,
    RelationalWebhookAttempts,
)
from doorstep.adapters.store.sqlite import open_sqlite
from doorstep.engine.ports.keys import ApiKey, Keys
from doorstep.engine.ports.positions import Positions, VehiclePosition
from doorstep.engine.ports.webhooks import ATTEMPTS_KEPT_MAX, WebhookAttempt, WebhookAttempts
from doorstep.vocabulary.event import EventId, MarketId
from doorstep.vocabulary.ids import MerchantId, RouteId, VehicleId
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import WebhookId

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


@pytest.fixture(params=["memory", "sqlite"])
def attempts(request: pytest.FixtureRequest, engine: Engine) -> WebhookAttempts:
    return MemoryWebhookAttempts() if request.param == "memory" else RelationalWebhookAttempts(engine)


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


HOOK, OTHER = WebhookId("whk_1"), WebhookId("whk_2")


def tried(at: int, status: int | None = 200) -> WebhookAttempt:
    """A try of a message."""
    error = "" if status else "connection refused"
    return WebhookAttempt(EventId(f"evt_{at}"), "order.placed", 1, Instant(at), 12, status, error)


def test_the_latest_tries_come_first(attempts: WebhookAttempts) -> None:
    """As many as asked for, those of this webhook in this market alone."""
    for at in (1, 2, 3):
        attempts.keep(NBG, HOOK, tried(at))
    attempts.keep(NBG, OTHER, tried(7))
    attempts.keep(MUC, HOOK, tried(8, None))
    assert attempts.last(NBG, HOOK, 2) == (tried(3), tried(2))
    assert attempts.last(MUC, HOOK, 2) == (tried(8, None),)
    assert attempts.last(MUC, OTHER, 2) == ()


def test_only_the_last_tries_are_remembered(attempts: WebhookAttempts) -> None:
    """One more than are kept pushes out the oldest."""
    for at in range(ATTEMPTS_KEPT_MAX + 1):
        attempts.keep(NBG, HOOK, tried(at))
    kept = attempts.last(NBG, HOOK, ATTEMPTS_KEPT_MAX + 1)
    assert [kept[0].at, kept[-1].at, len(kept)] == [ATTEMPTS_KEPT_MAX, 1, ATTEMPTS_KEPT_MAX]


def test_when_something_was_last_taken(attempts: WebhookAttempts) -> None:
    """The latest answer of 2xx; a refusal, a redirect and silence are none."""
    assert attempts.last_taken(NBG, HOOK) is None
    for at, status in ((1, 500), (2, 204), (3, 200), (4, 302), (5, None)):
        attempts.keep(NBG, HOOK, tried(at, status))
    assert attempts.last_taken(NBG, HOOK) == 3
    assert attempts.last_taken(NBG, OTHER) is None
