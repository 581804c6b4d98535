"""Keys: who may call, known by the hash of what they show. The secret itself is kept nowhere."""

from typing import Protocol

import msgspec

from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import CarrierId, DriverId, MerchantId
from doorstep.vocabulary.units import Instant


class ApiKey(msgspec.Struct, frozen=True):
    """A key's `hash` (hex SHA-256) and what it opens; bound to a merchant, driver or carrier whose it is."""

    hash: str
    market: MarketId
    label: str
    scopes: tuple[str, ...]
    created_at: Instant
    merchant: MerchantId | None = None
    driver: DriverId | None = None
    revoked_at: Instant | None = None
    carrier: CarrierId | None = None


class Keys(Protocol):
    """Keeps API keys."""

    def add(self, key: ApiKey) -> None:
        """Keep a new key; its hash must be new."""
        ...

    def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash, revoked or not."""
        ...

    def of_market(self, market: MarketId) -> tuple[ApiKey, ...]:
        """A market's keys by creation, then hash."""
        ...

    def revoke(self, key_hash: str, at: Instant) -> bool:
        """Close it from `at` on; False where it is unknown or was closed before."""
        ...
