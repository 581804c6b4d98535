"""What counts as an attempt, and what follows a failed one."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import Because
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import Reason


class Then(StrEnum):
    """What follows a failed attempt."""

    reattempt = "reattempt"
    hold = "hold"
    send_back = "return"


class ReasonRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For one reason: the evidence asked, whether contact must be tried, what follows."""

    evidence: tuple[ProofKind, ...]
    contact: bool
    then: Then


class AttemptPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The definition of a physical attempt, the limit, and the rule for each reason."""

    id: str
    version: int
    radius_m: int
    stay_s_min: int
    physical_max: int
    hold_days: int
    search_days: int
    default: ReasonRule
    reason: dict[str, ReasonRule]

    def rule(self, reason: Reason) -> ReasonRule:
        """The rule for a reason, or the default."""
        return self.reason.get(reason.value, self.default)

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)
