"""Packets: an order's evidence, issued on record and given out as a file that verifies offline."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

import msgspec

from doorstep.vocabulary.ids import OrderId
from doorstep.web.door import MERCHANT, OPERATOR, Call, Door
from doorstep.web.instants import moment
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.orders import find_order

ZIP_MEDIA: Final = "application/zip"
PACKET: Final = "/v1/orders/{order}/packet"


class PacketShape(msgspec.Struct, frozen=True):
    """A packet was issued: it holds what was recorded of the order until then."""

    order: str
    issued_at: datetime


def issue_packet(call: Call) -> Reply:
    """Issue an evidence packet about an order: the log records who asked, and what the packet holds.

    The file is then to be had at the path in `Location`.
    """
    order = find_order(call).id
    call.app.evidence.issue(order, call.origin())
    return _issued(call, order)


def read_packet(call: Call) -> Reply:
    """Get the packet that was issued last, a ZIP that `doorstep verify` checks offline.

    404 where none was issued yet. Reading records nothing; the packet holds what stood at its issue.
    """
    state = find_order(call)
    packed = call.app.packet(state)
    if packed is None:
        raise not_found("packet")
    name = f'attachment; filename="{state.id}.zip"'
    return Reply(HTTPStatus.OK, packed, ZIP_MEDIA, {"Content-Disposition": name})


def take_packet(call: Call) -> Reply:
    """Issue a packet from the order's page, and go on to the file."""
    order = find_order(call).id
    call.app.evidence.issue(order, call.origin())
    return _onward(call, order)


def _issued(call: Call, order: str) -> Reply:
    shape = PacketShape(order, moment(call.app.evidence.issued_at(OrderId(order))))
    return reply(shape, HTTPStatus.CREATED, _file_of(order))


def _onward(_: Call, order: str) -> Reply:
    return Reply(HTTPStatus.SEE_OTHER, headers=_file_of(order))


def _file_of(order: str) -> dict[str, str]:
    return {"Location": f"/v1/orders/{order}/packet"}


DOORS: Final = (
    Door("POST", PACKET, issue_packet, MERCHANT, {201: PacketShape}, media=(), retell=_issued),
    Door("GET", PACKET, read_packet, MERCHANT, {200: ZIP_MEDIA}),
    Door("POST", "/orders/{order}/packet", take_packet, OPERATOR, {303: None}, media=(), retell=_onward),
)
