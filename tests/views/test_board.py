"""The board."""

import pytest
from tests.views.board_day import DAY, HUB, MORNING, delivery, order, route, told_day, told_evening
from tests.views.diary import Diary, clock

from doorstep.views.board import Board
from doorstep.views.board_memory import DATE_US
from doorstep.views.board_view import BoardView, Mark
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.delivery import DeliveryCancelled, ReattemptScheduled
from doorstep.vocabulary.ids import MerchantId, PlaceId, PromiseId
from doorstep.vocabulary.promise import Demand, PromiseConfirmed, PromiseHeld
from doorstep.vocabulary.units import Grams, Instant, Millilitres, Seconds
from doorstep.vocabulary.windows import Window

NOW = clock(10, 15)


def seen(diary: Diary, now: Instant = NOW, **expected: Instant) -> BoardView:
    """The board over a diary; `dlv_4=…` says when the plan has the van there."""
    board = Board()
    for record in diary.records:
        board.apply(record)
    return board.snapshot(now, DAY, expected)  # type: ignore[arg-type]  # keyword names are the deliveries' ids


def seen_on(diary: Diary, day: Window, now: Instant) -> BoardView:
    """The board of another day."""
    board = Board()
    for record in diary.records:
        board.apply(record)
    return board.snapshot(now, day)


def test_the_figures_count_each_delivery_once() -> None:
    """Delivered, unproven, on the road, at risk and failed are told apart, and add up to what is due."""
    figures = seen(told_day(), dlv_4=clock(12, 20)).figures
    assert (figures.due, figures.delivered, figures.unproven, figures.failed) == (4, 2, 1, 1)
    assert (figures.at_risk, figures.waiting, figures.on_road) == (1, 1, 0)
    assert figures.due == figures.delivered + figures.failed + figures.on_road + figures.waiting
    assert (figures.promises_due, figures.promises_kept, figures.declined) == (2, 1, 1)
    assert (figures.cases, figures.cases_unclaimed, figures.cases_untold) == (3, 2, 2)


def test_a_stop_shows_in_one_word_what_became_of_it() -> None:
    """Delivered, unproven, failed on the first van; at risk on the second, by how much, and whose it is."""
    first, second = seen(told_day(), dlv_4=clock(12, 20)).routes
    assert [stop.mark for stop in first.stops] == [Mark.hub_done, Mark.delivered, Mark.unproven, Mark.failed]
    assert [stop.done_at for stop in first.stops] == [clock(8, 30), clock(9, 12), clock(9, 30), clock(9, 50)]
    assert first.stops[3].reason == "recipient.not_home"
    _, ahead = second.stops
    assert (ahead.mark, ahead.late_s, ahead.case, ahead.label) == (Mark.at_risk, 1200, "cas_late", "S-4")
    assert (second.at_risk, first.done) == (1, 4)


def test_a_promise_is_at_risk_for_one_of_three_reasons() -> None:
    """Expected late, already over, or a case that says so; else it is planned."""
    diary = told_day()
    calm = Diary(
        records=[record for record in diary.records if getattr(record.data, "case", "") != "cas_late"]
    )
    assert seen(calm, dlv_4=clock(11)).routes[1].stops[1].mark is Mark.planned
    assert seen(calm, dlv_4=clock(12, 1)).routes[1].stops[1].mark is Mark.at_risk
    assert seen(calm, clock(12, 5)).routes[1].stops[1].late_s == 300
    assert seen(diary, dlv_4=clock(11)).routes[1].stops[1].mark is Mark.at_risk


def test_cases_come_by_what_breaks_next() -> None:
    """A breach ahead counts before a later due time; what is overdue comes first."""
    cases = seen(told_day()).cases
    assert [case.id for case in cases] == ["cas_address", "cas_failed", "cas_late"]
    assert [case.overdue for case in cases] == [True, False, False]
    assert (cases[2].owner, cases[2].claimed, cases[2].told) == ("Jonas", True, True)
    assert cases[0].kind is CaseKind.bad_address


