"""Attempts due, made and on time, told case by case."""

import pytest
from msgspec.structs import replace
from tests.views.diary import Diary, clock

from doorstep.views.attempts import Attempts, AttemptShares, counted, shares
from doorstep.views.period import Period
from doorstep.views.promise_chains import Due, Ending
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    CarrierWord,
    Delivered,
    DeliveryCreated,
    DeliveryEvent,
    HandoffMethod,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import (
    CarrierId,
    DeliveryId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window

DELIVERY, ORDER, ROUTE = DeliveryId("dlv_1"), OrderId("ord_1"), RouteId("rte_1")
WINDOW = Window(clock(9), clock(11))
END = clock(23, days=1)
TOMORROW = Window(clock(9, days=1), clock(11, days=1))
PARCELS = (ParcelId("pcl_1"), ParcelId("pcl_2"))
CREATED = DeliveryCreated(
    DELIVERY, "create", clock(6), ORDER, MerchantId("mer"), PromiseId("prm_1"), HubId("hub"), PlaceId("plc"),
    PARCELS, WINDOW, (), (),
)  # fmt: skip


def _arrived(at: Instant, attempt: int = 1, *, near: bool = True) -> Arrived:
    return Arrived(DELIVERY, f"arrive/{at}", at, ROUTE, attempt, Metres(9 if near else 900), near)


def _failed(at: Instant, attempt: int = 1, lacking: tuple[str, ...] = ()) -> AttemptFailed:
    return AttemptFailed(DELIVERY, f"fail/{at}", at, ROUTE, attempt, Reason.not_home, (), lacking)


def _broke_down(at: Instant) -> AttemptFailed:
    return AttemptFailed(DELIVERY, f"fail/{at}", at, ROUTE, 1, Reason.vehicle_breakdown, (), ("no_attempt",))


def _done(at: Instant, parcels: tuple[ParcelId, ...] = PARCELS) -> Delivered:
    method = HandoffMethod.to_recipient
    return Delivered(DELIVERY, f"done/{at}", at, ROUTE, 1, method, parcels, Metres(9), (), ())


def _again(at: Instant, window: Window = TOMORROW) -> ReattemptScheduled:
    return ReattemptScheduled(DELIVERY, f"again/{at}", at, window)


def _due(cancelled_at: Instant | None = None) -> Due:
    return Due(
        ORDER, "town", "slot", PromiseId("prm_1"), WINDOW, 950_000, 0, 0, False, Ending.undelivered,
        cancelled_at, None, None,
    )  # fmt: skip


def _by(carrier: str, event: DeliveryEvent) -> DeliveryEvent:
    """The same as a carrier's word, which knows no route of ours."""
    word = CarrierWord(CarrierId(carrier), "X")
    return replace(event, said=word, route=None, attempt=0)


def _told(*events: DeliveryEvent) -> Attempts:
    diary, attempts = Diary(), Attempts()
    for event in (CREATED, *events):
        diary.tell(clock(12), event)  # type: ignore[arg-type]  # every delivery event is one of the union
    for record in diary.records:
        attempts.apply(record)
    return attempts


def _figures(*events: DeliveryEvent, as_of: Instant = END, due: Due | None = None) -> AttemptShares:
    attempts, period = _told(*events), Period.whole(as_of)
    return shares(attempts.firsts(period), attempts.due(period, [_due() if due is None else due]))


def _counts(figures: AttemptShares) -> tuple[tuple[int, int], ...]:
    shares = (figures.first_attempt, figures.attempt_compliance, figures.on_time_arrival)
    return tuple((share.count, share.cases) for share in shares)


STORIES: dict[str, tuple[tuple[DeliveryEvent, ...], tuple[tuple[int, int], ...]]] = {
    "nobody came": ((), ((0, 0), (0, 1), (0, 1))),
    "delivered in the window": ((_arrived(clock(10)), _done(clock(10))), ((1, 1), (1, 1), (1, 1))),
    "delivered too late": ((_arrived(clock(12)), _done(clock(12))), ((1, 1), (1, 1), (0, 1))),
    "there in time, handed over too late": (
        (_arrived(clock(11)), _done(clock(11, 5))), ((1, 1), (1, 1), (1, 1)),
    ),
    "an arrival nearby is no arrival": (
        (_arrived(clock(10), near=False), _done(clock(10))), ((1, 1), (1, 1), (0, 1)),
    ),
    "one of two parcels is not everything": (
        (_arrived(clock(10)), _done(clock(10), PARCELS[:1])), ((0, 1), (1, 1), (1, 1)),
    ),
    "failed for good": (
        (_arrived(clock(10)), _failed(clock(10, 3))), ((0, 1), (1, 1), (1, 1)),
    ),
    "a claimed attempt is none": (
        (_arrived(clock(10)), _failed(clock(10), lacking=("stay",))), ((0, 0), (0, 1), (0, 1)),
    ),
    "a breakdown is none": ((_broke_down(clock(10)),), ((0, 0), (0, 1), (0, 1))),
    "failed, and delivered the next day": (
        (
            _arrived(clock(10)), _failed(clock(10, 3)), _again(clock(10, 3)),
            _arrived(clock(10, days=1), 2), _done(clock(10, days=1)),
        ),
        ((0, 1), (2, 2), (2, 2)),
    ),
    "missed, and delivered in time the next day": (
        (
            _broke_down(clock(10)), _again(clock(10, 3)), _arrived(clock(10, days=1), 2),
            _done(clock(10, days=1)),
        ),
        ((1, 1), (1, 2), (1, 2)),
    ),
    "a return before the next window asks for no more attempt": (
        (
            _arrived(clock(10)), _failed(clock(10)), _again(clock(10)),
            ReturnStarted(DELIVERY, "back", clock(20), "merchant's wish"),
        ),
        ((0, 1), (1, 1), (1, 1)),
    ),
    "a window that was replaced before it began is not due": (
        (
            _arrived(clock(10)), _failed(clock(10)), _again(clock(10)),
            _again(clock(12), Window(clock(14), clock(16))), _arrived(clock(15), 2), _done(clock(15)),
        ),
        ((0, 1), (2, 2), (2, 2)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_the_story_is_counted(story: str) -> None:
    """First attempt, compliance and on-time arrival are as the definitions say."""
    events, expected = STORIES[story]
    assert _counts(_figures(*events)) == expected


def test_what_comes_twice_counts_once() -> None:
    """A second copy of any piece of evidence changes nothing."""
    events, expected = STORIES["failed, and delivered the next day"]
    assert _counts(_figures(*events, *reversed(events))) == expected


def test_a_window_still_open_is_not_due() -> None:
    """As of the first evening tomorrow's attempt is not due."""
    events, _ = STORIES["failed, and delivered the next day"]
    assert _figures(*events[:3], as_of=clock(20)).attempt_compliance.cases == 1


def test_an_order_cancelled_before_its_window_asks_for_no_attempt() -> None:
    """Whoever cancelled: nobody has to go to the door."""
    assert _figures(due=_due(cancelled_at=clock(8))).attempt_compliance.cases == 0
    assert _figures(due=_due(cancelled_at=clock(10))).attempt_compliance.cases == 1


def test_failures_are_told_apart() -> None:
    """Physical, claimed and none sum to all failures, each counted under its reason."""
    told = _told(_failed(clock(10)), _failed(clock(11), lacking=("radius",)), _broke_down(clock(12)))
    figures = counted(told.failures(Period.whole(END)))
    assert (figures.physical, figures.claimed, figures.none) == (1, 1, 1)
    assert figures.by_reason == {"carrier.vehicle_breakdown": 1, "recipient.not_home": 2}


BY_CARRIERS: dict[str, tuple[tuple[DeliveryEvent, ...], tuple[tuple[int, int], ...]]] = {
    "a failure with a measured arrival before it is physical": (
        (_by("a", _arrived(clock(10))), _by("a", _failed(clock(10, 3)))), ((0, 1), (1, 1), (1, 1)),
    ),
    "one without is claimed": ((_by("a", _failed(clock(10, 3))),), ((0, 0), (0, 1), (0, 1))),
    "and so is one far from the door": (
        (_by("a", _arrived(clock(10), near=False)), _by("a", _failed(clock(10, 3)))),
        ((0, 0), (0, 1), (0, 1)),
    ),
    "an arrival after the failure proves nothing for it": (
        (_by("a", _failed(clock(10))), _by("a", _arrived(clock(10, 3)))), ((0, 0), (0, 1), (1, 1)),
    ),
    "a claimed visit leaves the next one its arrival": (
        (
            _by("a", _arrived(clock(9, 30))), _by("a", _failed(clock(9, 33), lacking=("contact",))),
            _by("a", _arrived(clock(10, 30))), _by("a", _done(clock(10, 31))),
        ),
        ((1, 1), (1, 1), (1, 1)),
    ),
    "parcels scanned one by one at the door are one attempt": (
        (
            _by("a", _arrived(clock(10))), _by("a", _done(clock(10, 1), PARCELS[:1])),
            _by("a", _done(clock(10, 2), PARCELS[1:])),
        ),
        ((1, 1), (1, 1), (1, 1)),
    ),
    "the rest an hour later is another": (
        (
            _by("a", _arrived(clock(9, 30))), _by("a", _done(clock(9, 31), PARCELS[:1])),
            _by("a", _done(clock(10, 31), PARCELS[1:])),
        ),
        ((0, 1), (1, 1), (1, 1)),
    ),
    "another carrier's rest is not this one's": (
        (_by("a", _done(clock(10, 1), PARCELS[:1])), _by("b", _done(clock(10, 2), PARCELS[1:]))),
        ((0, 1), (1, 1), (1, 1)),
    ),
    "a handoff nobody scanned the arrival of is its own proof": (
        (_by("a", _done(clock(10))),), ((1, 1), (1, 1), (1, 1)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", BY_CARRIERS)
def test_what_a_carrier_tells_is_counted_by_the_same_definitions(story: str) -> None:
    """What somebody measured makes a word physical, and the scans of one visit are one attempt."""
    events, expected = BY_CARRIERS[story]
    assert _counts(_figures(*events)) == expected


def test_an_attempt_is_of_who_made_it() -> None:
    """The first attempt and the window name the carrier that told of the attempt, or nobody."""
    period = Period.whole(END)
    told = _told(_by("a", _arrived(clock(10))), _by("a", _failed(clock(10, 3))), _done(clock(10, 30)))
    assert [first.by for first in told.firsts(period)] == ["a"]
    assert [one.made_by for one in told.due(period, [_due()])] == ["a"]
    assert [one.made_by for one in _told().due(period, [_due()])] == [None]
