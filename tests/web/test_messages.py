"""What shoppers are told."""

from tests.web.town import Town, at

from doorstep.adapters.messaging.local import LocalMailbox
from doorstep.engine.log import read_record
from doorstep.engine.messenger import night_ends
from doorstep.policy.messages import QuietHours
from doorstep.vocabulary.message import MessageDropped, MessageKind, MessageSent
from doorstep.vocabulary.promise import MissAnnounced

EMAIL = "ada@example.org"


def posted(town: Town) -> LocalMailbox:
    """The town with a mailbox."""
    mailbox = LocalMailbox()
    town.app.post = mailbox
    return mailbox


def kinds(mailbox: LocalMailbox, order: str) -> list[MessageKind]:
    """What came, in its order."""
    return [letter.kind for letter in mailbox.letters(order)]


def events(town: Town, kind: type) -> list:
    """The log's events of a kind."""
    records = (read_record(event.text) for event in town.app.store.events(town.app.market.id))
    return [record.data for record in records if isinstance(record.data, kind)]


def test_a_promise_is_told_once_with_its_link(town: Town) -> None:
    """The shopper gets one message with window and a link that opens the page, however often we send."""
    mailbox = posted(town)
    order = town.place(email=EMAIL)["id"]
    for _ in range(3):
        town.app.tick()
    (letter,) = mailbox.letters(order)
    assert (letter.kind, letter.to) == (MessageKind.promised, EMAIL)
    assert "16.6., 09:00–13:00 Uhr" in letter.text
    assert town.call(None, "GET", letter.link).status == 200
    assert len(events(town, MessageSent)) == 1


def test_the_log_holds_no_address(town: Town) -> None:
    """Neither the address nor the words of a message are in the log."""
    posted(town)
    town.place(email=EMAIL)
    town.app.tick()
    log = b"".join(event.text for event in town.app.store.events(town.app.market.id))
    assert b"message.sent" in log
    assert EMAIL.encode() not in log
    assert b"/t/" not in log


def test_a_promise_that_was_replaced_before_it_was_told_is_dropped(town: Town) -> None:
    """Of two promises that wait only the one that stands is told; the other is on record as dropped."""
    mailbox = posted(town)
    order = town.place(email=EMAIL)["id"]
    path = town.json("operator", "POST", f"/v1/orders/{order}/tracking")["path"].replace(
        "/t/", "/v1/tracking/"
    )
    seen = town.json(None, "GET", path)
    town.json(None, "POST", f"{path}/window", {**seen["windows"][-1], "instead_of": seen["promise"]})
    town.app.tick()
    assert kinds(mailbox, order) == [MessageKind.promised]
    assert [dropped.why for dropped in events(town, MessageDropped)] == ["superseded"]


def test_another_time_is_told_as_such(town: Town) -> None:
    """A shopper who was told a window and chose another is told that it was moved."""
    mailbox = posted(town)
    order = town.place(email=EMAIL)["id"]
    town.app.tick()
    path = mailbox.letters(order)[0].link.replace("/t/", "/v1/tracking/")
    seen = town.json(None, "GET", path)
    town.json(None, "POST", f"{path}/window", {**seen["windows"][-1], "instead_of": seen["promise"]})
    town.app.tick()
    assert kinds(mailbox, order) == [MessageKind.promised, MessageKind.rescheduled]


def test_a_miss_is_told_before_the_window_ends(town: Town) -> None:
    """Nobody drives: the shopper is told before the window is over, and the promise's ledger knows."""
    mailbox = posted(town)
    order = town.place(email=EMAIL)["id"]
    town.pass_to(at(13, 5))
    assert MessageKind.late in kinds(mailbox, order)
    (announced,) = events(town, MissAnnounced)
    assert announced.at <= at(13)


def test_a_cancelled_order_is_told_only_to_who_knew_of_it(town: Town) -> None:
    """Cancelled before anything was told, nothing is told; afterwards it is."""
    mailbox = posted(town)
    unknown, known = town.place(1, email=EMAIL)["id"], town.place(2, email=EMAIL)["id"]
    town.json("operator", "POST", f"/v1/orders/{unknown}/cancel", {"reason": "no more"})
    town.pass_to(at(8))
    town.json("operator", "POST", f"/v1/orders/{known}/cancel", {"reason": "no more"})
    town.pass_to(at(9))
    assert kinds(mailbox, unknown) == []
    assert kinds(mailbox, known)[-1] is MessageKind.cancelled


def test_nobody_without_an_address_holds_the_queue_back(town: Town) -> None:
    """A shopper who gave no address is not told; that is recorded, and the queue is empty."""
    posted(town)
    town.place()
    town.app.tick()
    assert [dropped.why for dropped in events(town, MessageDropped)] == ["unreachable"]
    assert town.app.outbox.next_due() is None


def test_a_market_without_a_post_says_so(town: Town) -> None:
    """Where nobody carries letters, each message is recorded as not sent, and why."""
    town.place(email=EMAIL)
    town.app.tick()
    assert [dropped.why for dropped in events(town, MessageDropped)] == ["no_channel"]


def test_the_night_ends_in_the_morning(town: Town) -> None:
    """At eleven and at three the night lasts until seven; at noon there is none."""
    quiet = QuietHours("21:00", "07:00")
    assert night_ends(at(23), quiet, town.app.zone) == at(7, day=17)
    assert night_ends(at(3), quiet, town.app.zone) == at(7)
    assert night_ends(at(12), quiet, town.app.zone) is None
