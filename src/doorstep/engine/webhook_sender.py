"""The sender of what webhooks are told: it signs, posts, remembers each try, and knows when to stop.

Whoever answers nothing is left alone for a while, so that one dead address holds up nobody else's messages.
What one webhook does not take holds up only what it is told of the same order.
"""

from collections import defaultdict
from collections.abc import Sequence
from threading import Lock
from typing import Final

import msgspec

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.ports.sender import NotNowError, SendFailedError
from doorstep.engine.ports.store import Effect
from doorstep.engine.ports.webhooks import (
    Posted,
    WebhookAttempt,
    WebhookAttempts,
    WebhookMessage,
    WebhookPoster,
)
from doorstep.engine.retry import DeadLetter
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.engine.webhook_desk import WebhookDesk
from doorstep.lifecycle.opening import open_case
from doorstep.lifecycle.webhook import Webhook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.event import EventId, Source
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import MICROSECONDS, Instant, after, seconds_between
from doorstep.vocabulary.webhook import DisableWebhook, Posting, WebhookEnd, WebhookId

GONE: Final = 410
"""The HTTP status that says: never again."""
GIVE_UP_S: Final = 3 * 86_400
"""Seconds after which a message is given up that was never taken, however few the tries were."""
SILENT_MAX: Final = 3
"""Messages without any answer after which an address is left alone …"""
REST_S: Final = 60
"""… for so many seconds."""
DAY_S: Final = 86_400


class WebhookSender:
    """Sends the outbox's postings. It may be called from several threads, for different subjects."""

    def __init__(
        self, desk: Desk, webhooks: WebhookDesk, poster: WebhookPoster, attempts: WebhookAttempts
    ) -> None:
        self._desk = desk
        self._webhooks = webhooks
        self._poster = poster
        self._attempts = attempts
        self._lock = Lock()
        self._silent: dict[WebhookId, set[EventId]] = defaultdict(set)
        self._resting: dict[WebhookId, Instant] = {}

    def send(self, effect: Effect) -> Sequence[AnyCommand]:
        """Post it once.

        Raises:
            SendFailedError: it was not taken.
            NotNowError: the address is left alone for a while.
        """
        posting = msgspec.json.decode(effect.body, type=Posting)
        webhook = self._webhooks.find(posting.webhook)
        if webhook is None or webhook.disabled is not None:
            raise SendFailedError(f"webhook {posting.webhook} is not called any more", permanent=True)
        now = self._desk.now()
        with self._lock:
            until = self._resting.get(webhook.id)
        if until is not None and now < until:
            raise NotNowError(until)
        secrets = tuple(secret.text for secret in self._webhooks.secrets(webhook))
        answer = self._poster.post(webhook.url, WebhookMessage(posting.event, posting.text, secrets))
        number = effect.tries + 1
        attempt = WebhookAttempt(
            posting.event, posting.type, number, now, answer.ms, answer.status, answer.error
        )
        self._attempts.keep(self._desk.market.id, webhook.id, attempt)
        self._count(webhook.id, posting.event, answer, now)
        if attempt.taken:
            return ()
        said = answer.error or f"it answered {answer.status}"
        if answer.status == GONE:
            self._end(webhook, said)
        over = answer.status == GONE or seconds_between(posting.since, now) >= GIVE_UP_S
        raise SendFailedError(said, permanent=over)

    def bury(self, letter: DeadLetter) -> list[AnyCommand]:
        """Give a message that was given up an owner: the webhook's end, or a case where others were taken."""
        effect = self._desk.market.store.effect(self._desk.market.id, letter.id)
        assert effect is not None, "a letter that died was queued"
        posting = msgspec.json.decode(effect.body, type=Posting)
        webhook = self._webhooks.find(posting.webhook)
        if webhook is None or webhook.disabled is not None:
            return []  # whoever closed or disabled it knows, and a replay sends it again
        taken_at = self._attempts.last_taken(self._desk.market.id, webhook.id)
        if taken_at is None or taken_at < posting.since:
            detail = f"it took nothing for days: {letter.error}"
            return [DisableWebhook(webhook.merchant, webhook.id, WebhookEnd.failing, detail, letter.died_at)]
        day = letter.died_at // (DAY_S * MICROSECONDS)
        opened = open_case(
            self._desk.book, CaseKind.dead_letter, (webhook.id, "message", str(day)), subject=CaseSubject(),
            at=letter.died_at, breach_at=None,
            happened=f"webhook {webhook.id} did not take {posting.event}", why=letter.error,
        )  # fmt: skip
        return [opened.command]

    def _count(self, webhook: WebhookId, event: EventId, answer: Posted, now: Instant) -> None:
        """Leave an address alone that is silent about several messages; one poison message is no silence."""
        with self._lock:
            if answer.status is not None:
                self._silent.pop(webhook, None)
                self._resting.pop(webhook, None)
                return
            self._silent[webhook].add(event)
            if len(self._silent[webhook]) >= SILENT_MAX:
                del self._silent[webhook]
                self._resting[webhook] = after(now, REST_S)

    def _end(self, webhook: Webhook, why: str) -> None:
        now = self._desk.now()
        command = DisableWebhook(webhook.merchant, webhook.id, WebhookEnd.gone, why, now)
        self._desk.together([command], Origin(ENGINE_ACTOR, Source.derived, now))
