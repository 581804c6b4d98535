"""Which proof a handoff needs."""

from collections.abc import Iterable

import msgspec

from doorstep.vocabulary.delivery import HandoffMethod
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.proof import ProofKind


class ProofBounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the checks."""

    pin_digits: int
    pin_tries_max: int
    distance_m_max: int


class ProofPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Proof by handling and by method."""

    id: str
    version: int
    always: tuple[ProofKind, ...]
    handling: dict[Handling, tuple[ProofKind, ...]]
    method: dict[HandoffMethod, tuple[ProofKind, ...]]
    bounds: ProofBounds

    def required(self, handling: Iterable[Handling]) -> tuple[ProofKind, ...]:
        """The proofs that an order with this handling needs, sorted, whatever the method."""
        kinds = set(self.always)
        for duty in handling:
            kinds.update(self.handling.get(duty, ()))
        return tuple(sorted(kinds))

    def for_method(self, method: HandoffMethod) -> tuple[ProofKind, ...]:
        """What the way of handing over asks on top."""
        return self.method.get(method, ())
