"""Parcels: who holds one and how it stands, a missing one found, one that nobody finds given up."""

from datetime import datetime
from typing import Final

import msgspec

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ParcelId
from doorstep.web.door import OPERATOR, Call, Door
from doorstep.web.instants import Moment, moment, moment_or_none
from doorstep.web.problems import not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.shapes import Words


class FoundBody(msgspec.Struct, frozen=True):
    """When the parcel was scanned in at the hub; now, where nothing is said."""

    at: Moment | None = None


class LostBody(msgspec.Struct, frozen=True):
    """Why the search is given up."""

    why: Words


class ParcelShape(msgspec.Struct, frozen=True):
    """A parcel: its delivery and how that stands, who holds it since when, what became of it.

    `missing_since` is there while it is sought; `outcome` once it was delivered, returned, lost or cancelled.
    """

    parcel: str
    delivery: str
    status: str
    holder: str
    since: datetime
    missing_since: datetime | None
    outcome: str | None


def read_parcel(call: Call) -> Reply:
    """Ask who holds a parcel, whether it is missing, and what became of it."""
    parcel, _ = _parcel(call)
    return _now(call, parcel, None)


def find_parcel(call: Call) -> Reply:
    """Scan a missing parcel in at the hub: its search ends, and policy says what follows for it."""
    body, (parcel, state) = call.read(FoundBody), _parcel(call)
    origin = call.origin(at=None if body.at is None else call.told_at(body.at))
    return _now(call, parcel, call.app.parcels.found(state, parcel, origin))


def lose_parcel(call: Call) -> Reply:
    """Give a missing parcel up before the policy's deadline: it is lost, and its search ends."""
    body, (parcel, state) = call.read(LostBody), _parcel(call)
    return _now(call, parcel, call.app.parcels.give_up(state, parcel, body.why, call.origin()))


def _parcel(call: Call) -> tuple[ParcelId, DeliveryState]:
    """The parcel of the path, with its delivery."""
    parcel = ParcelId(call.path["parcel"])
    state = call.app.parcels.delivery(parcel)
    if state is None:
        raise not_found("parcel")
    return parcel, state


def _now(call: Call, parcel: ParcelId, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    custody, state = call.app.parcels.custody(parcel), call.app.parcels.delivery(parcel)
    assert custody is not None, "a parcel of the path has a chain of custody"
    assert state is not None, "a parcel with a chain belongs to a delivery"
    outcome = state.outcomes.get(parcel)
    return reply(
        ParcelShape(
            parcel=parcel,
            delivery=custody.delivery,
            status=state.status.value,
            holder=f"{custody.holder.kind}:{custody.holder.id}",
            since=moment(custody.since),
            missing_since=moment_or_none(state.sought.get(parcel)),
            outcome=outcome.value if outcome else None,
        )
    )


_PARCEL: Final = {200: ParcelShape}
_AT: Final = "/v1/parcels/{parcel}"

DOORS: Final = (
    Door("GET", _AT, read_parcel, OPERATOR, _PARCEL),
    Door("POST", f"{_AT}/found", find_parcel, OPERATOR, _PARCEL, reads=FoundBody),
    Door("POST", f"{_AT}/lost", lose_parcel, OPERATOR, _PARCEL, reads=LostBody),
)
