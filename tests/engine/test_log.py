"""A log that is not what was written."""

import pytest
from tests.engine.shop import Shop

from doorstep.engine.log import LogBrokenError
from doorstep.engine.ports.store import StoredEvent


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'"key":"b"', b'"key":"c"', "does not hash"),
        (b'"position":2', b'"position":3', "position 3 stands where 2 belongs"),
        (b'"version":2', b'"version":4', "has version 4 at 2, not 2"),
        (b'"actor":"ada"', b'"actor" :"ada"', "canonical"),
        (b'"market":"nbg"', b'"market":"muc"', "belongs to market muc"),
        (b'"id":"evt_', b'"id":"evt_0', "another event's id"),
        (b'"schema":1', b'"schema":"1"', "not an event"),
        (b'"data":{', b'"data":', "not an event"),
        (b'"recorded_at":1', b'"recorded_at":0', "not an event"),
        (b'"recorded_at":17', b'"recorded_at":16', "recorded before"),
        (b'"stream":"contact/', b'"stream":"other/', "has version 2 at 2, not 1"),
    ],
)
def test_a_tampered_log_is_not_opened(shop: Shop, old: bytes, new: bytes, complaint: str) -> None:
    """Whatever was changed in a stored event, the market says so instead of running on it."""
    shop.open().handle([shop.ask("ord_1", "a"), shop.ask("ord_1", "b")])
    events: list[StoredEvent] = shop.store._shelves[shop.id].events
    second = events[1]
    changed = second.text.replace(old, new, 1)
    assert changed != second.text
    events[1] = StoredEvent(second.position, second.stream, second.version, changed)
    with pytest.raises(LogBrokenError, match=complaint):
        shop.open()


def test_a_shortened_log_is_not_opened(shop: Shop) -> None:
    """A log whose tail is gone does not reach its head."""
    shop.open().handle([shop.ask("ord_1", "a"), shop.ask("ord_1", "b")])
    shop.store._shelves[shop.id].events.pop()
    with pytest.raises(LogBrokenError, match="does not hash"):
        shop.open()
