"""Reasons why a delivery did not go as planned: the party first, so that ownership follows."""

from enum import StrEnum
from typing import Final


class Party(StrEnum):
    """Who a reason lies with."""

    recipient = "recipient"
    address = "address"
    carrier = "carrier"
    merchant = "merchant"
    customs = "customs"
    world = "world"
    system = "system"


class Reason(StrEnum):
    """`party.reason`, the only words for a failure in every ring and on every screen."""

    not_home = "recipient.not_home"
    refused = "recipient.refused"
    business_closed = "recipient.business_closed"
    wrong_pin_or_id = "recipient.wrong_pin_or_id"
    underage = "recipient.underage"
    rescheduled = "recipient.rescheduled"
    cancelled_by_recipient = "recipient.cancelled"
    access_denied = "recipient.access_denied"
    no_safe_place = "recipient.no_safe_place"
    payment_due = "recipient.payment_due"
    address_not_found = "address.not_found"
    address_incomplete = "address.incomplete"
    out_of_area = "address.out_of_area"
    damaged = "carrier.damaged"
    lost = "carrier.lost"
    missorted = "carrier.missorted"
    no_attempt = "carrier.no_attempt"
    out_of_time = "carrier.out_of_time"
    vehicle_breakdown = "carrier.vehicle_breakdown"
    no_capacity = "carrier.no_capacity"
    no_courier = "carrier.no_courier"
    left_behind = "carrier.left_behind"
    temperature_excursion = "carrier.temperature_excursion"
    seal_broken = "carrier.seal_broken"
    not_ready = "merchant.not_ready"
    wrong_item = "merchant.wrong_item"
    label_error = "merchant.label_error"
    packaging = "merchant.packaging"
    data_error = "merchant.data_error"
    cancelled_by_merchant = "merchant.cancelled"
    customs_documents = "customs.documents"
    customs_duties = "customs.duties"
    customs_inspection = "customs.inspection"
    customs_prohibited = "customs.prohibited"
    weather = "world.weather"
    disaster = "world.disaster"
    road_closed = "world.road_closed"
    stale_feed = "system.stale_feed"
    contradiction = "system.contradiction"
    duplicate = "system.duplicate"

    @property
    def party(self) -> Party:
        """Who it lies with."""
        return Party(self.value.partition(".")[0])


NO_ATTEMPT: Final = frozenset(
    {Reason.no_attempt, Reason.out_of_time, Reason.left_behind, Reason.vehicle_breakdown}
)
"""Reasons that count no attempt at all: nobody stood at the door, and the failure is the carrier's."""
