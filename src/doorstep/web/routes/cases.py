"""Cases: found, claimed, worked step by step, told about, put off for a reason, closed with a record."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from doorstep.engine.intake.place import check_place
from doorstep.lifecycle.case import CaseState
from doorstep.vocabulary.case import CaseKind, CaseRecord
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.places import Point
from doorstep.web.door import OPERATOR, Call, Door
from doorstep.web.instants import Moment, instant, moment
from doorstep.web.problems import FieldProblem, ProblemError, invalid, not_found
from doorstep.web.refusals import refused
from doorstep.web.reply import Reply, reply
from doorstep.web.shapes import CaseShape, Lat, Lon, Name, Text, Words, case_shape


class CaseStateWord(StrEnum):
    """Which cases."""

    open = "open"
    closed = "closed"


class CaseQuery(msgspec.Struct, frozen=True):
    """Which cases; open and closed ones where nothing is said."""

    state: CaseStateWord | None = None
    kind: CaseKind | None = None


class CaseList(msgspec.Struct, frozen=True):
    """Cases, the most urgent first."""

    cases: tuple[CaseShape, ...]


class StepShape(msgspec.Struct, frozen=True):
    """A step that was run."""

    step: str
    by: str
    note: str
    at: datetime


class CaseDetail(CaseShape, frozen=True):
    """A case with its playbook and the steps that were run.

    Its owner acts, `decides` has the last word, and `told` must hear what came of it.
    """

    playbook: tuple[str, ...]
    decides: str
    told: tuple[str, ...]
    steps_run: tuple[StepShape, ...]


class ClaimBody(msgspec.Struct, frozen=True):
    """Who takes it."""

    owner: Name


class StepBody(msgspec.Struct, frozen=True):
    """The step that was done, by whom, and what came of it."""

    step: Words
    by: Name
    note: Text = ""


class ToldBody(msgspec.Struct, frozen=True):
    """Who told the shopper."""

    by: Name


class SnoozeBody(msgspec.Struct, frozen=True):
    """Until when it waits, and why."""

    until: Moment
    why: Words
    by: Name | None = None


class CloseBody(msgspec.Struct, frozen=True):
    """The end, with the four-part record."""

    resolution: Words
    happened: Words
    why: Words
    done: Words
    will_change: Words
    by: Name


class AddressBody(msgspec.Struct, frozen=True):
    """Where the order's address is, after all."""

    lat: Lat
    lon: Lon
    address: Text = ""


def list_cases(call: Call) -> Reply:
    """List cases, the most urgent first."""
    query = call.ask(CaseQuery)
    found = [
        state
        for state in call.seen(call.screens.cases.states)
        if query.kind in (None, state.kind) and query.state in (None, _word(state))
    ]
    found.sort(key=lambda state: (not state.open, state.due_at, state.id))
    return reply(CaseList(tuple(map(case_shape, found))))


def read_case(call: Call) -> Reply:
    """Read a case with its playbook and what was done."""
    state = find_case(call)
    story = call.seen(lambda: call.screens.cases.story(state.id))
    steps = story.steps_run if story else ()
    playbook = call.app.book.playbooks.kind[state.kind]
    return reply(
        CaseDetail(
            **msgspec.structs.asdict(case_shape(state)),
            playbook=playbook.steps,
            decides=playbook.decides,
            told=playbook.told,
            steps_run=tuple(StepShape(run.step, run.by, run.note, moment(run.at)) for run in steps),
        )
    )


def claim_case(call: Call) -> Reply:
    """Take a case."""
    state, body = find_case(call), call.read(ClaimBody)
    return _now(call, call.app.cases.claim(state.id, body.owner, call.origin()))


def run_step(call: Call) -> Reply:
    """Record a step of the playbook; the next one is due by the playbook's clock."""
    state, body = find_case(call), call.read(StepBody)
    return _now(call, call.app.cases.run_step(state, body.step, body.by, body.note, call.origin()))


def tell_shopper(call: Call) -> Reply:
    """Record that the shopper was told."""
    state, body = find_case(call), call.read(ToldBody)
    return _now(call, call.app.cases.told(state.id, body.by, call.origin()))


def snooze_case(call: Call) -> Reply:
    """Let a case wait, for a reason."""
    state, body = find_case(call), call.read(SnoozeBody)
    by = body.by or call.caller.name
    return _now(call, call.app.cases.snooze(state.id, instant(body.until), body.why, by, call.origin()))


def close_case(call: Call) -> Reply:
    """Close a case with its four-part record: what happened, why, what was done, what will change."""
    state, body = find_case(call), call.read(CloseBody)
    record = CaseRecord(body.happened, body.why, body.done, body.will_change)
    return _now(call, call.app.cases.close(state.id, body.resolution, record, body.by, call.origin()))


def resolve_address(call: Call) -> Reply:
    """Say where an order's address is; the order is quoted and promised, or declined, in the same commit."""
    state, body = find_case(call), call.read(AddressBody)
    order = call.app.orders.state(state.subject.order) if state.subject.order else None
    if state.kind is not CaseKind.bad_address or order is None:
        raise ProblemError(409, "no_address_case", "This case is not about an order's address.")
    point = Point(body.lat, body.lon)
    faults = check_place(point, call.app.orders.rules())
    if faults:
        raise invalid([FieldProblem(fault.field, str(fault.code), fault.detail) for fault in faults])
    return _now(call, call.app.orders.resolve_address(order, point, call.origin()))


def find_case(call: Call) -> CaseState:
    """The case of the path."""
    state = call.app.cases.state(CaseId(call.path["case"]))
    if state is None:
        raise not_found("case")
    return state


def _word(state: CaseState) -> CaseStateWord:
    return CaseStateWord.open if state.open else CaseStateWord.closed


def _now(call: Call, refusal: Refusal | None) -> Reply:
    if refusal is not None:
        raise refused(refusal)
    return reply(case_shape(find_case(call)))


def _retell(call: Call, _: str) -> Reply:
    return _now(call, None)


_CASE: Final = {200: CaseShape}

DOORS: Final = (
    Door("GET", "/v1/cases", list_cases, OPERATOR, {200: CaseList}, asks=CaseQuery),
    Door("GET", "/v1/cases/{case}", read_case, OPERATOR, {200: CaseDetail}),
    Door("POST", "/v1/cases/{case}/claim", claim_case, OPERATOR, _CASE, reads=ClaimBody, retell=_retell),
    Door("POST", "/v1/cases/{case}/steps", run_step, OPERATOR, _CASE, reads=StepBody, retell=_retell),
    Door("POST", "/v1/cases/{case}/told", tell_shopper, OPERATOR, _CASE, reads=ToldBody, retell=_retell),
    Door("POST", "/v1/cases/{case}/snooze", snooze_case, OPERATOR, _CASE, reads=SnoozeBody, retell=_retell),
    Door("POST", "/v1/cases/{case}/close", close_case, OPERATOR, _CASE, reads=CloseBody, retell=_retell),
    Door(
        "POST",
        "/v1/cases/{case}/address",
        resolve_address,
        OPERATOR,
        _CASE,
        reads=AddressBody,
        retell=_retell,
    ),
)
