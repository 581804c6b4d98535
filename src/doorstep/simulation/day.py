"""A day: the world's agenda and the market's timers on one clock, as fast as it goes or at a chosen speed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.travel import TravelTimes
from doorstep.simulation.agenda import Agenda
from doorstep.simulation.carriers.carrier_world import CarrierKind, CarrierWorld, Keys, Surroundings
from doorstep.simulation.doors import Caller, Door, Sample, rfc3339
from doorstep.simulation.draws import Draws
from doorstep.simulation.driver import Driver
from doorstep.simulation.homes import Doorplate, Homes
from doorstep.simulation.returns import Returns
from doorstep.simulation.shoppers import Mailbox, Placement, Shoppers
from doorstep.simulation.staff import Staff
from doorstep.simulation.world import World, WorldParameters
from doorstep.vocabulary.ids import DriverId, RouteId
from doorstep.vocabulary.order import OrderFulfilled
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.roster import ReserveCalled, ShiftPlanned
from doorstep.vocabulary.route import Shift
from doorstep.vocabulary.units import Instant, after, seconds_between

CALL_OUT_BEFORE_S: Final = 7_200
"""A driver calls out this long before the shift."""
BREAKDOWN_SHARE: Final = (0.35, 0.6)
"""Between these shares of a shift its van may break down."""
REPORT_HEADLESS_S: Final = 900
"""Seconds between two positions of a moving van where nobody watches."""


class Machine(Protocol):
    """The market under simulation, as far as the clock needs it."""

    def next_due(self) -> Instant | None:
        """When the next timer is due."""
        ...

    def tick(self) -> object:
        """Fire the timers that are due."""
        ...

    def move_to(self, now: Instant) -> None:
        """Set the virtual clock."""
        ...


@dataclass(frozen=True)
class Tokens:
    """The keys of everyone who acts: one operator, a key per merchant and per driver."""

    operator: str
    merchants: Mapping[str, str]
    drivers: Mapping[str, str]


@dataclass(frozen=True)
class Setting:
    """What a day is played with."""

    door: Door
    machine: Machine
    streets: TravelTimes
    parameters: WorldParameters
    seed: int
    tokens: Tokens
    placements: Sequence[Placement]
    doors: Sequence[Doorplate]
    week_origin: Instant
    day: str
    end: Instant
    mailbox: Mailbox
    report_s: int = REPORT_HEADLESS_S


@dataclass
class Played:
    """What came of it, beside what stands in the log."""

    samples: list[Sample] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    acts: int = 0


class Day:
    """Plays one day; also a projection, for a shift that is planned or called needs its driver."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._agenda = Agenda()
        self.played = Played()
        self._world = World(setting.streets, setting.parameters, Draws(setting.seed), setting.week_origin)
        samples = self.played.samples
        tokens = setting.tokens
        self._drivers = {
            name: Caller(setting.door, token, f"drv-{name}", samples)
            for name, token in tokens.drivers.items()
        }
        self._operator = Caller(setting.door, tokens.operator, "ops", samples)
        merchants = {
            name: Caller(setting.door, token, f"mer-{name}", samples)
            for name, token in tokens.merchants.items()
        }
        homes = Homes(setting.doors, self._world.draws)
        self._shoppers = Shoppers(
            merchants,
            self._operator,
            self._world,
            self._agenda,
            homes,
            door=setting.door,
            mailbox=setting.mailbox,
        )
        self.played.refused, self.played.acknowledged = self._shoppers.refused, self._shoppers.acknowledged
        self._returns = Returns(
            merchants, self._operator, self._world, self._agenda, self._shoppers.buyer, setting.end
        )
        self._shifts: dict[RouteId, Shift] = {}
        self._working: dict[RouteId, Driver] = {}

    def apply(self, record: Record) -> None:
        """Hire a driver for each shift that is sold; who has an order in hand may send it back."""
        match record.data:
            case ShiftPlanned(route=route, shift=shift, reserve=False):
                self._shifts[route] = shift
            case ReserveCalled(route=route, shift=shift):
                self._shifts[route] = shift
                self._send(route, shift)
            case OrderFulfilled(order=order):
                self._returns.delivered(order, record.recorded_at)
            case _:
                pass

    def host(
        self,
        kind: CarrierKind,
        keys: Keys,
        clock: Clock,
        zone: ZoneInfo,
        order_of: Callable[[str], str],
    ) -> CarrierWorld:
        """Let a carrier work in this day's world; `order_of` says whose shipment a reference of ours is."""
        around = Surroundings(
            agenda=self._agenda,
            clock=clock,
            ground=self._world,
            draws=self._world.draws,
            zone=zone,
            door=self._setting.door,
            path=f"/v1/carriers/{kind}/events",
            shopper_pin=lambda ours: self._shoppers.pin(order_of(ours)),
        )
        return CarrierWorld(kind, str(kind), keys, around)

    def break_down(self, route: RouteId, at: Instant) -> None:
        """Let a van break down on its first leg after an instant."""
        self._working[route].break_down_at(at)

    def _send(self, route: RouteId, shift: Shift) -> None:
        driver = Driver(
            shift.driver, route, self._drivers[shift.driver], self._world, self._agenda,
            report_s=self._setting.report_s, shopper_pin=self._shoppers.pin,
        )  # fmt: skip
        driver.start(shift.start)
        self._working[route] = driver

    def _misfortunes(self) -> None:
        """Who calls out, and whose van breaks down: drawn once, known to nobody before."""
        luck = self._world.draws.of("misfortunes")
        routes = sorted(self._shifts, key=lambda route: (self._shifts[route].start, route))
        unlucky = luck.sample(routes, min(len(routes), self._world.parameters.call_outs))
        for route in unlucky:
            shift = self._shifts[route]
            at = after(shift.start, -CALL_OUT_BEFORE_S)
            self._agenda.plan(at, f"absence/{shift.driver}", partial(self._call_out, shift.driver))
        on_road = [route for route in routes if route not in unlucky]
        for route in luck.sample(on_road, min(len(on_road), self._world.parameters.breakdowns)):
            shift = self._shifts[route]
            share = luck.uniform(*BREAKDOWN_SHARE)
            at = after(shift.start, round(share * seconds_between(shift.start, shift.end)))
            self._working[route].break_down_at(at)

    def _call_out(self, driver: DriverId, now: Instant) -> None:
        body = {"day": self._setting.day, "driver": driver, "why": "ill", "at": rfc3339(now)}
        self._operator.post("/v1/roster/absences", body)

    def steps(self) -> Iterator[Instant]:
        """Play to the day's end: yields each next instant, and goes on when the caller lets that time come.

        Timers go before acts of the same instant.
        """
        setting, agenda = self._setting, self._agenda
        for route, shift in sorted(self._shifts.items()):
            self._send(route, shift)
        self._misfortunes()
        self._shoppers.plan(setting.placements)
        first = agenda.next_at()
        staff = Staff(self._operator, self._drivers, self._world, agenda, self._shoppers.home, setting.end)
        staff.start(first if first is not None else setting.end)
        self._returns.start(first if first is not None else setting.end)
        while True:
            due, act_at = setting.machine.next_due(), agenda.next_at()
            waiting = [at for at in (due, act_at) if at is not None]
            if not waiting or min(waiting) > setting.end:
                return
            yield min(waiting)
            # While the caller waited, someone at a door may have set an earlier timer.
            due = setting.machine.next_due()
            now = min(at for at in (due, act_at) if at is not None)
            setting.machine.move_to(now)
            if due is not None and due <= now:
                setting.machine.tick()
            else:
                at, act = agenda.take()
                act(at)
                self.played.acts += 1
