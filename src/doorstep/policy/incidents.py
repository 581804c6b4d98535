"""Incidents: which cases gather under one cause, from how many on, and who owns what they make."""

import msgspec

from doorstep.policy.playbooks import Playbook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.event import Because
from doorstep.vocabulary.incident import Cause


class IncidentRule(Playbook, frozen=True, forbid_unknown_fields=True):
    """One cause's: the kinds of cases that it may be behind, how many make an incident, and its playbook."""

    kinds: tuple[CaseKind, ...]
    cases_min: int


class IncidentPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All causes."""

    id: str
    version: int
    cause: dict[Cause, IncidentRule]

    def behind(self, kind: CaseKind, subject: CaseSubject) -> tuple[Cause, str] | None:
        """The first cause that may be behind such a case, and what it is about; None where there is none."""
        for cause, rule in self.cause.items():
            about = cause_in(subject, cause)
            if about is not None and kind in rule.kinds:
                return cause, about
        return None

    def because(self, cause: Cause) -> Because:
        """The reference to one cause's rule."""
        return Because(self.id, self.version, f"cause.{cause}")


def cause_in(subject: CaseSubject, cause: Cause) -> str | None:
    """The carrier or the route that a case is about."""
    match cause:
        case Cause.carrier:
            return subject.carrier
        case Cause.route:
            return subject.route
