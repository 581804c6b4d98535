"""Tenders: a delivery offered to one or several carriers, with exactly one acceptance."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import (
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PersonId,
    PlaceId,
    TenderId,
)
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Grams, Instant
from doorstep.vocabulary.windows import Window


class TenderOffer(msgspec.Struct, frozen=True):
    """What one carrier is asked: its service, by which version of its contract, at which price."""

    carrier: CarrierId
    service: str
    contract_version: int
    price_minor: int
    currency: str


class Consignment(msgspec.Struct, frozen=True):
    """What is offered: the job in references; names and addresses are read from the vault when it is sent."""

    delivery: DeliveryId
    order: OrderId
    merchant: MerchantId
    hub: HubId
    person: PersonId
    place: PlaceId
    parcels: tuple[ParcelId, ...]
    weight_g: Grams
    handling: tuple[Handling, ...]
    window: Window


class TenderCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("tender")):
    """Addressed to one tender."""

    tender: TenderId

    def stream(self) -> StreamId:
        """The tender's own stream."""
        return StreamId(f"tender/{self.tender}")


class OfferTender(TenderCommand, frozen=True):
    """Ask these carriers; who has not answered by `answer_by` has refused."""

    consignment: Consignment
    offers: tuple[TenderOffer, ...]
    answer_by: Instant
    at: Instant


class RecordAcceptance(TenderCommand, frozen=True):
    """A carrier takes it under its own `reference`; `label` is the SHA-256 of the label's file."""

    carrier: CarrierId
    reference: str
    price_minor: int
    currency: str
    label: str | None
    at: Instant


class RecordRefusal(TenderCommand, frozen=True):
    """A carrier does not take it, for a reason, in its own words."""

    carrier: CarrierId
    reason: Reason
    text: str
    at: Instant


class ExpireTender(TenderCommand, frozen=True):
    """A timer's: nobody answered in time."""

    at: Instant


class CancelTender(TenderCommand, frozen=True):
    """Take it back: from whoever has it, and from whoever was asked."""

    why: str
    at: Instant


class RecordCancellation(TenderCommand, frozen=True):
    """The carrier let it go, for `fee_minor`."""

    carrier: CarrierId
    fee_minor: int
    at: Instant


class RecordCancelRefusal(TenderCommand, frozen=True):
    """The carrier keeps it: it is too late to take it back."""

    carrier: CarrierId
    text: str
    at: Instant


class TenderEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("tender")):
    """A fact about one tender."""

    tender: TenderId


class TenderOffered(TenderEvent, frozen=True, tag="tender.offered"):
    """Asked."""

    consignment: Consignment
    offers: tuple[TenderOffer, ...]
    answer_by: Instant
    at: Instant


class TenderAccepted(TenderEvent, frozen=True, tag="tender.accepted"):
    """The one acceptance."""

    carrier: CarrierId
    reference: str
    price_minor: int
    currency: str
    label: str | None
    at: Instant


class SurplusAcceptance(TenderEvent, frozen=True):
    """A carrier took it that may not have it (another was first, or its time was over): to be cancelled."""

    carrier: CarrierId
    reference: str
    at: Instant


class TenderRefused(TenderEvent, frozen=True, tag="tender.refused"):
    """One carrier does not take it."""

    carrier: CarrierId
    reason: Reason
    text: str
    at: Instant


class TenderExpired(TenderEvent, frozen=True, tag="tender.expired"):
    """Nobody took it in time."""

    at: Instant


class TenderRecalled(TenderEvent, frozen=True, tag="tender.recalled"):
    """We want it back; `asked` are the carriers that have to be told."""

    why: str
    asked: tuple[CarrierId, ...]
    at: Instant


class TenderCancelled(TenderEvent, frozen=True, tag="tender.cancelled"):
    """The carrier let it go."""

    carrier: CarrierId
    fee_minor: int
    at: Instant


class LabelVoided(TenderEvent, frozen=True):
    """The carrier let it go: its label, a file with this SHA-256, is no longer worth anything."""

    carrier: CarrierId
    label: str
    at: Instant


class CancellationRefused(TenderEvent, frozen=True):
    """The carrier keeps it."""

    carrier: CarrierId
    text: str
    at: Instant


AnyTenderEvent = (
    TenderOffered
    | TenderAccepted
    | SurplusAcceptance
    | TenderRefused
    | TenderExpired
    | TenderRecalled
    | TenderCancelled
    | LabelVoided
    | CancellationRefused
)
AnyTenderCommand = (
    OfferTender
    | RecordAcceptance
    | RecordRefusal
    | ExpireTender
    | CancelTender
    | RecordCancellation
    | RecordCancelRefusal
)


class TenderStatus(StrEnum):
    """Where a tender stands."""

    offered = "offered"
    accepted = "accepted"
    refused = "refused"
    expired = "expired"
    recalled = "recalled"
    cancelled = "cancelled"
