"""A carrier's own view: what it was asked, what it has, and how its feed does. Nothing of anyone else.

It sees the job that it was offered, not the recipient: whoever takes a shipment gets name and address once,
with the booking. What is not its own looks like what does not exist.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from doorstep.lifecycle.carrier import CarrierState
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.tender import TenderState
from doorstep.views.routing import answer_lines
from doorstep.vocabulary.delivery import StatusReported
from doorstep.vocabulary.delivery_status import CarrierWord, DeliveryStatus
from doorstep.vocabulary.ids import CarrierId, DeliveryId
from doorstep.vocabulary.tender import TenderStatus
from doorstep.web.auth import Role, forbidden
from doorstep.web.door import Call, Door
from doorstep.web.instants import moment, moment_or_none
from doorstep.web.problems import not_found
from doorstep.web.reply import Reply, reply

CARRIER: Final = frozenset({Role.carrier})
TENDERS_LISTED_MAX: Final = 500
"""Tenders that one list shows, the newest."""


class OwnTenderShape(msgspec.Struct, frozen=True):
    """What a carrier was asked: the job without its recipient, its own offer and its own answer.

    `label` says whether one stands that may be printed.
    """

    id: str
    delivery: str
    window_start: datetime
    window_end: datetime
    hub: str
    parcels: int
    weight_g: int
    handling: tuple[str, ...]
    service: str
    price_minor: int
    currency: str
    contract_version: int
    answer_by: datetime
    answer: str
    reference: str | None
    stands: bool
    label: bool


class OwnTenders(msgspec.Struct, frozen=True):
    """A carrier's tenders, the newest first."""

    tenders: tuple[OwnTenderShape, ...]


class OwnDelivery(msgspec.Struct, frozen=True):
    """A delivery that a carrier has or had: where it stands, by the evidence so far."""

    id: str
    status: str
    attempts: int
    unproven: bool
    tender: OwnTenderShape


class OwnFeed(msgspec.Struct, frozen=True):
    """How a carrier's feed does: what it said, what of that nobody could place, and whether it is left alone.

    `shipments` are those that it accepted, `silent` those of them that it said nothing about yet, `unmapped`
    the events without a status of ours: unknown codes, and that it is near.
    """

    carrier: str
    shipments: int
    silent: int
    events: int
    unmapped: int
    set_aside: int
    outages: int
    paused_until: datetime | None


def list_own_tenders(call: Call) -> Reply:
    """List what the carrier of this key was asked, the newest first."""
    carrier = _carrier(call)
    found = sorted(_own(call), key=lambda one: (one.answer_by, one.id), reverse=True)
    return reply(OwnTenders(tuple(_shape(one, carrier) for one in found[:TENDERS_LISTED_MAX])))


def read_own_tender(call: Call) -> Reply:
    """Read one tender in which the carrier of this key was asked."""
    carrier = _carrier(call)
    state: TenderState | None = call.app.desk.state("tender", call.path["tender"])
    if state is None or state.offer(carrier) is None:
        raise not_found("tender")
    return reply(_shape(state, carrier))


def read_own_delivery(call: Call) -> Reply:
    """Read a delivery that the carrier of this key took."""
    delivery, carrier = DeliveryId(call.path["delivery"]), _carrier(call)
    state: DeliveryState | None = call.app.desk.state("delivery", delivery)
    taken = [one for one in _of_delivery(call, delivery) if one.accepted and one.accepted.carrier == carrier]
    if state is None or not taken:
        raise not_found("delivery")
    return reply(
        OwnDelivery(
            id=delivery,
            status=state.status.value,
            attempts=state.attempt,
            unproven=state.unproven,
            tender=_shape(taken[-1], carrier),
        )
    )


def read_own_feed(call: Call) -> Reply:
    """Read how the feed of the carrier of this key does."""
    carrier = _carrier(call)
    stands: CarrierState = call.app.desk.state("carrier", carrier) or CarrierState(carrier)
    shipments = events = silent = unmapped = 0
    for tender in _own(call):
        if tender.accepted is None or tender.accepted.carrier != carrier:
            continue
        shipments += 1
        state: DeliveryState | None = call.app.desk.state("delivery", tender.consignment.delivery)
        told = [one for one in state.evidence if _said_by(one, carrier)] if state is not None else []
        events += len(told)
        silent += not told
        unmapped += sum(isinstance(one, StatusReported) and one.status is None for one in told)
    paused = stands.is_paused(call.now)
    return reply(
        OwnFeed(
            carrier=carrier,
            shipments=shipments,
            silent=silent,
            events=events,
            unmapped=unmapped,
            set_aside=stands.aside_count,
            outages=stands.outages,
            paused_until=moment_or_none(stands.paused_until) if paused else None,
        )
    )


def _carrier(call: Call) -> CarrierId:
    if call.caller.carrier is None:
        # Reads that are open to everyone are no carrier's.
        raise forbidden(CARRIER)
    return call.caller.carrier


def _said_by(event: object, carrier: CarrierId) -> bool:
    """Whether a carrier told it; that it takes the shipment is its answer, not its feed."""
    said: CarrierWord | None = getattr(event, "said", None)
    is_answer = isinstance(event, StatusReported) and event.status is DeliveryStatus.accepted
    return said is not None and said.carrier == carrier and not is_answer


def _own(call: Call) -> Iterator[TenderState]:
    for state in call.app.market.all_of("tender").values():
        if state.offer(_carrier(call)) is not None:
            yield state


def _of_delivery(call: Call, delivery: DeliveryId) -> Iterator[TenderState]:
    for name in call.app.carrier_book.tenders_of(delivery):
        state: TenderState | None = call.app.desk.state("tender", name)
        if state is not None:
            yield state


def _shape(state: TenderState, carrier: CarrierId) -> OwnTenderShape:
    offer = state.offer(carrier)
    assert offer is not None, "whose tender it is was asked"
    line = next(line for line in answer_lines(state) if line.carrier == carrier)
    job, taken = state.consignment, state.accepted
    has_it = taken is not None and taken.carrier == carrier and state.status is TenderStatus.accepted
    return OwnTenderShape(
        id=state.id,
        delivery=job.delivery,
        window_start=moment(job.window.start),
        window_end=moment(job.window.end),
        hub=job.hub,
        parcels=len(job.parcels),
        weight_g=job.weight_g,
        handling=tuple(one.value for one in job.handling),
        service=offer.service,
        price_minor=offer.price_minor,
        currency=offer.currency,
        contract_version=offer.contract_version,
        answer_by=moment(state.answer_by),
        answer=line.answer,
        reference=line.reference,
        stands=has_it,
        label=has_it and taken is not None and taken.label is not None,
    )


DOORS: Final = (
    Door("GET", "/v1/carrier/tenders", list_own_tenders, CARRIER, {200: OwnTenders}),
    Door("GET", "/v1/carrier/tenders/{tender}", read_own_tender, CARRIER, {200: OwnTenderShape}),
    Door("GET", "/v1/carrier/deliveries/{delivery}", read_own_delivery, CARRIER, {200: OwnDelivery}),
    Door("GET", "/v1/carrier/feed", read_own_feed, CARRIER, {200: OwnFeed}),
)
