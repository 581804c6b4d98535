"""Carriers' own door: what they push to us, as signed bytes."""

from typing import Final

import msgspec

from doorstep.engine.ports.carriers import SignatureRefused
from doorstep.vocabulary.ids import CarrierId
from doorstep.web.door import ANYONE, Call, Door
from doorstep.web.problems import ProblemError, not_found
from doorstep.web.reply import Reply, reply


class TakenShape(msgspec.Struct, frozen=True):
    """What became of a message: reports that are new evidence, known before, and set aside."""

    taken: int
    known: int
    aside: int


def take_message(call: Call) -> Reply:
    """Take what a carrier pushes; its signature is its key.

    What cannot be placed is kept and counted in `aside`: sending it again changes nothing.
    """
    connection = call.app.routing.connections.get(CarrierId(call.path["carrier"]))
    if connection is None:
        raise not_found("carrier")
    try:
        taken = call.app.feeds.take(connection, call.headers, call.raw)
    except SignatureRefused as refused:
        raise ProblemError(401, "signature_refused", f"This message is not taken: {refused}.") from refused
    return reply(TakenShape(taken.taken, taken.known, taken.aside))


DOORS: Final = (
    Door(
        "POST", "/v1/carriers/{carrier}/events", take_message, ANYONE, {200: TakenShape},
        problems=(401, 404, 413), media=(),
    ),
)  # fmt: skip
