"""Cursors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.web.cursors import next_link, page_of, read_cursor, written_cursor
from doorstep.web.problems import ProblemError


@given(st.text(max_size=60, alphabet=st.characters(codec="utf-8")))
def test_a_cursor_leads_back_to_where_it_was_written(last: str) -> None:
    """What we write we read."""
    assert read_cursor(written_cursor(last)) == last


@pytest.mark.parametrize("cursor", ["????", "AAAA=", "gA", "YWJj "])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    """A cursor that we never wrote is a bad request, not a surprise."""
    with pytest.raises(ProblemError):
        read_cursor(cursor)


@given(st.integers(0, 30), st.integers(1, 7))
def test_pages_hold_every_item_once(count: int, limit: int) -> None:
    """Walking the pages meets every item once, in order, and ends."""
    items = [(f"{index:03d}", index) for index in range(count)]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        after = read_cursor(cursor)
        page, cursor = page_of(((key, item) for key, item in items if key > after), limit)
        assert len(page) <= limit
        seen += page
    assert seen == list(range(count))


def test_the_link_keeps_what_was_asked() -> None:
    """The next page is asked with the same filters."""
    link = next_link("/v1/orders", {"state": "placed", "cursor": "old"}, "new")["Link"]
    assert link == '</v1/orders?state=placed&cursor=new>; rel="next"'
    assert next_link("/v1/orders", {}, None) == {}
