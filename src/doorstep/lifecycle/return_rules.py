"""What a return's commands lead to: the facts that follow, or the rule that says no."""

from typing import Final, assert_never

from doorstep.lifecycle.return_ import ReturnState, owed
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.return_ import (
    AnyReturnCommand,
    AnyReturnEvent,
    AuthoriseReturn,
    BookCollection,
    CancelReturn,
    CloseReturn,
    CollectionBooked,
    CollectionFailed,
    CollectionReleased,
    CollectorArrived,
    CollectReturn,
    DeclineReturn,
    DisposeReturn,
    DropOffReturn,
    FailCollection,
    InspectReturn,
    NoteOverdue,
    ReceiveReturn,
    RecordCollector,
    RefundReturn,
    ReleaseCollection,
    RequestReturn,
    ReturnAuthorised,
    ReturnCancelled,
    ReturnClosed,
    ReturnCollected,
    ReturnDeclined,
    ReturnDisposed,
    ReturnDroppedOff,
    ReturnInspected,
    ReturnOverdue,
    ReturnReceived,
    ReturnRefunded,
    ReturnRequested,
    ReturnStatus,
)
from doorstep.vocabulary.units import after, seconds_between

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
PHOTOS_MAX: Final = 10
"""Pictures of one inspection."""
BOOKINGS_MAX: Final = 20
"""Visits that one return may book, made or given up."""
BY_POLICY: Final = "policy"
"""Who authorises what needs nobody's yes."""

_AFTER: Final[dict[type[AnyReturnCommand], tuple[ReturnStatus, ...]]] = {
    AuthoriseReturn: (ReturnStatus.requested,),
    DeclineReturn: (ReturnStatus.requested,),
    CancelReturn: (ReturnStatus.requested, ReturnStatus.authorised),
    BookCollection: (ReturnStatus.authorised,),
    ReleaseCollection: (ReturnStatus.booked,),
    RecordCollector: (ReturnStatus.booked,),
    CollectReturn: (ReturnStatus.booked,),
    FailCollection: (ReturnStatus.booked,),
    DropOffReturn: (ReturnStatus.authorised,),
    ReceiveReturn: (ReturnStatus.dropped_off, ReturnStatus.collected),
    InspectReturn: (ReturnStatus.received,),
    DisposeReturn: (ReturnStatus.inspected,),
    RefundReturn: (ReturnStatus.disposed,),
    CloseReturn: (ReturnStatus.disposed,),
}
"""Where a return stands when a step may come."""


