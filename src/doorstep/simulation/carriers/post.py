"""Post: how a carrier's messages reach its customer: signed as they leave, and sent again until taken."""

from collections.abc import Mapping
from functools import partial
from typing import Final, Protocol

from doorstep.simulation.agenda import Act
from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House
from doorstep.simulation.doors import Door
from doorstep.vocabulary.units import Instant, after

STALE_S: Final = 3_600
"""Seconds after which somebody sends an old message once more."""


class Sign(Protocol):
    """How a carrier signs."""

    def __call__(self, key: str, at: Instant, body: bytes, /) -> Mapping[str, str]:
        """Headers for a message with this key that is sent at this instant of the wall's clock."""
        ...


class Post:
    """Sends messages to one customer's door."""

    def __init__(self, house: House, door: Door, path: str, sign: Sign) -> None:
        self._house = house
        self._door = door
        self._path = path
        self._sign = sign
        self._is_down = False
        self._waiting: list[tuple[str, bytes, int]] = []
        self._off_s = round(house.draw("server clock").gauss(0, house.habits.server_off_s))
        self.sent = 0
        self.refused = 0

    def go_down(self) -> None:
        """An outage: nothing leaves."""
        self._is_down = True

    def come_back(self, now: Instant) -> None:
        """Its end: what waited leaves, in a rush."""
        self._is_down = False
        waiting, self._waiting = self._waiting, []
        for key, body, tries in waiting:
            self._plan(after(now, 1), partial(self._send, key, body, tries))

    def plan(self, at: Instant, key: str, body: bytes) -> None:
        """Let a message leave at an instant."""
        self._plan(at, partial(self._send, key, body, 0))

    def _plan(self, at: Instant, act: Act) -> None:
        """Without the carrier's lock: whoever is written to may call back meanwhile."""
        self._house.agenda.plan(at, f"{self._house.carrier}/post", act)

    def _send(self, key: str, body: bytes, tries: int, now: Instant) -> None:
        if self._is_down:
            self._waiting.append((key, body, tries))
            return
        house = self._house
        headers = {
            "content-type": "application/json",
            **self._sign(key, after(self._house.clock.told(now), self._off_s), body),
        }
        status = self._door("POST", self._path, headers, body).status
        self.sent += 1
        if 200 <= status < 300:
            if house.happens(Habit.stale_replay, house.habits.stale_share, key):
                self._plan(after(now, STALE_S), partial(self._replay, headers, body))
            return
        self.refused += 1
        if tries < len(house.habits.retries_s):
            house.tally[Habit.told_again] += 1
            self._plan(after(now, house.habits.retries_s[tries]), partial(self._send, key, body, tries + 1))

    def _replay(self, headers: Mapping[str, str], body: bytes, _: Instant) -> None:
        """The very bytes once more; whether they are taken is the customer's matter."""
        self._door("POST", self._path, headers, body)
        self.sent += 1
