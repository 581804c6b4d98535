"""Webhooks: addresses of programs that want to be told what happens to orders.

A merchant's webhook is told of that merchant's orders alone, the operator's of all. The secret that signs is
not in the log: it follows from the market's own key, the webhook's id and the generation that stands here.
"""

from enum import StrEnum
from typing import Final, NewType

import msgspec

from doorstep.vocabulary.event import EventId, StreamId, tag_for
from doorstep.vocabulary.ids import MerchantId
from doorstep.vocabulary.units import Instant

WebhookId = NewType("WebhookId", str)

OF_ALL: Final = "*"
"""In a stream's name: the operator's webhooks; no merchant's id looks like this. As a pattern: every type."""
TOLD_TYPES: Final = (
    "order.placed",
    "order.address_unresolved",
    "order.address_resolved",
    "order.amended",
    "order.promised",
    "order.declined",
    "order.released",
    "order.cancelled",
    "order.fulfilled",
    "order.undelivered",
    "promise.changed",
    "promise.miss_announced",
    "promise.settled",
    "delivery.created",
    "delivery.assigned",
    "delivery.picked_up",
    "delivery.out_for_delivery",
    "delivery.arrived",
    "delivery.delivered",
    "delivery.attempt_failed",
    "delivery.status_reported",
    "delivery.proof_added",
    "delivery.held",
    "delivery.reattempt_scheduled",
    "delivery.return_started",
    "delivery.returned",
    "delivery.cancelled",
    "delivery.lost",
    "delivery.parcels_missing",
    "delivery.parcel_found",
    "delivery.parcel_lost",
    "return.requested",
    "return.authorised",
    "return.declined",
    "return.cancelled",
    "return.collection_booked",
    "return.collection_released",
    "return.collected",
    "return.collection_failed",
    "return.dropped_off",
    "return.received",
    "return.inspected",
    "return.disposed",
    "return.refunded",
    "return.closed",
    "return.overdue",
    "case.opened",
    "case.closed",
)
"""The types of events that webhooks are told of."""


class WebhookEnd(StrEnum):
    """Why a webhook is no longer called."""

    by_hand = "by_hand"
    gone = "gone"
    failing = "failing"


class WebhookCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("webhook")):
    """Addressed to one webhook of a merchant, or of the operator where `merchant` is None."""

    merchant: MerchantId | None
    webhook: WebhookId

    def stream(self) -> StreamId:
        """The stream of all webhooks of one owner."""
        return webhooks_of(self.merchant)


class OpenWebhook(WebhookCommand, frozen=True):
    """Tell this address of events whose type matches one of `types`."""

    url: str
    types: tuple[str, ...]
    description: str
    at: Instant


class ChangeWebhook(WebhookCommand, frozen=True):
    """Replace what stands, unless it changed since `expected_version`."""

    url: str
    types: tuple[str, ...]
    description: str
    expected_version: int
    at: Instant


class EnableWebhook(WebhookCommand, frozen=True):
    """Call it again."""

    at: Instant


class DisableWebhook(WebhookCommand, frozen=True):
    """Call it no more."""

    why: WebhookEnd
    detail: str
    at: Instant


class CloseWebhook(WebhookCommand, frozen=True):
    """Forget it."""

    at: Instant


class RotateSecret(WebhookCommand, frozen=True):
    """Sign by a new secret; until `old_until` the one before it signs too."""

    old_until: Instant
    at: Instant


class TryWebhook(WebhookCommand, frozen=True):
    """Send it one message that is about nothing."""

    at: Instant


class ReplayWebhook(WebhookCommand, frozen=True):
    """Send again what was recorded from `start` on and before `end`: these events, each under its own id."""

    start: Instant
    end: Instant
    events: int
    at: Instant


class WebhookEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("webhook")):
    """A fact about one webhook."""

    merchant: MerchantId | None
    webhook: WebhookId


class WebhookOpened(WebhookEvent, frozen=True, tag="webhook.opened"):
    """It is told of these types of events from now on."""

    url: str
    types: tuple[str, ...]
    description: str
    at: Instant


class WebhookChanged(WebhookEvent, frozen=True, tag="webhook.changed"):
    """This stands instead."""

    url: str
    types: tuple[str, ...]
    description: str
    at: Instant


class WebhookEnabled(WebhookEvent, frozen=True, tag="webhook.enabled"):
    """Called again, for what happens from now on."""

    at: Instant


class WebhookDisabled(WebhookEvent, frozen=True, tag="webhook.disabled"):
    """Not called any more: somebody says so, it answered 410, or it took nothing for days."""

    why: WebhookEnd
    detail: str
    at: Instant


class WebhookClosed(WebhookEvent, frozen=True, tag="webhook.closed"):
    """It is no more."""

    at: Instant


class SecretRotated(WebhookEvent, frozen=True):
    """A new secret signs; until `old_until` the one before it signs too."""

    old_until: Instant
    at: Instant


class WebhookTested(WebhookEvent, frozen=True, tag="webhook.tested"):
    """A message about nothing is on its way."""

    at: Instant


class WebhookReplayed(WebhookEvent, frozen=True, tag="webhook.replayed"):
    """So many events of this time are on their way once more."""

    start: Instant
    end: Instant
    events: int
    at: Instant


class Posting(msgspec.Struct, frozen=True):
    """What the outbox carries: one CloudEvent as the very text that is signed, for one webhook.

    `event` is the id of the event and of the message, whenever it comes; `since` is when it was queued.
    """

    merchant: MerchantId | None
    webhook: WebhookId
    event: EventId
    type: str
    text: str
    since: Instant


def webhooks_of(merchant: MerchantId | None) -> StreamId:
    """The stream of all webhooks of a merchant, or of the operator."""
    return StreamId(f"webhook/{OF_ALL if merchant is None else merchant}")


AnyWebhookEvent = (
    WebhookOpened
    | WebhookChanged
    | WebhookEnabled
    | WebhookDisabled
    | WebhookClosed
    | SecretRotated
    | WebhookTested
    | WebhookReplayed
)
AnyWebhookCommand = (
    OpenWebhook
    | ChangeWebhook
    | EnableWebhook
    | DisableWebhook
    | CloseWebhook
    | RotateSecret
    | TryWebhook
    | ReplayWebhook
)
