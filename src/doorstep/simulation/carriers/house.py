"""House: what all parts of one carrier share: its name, habits, luck, clock and agenda, and one lock."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from random import Random
from threading import RLock
from zoneinfo import ZoneInfo

from doorstep.simulation.agenda import Act, Agenda
from doorstep.simulation.carriers.habits import CarrierHabits, Habit
from doorstep.simulation.carriers.own_clock import OwnClock
from doorstep.simulation.draws import Draws
from doorstep.vocabulary.units import Instant


@dataclass(frozen=True)
class House:
    """One carrier. `zone` is where the clocks of its depots hang; `tally` counts what its habits did.

    Whoever looks at its shipments or changes them holds `lock`: its server and its people may be threads.
    """

    carrier: str
    habits: CarrierHabits
    draws: Draws
    agenda: Agenda
    clock: OwnClock
    zone: ZoneInfo
    tally: Counter[Habit] = field(default_factory=Counter)
    lock: RLock = field(default_factory=RLock)

    def draw(self, *what: object) -> Random:
        """This carrier's own luck in a matter."""
        return self.draws.of(self.carrier, *what)

    def happens(self, habit: Habit, share: float, *what: object) -> bool:
        """Whether a habit strikes this subject; it is counted if so."""
        if self.draw(habit, *what).random() >= share:
            return False
        self.tally[habit] += 1
        return True

    def plan(self, at: Instant, who: str, act: Act) -> None:
        """Let someone of this carrier do something at an instant, with the lock held."""
        self.agenda.plan(at, f"{self.carrier}/{who}", partial(self._locked, act))

    def _locked(self, act: Act, now: Instant) -> None:
        with self.lock:
            act(now)