def decide(
    state: ReturnState | None, command: AnyReturnCommand, book: PolicyBook
) -> tuple[AnyReturnEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    if isinstance(command, RequestReturn):
        return _request(state, command, book)
    if state is None:
        return Refusal("return_unknown", f"there is no return {command.return_id}")
    if isinstance(command, NoteOverdue):
        if state.status is not command.status or state.noted:
            return ()  # the step came while the timer fired
        return (ReturnOverdue(state.id, command.at, command.status),)
    if state.status not in _AFTER[type(command)]:
        return Refusal("return_not_there", f"the return is {state.status.value}: this is not its next step")
    match command:
        case BookCollection() | ReleaseCollection() | RecordCollector() | CollectReturn() | FailCollection():
            return _visit(state, command, book)
        case _:
            return _step(state, command, book)


def _request(
    state: ReturnState | None, command: RequestReturn, book: PolicyBook
) -> tuple[AnyReturnEvent, ...] | Refusal:
    return_id, at, goods, policy = command.return_id, command.at, command.goods, book.returns
    if state is not None:
        return Refusal("return_exists", f"return {return_id} stands already")
    if not goods.parcels:
        return Refusal("parcels_missing", "a return has at least one parcel", ("parcels",))
    rule = policy.reason.get(command.reason)
    if rule is None:
        return Refusal("reason_not_accepted", f"{command.reason} is no reason to send it back", ("reason",))
    days = policy.days(goods.service)
    if at > after(goods.delivered_at, days * DAY_S):
        return Refusal("return_too_late", f"a return can be asked for {days} days after the delivery")
    asked = ReturnRequested(
        return_id, at, goods, command.reason, command.by, after(at, policy.hours.authorise * HOUR_S)
    )
    if not rule.auto_authorise:
        return (asked,)
    return (asked, ReturnAuthorised(return_id, at, BY_POLICY, after(at, policy.hours.hand_in * HOUR_S)))


def _step(
    state: ReturnState,
    command: AuthoriseReturn
    | DeclineReturn
    | CancelReturn
    | DropOffReturn
    | ReceiveReturn
    | InspectReturn
    | DisposeReturn
    | RefundReturn
    | CloseReturn,
    book: PolicyBook,
) -> tuple[AnyReturnEvent, ...] | Refusal:
    return_id, at, hours = state.id, command.at, book.returns.hours
    match command:
        case AuthoriseReturn(by=by):
            return (ReturnAuthorised(return_id, at, by, after(at, hours.hand_in * HOUR_S)),)
        case DeclineReturn(why=why, by=by):
            return _reasoned(why) or (ReturnDeclined(return_id, at, why, by),)
        case CancelReturn(why=why, by=by):
            return _reasoned(why) or (ReturnCancelled(return_id, at, why, by),)
        case CloseReturn(why=why, by=by):
            return _reasoned(why) or (ReturnClosed(return_id, at, why, by),)
        case DropOffReturn(hub=hub, parcels=parcels):
            if set(parcels) != set(state.goods.parcels):
                detail = "the parcels on the counter are not those of the return"
                return Refusal("parcels_differ", detail, ("parcels",))
            due_at = after(at, hours.receive * HOUR_S)
            return (ReturnDroppedOff(return_id, at, state.goods.order, hub, state.goods.parcels, due_at),)
        case ReceiveReturn(by=by, hub=hub):
            return (ReturnReceived(return_id, at, by, after(at, hours.inspect * HOUR_S), hub),)
        case InspectReturn(condition=condition, photos=photos, by=by):
            if len(photos) > PHOTOS_MAX:
                return Refusal("photos_too_many", f"an inspection has at most {PHOTOS_MAX}", ("photos",))
            due_at = after(at, hours.dispose * HOUR_S)
            order = state.goods.order
            return (
                ReturnInspected(return_id, at, order, condition, tuple(dict.fromkeys(photos)), by, due_at),
            )
        case DisposeReturn(disposition=disposition, by=by):
            assert state.condition is not None, "what was inspected has a condition"
            chosen = disposition or book.returns.condition[state.condition].disposition
            return (ReturnDisposed(return_id, at, chosen, by, after(at, hours.refund * HOUR_S)),)
        case RefundReturn():
            return _refund(state, command, book)
        case _:
            assert_never(command)


def _visit(
    state: ReturnState,
    command: BookCollection | ReleaseCollection | RecordCollector | CollectReturn | FailCollection,
    book: PolicyBook,
) -> tuple[AnyReturnEvent, ...] | Refusal:
    """The visit of a van; what is told of another visit than the booked one is no news any more."""
    return_id, at, hours, rules = state.id, command.at, book.returns.hours, book.returns.collection
    if isinstance(command, BookCollection):
        if state.failures >= rules.failures_max:
            detail = f"{state.failures} visits failed: the goods are brought to a hub now"
            return Refusal("collections_used_up", detail)
        if state.bookings >= BOOKINGS_MAX:
            return Refusal("bookings_full", f"a return books {BOOKINGS_MAX} visits at most")
        due_at = after(command.collection.window.end, hours.collect * HOUR_S)
        return (CollectionBooked(return_id, at, command.collection, command.plan_hash, command.by, due_at),)
    assert state.collection is not None, "what is booked has a visit"
    booked = state.collection.delivery
    hand_in_by = after(at, hours.hand_in * HOUR_S)
    if isinstance(command, ReleaseCollection):
        return _reasoned(command.why) or (
            CollectionReleased(return_id, at, booked, command.why, command.by, hand_in_by),
        )
    delivery, route, order = command.delivery, command.route, state.goods.order
    if delivery != booked:
        return Refusal("collection_superseded", "another visit is booked instead of this one")
    match command:
        case RecordCollector(distance_m=distance_m):
            within = distance_m <= book.attempts.radius_m
            window = state.collection.window
            return (CollectorArrived(return_id, at, delivery, route, window, distance_m, within),)
        case CollectReturn(driver=driver, parcels=parcels, proofs=proofs):
            if set(parcels) != set(state.goods.parcels):
                return Refusal("parcels_differ", "the parcels are not those of the return", ("parcels",))
            there = {proof.kind for proof in proofs if proof.passed} | {ProofKind.scan}
            if missing := sorted(set(rules.proofs) - there):
                return Refusal("proof_missing", f"policy asks for {', '.join(missing)}", tuple(missing))
            due_at = after(at, hours.bring_in * HOUR_S)
            return (
                ReturnCollected(
                    return_id, at, order, delivery, route, driver, state.goods.parcels, proofs, due_at
                ),
            )
        case FailCollection(reason=reason, proofs=proofs):
            lacking = _lacking(state, command, book)
            return (
                CollectionFailed(return_id, at, order, delivery, route, reason, proofs, lacking, hand_in_by),
            )
        case _:
            assert_never(command)


def _lacking(state: ReturnState, command: FailCollection, book: PolicyBook) -> tuple[str, ...]:
    """What the definition of a physical attempt asks and this visit does not have."""
    if command.reason in NO_ATTEMPT:
        return ("no_attempt",)
    if not state.at_door:
        return ("arrival",)
    visit, rule = state.visits[-1], book.attempts.rule(command.reason)
    there = {proof.kind for proof in command.proofs if proof.passed}
    asked = {
        "radius": visit.within_radius,
        "stay": seconds_between(visit.arrived_at, command.at) >= book.attempts.stay_s_min,
        "contact": not rule.contact or ProofKind.contact in there,
        "evidence": there.issuperset(rule.evidence),
    }
    return tuple(name for name, given in asked.items() if not given)


def _reasoned(why: str) -> Refusal | None:
    return None if why.strip() else Refusal("reason_missing", "say why", ("why",))


def _refund(
    state: ReturnState, command: RefundReturn, book: PolicyBook
) -> tuple[AnyReturnEvent, ...] | Refusal:
    value, due = state.goods.value, owed(state, book)
    if value is None or due is None:
        return Refusal("value_unknown", "the order never said its value: close the return, and pay elsewhere")
    amount = command.amount or due
    if amount.currency != value.currency:
        return Refusal("wrong_currency", f"the order's value is in {value.currency}", ("currency",))
    if amount.minor > value.minor:
        detail = f"{amount.minor} is more than the goods are worth, {value.minor}"
        return Refusal("refund_too_high", detail, ("minor",))
    if amount.minor <= 0:
        return Refusal(
            "refund_empty", "there is nothing to pay back: close the return with a reason", ("minor",)
        )
    goods = state.goods
    return (ReturnRefunded(state.id, command.at, goods.order, goods.merchant, amount, command.by),)
