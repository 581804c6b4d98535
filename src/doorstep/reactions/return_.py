"""What follows from a return's steps: a clock for the next, a case while it is late, costs, and custody."""

from typing import Final

from doorstep.lifecycle.opening import case_id, open_case, settled_by_fact
from doorstep.lifecycle.return_ import ReturnState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.cost import Basis, BookCost, CostKind, Entry
from doorstep.vocabulary.custody import Custodian, CustodianKind, HandOver
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.return_ import (
    CollectionBooked,
    CollectionFailed,
    CollectionReleased,
    CollectorArrived,
    NoteOverdue,
    ReturnAuthorised,
    ReturnCollected,
    ReturnDisposed,
    ReturnDroppedOff,
    ReturnEvent,
    ReturnInspected,
    ReturnOverdue,
    ReturnReceived,
    ReturnRefunded,
    ReturnRequested,
    ReturnStatus,
)
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, Reasoned, SetTimer
from doorstep.vocabulary.units import Instant

AS_HANDED_IN: Final = "as handed in"
"""The condition of a parcel that nobody has opened yet."""
_NOT_THERE: Final = frozenset({"no_attempt", "arrival"})
"""What a visit lacks to which no van came."""
_RULE: Final = {
    ReturnStatus.requested: "authorise",
    ReturnStatus.authorised: "hand_in",
    ReturnStatus.booked: "collect",
    ReturnStatus.collected: "bring_in",
    ReturnStatus.dropped_off: "receive",
    ReturnStatus.received: "inspect",
    ReturnStatus.inspected: "dispose",
    ReturnStatus.disposed: "refund",
}
"""The policy's clock that runs while a return stands there."""


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The consequences of one step."""
    match record.data:
        case ReturnOverdue() as late:
            return (_late(late, look(record.stream), book),)
        case ReturnEvent() as step:
            state: ReturnState = look(record.stream)
            return (*_clock(state, step, book), *_settled(state, look, step.at), *_effects(step, look, book))
        case _:
            return ()


def _clock(state: ReturnState, step: ReturnEvent, book: PolicyBook) -> tuple[Consequence, ...]:
    """One timer a return: for the step that is due next."""
    timer = f"return/{state.id}"
    match step:
        case (
            ReturnRequested(due_at=due_at)
            | ReturnAuthorised(due_at=due_at)
            | CollectionBooked(due_at=due_at)
            | CollectionReleased(due_at=due_at)
            | ReturnCollected(due_at=due_at)
            | CollectionFailed(due_at=due_at)
            | ReturnDroppedOff(due_at=due_at)
            | ReturnReceived(due_at=due_at)
            | ReturnInspected(due_at=due_at)
            | ReturnDisposed(due_at=due_at)
        ):
            if due_at != state.due_at:
                return ()  # the next step stands in the same commit, and sets the clock
            note = NoteOverdue(state.id, due_at, state.status)
            return (SetTimer(timer, due_at, note, book.returns.because(f"hours.{_RULE[state.status]}")),)
        case CollectorArrived():
            return ()
        case _:
            return (CancelTimer(timer),)


def _late(late: ReturnOverdue, state: ReturnState, book: PolicyBook) -> Consequence:
    return open_case(
        book, CaseKind.overdue_return, (late.return_id, late.status, str(late.at)),
        subject=CaseSubject(order=state.goods.order), at=late.at, breach_at=None,
        happened=f"return {late.return_id} is {late.status}, and what comes next is overdue",
        why=f"hours.{_RULE[late.status]}",
    )  # fmt: skip


def _settled(state: ReturnState, look: Look, at: Instant) -> tuple[Consequence, ...]:
    """The step that was late came, or the return is over."""
    return tuple(
        close
        for late, noted_at in zip(state.overdue, state.overdue_at, strict=True)
        if late is not state.status or noted_at < state.since
        for close in settled_by_fact(
            look(StreamId(f"case/{case_id(CaseKind.overdue_return, state.id, late, str(noted_at))}")),
            "caught up", f"the return is {state.status} now", at,
        )
    )  # fmt: skip


def _effects(step: ReturnEvent, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    match step:
        case ReturnDroppedOff(order=order, parcels=parcels) as handed_in:
            hub = Custodian(CustodianKind.hub, handed_in.hub)
            key = f"return/{handed_in.return_id}"
            minor = book.returns.drop_off_minor * len(parcels)
            return (
                *(HandOver(parcel, key, hub, step.at, None, AS_HANDED_IN, ()) for parcel in parcels),
                *_handling(order, f"{key}/drop_off", len(parcels), minor, book),
            )
        case ReturnCollected(order=order, driver=driver, parcels=parcels, proofs=proofs, delivery=visit):
            van = Custodian(CustodianKind.driver, driver)
            key = f"collection/{visit}"
            return (
                *(HandOver(parcel, key, van, step.at, None, AS_HANDED_IN, proofs) for parcel in parcels),
                *_handling(order, f"{key}/visit", len(parcels), book.returns.collection.visit_minor, book),
            )
        case CollectionFailed(order=order, delivery=visit, lacking=lacking) if not _NOT_THERE & {*lacking}:
            minor = book.returns.collection.visit_minor
            return _handling(order, f"collection/{visit}/visit", 0, minor, book)
        case ReturnInspected(order=order):
            state: ReturnState = look(StreamId(f"return/{step.return_id}"))
            number = len(state.goods.parcels)
            key = f"return/{step.return_id}/inspection"
            return _handling(order, key, number, book.returns.inspection_minor * number, book)
        case ReturnRefunded() as refund:
            return (_paid_back(refund, book),)
        case _:
            return ()


def _handling(
    order: OrderId, key: str, parcels: int, minor: int, book: PolicyBook
) -> tuple[Consequence, ...]:
    """What the way back costs us, on the order's own page."""
    entries = (
        Entry(f"order/{order}", CostKind.return_handling, parcels, minor, Basis.modelled, order),
        Entry("returns_desk", CostKind.return_handling, 0, -minor, Basis.modelled),
    )
    command = BookCost(str(order), key, None, book.tariffs.currency, entries)
    return (Reasoned(command, book.returns.because(f"{key.rpartition('/')[2]}_minor")),)


def _paid_back(refund: ReturnRefunded, book: PolicyBook) -> Consequence:
    """The merchant's money, not the delivery's cost: from the merchant's account, on no order's."""
    kind, minor = CostKind.goods_refund, refund.amount.minor
    entries = (
        Entry(f"merchant/{refund.merchant}", kind, 1, minor, Basis.measured),
        Entry("shoppers", kind, 0, -minor, Basis.measured),
    )
    page = f"return/{refund.return_id}"
    command = BookCost(page, f"{page}/refund", None, refund.amount.currency, entries)
    return Reasoned(command, book.returns.because("condition"))
