"""Rows: an order as its merchant told it, checked and normalised, the personal part apart."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from doorstep.engine.intake.columns import COLUMNS, PERSONAL
from doorstep.vocabulary.canonical import canonical
from doorstep.vocabulary.ids import HubId, MerchantId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import MICROSECONDS, Grams, Instant, Millilitres
from doorstep.vocabulary.windows import Window

VOLUMETRIC_ML_PER_G: Final = 6
"""Millilitres that a gram takes where nobody measured: parcel carriers' 6,000 cm³ a kilogram."""

Told = str | int | tuple[str, ...] | None
"""A column's normalised value; None where it was left empty."""


class Recipient(msgspec.Struct, frozen=True):
    """The personal part: who receives the order and where. `phone` is E.164; empty where nobody said.

    `point` is None where the address still has to be resolved; degrees are rounded to seven places, about a
    centimetre.
    """

    name: str
    phone: str
    email: str
    address: str
    unit: str
    point: Point | None
    instructions: str


class OrderRow(msgspec.Struct, frozen=True):
    """A row that passed every check.

    `line` is the physical line from 1, 0 for a body of the API; it is no part of the content. `stated` names
    the columns that the row filled: what was left empty has its documented default here, yet a default is not
    content, so that the same row sent an hour later is the same order. `hub` is None where the nearest of
    several is meant and the place is not known yet. A dimension of 0 is one that nobody measured.

    msgspec encodes and decodes it without loss, so the vault can keep it whole for `differences` later.
    """

    line: int
    external_id: str
    merchant: MerchantId
    hub: HubId | None
    service: str
    placed_at: Instant
    ready_at: Instant
    requested: Window | None
    parcels: int
    weight_g: Grams
    length_mm: int
    width_mm: int
    height_mm: int
    value: Money | None
    temp_min_c: int | None
    temp_max_c: int | None
    handling: tuple[Handling, ...]
    recipient: Recipient
    stated: tuple[str, ...]


def volume_ml(row: OrderRow) -> Millilitres:
    """What all parcels take together: by their dimensions, rounded up, else six millilitres a gram."""
    cubic_mm = row.length_mm * row.width_mm * row.height_mm
    if cubic_mm:
        return Millilitres(-(-row.parcels * cubic_mm // 1_000))
    return Millilitres(row.weight_g * VOLUMETRIC_ML_PER_G)


def content(row: OrderRow) -> dict[str, Told]:
    """What the merchant told, by column, normalised; None where the column was left empty.

    Instants are microseconds, coordinates decimal text of seven places: no value is a float.
    """
    person, window, value, point = row.recipient, row.requested, row.value, row.recipient.point
    values: dict[str, Told] = {
        "external_id": row.external_id,
        "merchant": row.merchant,
        "origin": row.hub,
        "ready_at": row.ready_at,
        "placed_at": row.placed_at,
        "name": person.name,
        "phone": person.phone,
        "email": person.email,
        "address": person.address,
        "unit": person.unit,
        "lat": f"{point.lat:.7f}" if point else None,
        "lon": f"{point.lon:.7f}" if point else None,
        "instructions": person.instructions,
        "service": row.service,
        "window_start": window.start if window else None,
        "window_end": window.end if window else None,
        "parcels": row.parcels,
        "weight_g": row.weight_g,
        "length_mm": row.length_mm,
        "width_mm": row.width_mm,
        "height_mm": row.height_mm,
        "value_minor": value.minor if value else None,
        "currency": value.currency if value else None,
        "temp_min_c": row.temp_min_c,
        "temp_max_c": row.temp_max_c,
        "handling": tuple(str(what) for what in row.handling),
    }
    return {column: values[column] if column in row.stated else None for column in COLUMNS}


def differences(a: OrderRow, b: OrderRow) -> tuple[str, ...]:
    """The columns in which two rows differ, in column order; empty for equal content."""
    told_a, told_b = content(a), content(b)
    return tuple(column for column in COLUMNS if told_a[column] != told_b[column])


def canonical_content(row: OrderRow) -> bytes:
    """The RFC 8785 text of all content: what a salted commitment is made over. Holds personal data."""
    return canonical(content(row))


def impersonal_content(row: OrderRow) -> bytes:
    """The RFC 8785 text of the content without its personal columns."""
    return canonical({column: told for column, told in content(row).items() if column not in PERSONAL})


def body_of(row: OrderRow) -> dict[str, object]:
    """The row as a body of the API that reads back to an equal row: only what was stated."""
    told: dict[str, object] = {name: value for name, value in content(row).items() if value is not None}
    for name in ("ready_at", "placed_at", "window_start", "window_end"):
        if name in told:
            moment = datetime.fromtimestamp(int(str(told[name])) // MICROSECONDS, UTC)
            moment += timedelta(microseconds=int(str(told[name])) % MICROSECONDS)
            told[name] = moment.isoformat().replace("+00:00", "Z")
    if row.recipient.point is not None and "lat" in told:
        told["lat"], told["lon"] = row.recipient.point.lat, row.recipient.point.lon
    if "handling" in told:
        told["handling"] = [str(duty) for duty in row.handling]
    return told
