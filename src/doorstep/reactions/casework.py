"""Cases that facts open and close: bad addresses, missing proof, breakdowns, a delivery's end."""

from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import case_id, open_case, settled_by_fact
from doorstep.lifecycle.order import OrderState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseSubject, ShopperTold
from doorstep.vocabulary.delivery import (
    AttemptFailed,
    Delivered,
    DeliveryCancelled,
    DeliveryLost,
    DeliveryReturned,
    ParcelLost,
    ProofAdded,
    ReattemptScheduled,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.order import AddressResolved, AddressUnresolved, OrderAmended, OrderCancelled
from doorstep.vocabulary.promise import AnnounceMiss
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteWithdrawn
from doorstep.vocabulary.timer import Consequence, Look
from doorstep.vocabulary.units import Instant


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The cases that begin or end with this event."""
    match record.data:
        case AddressUnresolved(order=order, reason=reason):
            state: OrderState = look(record.stream)
            breach_at = state.content.requested.end if state.content.requested else None
            return (
                open_case(
                    book, CaseKind.bad_address, (order, str(record.version)),
                    subject=CaseSubject(order=order), at=record.occurred_at, breach_at=breach_at,
                    happened=f"the address could not be placed: {reason}", why=f"address.{reason}",
                ),
            )  # fmt: skip
        case AddressResolved() | OrderAmended() | OrderCancelled():
            return _address_settled(record, record.data, look)
        case Delivered() as handoff:
            return _handed_over(handoff, record, look, book)
        case AttemptFailed(delivery=delivery_id, reason=reason) if reason is not Reason.vehicle_breakdown:
            case = case_id(CaseKind.predicted_miss, delivery_id)
            done = "the van was there; the failed attempt has a case of its own"
            return _close(case, look, "attempted", done, record.occurred_at)
        case ProofAdded() if not look(record.stream).missing:
            return _proved(look(record.stream), look, record.occurred_at)
        case DeliveryReturned():
            return _close_all(look(record.stream), look, "returned", "brought back", record.occurred_at)
        case DeliveryCancelled():
            return _close_all(look(record.stream), look, "cancelled", "cancelled", record.occurred_at)
        case DeliveryLost():
            return _close_all(look(record.stream), look, "lost", "declared lost", record.occurred_at)
        case ParcelLost() if look(record.stream).over:
            return _close_all(look(record.stream), look, "lost", "written off", record.occurred_at)
        case RouteWithdrawn() as gone:
            return (
                open_case(
                    book, CaseKind.breakdown, (gone.route,), subject=CaseSubject(route=gone.route),
                    at=gone.at, breach_at=None,
                    happened=f"the route is out with {len(gone.orphans)} stops left",
                    why=gone.why,
                ),
            )  # fmt: skip
        case ShopperTold(case=told) as news:
            return _announce(look(StreamId(f"case/{told}")), look, news.at)
        case _:
            return ()


def _address_settled(
    record: Record, fact: AddressResolved | OrderAmended | OrderCancelled, look: Look
) -> tuple[Consequence, ...]:
    """The end of an address case: there is a place now, or nobody needs one any more."""
    case = case_id(CaseKind.bad_address, fact.order, str(look(record.stream).unresolved_version))
    if isinstance(fact, OrderCancelled):
        return _close(case, look, "cancelled", "the order was cancelled", record.occurred_at)
    return _close(case, look, "resolved", "the address is a place now", record.occurred_at)


def _handed_over(handoff: Delivered, record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    delivery: DeliveryState = look(record.stream)
    # A carrier tells late: whoever owns the case has the time from when we learned.
    learned_at = record.recorded_at if handoff.said else handoff.at
    opened = _missing_proof(handoff, delivery, learned_at, book) if handoff.missing else ()
    if handoff.said and not delivery.unproven:
        # Told again with its proof, it completes what was told without.
        opened = _proved(delivery, look, learned_at)
    done = "handed over" if delivery.over else "handed over in part; the rest has a case of its own"
    # What a handoff in part leaves behind has a case under the number of its attempt.
    spare = 0 if delivery.over else handoff.attempt
    return (*_close_all(delivery, look, "delivered", done, handoff.at, spare), *opened)


def _missing_proof(
    handoff: Delivered, delivery: DeliveryState, at: Instant, book: PolicyBook
) -> tuple[Consequence, ...]:
    created = delivery.created
    if created is None or handoff not in delivery.handoffs:
        return ()
    return (
        open_case(
            book, CaseKind.missing_proof, (handoff.delivery, handoff.key),
            subject=CaseSubject(created.order, handoff.delivery, handoff.route), at=at,
            breach_at=None, happened=f"delivered without {', '.join(handoff.missing)}",
            why="the proof that policy asks for is not there",
        ),
    )  # fmt: skip


def _proved(delivery: DeliveryState, look: Look, at: Instant) -> tuple[Consequence, ...]:
    return tuple(
        consequence
        for handoff in delivery.handoffs
        for consequence in _close(
            case_id(CaseKind.missing_proof, handoff.delivery, handoff.key),
            look, "proved", "the missing proof came", at,
        )
    )  # fmt: skip


def _close_all(
    delivery: DeliveryState, look: Look, resolution: str, done: str, at: Instant, spare: int = 0
) -> tuple[Consequence, ...]:
    """Close every case that only waited for this delivery's end, but that of the attempt `spare`."""
    created = delivery.created
    if created is None:
        return ()
    cases = [
        case_id(CaseKind.predicted_miss, created.delivery),
        case_id(CaseKind.no_capacity, created.delivery),
        *(
            case_id(CaseKind.no_capacity, created.delivery, str(again.window.start))
            for again in delivery.evidence
            if isinstance(again, ReattemptScheduled)
        ),
        *(
            case_id(CaseKind.failed_attempt, created.delivery, str(number))
            for number in range(1, delivery.attempt + 1)
            if number != spare
        ),
    ]
    return tuple(consequence for case in cases for consequence in _close(case, look, resolution, done, at))


def _close(case: CaseId, look: Look, resolution: str, done: str, at: Instant) -> tuple[Consequence, ...]:
    return settled_by_fact(look(StreamId(f"case/{case}")), resolution, done, at)


def _announce(case: CaseState, look: Look, at: Instant) -> tuple[Consequence, ...]:
    """A shopper who was told of a miss was told of it: the promise's ledger says so."""
    if case.subject.delivery is None:
        return ()
    delivery: DeliveryState | None = look(StreamId(f"delivery/{case.subject.delivery}"))
    if delivery is None or delivery.created is None or at > delivery.created.window.end:
        return ()
    return (AnnounceMiss(delivery.created.promise, delivery.created.window.end, at),)
