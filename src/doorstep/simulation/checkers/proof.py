"""Invariant 3: delivered without the proof that policy asks for is flagged, owned, and not kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally
from doorstep.vocabulary.case import CaseKind, CaseOpened
from doorstep.vocabulary.delivery import Delivered, DeliveryCreated, HandoffMethod, PickedUp, ProofAdded
from doorstep.vocabulary.ids import DeliveryId, ParcelId, PromiseId
from doorstep.vocabulary.promise import PromiseHeld, PromiseOutcome, PromiseSettled
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.record import Record
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window


@dataclass(slots=True)
class _Job:
    required: frozenset[ProofKind] = frozenset()
    on_van: frozenset[ParcelId] = frozenset()
    lacking: set[ProofKind] | None = None
    parcels: frozenset[ParcelId] = frozenset()
    handed_over_at: dict[ParcelId, list[Instant]] = field(default_factory=dict)
    case: bool = False


class ProofFlags(Checker):
    """What is missing is computed again, from what was required and what was shown.

    A scan of what is handed over is the proof `scan`, a handoff within `distance_m_max` of the place the
    proof `place`; `by_method` is what policy asks on top for a way of handing over.
    """

    number: ClassVar[int] = 3
    name: ClassVar[str] = "unproven is flagged, has a case, is not counted as kept"

    def __init__(
        self, by_method: Mapping[HandoffMethod, Iterable[ProofKind]], distance_m_max: Metres
    ) -> None:
        self._by_method = {method: frozenset(kinds) for method, kinds in by_method.items()}
        self._distance_m_max = distance_m_max

    def inspect(self, log: Log, tally: Tally) -> None:
        """Commit by commit: a flag and its case stand in the same one."""
        jobs: dict[DeliveryId, _Job] = {}
        pledges: dict[PromiseId, tuple[DeliveryId, Window]] = {}
        for commit in log.commits():
            unproven: list[DeliveryId] = []
            for record in commit:
                self._follow(record, jobs, unproven, tally)
                match record.data:
                    case PromiseHeld(promise=promise, delivery=delivery, window=window):
                        pledges[promise] = (delivery, window)
                    case PromiseSettled(promise=promise, outcome=PromiseOutcome.kept):
                        _settled(promise, jobs, pledges, record, tally)
                    case CaseOpened(kind=CaseKind.missing_proof, subject=subject) if subject.delivery:
                        jobs.setdefault(subject.delivery, _Job()).case = True
                    case _:
                        pass
            for delivery in unproven:
                tally.that(
                    jobs[delivery].case, delivery, "delivered unproven, and no case opened in that commit"
                )

    def _follow(
        self, record: Record, jobs: dict[DeliveryId, _Job], unproven: list[DeliveryId], tally: Tally
    ) -> None:
        match record.data:
            case DeliveryCreated(delivery=delivery, proofs_required=required, parcels=parcels):
                job = jobs.setdefault(delivery, _Job())
                job.required, job.parcels = frozenset(required), frozenset(parcels)
            case PickedUp(delivery=delivery, parcels=parcels):
                jobs.setdefault(delivery, _Job()).on_van = frozenset(parcels)
            case Delivered(delivery=delivery) as handoff:
                job = jobs.setdefault(delivery, _Job())
                lacking = self._lacking(job, handoff)
                tally.that(
                    lacking <= set(handoff.missing),
                    delivery,
                    f"at {record.position} it lacks {_words(lacking - set(handoff.missing))}, not flagged",
                )
                fresh = set(handoff.parcels) - job.handed_over_at.keys()
                for parcel in handoff.parcels:
                    job.handed_over_at.setdefault(parcel, []).append(handoff.at)
                if job.lacking is None or fresh:
                    lacks = lacking | set(handoff.missing)
                    job.lacking = (job.lacking or set()) | lacks
                    if lacks:
                        unproven.append(delivery)
            case ProofAdded(delivery=delivery, proofs=proofs):
                job = jobs.setdefault(delivery, _Job())
                if job.lacking is not None:
                    job.lacking -= _shown(proofs)
            case _:
                pass

    def _lacking(self, job: _Job, handoff: Delivered) -> set[ProofKind]:
        there = _shown(handoff.proofs)
        ours = handoff.said is None
        if ours and (job.on_van <= set(handoff.parcels) or set(handoff.parcels) < job.on_van):
            # What was handed over in part was scanned, or nobody could say which part. A carrier says so.
            there.add(ProofKind.scan)
        if handoff.distance_m is not None and handoff.distance_m <= self._distance_m_max:
            there.add(ProofKind.place)
        return set(job.required | self._by_method.get(handoff.method, frozenset())) - there


def _settled(
    promise: PromiseId,
    jobs: dict[DeliveryId, _Job],
    pledges: dict[PromiseId, tuple[DeliveryId, Window]],
    record: Record,
    tally: Tally,
) -> None:
    """A promise that is called kept had each of its parcels handed over inside its window, and proven."""
    if not tally.that(promise in pledges, promise, "it is settled and was never held"):
        return
    delivery, window = pledges[promise]
    job = jobs.get(delivery, _Job())
    where = f"called kept at {record.position}"
    late = sorted(
        parcel
        for parcel in job.parcels
        if not any(window.holds(at) for at in job.handed_over_at.get(parcel, ()))
    )
    tally.that(
        bool(job.handed_over_at) and not late,
        delivery,
        f"{where}, not handed over in the window: {', '.join(late) or 'all'}",
    )
    tally.that(not job.lacking, delivery, f"{where} without {_words(job.lacking or set())}")


def _shown(proofs: Iterable[Proof]) -> set[ProofKind]:
    return {proof.kind for proof in proofs if proof.passed}


def _words(kinds: set[ProofKind]) -> str:
    return ", ".join(sorted(kinds))
