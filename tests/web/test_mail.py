"""Messages that leave the house by e-mail, from the promise to the mail server or to a case."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_server

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from tests.web.town import Town

from doorstep.adapters.messaging.mail import MailPost, read_mail_url

EMAIL = "ada@example.org"
RETRY_S = 120


class Inbox(Message):
    """Keeps the Message-IDs and the words of what came.

    `refuses` is what it answers for a recipient; while it `forgets`, it takes letters and denies it.
    """

    refuses = ""
    forgets = False

    def __init__(self) -> None:
        super().__init__()
        self.got: list[tuple[str, str]] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: ANN001, N802 - the library's name
        """Take the recipient, unless told not to."""
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: ANN001, N802 - the library's name
        """Keep the letter, and say so or not."""
        taken: str = await super().handle_DATA(server, session, envelope)
        return "451 try again" if self.forgets else taken

    def handle_message(self, message) -> None:  # noqa: ANN001 - the library gives an email.message.Message
        """Keep it."""
        self.got.append((message["Message-ID"], message.get_payload(decode=True).decode()))


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(port: int) -> Iterator[Inbox]:
    """A mail server that runs as long as the block."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def post_by(town: Town, port: int) -> None:
    """The town's letters go by the mail server at this port."""
    town.app.post = MailPost(
        read_mail_url(f"mailto://127.0.0.1:{port}?from=shop@example.org"), town.app.clock
    )


def log(town: Town) -> bytes:
    """The whole log."""
    return b"".join(event.text for event in town.app.store.events(town.app.market.id))


def test_a_promise_arrives_once_by_mail(town: Town, port: int) -> None:
    """The shopper gets one letter with the window and the link; the log says so and holds no address."""
    post_by(town, port)
    town.place(email=EMAIL)
    with mail_server(port) as inbox:
        for _ in range(3):
            town.app.tick()
    ((_, words),) = inbox.got
    assert "16.6., 09:00–13:00 Uhr" in words
    assert "/t/" in words
    assert b"message.sent" in log(town)
    assert EMAIL.encode() not in log(town)


def test_a_mail_server_that_is_down_delays_and_loses_nothing(town: Town, port: int) -> None:
    """While it is down the letter waits, without a case; once it is back the letter arrives, once."""
    post_by(town, port)
    town.place(email=EMAIL)
    town.pass_s(RETRY_S)
    assert town.app.outbox.next_due() is not None
    with mail_server(port) as inbox:
        town.pass_s(RETRY_S * 2)
    assert len(inbox.got) == 1
    assert town.app.outbox.next_due() is None
    assert town.app.outbox.dead() == ()


def test_a_letter_whose_answer_was_lost_comes_again_under_its_id(town: Town, port: int) -> None:
    """A server that took the letter and said it could not gets it again, under the same Message-ID."""
    post_by(town, port)
    town.place(email=EMAIL)
    with mail_server(port) as inbox:
        inbox.forgets = True
        town.app.tick()
        inbox.forgets = False
        town.pass_s(RETRY_S)
    (first, _), (second, _) = inbox.got
    assert first == second


def test_an_address_that_the_server_refuses_becomes_a_case(town: Town, port: int) -> None:
    """A 550 ends the tries at once: a dead letter with an owner and the code, and no address in it."""
    post_by(town, port)
    order = town.place(email=EMAIL)["id"]
    with mail_server(port) as inbox:
        inbox.refuses = f"550 5.1.1 {EMAIL} is unknown"
        town.app.tick()
    (dead,) = town.app.outbox.dead()
    assert dead.tries == 1
    (case,) = town.json("operator", "GET", "/v1/cases?kind=dead_letter")["cases"]
    assert (case["owner"], case["why"]) == (
        "operations_lead", "SendFailedError: the mail server refuses the address, code 550",
    )  # fmt: skip
    assert order in case["happened"]
    assert EMAIL.encode() not in log(town) + repr(dead).encode()
