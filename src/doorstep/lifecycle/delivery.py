"""The life of a delivery, and what became of each of its parcels.

    created ─▶ assigned ─▶ picked_up ─▶ out_for_delivery ─▶ arrived ─▶ delivered
       ▲          │            │               ▲   │           │  └──▶ partially_delivered
       │          │ all short  │               │   ▼           ▼         │      │ the rest: another attempt,
       │          └──▶ on_hold ◀─── held ──────┴─ attempt_failed ─▶ returning ─▶ returned
       └──────── reattempt scheduled ◀─────────────────┴─────────────────┘
    cancelled (before it leaves), lost (from anywhere)

The state is a function of the set of evidence: an event that came twice counts once, and the status follows
from the events sorted by when they happened, so that the order in which we learned them changes nothing.

A parcel is under way until it has an outcome; meanwhile it may be sought. A delivery is over when each of its
parcels has an outcome: `partially_delivered` then says that they ended differently; before, it says that some
were handed over and the rest waits.
What a command leads to is in `delivery_rules`.
"""

from bisect import insort
from collections.abc import Collection, Iterable
from typing import Final, assert_never

import msgspec

from doorstep.vocabulary.delivery import (
    AnyDeliveryEvent,
    Arrived,
    AttemptFailed,
    BackAtHub,
    CarrierWord,
    Delivered,
    DeliveryAssigned,
    DeliveryCancelled,
    DeliveryCreated,
    DeliveryHeld,
    DeliveryLost,
    DeliveryReturned,
    DeliveryStatus,
    OutForDelivery,
    ParcelFound,
    ParcelLost,
    ParcelOutcome,
    ParcelsMissing,
    PickedUp,
    ProofAdded,
    ReattemptScheduled,
    ReturnStarted,
    StatusReported,
)
from doorstep.vocabulary.ids import DriverId, ParcelId, RouteId
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.units import Instant, seconds_between


class DeliveryState(msgspec.Struct, frozen=True):
    """What the evidence says: `created` is the job itself, everything after `evidence` follows from it.

    `outcomes` has the parcels that ended, `sought` those that are missing, with the instant since when.
    `handoffs` are those by which at least one parcel first changed hands. `contradictions` are keys of two
    pieces of evidence that cannot both be true.
    """

    created: DeliveryCreated | None
    evidence: tuple[AnyDeliveryEvent, ...]
    status: DeliveryStatus
    route: RouteId | None = None
    driver: DriverId | None = None
    on_van: tuple[ParcelId, ...] = ()
    sought: dict[ParcelId, Instant] = {}
    outcomes: dict[ParcelId, ParcelOutcome] = {}
    arrived: Arrived | None = None
    handoffs: tuple[Delivered, ...] = ()
    missing: tuple[ProofKind, ...] = ()
    attempts_physical: int = 0
    attempts_claimed: int = 0
    held_until: Instant | None = None
    held_reason: str = ""
    contradictions: tuple[tuple[str, str], ...] = ()

    @property
    def rest(self) -> tuple[ParcelId, ...]:
        """The parcels that have not ended."""
        parcels = self.created.parcels if self.created else ()
        return tuple(parcel for parcel in parcels if parcel not in self.outcomes)

    @property
    def at_hand(self) -> tuple[ParcelId, ...]:
        """The rest without what is sought: what can go somewhere."""
        return tuple(parcel for parcel in self.rest if parcel not in self.sought)

    @property
    def over(self) -> bool:
        """Whether each of its parcels has ended."""
        partial = self.status is DeliveryStatus.partially_delivered
        return self.status in _TERMINAL or (partial and not self.rest)

    @property
    def delivered(self) -> Delivered | None:
        """The handoff by which the last of its parcels was handed over; None before."""
        return self.handoffs[-1] if self.status is DeliveryStatus.delivered else None

    @property
    def unproven(self) -> bool:
        """Handed over, but a proof that policy asks for is not there: a flag, never a status."""
        return bool(self.handoffs and self.missing)

    @property
    def waiting(self) -> bool:
        """Whether its rest is kept back, free for a route to load."""
        partial = self.status is DeliveryStatus.partially_delivered
        return self.status is DeliveryStatus.on_hold or (partial and bool(self.rest))

    @property
    def at_hub(self) -> bool:
        """Whether its parcels stand at the hub, free for a route to load."""
        return self.status in _AT_HUB or self.waiting

    @property
    def attempt(self) -> int:
        """The number of the attempt that is under way or next, from 1."""
        partial = len(self.handoffs) - (self.status is DeliveryStatus.delivered)
        return self.attempts_physical + self.attempts_claimed + partial + 1


