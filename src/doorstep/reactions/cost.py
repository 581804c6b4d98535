"""What each event costs: bookings that sum to zero, measured from what really happened.

A route's paid time runs from the shift's start to the van's return. The time from the start to the first
arrival and from the last stop back is stem; between stops it is driving; before a window opens it is waiting;
at the door it is serving. Breaks are unpaid. Stem and kilometres are shared equally by the stops that were
reached: the stated rule, the same for every route.
"""

from typing import Final, NamedTuple

from doorstep.lifecycle.cost import CostState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.return_ import ReturnState
from doorstep.lifecycle.route import RouteState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.collection import return_of
from doorstep.vocabulary.contact import ContactRecorded
from doorstep.vocabulary.cost import Basis, BookCost, CostKind, Entry, ReverseCost
from doorstep.vocabulary.delivery import Arrived, AttemptFailed, Delivered
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.promise import PromiseOutcome, PromiseSettled
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteDebriefed, StopKind
from doorstep.vocabulary.timer import Consequence, Look, Reasoned
from doorstep.vocabulary.units import Instant, after, seconds_between

ANSWERED_BY_PAGE: Final = "page"
"""Who answered a contact that no person had to answer."""


class Visit(NamedTuple):
    """A stop that was reached: whose order, when the van came and when it was done."""

    order: OrderId
    arrived_at: Instant
    open_at: Instant
    finished_at: Instant


