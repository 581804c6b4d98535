"""A carrier's life: what its people do with a shipment, once it is taken on."""

from typing import Protocol

from doorstep.simulation.carriers.shipments import Shipment
from doorstep.vocabulary.units import Instant


class Life(Protocol):
    """What an office asks of its people."""

    def begin(self, shipment: Shipment, now: Instant) -> None:
        """Plan the work for a shipment that was just taken on."""
        ...

    def cancelled(self, shipment: Shipment, now: Instant) -> None:
        """Take note that a shipment was let go."""
        ...
