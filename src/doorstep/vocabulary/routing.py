"""Routing: which carrier a delivery goes to, and the record of every option that was weighed."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import CarrierId, DeliveryId, HubId, OrderId
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window


class RoutingRule(StrEnum):
    """The rule that chose an option or ruled it out."""

    chosen = "chosen"
    """It has the lowest expected cost of those that may."""
    committed = "committed"
    """Its contract's committed volume of the day is not used up, and paid for either way."""
    dearer = "dearer"
    """It may, and costs more."""
    not_sold = "not_sold"
    """The carrier does not sell this service level."""
    not_connected = "not_connected"
    """There is a contract, and no connection to the carrier."""
    contract_over = "contract_over"
    handling = "handling"
    weight = "weight"
    size = "size"
    parcels = "parcels"
    area = "area"
    window = "window"
    """None of its windows lies in the one that was promised."""
    cutoff = "cutoff"
    capacity = "capacity"
    odds = "odds"
    paused = "paused"
    tried = "tried"
    """It was asked for this delivery before, and refused, was silent, or failed."""
    stranded = "stranded"
    """The parcels are where this carrier cannot collect them."""


class RoutingTrigger(StrEnum):
    """What made the decision necessary."""

    confirmed = "confirmed"
    refused = "refused"
    expired = "expired"
    recalled = "recalled"
    withdrawn = "withdrawn"
    reattempt = "reattempt"
    by_hand = "by_hand"


class RoutingOption(msgspec.Struct, frozen=True):
    """One way to deliver: what it would cost, its odds, its room, its cutoff, and the rule about it.

    `service` is the carrier's own, empty for the fleet. `cost_minor` is the marginal cost in minor units,
    `expected_minor` the same with what a miss costs times its probability; both None where the option was
    ruled out before a price could be had. `capacity_left` is None where nothing limits it but the plan.
    """

    carrier: CarrierId
    service: str
    hub: HubId
    rule: RoutingRule
    detail: str
    cost_minor: int | None = None
    expected_minor: int | None = None
    odds_ppm: int | None = None
    capacity_left: int | None = None
    cutoff: Instant | None = None
    window: Window | None = None

    @property
    def may(self) -> bool:
        """Whether no rule forbids it."""
        return self.rule in (RoutingRule.chosen, RoutingRule.committed, RoutingRule.dearer)


class DecideRouting(msgspec.Struct, frozen=True, tag_field="type", tag="routing.decide"):
    """Record a decision: the carrier that was chosen, None where nobody may."""

    delivery: DeliveryId
    order: OrderId
    trigger: RoutingTrigger
    window: Window
    carrier: CarrierId | None
    service: str
    options: tuple[RoutingOption, ...]
    currency: str
    tender_at: Instant | None
    at: Instant

    def stream(self) -> StreamId:
        """The delivery's routing record."""
        return StreamId(f"routing/{self.delivery}")


class RoutingDecided(msgspec.Struct, frozen=True, tag_field="type", tag="routing.decided"):
    """Decided; `tender_at` is when the carrier is asked, None for the fleet."""

    delivery: DeliveryId
    order: OrderId
    trigger: RoutingTrigger
    window: Window
    carrier: CarrierId | None
    service: str
    options: tuple[RoutingOption, ...]
    currency: str
    tender_at: Instant | None
    at: Instant


AnyRoutingEvent = RoutingDecided
AnyRoutingCommand = DecideRouting
