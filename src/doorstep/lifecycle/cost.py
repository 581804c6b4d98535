"""The life of a ledger page: bookings under keys, each summing to zero; what was booked may be taken back."""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.cost import AnyCostCommand, AnyCostEvent, BookCost, CostBooked, ReverseCost
from doorstep.vocabulary.event import Refusal


class CostState(msgspec.Struct, frozen=True):
    """The keys that are booked, and what the page has borne so far in minor units.

    `standing` has the bookings that may be taken back: an order's own, and those that nobody took back.
    """

    page: str
    keys: tuple[str, ...] = ()
    borne_minor: int = 0
    standing: dict[str, CostBooked] = {}


def decide(
    state: CostState | None, command: AnyCostCommand, book: PolicyBook
) -> tuple[AnyCostEvent, ...] | Refusal:
    """The booking, nothing when it was booked before, or why it is none."""
    del book
    if state is not None and command.key in state.keys:
        return ()
    match command:
        case BookCost(page=page, key=key, route=route, currency=currency, entries=entries):
            if sum(entry.minor for entry in entries) != 0:
                return Refusal("entries_unbalanced", "the entries of a booking sum to zero")
            return (CostBooked(page, key, route, currency, entries),)
        case ReverseCost(page=page, key=key, reverses=reverses):
            booked = state.standing.get(reverses) if state is not None else None
            if booked is None:
                return Refusal("booking_unknown", f"no booking {reverses} stands on this page")
            entries = tuple(msgspec.structs.replace(entry, minor=-entry.minor) for entry in booked.entries)
            return (CostBooked(page, key, booked.route, booked.currency, entries, reverses),)
        case _:
            assert_never(command)


def evolve(state: CostState | None, event: AnyCostEvent) -> CostState:
    """The page after the booking."""
    state = state or CostState(event.page)
    standing = {key: booked for key, booked in state.standing.items() if key != event.reverses}
    if event.reverses is None and event.route is None:
        standing[event.key] = event
    return CostState(event.page, (*state.keys, event.key), state.borne_minor + borne(event), standing)


def borne(event: CostBooked) -> int:
    """What a booking adds to what its page has borne, minor units; below zero for what is taken back."""
    booked = sum(entry.minor for entry in event.entries if entry.minor > 0)
    return booked if event.reverses is None else -booked