_TERMINAL: Final = frozenset(
    {DeliveryStatus.delivered, DeliveryStatus.returned, DeliveryStatus.cancelled, DeliveryStatus.lost}
)
_AT_HUB: Final = frozenset(
    {
        DeliveryStatus.created,
        DeliveryStatus.accepted,
        DeliveryStatus.assigned,
        DeliveryStatus.pickup_arrived,
        DeliveryStatus.attempt_failed,
    }
)
_ACCEPTED: Final = (DeliveryStatus.accepted, DeliveryStatus.assigned, DeliveryStatus.pickup_arrived)
"""A carrier has taken it on, and its parcels stand at the hub."""
_RANK: Final[dict[type, int]] = {
    kind: rank
    for rank, kind in enumerate(
        (
            DeliveryCreated, StatusReported, Arrived, AttemptFailed, BackAtHub, DeliveryHeld,
            ReattemptScheduled, ReturnStarted,
            DeliveryAssigned, PickedUp, OutForDelivery, Delivered, ProofAdded, DeliveryReturned,
            ParcelsMissing, ParcelFound, ParcelLost, DeliveryCancelled, DeliveryLost,
        )
    )
}  # fmt: skip
"""The order of evidence of one instant and one count: what ends a try comes before what begins the next."""
_PROGRESS: Final[dict[type, int]] = {
    kind: rank
    for rank, kind in enumerate(
        (
            DeliveryCreated, DeliveryAssigned, StatusReported, PickedUp, OutForDelivery, Arrived,
            AttemptFailed, ReturnStarted, BackAtHub, DeliveryHeld, ReattemptScheduled, ParcelsMissing,
            ParcelFound,
            Delivered, ProofAdded, DeliveryReturned, ParcelLost, DeliveryCancelled, DeliveryLost,
        )
    )
}  # fmt: skip
"""How far along each kind of evidence is: the order where a clock tells nothing."""
_MOVES: Final = (PickedUp, OutForDelivery, Arrived, AttemptFailed, ReturnStarted, BackAtHub, DeliveryLost)
"""Evidence that a parcel is somewhere else than with its recipient."""
TWICE_S_MAX: Final = 600
"""Seconds between two tellings of one handoff; further apart they are two, of which one is wrong."""
_BY_OUTCOME: Final = {
    ParcelOutcome.returned: DeliveryStatus.returned,
    ParcelOutcome.lost: DeliveryStatus.lost,
    ParcelOutcome.cancelled: DeliveryStatus.cancelled,
}
"""The status of a delivery of which nothing was handed over: the first of these that became of a parcel."""


def evolve(state: DeliveryState | None, event: AnyDeliveryEvent) -> DeliveryState:
    """The state after one more piece of evidence, in whatever order it came."""
    known = () if state is None else state.evidence
    if event in known:
        assert state is not None, "evidence is known only to a state"
        return state
    if _is_plausible(event) and all(map(_is_plausible, known)):
        evidence = list(known)
        insort(evidence, event, key=_when)
        return fold(tuple(evidence))
    return fold(_placed((*known, event)))


def state_of(evidence: Iterable[AnyDeliveryEvent]) -> DeliveryState:
    """The state that follows from a set of evidence, in whatever order and however often it is given."""
    return fold(_placed(tuple(dict.fromkeys(evidence))))


def _is_plausible(event: AnyDeliveryEvent) -> bool:
    return event.said is None or event.said.plausible


def _placed(events: tuple[AnyDeliveryEvent, ...]) -> tuple[AnyDeliveryEvent, ...]:
    """In the order of their times; one whose clock cannot be right comes as late as its rank allows."""
    placed = sorted((event for event in events if _is_plausible(event)), key=_when)
    astray = [event for event in events if not _is_plausible(event)]
    for event in sorted(astray, key=lambda one: (_PROGRESS[type(one)], one.seq, one.key)):
        rank = _PROGRESS[type(event)]
        after = [index for index, one in enumerate(placed, 1) if _PROGRESS[type(one)] <= rank]
        placed.insert(max(after, default=0), event)
    return tuple(placed)