def test_the_evening_corrects_the_morning() -> None:
    """A proof that comes later, another day for a failed stop, a closed case: all show at once."""
    view = seen(told_evening(), clock(16))
    assert [stop.mark for stop in view.routes[0].stops] == [
        Mark.hub_done,
        Mark.delivered,
        Mark.delivered,
        Mark.failed,
    ]
    assert view.routes[0].stops[3].window == MORNING
    assert (view.figures.due, view.figures.failed, view.figures.promises_kept) == (4, 1, 2)
    assert "cas_failed" not in {case.id for case in view.cases}
    assert view.routes[0].returned_at == clock(15)


def test_what_moves_to_tomorrow_stays_in_the_count_of_today() -> None:
    """A failed delivery with another day stays due today as failed, and one that nobody tried as moved."""
    diary = told_evening()
    tomorrow = Window(clock(9, days=1), clock(12, days=1))
    diary.tell(clock(15, 5), ReattemptScheduled(delivery(4), "again/4", clock(15, 5), tomorrow))
    figures = seen(diary, clock(16)).figures
    assert (figures.due, figures.delivered, figures.failed, figures.moved) == (4, 2, 1, 1)
    assert (figures.waiting, figures.on_road, figures.at_risk) == (0, 0, 0)
    next_day = Window(Instant(DAY.end + 1), Instant(DAY.end + DATE_US))
    ahead = seen_on(diary, next_day, clock(8, days=1)).figures
    assert (ahead.due, ahead.failed, ahead.moved, ahead.waiting) == (2, 0, 0, 2)


def test_what_is_cancelled_after_it_moved_is_due_on_no_day() -> None:
    """A shopper who gives the order up takes it out of today's count as well."""
    diary = told_evening()
    diary.tell(clock(15, 5), DeliveryCancelled(delivery(3), "stop/3", clock(15, 5), "changed mind"))
    assert seen(diary, clock(16)).figures.due == 3


def test_a_rebuild_equals_the_incremental_fold() -> None:
    """After every record, a board folded anew shows the same."""
    diary = told_evening()
    board = Board()
    for count, record in enumerate(diary.records, 1):
        board.apply(record)
        anew = Board()
        for earlier in diary.records[:count]:
            anew.apply(earlier)
        assert anew.snapshot(NOW, DAY) == board.snapshot(NOW, DAY)


def test_what_ended_days_ago_is_let_go_of() -> None:
    """A week later the board holds only what is still open: its size follows the day, not the log."""
    diary = told_evening()
    later = clock(8, days=7)
    promise = PromiseId("prm_9")
    demand = Demand(HUB, later, Seconds(60), Grams(1), Millilitres(1), ())
    diary.tell(
        later,
        PromiseHeld(
            promise,
            MerchantId("shop"),
            "slot",
            delivery(9),
            PlaceId("plc_9"),
            demand,
            MORNING,
            950_000,
            route(9),
            later,
            Seconds(1),
            "plan",
            later,
        ),
        PromiseConfirmed(promise, order(9), "plan", later),
    )
    board = Board()
    for record in diary.records:
        board.apply(record)
    assert board.delivery(delivery(1)) is None
    assert board.delivery(delivery(3)) is not None
    assert board.delivery(delivery(4)) is not None
    assert board.route(route(1), later) is None
    assert (board.label(order(1)), board.label(order(4))) == ("", "S-4")


@pytest.mark.parametrize("number", [1, 2])
def test_a_single_route_shows_what_the_board_shows(number: int) -> None:
    """A route's page and its line on the board agree."""
    diary = told_day()
    board = Board()
    for record in diary.records:
        board.apply(record)
    view = board.snapshot(NOW, DAY, {delivery(4): clock(12, 20)})
    line = next(line for line in view.routes if line.id == route(number))
    assert board.route(route(number), NOW, {delivery(4): clock(12, 20)}) == line
