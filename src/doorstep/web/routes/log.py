"""The log itself: its stored bytes, its signed checkpoint, and whether we are well."""

from itertools import islice
from typing import Annotated, Final

import msgspec

from doorstep.web.door import ANYONE, OPERATOR, Call, Door
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.orders import NDJSON_MEDIA

EVENTS_PER_PAGE: Final = 10_000
"""Events of one page of the log; the `Link` header leads to the next."""


class AfterQuery(msgspec.Struct, frozen=True):
    """Behind which position of the log to begin."""

    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=EVENTS_PER_PAGE)] = EVENTS_PER_PAGE


class CheckpointShape(msgspec.Struct, frozen=True):
    """A signed note over the log's first `size` events."""

    market: str
    size: int
    root: str
    note: str
    public_key: str


class HealthShape(msgspec.Struct, frozen=True):
    """Well, or not."""

    status: str
    market: str
    position: int


def read_events(call: Call) -> Reply:
    """Read the log: the stored bytes of each event, one a line, in order of position.

    What is hashed into the checkpoint is a line without its line end.
    """
    query = call.ask(AfterQuery)
    texts = [
        event.text for event in islice(call.app.store.events(call.app.market.id, query.after), query.limit)
    ]
    last = query.after + len(texts)
    headers = {}
    if last < call.app.market.head.size:
        headers["Link"] = f'</v1/events?after={last}&limit={query.limit}>; rel="next"'
    return Reply(200, b"".join(text + b"\n" for text in texts), NDJSON_MEDIA, headers)


def read_checkpoint(call: Call) -> Reply:
    """Read a signed checkpoint over the log as it stands."""
    signed = call.app.checkpoints.sign()
    head = call.app.market.head
    key = call.app.signer.public_key.hex()
    return reply(CheckpointShape(call.app.market.id, signed.size, head.root().hex(), signed.note, key))


def read_health(call: Call) -> Reply:
    """Ask whether we are well: the store answers, and the log stands at a position."""
    head = call.app.store.head(call.app.market.id)
    return reply(HealthShape("ok", call.app.market.id, head.size), headers={"Cache-Control": "no-store"})


DOORS: Final = (
    Door("GET", "/v1/events", read_events, OPERATOR, {200: NDJSON_MEDIA}, asks=AfterQuery),
    Door("GET", "/v1/checkpoint", read_checkpoint, OPERATOR, {200: CheckpointShape}),
    Door("GET", "/health", read_health, ANYONE, {200: HealthShape}, problems=(503,)),
)
