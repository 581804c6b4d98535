"""Carriers: what each sells us, how it stands today, and their own door: what they push as signed bytes."""

from datetime import datetime
from typing import Final

import msgspec

from doorstep.engine.ports.carriers import SignatureRefused
from doorstep.lifecycle.carrier import CarrierState
from doorstep.policy.contracts import Contract
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.windows import Window
from doorstep.web.door import ANYONE, OPERATOR, Call, Door
from doorstep.web.instants import moment_or_none
from doorstep.web.problems import ProblemError, not_found
from doorstep.web.reply import Reply, reply
from doorstep.web.shapes import PPM


class CarrierServiceShape(msgspec.Struct, frozen=True):
    """A service of a carrier: the levels it stands behind, its odds, and what of today is taken."""

    id: str
    sells: tuple[str, ...]
    odds: float
    lead_minutes: int
    capacity_per_day: int
    committed_per_day: int
    used_today: int


class CarrierShape(msgspec.Struct, frozen=True):
    """A carrier: its contract, whether it is connected, and whether it is left alone and why.

    `outages` counts how often it did not answer, `set_aside` the messages of its feed that nobody could
    place.
    """

    id: str
    name: str
    contract_version: int
    valid_from: str
    valid_to: str
    currency: str
    capabilities: tuple[str, ...]
    contact: str
    connected: bool
    paused_until: datetime | None
    paused_why: str | None
    outages: int
    set_aside: int
    services: tuple[CarrierServiceShape, ...]


class CarrierList(msgspec.Struct, frozen=True):
    """Every carrier that there is a contract with."""

    carriers: tuple[CarrierShape, ...]


class TakenShape(msgspec.Struct, frozen=True):
    """What became of a message: reports that are new evidence, known before, and set aside."""

    taken: int
    known: int
    aside: int


def list_carriers(call: Call) -> Reply:
    """List the carriers that there is a contract with, and how each of them stands today."""
    contracts = call.app.book.contracts.carrier
    return reply(CarrierList(tuple(_carrier(call, one, told) for one, told in sorted(contracts.items()))))


def _carrier(call: Call, carrier: CarrierId, contract: Contract) -> CarrierShape:
    state: CarrierState | None = call.app.desk.state("carrier", carrier)
    stands = state or CarrierState(carrier)
    paused = stands.is_paused(call.now)
    return CarrierShape(
        id=carrier,
        name=contract.name,
        contract_version=contract.version,
        valid_from=contract.valid_from,
        valid_to=contract.valid_to,
        currency=contract.currency,
        capabilities=tuple(handling.value for handling in contract.capabilities),
        contact=contract.contact,
        connected=carrier in call.app.routing.connections,
        paused_until=moment_or_none(stands.paused_until) if paused else None,
        paused_why=stands.paused_why if paused else None,
        outages=stands.outages,
        set_aside=stands.aside_count,
        services=_services(call, carrier, contract),
    )


def _services(call: Call, carrier: CarrierId, contract: Contract) -> tuple[CarrierServiceShape, ...]:
    today = Window(call.now, call.now)
    return tuple(
        CarrierServiceShape(
            id=name,
            sells=service.sells,
            odds=service.odds_ppm / PPM,
            lead_minutes=service.lead_minutes,
            capacity_per_day=service.capacity_per_day,
            committed_per_day=service.committed_per_day,
            used_today=call.app.carrier_book.used(carrier, name, today),
        )
        for name, service in sorted(contract.service.items())
    )


def take_message(call: Call) -> Reply:
    """Take what a carrier pushes; its signature is its key.

    What cannot be placed is kept and counted in `aside`; what was told before is counted in `known`. Sending
    either again changes no evidence.
    """
    connection = call.app.routing.connections.get(CarrierId(call.path["carrier"]))
    if connection is None:
        raise not_found("carrier")
    try:
        taken = call.app.feeds.take(connection, call.headers, call.raw)
    except SignatureRefused as refused:
        raise ProblemError(401, "signature_refused", f"This message is not taken: {refused}.") from refused
    return reply(TakenShape(taken.taken, taken.known, taken.aside))


DOORS: Final = (
    Door("GET", "/v1/carriers", list_carriers, OPERATOR, {200: CarrierList}),
    Door(
        "POST", "/v1/carriers/{carrier}/events", take_message, ANYONE, {200: TakenShape},
        problems=(401, 404, 413), media=(),
    ),
)  # fmt: skip
