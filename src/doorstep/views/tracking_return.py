"""Returns as their shopper sees them: where it stands, what next, and what can still be chosen."""

from typing import Final

import msgspec

from doorstep.lifecycle.return_ import ReturnState
from doorstep.vocabulary.ids import ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.return_ import ReturnReason, ReturnStatus
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.windows import Window

REASONS: Final = {
    ReturnReason.changed_mind: "I do not want it after all",
    ReturnReason.wrong_size: "It does not fit",
    ReturnReason.not_as_described: "It is not as described",
    ReturnReason.wrong_item: "It is something else",
    ReturnReason.defective: "It does not work",
    ReturnReason.damaged: "It came damaged",
    ReturnReason.late: "It came too late",
}
"""What a shopper may say, as the page says it."""
_STANDS: Final = {
    ReturnStatus.requested: ("You asked to send it back", "The shop answers you"),
    ReturnStatus.authorised: ("It may come back", "Bring it to our hub, or choose when a van fetches it"),
    ReturnStatus.booked: ("A van comes for it", "Have it ready: the driver scans it at your door"),
    ReturnStatus.collected: ("The driver has it", "It comes to our hub"),
    ReturnStatus.dropped_off: ("You brought it to our hub", "It goes to the returns bench"),
    ReturnStatus.received: ("It is at the returns bench", "Somebody opens it"),
    ReturnStatus.inspected: ("It was looked at", "The shop decides what becomes of it"),
    ReturnStatus.disposed: ("It was looked at", "The shop tells you about the money"),
    ReturnStatus.refunded: ("The shop pays you back", "Nothing: this is the end"),
    ReturnStatus.closed: ("It ended without money back", "Nothing: this is the end"),
    ReturnStatus.declined: ("The shop does not take it back", "Nothing: this is the end"),
    ReturnStatus.cancelled: ("You keep it", "Nothing: this is the end"),
}
_CHOOSES: Final = frozenset({ReturnStatus.authorised, ReturnStatus.booked})
_KEEPS: Final = frozenset({ReturnStatus.requested, ReturnStatus.authorised, ReturnStatus.booked})


class WayBack(msgspec.Struct, frozen=True):
    """One return. `by` is when the next step is due, `window` when a van comes, `missed` the visits in vain.

    `chooses` is whether the shopper may choose between van and counter, `keeps` whether they may keep it.
    """

    id: ReturnId
    status: str
    stands: str
    next: str
    by: Instant | None
    window: Window | None
    refund: Money | None
    missed: int
    chooses: bool
    keeps: bool


def way_back(state: ReturnState) -> WayBack:
    """A return as its shopper sees it; nobody who handles it is named."""
    stands, onward = _STANDS[state.status]
    return WayBack(
        id=state.id,
        status=state.status.value,
        stands=stands,
        next=onward,
        by=state.due_at,
        window=None if state.collection is None else state.collection.window,
        refund=state.refund,
        missed=state.failures,
        chooses=state.status in _CHOOSES and not state.at_door,
        keeps=state.status in _KEEPS and not state.at_door,
    )
