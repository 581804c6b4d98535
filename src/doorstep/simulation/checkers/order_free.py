"""Invariant 7: permuting or repeating what came in changes no final state."""

from collections.abc import Callable, Sequence
from random import Random
from typing import ClassVar

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.delivery import AnyDeliveryEvent, DeliveryEvent
from doorstep.vocabulary.ids import DeliveryId

REPEATS_MAX = 5
"""How often one piece of evidence may come."""


class OrderFree(Checker):
    """Every delivery's evidence, shuffled and repeated, folds to the same status.

    Args:
        final_status: the production fold: the status after evidence in the order in which it came.
        shuffles: permutations per delivery.
        seed: of the shuffles.
    """

    number: ClassVar[int] = 7
    name: ClassVar[str] = "the order and number of arrivals change no final state"

    def __init__(
        self,
        final_status: Callable[[Sequence[AnyDeliveryEvent]], object],
        shuffles: int = 4,
        seed: int = 0,
    ) -> None:
        self._final_status = final_status
        self._shuffles = shuffles
        self._seed = seed

    def inspect(self, log: Log, tally: Tally) -> None:
        """The log's own order is compared with reversed, shuffled and repeated ones."""
        evidence: dict[DeliveryId, list[AnyDeliveryEvent]] = {}
        for record in log.records:
            match record.data:
                case DeliveryEvent() as event:
                    evidence.setdefault(event.delivery, []).append(event)
                case _:
                    pass
        luck = Random(self._seed)
        for delivery, events in sorted(evidence.items()):
            expected = self._final_status(events)
            for number in range(self._shuffles + 1):
                arrivals = [event for event in events for _ in range(luck.randint(1, REPEATS_MAX))]
                if number == 0:
                    arrivals.reverse()
                else:
                    luck.shuffle(arrivals)
                found = self._final_status(arrivals)
                tally.that(found == expected, delivery, f"{found} instead of {expected} in another order")
