"""Carriers: partners who deliver for us.

What they say of a delivery is that delivery's evidence. A carrier's own stream holds the rest: whether we may
call on it now, and the messages of its feed that belong to no delivery that we know.
"""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import Instant


class SetAside(StrEnum):
    """Why a message of a feed became no evidence; its bytes stay in the vault."""

    unknown_delivery = "unknown_delivery"
    foreign_delivery = "foreign_delivery"
    unreadable = "unreadable"
    wrong_currency = "wrong_currency"


class CarrierCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("carrier")):
    """Addressed to one carrier."""

    carrier: CarrierId

    def stream(self) -> StreamId:
        """The carrier's own stream."""
        return StreamId(f"carrier/{self.carrier}")


class PauseCarrier(CarrierCommand, frozen=True):
    """Call on it no more until an instant: too many calls failed in a row, or a person says so."""

    until: Instant
    why: str
    at: Instant


class ResumeCarrier(CarrierCommand, frozen=True):
    """It answers again."""

    at: Instant


class SetMessageAside(CarrierCommand, frozen=True):
    """Keep a message that is no evidence: `raw` names its bytes in the vault, `key` the message."""

    key: str
    reason: SetAside
    detail: str
    raw: str
    at: Instant


class NoteRepeats(CarrierCommand, frozen=True):
    """Count what a message told that was evidence already: `key` names the message, `reports` how many."""

    key: str
    reports: int
    at: Instant


class CarrierEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("carrier")):
    """A fact about one carrier."""

    carrier: CarrierId


class CarrierPaused(CarrierEvent, frozen=True, tag="carrier.paused"):
    """Not called on until then; routing decisions leave it out."""

    until: Instant
    why: str
    at: Instant


class CarrierResumed(CarrierEvent, frozen=True, tag="carrier.resumed"):
    """Back."""

    at: Instant


class MessageSetAside(CarrierEvent, frozen=True, tag="carrier.message_set_aside"):
    """A message that nobody could place."""

    key: str
    reason: SetAside
    detail: str
    raw: str
    at: Instant


class ReportsRepeated(CarrierEvent, frozen=True, tag="carrier.reports_repeated"):
    """A message told again what was evidence already: no evidence changed, and it was counted."""

    key: str
    reports: int
    at: Instant


AnyCarrierEvent = CarrierPaused | CarrierResumed | MessageSetAside | ReportsRepeated
AnyCarrierCommand = PauseCarrier | ResumeCarrier | SetMessageAside | NoteRepeats
