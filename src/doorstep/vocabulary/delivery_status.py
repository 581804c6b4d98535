"""What is said of a delivery in one word: where it stands, how it changes hands, what became of it."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.ids import CarrierId


class DeliveryStatus(StrEnum):
    """Where a delivery stands; late, at risk and unproven are flags, never statuses."""

    created = "created"
    accepted = "accepted"
    assigned = "assigned"
    pickup_arrived = "pickup_arrived"
    picked_up = "picked_up"
    in_transit = "in_transit"
    out_for_delivery = "out_for_delivery"
    arrived = "arrived"
    attempt_failed = "attempt_failed"
    available_for_pickup = "available_for_pickup"
    on_hold = "on_hold"
    delivered = "delivered"
    partially_delivered = "partially_delivered"
    returning = "returning"
    returned = "returned"
    cancelled = "cancelled"
    lost = "lost"


class ParcelOutcome(StrEnum):
    """What became of a parcel; one that has no outcome is still under way, or sought."""

    delivered = "delivered"
    returned = "returned"
    lost = "lost"
    cancelled = "cancelled"


class HandoffMethod(StrEnum):
    """How the parcels left the driver's hands."""

    to_recipient = "to_recipient"
    to_neighbour = "to_neighbour"
    left_at_place = "left_at_place"


class CarrierWord(msgspec.Struct, frozen=True):
    """What a carrier said, by its own code, kept beside what is made of it.

    Its free words may name anybody: they lie in the vault with the recipient's data, and go with it. `noted`
    says that there are some, under the key of the event that this word belongs to.

    `plausible` is False where its clock cannot be right: the event is then placed by its rank, not its time.
    """

    carrier: CarrierId
    code: str
    noted: bool = False
    plausible: bool = True
