"""Both carriers with their adapters, on one virtual clock, for the tests of either side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import httpx
import msgspec

from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.courier.adapter import CourierCarrier
from doorstep.adapters.carriers.regional.adapter import RegionalCarrier
from doorstep.adapters.clocks import VirtualClock
from doorstep.engine.ports.carriers import CarrierConnection, Report, Shipment, SignatureRefused
from doorstep.simulation.agenda import Agenda
from doorstep.simulation.carriers.carrier_world import HABITS, CarrierKind, CarrierWorld, Keys, Surroundings
from doorstep.simulation.carriers.ground import FlatGround
from doorstep.simulation.carriers.habits import CarrierHabits, calm
from doorstep.simulation.draws import Draws
from doorstep.simulation.world import WorldParameters
from doorstep.vocabulary.ids import CarrierId, ParcelId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import MICROSECONDS, Grams, Instant, after
from doorstep.vocabulary.windows import Window

T0: Final = Instant(1_781_589_600 * MICROSECONDS)
"""2026-06-16T06:00Z."""
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
API_KEY: Final = "test-key"
HUB: Final = Point(53.5637, 13.2896)
KINDS: Final = tuple(CarrierKind)
EVERYONE_IN: Final = WorldParameters(out_share=0.0, refused_share=0.0, proof_forgotten_share=0.0)
"""A town in which everyone is at home and takes what comes."""

Adapter = RegionalCarrier | CourierCarrier


class Taken(NamedTuple):
    """What our door answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Pushed(NamedTuple):
    """A message as it came."""

    at: Instant
    headers: dict[str, str]
    body: bytes


def connection(kind: CarrierKind, *secrets: str) -> Connection:
    """The adapter's settings."""
    keys = secrets or (SECRET,)
    return Connection(CarrierId(kind.value), "http://carrier.test", API_KEY, keys, "Europe/Berlin")


def adapter(kind: CarrierKind, transport: httpx.BaseTransport, *secrets: str) -> Adapter:
    """The adapter on a transport."""
    made = RegionalCarrier if kind is CarrierKind.regional else CourierCarrier
    return made(connection(kind, *secrets), transport)


def port(made: Adapter) -> CarrierConnection:
    """The adapter as the port, so that the type checker holds it to it."""
    return made


def shipment(ours: str = "tnd_1", **changes: Any) -> Shipment:  # noqa: ANN401  any field of a shipment
    """A shipment for this afternoon."""
    made = Shipment(
        ours=ours,
        service="timed",
        hub_name="Nordost",
        hub=HUB,
        name="Dörte Specht",
        phone="+4930231250",
        address="Eichenstraße 24, 17033 Neubrandenburg",
        unit="1. OG; rechts",
        instructions='"Klingel" defekt',
        place=Point(53.553, 13.272),
        parcels=(ParcelId("par_a"), ParcelId("par_b")),
        weight_g=Grams(2_400),
        handling=(Handling.signature, Handling.photo),
        window=Window(after(T0, 4 * 3_600), after(T0, 8 * 3_600)),
        price_minor=480,
        currency="EUR",
    )
    return msgspec.structs.replace(made, **changes)


@dataclass
class House:
    """A carrier, the adapter that speaks with it, and our door, which keeps what comes."""

    kind: CarrierKind
    seed: int = 1
    habits: CarrierHabits | None = None
    parameters: WorldParameters = EVERYONE_IN
    shut: bool = False
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(T0))
    agenda: Agenda = field(default_factory=Agenda)
    pushed: list[Pushed] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        draws = Draws(self.seed)
        around = Surroundings(
            self.agenda, self.clock, FlatGround(self.parameters, draws), draws, ZoneInfo("Europe/Berlin"),
            self._door, f"/v1/carriers/{self.kind}/events", lambda ours: f"pin-{ours}",
        )  # fmt: skip
        habits = self.habits or calm(HABITS[self.kind])
        self.world = CarrierWorld(self.kind, self.kind.value, Keys(API_KEY, SECRET), around, habits)
        self.adapter = adapter(self.kind, self.world.transport)

    def _door(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Taken:
        assert (method, path) == ("POST", f"/v1/carriers/{self.kind}/events")
        if self.shut:
            return Taken(503, {}, b"")
        named = {name.lower(): value for name, value in (headers or {}).items()}
        self.pushed.append(Pushed(self.clock.now(), named, body))
        try:
            self.reports += self.adapter.read(named, body, self.clock.now())
        except SignatureRefused:
            return Taken(401, {}, b"")
        return Taken(202, {}, b"")

    def live(self, seconds: int) -> None:
        """Let time pass."""
        until = after(self.clock.now(), seconds)
        while (at := self.agenda.next_at()) is not None and at <= until:
            self.clock.move_to(max(at, self.clock.now()))
            self.agenda.take()[1](at)
        self.clock.move_to(until)

    def said(self, ours: str) -> list[str]:
        """The words told of a shipment, in the carrier's own order, each once."""
        mine = sorted((one for one in self.reports if one.ours == ours), key=lambda one: one.seq)
        return list(dict.fromkeys(one.status.value if one.status else "?" for one in mine))
