"""Webhooks: addresses that are told what happens to orders, tried, replayed, and looked after."""

from collections.abc import Generator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from doorstep.engine.webhook_desk import Wanted
from doorstep.lifecycle.webhook import TYPES_MAX, Webhook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import MerchantId
from doorstep.vocabulary.webhook import OF_ALL, WebhookId
from doorstep.web.door import MERCHANT, Call, Door
from doorstep.web.etags import etag, if_match
from doorstep.web.instants import Moment, instant, moment, moment_or_none
from doorstep.web.problems import FieldProblem, invalid, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.shapes import Id

OVERLAP_S: Final = 86_400
"""Seconds that an old secret signs beside the new one where nobody says otherwise."""
OVERLAP_S_MAX: Final = 7 * 86_400
"""Seconds that an old secret may sign beside the new one."""
ATTEMPTS_MAX: Final = 200
"""Tries of one answer."""

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Types = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=TYPES_MAX)]
Description = Annotated[str, msgspec.Meta(max_length=200)]


class WebhookBody(msgspec.Struct, frozen=True):
    """Where to, and which types: `delivery.attempt_failed`, `delivery.*`, or `*` for all.

    An operator may name a merchant; without one, the operator's own webhook is told of every order.
    """

    url: Url
    types: Types = ("*",)
    description: Description = ""
    merchant: Id | None = None


class WebhookChanges(msgspec.Struct, frozen=True):
    """What should be otherwise; what is left out, or null, stays."""

    url: Url | None = None
    types: Types | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookShape(msgspec.Struct, frozen=True):
    """A webhook; one that is not `enabled` says why: by_hand, gone (it answered 410) or failing."""

    id: str
    merchant: str | None
    url: str
    types: tuple[str, ...]
    description: str
    enabled: bool
    disabled_why: str | None
    disabled_at: datetime | None
    opened_at: datetime


class WebhookList(msgspec.Struct, frozen=True):
    """Webhooks by their opening."""

    webhooks: tuple[WebhookShape, ...]


class SecretShape(msgspec.Struct, frozen=True):
    """A secret that signs; one that was replaced does so until an instant."""

    secret: str
    valid_until: datetime | None


class SecretList(msgspec.Struct, frozen=True):
    """The secrets that sign now, the one that stands first."""

    secrets: tuple[SecretShape, ...]


class RotateBody(msgspec.Struct, frozen=True):
    """For how many seconds the old secret signs too; 0 where somebody else has it."""

    old_valid_s: Annotated[int, msgspec.Meta(ge=0, le=OVERLAP_S_MAX)] = OVERLAP_S


class AttemptShape(msgspec.Struct, frozen=True):
    """A try: `number` counts a message's tries from 1, `status` is null where nobody answered."""

    event: str
    type: str
    number: int
    at: datetime
    ms: int
    status: int | None
    error: str


class AttemptList(msgspec.Struct, frozen=True):
    """The last tries, the latest first."""

    attempts: tuple[AttemptShape, ...]


class AttemptQuery(msgspec.Struct, frozen=True):
    """How many."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=ATTEMPTS_MAX)] = 50


class ReplayBody(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """From when on, and before when: the times at which we recorded the events."""

    start: Moment
    end: Moment


class ReplayedShape(msgspec.Struct, frozen=True):
    """How many events are on their way once more; where it was too many, the next replay's `from`."""

    events: int
    next_from: datetime | None


def open_webhook(call: Call) -> Reply:
    """Have a program told what happens to your orders. Its secret is read at a door of its own."""
    body = call.read(WebhookBody)
    merchant = call.caller.merchant
    if body.merchant is not None and body.merchant != merchant:
        known = {each.id for each in call.app.network.merchants}
        if merchant is not None or body.merchant not in known:
            detail = "A merchant of this market, and your own."
            raise invalid([FieldProblem("merchant", "merchant_unknown", detail)])
        merchant = MerchantId(body.merchant)
    wanted = Wanted(body.url, body.types, body.description, enabled=True)
    webhook = call.app.webhooks.open(merchant, wanted, call.origin())
    if isinstance(webhook, Refusal):
        raise refused(webhook)
    return _opened(call, webhook)


def list_webhooks(call: Call) -> Reply:
    """List your webhooks; an operator sees everybody's."""
    found = call.app.webhooks.all_of(call.caller.merchant)
    return reply(WebhookList(tuple(map(_shape, found))))


def read_webhook(call: Call) -> Reply:
    """Read a webhook."""
    return _now(call, None)


def change_webhook(call: Call) -> Reply:
    """Change a webhook, disable it, or enable it again.

    What happens while it is disabled is not sent later by itself; a replay sends it.
    """
    webhook = _find(call)
    expected = if_match(call.headers, webhook.version)
    body = call.read(WebhookChanges)
    wanted = Wanted(
        webhook.url if body.url is None else body.url,
        webhook.types if body.types is None else body.types,
        webhook.description if body.description is None else body.description,
        webhook.disabled is None if body.enabled is None else body.enabled,
    )
    return _now(call, call.app.webhooks.change(webhook, wanted, expected, call.origin()))


