"""What follows for a parcel that is missing, found, given up, or left behind when others were handed over.

A search has a case with owner and clock. Facts end it: the parcel is scanned in at the hub, loaded, handed
over, or written off when the policy's days of search are over.
"""

from typing import Final, NamedTuple

from doorstep.lifecycle.custody import CustodyState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import case_id, open_case, settled_by_fact
from doorstep.lifecycle.order import OrderState
from doorstep.policy.attempts import Then
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.delivery import (
    Delivered,
    DeliveryCancelled,
    DeliveryEvent,
    DeliveryLost,
    DeliveryReturned,
    HoldDelivery,
    ParcelFound,
    ParcelLost,
    ParcelsMissing,
    PickedUp,
    RecordMissing,
    ScheduleReattempt,
    StartReturn,
    WriteOffParcel,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import DeliveryId, ParcelId, RouteId
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteDebriefed
from doorstep.vocabulary.timer import CancelTimer, Consequence, Look, Reasoned, SetTimer
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

DAY_S: Final = 86_400
SEARCH_OVER: Final = "search_over"
"""The reason of a parcel that was written off because nobody found it in the policy's time."""
ENDS_SEARCH: Final[dict[type[DeliveryEvent], tuple[str, str]]] = {
    PickedUp: ("loaded", "found at load-out"),
    Delivered: ("delivered", "handed over"),
    ParcelFound: ("found", "scanned in at the hub"),
    ParcelLost: ("lost", "written off"),
    DeliveryReturned: ("returned", "brought back"),
    DeliveryCancelled: ("cancelled", "cancelled"),
    DeliveryLost: ("lost", "declared lost"),
}
"""How a case about a search is closed by each fact that can end it: the resolution, and what was done."""


class _Search(NamedTuple):
    """One occasion on which parcels were missing."""

    kind: CaseKind
    about: PickedUp | ParcelsMissing
    parcels: tuple[ParcelId, ...]

    @property
    def stream(self) -> StreamId:
        """Its case's stream."""
        return StreamId(f"case/{case_id(self.kind, self.about.delivery, self.about.key)}")


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The search for what is missing, its end, and the way on of what is there."""
    match record.data:
        case RouteDebriefed(route=route, missing=missing, at=at) if missing:
            return _tell(route, missing, at, look)
        case PickedUp() | ParcelsMissing() as event:
            delivery: DeliveryState = look(record.stream)
            return (*_seek(event, delivery, look, book), *_settle(event, delivery, look))
        case ParcelFound() as event:
            delivery = look(record.stream)
            return (*_settle(event, delivery, look), *_after_found(event, delivery, look, book))
        case Delivered() as event:
            delivery = look(record.stream)
            # A carrier scans parcel by parcel: the rest is still with it, and its silence has a clock.
            left = () if event.said else _after_part(event, delivery, book)
            return (*_settle(event, delivery, look), *left)
        case ParcelLost() | DeliveryReturned() | DeliveryCancelled() | DeliveryLost() as event:
            return _settle(event, look(record.stream), look)
        case _:
            return ()


def _tell(route: RouteId, missing: tuple[ParcelId, ...], at: Instant, look: Look) -> tuple[Consequence, ...]:
    """What did not come back is told to each delivery that it belongs to."""
    parcels: dict[DeliveryId, list[ParcelId]] = {}
    for parcel in missing:
        custody: CustodyState | None = look(StreamId(f"custody/{parcel}"))
        if custody is not None:
            parcels.setdefault(custody.delivery, []).append(parcel)
    return tuple(
        RecordMissing(delivery, f"missing/{route}", at, route, tuple(found))
        for delivery, found in parcels.items()
    )


def _searches(delivery: DeliveryState) -> list[_Search]:
    found = []
    for event in delivery.evidence:
        if isinstance(event, PickedUp) and event.short:
            found.append(_Search(CaseKind.shortage, event, event.short))
        elif isinstance(event, ParcelsMissing):
            found.append(_Search(CaseKind.missing_parcel, event, event.parcels))
    return found


def _seek(
    event: PickedUp | ParcelsMissing, delivery: DeliveryState, look: Look, book: PolicyBook
) -> tuple[Consequence, ...]:
    """A case where none is about these parcels yet, and the day on which the search for each ends."""
    created = delivery.created
    assert created is not None, "only a delivery that was created is loaded"
    mine = [search for search in _searches(delivery) if search.about == event]
    missing = [one for search in mine for one in search.parcels if one in delivery.sought]
    if not missing:
        return ()
    clocks = [_deadline(delivery, one, book) for one in missing]
    owned = {
        one
        for search in _searches(delivery)
        if (case := look(search.stream)) is not None and case.open
        for one in search.parcels
    }
    if owned.issuperset(missing):
        return tuple(clocks)
    [search] = mine
    of = f"{len(missing)} of {len(created.parcels)} parcels"
    happened, why = (
        (f"{of} were not there at load-out", "on the loading list, not found on the floor")
        if search.kind is CaseKind.shortage
        else (f"{of} did not come back: {', '.join(missing[:5])}", "not delivered, and not there at debrief")
    )
    opened = open_case(
        book, search.kind, (event.delivery, event.key),
        subject=CaseSubject(created.order, event.delivery, event.route), at=event.at,
        breach_at=created.window.end, happened=happened, why=why,
    )  # fmt: skip
    return (opened, *clocks)


def _deadline(delivery: DeliveryState, parcel: ParcelId, book: PolicyBook) -> SetTimer:
    assert delivery.created is not None, "only a delivery that was created is loaded"
    since = delivery.sought[parcel]
    due_at = after(since, book.attempts.search_days * DAY_S)
    key = f"lost/{parcel}/{since}"
    give_up = WriteOffParcel(delivery.created.delivery, key, due_at, parcel, SEARCH_OVER)
    return SetTimer(f"search/{parcel}", due_at, give_up, book.attempts.because("search_days"))


def _settle(event: DeliveryEvent, delivery: DeliveryState, look: Look) -> tuple[Consequence, ...]:
    """What is no longer sought needs neither clock nor case."""
    searches = _searches(delivery)
    over = dict.fromkeys(one for search in searches for one in search.parcels if one not in delivery.sought)
    ends = ENDS_SEARCH.get(type(event))
    if ends is None:
        return ()
    closed = tuple(
        close
        for search in searches
        if not any(one in delivery.sought for one in search.parcels)
        for close in settled_by_fact(look(search.stream), *ends, event.at)
    )
    return (*(CancelTimer(f"search/{one}") for one in over), *closed)


def _after_found(
    event: ParcelFound, delivery: DeliveryState, look: Look, book: PolicyBook
) -> tuple[Consequence, ...]:
    """What waits at the hub with no next step gets one; after the order's end it goes back."""
    created = delivery.created
    assert created is not None, "only a parcel of a delivery that was created is found"
    if not delivery.waiting or delivery.held_until is not None or not delivery.at_hand:
        return ()
    order: OrderState | None = look(StreamId(f"order/{created.order}"))
    if order is not None and order.status.terminal:
        reason = "found after it was written off"
        return (StartReturn(event.delivery, f"back/{event.key}", event.at, reason),)
    return (_next_try(delivery, event, book),)


def _after_part(event: Delivered, delivery: DeliveryState, book: PolicyBook) -> tuple[Consequence, ...]:
    """What stayed on the van when the rest was handed over: policy says what follows, and someone owns it."""
    created = delivery.created
    if created is None or event not in delivery.handoffs or delivery.over or not delivery.at_hand:
        return ()
    left = len(delivery.at_hand)
    return (
        _next_try(delivery, event, book),
        open_case(
            book, CaseKind.failed_attempt, (event.delivery, str(event.attempt)),
            subject=CaseSubject(created.order, event.delivery, event.route), at=event.at,
            breach_at=created.window.end,
            happened=f"{left} of {len(created.parcels)} parcels were not handed over with the others",
            why=str(Reason.left_behind),
        ),
    )  # fmt: skip


def _next_try(delivery: DeliveryState, event: Delivered | ParcelFound, book: PolicyBook) -> Reasoned:
    """The policy's rule for what was left behind."""
    assert delivery.created is not None, "only a delivery that was created has a rest"
    key = f"rest/{event.key}"
    then, because = book.attempts.rule(Reason.left_behind).then, f"reason.{Reason.left_behind}.then"
    if delivery.attempts_physical >= book.attempts.physical_max and then is Then.reattempt:
        then, because = Then.send_back, "physical_max"
    command: ScheduleReattempt | HoldDelivery | StartReturn
    match then:
        case Then.reattempt:
            window = _next_window(delivery.created.window, after(event.at, book.dispatch.recovery_s))
            command = ScheduleReattempt(event.delivery, key, event.at, window)
        case Then.hold:
            until = after(event.at, book.attempts.hold_days * DAY_S)
            command = HoldDelivery(event.delivery, key, event.at, str(Reason.left_behind), until)
        case Then.send_back:
            command = StartReturn(event.delivery, key, event.at, str(Reason.left_behind))
    return Reasoned(command, book.attempts.because(because))


def _next_window(window: Window, ready_at: Instant) -> Window:
    """The promised window, or the same one of the first day on which it begins after `ready_at`."""
    while window.start < ready_at:
        window = Window(after(window.start, DAY_S), after(window.end, DAY_S))
    return window
