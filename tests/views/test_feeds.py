"""Feed quality, told story by story: what is expected, how late it came, in which order, and how true."""

from msgspec.structs import replace
from tests.views.diary import MARKET, Diary, clock

from doorstep.views.feeds import ACCEPTED_CODE, FeedFigures, Feeds
from doorstep.views.period import Period
from doorstep.vocabulary.carrier import MessageSetAside, ReportsRepeated, SetAside
from doorstep.vocabulary.delivery import (
    Arrived,
    AttemptFailed,
    CarrierWord,
    Delivered,
    DeliveryAssigned,
    DeliveryCreated,
    DeliveryHeld,
    DeliveryStatus,
    HandoffMethod,
    OutForDelivery,
    PickedUp,
    StatusReported,
)
from doorstep.vocabulary.ids import (
    OWN_FLEET,
    CarrierId,
    DeliveryId,
    DriverId,
    HubId,
    MerchantId,
    OrderId,
    ParcelId,
    PlaceId,
    PromiseId,
    RouteId,
)
from doorstep.vocabulary.reasons import Reason
from doorstep.vocabulary.record import AnyEvent, Record
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window

A = CarrierId("a")
ORDER, DELIVERY, ROUTE = OrderId("ord_1"), DeliveryId("dlv_1"), RouteId("rte_1")
PARCELS = (ParcelId("pcl_1"),)
CREATED = DeliveryCreated(
    DELIVERY, "create", clock(6), ORDER, MerchantId("mer"), PromiseId("prm_1"), HubId("hub"), PlaceId("plc"),
    PARCELS, Window(clock(9), clock(11)), (), (),
)  # fmt: skip
SAID = CarrierWord(A, "X")
PERIOD = Period.whole(clock(23))


def _picked(at: Instant) -> PickedUp:
    return PickedUp(DELIVERY, f"pick/{at}", at, None, PARCELS, (), said=SAID)


def _out(at: Instant) -> OutForDelivery:
    return OutForDelivery(DELIVERY, f"out/{at}", at, None, said=SAID)


def _arrived(at: Instant) -> Arrived:
    return Arrived(DELIVERY, f"arrive/{at}", at, None, 0, Metres(9), True, said=SAID)


def _done(at: Instant) -> Delivered:
    method = HandoffMethod.to_recipient
    return Delivered(DELIVERY, f"done/{at}", at, None, 0, method, PARCELS, Metres(9), (), (), said=SAID)


def _failed(at: Instant, reason: Reason = Reason.not_home) -> AttemptFailed:
    return AttemptFailed(DELIVERY, f"fail/{at}", at, None, 0, reason, (), (), said=SAID)


def _status(at: Instant, status: DeliveryStatus | None, code: str = "X", *, near: bool = False) -> AnyEvent:
    word = CarrierWord(A, code)
    return StatusReported(DELIVERY, f"status/{at}/{code}", at, status, None, near, said=word)


def _records(*told: tuple[Instant, AnyEvent]) -> list[Record]:
    diary = Diary()
    diary.tell(clock(6), CREATED)
    for learned_at, event in told:
        diary.tell(learned_at, event)
    return diary.records


def _fold(records: list[Record], charged: dict[CarrierId, list[OrderId]] | None = None) -> list[FeedFigures]:
    feeds = Feeds(MARKET)
    for record in records:
        feeds.apply(record)
    return list(feeds.summary(PERIOD, {A: [ORDER]} if charged is None else charged))


def _feed(*told: tuple[Instant, AnyEvent]) -> FeedFigures:
    (figures,) = _fold(_records(*told))
    return figures


def _at_once(*events: AnyEvent) -> tuple[tuple[Instant, AnyEvent], ...]:
    return tuple((event.at, event) for event in events)  # type: ignore[union-attr]  # all have an instant


WHOLE = (_picked(clock(8)), _out(clock(9)), _arrived(clock(10)), _done(clock(10, 1)))


def test_a_delivery_that_is_told_whole_misses_nothing() -> None:
    """Collected, on the road, arrived, ended: four of four."""
    figures = _feed(*_at_once(*WHOLE))
    assert (figures.expected.count, figures.expected.cases, figures.missing) == (4, 4, {})
    assert (figures.deliveries, figures.reports, figures.market) == (1, 4, MARKET)


def test_each_step_that_is_not_told_is_named() -> None:
    """Whatever is left out of the four is missing under its name."""
    for event, name in zip(WHOLE[:3], ("picked_up", "out_for_delivery", "arrived"), strict=True):
        figures = _feed(*_at_once(*(one for one in WHOLE if one is not event)))
        assert (figures.expected.count, figures.missing) == (3, {name: 1})


def test_who_says_nothing_misses_what_every_delivery_asks() -> None:
    """Of a charged order that nothing was told of, the collection and the end are missing."""
    (figures,) = _fold(_records())
    assert (figures.reports, figures.expected.cases) == (0, 2)
    assert figures.missing == {"picked_up": 1, "end": 1}


