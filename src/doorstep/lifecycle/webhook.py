"""The life of an owner's webhooks.

enabled ─▶ disabled ─▶ enabled      by hand, by a 410, or after days without an answer
   └──────────┴─▶ closed            forgotten
"""

from typing import Final, assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import MerchantId
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import (
    OF_ALL,
    TOLD_TYPES,
    AnyWebhookCommand,
    AnyWebhookEvent,
    ChangeWebhook,
    CloseWebhook,
    DisableWebhook,
    EnableWebhook,
    OpenWebhook,
    ReplayWebhook,
    RotateSecret,
    SecretRotated,
    TryWebhook,
    WebhookChanged,
    WebhookClosed,
    WebhookDisabled,
    WebhookEnabled,
    WebhookId,
    WebhookOpened,
    WebhookReplayed,
    WebhookTested,
)

WEBHOOKS_MAX: Final = 10
"""Webhooks of one owner."""
TYPES_MAX: Final = 50
"""Patterns of one webhook."""


class Webhook(msgspec.Struct, frozen=True):
    """One webhook; `version` counts its changes, `generation` its secrets.

    Until `old_until` the secret of the generation before signs too. `ends` counts how often it was disabled,
    `replays` how often something was sent again.
    """

    merchant: MerchantId | None
    id: WebhookId
    url: str
    types: tuple[str, ...]
    description: str
    opened_at: Instant
    version: int = 1
    generation: int = 1
    old_until: Instant | None = None
    disabled: WebhookDisabled | None = None
    ends: int = 0
    replays: int = 0

    def wants(self, kind: str) -> bool:
        """Whether one of its patterns matches this type of event."""
        return any(pattern in (OF_ALL, kind, f"{kind.partition('.')[0]}.*") for pattern in self.types)


class WebhooksState(msgspec.Struct, frozen=True):
    """All webhooks of one owner, in the order in which they were opened."""

    webhooks: tuple[Webhook, ...] = ()

    def find(self, webhook: WebhookId) -> Webhook | None:
        """The webhook with this id."""
        return next((one for one in self.webhooks if one.id == webhook), None)


def decide(
    state: WebhooksState | None, command: AnyWebhookCommand, book: PolicyBook
) -> tuple[AnyWebhookEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    del book
    known = state or WebhooksState()
    found = known.find(command.webhook)
    merchant, webhook = command.merchant, command.webhook
    if isinstance(command, OpenWebhook):
        return _opened(known, found, command)
    if found is None:
        return Refusal("webhook_unknown", f"there is no webhook {webhook}")
    match command:
        case ChangeWebhook():
            return _changed(found, command)
        case EnableWebhook(at=at):
            return () if found.disabled is None else (WebhookEnabled(merchant, webhook, at),)
        case DisableWebhook(why=why, detail=detail, at=at):
            return () if found.disabled else (WebhookDisabled(merchant, webhook, why, detail, at),)
        case CloseWebhook(at=at):
            return (WebhookClosed(merchant, webhook, at),)
        case RotateSecret(old_until=old_until, at=at):
            return (SecretRotated(merchant, webhook, old_until, at),)
        case TryWebhook(at=at):
            return _if_called(found, WebhookTested(merchant, webhook, at))
        case ReplayWebhook(start=start, end=end, events=events, at=at):
            if start >= end:
                return Refusal("range_empty", "a range begins before it ends", ("to",))
            return _if_called(found, WebhookReplayed(merchant, webhook, start, end, events, at))
        case _:
            assert_never(command)


def evolve(state: WebhooksState | None, event: AnyWebhookEvent) -> WebhooksState:
    """The owner's webhooks after the event."""
    known = state or WebhooksState()
    if isinstance(event, WebhookOpened):
        new = Webhook(event.merchant, event.webhook, event.url, event.types, event.description, event.at)
        return WebhooksState((*known.webhooks, new))
    if isinstance(event, WebhookClosed):
        return WebhooksState(tuple(one for one in known.webhooks if one.id != event.webhook))
    return WebhooksState(
        tuple(_after(one, event) if one.id == event.webhook else one for one in known.webhooks)
    )


def _opened(
    known: WebhooksState, found: Webhook | None, command: OpenWebhook
) -> tuple[WebhookOpened, ...] | Refusal:
    if found is not None:
        return Refusal("webhook_exists", f"there is a webhook {command.webhook} already")
    if len(known.webhooks) >= WEBHOOKS_MAX:
        return Refusal("too_many_webhooks", f"{WEBHOOKS_MAX} webhooks are the most; close one first")
    opened = WebhookOpened(
        command.merchant, command.webhook, command.url, command.types, command.description, command.at
    )
    return _wrong_types(command.types) or (opened,)


def _changed(found: Webhook, command: ChangeWebhook) -> tuple[WebhookChanged, ...] | Refusal:
    if found.version != command.expected_version:
        return Refusal("version_conflict", "the webhook changed in the meantime")
    stands = (found.url, found.types, found.description)
    if stands == (command.url, command.types, command.description):
        return ()
    changed = WebhookChanged(
        command.merchant, command.webhook, command.url, command.types, command.description, command.at
    )
    return _wrong_types(command.types) or (changed,)


def _wrong_types(types: tuple[str, ...]) -> Refusal | None:
    """The refusal of a pattern that never matches: who misspells a type should not wait for it."""
    nouns = {kind.partition(".")[0] for kind in TOLD_TYPES}
    patterns = {OF_ALL, *TOLD_TYPES, *(f"{noun}.*" for noun in nouns)}
    unknown = [pattern for pattern in types if pattern not in patterns]
    if not types or len(types) > TYPES_MAX:
        return Refusal("types_refused", f"a webhook has 1 to {TYPES_MAX} patterns of types", ("types",))
    if unknown:
        return Refusal("types_refused", f"no event's type matches {unknown[0]}", ("types",))
    return None


def _if_called(
    found: Webhook, event: WebhookTested | WebhookReplayed
) -> tuple[AnyWebhookEvent, ...] | Refusal:
    if found.disabled is not None:
        return Refusal("webhook_disabled", "the webhook is disabled; enable it first")
    return (event,)


def _after(webhook: Webhook, event: AnyWebhookEvent) -> Webhook:
    replace = msgspec.structs.replace
    version = webhook.version + 1
    match event:
        case WebhookChanged(url=url, types=types, description=description):
            return replace(webhook, url=url, types=types, description=description, version=version)
        case WebhookEnabled():
            return replace(webhook, disabled=None, version=version)
        case WebhookDisabled():
            return replace(webhook, disabled=event, ends=webhook.ends + 1, version=version)
        case SecretRotated(old_until=old_until):
            generation = webhook.generation + 1
            return replace(webhook, generation=generation, old_until=old_until, version=version)
        case WebhookReplayed():
            return replace(webhook, replays=webhook.replays + 1)
        case WebhookTested() | WebhookOpened() | WebhookClosed():
            return webhook
        case _:
            assert_never(event)