def _when(event: AnyDeliveryEvent) -> tuple[int, int, int, str]:
    return (event.at, event.seq, _RANK[type(event)], event.key)


def fold(evidence: tuple[AnyDeliveryEvent, ...]) -> DeliveryState:
    """The state that follows from evidence sorted by when it happened."""
    # The job is known from the start, whatever the clock of who created it said.
    created = next((event for event in evidence if isinstance(event, DeliveryCreated)), None)
    state = DeliveryState(created, evidence, DeliveryStatus.created)
    for event in evidence:
        state = _step(state, event)
    return state


def _step(state: DeliveryState, event: AnyDeliveryEvent) -> DeliveryState:
    replace = msgspec.structs.replace
    status = DeliveryStatus
    # What is over yields only to stronger custody evidence: a handoff or a scan at the hub.
    if state.over and not isinstance(event, (Delivered, ProofAdded, ParcelFound)):
        return _contradict(state, event)
    match event:
        case DeliveryCreated():
            return state
        case DeliveryAssigned(route=route, driver=driver):
            return replace(
                state, status=status.assigned, route=route, driver=driver, arrived=None, on_van=(),
                held_until=None, held_reason="",
            )  # fmt: skip
        case PickedUp():
            return _pick_up(state, event)
        case OutForDelivery():
            return replace(state, status=status.out_for_delivery)
        case Arrived():
            return replace(state, status=status.arrived, arrived=event)
        case AttemptFailed():
            physical = _was_physical(state, event)
            return replace(
                state, status=status.attempt_failed,
                attempts_physical=state.attempts_physical + physical,
                attempts_claimed=state.attempts_claimed + (not physical),
            )  # fmt: skip
        case BackAtHub():
            return _wait(replace(state, on_van=()), "back at the hub", None)
        case StatusReported(status=status.cancelled, said=said):
            # A carrier lets go of what it has; what another has by now, or a van, is not its to end.
            return replace(state, status=status.created) if _has_it(state, event, said) else state
        case StatusReported(status=reported):
            return state if reported is None else replace(state, status=reported)
        case Delivered():
            return _hand_over(state, event)
        case ProofAdded(proofs=proofs):
            return replace(state, missing=less(state.missing, proofs))
        case DeliveryHeld(reason=reason, until=until):
            return _wait(state, reason, until)
        case ReattemptScheduled(window=window):
            return _wait(state, "reattempt", window.end)
        case ReturnStarted():
            return replace(state, status=status.returning, route=None)
        case DeliveryReturned():
            return _end(state, state.at_hand, ParcelOutcome.returned)
        case DeliveryCancelled():
            return _end(state, state.rest, ParcelOutcome.cancelled)
        case DeliveryLost():
            return _end(state, state.rest, ParcelOutcome.lost)
        case ParcelsMissing(parcels=parcels, at=at):
            missed = {one: state.sought.get(one, at) for one in parcels if one in state.rest}
            return replace(state, sought=state.sought | missed, on_van=_without(state.on_van, missed.keys()))
        case ParcelFound(parcel=parcel):
            return _find(state, parcel)
        case ParcelLost(parcel=parcel):
            return _end(state, (parcel,) if parcel in state.rest else (), ParcelOutcome.lost)
        case _:
            assert_never(event)


def _has_it(state: DeliveryState, event: StatusReported, said: CarrierWord | None) -> bool:
    """Whether the carrier that speaks is the last that had accepted it, and has not collected it."""
    if said is None or state.status not in _ACCEPTED:
        return False
    before = state.evidence[: state.evidence.index(event)]
    had = [one.said for one in before if isinstance(one, StatusReported) and one.status in _ACCEPTED]
    return bool(had) and had[-1] is not None and had[-1].carrier == said.carrier


def _was_physical(state: DeliveryState, failure: AttemptFailed) -> bool:
    """As the event says; a carrier's own needs the arrival that somebody measured before it."""
    if failure.said is None:
        return failure.physical
    return failure.physical and state.arrived is not None and state.arrived.within_radius


def _contradict(state: DeliveryState, event: AnyDeliveryEvent) -> DeliveryState:
    """What a carrier tells of a delivery that is over cannot be true beside its end."""
    told = isinstance(event, _MOVES) and event.said is not None
    if not told or not state.handoffs:
        return state
    pair = (state.handoffs[-1].key, event.key)
    return msgspec.structs.replace(state, contradictions=(*state.contradictions, pair))


