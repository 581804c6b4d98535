"""A carrier's own clock: what it shows, how far its devices are off, and how much faster its world turns."""

from typing import Final

from doorstep.engine.ports.clock import Clock
from doorstep.simulation.draws import Draws
from doorstep.vocabulary.units import Instant, after

WILD_S: Final = 26 * 3_600
"""A device whose day is wrong is this much off."""


class OwnClock:
    """Time in the carrier's world, and as it is told to others.

    Where the world turns faster than the clock on the wall (`speed` above 1), what takes an hour takes a
    part of one; instants are told as the wall had them, so that who listens need not hurry too.
    """

    def __init__(self, wall: Clock, speed: float = 1.0) -> None:
        assert speed > 0, "a world that stands still tells nothing"
        self._wall = wall
        self._speed = speed
        self._origin = wall.now()

    def now(self) -> Instant:
        """Now, in its world."""
        return self.heard(self._wall.now())

    def heard(self, at: Instant) -> Instant:
        """An instant of the wall's clock, in its world."""
        return at if self._speed == 1 else Instant(round(self._origin + (at - self._origin) * self._speed))

    def told(self, at: Instant) -> Instant:
        """An instant of its world, by the wall's clock."""
        return at if self._speed == 1 else Instant(round(self._origin + (at - self._origin) / self._speed))


class Devices:
    """The clocks of a carrier's handhelds and phones, each off by its own amount."""

    def __init__(self, draws: Draws, carrier: str, off_s: float, wild_share: float) -> None:
        self._draws = draws
        self._carrier = carrier
        self._off_s = off_s
        self._wild_share = wild_share

    def show(self, at: Instant, device: str, telling: str) -> tuple[Instant, bool]:
        """What a device shows at an instant, and whether its clock had gone wild."""
        wild = self._draws.of(self._carrier, "wild", telling)
        if wild.random() < self._wild_share:
            return wild.choice((after(at, WILD_S), after(at, -WILD_S), Instant(0))), True
        off_s = self._draws.of(self._carrier, "clock", device).gauss(0, self._off_s)
        return after(at, round(off_s)), False
