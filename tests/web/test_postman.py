"""The thread that sends, beside a market that is served."""

from collections.abc import Iterator
from threading import Event

import pytest
from tests.adapters.webhooks.receiver import Receiver, receiving
from tests.web.town import Town

from doorstep.adapters.maps.streets import StreetMap
from doorstep.web.postman import Postman

WAIT_S_MAX = 20


@pytest.fixture
def town(streets: StreetMap) -> Iterator[Town]:
    """A fresh market whose webhooks may lead to this machine."""
    founded = Town.founded(streets, local_webhooks=True)
    yield founded
    founded.app.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as served:
        yield served


def test_what_goes_out_is_sent_beside_the_market(town: Town, receiver: Receiver) -> None:
    """While one receiver keeps its answer back, another is told, and the market takes orders."""
    kept_back, waits = Event(), Event()

    def answer(_: object) -> int:
        waits.set()
        kept_back.wait(WAIT_S_MAX)
        return 200

    receiver.answer = answer
    postman = Postman(town.app, lambda: None)
    with receiving() as other:
        for each in (receiver, other):
            body = {"url": each.url, "types": ["order.placed"]}
            town.json(town.merchants[0], "POST", "/v1/webhooks", body, 201)
        postman.start()
        try:
            town.place(1)
            assert waits.wait(WAIT_S_MAX)
            town.place(2)
            other.wait_for(1)
            assert town.app.outbox.next_due() is not None
            kept_back.set()
            other.wait_for(2)
            receiver.wait_for(2)
        finally:
            kept_back.set()
            postman.stop()


def test_a_defect_is_told_to_whoever_stops_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is asked to end, and the stop raises what nobody has foreseen."""
    told = Event()

    def broken(*_: object) -> None:
        raise KeyError("nobody foresaw it")

    monkeypatch.setattr(town.app, "send", broken)
    postman = Postman(town.app, told.set)
    postman.start()
    assert told.wait(WAIT_S_MAX)
    with pytest.raises(KeyError):
        postman.stop()