def close_webhook(call: Call) -> Reply:
    """Forget a webhook; what was queued for it is not sent."""
    refusal = call.app.webhooks.close(_find(call), call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _closed(call, "")


def read_secret(call: Call) -> Reply:
    """Read the secrets that sign a webhook's messages."""
    found = call.app.webhooks.secrets(_find(call))
    shapes = tuple(SecretShape(secret.text, moment_or_none(secret.until)) for secret in found)
    return reply(SecretList(shapes), headers={"Cache-Control": "no-store"})


def rotate_secret(call: Call) -> Reply:
    """Give a webhook a new secret; for a while the old one signs too."""
    webhook = _find(call)
    body = call.read(RotateBody) if call.raw else RotateBody()
    return _now(call, call.app.webhooks.rotate(webhook, body.old_valid_s, call.origin()))


def test_webhook(call: Call) -> Reply:
    """Send a webhook one message that is about nothing."""
    refusal = call.app.webhooks.test(_find(call), call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _tested(call, "")


def list_attempts(call: Call) -> Reply:
    """List the last tries of a webhook, with what was answered."""
    webhook, query = _find(call), call.ask(AttemptQuery)
    found = call.app.webhook_attempts.last(call.app.market.id, webhook.id, query.limit)
    shapes = (
        AttemptShape(one.event, one.type, one.number, moment(one.at), one.ms, one.status, one.error)
        for one in found
    )
    return reply(AttemptList(tuple(shapes)))


def replay_webhook(call: Call) -> Generator[None, None, Reply]:
    """Send once more what was recorded in a range of time, each event under its own id.

    At most 1,000 events at once; `next_from` is where the next replay begins.
    """
    webhook = _find(call)
    body = call.read(ReplayBody)
    start, end = instant(body.start), instant(body.end)
    replayed = yield from call.app.webhooks.replay(webhook, start, end, call.origin())
    if isinstance(replayed, Refusal):
        raise refused(replayed)
    shape = ReplayedShape(replayed.events, moment_or_none(replayed.next_from))
    return reply(shape, HTTPStatus.ACCEPTED)


def _find(call: Call) -> Webhook:
    """The webhook of the path; unknown and foreign give one and the same problem."""
    webhook = call.app.webhooks.find(WebhookId(call.path["webhook"]))
    if webhook is None or call.caller.merchant not in (None, webhook.merchant):
        raise not_found("webhook")
    return webhook


def _shape(webhook: Webhook) -> WebhookShape:
    end = webhook.disabled
    return WebhookShape(
        id=webhook.id,
        merchant=webhook.merchant,
        url=webhook.url,
        types=webhook.types,
        description=webhook.description,
        enabled=end is None,
        disabled_why=None if end is None else end.why,
        disabled_at=None if end is None else moment(end.at),
        opened_at=moment(webhook.opened_at),
    )


def _now(call: Call, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    webhook = _find(call)
    return reply(_shape(webhook), headers=etag(webhook.version))


def _opened(call: Call, webhook: WebhookId) -> Reply:
    found = call.app.webhooks.find(webhook)
    assert found is not None, "what was just opened stands"
    headers = {"Location": f"/v1/webhooks/{found.id}", **etag(found.version)}
    return reply(_shape(found), HTTPStatus.CREATED, headers)


def _opened_by(call: Call, owner: str) -> Reply:
    """The owner's webhook that this body opened: the last one with its address."""
    url = call.read(WebhookBody).url
    merchant = None if owner == OF_ALL else MerchantId(owner)
    found = [one for one in call.app.webhooks.all_of(merchant) if (one.merchant, one.url) == (merchant, url)]
    if not found:
        raise not_found("webhook")
    return _opened(call, found[-1].id)


def _as_it_stands(call: Call, _: str) -> Reply:
    return _now(call, None)


def _tested(call: Call, _: str) -> Reply:
    return msgspec.structs.replace(_now(call, None), status=HTTPStatus.ACCEPTED)


def _closed(call: Call, _: str) -> Reply:
    del call
    return Reply(HTTPStatus.NO_CONTENT)


_ONE: Final = "/v1/webhooks/{webhook}"

DOORS: Final = (
    Door("POST", "/v1/webhooks", open_webhook, MERCHANT, {201: WebhookShape}, reads=WebhookBody,
         retell=_opened_by),
    Door("GET", "/v1/webhooks", list_webhooks, MERCHANT, {200: WebhookList}),
    Door("GET", _ONE, read_webhook, MERCHANT, {200: WebhookShape}),
    Door("PATCH", _ONE, change_webhook, MERCHANT, {200: WebhookShape}, reads=WebhookChanges,
         problems=(412, 428), retell=_as_it_stands,
         headers={"If-Match": "The webhook's ETag as it was read, or * for any; 428 without."}),
    Door("DELETE", _ONE, close_webhook, MERCHANT, {204: None}, media=(), retell=_closed),
    Door("GET", f"{_ONE}/secret", read_secret, MERCHANT, {200: SecretList}),
    Door("POST", f"{_ONE}/rotate", rotate_secret, MERCHANT, {200: WebhookShape}, reads=RotateBody,
         retell=_as_it_stands),
    Door("POST", f"{_ONE}/test", test_webhook, MERCHANT, {202: WebhookShape}, media=(), retell=_tested),
    Door("GET", f"{_ONE}/attempts", list_attempts, MERCHANT, {200: AttemptList}, asks=AttemptQuery),
    Door("POST", f"{_ONE}/replay", replay_webhook, MERCHANT, {202: ReplayedShape}, reads=ReplayBody),
)  # fmt: skip
