"""The life of a delivery's routing: one decision after another, each on record.

(none) ─▶ decided ─▶ decided anew (a carrier refused, was silent, or a van was lost) ─▶ …
"""

from typing import Final

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CarrierId, DeliveryId
from doorstep.vocabulary.routing import AnyRoutingCommand, AnyRoutingEvent, RoutingDecided

DECISIONS_MAX: Final = 20
"""Decisions that one delivery may need; a network that says no so often needs a person."""


class RoutingState(msgspec.Struct, frozen=True):
    """The decisions so far, the latest last."""

    delivery: DeliveryId
    decisions: tuple[RoutingDecided, ...]

    @property
    def current(self) -> RoutingDecided:
        """The decision that counts."""
        return self.decisions[-1]

    @property
    def tried(self) -> frozenset[CarrierId]:
        """The carriers that were chosen before the current decision."""
        return frozenset(one.carrier for one in self.decisions[:-1] if one.carrier is not None)


def decide(
    state: RoutingState | None, command: AnyRoutingCommand, book: PolicyBook
) -> tuple[AnyRoutingEvent, ...] | Refusal:
    """The decision on record, unless there were too many of them."""
    del book
    if state is not None and len(state.decisions) >= DECISIONS_MAX:
        return Refusal("decisions_full", f"{DECISIONS_MAX} routing decisions were made for this delivery")
    return (RoutingDecided(**{name: getattr(command, name) for name in command.__struct_fields__}),)


def evolve(state: RoutingState | None, event: AnyRoutingEvent) -> RoutingState:
    """The routing after one more decision."""
    return RoutingState(event.delivery, (*(state.decisions if state else ()), event))
