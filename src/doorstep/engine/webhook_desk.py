"""Webhooks: opened, changed, given a new secret, tried out, told once more, and called no longer."""

import hmac
from base64 import b64encode
from collections.abc import Generator
from hashlib import sha256
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.log import read_record
from doorstep.engine.ports.store import EFFECTS_PER_EVENT_MAX, Effect
from doorstep.engine.ports.webhooks import WebhookPoster
from doorstep.engine.transaction import Transaction, given_by
from doorstep.lifecycle.webhook import Webhook, WebhooksState
from doorstep.policy.book import PolicyBook
from doorstep.reactions.webhook import order_told_of, posted, text_about, type_of
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import MerchantId
from doorstep.vocabulary.record import AnyCommand, Record
from doorstep.vocabulary.timer import QueueEffect
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.webhook import (
    ChangeWebhook,
    CloseWebhook,
    DisableWebhook,
    EnableWebhook,
    OpenWebhook,
    Posting,
    ReplayWebhook,
    RotateSecret,
    TryWebhook,
    WebhookClosed,
    WebhookEnd,
    WebhookId,
    WebhookOpened,
    webhooks_of,
)

REPLAYED_MAX: Final = EFFECTS_PER_EVENT_MAX
"""Events that one replay sends again; the answer says where the next one begins."""
SCANNED_MAX: Final = 50_000
"""Events of the log that one replay looks at."""
SCANNED_PER_STEP: Final = 100
"""Events after which others have their turn."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  how Standard Webhooks mark a secret, not one


class Secret(NamedTuple):
    """A secret that signs, and until when; None for the one that stands."""

    text: str
    until: Instant | None


class Replayed(NamedTuple):
    """How many events are on their way once more, and where the rest begins, if there is one."""

    events: int
    next_from: Instant | None


class Wanted(NamedTuple):
    """What the webhook may have in place of what it has."""

    url: str
    types: tuple[str, ...]
    description: str
    enabled: bool


class WebhookIndex:
    """Whose each webhook is: a fold of the log."""

    def __init__(self) -> None:
        self.owners: dict[WebhookId, MerchantId | None] = {}

    def apply(self, record: Record) -> None:
        """Take in the next record."""
        match record.data:
            case WebhookOpened(merchant=merchant, webhook=webhook):
                self.owners[webhook] = merchant
            case WebhookClosed(webhook=webhook):
                self.owners.pop(webhook, None)
            case _:
                pass


class WebhookDesk:
    """What merchants and the operator do with their webhooks. `key` makes the secrets."""

    def __init__(self, desk: Desk, index: WebhookIndex, poster: WebhookPoster, key: bytes) -> None:
        self._desk = desk
        self._index = index
        self._poster = poster
        self._key = key

    def find(self, webhook: WebhookId) -> Webhook | None:
        """A webhook, whoever's it is."""
        if webhook not in self._index.owners:
            return None
        merchant = self._index.owners[webhook]
        return next((one for one in self._of(merchant) if one.id == webhook), None)

    def all_of(self, merchant: MerchantId | None) -> list[Webhook]:
        """A merchant's webhooks; everybody's where nobody is named. By opening."""
        owners = {merchant} if merchant is not None else set(self._index.owners.values())
        found = [one for owner in owners for one in self._of(owner)]
        return sorted(found, key=lambda one: (one.opened_at, one.id))

    def secrets(self, webhook: Webhook) -> tuple[Secret, ...]:
        """The secrets that sign now, the one that stands first."""
        found = [Secret(self._secret(webhook.id, webhook.generation), None)]
        if webhook.old_until is not None and self._desk.now() < webhook.old_until:
            found.append(Secret(self._secret(webhook.id, webhook.generation - 1), webhook.old_until))
        return tuple(found)

    def open(self, merchant: MerchantId | None, wanted: Wanted, origin: Origin) -> WebhookId | Refusal:
        """Tell this address from now on."""
        webhook = WebhookId(self._desk.mint("whk"))
        command = OpenWebhook(merchant, webhook, wanted.url, wanted.types, wanted.description, origin.at)
        return self._wrong(wanted.url) or self._desk.together([command], origin) or webhook

    def change(self, webhook: Webhook, wanted: Wanted, expected: int, origin: Origin) -> Refusal | None:
        """Have it otherwise, unless it changed since that version."""
        if webhook.url != wanted.url and (wrong := self._wrong(wanted.url)):
            return wrong
        merchant, name, at = webhook.merchant, webhook.id, origin.at
        commands: list[AnyCommand] = [
            ChangeWebhook(merchant, name, wanted.url, wanted.types, wanted.description, expected, at)
        ]
        if wanted.enabled:
            commands.append(EnableWebhook(merchant, name, at))
        else:
            commands.append(DisableWebhook(merchant, name, WebhookEnd.by_hand, origin.actor, at))
        return self._desk.together(commands, origin)

    def close(self, webhook: Webhook, origin: Origin) -> Refusal | None:
        """Forget it."""
        return self._desk.together([CloseWebhook(webhook.merchant, webhook.id, origin.at)], origin)

    def rotate(self, webhook: Webhook, old_valid_s: int, origin: Origin) -> Refusal | None:
        """Sign by a new secret; for so many seconds the old one signs too."""
        until = after(self._desk.now(), old_valid_s)
        return self._desk.together([RotateSecret(webhook.merchant, webhook.id, until, origin.at)], origin)

    def test(self, webhook: Webhook, origin: Origin) -> Refusal | None:
        """Send it a message about nothing."""
        return self._desk.together([TryWebhook(webhook.merchant, webhook.id, origin.at)], origin)

    def replay(
        self, webhook: Webhook, start: Instant, end: Instant, origin: Origin
    ) -> Generator[None, None, Replayed | Refusal]:
        """Send again what was recorded from `start` on and before `end`, in steps."""
        found: list[QueueEffect] = []
        next_from: Instant | None = None
        market = self._desk.market
        texts = market.store.events(market.id, self._position_before(start))
        for scanned, event in enumerate(texts):
            record = read_record(event.text)
            if record.recorded_at >= end:
                break
            if scanned >= SCANNED_MAX or len(found) >= REPLAYED_MAX:
                next_from = record.recorded_at
                break
            effect = self._told(webhook, record)
            if effect is not None:
                found.append(effect)
            if scanned % SCANNED_PER_STEP == 0:
                yield
        if next_from is not None:
            # What was committed together is told together: the rest begins with a whole commit.
            found = [one for one in found if _recorded_at(one) < next_from] or found
        command = ReplayWebhook(webhook.merchant, webhook.id, start, end, len(found), origin.at)
        refusal = self._queue(command, found, origin)
        return refusal or Replayed(len(found), next_from)

    def _queue(self, command: ReplayWebhook, found: list[QueueEffect], origin: Origin) -> Refusal | None:
        instruction = self._desk.instruct(command, origin)

        def work(transaction: Transaction[PolicyBook]) -> Refusal | None:
            outcome = transaction.run([given_by(instruction)])
            if isinstance(outcome, Refusal):
                return outcome
            replayed = outcome.records[0]
            state: WebhooksState = transaction.draft.states[replayed.stream]
            webhook = state.find(command.webhook)
            assert webhook is not None, "what was replayed stands"
            now = replayed.recorded_at
            for number, one in enumerate(found):
                posting = msgspec.json.decode(one.body, type=Posting)
                body = msgspec.json.encode(msgspec.structs.replace(posting, since=now)).decode()
                name = f"{one.id}/{webhook.replays}"
                seq = replayed.position * EFFECTS_PER_EVENT_MAX + number
                effect = Effect(name, seq, one.subject, one.kind, body, replayed.id, self._desk.now())
                transaction.draft.effects[name] = effect
            return None

        return self._desk.market.transact(work)

    def _told(self, webhook: Webhook, record: Record) -> QueueEffect | None:
        """What the webhook is told of a record, if it is its business."""
        if not webhook.wants(type_of(record)):
            return None
        look = self._desk.market.state
        order = order_told_of(record, look)
        if order is None or webhook.merchant not in (None, order.content.merchant):
            return None
        return posted(record, text_about(record, order, look), webhook.merchant, webhook.id, order.id)

    def _position_before(self, start: Instant) -> int:
        """The last position that was recorded before an instant: the log's own time never steps back."""
        market = self._desk.market
        low, high = 0, market.head.size
        while low < high:
            middle = (low + high) // 2
            (event,) = islice(market.store.events(market.id, middle), 1)
            if read_record(event.text).recorded_at < start:
                low = middle + 1
            else:
                high = middle
        return low

    def _of(self, merchant: MerchantId | None) -> tuple[Webhook, ...]:
        state: WebhooksState | None = self._desk.market.state(webhooks_of(merchant))
        return () if state is None else state.webhooks

    def _wrong(self, url: str) -> Refusal | None:
        why = self._poster.wrong_with(url)
        return None if why is None else Refusal("url_refused", why, ("url",))

    def _secret(self, webhook: WebhookId, generation: int) -> str:
        digest = hmac.digest(self._key, f"{webhook}/{generation}".encode(), sha256)
        return SECRET_PREFIX + b64encode(digest).decode()


def _recorded_at(effect: QueueEffect) -> Instant:
    return msgspec.json.decode(effect.body, type=Posting).since
