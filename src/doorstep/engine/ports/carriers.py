"""Carriers: how a delivery is given to another house, taken back, and how its own words become ours."""

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.ids import CarrierId, ParcelId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window

ANSWER_BYTES_MAX: Final = 256 * 1024
"""Bytes of one answer of a carrier that are read; a longer one is garbage."""


class CarrierDown(Exception):
    """The carrier did not answer; whether it did what was asked is not known."""


class CarrierGarbled(Exception):
    """The carrier's answer cannot be read; whether it did what was asked is not known."""


class SignatureRefused(Exception):
    """The message is not the carrier's: unsigned, signed by another, or older than its tolerance."""


class MessageUnreadable(Exception):
    """The message is the carrier's, and cannot be read."""


class Shipment(msgspec.Struct, frozen=True):
    """All that a carrier must know to deliver; it has personal data in it and is never stored.

    `ours` is our own stable reference: a carrier that was asked twice under it has one shipment.
    """

    ours: str
    service: str
    hub_name: str
    hub: Point
    name: str
    phone: str
    address: str
    unit: str
    instructions: str
    place: Point
    parcels: tuple[ParcelId, ...]
    weight_g: Grams
    handling: tuple[Handling, ...]
    window: Window
    price_minor: int
    currency: str


class Booked(msgspec.Struct, frozen=True):
    """The carrier has it, under its own `reference`, for this price; `label` is a file where it makes one."""

    reference: str
    price_minor: int
    currency: str
    label: bytes | None = None
    label_media: str = ""


class Declined(msgspec.Struct, frozen=True):
    """The carrier does not take it."""

    reason: Reason
    text: str


class Released(msgspec.Struct, frozen=True):
    """The carrier let it go, for `fee_minor`."""

    fee_minor: int = 0


class Kept(msgspec.Struct, frozen=True):
    """The carrier keeps it: it is too late."""

    text: str


class Report(msgspec.Struct, frozen=True):
    """One thing that a carrier says of one shipment, with its own words kept.

    `event` is the carrier's own id of it, or the hash of its content where it gives none. `ours` or
    `reference` says which shipment. `status` and `reason` are None where `code` is not in the mapping: it
    is then kept as unmapped. `nearby` is a courier close to the door, which is never an arrival. `photo` and
    `signature` are files of proof. `lat` and `lon` are where it happened, None where nobody said.
    """

    event: str
    code: str
    text: str
    at: Instant
    seq: int = 0
    ours: str | None = None
    reference: str | None = None
    status: DeliveryStatus | None = None
    reason: Reason | None = None
    nearby: bool = False
    parcels: tuple[ParcelId, ...] = ()
    scanned: bool = False
    photo: bytes | None = None
    signature: bytes | None = None
    signed_by: str = ""
    pin: str = ""
    point: Point | None = None
    currency: str | None = None
    charge_minor: int | None = None


class CarrierConnection(Protocol):
    """One carrier, in its own protocol."""

    @property
    def id(self) -> CarrierId:
        """Whose it is."""
        ...

    def book(self, shipment: Shipment) -> Booked | Declined:
        """Ask it to deliver.

        Raises:
            CarrierDown: no answer; look with `find` before asking again.
            CarrierGarbled: an answer that cannot be read; the same.
        """
        ...

    def find(self, ours: str) -> Booked | None:
        """The shipment that it has under our reference; None where it has none.

        Raises:
            CarrierDown: no answer.
            CarrierGarbled: an answer that cannot be read.
        """
        ...

    def cancel(self, ours: str) -> Released | Kept:
        """Ask it to let the shipment go; one that it does not have is let go.

        Raises:
            CarrierDown: no answer.
            CarrierGarbled: an answer that cannot be read.
        """
        ...

    def read(self, headers: Mapping[str, str], body: bytes, now: Instant) -> tuple[Report, ...]:
        """What a pushed message says; header names are in lower case.

        Raises:
            SignatureRefused: it is not the carrier's, or not of now.
            MessageUnreadable: it is, and cannot be read.
        """
        ...