class Span(NamedTuple):
    """Paid seconds of one visit: driving to it, waiting for its window, serving."""

    drive_s: int
    wait_s: int
    serve_s: int


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The bookings that the event causes."""
    tariffs = book.tariffs
    match record.data:
        case Delivered(said=None) | AttemptFailed(said=None) as attempt:
            delivery: DeliveryState = look(record.stream)
            if delivery.created is None or delivery.arrived is None:
                return ()
            key = f"attempt/{attempt.delivery}/{attempt.attempt}"
            return (
                _one(book, delivery.created.order, key, CostKind.attempt, tariffs.attempt_minor, "fleet"),
            )
        case ContactRecorded() as contact:
            page = contact.answered_by == ANSWERED_BY_PAGE
            minor = tariffs.contact_page_minor if page else tariffs.contact_minor
            key = f"contact/{contact.key}"
            return (_one(book, contact.order, key, CostKind.contact, minor, "support"),)
        case PromiseSettled(outcome=outcome):
            return _refund(outcome, look(record.stream), look, book)
        case RouteDebriefed(route=route, at=at):
            return _route_time(look(record.stream), look, book, at, f"route/{route}")
        case _:
            return ()


def _refund(
    outcome: PromiseOutcome, promise: PromiseState, look: Look, book: PolicyBook
) -> tuple[Consequence, ...]:
    """A missed promise is paid back once; what is found to be no miss after all is booked back."""
    if promise.order is None:
        return ()
    page: CostState | None = look(StreamId(f"cost/{promise.order}"))
    first = f"refund/{promise.id}"
    keys = [] if page is None else [key for key in page.keys if key.startswith(first)]
    standing = [key for key in keys if page is not None and key in page.standing]
    key = f"{first}/{len(keys)}" if keys else first
    if outcome is not PromiseOutcome.missed:
        back = book.tariffs.because(CostKind.refund)
        return tuple(Reasoned(ReverseCost(str(promise.order), key, paid), back) for paid in standing)
    minor = book.tariffs.refund_minor.get(promise.service, 0)
    if minor == 0 or standing:
        return ()
    return (_one(book, promise.order, key, CostKind.refund, minor, "refunds"),)


def _one(book: PolicyBook, order: OrderId, key: str, kind: CostKind, minor: int, source: str) -> Reasoned:
    entries = (
        Entry(f"order/{order}", kind, 1, minor, Basis.measured, order),
        Entry(source, kind, 0, -minor, Basis.measured),
    )
    command = BookCost(str(order), key, None, book.tariffs.currency, entries)
    return Reasoned(command, book.tariffs.because(kind))


def _route_time(
    route: RouteState, look: Look, book: PolicyBook, at: Instant, page: str
) -> tuple[Consequence, ...]:
    visits = _visits(route, look)
    if not visits:
        return ()
    end = route.returned_at or at
    entries: list[Entry] = []
    paid = dict.fromkeys((CostKind.drive, CostKind.wait, CostKind.serve, CostKind.stem, CostKind.distance), 0)

    def bear(order: OrderId, kind: CostKind, quantity: int, minor: int, basis: Basis) -> None:
        if quantity:
            entries.append(Entry(f"order/{order}", kind, quantity, minor, basis, order))
            paid[kind] += minor

    def time_minor(seconds: int) -> int:
        return round(seconds * book.tariffs.driver_minor_per_hour / 3600)

    spans, stem_s = _spans(route, visits, end)
    for visit, span, stem_share, metres in zip(
        visits, spans, _shares(stem_s, len(visits)), _shares(route.driven_m, len(visits)), strict=True
    ):
        for kind, seconds in (
            (CostKind.drive, span.drive_s),
            (CostKind.wait, span.wait_s),
            (CostKind.serve, span.serve_s),
            (CostKind.stem, stem_share),
        ):
            bear(visit.order, kind, seconds, time_minor(seconds), Basis.measured)
        distance_minor = round(metres * book.tariffs.distance_minor_per_km / 1000)
        bear(visit.order, CostKind.distance, metres, distance_minor, Basis.measured)
    for kind, minor in paid.items():
        source = "fleet" if kind is CostKind.distance else "payroll"
        entries.append(Entry(source, kind, 0, -minor, Basis.measured))
    command = BookCost(page, page, route.id, book.tariffs.currency, tuple(entries))
    return (Reasoned(command, book.tariffs.because("route_time")),)


def _visits(route: RouteState, look: Look) -> list[Visit]:
    """The stops that the van reached, by arrival."""
    visits = []
    for stop in route.stops[: route.done]:
        if stop.delivery is None:
            continue
        if stop.kind is StopKind.collection:
            back: ReturnState = look(StreamId(f"return/{return_of(stop.delivery)}"))
            visits += [
                Visit(back.goods.order, one.arrived_at, one.window.start, one.ended_at)
                for one in back.visits
                if one.delivery == stop.delivery and one.route == route.id and one.ended_at is not None
            ]
            continue
        delivery: DeliveryState = look(StreamId(f"delivery/{stop.delivery}"))
        assert delivery.created is not None, "a route only carries deliveries that were created"
        arrived = ended = None
        for event in delivery.evidence:
            if isinstance(event, Arrived) and event.route == route.id:
                arrived, ended = event, None
            elif isinstance(event, (Delivered, AttemptFailed)) and event.route == route.id:
                ended = ended or event
        if arrived is not None and ended is not None and ended.at >= arrived.at:
            created = delivery.created
            visits.append(Visit(created.order, arrived.at, created.window.start, ended.at))
    return sorted(visits, key=lambda visit: (visit.arrived_at, visit.order))


def _spans(route: RouteState, visits: list[Visit], end: Instant) -> tuple[list[Span], int]:
    """What each visit took, and the stem: together the paid time, and no second of it twice."""
    spans = []
    before_s = first_s = _worked_s(route, visits[0].arrived_at)
    for visit in visits:
        # A driver who tells of the next door before the last one is done is not at two doors at once.
        arrived_s = max(before_s, _worked_s(route, visit.arrived_at))
        finished_s = max(arrived_s, _worked_s(route, visit.finished_at))
        start_s = min(max(arrived_s, _worked_s(route, visit.open_at)), finished_s)
        spans.append(Span(arrived_s - before_s, start_s - arrived_s, finished_s - start_s))
        before_s = finished_s
    return spans, first_s + max(0, _worked_s(route, end) - before_s)


def _worked_s(route: RouteState, at: Instant) -> int:
    """Paid seconds from the shift's start to an instant: what lies in the break is not paid."""
    shift = route.shift
    start, rest_start = shift.start, max(shift.start, shift.break_start)
    rest_end = after(shift.break_start, shift.break_s) if shift.break_s else rest_start
    pause = max(0, min(at, rest_end) - rest_start) if shift.break_s else 0
    return max(0, seconds_between(start, Instant(at - pause)))


def _shares(total: int, parts: int) -> list[int]:
    """`total` in `parts` whole shares that sum to it; the first ones bear the rest."""
    share, rest = divmod(total, parts)
    return [share + (index < rest) for index in range(parts)]
