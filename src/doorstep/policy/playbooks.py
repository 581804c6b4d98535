"""Playbooks: per kind of case the owner, the clock, the steps and the way up."""

import msgspec

from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.event import Because


class Playbook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind's: roles, minutes, and steps in words.

    The owner acts; what the steps leave open is for `decides` to say, and `told` must hear what came of it.
    """

    owner: str
    decides: str
    told: tuple[str, ...]
    due_minutes: int
    steps: tuple[str, ...]
    escalate: tuple[str, ...]
    escalate_minutes: int

    def step_after(self, step: str) -> str:
        """The step that follows `step`, or the last one again."""
        places = {name: index for index, name in enumerate(self.steps)}
        return self.steps[min(places.get(step, -1) + 1, len(self.steps) - 1)]

    def owner_at(self, level: int) -> str:
        """The role that owns a case after `level` escalations; the last role keeps it."""
        return self.owner if level == 0 else self.escalate[min(level, len(self.escalate)) - 1]


class PlaybookPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All playbooks."""

    id: str
    version: int
    kind: dict[CaseKind, Playbook]

    def because(self, kind: CaseKind) -> Because:
        """The reference to one kind's playbook."""
        return Because(self.id, self.version, f"kind.{kind}")
