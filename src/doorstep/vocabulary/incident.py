"""Incidents: one root cause with many cases, under one owner and one clock."""

from enum import StrEnum

import msgspec

from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import CaseId, IncidentId, OrderId
from doorstep.vocabulary.units import Instant


class Cause(StrEnum):
    """What many cases may have in common: one carrier, or one route."""

    carrier = "carrier"
    route = "route"


class IncidentCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("incident")):
    """Addressed to one cause's incident."""

    incident: IncidentId

    def stream(self) -> StreamId:
        """The cause's own stream."""
        return StreamId(f"incident/{self.incident}")


class GatherCase(IncidentCommand, frozen=True):
    """A case with this cause was opened: `about` is the carrier's or the route's id."""

    cause: Cause
    about: str
    case: CaseId
    kind: CaseKind
    order: OrderId | None
    at: Instant


class ReleaseCase(IncidentCommand, frozen=True):
    """One of its cases was closed."""

    case: CaseId
    at: Instant


class ClaimIncident(IncidentCommand, frozen=True):
    """A person takes it."""

    owner: str
    at: Instant


class EscalateIncident(IncidentCommand, frozen=True):
    """A timer's: overdue, so it goes up."""

    at: Instant


class IncidentEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("incident")):
    """A fact about one cause's incident."""

    incident: IncidentId


class CaseGathered(IncidentEvent, frozen=True):
    """An open case has this cause; so few of them are no incident yet."""

    cause: Cause
    about: str
    case: CaseId
    kind: CaseKind
    order: OrderId | None
    at: Instant


class CaseReleased(IncidentEvent, frozen=True):
    """One of its cases is closed."""

    case: CaseId
    at: Instant


class IncidentOpened(IncidentEvent, frozen=True, tag="incident.opened"):
    """So many cases have this cause that it is an incident, with an owner, a due time and a next step."""

    owner: str
    due_at: Instant
    next_step: str
    at: Instant


class IncidentClaimed(IncidentEvent, frozen=True, tag="incident.claimed"):
    """A person owns it."""

    owner: str
    at: Instant


class IncidentEscalated(IncidentEvent, frozen=True, tag="incident.escalated"):
    """Overdue: it went up to `owner`, due again at `due_at`."""

    level: int
    owner: str
    due_at: Instant
    at: Instant


class IncidentClosed(IncidentEvent, frozen=True, tag="incident.closed"):
    """The last of its cases is closed."""

    at: Instant


AnyIncidentEvent = (
    CaseGathered | CaseReleased | IncidentOpened | IncidentClaimed | IncidentEscalated | IncidentClosed
)
AnyIncidentCommand = GatherCase | ReleaseCase | ClaimIncident | EscalateIncident
