"""Incidents: root causes with many cases, found and claimed."""

from datetime import datetime
from typing import Final

import msgspec

from doorstep.lifecycle.incident import IncidentState
from doorstep.vocabulary.ids import CaseId, IncidentId
from doorstep.web.door import OPERATOR, Call, Door
from doorstep.web.instants import moment, moment_or_none
from doorstep.web.problems import not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.routes.cases import CaseStateWord, ClaimBody
from doorstep.web.shapes import CaseShape, case_shape


class IncidentQuery(msgspec.Struct, frozen=True):
    """Which incidents; open and closed ones where nothing is said."""

    state: CaseStateWord | None = None


class IncidentShape(msgspec.Struct, frozen=True):
    """A root cause: `about` is the carrier's or the route's id, `orders` all that it touched this time.

    `cases_open` are those that keep it open, `times` how often the same cause was an incident so far.
    """

    id: str
    state: str
    cause: str
    about: str
    owner: str
    next_step: str
    due_at: datetime
    opened_at: datetime
    claimed_at: datetime | None
    closed_at: datetime | None
    level: int
    orders: int
    cases_open: int
    times: int


class IncidentList(msgspec.Struct, frozen=True):
    """Incidents, the most urgent first."""

    incidents: tuple[IncidentShape, ...]


class IncidentDetail(IncidentShape, frozen=True):
    """An incident with its playbook and its open cases, the most urgent first."""

    playbook: tuple[str, ...]
    cases: tuple[CaseShape, ...]


def list_incidents(call: Call) -> Reply:
    """List incidents, the most urgent first."""
    query = call.ask(IncidentQuery)
    found = [state for state in call.app.cases.incidents() if query.state in (None, _word(state))]
    found.sort(key=lambda state: (not state.open, state.due_at, state.id))
    return reply(IncidentList(tuple(map(incident_shape, found))))


def read_incident(call: Call) -> Reply:
    """Read an incident with its cases."""
    state = find_incident(call)
    cases = [found for case in state.cases if (found := call.app.cases.state(CaseId(case))) is not None]
    cases.sort(key=lambda case: (case.due_at, case.id))
    return reply(
        IncidentDetail(
            **msgspec.structs.asdict(incident_shape(state)),
            playbook=call.app.book.incidents.cause[state.cause].steps,
            cases=tuple(map(case_shape, cases)),
        )
    )


def claim_incident(call: Call) -> Reply:
    """Take an incident; its cases keep their owners."""
    state, body = find_incident(call), call.read(ClaimBody)
    refusal = call.app.cases.claim_incident(state.id, body.owner, call.origin())
    if refusal is not None:
        raise refused(refusal)
    return _retell(call, "")


def find_incident(call: Call) -> IncidentState:
    """The incident of the path."""
    state = call.app.cases.incident(IncidentId(call.path["incident"]))
    if state is None:
        raise not_found("incident")
    return state


def incident_shape(state: IncidentState) -> IncidentShape:
    """An incident as it crosses the door."""
    assert state.opened_at is not None, "a cause with too few cases is no incident"
    return IncidentShape(
        id=state.id,
        state=_word(state).value,
        cause=state.cause.value,
        about=state.about,
        owner=state.owner,
        next_step=state.next_step,
        due_at=moment(state.due_at),
        opened_at=moment(state.opened_at),
        claimed_at=moment_or_none(state.claimed_at),
        closed_at=moment_or_none(state.closed_at),
        level=state.level,
        orders=len(state.orders),
        cases_open=len(state.cases),
        times=state.times,
    )


def _word(state: IncidentState) -> CaseStateWord:
    return CaseStateWord.open if state.open else CaseStateWord.closed


def _retell(call: Call, _: str) -> Reply:
    return reply(incident_shape(find_incident(call)))


DOORS: Final = (
    Door("GET", "/v1/incidents", list_incidents, OPERATOR, {200: IncidentList}, asks=IncidentQuery),
    Door("GET", "/v1/incidents/{incident}", read_incident, OPERATOR, {200: IncidentDetail}),
    Door(
        "POST",
        "/v1/incidents/{incident}/claim",
        claim_incident,
        OPERATOR,
        {200: IncidentShape},
        reads=ClaimBody,
        retell=_retell,
    ),
)
