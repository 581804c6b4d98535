"""E-mail, handed to a real mail server on loopback."""

import logging
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from socket import create_server

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec.structs import replace

from doorstep.adapters.clocks import VirtualClock
from doorstep.adapters.messaging.mail import REST_S, MailPost, MailUrlWrong, read_mail_url
from doorstep.engine.ports.post import Letter
from doorstep.engine.ports.sender import SendFailedError
from doorstep.vocabulary.ids import OrderId
from doorstep.vocabulary.message import Channel, MessageKind
from doorstep.vocabulary.units import Instant

SHOPPER = "ada@example.org"
NOON = Instant(1_781_604_000_000_000)
LETTER = Letter(
    "promised/prm_1", OrderId("ord_1"), MessageKind.promised, Channel.email, SHOPPER,
    "Ihre Bestellung kommt früh", "Grüße aus dem Lager.\nhttps://shop.example.org/t/abc", "",
)  # fmt: skip


class Mailroom:
    """What a mail server does with what it gets: keeps it, or answers as it is told."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.recipient_answer = self.data_answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server's library finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or not."""
        del server, session, options
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802 - the server's library finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the letter, or not."""
        del server, session
        if self.data_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.got.append(message_from_bytes(envelope.content, policy=default))
        return self.data_answer


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def mailroom(port: int) -> Iterator[Mailroom]:
    """A mail server that runs while the test does."""
    room = Mailroom()
    controller = Controller(room, hostname="127.0.0.1", port=port)
    controller.start()
    yield room
    controller.stop()


@pytest.fixture
def clock() -> VirtualClock:
    """The market's clock."""
    return VirtualClock(NOON)


@pytest.fixture
def post(port: int, clock: VirtualClock) -> MailPost:
    """Letters through that port."""
    url = f"mailto://127.0.0.1:{port}?from=Nachtviole <shop@example.org>&reply=help@example.org"
    return MailPost(read_mail_url(url), clock)


def failed(post: MailPost, letter: Letter = LETTER) -> SendFailedError:
    """How a letter was not taken."""
    with pytest.raises(SendFailedError) as raised:
        post.deliver(letter)
    return raised.value


def test_a_letter_arrives_as_it_was_written(mailroom: Mailroom, post: MailPost) -> None:
    """Sender, recipient, subject, date and words come through, umlauts and all."""
    post.deliver(LETTER)
    (got,) = mailroom.got
    assert (got["From"], got["To"], got["Reply-To"]) == (
        "Nachtviole <shop@example.org>", SHOPPER, "help@example.org",
    )  # fmt: skip
    assert got["Subject"] == LETTER.subject
    assert got["Date"].datetime.timestamp() * 1_000_000 == NOON
    assert got.get_content().replace("\r\n", "\n").rstrip() == LETTER.text
    assert got["Auto-Submitted"] == "auto-generated"


def test_a_second_copy_has_the_same_id(mailroom: Mailroom, post: MailPost) -> None:
    """A letter that is sent twice has one Message-ID, another fact and another order have others."""
    others = (
        replace(LETTER, id="late/prm_1"),
        replace(LETTER, order=OrderId("ord_2")),
    )
    for letter in (LETTER, LETTER, *others):
        post.deliver(letter)
    first, again, *rest = (got["Message-ID"] for got in mailroom.got)
    assert first == again
    assert first.endswith("@example.org>")
    assert len({first, *rest}) == 3


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such user", True), ("451 later", False)])
def test_a_refusal_is_for_good_or_for_now(
    answer: str, permanent: bool, mailroom: Mailroom, post: MailPost
) -> None:
    """A recipient or a letter that is refused with 5xx is never tried again, with 4xx it is."""
    mailroom.recipient_answer = f"{answer} {SHOPPER}"
    assert failed(post).permanent is permanent
    mailroom.recipient_answer, mailroom.data_answer = "250 OK", f"{answer} {SHOPPER}"
    assert failed(post).permanent is permanent
    assert mailroom.got == []


def test_a_server_that_is_down_is_tried_again_after_a_rest(
    port: int, post: MailPost, clock: VirtualClock
) -> None:
    """While it cannot be reached nobody queues at its door; once it is back and 30 s are over, letters go."""
    assert not failed(post).permanent
    room = Mailroom()
    controller = Controller(room, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert "a moment ago" in str(failed(post))
        clock.advance(REST_S)
        post.deliver(LETTER)
    finally:
        controller.stop()
    assert len(room.got) == 1


@pytest.mark.parametrize("to", ["ada@", "ada@example.org\nBcc: eve@example.org", "Ada", ""])
def test_what_is_no_address_is_never_sent(to: str, mailroom: Mailroom, post: MailPost) -> None:
    """An address that is none, or would add a header, is refused for good before anyone is asked."""
    assert failed(post, replace(LETTER, to=to)).permanent
    assert mailroom.got == []


@pytest.mark.parametrize("answer", ["550 unknown: ada@example.org", "451 busy: ada@example.org"])
def test_errors_and_logs_name_nobody(
    answer: str, mailroom: Mailroom, post: MailPost, caplog: pytest.LogCaptureFixture
) -> None:
    """What the server repeats of the shopper is in no error, in none behind it, and in no log but its own."""
    mailroom.recipient_answer = answer
    with caplog.at_level(logging.DEBUG):
        fault = failed(post)
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    assert SHOPPER not in f"{fault!r} {fault.__cause__!r} {ours}"
    assert fault.__suppress_context__


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "is no mailto"),
        ("mailto://", "is no mailto"),
        ("json://127.0.0.1", "is no mailto"),
        ("mailto://127.0.0.1/" + "x" * 3_000, "is no mailto"),
        ("mailto://u:secret@example.org?cc=eve@example.org", "names recipients"),
        ("mailto://u:secret@example.org/eve@example.org", "names recipients"),
    ],
)
def test_a_url_that_cannot_be(url: str, why: str, caplog: pytest.LogCaptureFixture) -> None:
    """What is no mail server, or would send copies, is refused; the password is told to nobody."""
    with caplog.at_level(logging.DEBUG), pytest.raises(MailUrlWrong, match=why) as raised:
        read_mail_url(url)
    assert "secret" not in f"{raised.value} {caplog.text}"


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("mailtos://u:p@mail.example.org", "starttls", 587),
        ("mailtos://u:p@mail.example.org?mode=ssl", "ssl", 465),
        ("mailto://u:p@mail.example.org", "insecure", 25),
    ],
)
def test_a_url_says_how_the_server_is_spoken_to(url: str, security: str, port: int) -> None:
    """`mailtos` is TLS, by STARTTLS unless it says otherwise; the sender is the user at the host."""
    server = read_mail_url(url)
    assert (server.host, server.security, server.port) == ("mail.example.org", security, port)
    assert (server.user, server.password, server.sender) == ("u", "p", "u@mail.example.org")
