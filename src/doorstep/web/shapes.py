"""Shapes that several doors share: windows, money, points and cases as they cross the door."""

from datetime import datetime
from typing import Annotated

import msgspec

from doorstep.lifecycle.case import CaseState
from doorstep.views.order_view import Answers
from doorstep.vocabulary.windows import Window
from doorstep.web.instants import moment, moment_or_none

PPM = 1_000_000

Lat = Annotated[float, msgspec.Meta(ge=-90, le=90, description="Degrees north, WGS 84.")]
Lon = Annotated[float, msgspec.Meta(ge=-180, le=180, description="Degrees east, WGS 84.")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
"""Text that must say something."""


class WindowShape(msgspec.Struct, frozen=True):
    """A window, both ends included."""

    window_start: datetime
    window_end: datetime


class PromiseShape(WindowShape, frozen=True):
    """A promised window, with the probability from 0 to 1 that it is kept."""

    odds: float


class MoneyShape(msgspec.Struct, frozen=True):
    """Whole minor units of an ISO 4217 currency."""

    minor: int
    currency: str


class WhereShape(msgspec.Struct, frozen=True):
    """Where it is."""

    text: str
    status: str
    holder: str | None
    since: datetime | None


class NextShape(msgspec.Struct, frozen=True):
    """What should happen next, and by when.

    The window is that of another attempt, once one is scheduled; `expected_at` is when the live plan has a
    van at the door.
    """

    text: str
    event: str | None
    by: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    expected_at: datetime | None


class FixingShape(msgspec.Struct, frozen=True):
    """Who is fixing it if that does not happen."""

    case: str
    kind: str
    owner: str
    since: datetime
    next_step: str
    due_at: datetime


class AnswersShape(msgspec.Struct, frozen=True):
    """The three answers about an order; `flags` are late, at_risk, unproven, told."""

    order: str
    delivery: str | None
    where: WhereShape
    next: NextShape
    fixing: FixingShape | None
    promise: PromiseShape | None
    flags: tuple[str, ...]


class CaseShape(msgspec.Struct, frozen=True):
    """A case: who owns it, what is next by when, and its four-part record once it is closed."""

    id: str
    state: str
    kind: str
    order: str | None
    delivery: str | None
    route: str | None
    owner: str
    claimed_at: datetime | None
    told_at: datetime | None
    next_step: str
    opened_at: datetime
    due_at: datetime
    breach_at: datetime | None
    level: int
    happened: str
    why: str
    closed_at: datetime | None
    record: dict[str, str] | None


def promise_shape(window: Window | None, odds_ppm: int | None) -> PromiseShape | None:
    """A promise as it crosses the door."""
    if window is None:
        return None
    return PromiseShape(moment(window.start), moment(window.end), (odds_ppm or 0) / PPM)


def answers_shape(answers: Answers) -> AnswersShape:
    """The three answers as they cross the door."""
    where, then, fixing = answers.where, answers.next, answers.fixing
    return AnswersShape(
        order=answers.order,
        delivery=answers.delivery,
        where=WhereShape(
            where.text,
            where.status,
            f"{where.holder.kind}:{where.holder.id}" if where.holder else None,
            moment_or_none(where.since),
        ),
        next=NextShape(
            then.text,
            then.event or None,
            moment_or_none(then.by),
            moment(then.window.start) if then.window else None,
            moment(then.window.end) if then.window else None,
            moment_or_none(then.expected),
        ),
        fixing=FixingShape(
            fixing.case,
            fixing.kind.value,
            fixing.owner,
            moment(fixing.since),
            fixing.next_step,
            moment(fixing.due_at),
        )
        if fixing
        else None,
        promise=promise_shape(answers.window, answers.odds_ppm),
        flags=answers.flags,
    )


def case_shape(state: CaseState) -> CaseShape:
    """A case as it crosses the door."""
    record = state.record
    return CaseShape(
        id=state.id,
        state="open" if state.open else "closed",
        kind=state.kind.value,
        order=state.subject.order,
        delivery=state.subject.delivery,
        route=state.subject.route,
        owner=state.owner,
        claimed_at=moment_or_none(state.claimed_at),
        told_at=moment_or_none(state.told_at),
        next_step=state.next_step,
        opened_at=moment(state.opened_at),
        due_at=moment(state.due_at),
        breach_at=moment_or_none(state.breach_at),
        level=state.level,
        happened=state.happened,
        why=state.why,
        closed_at=moment_or_none(state.closed_at),
        record=msgspec.structs.asdict(record) if record else None,
    )
