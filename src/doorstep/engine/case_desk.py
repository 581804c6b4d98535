"""Cases and incidents: claimed, worked step by step, told, snoozed, closed with a record."""

from doorstep.engine.desk import Desk, Origin
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.incident import IncidentState
from doorstep.vocabulary.case import (
    CaseRecord,
    ClaimCase,
    CloseCase,
    RecordTold,
    RunStep,
    SnoozeCase,
)
from doorstep.vocabulary.contact import ContactTopic, RecordContact
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CaseId, IncidentId, OrderId
from doorstep.vocabulary.incident import ClaimIncident
from doorstep.vocabulary.units import Instant, after


class CaseDesk:
    """What people do with cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def state(self, case: CaseId) -> CaseState | None:
        """A case, if there is one."""
        state: CaseState | None = self._desk.state("case", case)
        return state

    def claim(self, case: CaseId, owner: str, origin: Origin) -> Refusal | None:
        """A person takes it."""
        return self._desk.together([ClaimCase(case, owner, origin.at)], origin)

    def run_step(self, state: CaseState, step: str, by: str, note: str, origin: Origin) -> Refusal | None:
        """A step was done: the next one of the playbook is due by the playbook's clock."""
        playbook = self._desk.book.playbooks.kind[state.kind]
        due_at = after(origin.at, playbook.due_minutes * 60)
        command = RunStep(state.id, step, by, note, playbook.step_after(step), due_at, origin.at)
        return self._desk.together([command], origin)

    def told(self, case: CaseId, by: str, origin: Origin) -> Refusal | None:
        """The shopper knows."""
        return self._desk.together([RecordTold(case, by, origin.at)], origin)

    def snooze(self, case: CaseId, until: Instant, why: str, by: str, origin: Origin) -> Refusal | None:
        """Wait, for a reason."""
        if until <= origin.at:
            return Refusal("until_past", "a case waits for a time to come", ("until",))
        return self._desk.together([SnoozeCase(case, until, why, by)], origin)

    def close(
        self, case: CaseId, resolution: str, record: CaseRecord, by: str, origin: Origin
    ) -> Refusal | None:
        """Done, with the four-part record."""
        empty = [name for name in record.__struct_fields__ if not str(getattr(record, name)).strip()]
        if empty:
            return Refusal("record_incomplete", "the record has four parts", tuple(empty))
        return self._desk.together([CloseCase(case, resolution, record, by, origin.at)], origin)

    def incident(self, incident: IncidentId) -> IncidentState | None:
        """An incident that is open or was once."""
        state: IncidentState | None = self._desk.state("incident", incident)
        return state if state is not None and state.opened_at is not None else None

    def incidents(self) -> tuple[IncidentState, ...]:
        """Every incident, open and closed, by when it was opened last."""
        every: tuple[IncidentState, ...] = tuple(self._desk.market.all_of("incident").values())
        found = [state for state in every if state.opened_at is not None]
        return tuple(sorted(found, key=lambda state: (state.opened_at or 0, state.id)))

    def claim_incident(self, incident: IncidentId, owner: str, origin: Origin) -> Refusal | None:
        """A person takes it."""
        return self._desk.together([ClaimIncident(incident, owner, origin.at)], origin)

    def contact(
        self, order: OrderId, topic: ContactTopic, channel: str, answered_by: str, origin: Origin
    ) -> Refusal | None:
        """The shopper asked; who or what answered."""
        key = self._desk.mint("con")
        command = RecordContact(order, key, topic, channel, answered_by, origin.at)
        return self._desk.together([command], origin)
