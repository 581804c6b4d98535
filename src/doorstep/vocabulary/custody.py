"""Custody: who holds a parcel now, as a chain of handoffs, each bound to the one before by hash."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.delivery import HandoffMethod
from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import DeliveryId, ParcelId
from doorstep.vocabulary.proof import Proof
from doorstep.vocabulary.units import Instant


class CustodianKind(StrEnum):
    """What sort of party holds a parcel."""

    merchant = "merchant"
    hub = "hub"
    driver = "driver"
    carrier = "carrier"
    recipient = "recipient"
    neighbour = "neighbour"
    place = "place"
    unknown = "unknown"


class Custodian(msgspec.Struct, frozen=True):
    """A party that holds a parcel: `place` is a box left at a door, `unknown` a gap since the last sight."""

    kind: CustodianKind
    id: str


class CustodyCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("custody")):
    """Addressed to one parcel's chain."""

    parcel: ParcelId

    def stream(self) -> StreamId:
        """The parcel's own stream."""
        return StreamId(f"custody/{self.parcel}")


class OpenCustody(CustodyCommand, frozen=True):
    """Start the chain with its first holder."""

    delivery: DeliveryId
    holder: Custodian
    at: Instant


class HandOver(CustodyCommand, frozen=True):
    """A release and an acceptance, in one: by whom, to whom, when, with what evidence."""

    key: str
    holder: Custodian
    at: Instant
    method: HandoffMethod | None
    condition: str
    proofs: tuple[Proof, ...]


class LoseSight(CustodyCommand, frozen=True):
    """Nobody can say who holds it since `at`."""

    key: str
    at: Instant
    why: str


class CustodyEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("custody")):
    """A link of one parcel's chain; `link` is the hash over the previous link and this event's other data."""

    parcel: ParcelId
    link: str


class CustodyOpened(CustodyEvent, frozen=True, tag="custody.opened"):
    """The first holder."""

    delivery: DeliveryId
    holder: Custodian
    at: Instant


class HandedOver(CustodyEvent, frozen=True):
    """From one holder to the next."""

    key: str
    giver: Custodian
    holder: Custodian
    at: Instant
    method: HandoffMethod | None
    condition: str
    proofs: tuple[Proof, ...]


class SightLost(CustodyEvent, frozen=True):
    """Unknown since `at`."""

    key: str
    giver: Custodian
    holder: Custodian
    at: Instant
    why: str


AnyCustodyEvent = CustodyOpened | HandedOver | SightLost
AnyCustodyCommand = OpenCustody | HandOver | LoseSight
