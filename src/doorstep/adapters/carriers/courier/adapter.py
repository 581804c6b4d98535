"""The on-demand courier in its own protocol: a quote, a delivery of it, and Standard Webhooks.

See https://www.standardwebhooks.com: the id, the time and the body of a message are signed together.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import msgspec
from standardwebhooks import Webhook

from doorstep.adapters.carriers.codes import Codes, read_codes
from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.messages import (
    CODE_CHARS_MAX,
    SEQ_MAX,
    WORDS_MAX,
    check_size,
    check_time,
    file_of,
    parse,
    point_of,
    told_at,
    wall_text,
)
from doorstep.adapters.carriers.wire import Wire
from doorstep.engine.ports.carriers import (
    Booked,
    CarrierGarbled,
    Declined,
    Kept,
    MessageUnreadable,
    Released,
    Report,
    Shipment,
    SignatureRefused,
)
from doorstep.vocabulary.ids import CarrierId, ParcelId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.units import Instant

ID_CHARS_MAX: Final = 100
SIGNATURES_MAX: Final = 8
"""Signatures of one message: a sender that replaces its secret signs with both."""
PIN_CHARS_MAX: Final = 12
CANCELED: Final = "canceled"
UTC_ZONE: Final = ZoneInfo("UTC")
DOES: Final = frozenset(
    {Handling.signature, Handling.photo, Handling.pin, Handling.age_check, Handling.cold, Handling.fragile}
)


class _Fee(msgspec.Struct, frozen=True):
    amount: int
    currency: str


class _Quote(msgspec.Struct, frozen=True):
    id: str
    fee: _Fee


class _Delivery(msgspec.Struct, frozen=True):
    id: str
    external_id: str
    status: str
    fee: _Fee


class _Deliveries(msgspec.Struct, frozen=True):
    deliveries: tuple[_Delivery, ...]


class _Error(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _Canceled(msgspec.Struct, frozen=True):
    fee: _Fee


class _Location(msgspec.Struct, frozen=True):
    lat: float
    lng: float


class _Proof(msgspec.Struct, frozen=True):
    photo: str | None = None
    signature: str | None = None
    signed_by: str = ""
    pin: str = ""


class _Update(msgspec.Struct, frozen=True):
    delivery_id: str
    external_id: str
    status: str
    sequence: int
    occurred_at: str
    reason: str = ""
    note: str = ""
    location: _Location | None = None
    packages: tuple[str, ...] = ()
    proof: _Proof = _Proof()
    charge: _Fee | None = None


class _Message(msgspec.Struct, frozen=True):
    type: str
    data: _Update


def codes() -> Codes:
    """The courier's table."""
    return read_codes((resources.files(__package__) / "codes.toml").read_text(encoding="utf-8"))


