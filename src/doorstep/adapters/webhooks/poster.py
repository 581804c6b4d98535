"""Poster: one signed message to one checked address, bounded in time and in bytes.

Signed as Standard Webhooks say (https://www.standardwebhooks.com): the id, the time and the text together.
The connection goes to the very address that was checked; the name stays in the certificate's check and in
the `Host` header. Redirects are not followed, and no proxy is asked.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from threading import Timer
from time import monotonic
from typing import Final

import httpx
from standardwebhooks import Webhook

from doorstep.adapters.webhooks.addresses import Address, Addresses, NotCalled, Target
from doorstep.engine.ports.clock import Clock
from doorstep.engine.ports.webhooks import Posted, WebhookMessage
from doorstep.vocabulary.units import MICROSECONDS

CONNECT_S_MAX: Final = 3.0
CALL_S_MAX: Final = 10.0
"""Seconds for a whole call. Nothing but the head of its answer is read."""


class HttpPoster:
    """Posts over HTTPS; `clock` is the wall's, for whoever verifies looks at their own."""

    def __init__(
        self,
        clock: Clock,
        addresses: Addresses,
        trust: Callable[[], ssl.SSLContext] = httpx.create_ssl_context,
    ) -> None:
        self._clock = clock
        self._addresses = addresses
        self._trust = trust
        self._context: ssl.SSLContext | None = None

    def wrong_with(self, url: str) -> str | None:
        """Why nothing would ever be sent there; None where it may be, as far as its text says."""
        try:
            self._addresses.target(url)
        except NotCalled as fault:
            return str(fault)
        return None

    def post(self, url: str, message: WebhookMessage) -> Posted:
        """Post it once, and say what came of it."""
        start = monotonic()
        status, error = None, ""
        try:
            target = self._addresses.target(url)
            status = self._answer(target, self._addresses.checked(target), message)
        except NotCalled as fault:
            error = str(fault)
        except (OSError, http.client.HTTPException) as fault:
            late = monotonic() - start >= CALL_S_MAX
            error = f"no answer in {CALL_S_MAX:.0f} s" if late else f"{type(fault).__name__}: {fault}"
        return Posted(status, round((monotonic() - start) * 1_000), error)

    def _answer(self, target: Target, address: Address, message: WebhookMessage) -> int:
        headers = {
            "host": target.authority,
            "content-type": "application/cloudevents+json",
            "user-agent": "Doorstep-Webhooks/1",
            "connection": "close",
            **self._signed(message),
        }
        plain = socket.create_connection((str(address), target.port), timeout=CONNECT_S_MAX)
        with closing(http.client.HTTPConnection(target.host, target.port)) as call, _cut_off(plain):
            call.sock = plain
            plain.settimeout(CALL_S_MAX)
            if target.is_https:
                call.sock = self._trusted().wrap_socket(plain, server_hostname=target.host)
            call.request("POST", target.path, message.text.encode(), headers)
            return call.getresponse().status

    def _signed(self, message: WebhookMessage) -> dict[str, str]:
        seconds = self._clock.now() // MICROSECONDS
        at = datetime.fromtimestamp(seconds, UTC)
        signatures = (Webhook(secret).sign(message.id, at, message.text) for secret in message.secrets)
        return {
            "webhook-id": message.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(signatures),
        }

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            # Reading the authorities takes a while, and most markets have no webhook.
            self._context = self._trust()
        return self._context


@contextmanager
def _cut_off(plain: socket.socket) -> Iterator[None]:
    """While this lasts, the connection ends after its time, however slowly the other side drips."""
    line = plain.dup()
    timer = Timer(CALL_S_MAX, _shut, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


def _shut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
