"""Charges: to whom a promise, an attempt, a case or a cost belongs where several carriers deliver.

One rule for all of them: what was done belongs to who did it; what was not done, to who had taken the
delivery over when it fell due. A carrier takes over by accepting a tender, the own fleet by a routing
decision or by putting the delivery on a route. Whoever gives it back stays charged until another takes it
over; what we recall from a carrier is not its any more. What nobody ever took over is nobody's.
"""

from bisect import insort
from typing import Final

from doorstep.views.attempts import DueAttempt, teller
from doorstep.views.promise_chains import Due, PromiseChains
from doorstep.vocabulary.case import CaseSubject
from doorstep.vocabulary.delivery import DeliveryAssigned, DeliveryCreated
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId, DeliveryId, OrderId, TenderId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.routing import RoutingDecided
from doorstep.vocabulary.tender import (
    CancellationRefused,
    TenderAccepted,
    TenderCancelled,
    TenderOffered,
    TenderRecalled,
)
from doorstep.vocabulary.units import Instant

NOBODY: Final = CarrierId("nobody")
"""Stands where no carrier took a delivery over, the own fleet included."""

_Turn = tuple[Instant, int, CarrierId, TenderId | None]
"""From when, at which position of the log, whose it is, and by which tender."""


class Charges:
    """A fold over the log; `chains` is fed by its owner and says who handed over what, and when."""

    def __init__(self, chains: PromiseChains) -> None:
        self._chains = chains
        self._turns: dict[DeliveryId, list[_Turn]] = {}
        self._decided: set[DeliveryId] = set()
        self._deliveries: dict[OrderId, list[DeliveryId]] = {}
        self._asked: dict[TenderId, DeliveryId] = {}

    def apply(self, record: Record) -> None:
        """Take one event in."""
        place = record.position
        match record.data:
            case DeliveryCreated(delivery=delivery, order=order):
                self._deliveries.setdefault(order, []).append(delivery)
            case DeliveryAssigned(delivery=delivery, at=loaded_at):
                self._turn(delivery, (loaded_at, place, OWN_FLEET, None))
            case RoutingDecided(delivery=delivery, carrier=carrier, at=decided_at):
                if carrier == OWN_FLEET:
                    self._turn(delivery, (decided_at, place, OWN_FLEET, None))
                elif delivery not in self._decided:
                    self._turn(delivery, (decided_at, place, NOBODY, None))
                self._decided.add(delivery)
            case TenderOffered(tender=tender, consignment=consignment):
                self._asked[tender] = consignment.delivery
            case TenderAccepted(tender=tender, carrier=carrier, at=accepted_at):
                self._turn(self._asked[tender], (accepted_at, place, carrier, tender))
            case (
                TenderRecalled(tender=tender, at=recalled_at) | TenderCancelled(tender=tender, at=recalled_at)
            ):
                if self._holds(tender):
                    self._turn(self._asked[tender], (recalled_at, place, NOBODY, tender))
            case CancellationRefused(tender=tender, carrier=carrier, at=kept_at):
                if self._holds(tender):
                    self._turn(self._asked[tender], (kept_at, place, carrier, tender))
            case _:
                pass

    def _turn(self, delivery: DeliveryId, turn: _Turn) -> None:
        insort(self._turns.setdefault(delivery, []), turn, key=_when)

    def _holds(self, tender: TenderId) -> bool:
        """Whether a tender's acceptance, or its recall, is the last that happened to its delivery."""
        turns = self._turns.get(self._asked[tender], ())
        return len(turns) > 0 and turns[-1][3] == tender

    # Reading -----------------------------------------------------------------------------------------

    def of_promise(self, due: Due) -> CarrierId:
        """Who is charged with a promise: who handed all over inside its window, or else who had it then.

        A promise that was cancelled before its window ended is decided when it was cancelled.
        """
        last = self._chains.last_handoff(due.order)
        if last is not None and last.at <= due.window.end:
            return teller(last)
        moment = due.window.end
        if due.cancelled_at is not None:
            moment = min(moment, due.cancelled_at)
        return self.holder(due.order, moment)

    def of_attempt(self, asked: DueAttempt) -> CarrierId:
        """Who is charged with an attempt that was due: who made it, or else who had the delivery then.

        Another attempt is asked for when the parcels are at our hub: it is the own fleet's until a carrier
        takes the delivery over anew.
        """
        if asked.made_by is not None:
            return asked.made_by
        if asked.order is None:
            return OWN_FLEET
        if asked.delivery is None or asked.scheduled_at is None:
            return self.holder(asked.order, asked.window.end)
        turn = self._last(asked.delivery, asked.window.end)
        return OWN_FLEET if turn is None or turn[0] < asked.scheduled_at else turn[2]

    def of_case(self, subject: CaseSubject, at: Instant) -> CarrierId:
        """Whose a case is that opened then: the carrier that it names, the route's, or who had the order."""
        if subject.carrier is not None:
            return subject.carrier
        if subject.route is not None:
            return OWN_FLEET
        return NOBODY if subject.order is None else self.holder(subject.order, at)

    def deliverer(self, order: OrderId) -> CarrierId:
        """Who handed over the last parcel of a delivered order."""
        last = self._chains.last_handoff(order)
        assert last is not None, "only an order that was handed over has a deliverer"
        return teller(last)

    def holder(self, order: OrderId, at: Instant) -> CarrierId:
        """Who had taken an order's deliveries over by an instant; of several, the last one counts."""
        deliveries = self._deliveries.get(order, ())
        turns = [turn for delivery in deliveries if (turn := self._last(delivery, at)) is not None]
        if turns:
            return max(turns, key=_when)[2]
        # A log from before there were decisions has one fleet, and nobody else.
        undecided = any(delivery not in self._decided for delivery in deliveries)
        return OWN_FLEET if undecided else NOBODY

    def _last(self, delivery: DeliveryId, at: Instant) -> _Turn | None:
        return next((turn for turn in reversed(self._turns.get(delivery, ())) if turn[0] <= at), None)


def _when(turn: _Turn) -> tuple[Instant, int]:
    return turn[:2]
