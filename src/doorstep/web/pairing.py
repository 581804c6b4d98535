"""Pairing: a phone trades a code that is shown once and taken once for a driver's key of its own.

A code is kept as a key is, by its hash, under a scope that opens no door. A driver acts through one key at a
time: whoever pairs a phone closes the key that acted for this driver before, be it a lost phone's or the
simulated driver's.
"""

import secrets
from typing import Final

import msgspec

from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.keys import ApiKey, Keys
from doorstep.vocabulary.event import MarketId
from doorstep.vocabulary.ids import DriverId
from doorstep.vocabulary.units import Instant, after
from doorstep.web.auth import TOKEN_CHARS_MAX, Role, hash_of

PAIRING_S: Final = 600
"""Seconds for which a code can be taken."""
CODE_BYTES: Final = 24
"""Bytes of chance in a code, and in the key that it is traded for."""
CODE_SCOPE: Final = "pairing"
"""The scope of a code: no role, so that it opens nothing by itself."""
PHONE: Final = "phone"
"""The label of a key that a phone was paired with."""


class Offer(msgspec.Struct, frozen=True):
    """A code that one phone may take until `until`."""

    code: str
    driver: DriverId
    until: Instant


class Pairings:
    """The codes and phones of a market's drivers, on the clock of the people who hold them."""

    def __init__(self, keys: Keys, market: MarketId, clock: Clock) -> None:
        self._keys = keys
        self._market = market
        self._clock = clock

    def offer(self, driver: DriverId) -> Offer:
        """A new code for a driver's phone; one that was shown before opens nothing any more."""
        now = self._clock.now()
        self._close(driver, CODE_SCOPE, now)
        code = self._issue(driver, CODE_SCOPE, CODE_SCOPE, now)
        return Offer(code, driver, after(now, PAIRING_S))

    def driver_of(self, code: str) -> DriverId | None:
        """Whose phone the code would pair; None where it is unknown, taken, withdrawn or too old."""
        if not code or len(code) > TOKEN_CHARS_MAX:
            return None
        key = self._keys.find(hash_of(code))
        if key is None or key.market != self._market or key.scopes != (CODE_SCOPE,):
            return None
        is_open = key.revoked_at is None and self._clock.now() <= after(key.created_at, PAIRING_S)
        return key.driver if is_open else None

    def take(self, code: str) -> str | None:
        """Trade the code for the token of a new key of its driver, once; None where it opens nothing."""
        driver, now = self.driver_of(code), self._clock.now()
        # Of two phones that show one code at the same time, the register closes it for one.
        if driver is None or not self._keys.revoke(hash_of(code), now):
            return None
        self._close(driver, Role.driver.value, now)
        return self._issue(driver, Role.driver.value, PHONE, now)

    def close(self, driver: DriverId) -> None:
        """Let the driver's phone go, and withdraw a code that was shown."""
        now = self._clock.now()
        self._close(driver, CODE_SCOPE, now)
        for key in self._open(driver, Role.driver.value):
            if key.label == PHONE:
                self._keys.revoke(key.hash, now)

    def phones(self) -> dict[DriverId, Instant]:
        """Since when each driver with a phone has had it."""
        return {
            key.driver: key.created_at
            for key in self._keys.of_market(self._market)
            if key.driver is not None and key.label == PHONE and key.revoked_at is None
        }

    def _issue(self, driver: DriverId, scope: str, label: str, now: Instant) -> str:
        # Not from the market's chance: whoever pairs a phone must not change what a seeded day draws next.
        token = secrets.token_hex(CODE_BYTES)
        self._keys.add(ApiKey(hash_of(token), self._market, label, (scope,), now, driver=driver))
        return token

    def _close(self, driver: DriverId, scope: str, now: Instant) -> None:
        for key in self._open(driver, scope):
            self._keys.revoke(key.hash, now)

    def _open(self, driver: DriverId, scope: str) -> list[ApiKey]:
        return [
            key
            for key in self._keys.of_market(self._market)
            if key.driver == driver and scope in key.scopes and key.revoked_at is None
        ]
