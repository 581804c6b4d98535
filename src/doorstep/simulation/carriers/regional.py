"""The regional carrier's office: its HTTP doors, its labels, and how it writes and signs its batches."""

import csv
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from doorstep.engine.wall_clock import instant_at
from doorstep.simulation.carriers.feed import Telling
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.label import label
from doorstep.simulation.carriers.life import Life
from doorstep.simulation.carriers.office import read, said, said_no
from doorstep.simulation.carriers.shipments import Asked, No, Shipment, ShipmentBook, Stage
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import MICROSECONDS, Instant

OPTIONS: Final = {"SIG": "signature", "FOT": "photo"}
DEPOT: Final = "17TOL"
CODES: Final = {
    No.full: "capacity",
    No.nobody: "capacity",
    No.too_far: "out_of_area",
    No.too_heavy: "too_heavy",
    No.in_use: "reference_in_use",
    No.collected: "already_collected",
}


class _Place(msgspec.Struct, frozen=True):
    name: str
    lat: float
    lon: float
    phone: str = ""
    street: str = ""
    addition: str = ""
    note: str = ""


class _Order(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    reference: str
    service: str
    sender: _Place
    recipient: _Place
    parcels: tuple[str, ...]
    weight_g: int
    start: datetime
    end: datetime
    agreed_cents: int
    currency: str
    options: tuple[str, ...] = ()


class RegionalTongue:
    """How it writes: rows with semicolons in JSON, signed as hex over time and bytes."""

    odd = (("Q7", ""), ("SO", "X9"), ("ZZ", "TMP"))
    failed = ("NZ", "ABW")

    def __init__(self, house: House) -> None:
        self._house = house

    def body(self, key: str, tellings: Sequence[Telling]) -> bytes:
        """A batch."""
        files = [
            {"consignment": one.number, "seq": one.seq, "kind": kind, "base64": b64encode(file).decode()}
            | ({"by": one.fact.signed_by} if kind == "signature" else {})
            for one in tellings
            for kind, file in (("photo", one.fact.photo), ("signature", one.fact.signature))
            if file is not None
        ]
        rows = [self._row(one, parcel) for one in tellings for parcel in one.fact.parcels or ("",)]
        return msgspec.json.encode({"batch": key, "depot": DEPOT, "rows": rows, "files": files})

    def _row(self, telling: Telling, parcel: str) -> str:
        fact, out = telling.fact, StringIO()
        moment = datetime.fromtimestamp(telling.at // MICROSECONDS, UTC).astimezone(self._house.zone)
        # The depot's scanners write what the clock on its wall shows; the handhelds know their offset.
        plain = moment.replace(tzinfo=None) if fact.device == "depot" else moment
        lat, lon = (f"{fact.point.lat:.6f}", f"{fact.point.lon:.6f}") if fact.point else ("", "")
        cells = (
            telling.seq, telling.number, telling.ours, parcel, fact.code, fact.context, DEPOT,
            plain.isoformat(), lat, lon, fact.note,
        )  # fmt: skip
        csv.writer(out, delimiter=";", lineterminator="").writerow(cells)
        return out.getvalue()


def regional_sign(secret: str) -> Callable[[str, Instant, bytes], Mapping[str, str]]:
    """How it signs with this secret."""

    def sign(_key: str, at: Instant, body: bytes) -> Mapping[str, str]:
        time = str(at // MICROSECONDS)
        mac = hmac.new(secret.encode(), f"{time}.".encode() + body, "sha256").hexdigest()
        return {"x-tpd-timestamp": time, "x-tpd-signature": f"v1={mac}"}

    return sign


class RegionalOffice:
    """Its HTTP doors."""

    def __init__(self, house: House, book: ShipmentBook, life: Life) -> None:
        self._house = house
        self._book = book
        self._life = life

    def server(self) -> ASGIApp:
        """The application."""
        return Starlette(
            routes=[
                Route("/shipments", self._announce, methods=["POST"]),
                Route("/shipments", self._look, methods=["GET"]),
                Route("/shipments/{reference:path}", self._let_go, methods=["DELETE"]),
            ]
        )

    async def _announce(self, request: Request) -> Response:
        order = await read(request, _Order)
        if order is None:
            return said_no(422, "data", "this is no shipment")
        unknown = sorted(set(order.options) - set(OPTIONS))
        if unknown:
            return said_no(422, "option_unknown", f"unknown: {', '.join(unknown)}")
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
            found = self._book.by_ours.get(request.query_params.get("reference", ""))
            return said(200, {"shipments": [_shown(found)] if found else []})

    async def _let_go(self, request: Request) -> Response:
        house, reference = self._house, request.path_params["reference"]
        with house.lock:
            was_open = self._book.is_open(reference)
            gone = self._book.cancel(reference)
            if isinstance(gone, No):
                return said_no(404, "unknown", "no such shipment") if gone is No.unknown else _refused(gone)
            if was_open:
                self._life.cancelled(gone, house.clock.now())
        return said(200, {"fee_cents": house.habits.cancel_fee_minor})


def _asked(order: _Order, house: House) -> Asked:
    return Asked(
        ours=order.reference,
        service=order.service,
        hub=Point(order.sender.lat, order.sender.lon),
        place=Point(order.recipient.lat, order.recipient.lon),
        name=order.recipient.name,
        parcels=order.parcels,
        weight_g=order.weight_g,
        options=frozenset(OPTIONS[option] for option in order.options),
        start=house.clock.heard(instant_at(order.start)),
        end=house.clock.heard(instant_at(order.end)),
        fee_minor=order.agreed_cents,
        currency=order.currency,
    )


def _shown(shipment: Shipment) -> dict[str, object]:
    asked = shipment.asked
    picture = label(shipment.number, ("Tollense Paketdienst", asked.name, f"{len(asked.parcels)} Paket(e)"))
    return {
        "consignment": shipment.number,
        "reference": asked.ours,
        "state": "cancelled" if shipment.stage is Stage.cancelled else shipment.said or "new",
        "price_cents": asked.fee_minor,
        "currency": asked.currency,
        "label": {"media": "image/png", "base64": b64encode(picture).decode()},
    }


def _refused(why: No) -> Response:
    return said_no(409 if why in (No.in_use, No.collected) else 422, CODES[why], why.value.replace("_", " "))
