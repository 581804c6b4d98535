"""Attempts due, made and on time, told case by case."""

import pytest
from tests.views.diary import Diary, clock

from doorstep.views.attempts import AttemptFigures, Attempts
from doorstep.views.period import Period
from doorstep.views.promise_chains import Due, Ending
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    Delivered,
    DeliveryCreated,
    DeliveryEvent,
    HandoffMethod,
    ReattemptScheduled,
    ReturnStarted,
)
from doorstep.vocabulary.ids import (
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


def _figures(*events: DeliveryEvent, as_of: Instant = END, due: Due | None = None) -> AttemptFigures:
    diary, attempts = Diary(), Attempts()
    for event in (CREATED, *events):
        diary.tell(clock(12), event)  # type: ignore[arg-type]  # every delivery event is one of the union
    for record in diary.records:
        attempts.apply(record)
    return attempts.summary(Period.whole(as_of), [_due() if due is None else due])


def _counts(figures: AttemptFigures) -> tuple[tuple[int, int], ...]:
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
    figures = _figures(_failed(clock(10)), _failed(clock(11), lacking=("radius",)), _broke_down(clock(12)))
    assert (figures.physical_failed, figures.claimed, figures.none) == (1, 1, 1)
    assert figures.failed_by_reason == {"carrier.vehicle_breakdown": 1, "recipient.not_home": 2}
