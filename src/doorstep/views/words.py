"""Words: what an event says, in one short sentence for people; states, numbers, no names."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from doorstep.views.labels import label
from doorstep.vocabulary.record import AnyEvent

_SAY: Final[Mapping[str, Callable[[Any], str]]] = {
    "order.placed": lambda e: (
        f"Order taken on: {plain(e.content.service)}, {_count(len(e.content.parcels), 'parcel')}"
    ),
    "order.address_unresolved": lambda e: f"The address is no place yet: {plain(e.reason)}",
    "order.address_resolved": lambda _: "The address is a place now",
    "order.amended": lambda e: f"Changed by the merchant: {', '.join(e.fields)}",
    "order.promised": lambda _: "Window promised",
    "order.declined": lambda e: f"No window could be promised: {', '.join(map(plain, e.reasons))}",
    "order.released": lambda _: "Released to the hub floor",
    "order.cancelled": lambda e: f"Cancelled by {e.by}: {e.reason}",
    "order.fulfilled": lambda _: "Order closed as delivered",
    "order.undelivered": lambda e: f"Order closed as {plain(e.outcome)}",
    "promise.held": lambda e: f"Window held at {e.odds_ppm / 10_000:.1f} % odds",
    "promise.refused": lambda e: f"No window offered: {', '.join(map(plain, e.reasons))}",
    "promise.confirmed": lambda _: "Window confirmed by the shopper",
    "promise.released": lambda e: f"Window given back: {plain(e.why)}",
    "promise.hold_expired": lambda _: "Hold expired",
    "promise.changed": lambda e: (
        f"Window replaced, {'the shopper chose' if e.by_shopper else 'we changed it'}"
    ),
    "promise.miss_announced": lambda _: "Shopper told that the window will be missed",
    "promise.settled": lambda e: f"Promise {e.outcome}",
    "routing.decided": lambda e: (
        f"Given to {plain(e.carrier)}, {plain(f'trigger.{e.trigger}')}"
        if e.carrier
        else f"Nobody may carry it, {plain(f'trigger.{e.trigger}')}"
    ),
    "tender.offered": lambda e: f"Asked: {', '.join(offer.carrier for offer in e.offers)}",
    "tender.accepted": lambda e: f"{e.carrier} takes it as {e.reference}",
    "tender.surplus_acceptance": lambda e: f"{e.carrier} took it too late: to be cancelled",
    "tender.refused": lambda e: f"{e.carrier} does not take it: {plain(e.reason)}",
    "tender.expired": lambda _: "Nobody took it in time",
    "tender.recalled": lambda e: f"Taken back: {plain(e.why)}",
    "tender.cancelled": lambda e: f"{e.carrier} let it go",
    "tender.label_voided": lambda e: f"The label of {e.carrier} is void",
    "tender.cancellation_refused": lambda e: f"{e.carrier} keeps it: {e.text}",
    "delivery.created": lambda _: "Delivery created",
    "delivery.assigned": lambda e: f"Assigned to {short(e.driver)}",
    "delivery.picked_up": lambda e: _picked_up(len(e.parcels), len(e.short)),
    "delivery.out_for_delivery": lambda _: "Left the hub",
    "delivery.arrived": lambda e: f"Driver arrived, {e.distance_m} m from the place",
    "delivery.delivered": lambda e: (
        f"Delivered, {_count(len(e.parcels), 'parcel')}: {plain(e.method)}" + _lacks(e.missing)
    ),
    "delivery.attempt_failed": lambda e: f"Attempt {e.attempt} failed: {plain(e.reason)}" + _lacks(e.lacking),
    "delivery.proof_added": lambda e: (
        f"Proof added: {', '.join(p.kind for p in e.proofs)}" + _lacks(e.missing)
    ),
    "delivery.held": lambda e: f"Held at the hub: {plain(e.reason)}",
    "delivery.reattempt_scheduled": lambda _: "Another attempt scheduled",
    "delivery.return_started": lambda e: f"Going back: {plain(e.reason)}",
    "delivery.returned": lambda _: "Back at the merchant",
    "delivery.cancelled": lambda e: f"Delivery cancelled: {plain(e.reason)}",
    "delivery.lost": lambda e: f"Declared lost: {plain(e.reason)}",
    "delivery.parcels_missing": lambda e: (
        f"{_count(len(e.parcels), 'parcel')} did not come back with the van"
    ),
    "delivery.parcel_found": lambda _: "A missing parcel was scanned in at the hub",
    "delivery.parcel_lost": lambda e: f"A missing parcel was written off: {plain(e.reason)}",
    "incident.case_gathered": lambda e: f"A case of one {e.cause}: {plain(e.kind)}",
    "incident.case_released": lambda _: "A case of the incident is closed",
    "incident.opened": lambda e: f"Incident opened, {plain(e.owner)} owns it",
    "incident.claimed": lambda e: f"{e.owner} takes the incident",
    "incident.escalated": lambda e: f"Incident overdue: went up to {plain(e.owner)}, level {e.level}",
    "incident.closed": lambda _: "Incident closed with its last case",
    "return.requested": lambda e: (
        f"Return asked for, {_count(len(e.goods.parcels), 'parcel')}: {plain(e.reason)}"
    ),
    "return.authorised": lambda e: f"Return authorised by {e.by}",
    "return.collection_booked": lambda _: "A van comes for the return",
    "return.collection_released": lambda e: f"No van comes for the return: {plain(e.why)}",
    "return.collector_arrived": lambda e: f"At the door for the return, {e.distance_m} m away",
    "return.collected": lambda e: f"Return collected, {_count(len(e.parcels), 'parcel')}",
    "return.collection_failed": lambda e: f"Return not collected: {plain(e.reason)}",
    "return.declined": lambda e: f"Return declined: {e.why}",
    "return.cancelled": lambda e: f"Return cancelled: {e.why}",
    "return.dropped_off": lambda e: f"{_count(len(e.parcels), 'parcel')} handed in at {short(e.hub)}",
    "return.received": lambda _: "Received at the returns bench",
    "return.inspected": lambda e: f"Inspected: {plain(e.condition)}",
    "return.disposed": lambda e: f"Goods: {plain(e.disposition)}",
    "return.refunded": lambda e: f"Paid back: {e.amount.minor} minor units of {e.amount.currency}",
    "return.closed": lambda e: f"Return closed without money back: {e.why}",
    "return.overdue": lambda e: f"Overdue: the return is still {plain(e.status)}",
    "custody.opened": lambda e: f"Custody begins: {e.holder.kind} {short(e.holder.id)}",
    "custody.handed_over": lambda e: f"{_party(e.giver)} → {_party(e.holder)}",
    "custody.sight_lost": lambda e: f"Nobody can say who holds it: {plain(e.why)}",
    "case.opened": lambda e: f"Case opened, {plain(e.kind)}: {e.happened}",
    "case.claimed": lambda e: f"{e.owner} takes the case",
    "case.step_run": lambda e: f"{e.by}: {e.step}" + (f" · {e.note}" if e.note else ""),
    "case.shopper_told": lambda e: f"Shopper told by {e.by}",
    "case.escalated": lambda e: f"Overdue: went up to {plain(e.owner)}, level {e.level}",
    "case.snoozed": lambda e: f"{e.by} waits: {e.why}",
    "case.closed": lambda e: f"Closed by {e.by}: {e.resolution}",
    "pin.refused": lambda e: f"Wrong PIN at the door, number {e.tries}",
    "contact.recorded": lambda e: f"Shopper asked by {e.channel}: {plain(e.topic)}",
    "message.sent": lambda e: f"Shopper told by {e.channel}: {plain(e.news.kind)}",
    "message.dropped": lambda e: f"Shopper not told of {plain(e.news.kind)}: {plain(e.why)}",
    "tracking.links_revoked": lambda e: f"Links to the order revoked by {e.by}",
    "tracking.place_wished": lambda e: f"Shopper wants it left: {plain(e.place)}",
    "tracking.instructions_given": lambda _: "Shopper told the driver how to find the door",
    "cost.booked": lambda e: (
        f"{'Cost taken back' if e.reverses else 'Cost booked'}, {_count(len(e.entries), 'entry', 'entries')}"
    ),
    "evidence.issued": lambda _: "Evidence packet issued",
    "route.opened": lambda e: f"Route on sale: {short(e.shift.vehicle)}",
    "route.planned": lambda e: f"Planned anew: {plain(e.why)}",
    "route.stop_inserted": lambda e: f"Stop added at place {e.index + 1}",
    "route.stop_removed": lambda e: f"Stop taken out: {plain(e.why)}",
    "route.staged": lambda e: f"Loading list made: {_count(len(e.parcels), 'parcel')}",
    "route.loaded": lambda e: _picked_up(len(e.loaded), len(e.short)),
    "route.departed": lambda _: "Left the hub",
    "route.stop_completed": lambda e: f"Stop done: {e.stop.kind}",
    "route.returned": lambda e: f"Back at the hub after {e.driven_m / 1000:.1f} km",
    "route.debriefed": lambda e: (
        f"Debriefed: {_count(len(e.returned), 'parcel')} back, {len(e.missing)} missing"
    ),
    "route.clock_set_aside": lambda _: "A phone told a time that cannot be right; ours was taken",
    "route.withdrawn": lambda e: (
        f"Withdrawn: {plain(e.why)}, {_count(len(e.orphans), 'delivery', 'deliveries')} left"
    ),
}


def say(event: AnyEvent) -> str:
    """The event in one sentence; one that has none of its own is said by its type."""
    kind = event_type(event)
    told = _SAY.get(kind)
    return told(event) if told else plain(kind.partition(".")[2])


def event_type(event: AnyEvent) -> str:
    """The event's type, `delivery.attempt_failed`."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str), f"{type(event).__name__} has no type"
    return tag


def plain(code: str) -> str:
    """A code in plain words."""
    return label(code)


def short(name: str) -> str:
    """An id without its prefix, or a name as it is."""
    return name.rpartition("_")[2] or name


def _party(custodian: Any) -> str:  # noqa: ANN401 - the caller's lambdas are untyped
    is_known = custodian.kind in ("hub", "driver", "merchant")  # a home is no name to show
    return f"{custodian.kind} {short(custodian.id)}" if is_known else str(custodian.kind)


def _picked_up(count: int, missing: int) -> str:
    return f"{_count(count, 'parcel')} on the van" + (f", {missing} missing" if missing else "")


def _count(count: int, noun: str, nouns: str = "") -> str:
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"


def _lacks(missing: tuple[str, ...]) -> str:
    return f" · lacks {', '.join(map(plain, missing))}" if missing else ""
