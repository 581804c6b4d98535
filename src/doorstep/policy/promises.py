"""When a window may be offered, and what is held for it."""

from typing import Annotated, Final

import msgspec

from doorstep.vocabulary.event import Because

DAYS_ON_SALE_MAX: Final = 14
"""Days whose vans are on the plan at once, today included: each of them costs every quote time."""


class Uncertainty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the firm knows of its own uncertainty: percents, seconds, chances in millionths."""

    travel_sd_pct: int
    service_sd_s: int
    floor_sd_s: int
    receive_ppm: int


class PromisePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days on sale, odds, holds and matches."""

    id: str
    version: int
    days_on_sale: Annotated[int, msgspec.Meta(ge=1, le=DAYS_ON_SALE_MAX)]
    odds_min_ppm: int
    hold_s: int
    match_share_min_pct: int
    shift_step_minutes: int
    shift_steps_max: int
    uncertainty: Uncertainty

    def because(self, rule: str) -> Because:
        """The reference to a rule of this policy."""
        return Because(self.id, self.version, rule)
