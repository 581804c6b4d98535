"""The life of a delivery.

    created ─▶ assigned ─▶ picked_up ─▶ out_for_delivery ─▶ arrived ─▶ delivered
       ▲          │            │               ▲   │           │
       │          │ all short  │               │   ▼           ▼
       │          └──▶ on_hold ◀─── held ──────┴─ attempt_failed ─▶ returning ─▶ returned
       └──────── reattempt scheduled ◀─────────────────┘
    cancelled (before it leaves), lost (from anywhere)

The state is a function of the set of evidence: an event that came twice counts once, and the status follows
from the events sorted by when they happened, so that the order in which we learned them changes nothing.
"""

from bisect import insort
from enum import StrEnum
from typing import Final, assert_never

import msgspec

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
    PickedUp,
    ProofAdded,
    ReattemptScheduled,
    RecordArrival,
    RecordFailure,
    RecordHandoff,
    RecordPickUp,
    RecordReturned,
    ReturnStarted,
    ScheduleReattempt,
    StartDelivering,
    StartReturn,
)
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DriverId, ParcelId, RouteId
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.reasons import NO_ATTEMPT
from doorstep.vocabulary.units import Instant, seconds_between

EVIDENCE_MAX: Final = 200
"""Pieces of evidence kept for one delivery; a command that would add more is refused."""


class Lacking(StrEnum):
    """What keeps an attempt from being physical."""

    no_attempt = "no_attempt"
    arrival = "arrival"
    radius = "radius"
    stay = "stay"
    contact = "contact"
    evidence = "evidence"


class DeliveryState(msgspec.Struct, frozen=True):
    """What the evidence says: `created` is the job itself, everything after `evidence` follows from it."""

    created: DeliveryCreated | None
    evidence: tuple[AnyDeliveryEvent, ...]
    status: DeliveryStatus
    route: RouteId | None = None
    driver: DriverId | None = None
    on_van: tuple[ParcelId, ...] = ()
    short: tuple[ParcelId, ...] = ()
    arrived: Arrived | None = None
    delivered: Delivered | None = None
    missing: tuple[ProofKind, ...] = ()
    attempts_physical: int = 0
    attempts_claimed: int = 0
    held_until: Instant | None = None
    held_reason: str = ""

    @property
    def unproven(self) -> bool:
        """Delivered, but a proof that policy asks for is not there: a flag, never a status."""
        return self.delivered is not None and bool(self.missing)

    @property
    def at_hub(self) -> bool:
        """Whether its parcels stand at the hub, free for a route to load."""
        return self.status in _AT_HUB

    @property
    def attempt(self) -> int:
        """The number of the attempt that is under way or next, from 1."""
        return self.attempts_physical + self.attempts_claimed + 1


_TERMINAL: Final = frozenset(
    {DeliveryStatus.delivered, DeliveryStatus.returned, DeliveryStatus.cancelled, DeliveryStatus.lost}
)
_ON_ROAD: Final = frozenset({DeliveryStatus.out_for_delivery, DeliveryStatus.arrived})
_AT_HUB: Final = frozenset(
    {
        DeliveryStatus.created,
        DeliveryStatus.assigned,
        DeliveryStatus.on_hold,
        DeliveryStatus.attempt_failed,
    }
)
_RANK: Final = {
    kind: rank
    for rank, kind in enumerate(
        (
            DeliveryCreated, Arrived, AttemptFailed, DeliveryHeld, ReattemptScheduled, ReturnStarted,
            DeliveryAssigned, PickedUp, OutForDelivery, Delivered, ProofAdded, DeliveryReturned,
            DeliveryCancelled, DeliveryLost,
        )
    )
}  # fmt: skip
"""The order of evidence of one instant and one count: what ends a try comes before what begins the next."""


def is_terminal(status: DeliveryStatus) -> bool:
    """Whether a delivery with this status is over."""
    return status in _TERMINAL


