"""Invariant 14: physical failed attempts never exceed policy; then hold, another place, or return."""

from dataclasses import dataclass, field
from typing import ClassVar

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    BackAtHub,
    CarrierWord,
    Delivered,
    DeliveryAssigned,
    DeliveryCancelled,
    DeliveryEvent,
    DeliveryHeld,
    DeliveryLost,
    DeliveryReturned,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import DeliveryId
from doorstep.vocabulary.record import Record


@dataclass(slots=True)
class _Tries:
    keys: set[str] = field(default_factory=set)
    physical: int = 0
    undecided_since: int = 0
    used_up: bool = False


class AttemptLimit(Checker):
    """Counts physical failures by their own evidence, each once.

    Every failure is followed in its commit by what happens next; once the limit is reached, that is never
    another attempt.
    """

    number: ClassVar[int] = 14
    name: ClassVar[str] = "physical failed attempts stay within policy"

    def __init__(self, physical_max: int) -> None:
        self._physical_max = physical_max

    def inspect(self, log: Log, tally: Tally) -> None:
        """Commit by commit: a failure and what follows stand in the same one."""
        tries: dict[DeliveryId, _Tries] = {}
        for commit in log.commits():
            touched: set[DeliveryId] = set()
            for record in commit:
                match record.data:
                    case DeliveryEvent() as event:
                        self._follow(tries.setdefault(event.delivery, _Tries()), event, record, tally)
                        if isinstance(event, (AttemptFailed, BackAtHub, Delivered)):
                            touched.add(event.delivery)
                    case _:
                        pass
            for delivery in sorted(touched):
                since = tries[delivery].undecided_since
                tally.that(since == 0, delivery, f"nothing follows the failure at {since}")

    def _follow(self, tries: _Tries, event: DeliveryEvent, record: Record, tally: Tally) -> None:
        match event:
            case BackAtHub():
                # What a carrier could not deliver is decided on when it is back.
                tries.undecided_since = record.position
            case AttemptFailed(said=CarrierWord()):
                pass
            case AttemptFailed(delivery=delivery, key=key) as failure if key not in tries.keys:
                tries.keys.add(key)
                tries.physical += failure.physical
                tries.undecided_since = record.position
                within = tries.physical <= self._physical_max
                tally.that(within, delivery, f"{tries.physical} physical failures at {record.position}")
                tries.used_up = tries.physical >= self._physical_max
            case ReattemptScheduled(delivery=delivery):
                tries.undecided_since = 0
                again = f"another attempt at {record.position} after {tries.physical} physical ones"
                tally.that(not tries.used_up, delivery, again)
            case DeliveryHeld() | ReturnStarted() | DeliveryReturned() | DeliveryCancelled():
                tries.undecided_since = 0
            case Delivered() | DeliveryLost() | DeliveryAssigned():
                tries.undecided_since = 0
            case _:
                pass
