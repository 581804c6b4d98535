"""What a delivery's commands lead to: the evidence that they add, or the rule that says no."""

from enum import StrEnum
from typing import Final, assert_never

import msgspec

from doorstep.lifecycle.delivery import DeliveryState, less
from doorstep.lifecycle.delivery_report import report
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.delivery import (
    AddProof,
    AnyDeliveryCommand,
    AnyDeliveryEvent,
    Arrived,
    AssignDelivery,
    AttemptFailed,
    CancelDelivery,
    CreateDelivery,
    DeclareLost,
    Delivered,
    DeliveryAssigned,
    DeliveryCancelled,
    DeliveryCreated,
    DeliveryHeld,
    DeliveryLost,
    DeliveryReturned,
    DeliveryStatus,
    HoldDelivery,
    OutForDelivery,
    ParcelFound,
    ParcelLost,
    ParcelOutcome,
    ParcelsMissing,
    PickedUp,
    ProofAdded,
    ReattemptScheduled,
    RecordArrival,
    RecordFailure,
    RecordFound,
    RecordHandoff,
    RecordMissing,
    RecordPickUp,
    RecordReport,
    RecordReturned,
    ReturnStarted,
    ScheduleReattempt,
    StartDelivering,
    StartReturn,
    WriteOffParcel,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ParcelId
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.units import seconds_between

EVIDENCE_MAX: Final = 200
"""Pieces of evidence kept for one delivery; a command that would add more is refused."""

_ON_ROAD: Final = frozenset({DeliveryStatus.out_for_delivery, DeliveryStatus.arrived})


class Lacking(StrEnum):
    """What keeps an attempt from being physical."""

    no_attempt = "no_attempt"
    arrival = "arrival"
    radius = "radius"
    stay = "stay"
    contact = "contact"
    evidence = "evidence"


def decide(
    state: DeliveryState | None, command: AnyDeliveryCommand, book: PolicyBook
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    """What follows from the command, counted in the order of telling, or the rule that says no."""
    events = _decide(state, command, book)
    if isinstance(events, Refusal):
        return events
    if isinstance(command, RecordReport):
        # A carrier counts for itself.
        return events
    told = 0 if state is None else len(state.evidence)
    return tuple(msgspec.structs.replace(event, seq=told + n) for n, event in enumerate(events, 1))


def _decide(
    state: DeliveryState | None, command: AnyDeliveryCommand, book: PolicyBook
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    delivery, key, at = command.delivery, command.key, command.at
    if isinstance(command, CreateDelivery):
        if state is not None and state.created is not None:
            return Refusal("delivery_exists", f"delivery {delivery} stands already")
        fields = {name: getattr(command, name) for name in command.__struct_fields__}
        return (DeliveryCreated(**fields),)
    if state is None:
        return Refusal("delivery_unknown", f"there is no delivery {delivery}")
    if any(event.key == key for event in state.evidence):
        return ()
    if len(state.evidence) >= EVIDENCE_MAX:
        return Refusal("evidence_full", f"more than {EVIDENCE_MAX} pieces of evidence")
    status = state.status
    match command:
        case AssignDelivery(route=route, driver=driver):
            if not state.at_hub:
                return _wrong(status, "assigned")
            if state.attempts_physical >= book.attempts.physical_max:
                return _used_up(state)
            return (DeliveryAssigned(delivery, key, at, route, driver),)
        case RecordPickUp(route=route, parcels=parcels, short=short):
            if status is not DeliveryStatus.assigned or route != state.route:
                return _wrong(status, "picked up on this route")
            return (PickedUp(delivery, key, at, route, parcels, short),)
        case StartDelivering(route=route):
            if status is not DeliveryStatus.picked_up:
                return _wrong(status, "out for delivery")
            return (OutForDelivery(delivery, key, at, route),)
        case RecordArrival(route=route, distance_m=distance_m):
            if status not in _ON_ROAD or route != state.route:
                return _wrong(status, "arrived on this route")
            within = distance_m <= book.attempts.radius_m
            return (Arrived(delivery, key, at, route, state.attempt, distance_m, within),)
        case RecordHandoff():
            return _hand_off(state, command, book)
        case RecordFailure():
            return _fail(state, command, book)
        case RecordReport():
            return (report(state, command, book),)
        case AddProof(proofs=proofs):
            if not state.handoffs:
                return _wrong(status, "proved")
            return (ProofAdded(delivery, key, at, proofs, less(state.missing, proofs)),)
        case HoldDelivery(reason=reason, until=until):
            if state.over or status is DeliveryStatus.returning:
                return _wrong(status, "held")
            return (DeliveryHeld(delivery, key, at, reason, until),)
        case ScheduleReattempt(window=window):
            if status is not DeliveryStatus.attempt_failed and not state.waiting:
                return _wrong(status, "attempted again")
            if state.attempts_physical >= book.attempts.physical_max:
                return _used_up(state)
            return (ReattemptScheduled(delivery, key, at, window),)
        case StartReturn() | RecordReturned() | CancelDelivery() | DeclareLost():
            return _end(state, command)
        case RecordMissing() | RecordFound() | WriteOffParcel():
            return _seek(state, command)
        case _:
            assert_never(command)


def _wrong(status: DeliveryStatus, wish: str) -> Refusal:
    return Refusal("delivery_status", f"a delivery that is {status} cannot be {wish}")


def _used_up(state: DeliveryState) -> Refusal:
    return Refusal("attempts_used_up", f"{state.attempts_physical} physical attempts were made")


def _end(
    state: DeliveryState, command: StartReturn | RecordReturned | CancelDelivery | DeclareLost
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    """The ways in which a delivery ends without a handoff."""
    status, delivery, key, at = state.status, command.delivery, command.key, command.at
    match command:
        case StartReturn(reason=reason):
            if state.over or status is DeliveryStatus.returning:
                return _wrong(status, "returned")
            return (ReturnStarted(delivery, key, at, reason),)
        case RecordReturned():
            if status is not DeliveryStatus.returning:
                return _wrong(status, "back")
            return (DeliveryReturned(delivery, key, at),)
        case CancelDelivery(reason=reason):
            if not state.at_hub:
                return _wrong(status, "cancelled")
            return (DeliveryCancelled(delivery, key, at, reason),)
        case DeclareLost(reason=reason):
            if state.over:
                return _wrong(status, "lost")
            return (DeliveryLost(delivery, key, at, reason),)
        case _:
            assert_never(command)


def _seek(
    state: DeliveryState, command: RecordMissing | RecordFound | WriteOffParcel
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    """A parcel that is not where it should be, until it is found or given up."""
    delivery, key, at = command.delivery, command.key, command.at
    match command:
        case RecordMissing(route=route, parcels=parcels):
            missed = tuple(parcel for parcel in parcels if parcel in state.at_hand)
            return (ParcelsMissing(delivery, key, at, route, missed),) if missed else ()
        case RecordFound(parcel=parcel):
            is_lost = state.outcomes.get(parcel) is ParcelOutcome.lost
            if parcel not in state.sought and not is_lost:
                return _not_missing(parcel)
            return (ParcelFound(delivery, key, at, parcel),)
        case WriteOffParcel(parcel=parcel, reason=reason):
            if parcel not in state.sought:
                return _not_missing(parcel)
            return (ParcelLost(delivery, key, at, parcel, reason),)
        case _:
            assert_never(command)


def _not_missing(parcel: ParcelId) -> Refusal:
    return Refusal("parcel_not_missing", f"nobody misses {parcel}", ("parcel",))


def _hand_off(
    state: DeliveryState, command: RecordHandoff, book: PolicyBook
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    assert state.created is not None, "only a delivery that was created is on the road"
    if state.status not in _ON_ROAD or command.route != state.route:
        return _wrong(state.status, "handed over on this route")
    if set(command.parcels) - set(state.created.parcels):
        return Refusal("parcel_foreign", "a scanned parcel is not of this delivery", ("parcels",))
    required = {*state.created.proofs_required, *book.proof.for_method(command.method)}
    there = {proof.kind for proof in command.proofs if proof.passed}
    if command.parcels:
        # A scan proves what it names, and what it does not name was not handed over.
        there.add(ProofKind.scan)
    if command.distance_m <= book.proof.bounds.distance_m_max:
        there.add(ProofKind.place)
    missing = tuple(sorted(required - there))
    return (
        Delivered(
            command.delivery, command.key, command.at, command.route, state.attempt, command.method,
            command.parcels or state.on_van, command.distance_m, command.proofs, missing,
        ),
    )  # fmt: skip


def _fail(
    state: DeliveryState, command: RecordFailure, book: PolicyBook
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    if command.route != state.route or state.status not in (
        *_ON_ROAD,
        DeliveryStatus.picked_up,
        DeliveryStatus.assigned,
    ):
        return _wrong(state.status, "failed on this route")
    return (
        AttemptFailed(
            command.delivery, command.key, command.at, command.route, state.attempt, command.reason,
            command.proofs, _lacking(state, command, book),
        ),
    )  # fmt: skip


def _lacking(state: DeliveryState, command: RecordFailure, book: PolicyBook) -> tuple[str, ...]:
    """What the definition of a physical attempt asks and this one does not have."""
    if command.reason in NO_ATTEMPT:
        return (Lacking.no_attempt,)
    rule = book.attempts.rule(command.reason)
    there = {proof.kind for proof in command.proofs if proof.passed}
    lacking = []
    if state.arrived is None:
        lacking.append(Lacking.arrival)
    else:
        if not state.arrived.within_radius:
            lacking.append(Lacking.radius)
        if seconds_between(state.arrived.at, command.at) < book.attempts.stay_s_min:
            lacking.append(Lacking.stay)
    if rule.contact and ProofKind.contact not in there:
        lacking.append(Lacking.contact)
    if not there.issuperset(rule.evidence):
        lacking.append(Lacking.evidence)
    return tuple(lacking)
