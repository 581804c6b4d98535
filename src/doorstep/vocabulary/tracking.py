"""Tracking: what a shopper may do behind the link to their order, and what they wished for there.

The words of a wish are personal: they lie in the vault under `person`, as the note with the wish's key.
"""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import OrderId, PersonId
from doorstep.vocabulary.units import Instant


class DropPlace(StrEnum):
    """Where the shopper wants the parcels, if not in their own hands."""

    door = "door"
    neighbour = "neighbour"
    safe_place = "safe_place"


class Complaint(StrEnum):
    """What a shopper may say is wrong."""

    not_received = "not_received"
    damaged = "damaged"
    incomplete = "incomplete"
    wrong_place = "wrong_place"
    other = "other"


class TrackingCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("tracking")):
    """Addressed to what one order's links have led to."""

    order: OrderId

    def stream(self) -> StreamId:
        """The order's stream of wishes."""
        return StreamId(f"tracking/{self.order}")


class RevokeLinks(TrackingCommand, frozen=True):
    """Let no link open the order that was given out before."""

    by: str
    at: Instant


class WishPlace(TrackingCommand, frozen=True):
    """Ask for the parcels to be left here; where exactly stands in the note."""

    key: str
    person: PersonId
    place: DropPlace
    at: Instant


class GiveInstructions(TrackingCommand, frozen=True):
    """Tell the driver how to find the door; the words stand in the note."""

    key: str
    person: PersonId
    at: Instant


class TrackingEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("tracking")):
    """A fact about what one order's links have led to."""

    order: OrderId


class LinksRevoked(TrackingEvent, frozen=True):
    """No link of before opens the order any more."""

    by: str
    at: Instant


class PlaceWished(TrackingEvent, frozen=True):
    """The shopper wants the parcels left here."""

    key: str
    person: PersonId
    place: DropPlace
    at: Instant


class InstructionsGiven(TrackingEvent, frozen=True):
    """The shopper told the driver how to find the door."""

    key: str
    person: PersonId
    at: Instant


AnyTrackingEvent = LinksRevoked | PlaceWished | InstructionsGiven
AnyTrackingCommand = RevokeLinks | WishPlace | GiveInstructions
