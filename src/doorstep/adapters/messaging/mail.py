"""E-mail: letters handed to the operator's mail server, named like `mailtos://user:password@host`.

Apprise reads the URL, as operators know it from elsewhere. The letter is handed over by the standard library:
Apprise answers yes or no and makes up each Message-ID, while the outbox has to know whether another try is of
use, and a receiver has to know a second copy by its id.
"""

import logging
import smtplib
import ssl
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

import msgspec

from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.post import Letter
from doorstep.engine.ports.sender import SendFailedError
from doorstep.vocabulary.message import Channel
from doorstep.vocabulary.units import MICROSECONDS, Instant, after

ANSWER_S_MAX: Final = 15
"""Seconds that the mail server gets for each of its answers; the market's timers wait meanwhile."""
REST_S: Final = 30
"""Seconds that a server is left alone which could not be reached: letters do not wait for it in turn."""
URL_CHARS_MAX: Final = 2_000
ID_HEX: Final = 32
"""Digits of a Message-ID: 128 bits of its letter's own id."""
_PERMANENT: Final = range(500, 600)


class MailUrlWrong(ValueError):
    """The URL names no mail server that letters can go through; says why, and nothing of a password."""


class MailServer(msgspec.Struct, frozen=True):
    """Where letters are handed in, and who they are from; `security` is `starttls`, `ssl` or `insecure`."""

    host: str
    port: int
    security: str
    sender_name: str
    sender: str
    user: str = ""
    password: str = ""
    is_verified: bool = True
    reply_to: tuple[str, ...] = ()


def read_mail_url(url: str) -> MailServer:
    """The mail server of a `mailto://` (plain) or `mailtos://` (TLS) URL in Apprise's words.

    Raises:
        MailUrlWrong: it is none, or it names people: each letter has one recipient, its own.
    """
    # Apprise loads a long list of services; only a server that sends e-mail waits for that.
    from apprise import Apprise
    from apprise.plugins.email import NotifyEmail

    # It logs what it could not read, and the URL holds the password.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    found = Apprise.instantiate(url) if len(url) <= URL_CHARS_MAX else None
    if not isinstance(found, NotifyEmail):
        raise MailUrlWrong("is no mailto:// or mailtos:// URL with a host and a sender")
    name, sender = found.from_addr
    if found.cc or found.bcc or [address for _, address in found.targets] != [sender]:
        raise MailUrlWrong("names recipients; each letter goes to its own shopper alone")
    return MailServer(
        host=found.smtp_host,
        port=int(found.port or 0),
        security=str(found.secure_mode),
        sender_name=str(name or ""),
        sender=str(sender),
        user=found.user or "",
        password=found.password or "",
        is_verified=bool(found.verify_certificate),
        reply_to=tuple(sorted(found.reply_to)),
    )


class MailPost:
    """Hands letters to a mail server, each under a Message-ID that is the same at every try."""

    channels: frozenset[Channel] = frozenset({Channel.email})

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._rests_until = Instant(0)

    def deliver(self, letter: Letter) -> None:
        """Hand it over.

        What the server says may repeat the address, so errors hold its code alone, and chain to nothing.

        Raises:
            SendFailedError: the server did not take it; for good where it refused this very letter.
        """
        try:
            message = self._message(letter)
        except (ValueError, MessageError):
            raise SendFailedError("the address is no e-mail address", permanent=True) from None
        if self._clock.now() < self._rests_until:
            raise SendFailedError("the mail server could not be reached a moment ago")
        try:
            with self._connected() as session:
                session.send_message(message, self._server.sender, [letter.to])
        except smtplib.SMTPRecipientsRefused as refused:
            raise _refused("the address", next(iter(refused.recipients.values()))[0]) from None
        except smtplib.SMTPDataError as refused:
            raise _refused("the letter", refused.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise SendFailedError("the mail server cannot carry this address", permanent=True) from None
        except smtplib.SMTPResponseException as refused:
            # The greeting, the login or the sender: the operator's to mend, so the letter may still go.
            raise SendFailedError(f"the mail server refuses us, code {refused.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as fault:
            self._rests_until = after(self._clock.now(), REST_S)
            raise SendFailedError(f"the mail server cannot be reached: {type(fault).__name__}") from None

    def _message(self, letter: Letter) -> EmailMessage:
        server = self._server
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(server.sender_name, addr_spec=server.sender)
        name, _, domain = letter.to.rpartition("@")
        if not (name and domain):
            raise ValueError("half an address")
        message["To"] = Address(username=name, domain=domain)
        if server.reply_to:
            message["Reply-To"] = ", ".join(server.reply_to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(self._clock.now() // MICROSECONDS, UTC))
        digest = sha256(f"{letter.order}\x1f{letter.id}".encode()).hexdigest()[:ID_HEX]
        message["Message-ID"] = f"<{digest}@{server.sender.rpartition('@')[2]}>"
        # Nobody's holiday answer should come back for a note that no person wrote (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _connected(self) -> smtplib.SMTP:
        """A session with the server, which ends with its `with` block."""
        server = self._server
        context = ssl.create_default_context()
        if not server.is_verified:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        session: smtplib.SMTP
        if server.security == "ssl":
            session = smtplib.SMTP_SSL(server.host, server.port, timeout=ANSWER_S_MAX, context=context)
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=ANSWER_S_MAX)
        try:
            if server.security == "starttls":
                session.starttls(context=context)
            if server.user and server.password:
                session.login(server.user, server.password)
        except (OSError, smtplib.SMTPException):
            session.close()
            raise
        return session


def _refused(what: str, code: int) -> SendFailedError:
    return SendFailedError(f"the mail server refuses {what}, code {code}", permanent=code in _PERMANENT)
