"""What a carrier's report adds to a delivery's evidence: never refused, for it is what somebody said.

Nothing in the event depends on what was known when it came, so that the evidence is a set: which attempt it
was and whether it was physical follow in the fold, from what happened before it.
"""

from typing import Final

from msgspec.structs import replace

from doorstep.lifecycle.delivery import DeliveryState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.delivery import (
    AnyDeliveryEvent,
    Arrived,
    AttemptFailed,
    BackAtHub,
    Delivered,
    DeliveryLost,
    DeliveryStatus,
    HandoffMethod,
    OutForDelivery,
    PickedUp,
    RecordReport,
    ReturnStarted,
    StatusReported,
)
from doorstep.vocabulary.ids import ParcelId
from doorstep.vocabulary.proof import ProofKind
from doorstep.vocabulary.reasons import NO_ATTEMPT, Reason

NO_COUNT: Final = 0
"""A carrier's report counts no attempt by itself; the fold does."""
LACKS_CONTACT: Final = "contact"
LACKS_EVIDENCE: Final = "evidence"
LACKS_ATTEMPT: Final = "no_attempt"


def report(state: DeliveryState, command: RecordReport, book: PolicyBook) -> AnyDeliveryEvent:
    """The piece of evidence that a report is, with the carrier's own words and count."""
    return replace(_evidence(state, command, book), seq=command.seq, said=command.said)


def _evidence(state: DeliveryState, command: RecordReport, book: PolicyBook) -> AnyDeliveryEvent:
    created = state.created
    assert created is not None, "only a delivery that was created is reported on"
    delivery, key, at = command.delivery, command.key, command.at
    known = tuple(parcel for parcel in command.parcels if parcel in created.parcels)
    parcels: tuple[ParcelId, ...] = known or created.parcels
    reason = command.reason or Reason.no_attempt
    status = DeliveryStatus
    match command.status:
        case status.picked_up:
            return PickedUp(delivery, key, at, None, parcels, ())
        case status.out_for_delivery:
            return OutForDelivery(delivery, key, at, None)
        case status.arrived:
            within = command.distance_m is not None and command.distance_m <= book.attempts.radius_m
            return Arrived(delivery, key, at, None, NO_COUNT, command.distance_m, within)
        case status.attempt_failed:
            lacking = _lacking(command, reason, book)
            return AttemptFailed(delivery, key, at, None, NO_COUNT, reason, command.proofs, lacking)
        case status.delivered | status.partially_delivered:
            missing = _missing(state, command, book)
            return Delivered(
                delivery, key, at, None, NO_COUNT, HandoffMethod.to_recipient, parcels,
                command.distance_m, command.proofs, missing,
            )  # fmt: skip
        case status.returning:
            return ReturnStarted(delivery, key, at, str(reason))
        case status.returned:
            return BackAtHub(delivery, key, at)
        case status.lost:
            return DeliveryLost(delivery, key, at, str(reason))
        case other:
            return StatusReported(delivery, key, at, other, command.reason, command.nearby)


def _missing(state: DeliveryState, command: RecordReport, book: PolicyBook) -> tuple[ProofKind, ...]:
    assert state.created is not None, "only a delivery that was created is reported on"
    required = {*state.created.proofs_required, *book.proof.for_method(HandoffMethod.to_recipient)}
    there = {proof.kind for proof in command.proofs if proof.passed}
    if command.distance_m is not None and command.distance_m <= book.proof.bounds.distance_m_max:
        there.add(ProofKind.place)
    return tuple(sorted(required - there))


def _lacking(command: RecordReport, reason: Reason, book: PolicyBook) -> tuple[str, ...]:
    """What the report itself lacks of a physical attempt; the arrival before it is the fold's to see."""
    if reason in NO_ATTEMPT:
        return (LACKS_ATTEMPT,)
    rule = book.attempts.rule(reason)
    there = {proof.kind for proof in command.proofs if proof.passed}
    lacking = []
    if rule.contact and ProofKind.contact not in there:
        lacking.append(LACKS_CONTACT)
    if not there.issuperset(rule.evidence):
        lacking.append(LACKS_EVIDENCE)
    return tuple(lacking)
