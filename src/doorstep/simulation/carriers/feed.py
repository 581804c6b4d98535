"""Feed: what a carrier tells of its shipments: late, twice, out of order, and now and then not true."""

from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

import msgspec

from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.own_clock import Devices
from doorstep.simulation.carriers.post import Post
from doorstep.simulation.carriers.shipments import Shipment
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant, after

BATCH_MAX: Final = 400
"""Tellings of one upload."""
CONTRADICTION_S: Final = (300, 1_500)
"""Seconds after a handover between which the carrier says something else of it."""


class Fact(msgspec.Struct, frozen=True):
    """Something that happened: the carrier's word for it, and what goes with it.

    `device` is whose clock tells the time. `delivered` marks a handover.
    """

    code: str
    context: str = ""
    note: str = ""
    device: str = "office"
    parcels: tuple[str, ...] = ()
    point: Point | None = None
    photo: bytes | None = None
    signature: bytes | None = None
    signed_by: str = ""
    pin: str = ""
    charge_minor: int | None = None
    delivered: bool = False


class Telling(msgspec.Struct, frozen=True):
    """A fact as it is told: of which shipment, with which count, at which time by the device's clock."""

    key: str
    number: str
    ours: str
    currency: str
    seq: int
    at: Instant
    fact: Fact


class Tongue(Protocol):
    """A carrier's protocol, as far as its feed goes; words are a code with its context."""

    @property
    def odd(self) -> Sequence[tuple[str, str]]:
        """Words that its handbook does not have."""
        ...

    @property
    def failed(self) -> tuple[str, str]:
        """Its word for a door at which nobody was."""
        ...

    def body(self, key: str, tellings: Sequence[Telling]) -> bytes:
        """A message that says these things."""
        ...


class Feed:
    """Tells one customer; `post` carries it."""

    def __init__(self, house: House, post: Post, tongue: Tongue) -> None:
        self._house = house
        self._post = post
        self._tongue = tongue
        self._devices = Devices(house.draws, house.carrier, house.habits.clock_off_s, house.habits.wild_share)
        self._ready: list[Telling] = []
        self._uploads = 0

    def tell(self, shipment: Shipment, fact: Fact, now: Instant) -> None:
        """Let the customer know of something that happens now, by this carrier's habits."""
        shipment.said = fact.code
        telling = self._telling(shipment, fact, now)
        self._leave(telling, now)
        self._odd_words(shipment, now, telling.key)
        if fact.delivered:
            self._second_thoughts(shipment, fact, now)

    def _telling(self, shipment: Shipment, fact: Fact, at: Instant) -> Telling:
        asked = shipment.asked
        seq = shipment.next_seq()
        key = f"{shipment.number}-{seq}"
        house = self._house
        shown, wild = self._devices.show(house.clock.told(at), fact.device, key)
        if wild:
            house.tally[Habit.wild_clock] += 1
        number, ours = shipment.number, asked.ours
        if house.happens(Habit.foreign, house.habits.foreign_share, key):
            number, ours = number[::-1], f"somebody-elses-{seq}"
        return Telling(key, number, ours, asked.currency, seq, shown, fact)

    def _odd_words(self, shipment: Shipment, now: Instant, key: str) -> None:
        """A word that nobody has ever explained."""
        house = self._house
        if house.happens(Habit.unknown_code, house.habits.unknown_share, key):
            code, context = house.draw("which odd", key).choice(self._tongue.odd)
            self._leave(self._telling(shipment, Fact(code, context, "see handbook"), now), now)

    def _second_thoughts(self, shipment: Shipment, fact: Fact, now: Instant) -> None:
        """After a handover: a failure that was none, or the same handover at another time."""
        house, number = self._house, shipment.number
        at = after(now, round(house.draw("thoughts", number).uniform(*CONTRADICTION_S)))
        if house.happens(Habit.delivered_then_failed, house.habits.failed_share, number):
            code, context = self._tongue.failed
            failed = Fact(code, context, device=fact.device, parcels=fact.parcels)
            house.plan(at, number, partial(self._add, shipment, failed))
        if house.happens(Habit.delivered_twice, house.habits.twice_share, number):
            house.plan(at, number, partial(self._add, shipment, fact))

    def _add(self, shipment: Shipment, fact: Fact, now: Instant) -> None:
        self._leave(self._telling(shipment, fact, now), now)

    def _leave(self, telling: Telling, now: Instant) -> None:
        """Plan when it is told, and whether it is told twice."""
        house, habits = self._house, self._house.habits
        luck = house.draw("leaves", telling.key)
        delay_s = luck.expovariate(1 / habits.lag_s)
        if house.happens(Habit.late, habits.late_share, telling.key):
            delay_s += luck.expovariate(1 / habits.late_s)
        times = [after(now, 1 + round(delay_s))]
        if house.happens(Habit.repeated, habits.repeated_share, telling.key):
            times.append(after(times[0], 60 + round(luck.expovariate(1 / 900))))
        for at in times:
            if habits.batch_s:
                house.plan(at, "feed", partial(self._queue, telling))
            else:
                self._post.plan(at, f"evt_{telling.key}", self._tongue.body(telling.key, (telling,)))

    # Uploads ----------------------------------------------------------------------------------------

    def _queue(self, telling: Telling, now: Instant) -> None:
        """Put it into the next upload, which is planned when its first telling comes."""
        self._ready.append(telling)
        if len(self._ready) == 1:
            self._house.plan(after(now, self._house.habits.batch_s), "feed", self._upload)

    def _upload(self, now: Instant) -> None:
        house = self._house
        ready, self._ready = self._ready, []
        while ready:
            rows, ready = ready[:BATCH_MAX], ready[BATCH_MAX:]
            self._uploads += 1
            key = f"{house.carrier}-{self._uploads:06d}"
            if len(rows) > 1 and house.happens(Habit.shuffled, house.habits.shuffled_share, key):
                house.draw("order", key).shuffle(rows)
            self._post.plan(now, key, self._tongue.body(key, rows))
