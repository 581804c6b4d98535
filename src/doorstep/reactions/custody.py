"""Who holds a parcel follows from what happened to its delivery and its route."""

from doorstep.lifecycle.custody import CustodyState
from doorstep.lifecycle.route import RouteState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.custody import Custodian, CustodianKind, HandOver, LoseSight, OpenCustody
from doorstep.vocabulary.delivery import (
    BackAtHub,
    CarrierWord,
    Delivered,
    DeliveryCreated,
    HandoffMethod,
    ParcelFound,
    ParcelLost,
    PickedUp,
)
from doorstep.vocabulary.event import StreamId
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.route import RouteDebriefed
from doorstep.vocabulary.timer import Consequence, Look

GOOD = "good"
"""The condition of a parcel that nobody complained of."""

_HOLDER_BY_METHOD = {
    HandoffMethod.to_recipient: CustodianKind.recipient,
    HandoffMethod.to_neighbour: CustodianKind.neighbour,
    HandoffMethod.left_at_place: CustodianKind.place,
}


def react(record: Record, look: Look, book: PolicyBook) -> tuple[Consequence, ...]:
    """The links that the event adds to its parcels' chains."""
    del book
    match record.data:
        case DeliveryCreated() as job:
            hub = Custodian(CustodianKind.hub, job.hub)
            # A shopper who chose another time has the same parcels, whose chains have begun.
            fresh = [parcel for parcel in job.parcels if look(StreamId(f"custody/{parcel}")) is None]
            return tuple(OpenCustody(parcel, job.delivery, hub, job.at) for parcel in fresh)
        case PickedUp(said=CarrierWord(carrier=carrier)) as load:
            return _to_carrier(load, carrier, look)
        case BackAtHub() as back:
            delivery = look(record.stream)
            if delivery.created is None:
                return ()
            hub = Custodian(CustodianKind.hub, delivery.created.hub)
            return tuple(
                HandOver(parcel, f"back/{back.key}", hub, back.at, None, GOOD, ())
                for parcel in delivery.at_hand
            )
        case PickedUp() as load:
            route: RouteState = look(StreamId(f"route/{load.route}"))
            driver = Custodian(CustodianKind.driver, route.shift.driver)
            return tuple(
                HandOver(parcel, f"load/{load.key}", driver, load.at, None, GOOD, ())
                for parcel in load.parcels
            )
        case Delivered() as handoff:
            delivery = look(record.stream)
            kind = _HOLDER_BY_METHOD[handoff.method]
            holder = Custodian(kind, delivery.created.place if delivery.created else handoff.delivery)
            return tuple(
                HandOver(
                    parcel, f"handoff/{handoff.key}", holder, handoff.at, handoff.method, GOOD, handoff.proofs
                )
                for parcel in handoff.parcels
            )
        case ParcelFound(parcel=parcel) as found:
            delivery = look(record.stream)
            assert delivery.created is not None, "only a parcel of a delivery that was created is found"
            hub = Custodian(CustodianKind.hub, delivery.created.hub)
            return (HandOver(parcel, f"found/{found.key}", hub, found.at, None, GOOD, ()),)
        case ParcelLost(parcel=parcel) as lost:
            custody: CustodyState | None = look(StreamId(f"custody/{parcel}"))
            if custody is None or custody.holder.kind is CustodianKind.unknown:
                return ()
            return (LoseSight(parcel, f"lost/{lost.key}", lost.at, lost.reason),)
        case RouteDebriefed() as debrief:
            route = look(record.stream)
            hub = Custodian(CustodianKind.hub, route.shift.hub)
            key = f"debrief/{debrief.route}"
            return (
                *(HandOver(parcel, key, hub, debrief.at, None, GOOD, ()) for parcel in debrief.returned),
                *(LoseSight(parcel, key, debrief.at, "missing at debrief") for parcel in debrief.missing),
            )
        case _:
            return ()


def _to_carrier(load: PickedUp, carrier: CarrierId, look: Look) -> tuple[Consequence, ...]:
    """A carrier has it, unless what was told before happened later."""
    holder = Custodian(CustodianKind.carrier, carrier)
    links = []
    for parcel in load.parcels:
        custody: CustodyState | None = look(StreamId(f"custody/{parcel}"))
        if custody is not None and custody.since <= load.at:
            links.append(HandOver(parcel, f"load/{load.key}", holder, load.at, None, GOOD, ()))
    return tuple(links)
