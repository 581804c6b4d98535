"""Partners: the two carriers of a simulated day, each a server of its own, connected as any carrier is."""

from base64 import b64encode
from importlib import resources
from typing import Final

from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.courier.adapter import CourierCarrier
from doorstep.adapters.carriers.regional.adapter import RegionalCarrier
from doorstep.app import Doorstep
from doorstep.cli.market_files import default_policies
from doorstep.engine.ports.carriers import CarrierConnection
from doorstep.engine.ports.clock import Clock
from doorstep.lifecycle.tender import TenderState
from doorstep.policy.book import PolicyBook, read_book
from doorstep.simulation.carriers.carrier_world import CarrierKind, Keys
from doorstep.simulation.day import Day
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import Instant

SECRET_BYTES: Final = 24


def network_book() -> PolicyBook:
    """The default policies, with the contracts of the two simulated carriers."""
    contracts = resources.files("doorstep.simulation.carriers") / "contracts.toml"
    return read_book({**default_policies(), "contracts": contracts.read_text(encoding="utf-8")})


def connect_partners(app: Doorstep, day: Day, clock: Clock, start: Instant) -> None:
    """Let both carriers work in the day's world, and let the market call on them."""

    def order_of(ours: str) -> str:
        state: TenderState | None = app.desk.state("tender", ours.partition(".")[0])
        return "" if state is None else state.consignment.order

    for kind in CarrierKind:
        api_key = app.chance.token(SECRET_BYTES).hex()
        secret = _secret(app.chance.token(SECRET_BYTES))
        carrier = day.host(kind, Keys(api_key, secret), clock, app.zone, order_of)
        told = Connection(CarrierId(kind), f"http://{kind}.localhost", api_key, (secret,), app.zone.key)
        connection: CarrierConnection
        if kind is CarrierKind.courier:
            connection = CourierCarrier(told, carrier.transport)
        else:
            connection = RegionalCarrier(told, carrier.transport)
        app.connect(connection)
        carrier.start(start)


def _secret(token: bytes) -> str:
    return f"whsec_{b64encode(token).decode()}"
