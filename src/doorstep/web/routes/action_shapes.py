"""Actions as the API says them: what is proposed, what it would do, and what was done."""

from datetime import datetime
from typing import Annotated

import msgspec

from doorstep.engine.action_effect import Effect, Hit, Shift
from doorstep.engine.action_trial import Target
from doorstep.lifecycle.action import ActionState
from doorstep.views.board import Board
from doorstep.vocabulary.action import ActionKind, Proposal
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.web.instants import Moment, instant_or_none, moment, moment_or_none
from doorstep.web.shapes import Id

Said = Annotated[str, msgspec.Meta(max_length=280)]
"""Words that are read at a glance."""


class ActionBody(msgspec.Struct, frozen=True):
    """What a person would change; each kind says what it needs.

    `move` needs `delivery`, and may name a `route` and the delivery `before` which it shall stand; `front`
    needs `delivery`; `hold` and `cancel` need `delivery` and `reason`; `pin` and `unpin` need a `delivery` or
    a `route`; `message` needs one of them and, as `reason`, what the driver shall read.
    """

    kind: ActionKind
    delivery: Id | None = None
    route: Id | None = None
    before: Id | None = None
    reason: Said = ""
    until: Moment | None = None

    def proposal(self) -> Proposal:
        """The same in the engine's words."""
        return Proposal(
            self.kind,
            None if self.delivery is None else DeliveryId(self.delivery),
            None if self.route is None else RouteId(self.route),
            None if self.before is None else DeliveryId(self.before),
            self.reason,
            instant_or_none(self.until),
        )


class TargetsQuery(msgspec.Struct, frozen=True):
    """Which delivery shall move."""

    delivery: Id


class TargetShape(msgspec.Struct, frozen=True):
    """A route that could take it: the driving seconds that this adds, or the rule that keeps it from it."""

    route: str
    vehicle: str
    driver: str
    state: str
    added_s: int | None
    refused: str | None
    is_current: bool


class TargetList(msgspec.Struct, frozen=True):
    """The routes of its day, the least driving first; those that cannot keep its promise last."""

    delivery: str
    targets: tuple[TargetShape, ...]


class PromiseChange(msgspec.Struct, frozen=True):
    """A promise whose door is reached at another time; no time where no van comes."""

    delivery: str
    order: str
    label: str
    window_start: datetime
    window_end: datetime
    old_at: datetime | None
    new_at: datetime | None
    was_kept: bool
    is_kept: bool


class RuleHit(msgspec.Struct, frozen=True):
    """A rule that it hits, at which delivery or route, by seconds, grams or millilitres.

    One that is `blocking` cannot be overridden.
    """

    rule: str
    route: str
    delivery: str | None
    label: str
    by: int
    blocking: bool


class EffectShape(msgspec.Struct, frozen=True):
    """What a proposal would do as of `position` of the log.

    `plan_hash` is over the live plan that it starts from. The answer's `ETag` stands for what matters of it:
    the places before and after, and the promises that it breaks; name it in `If-Match` to carry it out.
    """

    kind: str
    delivery: str | None
    route: str | None
    routes: tuple[str, ...]
    added_s: int
    added_m: int
    promises: tuple[PromiseChange, ...]
    broken: tuple[str, ...]
    mended: tuple[str, ...]
    rules: tuple[RuleHit, ...]
    is_possible: bool
    plan_hash: str
    position: int


class ActionShape(msgspec.Struct, frozen=True):
    """An action that was carried out, and until when it can be taken back; never where that is empty."""

    id: str
    kind: str
    delivery: str | None
    route: str | None
    reason: str
    cases: tuple[str, ...]
    taken_at: datetime
    undo_until: datetime | None
    undone_at: datetime | None


def target_shape(target: Target, vehicle: str, driver: str, state: str) -> TargetShape:
    """A target with the names of its route."""
    return TargetShape(
        target.route, vehicle, driver, state, target.added_s, target.refused, target.is_current
    )


def effect_shape(effect: Effect, board: Board) -> EffectShape:
    """An effect, with the numbers by which merchants know their orders."""
    proposal = effect.proposal
    return EffectShape(
        kind=proposal.kind.value,
        delivery=proposal.delivery,
        route=proposal.route,
        routes=effect.routes,
        added_s=effect.added_s,
        added_m=effect.added_m,
        promises=tuple(_change(shift, board) for shift in effect.shifts),
        broken=tuple(shift.delivery for shift in effect.broken),
        mended=tuple(shift.delivery for shift in effect.mended),
        rules=tuple(_hit(hit, effect, board) for hit in effect.hits),
        is_possible=effect.blocked is None,
        plan_hash=effect.plan_hash,
        position=effect.position,
    )


def action_shape(state: ActionState) -> ActionShape:
    """An action."""
    proposal = state.proposal
    return ActionShape(
        id=state.id,
        kind=proposal.kind.value,
        delivery=proposal.delivery,
        route=proposal.route,
        reason=proposal.reason,
        cases=state.cases,
        taken_at=moment(state.taken_at),
        undo_until=moment_or_none(state.undo_until),
        undone_at=moment_or_none(state.undone_at),
    )


def _change(shift: Shift, board: Board) -> PromiseChange:
    return PromiseChange(
        delivery=shift.delivery,
        order=shift.order,
        label=board.label(shift.order),
        window_start=moment(shift.window.start),
        window_end=moment(shift.window.end),
        old_at=moment_or_none(shift.old),
        new_at=moment_or_none(shift.new),
        was_kept=shift.was_kept,
        is_kept=shift.is_kept,
    )


def _hit(hit: Hit, effect: Effect, board: Board) -> RuleHit:
    order = next((shift.order for shift in effect.shifts if shift.delivery == hit.delivery), None)
    return RuleHit(hit.rule, hit.route, hit.delivery, board.label(order), hit.by, hit.blocking)
