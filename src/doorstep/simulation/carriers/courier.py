"""The courier's office: its HTTP doors, and how it writes and signs its webhooks."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from doorstep.engine.wall_clock import instant_at
from doorstep.simulation.carriers.feed import Telling
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.life import Life
from doorstep.simulation.carriers.office import read, said, said_no
from doorstep.simulation.carriers.shipments import Asked, No, Shipment, ShipmentBook, Stage
from doorstep.simulation.doors import rfc3339
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import MICROSECONDS, Instant

REQUIREMENTS: Final = frozenset({"signature", "photo", "pin", "age_check", "cold", "fragile"})
CODES: Final = {
    No.full: "at_capacity",
    No.nobody: "no_couriers",
    No.too_far: "out_of_range",
    No.too_heavy: "too_heavy",
    No.in_use: "external_id_in_use",
    No.collected: "already_picked_up",
}


class _Stop(msgspec.Struct, frozen=True):
    name: str
    lat: float
    lng: float
    phone: str = ""
    address: str = ""
    unit: str = ""
    notes: str = ""


class _Fee(msgspec.Struct, frozen=True):
    amount: int
    currency: str


class _Order(msgspec.Struct, frozen=True):
    external_id: str
    pickup: _Stop
    dropoff: _Stop
    packages: tuple[str, ...]
    weight_g: int
    earliest: datetime
    latest: datetime
    agreed_fee: _Fee
    service: str = "direct"
    requirements: tuple[str, ...] = ()
    quote_id: str = ""


class _Cancel(msgspec.Struct, frozen=True):
    external_id: str


class CourierTongue:
    """How it writes: one webhook for each thing that happens, as Standard Webhooks say."""

    odd = (("courier_on_break", ""), ("undeliverable", "weather_hold"), ("handoff_v2", ""))
    failed = ("undeliverable", "recipient_unavailable")

    def body(self, key: str, tellings: Sequence[Telling]) -> bytes:
        """A webhook."""
        (telling,) = tellings
        fact = telling.fact
        data: dict[str, object] = {
            "delivery_id": telling.number,
            "external_id": telling.ours,
            "status": fact.code,
            "reason": fact.context,
            "note": fact.note,
            "sequence": telling.seq,
            "occurred_at": rfc3339(telling.at),
            "packages": fact.parcels,
            "courier": {"name": fact.device},
        }
        if fact.point is not None:
            data["location"] = {"lat": round(fact.point.lat, 6), "lng": round(fact.point.lon, 6)}
        proof: dict[str, object] = {
            kind: b64encode(file).decode()
            for kind, file in (("photo", fact.photo), ("signature", fact.signature))
            if file is not None
        }
        proof |= {name: value for name, value in (("signed_by", fact.signed_by), ("pin", fact.pin)) if value}
        if proof:
            data["proof"] = proof
        if fact.charge_minor is not None:
            data["charge"] = {"amount": fact.charge_minor, "currency": telling.currency}
        return msgspec.json.encode({"type": "delivery.updated", "id": f"evt_{key}", "data": data})


def courier_sign(secret: str) -> Callable[[str, Instant, bytes], Mapping[str, str]]:
    """How it signs with this secret, which is written as `whsec_` and base 64."""
    webhook = Webhook(secret)

    def sign(key: str, at: Instant, body: bytes) -> Mapping[str, str]:
        seconds = at // MICROSECONDS
        signature = webhook.sign(key, datetime.fromtimestamp(seconds, UTC), body.decode())
        return {"webhook-id": key, "webhook-timestamp": str(seconds), "webhook-signature": signature}

    return sign


class CourierOffice:
    """Its HTTP doors."""

    def __init__(self, house: House, book: ShipmentBook, life: Life) -> None:
        self._house = house
        self._book = book
        self._life = life

    def server(self) -> ASGIApp:
        """The application."""
        return Starlette(
            routes=[
                Route("/quotes", self._quote, methods=["POST"]),
                Route("/deliveries", self._accept, methods=["POST"]),
                Route("/deliveries", self._look, methods=["GET"]),
                Route("/cancel", self._cancel, methods=["POST"]),
            ]
        )

    async def _quote(self, request: Request) -> Response:
        order = await read(request, _Order)
        if order is None:
            return said_no(422, "invalid", "this is no delivery")
        if set(order.requirements) - REQUIREMENTS:
            return said_no(422, "requirement_unknown", "we do not do that")
        with self._house.lock:
            why = self._book.refusal(_asked(order, self._house))
        if why is not None:
            return _refused(why)
        return said(200, {"id": _quote_id(order.external_id), "fee": msgspec.to_builtins(order.agreed_fee)})

    async def _accept(self, request: Request) -> Response:
        order = await read(request, _Order)
        if order is None:
            return said_no(422, "invalid", "this is no delivery")
        if order.quote_id not in ("", _quote_id(order.external_id)):
            return said_no(422, "quote_unknown", "that was never quoted for this delivery")
        house, now = self._house, self._house.clock.now()
        with house.lock:
            taken = self._book.take(_asked(order, house), now)
            if isinstance(taken, No):
                return _refused(taken)
            shipment, is_new = taken
            if is_new:
                self._life.begin(shipment, now)
            return said(201 if is_new else 200, _shown(shipment))

    async def _look(self, request: Request) -> Response:
        with self._house.lock:
            found = self._book.by_ours.get(request.query_params.get("external_id", ""))
            return said(200, {"deliveries": [_shown(found)] if found else []})

    async def _cancel(self, request: Request) -> Response:
        order, house = await read(request, _Cancel), self._house
        if order is None:
            return said_no(422, "invalid", "which delivery?")
        with house.lock:
            was_open = self._book.is_open(order.external_id)
            gone = self._book.cancel(order.external_id)
            if isinstance(gone, No):
                return said_no(404, "unknown", "no such delivery") if gone is No.unknown else _refused(gone)
            if was_open:
                self._life.cancelled(gone, house.clock.now())
        return said(200, {"fee": {"amount": house.habits.cancel_fee_minor, "currency": gone.asked.currency}})


def _asked(order: _Order, house: House) -> Asked:
    return Asked(
        ours=order.external_id,
        service=order.service,
        hub=Point(order.pickup.lat, order.pickup.lng),
        place=Point(order.dropoff.lat, order.dropoff.lng),
        name=order.dropoff.name,
        parcels=order.packages,
        weight_g=order.weight_g,
        options=frozenset(order.requirements),
        start=house.clock.heard(instant_at(order.earliest)),
        end=house.clock.heard(instant_at(order.latest)),
        fee_minor=order.agreed_fee.amount,
        currency=order.agreed_fee.currency,
    )


def _quote_id(external_id: str) -> str:
    """A quote's id follows from its delivery: a quote that is asked for twice is one."""
    return f"qte_{sha256(external_id.encode()).hexdigest()[:20]}"


def _shown(shipment: Shipment) -> dict[str, object]:
    asked, here = shipment.asked, shipment.here
    return {
        "id": shipment.number,
        "external_id": asked.ours,
        "status": "canceled" if shipment.stage is Stage.cancelled else shipment.said or "pending",
        "fee": {"amount": asked.fee_minor, "currency": asked.currency},
        "tracking_url": f"https://flinke-boten.example/t/{shipment.number}",
        "courier": {"lat": here.lat, "lng": here.lon} if here else None,
    }


def _refused(why: No) -> Response:
    status = 409 if why in (No.in_use, No.collected) else 422
    return said_no(status, CODES[why], why.value.replace("_", " "))
