"""Tariffs: what things cost."""

import msgspec

from doorstep.vocabulary.event import Because


class TariffPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minor units of `currency` (ISO 4217)."""

    id: str
    version: int
    currency: str
    driver_minor_per_hour: int
    distance_minor_per_km: int
    attempt_minor: int
    contact_minor: int
    contact_page_minor: int
    refund_minor: dict[str, int]

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)
