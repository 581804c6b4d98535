"""How waves are planned and vans are sent."""

from collections.abc import Collection

import msgspec

from doorstep.vocabulary.event import Because
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.units import Seconds


class ServiceTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds at the door: a base, and what each parcel and each duty adds."""

    base_s: int
    parcel_s: int
    signature_s: int
    photo_s: int
    pin_s: int
    age_check_s: int
    high_value_s: int


class MovePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When stops change vans on a running day, and what it costs to make untrue what was told."""

    relief_before_s: int
    relief_gain_s: int
    relief_added_s_max: int
    relief_rest_s: int
    told_driver_minor: int
    told_shopper_minor: int
    told_shift_s: int


class DispatchPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Waves, load-out, re-planning."""

    id: str
    version: int
    stage_lead_s: int
    load_out_s: int
    improve_before_s: tuple[int, ...]
    solver_iterations: int
    margin_s: int
    predict_miss_s: int
    recovery_s: int
    service_time: ServiceTime
    moves: MovePolicy

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)

    def service_s(
        self, parcels: int, handling: Collection[Handling], proofs: Collection[ProofKind]
    ) -> Seconds:
        """Planned seconds at the door for this many parcels with these duties."""
        times = self.service_time
        total = times.base_s + times.parcel_s * parcels
        total += times.signature_s if ProofKind.signature in proofs else 0
        total += times.photo_s if ProofKind.photo in proofs else 0
        total += times.pin_s if ProofKind.pin in proofs else 0
        total += times.age_check_s if ProofKind.age_check in proofs else 0
        total += times.high_value_s if Handling.high_value in handling else 0
        return Seconds(total)
