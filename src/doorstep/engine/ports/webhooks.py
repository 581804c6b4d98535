"""Webhooks: how a message leaves for a program outside, and what is remembered of the tries."""

from typing import Final, Protocol

import msgspec

from doorstep.vocabulary.event import EventId, MarketId
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import WebhookId

ATTEMPTS_KEPT_MAX: Final = 500
"""Tries that are remembered of one webhook; the oldest go first."""


class WebhookMessage(msgspec.Struct, frozen=True):
    """What is posted: `id` and `text` are the same at every try; each of `secrets` signs it."""

    id: str
    text: str
    secrets: tuple[str, ...]


class Posted(msgspec.Struct, frozen=True):
    """What came of a try: the HTTP status after so many milliseconds, or None and why nobody answered."""

    status: int | None
    ms: int
    error: str = ""


class WebhookPoster(Protocol):
    """Posts signed messages."""

    def wrong_with(self, url: str) -> str | None:
        """Why nothing would ever be sent to this address, as far as can be said without asking anybody."""
        ...

    def post(self, url: str, message: WebhookMessage) -> Posted:
        """Post it once, and say what came of it, within seconds."""
        ...


class WebhookAttempt(msgspec.Struct, frozen=True):
    """One try: `number` counts a message's tries from 1, `status` is None where nobody answered."""

    event: EventId
    type: str
    number: int
    at: Instant
    ms: int
    status: int | None
    error: str = ""

    @property
    def taken(self) -> bool:
        """Whether the other side has it."""
        return self.status is not None and 200 <= self.status < 300


class WebhookAttempts(Protocol):
    """Remembers the last tries of each webhook."""

    def keep(self, market: MarketId, webhook: WebhookId, attempt: WebhookAttempt) -> None:
        """Remember one, and forget what is older than the last 500."""
        ...

    def last(self, market: MarketId, webhook: WebhookId, limit: int) -> tuple[WebhookAttempt, ...]:
        """At most `limit` of them, the latest first."""
        ...

    def last_taken(self, market: MarketId, webhook: WebhookId) -> Instant | None:
        """When it last took something; None where it did not, as far as is remembered."""
        ...
