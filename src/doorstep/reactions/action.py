"""What a delivery's end means for the cases that actions opened about it."""

from typing import Final

from doorstep.lifecycle.action import miss_causes
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.opening import case_id
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseRecord, CloseCase
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    Delivered,
    DeliveryCancelled,
    DeliveryLost,
    DeliveryReturned,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.timer import Consequence, Look

BY_FACT: Final = "doorstep"
"""Who closes a case that a fact has settled."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """They only waited for the door; whatever happened there has its own case where it needs one."""
    del book
    match record.data:
        case Delivered() | AttemptFailed() | DeliveryCancelled() | DeliveryLost() | DeliveryReturned() as end:
            closed = []
            # The first cause is the watch's own, and closed with it.
            _, *others = miss_causes(end.delivery)
            for about in others:
                state: CaseState | None = look(StreamId(f"case/{case_id(CaseKind.predicted_miss, *about)}"))
                if state is None:
                    break
                if state.open:
                    told = CaseRecord(state.happened, state.why, "the wait is over", "nothing yet")
                    closed.append(CloseCase(state.id, "over", told, BY_FACT, record.occurred_at))
            return tuple(closed)
        case _:
            return ()
