"""What became of each delivery's parcels, read from the log alone: which changed hands, which are lost."""

from dataclasses import dataclass, field

from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryCancelled,
    DeliveryCreated,
    DeliveryEvent,
    DeliveryLost,
    DeliveryReturned,
    ParcelFound,
    ParcelLost,
    ParcelsMissing,
    PickedUp,
)
from doorstep.vocabulary.ids import DeliveryId, ParcelId


@dataclass(slots=True)
class Load:
    """One delivery's parcels: all, those that were handed over, the lost, and those that are sought."""

    parcels: set[ParcelId] = field(default_factory=set)
    handed: set[ParcelId] = field(default_factory=set)
    lost: set[ParcelId] = field(default_factory=set)
    sought: set[ParcelId] = field(default_factory=set)
    returned: set[ParcelId] = field(default_factory=set)
    stopped: bool = False

    @property
    def whole(self) -> bool:
        """Whether all of it was handed over."""
        return bool(self.handed) and self.parcels <= self.handed

    @property
    def over(self) -> bool:
        """Whether nothing of it is under way."""
        ended = self.handed | self.lost | self.returned
        return self.stopped or (bool(self.parcels) and self.parcels <= ended)


class Parcels:
    """Follows every delivery's parcels."""

    def __init__(self) -> None:
        self.of: dict[DeliveryId, Load] = {}

    def follow(self, event: DeliveryEvent) -> Load:
        """Take one event in; returns how its delivery stands."""
        load = self.of.setdefault(event.delivery, Load())
        match event:
            case DeliveryCreated(parcels=parcels):
                load.parcels.update(parcels)
            case PickedUp(parcels=parcels, short=short):
                load.sought.difference_update(parcels)
                load.sought.update(short)
            case ParcelsMissing(parcels=parcels):
                load.sought.update(parcels)
            case Delivered(parcels=parcels):
                load.handed.update(parcels)
                load.sought.difference_update(parcels)
            case ParcelFound(parcel=parcel):
                load.sought.discard(parcel)
                load.lost.discard(parcel)
            case ParcelLost(parcel=parcel):
                load.sought.discard(parcel)
                load.lost.add(parcel)
            case DeliveryReturned():
                load.returned |= load.parcels - load.handed - load.lost - load.sought
            case DeliveryLost() | DeliveryCancelled():
                load.stopped = True
            case _:
                pass
        return load
