from typing import Any

import pytest
from tests.lifecycle.life import answer, lived

from doorstep.lifecycle.webhook import WEBHOOKS_MAX, Webhook
from doorstep.vocabulary.ids import MerchantId
from doorstep.vocabulary.units import Instant
from doorstep.vocabulary.webhook import (
    ChangeWebhook,
    CloseWebhook,
    DisableWebhook,
    EnableWebhook,
    OpenWebhook,
    ReplayWebhook,
    RotateSecret,
    TryWebhook,
    WebhookEnd,
    WebhookId,
)

MERCHANT, HOOK = MerchantId("mer"), WebhookId("whk_a")
URL = "https://hooks.example.com/in"


def opened(name: str = HOOK, types: tuple[str, ...] = ("*",)) -> OpenWebhook:
    return OpenWebhook(MERCHANT, WebhookId(name), URL, types, "ours", Instant(1))


def changed(version: int, url: str = URL, types: tuple[str, ...] = ("*",)) -> ChangeWebhook:
    return ChangeWebhook(MERCHANT, HOOK, url, types, "ours", version, Instant(2))


def disabled(why: WebhookEnd = WebhookEnd.by_hand) -> DisableWebhook:
    return DisableWebhook(MERCHANT, HOOK, why, "so", Instant(3))


def only(state: Any) -> Webhook:  # noqa: ANN401 - the state of a noun
    (webhook,) = state.webhooks
    assert isinstance(webhook, Webhook)
    return webhook


ENABLE, CLOSE = EnableWebhook(MERCHANT, HOOK, Instant(4)), CloseWebhook(MERCHANT, HOOK, Instant(5))
TRY = TryWebhook(MERCHANT, HOOK, Instant(6))
REPLAY = ReplayWebhook(MERCHANT, HOOK, Instant(1), Instant(9), 3, Instant(9))
ROTATE = RotateSecret(MERCHANT, HOOK, Instant(99), Instant(7))


@pytest.mark.parametrize("command", [changed(1), disabled(), ENABLE, CLOSE, TRY, REPLAY, ROTATE])
def test_nothing_happens_to_a_webhook_that_is_not_there(command: Any) -> None:  # noqa: ANN401 - any command
    """Before it is opened and after it is closed, every command is refused alike."""
    assert answer("webhook", None, command) == "webhook_unknown"
    assert answer("webhook", lived("webhook", [opened(), CLOSE]), command) == "webhook_unknown"


def test_a_webhook_is_opened_once_and_an_owner_has_few() -> None:
    """The same id again is refused, and so is one more than the most; a closed one makes room."""
    state = lived("webhook", [opened(f"whk_{number}") for number in range(WEBHOOKS_MAX)])
    assert answer("webhook", state, opened("whk_0")) == "webhook_exists"
    assert answer("webhook", state, opened("whk_more")) == "too_many_webhooks"
    close = CloseWebhook(MERCHANT, WebhookId("whk_0"), Instant(5))
    assert answer("webhook", lived("webhook", [close], state), opened("whk_more")) == ("WebhookOpened",)


@pytest.mark.parametrize(
    ("pattern", "kind", "matches"),
    [
        ("*", "order.placed", True),
        ("delivery.*", "delivery.attempt_failed", True),
        ("delivery.*", "order.placed", False),
        ("delivery.attempt_failed", "delivery.attempt_failed", True),
        ("delivery.attempt_failed", "delivery.delivered", False),
    ],
)
def test_a_pattern_is_a_type_a_noun_or_all(pattern: str, kind: str, matches: bool) -> None:
    """It matches that type, all types of that noun, or every type."""
    state = lived("webhook", [opened(types=(pattern,))])
    assert only(state).wants(kind) is matches


@pytest.mark.parametrize(
    "types", [(), ("delivery.atempt_failed",), ("route.*",), ("deliver*",), ("",), ("*",) * 51]
)
def test_a_pattern_that_never_matches_is_refused(types: tuple[str, ...]) -> None:
    """At the opening and at a change: who misspells a type hears of it at once."""
    assert answer("webhook", None, opened(types=types)) == "types_refused"
    assert answer("webhook", lived("webhook", [opened()]), changed(1, types=types)) == "types_refused"


def test_a_change_is_made_to_the_version_that_was_seen() -> None:
    """A change of another version is refused; one that changes nothing is nothing."""
    state = lived("webhook", [opened(), changed(1, url=URL + "/2")])
    assert (only(state).url, only(state).version) == (URL + "/2", 2)
    assert answer("webhook", state, changed(1)) == "version_conflict"
    assert answer("webhook", state, changed(2, url=URL + "/2")) == ()


def test_a_disabled_webhook_is_neither_tried_nor_replayed() -> None:
    """Until it is enabled again; disabling or enabling twice is nothing, and each end counts."""
    state = lived("webhook", [opened(), disabled(WebhookEnd.gone)])
    assert [answer("webhook", state, one) for one in (TRY, REPLAY)] == ["webhook_disabled"] * 2
    assert answer("webhook", state, disabled()) == ()
    state = lived("webhook", [ENABLE, disabled()], state)
    assert only(state).ends == 2
    state = lived("webhook", [ENABLE], state)
    assert answer("webhook", state, ENABLE) == ()
    assert [answer("webhook", state, one) for one in (TRY, REPLAY)] == [
        ("WebhookTested",),
        ("WebhookReplayed",),
    ]


def test_a_replay_has_a_range() -> None:
    """One that ends before it begins is refused."""
    empty = ReplayWebhook(MERCHANT, HOOK, Instant(9), Instant(9), 0, Instant(9))
    assert answer("webhook", lived("webhook", [opened()]), empty) == "range_empty"


def test_a_new_secret_is_a_new_generation() -> None:
    """The one before it counts until it was said to end."""
    webhook = only(lived("webhook", [opened(), ROTATE]))
    assert (webhook.generation, webhook.old_until) == (2, Instant(99))
