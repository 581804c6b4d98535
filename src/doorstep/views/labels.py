"""Labels: every code in plain words, said the same on each page, in the report and in the browser."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Reasons
        "recipient.not_home": "nobody home",
        "recipient.refused": "recipient refused it",
        "recipient.business_closed": "business closed",
        "recipient.wrong_pin_or_id": "PIN or ID did not match",
        "recipient.underage": "recipient too young",
        "recipient.rescheduled": "recipient asked for another day",
        "recipient.cancelled": "cancelled by the recipient",
        "recipient.access_denied": "no way into the building",
        "recipient.no_safe_place": "no safe place to leave it",
        "recipient.payment_due": "payment due at the door",
        "address.not_found": "address not found",
        "address.incomplete": "address incomplete",
        "address.out_of_area": "address outside the area",
        "carrier.damaged": "damaged on the way",
        "carrier.lost": "lost on the way",
        "carrier.missorted": "sorted to the wrong place",
        "carrier.no_attempt": "nobody went to the door",
        "carrier.out_of_time": "the driver ran out of time",
        "carrier.vehicle_breakdown": "the van broke down",
        "carrier.no_capacity": "no room on any van",
        "carrier.no_courier": "no courier found",
        "carrier.left_behind": "left behind at the hub",
        "carrier.temperature_excursion": "too warm or too cold on the way",
        "carrier.seal_broken": "seal broken",
        "merchant.not_ready": "not ready at the merchant",
        "merchant.wrong_item": "wrong item from the merchant",
        "merchant.label_error": "wrong or unreadable label",
        "merchant.packaging": "packaging not fit for the way",
        "merchant.data_error": "wrong data from the merchant",
        "merchant.cancelled": "cancelled by the merchant",
        "customs.documents": "customs: documents missing",
        "customs.duties": "customs: duties unpaid",
        "customs.inspection": "customs: inspection",
        "customs.prohibited": "customs: not allowed in",
        "world.weather": "weather",
        "world.disaster": "disaster",
        "world.road_closed": "road closed",
        "system.stale_feed": "no news from the carrier",
        "system.contradiction": "two sources contradict each other",
        "system.duplicate": "told twice",
        # Why no window can be promised
        "no_time": "no van has time for it",
        "no_vehicle": "no van on the road then",
        "no_capacity": "no room on any van",
        "no_capacity_weight": "too heavy for what is left on the vans",
        "no_capacity_volume": "too large for what is left on the vans",
        "skill_missing": "no van fit for these goods",
        "window_too_early_or_ready_too_late": "window too early, or goods ready too late",
        "not_found": "address not found",
        "not_unique": "address fits several places",
        # What a delivery waits for, and what an attempt lacks
        "vehicle_breakdown": "the van broke down",
        "shortage": "parcel missing at load-out",
        "reattempt": "another attempt",
        "no_attempt": "nobody went to the door",
        "radius": "a position near the place",
        "stay": "a long enough stay",
        "evidence": "the evidence that policy asks for",
        # The rules of a routing decision, and what made it necessary
        "routing.chosen": "lowest expected cost",
        "routing.committed": "volume that is paid for either way",
        "routing.dearer": "possible, and dearer",
        "routing.not_sold": "does not sell this service",
        "routing.not_connected": "no connection to it",
        "routing.contract_over": "no contract for that day",
        "routing.handling": "not qualified for these goods",
        "routing.weight": "too heavy for it",
        "routing.size": "too long for it",
        "routing.parcels": "too many parcels for it",
        "routing.area": "too far from the hub",
        "routing.window": "no window of its own that fits",
        "routing.cutoff": "too late to ask it",
        "routing.capacity": "no room on that day",
        "routing.odds": "not likely enough to be on time",
        "routing.paused": "does not answer at the moment",
        "routing.tried": "was asked before",
        "routing.stranded": "the parcels are elsewhere",
        "trigger.confirmed": "when the window was confirmed",
        "trigger.refused": "after a refusal",
        "trigger.expired": "after nobody answered",
        "trigger.recalled": "after it was taken back",
        "trigger.withdrawn": "after the van was withdrawn",
        "trigger.reattempt": "for another attempt",
        "trigger.by_hand": "by hand",
        # What a carrier that was asked answered
        "answer.silent": "silent so far",
        "answer.accepted": "the one that takes it",
        "answer.surplus": "to let it go again: it took it too late",
        "answer.refused": "not willing",
        "answer.cancelled": "free of it again",
        "cancel_refused": "cancellation refused by the carrier",
        # Proofs, handovers, sources
        "pin": "PIN",
        "age_check": "age check",
        "api": "by API",
        "driver_app": "driver's phone",
        "carrier_push": "carrier, pushed",
        "carrier_poll": "carrier, asked",
        "carrier_file": "carrier, by file",
        "telematics": "the van itself",
        "manual": "by hand",
        "derived": "by rule",
        # Rules by their keys, which name a unit
        "improve_before_s": "improvement before the loading list",
    }
)
"""Codes whose own letters are no plain words; every other code is said with its underscores as spaces."""
_CODE: Final = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b")


def label(code: str) -> str:
    """A code in plain words: `recipient.not_home` as `nobody home`, `next_day` as `next day`."""
    return LABELS.get(code) or code.replace(".", ": ").replace("_", " ")


def spoken(text: str) -> str:
    """A sentence with its codes said in plain words; other dotted words, such as a file's name, stay."""
    return _CODE.sub(_said, text)


def _said(found: re.Match[str]) -> str:
    code = found[0]
    return LABELS.get(code) or (code if "." in code else code.replace("_", " "))