def test_what_never_went_to_the_door_asks_for_no_arrival() -> None:
    """A failure that counts as no attempt ends it; one at the door asks for the way there too."""
    none = _feed(*_at_once(_picked(clock(8)), _failed(clock(10), Reason.out_of_time)))
    assert (none.expected.count, none.expected.cases) == (2, 2)
    tried = _feed(*_at_once(_picked(clock(8)), _failed(clock(10))))
    assert tried.missing == {"out_for_delivery": 1, "arrived": 1}


def test_latency_is_from_the_fact_to_our_log() -> None:
    """Median and 95th percentile by nearest rank; a clock ahead of ours is no wait, a wild one no time."""
    lags = [*range(1, 20), 900]
    told = [(Instant(clock(9, n) + lag * 1_000_000), _status(clock(9, n), DeliveryStatus.in_transit))
            for n, lag in enumerate(lags)]  # fmt: skip
    figures = _feed(*told)
    assert (figures.latency.cases, figures.latency.median_s, figures.latency.p95_s) == (20, 10, 19)
    ahead = _feed((clock(9), _status(clock(9, 2), DeliveryStatus.in_transit)))
    assert ahead.latency.median_s == 0
    wild = replace(_picked(Instant(0)), said=replace(SAID, plausible=False))
    figures = _feed((clock(9), wild))
    assert (figures.wild_clocks, figures.latency.cases, figures.out_of_order.cases) == (1, 0, 0)


def test_what_comes_after_something_later_is_out_of_order() -> None:
    """Each report that happened before one that we knew already counts once; order of learning decides."""
    late = _feed((clock(12), _done(clock(10))), (clock(12), _picked(clock(8))), (clock(12), _out(clock(9))))
    assert (late.out_of_order.count, late.out_of_order.cases) == (2, 3)
    assert _feed(*_at_once(*WHOLE)).out_of_order.count == 0


def test_what_comes_twice_counts_once() -> None:
    """Neither a copy in the log nor another order of reading it changes a figure."""
    records = _records(*_at_once(*WHOLE), (clock(12), WHOLE[0]))
    assert _fold(records) == _fold(records[:5]) == _fold(records[::-1])


def test_unknown_words_are_counted_by_code() -> None:
    """A code that the mapping does not have is unmapped; a courier nearby is not, our own word is none."""
    figures = _feed(
        (clock(9), _status(clock(9), None, "odd")),
        (clock(9), _status(clock(9, 1), None, "odd")),
        (clock(9), _status(clock(9, 2), None, "imminent", near=True)),
        (clock(9), _status(clock(8), DeliveryStatus.accepted, ACCEPTED_CODE)),
    )
    assert (figures.unmapped.count, figures.unmapped.cases) == (2, 3)
    assert figures.unmapped_codes == {"odd": 2}


def test_two_things_that_cannot_both_be_true_are_a_contradiction() -> None:
    """A failure after the handoff contradicts it; the same handoff told again does not."""
    figures = _feed(*_at_once(*WHOLE, _failed(clock(10, 30)), _failed(clock(10, 40))))
    assert (figures.contradicted.count, figures.contradicted.cases) == (1, 1)
    assert _feed(*_at_once(*WHOLE, _done(clock(10, 3)))).contradicted.count == 0


def test_what_was_set_aside_is_counted_by_reason() -> None:
    """A carrier of which nothing else is known has a feed all the same."""
    other = CarrierId("b")
    aside = MessageSetAside(other, "k", SetAside.unreadable, "", "raw", clock(9))
    told = _fold(_records((clock(9), aside)), {})
    assert [(one.carrier, one.set_aside) for one in told] == [("b", {"unreadable": 1})]


def test_what_a_carrier_told_again_is_counted_beside_what_it_told() -> None:
    """Three copies beside four reports: three of seven; who told nothing twice has none."""
    figures = _feed(*_at_once(*WHOLE), (clock(12), ReportsRepeated(A, "k1", 2, clock(12))),
                    (clock(13), ReportsRepeated(A, "k2", 1, clock(13))))  # fmt: skip
    assert (figures.repeated.count, figures.repeated.cases) == (3, 7)
    assert _feed(*_at_once(*WHOLE)).repeated.count == 0


def test_the_own_fleet_is_measured_by_the_same_rule() -> None:
    """What its drivers tell is its feed; what the planner decides is no report of anybody."""
    mine = [replace(event, said=None, route=ROUTE) for event in WHOLE]
    planned: tuple[AnyEvent, ...] = (
        DeliveryAssigned(DELIVERY, "assign", clock(7), ROUTE, DriverId("drv")),
        DeliveryHeld(DELIVERY, "hold", clock(7), "", clock(9)),
    )
    (figures,) = _fold(_records(*_at_once(*planned, *mine)), {OWN_FLEET: [ORDER]})
    assert (figures.carrier, figures.reports, figures.expected.count) == (OWN_FLEET, 4, 4)
    assert figures.repeated.share_ppm is None, "nobody counts what a phone sends twice"
