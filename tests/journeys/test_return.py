"""A return: moved on a phone, fetched by a van, opened at the hub, paid back, never out of sight."""

import pytest
from tests.web.test_collections import Visit
from tests.web.test_messages import EMAIL, posted
from tests.web.test_tracking import page, send
from tests.web.town import Town

from doorstep.simulation.checkers.custody import CustodyChains
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.ledger import BalancedLedger
from doorstep.simulation.checkers.messages import Messages
from doorstep.simulation.checkers.verdict import verdicts
from doorstep.simulation.doors import instant
from doorstep.vocabulary.message import MessageKind


@pytest.fixture
def visit(town: Town) -> Visit:
    """A return of a delivered order, booked for the first window that was offered."""
    posted(town)
    return Visit(town, email=EMAIL)


def test_what_was_delivered_goes_back_by_van_and_the_money_follows(visit: Visit) -> None:
    """The shopper moves the visit from the page; driver, hub and merchant do the rest through their doors.

    In the end the page says what was paid, each letter came once, and independent readers of the log find
    every parcel with one holder, the ledger balanced, and no message about what was past.
    """
    town, bench = visit.town, visit.bench
    mailbox = town.app.post
    town.app.tick()
    letter = mailbox.letters(bench.order)[-1]
    assert letter.kind is MessageKind.return_booked
    token = letter.link.rpartition("/t/")[2]
    other = visit.windows()[-1]
    chosen = f"{instant(other['window_start'])}-{instant(other['window_end'])}"
    assert send(town, token, "collection", **{"return": visit.back["id"], "window": chosen})[0] == 303
    assert visit.now()["collection"]["window_start"] == other["window_start"]

    visit.arrive()
    assert visit.step("collect", parcels=bench.parcels, photo=visit.photo())["status"] == "collected"
    town.app.tick()
    assert "The driver has it" in page(town, token)
    visit.home(bench.parcels)
    assert "returns bench" in page(town, token)

    back = bench.step(visit.now(), "inspect", condition="opened")
    back = bench.step(bench.step(back, "dispose"), "refund")
    town.app.tick()
    assert (back["state"], back["disposition"]) == ("refunded", "restock")
    assert "The shop pays you back" in page(town, token)
    told = [one.kind for one in mailbox.letters(bench.order) if one.kind.startswith("return_")]
    assert told == [
        MessageKind.return_booked, MessageKind.return_booked, MessageKind.return_collected,
        MessageKind.return_refunded,
    ]  # fmt: skip

    town.pass_s(3_600)
    log = Log(event.text for event in town.app.store.events(town.app.market.id))
    for verdict in verdicts([CustodyChains(), BalancedLedger(), Messages()], log):
        assert verdict.holds, verdict
