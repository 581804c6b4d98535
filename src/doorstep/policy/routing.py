"""How a delivery finds its carrier: what a miss costs, how often is asked, when a carrier is left alone."""

import msgspec

from doorstep.vocabulary.event import Because
from doorstep.vocabulary.order import Handling


class Breaker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """After `failures` calls in a row without an answer a carrier is left alone for `pause_s` seconds."""

    failures: int
    pause_s: int


class RoutingPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The routing decision and the tender.

    `miss_minor` is what a missed promise costs by service, beside its refund: the weight of the odds.
    `broadcast` is how many carriers are asked at once, by service; one where it is not named.
    """

    id: str
    version: int
    odds_min_ppm: int
    tenders_max: int
    fleet_metres_per_second: int
    miss_minor: dict[str, int]
    broadcast: dict[str, int]
    backup_services: tuple[str, ...]
    backup_capabilities: tuple[Handling, ...]
    breaker: Breaker

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)
