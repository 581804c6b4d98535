"""PINs: the wrong ones that were given at a door. What was typed never stands anywhere."""

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.units import Instant


class PinCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("pin")):
    """Addressed to the PIN of one delivery."""

    delivery: DeliveryId

    def stream(self) -> StreamId:
        """The PIN's own stream."""
        return StreamId(f"pin/{self.delivery}")


class RefusePin(PinCommand, frozen=True):
    """Count a PIN that was wrong."""

    route: RouteId | None
    at: Instant


class PinEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("pin")):
    """A fact about the PIN of one delivery."""

    delivery: DeliveryId


class PinRefused(PinEvent, frozen=True, tag="pin.refused"):
    """A wrong PIN was given, the `tries`th of this delivery."""

    route: RouteId | None
    at: Instant
    tries: int


AnyPinEvent = PinRefused
AnyPinCommand = RefusePin
