"""The life of a ledger page: bookings under keys, each summing to zero."""

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.cost import AnyCostCommand, AnyCostEvent, CostBooked
from doorstep.vocabulary.event import Refusal


class CostState(msgspec.Struct, frozen=True):
    """The keys that are booked, and what the page has borne so far in minor units."""

    page: str
    keys: tuple[str, ...] = ()
    borne_minor: int = 0


def decide(
    state: CostState | None, command: AnyCostCommand, book: PolicyBook
) -> tuple[AnyCostEvent, ...] | Refusal:
    """The booking, nothing when it was booked before, or why it is none."""
    del book
    if state is not None and command.key in state.keys:
        return ()
    if sum(entry.minor for entry in command.entries) != 0:
        return Refusal("entries_unbalanced", "the entries of a booking sum to zero")
    return (CostBooked(command.page, command.key, command.route, command.currency, command.entries),)


def evolve(state: CostState | None, event: AnyCostEvent) -> CostState:
    """The page after the booking."""
    state = state or CostState(event.page)
    borne = sum(entry.minor for entry in event.entries if entry.minor > 0)
    return CostState(event.page, (*state.keys, event.key), state.borne_minor + borne)
