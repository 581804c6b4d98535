"""How a case is opened, by its kind's playbook under an id of its cause, and how a fact closes it."""

from typing import Final

from doorstep.lifecycle.case import CaseState
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.case import CaseKind, CaseRecord, CaseSubject, CloseCase, OpenCase
from doorstep.vocabulary.ids import CaseId, derive
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant, after

BY_FACT: Final = "doorstep"
"""Who closes a case that a fact has settled."""


def case_id(kind: CaseKind, *about: str) -> CaseId:
    """The id of the case of this kind about this subject and cause: one cause opens one case."""
    return CaseId(derive("cas", kind, *about))


def open_case(
    book: PolicyBook,
    kind: CaseKind,
    about: tuple[str, ...],
    *,
    subject: CaseSubject,
    at: Instant,
    breach_at: Instant | None,
    happened: str,
    why: str,
) -> Reasoned:
    """The command that opens it, with owner, due time and first step from the playbook."""
    playbook = book.playbooks.kind[kind]
    command = OpenCase(
        case=case_id(kind, *about),
        kind=kind,
        subject=subject,
        owner=playbook.owner,
        due_at=after(at, playbook.due_minutes * 60),
        breach_at=breach_at,
        next_step=playbook.steps[0],
        happened=happened,
        why=why,
        at=at,
    )
    return Reasoned(command, book.playbooks.because(kind))


def settled_by_fact(
    state: CaseState | None, resolution: str, done: str, at: Instant
) -> tuple[CloseCase, ...]:
    """The command that closes an open case because of what happened; none where there is no open case."""
    if state is None or not state.open:
        return ()
    record = CaseRecord(state.happened, state.why, done, "nothing yet: one case is no pattern")
    return (CloseCase(state.id, resolution, record, BY_FACT, at),)
