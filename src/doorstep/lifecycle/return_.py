"""The life of a return.

    requested ─▶ authorised ─▶ dropped_off ─▶ received ─▶ inspected ─▶ disposed ─▶ refunded
        │            │                                                     └─────▶ closed
        ├─▶ declined │
        └────────────┴─▶ cancelled

Each step has a due time from the policy. One that is late is noted once and may still be done. From the
counter on the goods are with us, and the return ends with money back, or without it and with a reason.
"""

from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import HubId, ReturnId
from doorstep.vocabulary.money import Money
from doorstep.vocabulary.return_ import (
    AnyReturnCommand,
    AnyReturnEvent,
    AuthoriseReturn,
    CancelReturn,
    CloseReturn,
    Condition,
    DeclineReturn,
    DisposeReturn,
    Disposition,
    DropOffReturn,
    InspectReturn,
    NoteOverdue,
    ReceiveReturn,
    RefundReturn,
    RequestReturn,
    ReturnAuthorised,
    ReturnCancelled,
    ReturnClosed,
    ReturnDeclined,
    ReturnDisposed,
    ReturnDroppedOff,
    ReturnedGoods,
    ReturnInspected,
    ReturnOverdue,
    ReturnReason,
    ReturnReceived,
    ReturnRefunded,
    ReturnRequested,
    ReturnStatus,
)
from doorstep.vocabulary.units import Instant, after

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
PHOTOS_MAX: Final = 10
"""Pictures of one inspection."""
BY_POLICY: Final = "policy"
"""Who authorises what needs nobody's yes."""

_AFTER: Final[dict[type[AnyReturnCommand], tuple[ReturnStatus, ...]]] = {
    AuthoriseReturn: (ReturnStatus.requested,),
    DeclineReturn: (ReturnStatus.requested,),
    CancelReturn: (ReturnStatus.requested, ReturnStatus.authorised),
    DropOffReturn: (ReturnStatus.authorised,),
    ReceiveReturn: (ReturnStatus.dropped_off,),
    InspectReturn: (ReturnStatus.received,),
    DisposeReturn: (ReturnStatus.inspected,),
    RefundReturn: (ReturnStatus.disposed,),
    CloseReturn: (ReturnStatus.disposed,),
}
"""Where a return stands when a step may come."""
ENDS: Final = frozenset(
    {ReturnStatus.declined, ReturnStatus.refunded, ReturnStatus.closed, ReturnStatus.cancelled}
)
LET_GO: Final = frozenset({ReturnStatus.declined, ReturnStatus.cancelled})
"""Ends after which the same parcels may be asked for again."""


class ReturnState(msgspec.Struct, frozen=True):
    """A return as its events tell it; `due_at` is when its next step is due, `version` counts its events."""

    id: ReturnId
    goods: ReturnedGoods
    reason: ReturnReason
    requested_at: Instant
    status: ReturnStatus
    since: Instant
    due_at: Instant | None
    version: int = 1
    hub: HubId | None = None
    condition: Condition | None = None
    photos: tuple[str, ...] = ()
    disposition: Disposition | None = None
    refund: Money | None = None
    overdue: tuple[ReturnStatus, ...] = ()
    why: str = ""

    @property
    def open(self) -> bool:
        """Whether a step is still to come."""
        return self.status not in ENDS


def decide(
    state: ReturnState | None, command: AnyReturnCommand, book: PolicyBook
) -> tuple[AnyReturnEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    if isinstance(command, RequestReturn):
        return _request(state, command, book)
    if state is None:
        return Refusal("return_unknown", f"there is no return {command.return_id}")
    if isinstance(command, NoteOverdue):
        if state.status is not command.status or state.status in state.overdue:
            return ()  # the step came while the timer fired
        return (ReturnOverdue(state.id, command.at, command.status),)
    if state.status not in _AFTER[type(command)]:
        return Refusal("return_not_there", f"the return is {state.status.value}: this is not its next step")
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
        case ReceiveReturn(by=by):
            return (ReturnReceived(return_id, at, by, after(at, hours.inspect * HOUR_S)),)
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


def _reasoned(why: str) -> Refusal | None:
    return None if why.strip() else Refusal("reason_missing", "say why", ("why",))


def owed(state: ReturnState, book: PolicyBook) -> Money | None:
    """What policy pays back for the goods as they were found; None before that, or without a value."""
    if state.condition is None or state.goods.value is None:
        return None
    fee = Money(book.returns.shopper_fee_minor, book.tariffs.currency)
    return book.returns.refund(state.goods.value, state.reason, state.condition, fee)


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


def evolve(state: ReturnState | None, event: AnyReturnEvent) -> ReturnState:
    """The return after the event."""
    if isinstance(event, ReturnRequested):
        return ReturnState(
            event.return_id,
            event.goods,
            event.reason,
            event.at,
            ReturnStatus.requested,
            event.at,
            event.due_at,
        )
    assert state is not None, "a return begins with its request"
    state = msgspec.structs.replace(state, version=state.version + 1)
    replace, status = msgspec.structs.replace, ReturnStatus
    match event:
        case ReturnAuthorised(due_at=due_at):
            return replace(state, status=status.authorised, since=event.at, due_at=due_at)
        case ReturnDroppedOff(hub=hub, due_at=due_at):
            return replace(state, status=status.dropped_off, since=event.at, due_at=due_at, hub=hub)
        case ReturnReceived(due_at=due_at):
            return replace(state, status=status.received, since=event.at, due_at=due_at)
        case ReturnInspected(condition=condition, photos=photos, due_at=due_at):
            return replace(
                state, status=status.inspected, since=event.at, due_at=due_at, condition=condition,
                photos=photos,
            )  # fmt: skip
        case ReturnDisposed(disposition=disposition, due_at=due_at):
            return replace(
                state, status=status.disposed, since=event.at, due_at=due_at, disposition=disposition
            )
        case ReturnRefunded(amount=amount):
            return replace(state, status=status.refunded, since=event.at, due_at=None, refund=amount)
        case ReturnDeclined(why=why):
            return replace(state, status=status.declined, since=event.at, due_at=None, why=why)
        case ReturnCancelled(why=why):
            return replace(state, status=status.cancelled, since=event.at, due_at=None, why=why)
        case ReturnClosed(why=why):
            return replace(state, status=status.closed, since=event.at, due_at=None, why=why)
        case ReturnOverdue(status=late):
            return replace(state, overdue=(*state.overdue, late))
        case _:
            assert_never(event)
