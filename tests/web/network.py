"""A town in a network: two carriers beside its vans, each a server of its own that tells in its own words."""

from dataclasses import dataclass, field
from typing import Final

from tests.web.town import Town

from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.courier.adapter import CourierCarrier
from doorstep.adapters.carriers.regional.adapter import RegionalCarrier
from doorstep.adapters.maps.streets import StreetMap
from doorstep.cli.partners import network_book
from doorstep.simulation.agenda import Agenda
from doorstep.simulation.carriers.carrier_world import HABITS, CarrierKind, CarrierWorld, Keys, Surroundings
from doorstep.simulation.carriers.ground import FlatGround
from doorstep.simulation.carriers.habits import calm
from doorstep.simulation.draws import Draws
from doorstep.simulation.world import WorldParameters
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import Instant, after

API_KEY: Final = "test-key"
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVERYONE_IN: Final = WorldParameters(out_share=0.0, refused_share=0.0, proof_forgotten_share=0.0)


@dataclass
class Network:
    """The town, its carriers, and their one agenda. Nobody is out, and no carrier has a bad day."""

    town: Town
    agenda: Agenda = field(default_factory=Agenda)
    worlds: dict[CarrierKind, CarrierWorld] = field(default_factory=dict)

    @classmethod
    def founded(cls, streets: StreetMap, *, open_reads: bool = False) -> "Network":
        """A fresh market with both carriers connected."""
        found = cls(Town.founded(streets, open_reads=open_reads, book=network_book()))
        for kind in CarrierKind:
            found._connect(kind)
        return found

    def pass_to(self, instant: Instant) -> None:
        """Let time pass for the market and for the carriers, each in its turn."""
        app, clock = self.town.app, self.town.clock
        while True:
            theirs, ours = self.agenda.next_at(), app.next_due()
            due = min((at for at in (theirs, ours) if at is not None), default=None)
            if due is None or due > instant:
                break
            clock.move_to(max(due, clock.now()))
            if ours is not None and ours <= due:
                app.tick()
            else:
                at, act = self.agenda.take()
                act(at)
        clock.move_to(max(instant, clock.now()))

    def pass_s(self, seconds: int) -> None:
        """Let seconds pass."""
        self.pass_to(after(self.town.clock.now(), seconds))

    def _connect(self, kind: CarrierKind) -> None:
        town, draws = self.town, Draws(1)
        around = Surroundings(
            self.agenda, town.clock, FlatGround(EVERYONE_IN, draws), draws, town.app.zone,
            town.loopback.call, f"/v1/carriers/{kind}/events",
        )  # fmt: skip
        world = CarrierWorld(kind, kind.value, Keys(API_KEY, SECRET), around, calm(HABITS[kind]))
        told = Connection(CarrierId(kind), f"http://{kind}.localhost", API_KEY, (SECRET,), town.app.zone.key)
        made = CourierCarrier if kind is CarrierKind.courier else RegionalCarrier
        town.app.connect(made(told, world.transport))
        self.worlds[kind] = world
