"""A carrier in the world: its server, its people and its post, put together and ready to be called."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from starlette.types import ASGIApp

from doorstep.engine.ports.clock import Clock
from doorstep.simulation.agenda import Agenda
from doorstep.simulation.carriers.courier import CourierOffice, CourierTongue, courier_sign
from doorstep.simulation.carriers.courier_life import CourierLife
from doorstep.simulation.carriers.door import Doors
from doorstep.simulation.carriers.doorway import Doorway, Line
from doorstep.simulation.carriers.feed import Feed
from doorstep.simulation.carriers.ground import Ground
from doorstep.simulation.carriers.habits import COURIER, REGIONAL, CarrierHabits
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.office import Keyed
from doorstep.simulation.carriers.own_clock import OwnClock
from doorstep.simulation.carriers.post import Post
from doorstep.simulation.carriers.regional import RegionalOffice, RegionalTongue, regional_sign
from doorstep.simulation.carriers.regional_life import RegionalLife
from doorstep.simulation.carriers.shipments import ShipmentBook
from doorstep.simulation.doors import Door
from doorstep.simulation.draws import Draws
from doorstep.vocabulary.units import Instant, after

DAY_S: Final = 86_400
OUTAGES: Final = (0.35, 0.8)
"""Shares of a day between which outages begin: in the hours in which somebody notices."""


class CarrierKind(StrEnum):
    """Which protocol a carrier speaks."""

    regional = "regional"
    courier = "courier"


HABITS: Final = {CarrierKind.regional: REGIONAL, CarrierKind.courier: COURIER}


class Keys(msgspec.Struct, frozen=True):
    """What opens the carrier's doors to us, and what it signs with."""

    api_key: str
    secret: str

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True)
class Surroundings:
    """What a carrier finds around it.

    `door` is where its messages go, at `path`. `shopper_pin` says what the shopper of our reference tells
    whoever comes to the door.
    """

    agenda: Agenda
    clock: Clock
    ground: Ground
    draws: Draws
    zone: ZoneInfo
    door: Door
    path: str
    shopper_pin: Callable[[str], str] = lambda _: "0000"
    speed: float = 1.0


class CarrierWorld:
    """One carrier: call it through `transport` (in this process) or `server` (behind a real socket)."""

    def __init__(
        self,
        kind: CarrierKind,
        name: str,
        keys: Keys,
        around: Surroundings,
        habits: CarrierHabits | None = None,
    ) -> None:
        clock = OwnClock(around.clock, around.speed)
        self.house = House(name, habits or HABITS[kind], around.draws, around.agenda, clock, around.zone)
        self.book = ShipmentBook(self.house, around.ground)
        office: RegionalOffice | CourierOffice
        doors = Doors(self.house, around.ground, around.shopper_pin)
        if kind is CarrierKind.regional:
            self.post = Post(self.house, around.door, around.path, regional_sign(keys.secret))
            feed = Feed(self.house, self.post, RegionalTongue(self.house))
            office = RegionalOffice(
                self.house, self.book, RegionalLife(self.house, feed, around.ground, doors)
            )
        else:
            self.post = Post(self.house, around.door, around.path, courier_sign(keys.secret))
            feed = Feed(self.house, self.post, CourierTongue())
            office = CourierOffice(self.house, self.book, CourierLife(self.house, feed, around.ground, doors))
        self._doorway = Doorway(self.house, Keyed(office.server(), keys.api_key))
        self.server: ASGIApp = self._doorway
        self.transport = Line(self._doorway)

    def start(self, at: Instant) -> None:
        """Let its days begin: each brings outages at hours of its own."""
        house = self.house
        luck = house.draw("outages", at)
        for number in range(house.habits.outages_per_day):
            begins = after(at, round(DAY_S * luck.uniform(*OUTAGES)))
            ends = after(begins, 60 + round(luck.expovariate(1 / house.habits.outage_s)))
            house.plan(begins, f"outage/{number}", self._go_down)
            house.plan(ends, f"outage/{number}", self._come_back)
        if house.habits.outages_per_day:
            house.plan(after(at, DAY_S), "outage", self.start)

    def _go_down(self, _: Instant) -> None:
        self._doorway.go_down()
        self.post.go_down()

    def _come_back(self, now: Instant) -> None:
        self._doorway.come_back()
        self.post.come_back(now)