def less(missing: tuple[ProofKind, ...], proofs: tuple[Proof, ...]) -> tuple[ProofKind, ...]:
    """What is still missing once these proofs are there; a check that failed is none."""
    there = {proof.kind for proof in proofs if proof.passed}
    return tuple(kind for kind in missing if kind not in there)


def _without(parcels: tuple[ParcelId, ...], gone: Collection[ParcelId]) -> tuple[ParcelId, ...]:
    return tuple(parcel for parcel in parcels if parcel not in gone)


def _wait(state: DeliveryState, reason: str, until: Instant | None) -> DeliveryState:
    """Kept back; of what was handed over in part, the rest is."""
    status = DeliveryStatus.partially_delivered if state.handoffs else DeliveryStatus.on_hold
    return msgspec.structs.replace(state, status=status, held_reason=reason, held_until=until, route=None)


def _pick_up(state: DeliveryState, load: PickedUp) -> DeliveryState:
    """On the van or sought, each parcel by its own scan."""
    sought = {one: since for one, since in state.sought.items() if one not in load.parcels}
    sought |= {one: sought.get(one, load.at) for one in load.short if one not in state.outcomes}
    state = msgspec.structs.replace(state, sought=sought, on_van=load.parcels)
    if not load.parcels:
        return _wait(state, "shortage", None)
    return msgspec.structs.replace(state, status=DeliveryStatus.picked_up)


def _hand_over(state: DeliveryState, handoff: Delivered) -> DeliveryState:
    """A handoff counts for the parcels that no earlier one handed over and that are not back already."""
    parcels = state.created.parcels if state.created else handoff.parcels
    kept = {ParcelOutcome.delivered, ParcelOutcome.returned}
    fresh = [one for one in parcels if one in handoff.parcels and state.outcomes.get(one) not in kept]
    if not fresh:
        return _hand_over_again(state, handoff)
    state = msgspec.structs.replace(
        state,
        handoffs=(*state.handoffs, handoff),
        missing=tuple(sorted({*state.missing, *handoff.missing})),
    )
    state = _end(state, fresh, ParcelOutcome.delivered)
    if not state.rest:
        return state
    return msgspec.structs.replace(
        state, status=DeliveryStatus.partially_delivered, held_reason="", held_until=None
    )


def _hand_over_again(state: DeliveryState, handoff: Delivered) -> DeliveryState:
    """Told again: its proofs count; where it is another time or the parcels are back, one is wrong."""
    if handoff.said is None or not state.handoffs:
        return state
    first = state.handoffs[-1]
    state = msgspec.structs.replace(state, missing=less(state.missing, handoff.proofs))
    if abs(seconds_between(first.at, handoff.at)) <= TWICE_S_MAX or not _is_plausible(handoff):
        return state
    pair = (first.key, handoff.key)
    return msgspec.structs.replace(state, contradictions=(*state.contradictions, pair))


def _find(state: DeliveryState, parcel: ParcelId) -> DeliveryState:
    """At the hub again; one that was written off is under way once more."""
    was_lost = state.outcomes.get(parcel) is ParcelOutcome.lost
    found = msgspec.structs.replace(
        state,
        sought={one: since for one, since in state.sought.items() if one != parcel},
        outcomes={one: end for one, end in state.outcomes.items() if one != parcel or not was_lost},
    )
    return _wait(found, "found", None) if was_lost and state.over else found


def _end(state: DeliveryState, parcels: Collection[ParcelId], outcome: ParcelOutcome) -> DeliveryState:
    """These parcels end so; once no other is left, so does the delivery."""
    state = msgspec.structs.replace(
        state,
        outcomes=state.outcomes | dict.fromkeys(parcels, outcome),
        sought={one: since for one, since in state.sought.items() if one not in parcels},
        on_van=_without(state.on_van, parcels),
    )
    return state if state.rest else msgspec.structs.replace(state, status=_ended(state, outcome))


def _ended(state: DeliveryState, last: ParcelOutcome) -> DeliveryStatus:
    outcomes = {*state.outcomes.values()} or {last}
    if ParcelOutcome.delivered in outcomes:
        whole = outcomes == {ParcelOutcome.delivered}
        return DeliveryStatus.delivered if whole else DeliveryStatus.partially_delivered
    return next(status for outcome, status in _BY_OUTCOME.items() if outcome in outcomes)
