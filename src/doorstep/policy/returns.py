"""Returns: what may come back until when, who pays, how long each step may take, and what is paid back."""

from typing import Final

import msgspec

from doorstep.policy.services import ServiceLevel
from doorstep.vocabulary.event import Because
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.return_ import Condition, Disposition, ReturnReason

PPM: Final = 1_000_000


class ReturnRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason's: whether it needs nobody's yes, and whether the shopper pays the way back.

    Who pays the way back also bears how the goods came back.
    """

    auto_authorise: bool
    shopper_pays: bool


class StepHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours that each step may take after the one before it; `collect` counts from the window's end."""

    authorise: int
    hand_in: int
    collect: int
    bring_in: int
    receive: int
    inspect: int
    dispose: int
    refund: int


class ConditionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition's: what becomes of the goods, and the share of the value that a shopper who pays gets."""

    refund_ppm: int
    disposition: Disposition


class CollectionRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Vans that fetch goods: on how many days a shopper may choose from which windows.

    After `failures_max` visits at which nobody gave anything to the driver, the goods are brought to a hub.
    `proofs` are what the driver captures beside the scan, `visit_minor` what a visit costs beside its time.
    """

    days_offered: int
    failures_max: int
    visit_minor: int
    proofs: tuple[ProofKind, ...]
    windows: ServiceLevel


class ReturnPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of the way back; minor units are of the tariffs' currency.

    A reason without a rule is not accepted. `window_days` has services with days of their own.
    """

    id: str
    version: int
    days_after_delivery: int
    shopper_fee_minor: int
    drop_off_minor: int
    inspection_minor: int
    window_days: dict[str, int]
    hours: StepHours
    collection: CollectionRules
    reason: dict[ReturnReason, ReturnRule]
    condition: dict[Condition, ConditionRule]

    def days(self, service: str) -> int:
        """Days after the delivery in which a return may be asked for."""
        return self.window_days.get(service, self.days_after_delivery)

    def refund(self, value: Money, reason: ReturnReason, condition: Condition, fee: Money) -> Money:
        """What is paid back for goods of this value; a `fee` in another currency is not taken off."""
        if not self.reason[reason].shopper_pays:
            return value
        share = value.minor * self.condition[condition].refund_ppm // PPM
        taken = fee.minor if fee.currency == value.currency else 0
        return Money(max(0, share - taken), value.currency)

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)