def decide(
    state: DeliveryState | None, command: AnyDeliveryCommand, book: PolicyBook
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    """What follows from the command, counted in the order of telling, or the rule that says no."""
    events = _decide(state, command, book)
    if isinstance(events, Refusal):
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
            if status not in _AT_HUB:
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
        case AddProof(proofs=proofs):
            if state.delivered is None:
                return _wrong(status, "proved")
            return (ProofAdded(delivery, key, at, proofs, _less(state.missing, proofs)),)
        case HoldDelivery(reason=reason, until=until):
            if status in _TERMINAL or status is DeliveryStatus.returning:
                return _wrong(status, "held")
            return (DeliveryHeld(delivery, key, at, reason, until),)
        case ScheduleReattempt(window=window):
            if status not in (DeliveryStatus.attempt_failed, DeliveryStatus.on_hold):
                return _wrong(status, "attempted again")
            if state.attempts_physical >= book.attempts.physical_max:
                return _used_up(state)
            return (ReattemptScheduled(delivery, key, at, window),)
        case StartReturn() | RecordReturned() | CancelDelivery() | DeclareLost():
            return _end(state, command)
        case _:
            assert_never(command)


def _wrong(status: DeliveryStatus, wish: str) -> Refusal:
    return Refusal("delivery_status", f"a delivery that is {status} cannot be {wish}")


def _used_up(state: DeliveryState) -> Refusal:
    return Refusal("attempts_used_up", f"{state.attempts_physical} physical attempts were made")


def _less(missing: tuple[ProofKind, ...], proofs: tuple[Proof, ...]) -> tuple[ProofKind, ...]:
    there = {proof.kind for proof in proofs if proof.passed}
    return tuple(kind for kind in missing if kind not in there)


def _end(
    state: DeliveryState, command: StartReturn | RecordReturned | CancelDelivery | DeclareLost
) -> tuple[AnyDeliveryEvent, ...] | Refusal:
    """The ways in which a delivery ends without a handoff."""
    status, delivery, key, at = state.status, command.delivery, command.key, command.at
    match command:
        case StartReturn(reason=reason):
            if status in _TERMINAL or status is DeliveryStatus.returning:
                return _wrong(status, "returned")
            return (ReturnStarted(delivery, key, at, reason),)
        case RecordReturned():
            if status is not DeliveryStatus.returning:
                return _wrong(status, "back")
            return (DeliveryReturned(delivery, key, at),)
        case CancelDelivery(reason=reason):
            if status not in _AT_HUB:
                return _wrong(status, "cancelled")
            return (DeliveryCancelled(delivery, key, at, reason),)
        case DeclareLost(reason=reason):
            if status in _TERMINAL:
                return _wrong(status, "lost")
            return (DeliveryLost(delivery, key, at, reason),)
        case _:
            assert_never(command)


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
    if set(command.parcels) >= set(state.on_van):
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


def evolve(state: DeliveryState | None, event: AnyDeliveryEvent) -> DeliveryState:
    """The state after one more piece of evidence, in whatever order it came."""
    known = () if state is None else state.evidence
    if event in known:
        assert state is not None, "evidence is known only to a state"
        return state
    evidence = list(known)
    insort(evidence, event, key=_when)
    return fold(tuple(evidence))


def _when(event: AnyDeliveryEvent) -> tuple[int, int, int, str]:
    return (event.at, event.seq, _RANK[type(event)], event.key)


def fold(evidence: tuple[AnyDeliveryEvent, ...]) -> DeliveryState:
    """The state that follows from evidence sorted by when it happened."""
    state = DeliveryState(None, evidence, DeliveryStatus.created)
    for event in evidence:
        state = _step(state, event)
    return state


def _step(state: DeliveryState, event: AnyDeliveryEvent) -> DeliveryState:
    replace = msgspec.structs.replace
    status = DeliveryStatus
    # A terminal status yields only to stronger custody evidence: a handoff that was scanned or proved.
    if state.status in _TERMINAL and not isinstance(event, (DeliveryCreated, Delivered, ProofAdded)):
        return state
    match event:
        case DeliveryCreated():
            return replace(state, created=event)
        case DeliveryAssigned(route=route, driver=driver):
            return replace(
                state, status=status.assigned, route=route, driver=driver, arrived=None, on_van=(),
                held_until=None, held_reason="",
            )  # fmt: skip
        case PickedUp(parcels=parcels, short=short):
            if not parcels:
                return replace(state, status=status.on_hold, short=short, held_reason="shortage", route=None)
            return replace(state, status=status.picked_up, on_van=parcels, short=short)
        case OutForDelivery():
            return replace(state, status=status.out_for_delivery)
        case Arrived():
            return replace(state, status=status.arrived, arrived=event)
        case AttemptFailed():
            return replace(
                state, status=status.attempt_failed,
                attempts_physical=state.attempts_physical + event.physical,
                attempts_claimed=state.attempts_claimed + (not event.physical),
            )  # fmt: skip
        case Delivered(missing=missing):
            if state.delivered is not None or state.status is status.returned:
                return state
            return replace(state, status=status.delivered, delivered=event, missing=missing, on_van=())
        case ProofAdded(proofs=proofs):
            return replace(state, missing=_less(state.missing, proofs))
        case DeliveryHeld(reason=reason, until=until):
            return replace(state, status=status.on_hold, held_reason=reason, held_until=until, route=None)
        case ReattemptScheduled(window=window):
            return replace(
                state, status=status.on_hold, held_reason="reattempt", held_until=window.end, route=None
            )
        case ReturnStarted():
            return replace(state, status=status.returning, route=None)
        case DeliveryReturned():
            return replace(state, status=status.returned, on_van=())
        case DeliveryCancelled():
            return replace(state, status=status.cancelled)
        case DeliveryLost():
            return replace(state, status=status.lost)
        case _:
            assert_never(event)
