"""The regional carrier in its own protocol: shipments over HTTP, and signed batches of coded scans.

A batch is JSON with rows of text, one for each scan of one parcel:
`seq;consignment;reference;parcel;code;context;depot;time;lat;lon;text`. Its time is a wall time of the depot,
or one with an offset where the handheld knows it.
"""

import csv
import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from importlib import resources
from typing import Final, NamedTuple
from urllib.parse import quote

import httpx
import msgspec

from doorstep.adapters.carriers.codes import Codes, read_codes
from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.messages import (
    CODE_CHARS_MAX,
    SEQ_MAX,
    WORDS_MAX,
    check_size,
    check_time,
    content_key,
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

SIGNATURE: Final = "x-tpd-signature"
TIMESTAMP: Final = "x-tpd-timestamp"
ROWS_MAX: Final = 2_000
"""Scans of one batch."""
COLUMNS: Final = 11
REFERENCE_CHARS_MAX: Final = 100
CANCELLED: Final = "cancelled"
UNREADABLE: Final = "unreadable"
"""The code under which a row is kept that is no scan: no mapping has it, so that a person looks at it."""
OPTIONS: Final = {Handling.signature: "SIG", Handling.photo: "FOT"}


class _Label(msgspec.Struct, frozen=True):
    media: str
    base64: str


class _Consignment(msgspec.Struct, frozen=True):
    consignment: str
    reference: str
    state: str
    price_cents: int
    currency: str
    label: _Label | None = None


class _Consignments(msgspec.Struct, frozen=True):
    shipments: tuple[_Consignment, ...]


class _No(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _LetGo(msgspec.Struct, frozen=True):
    fee_cents: int


class _File(msgspec.Struct, frozen=True):
    consignment: str
    seq: int
    kind: str
    base64: str
    by: str = ""


class _Batch(msgspec.Struct, frozen=True):
    batch: str
    rows: tuple[str, ...]
    files: tuple[_File, ...] = ()


class _Scan(NamedTuple):
    """A row's columns, in their order."""

    seq: str
    consignment: str
    reference: str
    parcel: str
    code: str
    context: str
    depot: str
    time: str
    lat: str
    lon: str
    text: str


def codes() -> Codes:
    """The carrier's table."""
    return read_codes((resources.files(__package__) / "codes.toml").read_text(encoding="utf-8"))


class RegionalCarrier:
    """A `CarrierConnection` to the regional carrier."""

    def __init__(self, connection: Connection, transport: httpx.BaseTransport | None = None) -> None:
        self._connection = connection
        self._wire = Wire(connection, transport)
        self._codes = codes()
        self._zone = connection.clock()

    @property
    def id(self) -> CarrierId:
        """Whose it is."""
        return self._connection.id

    def close(self) -> None:
        """Let go of open connections."""
        self._wire.close()

    # Shipments --------------------------------------------------------------------------------------

    def book(self, shipment: Shipment) -> Booked | Declined:
        """Ask it to deliver; the port says what it raises."""
        options = [OPTIONS[one] for one in shipment.handling if one in OPTIONS]
        unknown = [one.value for one in shipment.handling if one not in OPTIONS]
        if unknown:
            return self._codes.declined("option_unknown", f"it does not do {', '.join(unknown)}")
        answer = self._wire.ask("POST", "/shipments", self._order(shipment, options))
        if answer.status in (409, 422):
            no = answer.read(_No)
            return self._codes.declined(no.code, no.message[:WORDS_MAX])
        return _booked(answer.granted(_Consignment), shipment.ours)

    def find(self, ours: str) -> Booked | None:
        """The shipment under our reference; the port says what it raises."""
        answer = self._wire.ask("GET", "/shipments", query={"reference": ours})
        found = [one for one in answer.granted(_Consignments).shipments if one.state != CANCELLED]
        return _booked(found[0], ours) if found else None

    def cancel(self, ours: str) -> Released | Kept:
        """Ask it to let the shipment go; the port says what it raises."""
        answer = self._wire.ask("DELETE", f"/shipments/{quote(ours, safe='')}")
        if answer.status == 404:
            return Released()
        if answer.status in (409, 422):
            no = answer.read(_No)
            return Kept((no.message or no.code)[:WORDS_MAX])
        fee = answer.granted(_LetGo).fee_cents
        if fee < 0:
            raise CarrierGarbled(f"a fee of {fee}")
        return Released(fee)

    def _order(self, shipment: Shipment, options: list[str]) -> dict[str, object]:
        return {
            "reference": shipment.ours,
            "service": shipment.service,
            "sender": {"name": shipment.hub_name, "lat": shipment.hub.lat, "lon": shipment.hub.lon},
            "recipient": {
                "name": shipment.name,
                "phone": shipment.phone,
                "street": shipment.address,
                "addition": shipment.unit,
                "note": shipment.instructions,
                "lat": shipment.place.lat,
                "lon": shipment.place.lon,
            },
            "parcels": list(shipment.parcels),
            "weight_g": shipment.weight_g,
            "options": options,
            "from": wall_text(shipment.window.start, self._zone),
            "to": wall_text(shipment.window.end, self._zone),
            "agreed_cents": shipment.price_minor,
            "currency": shipment.currency,
        }

    # Scans ------------------------------------------------------------------------------------------

    def read(self, headers: Mapping[str, str], body: bytes, now: Instant) -> tuple[Report, ...]:
        """What a batch says, a report for each row; the port says what it raises.

        A row that is no scan does not take the others with it: it is reported as unmapped, for a person.
        """
        self._check(headers, body, now)
        batch = parse(body, _Batch)
        if len(batch.rows) > ROWS_MAX:
            raise MessageUnreadable(f"more than {ROWS_MAX} rows")
        files = {(one.consignment, one.seq, one.kind): one for one in batch.files}
        return tuple(self._report(row, files, now) for row in batch.rows)

    def _check(self, headers: Mapping[str, str], body: bytes, now: Instant) -> None:
        check_size(body)
        given = headers.get(SIGNATURE, "").encode()
        time = headers.get(TIMESTAMP, "")
        signed = check_time(time, now)
        for secret in self._connection.secrets:
            mac = hmac.new(secret.encode(), b"%d." % signed + body, "sha256").hexdigest()
            if hmac.compare_digest(given, f"v1={mac}".encode()):
                return
        raise SignatureRefused("not signed by this carrier")

    def _report(self, row: str, files: Mapping[tuple[str, int, str], _File], now: Instant) -> Report:
        try:
            scan = _scan(row)
            at, seq = told_at(scan.time, self._zone), _count(scan.seq)
            point = point_of(_degrees(scan.lat), _degrees(scan.lon))
        except ValueError:
            return Report(content_key(row), UNREADABLE, row[:WORDS_MAX], now)
        meaning = self._codes.of(scan.code, scan.context)
        photo = files.get((scan.consignment, seq, "photo"))
        signature = files.get((scan.consignment, seq, "signature"))
        return Report(
            event=content_key(row),
            code=f"{scan.code}/{scan.context}" if scan.context else scan.code,
            text=scan.text[:WORDS_MAX],
            at=at,
            seq=seq,
            ours=scan.reference or None,
            reference=scan.consignment or None,
            status=meaning.status if meaning else None,
            reason=meaning.reason if meaning else None,
            nearby=meaning.nearby if meaning else False,
            parcels=(ParcelId(scan.parcel),) if scan.parcel else (),
            scanned=bool(scan.parcel),
            photo=file_of(photo.base64) if photo else None,
            signature=file_of(signature.base64) if signature else None,
            signed_by=signature.by[:REFERENCE_CHARS_MAX] if signature else "",
            point=point,
        )


def _booked(found: _Consignment, ours: str) -> Booked:
    """The consignment as the port says it, after a look at whether it is the one that was asked for."""
    if found.reference != ours:
        raise CarrierGarbled("it answered for another shipment")
    if not 0 < len(found.consignment) <= REFERENCE_CHARS_MAX or found.price_cents < 0:
        raise CarrierGarbled("a consignment without a number or with a price below nothing")
    if found.label is None:
        return Booked(found.consignment, found.price_cents, found.currency)
    try:
        label = b64decode(found.label.base64, validate=True)
    except (NotBase64, ValueError) as fault:
        raise CarrierGarbled("a label that is no base 64") from fault
    return Booked(found.consignment, found.price_cents, found.currency, label, found.label.media)


def _scan(row: str) -> _Scan:
    """The row's columns.

    Raises:
        ValueError: it is no scan.
    """
    try:
        lines = list(csv.reader([row], delimiter=";", strict=True))
    except csv.Error as fault:
        raise ValueError("no row") from fault
    if len(lines) != 1 or len(lines[0]) != COLUMNS:
        raise ValueError(f"no {COLUMNS} columns")
    scan = _Scan(*lines[0])
    if not 0 < len(scan.code) + len(scan.context) <= CODE_CHARS_MAX:
        raise ValueError("no code")
    if max(map(len, (scan.consignment, scan.reference, scan.parcel))) > REFERENCE_CHARS_MAX:
        raise ValueError("a reference that is too long")
    return scan


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > SEQ_MAX:
        raise ValueError("no count")
    return int(text)


def _degrees(text: str) -> float | None:
    return float(text) if text else None
