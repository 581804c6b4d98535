"""The life of a promise.

held ──▶ confirmed ──▶ settled (kept · missed · unproven · void), again when evidence changes it
  │          ├──────▶ changed (a successor stands)
  │          └──────▶ released
  ├──▶ released
  └──▶ expired
refused: a request that no plan could keep
"""

from enum import StrEnum
from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import (
    OWN_FLEET,
    CarrierId,
    DeliveryId,
    MerchantId,
    OrderId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.promise import (
    AnnounceMiss,
    AnyPromiseCommand,
    AnyPromiseEvent,
    ChangePromise,
    ConfirmPromise,
    Demand,
    ExpireHold,
    HoldExpired,
    HoldPromise,
    MissAnnounced,
    PromiseChanged,
    PromiseConfirmed,
    PromiseHeld,
    PromiseOutcome,
    PromiseRefused,
    PromiseReleased,
    PromiseSettled,
    RefusePromise,
    ReleasePromise,
    SettlePromise,
)
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window


class PromiseStatus(StrEnum):
    """Where a promise stands."""

    refused = "refused"
    held = "held"
    confirmed = "confirmed"
    changed = "changed"
    released = "released"
    expired = "expired"
    settled = "settled"


class PromiseState(msgspec.Struct, frozen=True):
    """A promise as its events tell it; a refused one has neither delivery nor window."""

    id: PromiseId
    status: PromiseStatus
    merchant: MerchantId
    service: str
    delivery: DeliveryId | None
    place: PlaceId | None
    demand: Demand | None
    window: Window | None
    odds_ppm: int
    route: RouteId | None
    expires_at: Instant
    order: OrderId | None = None
    announced_at: Instant | None = None
    outcome: PromiseOutcome | None = None
    carrier: CarrierId = OWN_FLEET
    carrier_service: str = ""


def decide(
    state: PromiseState | None, command: AnyPromiseCommand, book: PolicyBook
) -> tuple[AnyPromiseEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    promise = command.promise
    if isinstance(command, HoldPromise):
        if state is not None:
            return Refusal("promise_exists", f"promise {promise} stands already")
        if command.odds_ppm < book.promises.odds_min_ppm:
            return Refusal("odds_too_low", "the window is less certain than what may be offered")
        fields = {name: getattr(command, name) for name in command.__struct_fields__}
        return (PromiseHeld(**fields),)
    if isinstance(command, RefusePromise):
        if state is not None:
            return Refusal("promise_exists", f"promise {promise} stands already")
        fields = {name: getattr(command, name) for name in command.__struct_fields__}
        return (PromiseRefused(**fields),)
    if state is None:
        return Refusal("promise_unknown", f"there is no promise {promise}")
    status = state.status
    match command:
        case ConfirmPromise(order=order, plan_hash=plan_hash, at=at):
            if status is not PromiseStatus.held:
                return Refusal("promise_not_held", f"a promise that is {status} cannot be confirmed")
            if at > state.expires_at:
                return Refusal("hold_expired", "the hold's time is up; ask for a new quote")
            return (PromiseConfirmed(promise, order, plan_hash, at),)
        case ReleasePromise(why=why):
            if status not in (PromiseStatus.held, PromiseStatus.confirmed):
                return Refusal("promise_closed", f"the promise is {status}")
            return (PromiseReleased(promise, why),)
        case ExpireHold():
            return (HoldExpired(promise),) if status is PromiseStatus.held else ()
        case ChangePromise(successor=successor, by_shopper=by_shopper, told_at=told_at):
            if status is not PromiseStatus.confirmed:
                return Refusal("promise_not_confirmed", f"a promise that is {status} cannot be changed")
            return (PromiseChanged(promise, successor, by_shopper, told_at),)
        case AnnounceMiss(expected=expected, at=at):
            stands = status in (PromiseStatus.confirmed, PromiseStatus.changed)
            if state.announced_at is not None or not stands:
                return ()
            return (MissAnnounced(promise, expected, at),)
        case SettlePromise(outcome=outcome, handed_over_at=handed_over_at):
            if status not in (PromiseStatus.confirmed, PromiseStatus.changed, PromiseStatus.settled):
                return Refusal("promise_not_due", f"a promise that is {status} falls never due")
            if state.outcome is outcome:
                return ()
            return (PromiseSettled(promise, outcome, handed_over_at),)
        case _:
            assert_never(command)


def evolve(state: PromiseState | None, event: AnyPromiseEvent) -> PromiseState:
    """The state after the event."""
    match event:
        case PromiseHeld():
            return PromiseState(
                event.promise, PromiseStatus.held, event.merchant, event.service, event.delivery,
                event.place, event.demand, event.window, event.odds_ppm, event.route, event.expires_at,
                carrier=event.carrier, carrier_service=event.carrier_service,
            )  # fmt: skip
        case PromiseRefused():
            return PromiseState(
                event.promise, PromiseStatus.refused, event.merchant, event.service, None,
                None, None, None, 0, None, Instant(0), event.order,
            )  # fmt: skip
        case _:
            assert state is not None, f"{event} before the promise was held"
    replace = msgspec.structs.replace
    match event:
        case PromiseConfirmed(order=order):
            return replace(state, status=PromiseStatus.confirmed, order=order)
        case PromiseReleased():
            return replace(state, status=PromiseStatus.released)
        case HoldExpired():
            return replace(state, status=PromiseStatus.expired)
        case PromiseChanged():
            return replace(state, status=PromiseStatus.changed)
        case MissAnnounced(at=at):
            return replace(state, announced_at=at)
        case PromiseSettled(outcome=outcome):
            return replace(state, status=PromiseStatus.settled, outcome=outcome)
        case _:
            assert_never(event)
