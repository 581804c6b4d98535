"""A day's ledger against a brute reading of the same day, second by second."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.app import default_book
from doorstep.lifecycle.delivery import DeliveryState, fold
from doorstep.lifecycle.route import RouteState, RouteStatus
from doorstep.reactions.cost import react
from doorstep.vocabulary.cost import BookCost, CostKind
from doorstep.vocabulary.delivery import Arrived, Delivered, DeliveryCreated, HandoffMethod
from doorstep.vocabulary.event import EventId, MarketId, Source, StreamId
from doorstep.vocabulary.ids import (
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    PlaceId,
    PromiseId,
    RouteId,
    VehicleId,
)
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteDebriefed, Shift, Stop, StopKind
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import MICROSECONDS, Grams, Instant, Metres, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

BOOK = default_book()
RTE = RouteId("rte")
SPAN_S = 400
"""Seconds of the small days that are drawn."""


class Day(msgspec.Struct, frozen=True):
    """A shift with its visits, in microseconds from midnight."""

    start: int
    end: int
    returned: int
    break_start: int
    break_s: int
    visits: tuple[tuple[int, int, int], ...]
    driven_m: int


instants = st.integers(0, SPAN_S * MICROSECONDS)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Visits may overlap, begin before the shift, wait for their window, and lie in the break."""
    visits = draw(st.lists(st.tuples(instants, instants, instants), min_size=1, max_size=5))
    sorted_visits = tuple((min(a, b), opens, max(a, b)) for a, opens, b in visits)
    start = draw(st.integers(0, SPAN_S * MICROSECONDS // 2))
    last = max(finished for _, _, finished in sorted_visits)
    returned = draw(st.integers(max(start, last), (SPAN_S + 50) * MICROSECONDS))
    return Day(
        start, returned, returned, draw(instants), draw(st.sampled_from([0, 30])), sorted_visits,
        draw(st.integers(0, 9_999)),
    )  # fmt: skip


def state_of(number: int, visit: tuple[int, int, int]) -> DeliveryState:
    arrived, opens, finished = (Instant(each) for each in visit)
    name = DeliveryId(f"d{number}")
    created = DeliveryCreated(
        name, "create", Instant(-1), OrderId(f"o{number}"), MerchantId("m"), PromiseId("p"), HubId("h"),
        PlaceId("plc"), (), Window(opens, Instant(opens + 1)), (), (),
    )  # fmt: skip
    arrival = Arrived(name, "arrive", arrived, RTE, 1, Metres(1), within_radius=True)
    handoff = Delivered(name, "hand", finished, RTE, 1, HandoffMethod.to_recipient, (), Metres(1), (), ())
    return fold((created, arrival, handoff))


def booked(day: Day) -> BookCost:
    """What the debrief of the day books."""
    shift = Shift(
        DriverId("ada"), VehicleId("van"), HubId("h"), Instant(day.start), Instant(day.end),
        Instant(day.break_start), Seconds(day.break_s), Grams(1), Millilitres(1), (),
    )  # fmt: skip
    deliveries = {StreamId(f"delivery/d{n}"): state_of(n, visit) for n, visit in enumerate(day.visits)}
    stops = tuple(Stop(StopKind.delivery, DeliveryId(f"d{n}")) for n in range(len(day.visits)))
    route = RouteState(
        RTE, shift, RouteStatus.debriefed, (Stop(StopKind.hub), *stops), done=len(stops) + 1,
        returned_at=Instant(day.returned), driven_m=Metres(day.driven_m),
    )  # fmt: skip
    at = Instant(day.returned)
    record = Record(
        1, EventId("e"), MarketId("m"), StreamId("route/rte"), 1, 1, at, at, Source.api, "ada", "c", None,
        RouteDebriefed(RTE, (), (), at),
    )  # fmt: skip

    def look(stream: StreamId, /) -> Any:  # noqa: ANN401 - each noun has its own type of state
        return route if stream == "route/rte" else deliveries[stream]

    (consequence,) = react(record, look, BOOK)
    assert isinstance(consequence, Reasoned)
    assert isinstance(consequence.command, BookCost)
    assert consequence.because.rule == "route_time"
    return consequence.command


def paid_s(day: Day) -> int:
    """The paid time as a clerk would count it: from start to return, less the break inside."""
    rest_end = day.break_start + day.break_s * MICROSECONDS
    pause = max(0, min(rest_end, day.returned) - max(day.break_start, day.start)) if day.break_s else 0
    return (day.returned - day.start - pause) // MICROSECONDS


@settings(max_examples=300)
@given(days())
def test_the_ledger_holds_every_paid_second_once_and_sums_to_zero(day: Day) -> None:
    """Driving, waiting, serving and stem are together the paid time, and all metres are there."""
    booking = booked(day)
    assert sum(entry.minor for entry in booking.entries) == 0
    timed = [e for e in booking.entries if e.order is not None and e.kind is not CostKind.distance]
    assert sum(entry.quantity for entry in timed) == paid_s(day)
    assert all(entry.quantity > 0 for entry in timed)
    metres = [e.quantity for e in booking.entries if e.order is not None and e.kind is CostKind.distance]
    assert sum(metres) == day.driven_m


def seconds(*visits: tuple[int, int, int]) -> tuple[tuple[int, int, int], ...]:
    return tuple((a * MICROSECONDS, b * MICROSECONDS, c * MICROSECONDS) for a, b, c in visits)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (CostKind.stem, {"o0": 75, "o1": 75}),
        (CostKind.drive, {"o1": 50}),
        (CostKind.wait, {"o1": 20}),
        (CostKind.serve, {"o0": 50, "o1": 30}),
    ],
)
def test_a_plain_day_can_be_worked_out_by_hand(kind: CostKind, expected: dict[str, int]) -> None:
    """Start 0, first door 100 to 150, second 200 with its window from 220 to 250, back at 300."""
    plain = Day(0, 0, 300 * MICROSECONDS, 0, 0, seconds((100, 0, 150), (200, 220, 250)), 1_001)
    found = {e.order: e.quantity for e in booked(plain).entries if e.kind is kind and e.order is not None}
    assert found == expected


def test_metres_are_shared_equally_and_none_is_lost() -> None:
    """The first ones bear the rest."""
    plain = Day(0, 0, 300 * MICROSECONDS, 0, 0, seconds((100, 0, 150), (200, 0, 250)), 1_001)
    metres = [e.quantity for e in booked(plain).entries if e.kind is CostKind.distance and e.order]
    assert metres == [501, 500]