class CourierCarrier:
    """A `CarrierConnection` to the on-demand courier; its secrets are written as `whsec_` and base 64."""

    def __init__(self, connection: Connection, transport: httpx.BaseTransport | None = None) -> None:
        self._connection = connection
        self._wire = Wire(connection, transport)
        self._codes = codes()
        self._signers = tuple(Webhook(secret) for secret in connection.secrets)

    @property
    def id(self) -> CarrierId:
        """Whose it is."""
        return self._connection.id

    def close(self) -> None:
        """Let go of open connections."""
        self._wire.close()

    # Deliveries -------------------------------------------------------------------------------------

    def book(self, shipment: Shipment) -> Booked | Declined:
        """Ask for a quote and take it; the port says what it raises."""
        unknown = [one.value for one in shipment.handling if one not in DOES]
        if unknown:
            return self._codes.declined("requirement_unknown", f"it does not do {', '.join(unknown)}")
        order = _order(shipment)
        answer = self._wire.ask("POST", "/quotes", order)
        if answer.status not in (409, 422):
            quote = answer.granted(_Quote)
            answer = self._wire.ask("POST", "/deliveries", {**order, "quote_id": quote.id})
        if answer.status in (409, 422):
            no = answer.read(_Error)
            return self._codes.declined(no.code, no.message[:WORDS_MAX])
        return _booked(answer.granted(_Delivery), shipment.ours)

    def find(self, ours: str) -> Booked | None:
        """The delivery under our reference; the port says what it raises."""
        answer = self._wire.ask("GET", "/deliveries", query={"external_id": ours})
        found = [one for one in answer.granted(_Deliveries).deliveries if one.status != CANCELED]
        return _booked(found[0], ours) if found else None

    def cancel(self, ours: str) -> Released | Kept:
        """Ask it to let the delivery go; the port says what it raises."""
        answer = self._wire.ask("POST", "/cancel", {"external_id": ours})
        if answer.status == 404:
            return Released()
        if answer.status in (409, 422):
            no = answer.read(_Error)
            return Kept((no.message or no.code)[:WORDS_MAX])
        fee = answer.granted(_Canceled).fee.amount
        if fee < 0:
            raise CarrierGarbled(f"a fee of {fee}")
        return Released(fee)

    # Webhooks ---------------------------------------------------------------------------------------

    def read(self, headers: Mapping[str, str], body: bytes, now: Instant) -> tuple[Report, ...]:
        """What a webhook says; the port says what it raises."""
        event = self._check(headers, body, now)
        update = parse(body, _Message).data
        try:
            at = told_at(update.occurred_at, UTC_ZONE)
        except ValueError as fault:
            raise MessageUnreadable("no time") from fault
        ids = (update.delivery_id, update.external_id, *update.packages)
        if max(map(len, ids)) > ID_CHARS_MAX or not 0 <= update.sequence <= SEQ_MAX:
            raise MessageUnreadable("an id that is too long, or a count that is none")
        if not 0 < len(update.status) + len(update.reason) <= CODE_CHARS_MAX:
            raise MessageUnreadable("no status")
        return (self._report(event, update, at),)

    def _check(self, headers: Mapping[str, str], body: bytes, now: Instant) -> str:
        """The message's id, once its signature holds."""
        check_size(body)
        event = headers.get("webhook-id", "")
        if not 0 < len(event) <= ID_CHARS_MAX:
            raise SignatureRefused("no id")
        time = datetime.fromtimestamp(check_time(headers.get("webhook-timestamp", ""), now), UTC)
        try:
            text = body.decode()
        except UnicodeDecodeError as fault:
            raise SignatureRefused("no text") from fault
        given = headers.get("webhook-signature", "").split(" ")[:SIGNATURES_MAX]
        # The library's own check reads the machine's clock, and a market may have another: so we ask it for
        # the signature alone.
        for signer in self._signers:
            expected = signer.sign(event, time, text).encode()
            if any(hmac.compare_digest(one.encode(), expected) for one in given):
                return event
        raise SignatureRefused("not signed by this carrier")

    def _report(self, event: str, update: _Update, at: Instant) -> Report:
        meaning = self._codes.of(update.status, update.reason)
        proof, where = update.proof, update.location
        return Report(
            event=event,
            code=f"{update.status}/{update.reason}" if update.reason else update.status,
            text=update.note[:WORDS_MAX],
            at=at,
            seq=update.sequence,
            ours=update.external_id or None,
            reference=update.delivery_id or None,
            status=meaning.status if meaning else None,
            reason=meaning.reason if meaning else None,
            nearby=meaning.nearby if meaning else False,
            parcels=tuple(ParcelId(one) for one in update.packages),
            scanned=bool(update.packages),
            photo=file_of(proof.photo),
            signature=file_of(proof.signature),
            signed_by=proof.signed_by[:ID_CHARS_MAX],
            pin=proof.pin[:PIN_CHARS_MAX],
            point=point_of(where.lat, where.lng) if where else None,
            currency=update.charge.currency if update.charge else None,
            charge_minor=update.charge.amount if update.charge else None,
        )


def _order(shipment: Shipment) -> dict[str, object]:
    return {
        "external_id": shipment.ours,
        "service": shipment.service,
        "pickup": {"name": shipment.hub_name, "lat": shipment.hub.lat, "lng": shipment.hub.lon},
        "dropoff": {
            "name": shipment.name,
            "phone": shipment.phone,
            "address": shipment.address,
            "unit": shipment.unit,
            "notes": shipment.instructions,
            "lat": shipment.place.lat,
            "lng": shipment.place.lon,
        },
        "packages": list(shipment.parcels),
        "weight_g": shipment.weight_g,
        "requirements": [one.value for one in shipment.handling],
        "earliest": wall_text(shipment.window.start, UTC_ZONE),
        "latest": wall_text(shipment.window.end, UTC_ZONE),
        "agreed_fee": {"amount": shipment.price_minor, "currency": shipment.currency},
    }


def _booked(found: _Delivery, ours: str) -> Booked:
    """The delivery as the port says it, after a look at whether it is the one that was asked for."""
    if found.external_id != ours:
        raise CarrierGarbled("it answered for another delivery")
    if not 0 < len(found.id) <= ID_CHARS_MAX or found.fee.amount < 0:
        raise CarrierGarbled("a delivery without an id or with a fee below nothing")
    return Booked(found.id, found.fee.amount, found.fee.currency)
