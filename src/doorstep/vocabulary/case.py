"""Cases: exceptions with an owner, a clock and a playbook."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import CarrierId, CaseId, DeliveryId, OrderId, RouteId
from doorstep.vocabulary.units import Instant


class CaseKind(StrEnum):
    """What went wrong, or is about to."""

    failed_attempt = "failed_attempt"
    bad_address = "bad_address"
    predicted_miss = "predicted_miss"
    shortage = "shortage"
    missing_proof = "missing_proof"
    missing_parcel = "missing_parcel"
    no_capacity = "no_capacity"
    breakdown = "breakdown"
    reported_problem = "reported_problem"
    dead_letter = "dead_letter"
    carrier_outage = "carrier_outage"
    carrier_silence = "carrier_silence"
    no_movement = "no_movement"
    unmapped_code = "unmapped_code"
    contradiction = "contradiction"
    refusal = "refusal"
    damage = "damage"
    loss = "loss"
    cold_chain = "cold_chain"
    coverage_gap = "coverage_gap"
    cancel_refused = "cancel_refused"
    overdue_return = "overdue_return"


class CaseSubject(msgspec.Struct, frozen=True):
    """What a case is about; the order is known wherever there is one."""

    order: OrderId | None = None
    delivery: DeliveryId | None = None
    route: RouteId | None = None
    carrier: CarrierId | None = None


class CaseRecord(msgspec.Struct, frozen=True):
    """The four-part record: what happened, why, what was done, what will change."""

    happened: str
    why: str
    done: str
    will_change: str


class CaseCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("case")):
    """Addressed to one case."""

    case: CaseId

    def stream(self) -> StreamId:
        """The case's own stream."""
        return StreamId(f"case/{self.case}")


class OpenCase(CaseCommand, frozen=True):
    """Open a case: `owner` is a role until a person claims it; `breach_at` is when the promise breaks."""

    kind: CaseKind
    subject: CaseSubject
    owner: str
    due_at: Instant
    breach_at: Instant | None
    next_step: str
    happened: str
    why: str
    at: Instant


class ClaimCase(CaseCommand, frozen=True):
    """A person takes it."""

    owner: str
    at: Instant


class RunStep(CaseCommand, frozen=True):
    """A step of the playbook was done, with what came of it; `next_step` follows."""

    step: str
    by: str
    note: str
    next_step: str
    due_at: Instant
    at: Instant


class RecordTold(CaseCommand, frozen=True):
    """The shopper knows."""

    by: str
    at: Instant


class EscalateCase(CaseCommand, frozen=True):
    """A timer's: overdue, so it goes up."""

    at: Instant


class SnoozeCase(CaseCommand, frozen=True):
    """Wait until, for a reason."""

    until: Instant
    why: str
    by: str


class CloseCase(CaseCommand, frozen=True):
    """Done, with the four-part record."""

    resolution: str
    record: CaseRecord
    by: str
    at: Instant


class CaseEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("case")):
    """A fact about one case."""

    case: CaseId


class CaseOpened(CaseEvent, frozen=True, tag="case.opened"):
    """It exists, with an owner, a due time and a next step."""

    kind: CaseKind
    subject: CaseSubject
    owner: str
    due_at: Instant
    breach_at: Instant | None
    next_step: str
    happened: str
    why: str
    at: Instant


class CaseClaimed(CaseEvent, frozen=True, tag="case.claimed"):
    """A person owns it."""

    owner: str
    at: Instant


class StepRun(CaseEvent, frozen=True):
    """A step was done."""

    step: str
    by: str
    note: str
    next_step: str
    due_at: Instant
    at: Instant


class ShopperTold(CaseEvent, frozen=True):
    """The shopper was told."""

    by: str
    at: Instant


class CaseEscalated(CaseEvent, frozen=True, tag="case.escalated"):
    """Overdue: it went up to `owner`, due again at `due_at`."""

    level: int
    owner: str
    due_at: Instant
    at: Instant


class CaseSnoozed(CaseEvent, frozen=True, tag="case.snoozed"):
    """Waiting."""

    until: Instant
    why: str
    by: str


class CaseClosed(CaseEvent, frozen=True, tag="case.closed"):
    """Closed, with its record."""

    resolution: str
    record: CaseRecord
    by: str
    at: Instant


AnyCaseEvent = CaseOpened | CaseClaimed | StepRun | ShopperTold | CaseEscalated | CaseSnoozed | CaseClosed
AnyCaseCommand = OpenCase | ClaimCase | RunStep | RecordTold | EscalateCase | SnoozeCase | CloseCase
