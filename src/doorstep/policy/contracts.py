"""Contracts: what a carrier sells us, at which rates, within which bounds, and what it owes when it fails."""

import msgspec

from doorstep.vocabulary.event import Because
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.units import Grams, Metres

GRAMS_PER_KG = 1_000
METRES_PER_KM = 1_000


class CarrierService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service of a carrier.

    `sells` are the service levels it can stand behind. `windows` are its own, `HH:MM-HH:MM` in the market's
    zone; empty where it takes any window. It is tendered `lead_minutes` before the window starts, and that
    is also its cutoff. Of `capacity_per_day`, `committed_per_day` is paid for whether it is used or not.
    """

    sells: tuple[str, ...]
    lead_minutes: int
    capacity_per_day: int
    base_minor: int
    per_kg_minor: int
    per_km_minor: int
    odds_ppm: int
    radius_m: Metres
    windows: tuple[str, ...] = ()
    committed_per_day: int = 0
    window_minutes_min: int = 0

    def price_minor(self, weight_g: Grams, distance_m: Metres) -> int:
        """The rate for one consignment, in minor units; started kilogrammes and kilometres count."""
        kilos = -(-weight_g // GRAMS_PER_KG)
        kilometres = -(-int(distance_m) // METRES_PER_KM)
        return self.base_minor + self.per_kg_minor * kilos + self.per_km_minor * kilometres


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One carrier's contract.

    `version` counts its signings; `valid_from` and `valid_to` are days, the last included. `tolerance_s` is
    how late an arrival may be before the carrier owes `credit_minor`: it never moves the shopper's own
    metric. `cancel_fee_minor` is due when a shipment is taken back after its acceptance. A feed that says
    nothing of a shipment for `silence_s` is a case.
    """

    name: str
    version: int
    valid_from: str
    valid_to: str
    currency: str
    capabilities: tuple[Handling, ...]
    parcels_max: int
    weight_g_max: Grams
    length_mm_max: int
    answer_s: int
    tolerance_s: int
    credit_minor: int
    cancel_fee_minor: int
    claim_days: int
    liability_minor_max: int
    silence_s: int
    contact: str
    service: dict[str, CarrierService]


class ContractPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All contracts, by carrier."""

    id: str
    version: int
    carrier: dict[CarrierId, Contract]

    def because(self, carrier: CarrierId, rule: str) -> Because:
        """The reference to a clause of a carrier's contract, under the contract's own version."""
        return Because(f"{self.id}.{carrier}", self.carrier[carrier].version, rule)
