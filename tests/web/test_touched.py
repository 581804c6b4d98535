"""What is touched: the pages of it look again, the others stay as they are."""

import json

from tests.views.board_day import delivery, order, route, told_evening
from tests.web.test_board import shape
from tests.web.town import Town, at

from doorstep.views.order_page import OrderPages
from doorstep.web.stream import TOUCHED_MAX, Told
from doorstep.web.touched import RECORDS_KEPT, Touched


def touched() -> tuple[Touched, int]:
    """A whole day noted, and its last position."""
    pages, found = OrderPages(), Touched()
    for record in told_evening().records:
        found.note(record, pages.apply(record))
    return found, told_evening().records[-1].position


def test_each_record_touches_what_it_is_about() -> None:
    """A failed attempt touches order, delivery and route; booked costs touch the orders that bear them."""
    found, last = touched()
    assert found.since(last) == ()
    costs = found.since(last - 1)
    assert costs is not None
    assert {order(1), order(2)} <= set(costs)
    assert order(3) not in costs
    failed = next(r.position for r in told_evening().records if type(r.data).__name__ == "AttemptFailed")
    ids = found.since(failed - 1)
    assert ids is not None
    assert {order(3), delivery(3), route(1), "cas_failed"} <= set(ids)


def test_who_was_away_for_too_long_looks_again_whatever_it_is_about() -> None:
    """What is forgotten is said to be unknown, never to be nothing."""
    found, last = touched()
    assert found.since(0) is not None
    record = told_evening().records[-1]
    for _ in range(RECORDS_KEPT):
        found.note(record, ())
    assert found.since(0) is None
    assert found.since(last) == ()


def test_the_stream_names_what_a_contact_touches(town: Town) -> None:
    """An event that changes nothing on the board still reaches the page of its order."""
    placed = town.place(1)
    town.pass_to(at(7))
    screens = town.api.screens  # type: ignore[attr-defined]  # the application's own views
    told = Told(screens.touched)
    told.board(shape(town))
    town.call(
        "operator",
        "POST",
        "/v1/contacts",
        {"order": placed["id"], "topic": "where_is_my_order", "channel": "phone", "answered_by": "Mira"},
    )
    messages = told.news(shape(town))
    assert [name for name, _, _ in messages] == ["touched"]
    assert placed["id"] in json.loads(messages[0][2])["ids"]
    assert told.news(shape(town)) == []
    assert TOUCHED_MAX < RECORDS_KEPT
