"""What an order's page shows: the three answers, and everything that stands behind them, as plain values."""

import msgspec

from doorstep.lifecycle.order import OrderStatus
from doorstep.lifecycle.promise import PromiseStatus
from doorstep.views.routing import RoutingLine
from doorstep.vocabulary.case import CaseKind, CaseRecord
from doorstep.vocabulary.cost import Basis, CostKind
from doorstep.vocabulary.custody import Custodian
from doorstep.vocabulary.delivery import DeliveryStatus, HandoffMethod
from doorstep.vocabulary.event import Because
from doorstep.vocabulary.ids import CaseId, DeliveryId, DriverId, OrderId, ParcelId, PromiseId, RouteId
from doorstep.vocabulary.order import OrderContent
from doorstep.vocabulary.promise import PromiseOutcome
from doorstep.vocabulary.proof import Proof, ProofKind
from doorstep.vocabulary.units import Instant, Metres
from doorstep.vocabulary.windows import Window


class Where(msgspec.Struct, frozen=True):
    """Where the goods are: who holds them since when, in words and as data."""

    text: str
    status: str
    holder: Custodian | None = None
    since: Instant | None = None


class Next(msgspec.Struct, frozen=True):
    """What should happen next, and by when; no event where all is over.

    `window` is when another attempt is due; `expected` is when the live plan has a van at the door for it.
    """

    text: str
    event: str = ""
    by: Instant | None = None
    window: Window | None = None
    expected: Instant | None = None


class Fixing(msgspec.Struct, frozen=True):
    """Who is on it if that does not happen, since when, and what they do next by when."""

    case: CaseId
    kind: CaseKind
    owner: str
    since: Instant
    next_step: str
    due_at: Instant


class Answers(msgspec.Struct, frozen=True):
    """The three answers about an order, at any moment. `flags` are late, at_risk, unproven, told."""

    order: OrderId
    delivery: DeliveryId | None
    where: Where
    next: Next
    fixing: Fixing | None
    window: Window | None
    odds_ppm: int | None
    flags: tuple[str, ...]


class PromiseLine(msgspec.Struct, frozen=True):
    """One window in the order's history of promises."""

    id: PromiseId
    status: PromiseStatus
    window: Window | None
    odds_ppm: int
    held_at: Instant
    confirmed_at: Instant | None
    announced_at: Instant | None
    outcome: PromiseOutcome | None
    reasons: tuple[str, ...] = ()


class AttemptLine(msgspec.Struct, frozen=True):
    """One visit: how it ended, how far from the door, and what it lacks to count as physical."""

    number: int
    route: RouteId | None
    driver: DriverId | None
    arrived_at: Instant | None
    ended_at: Instant | None
    delivered: bool
    reason: str
    method: HandoffMethod | None
    distance_m: Metres | None
    proofs: tuple[Proof, ...]
    lacking: tuple[str, ...]


class CustodyLine(msgspec.Struct, frozen=True):
    """One link of a parcel's chain."""

    parcel: ParcelId
    at: Instant
    giver: Custodian | None
    holder: Custodian
    method: HandoffMethod | None
    link: str


class CaseLine(msgspec.Struct, frozen=True):
    """A case about the order, open or closed."""

    id: CaseId
    kind: CaseKind
    owner: str
    opened_at: Instant
    due_at: Instant
    closed_at: Instant | None
    told_at: Instant | None
    next_step: str
    record: CaseRecord | None


class ContactLine(msgspec.Struct, frozen=True):
    """Someone asked about the order, and who answered."""

    at: Instant
    topic: str
    channel: str
    answered_by: str


class CostLine(msgspec.Struct, frozen=True):
    """What one kind of thing cost for this order, minor units."""

    kind: CostKind
    basis: Basis
    quantity: int
    minor: int
    currency: str


class EventLine(msgspec.Struct, frozen=True):
    """One event with both clocks: theirs (`occurred_at`) and ours (`recorded_at`).

    `code` is the carrier's own, where a carrier told it; `noted` is the event's key, where the carrier said
    more in words of its own, which lie in the vault.
    """

    position: int
    stream: str
    type: str
    text: str
    occurred_at: Instant
    recorded_at: Instant
    source: str
    actor: str
    because: Because | None
    code: str = ""
    noted: str = ""


class OrderStory(msgspec.Struct, frozen=True):
    """All that the log says about one order. Names and addresses lie in the vault under its references."""

    id: OrderId
    status: OrderStatus
    version: int
    content: OrderContent
    placed_at: Instant
    answers: Answers
    delivery: DeliveryId | None
    delivery_status: DeliveryStatus | None
    route: RouteId | None
    driver: DriverId | None
    proofs_required: tuple[ProofKind, ...]
    proofs_missing: tuple[ProofKind, ...]
    declined: tuple[str, ...]
    promises: tuple[PromiseLine, ...]
    attempts: tuple[AttemptLine, ...]
    custody: tuple[CustodyLine, ...]
    cases: tuple[CaseLine, ...]
    contacts: tuple[ContactLine, ...]
    costs: tuple[CostLine, ...]
    routing: tuple[RoutingLine, ...]
    events: tuple[EventLine, ...]
