"""Shipments: what a carrier has taken on, under which number, and what it does not take."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256

from doorstep.engine.ports.travel import OffMap
from doorstep.simulation.carriers.ground import Ground
from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.units import MICROSECONDS, Instant


class Stage(StrEnum):
    """How far a shipment is, as its carrier's office sees it."""

    open = "open"
    collected = "collected"
    over = "over"
    cancelled = "cancelled"


class No(StrEnum):
    """Why it is not taken, or not let go; each carrier has its own word for it."""

    full = "full"
    nobody = "nobody"
    too_far = "too_far"
    too_heavy = "too_heavy"
    in_use = "in_use"
    collected = "collected"
    unknown = "unknown"


@dataclass(frozen=True)
class Asked:
    """What a customer asks for, whatever the protocol; `start` and `end` are the window in its own world."""

    ours: str
    service: str
    hub: Point
    place: Point
    name: str
    parcels: tuple[str, ...]
    weight_g: int
    options: frozenset[str]
    start: Instant
    end: Instant
    fee_minor: int
    currency: str


@dataclass
class Shipment:
    """A shipment and how far it is. `seq` counts what was told of it, `said` is the last word.

    `days` counts by how many days it is behind its window, `here` is where its courier was last seen.
    """

    number: str
    asked: Asked
    taken_at: Instant
    stage: Stage = Stage.open
    seq: int = 0
    attempts: int = 0
    days: int = 0
    said: str = ""
    here: Point | None = None

    def next_seq(self) -> int:
        """One more thing to tell."""
        self.seq += 1
        return self.seq


class ShipmentBook:
    """All shipments of a carrier, by the customer's reference."""

    def __init__(self, house: House, ground: Ground) -> None:
        self.by_ours: dict[str, Shipment] = {}
        self._house = house
        self._ground = ground
        self._taken: Counter[date] = Counter()

    def take(self, asked: Asked, now: Instant) -> tuple[Shipment, bool] | No:
        """The shipment and whether it is new, or why it is not taken. The same again is the same shipment."""
        known = self.by_ours.get(asked.ours)
        if known is not None:
            same = known.asked == asked and known.stage is not Stage.cancelled
            return (known, False) if same else No.in_use
        why = self._why_not(asked)
        if why is not None:
            return why
        self._taken[self._day(asked)] += 1
        shipment = Shipment(self._number(asked.ours), asked, now)
        self.by_ours[asked.ours] = shipment
        return shipment, True

    def refusal(self, asked: Asked) -> No | None:
        """Why it would not be taken now; None where it would."""
        known = self.by_ours.get(asked.ours)
        if known is not None:
            return None
        return self._why_not(asked)

    def is_open(self, ours: str) -> bool:
        """Whether it has a shipment under this reference that nobody has collected."""
        shipment = self.by_ours.get(ours)
        return shipment is not None and shipment.stage is Stage.open

    def cancel(self, ours: str) -> Shipment | No:
        """Let it go, where nobody has collected it yet; what is let go already stays so."""
        shipment = self.by_ours.get(ours)
        if shipment is None:
            return No.unknown
        if shipment.stage in (Stage.collected, Stage.over):
            return No.collected
        if shipment.stage is Stage.open:
            self._taken[self._day(shipment.asked)] -= 1
        shipment.stage = Stage.cancelled
        return shipment

    def _why_not(self, asked: Asked) -> No | None:
        house, habits = self._house, self._house.habits
        if asked.weight_g > habits.weight_g_max:
            return No.too_heavy
        if distance_m(asked.hub, asked.place) > habits.radius_m or not self._reaches(asked):
            return No.too_far
        if self._taken[self._day(asked)] >= habits.capacity_per_day:
            house.tally[Habit.full] += 1
            return No.full
        if house.happens(Habit.declined, habits.decline_share, asked.ours):
            return No.nobody
        return None

    def _reaches(self, asked: Asked) -> bool:
        """Whether there is a street to it at all."""
        try:
            self._ground.drive(asked.hub, asked.place, asked.start, f"{asked.ours}/asked")
        except OffMap:
            return False
        return True

    def _day(self, asked: Asked) -> date:
        return datetime.fromtimestamp(asked.start // MICROSECONDS, UTC).astimezone(self._house.zone).date()

    def _number(self, ours: str) -> str:
        """Eleven digits that follow from the reference, so that a day can be played again."""
        digest = sha256(f"{self._house.carrier}/{ours}".encode()).digest()
        return f"{self._house.carrier[:2].upper()}{int.from_bytes(digest[:8], 'big') % 10**11:011d}"
