"""Actions: what dispatchers change on the day's routes: tried, done in one commit, taken back for minutes."""

from typing import Final, NamedTuple

import msgspec

from doorstep.engine.action_commands import ActionCommands
from doorstep.engine.action_effect import ActionEffects, Effect
from doorstep.engine.action_trial import ActionTrials, Target, Trial
from doorstep.engine.action_undo import ActionUndo
from doorstep.engine.desk import Desk, Origin
from doorstep.engine.log import read_record
from doorstep.engine.planner import Planner
from doorstep.lifecycle.action import ActionState, undoable
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.route import LIVE
from doorstep.vocabulary.action import ActionKind, Proposal, Sequence, TakeAction
from doorstep.vocabulary.delivery import CancelDelivery, HoldDelivery
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import ActionId, DeliveryId, RouteId
from doorstep.vocabulary.order import CancelOrder
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.route import (
    MessageDriver,
    PinRoute,
    RouteDeparted,
    RouteEvent,
    RouteOpened,
    RoutePlanned,
    RouteStaged,
    RouteWithdrawn,
    StopCompleted,
    StopInserted,
    StopRemoved,
    UnpinRoute,
)
from doorstep.vocabulary.units import Instant, after

TARGETS_MAX: Final = 40
"""Routes that one list of targets names."""
LOOKED_BACK_MAX: Final = 2_000
"""Events that are looked through for who changed a plan."""
TOLD_MAX: Final = 20
"""Changes that one refusal names."""
MESSAGE_CHARS_MAX: Final = 280
"""Characters of a message to a driver: read at a glance, in a van."""
DAY_S: Final = 86_400

_ON_ROUTE: Final = frozenset({ActionKind.pin, ActionKind.unpin, ActionKind.message})
_WITH_REASON: Final = frozenset({ActionKind.hold, ActionKind.cancel, ActionKind.message})
_MATTERS: Final = (
    RouteOpened,
    RoutePlanned,
    StopInserted,
    StopRemoved,
    RouteStaged,
    RouteDeparted,
    StopCompleted,
    RouteWithdrawn,
)
"""Events after which a place in a sequence may be another one."""


class Changed(NamedTuple):
    """Who changed a route, when, and how."""

    route: RouteId
    by: str
    at: Instant
    what: str


class Moved(NamedTuple):
    """The plan is another one than the preview's: what would happen now, and who changed what since."""

    effect: Effect
    changes: tuple[Changed, ...]


class ActionDesk:
    """Dispatchers' own hands on the plan."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk = desk
        self._planner = planner
        self._trials = ActionTrials(desk, planner)
        self._effects = ActionEffects(desk, planner)
        self._tell = ActionCommands(desk, planner, self._effects)
        self._undo = ActionUndo(desk, planner, self._trials, self._effects, self._tell)

    def state(self, action: ActionId) -> ActionState | None:
        """An action; None where it was never taken."""
        found: ActionState | None = self._desk.state("action", action)
        return found

    # Before -----------------------------------------------------------------------------------------

    def targets(self, delivery: DeliveryId) -> tuple[Target, ...] | Refusal:
        """The routes that could take a delivery, by the driving that each adds."""
        with self._planner.lock:
            self._planner.catch_up(self._desk.now())
            return self._trials.targets(delivery, TARGETS_MAX)

    def preview(self, proposal: Proposal) -> Effect | Refusal:
        """What a proposal would do; nothing changes."""
        with self._planner.lock:
            tried = self._try(proposal)
            return tried if isinstance(tried, Refusal) else tried[0]

    def changes_since(self, position: int, routes: tuple[RouteId, ...]) -> tuple[Changed, ...]:
        """Who changed these routes' plans after a position of the log, the latest last."""
        market = self._desk.market
        start = max(position, market.head.size - LOOKED_BACK_MAX)
        records = (read_record(event.text) for event in market.store.events(market.id, start))
        found = [
            Changed(record.data.route, record.actor, record.recorded_at, _what(record.data))
            for record in records
            if isinstance(record.data, _MATTERS) and record.data.route in routes
        ]
        return tuple(found[-TOLD_MAX:])

    # Doing ------------------------------------------------------------------------------------------

    def take(
        self, proposal: Proposal, version: str | None, position: int, origin: Origin
    ) -> ActionId | Moved | Refusal:
        """Carry a proposal out in one commit, if it still does what `version` says; None does not ask."""
        with self._planner.lock:
            tried = self._try(proposal)
            if isinstance(tried, Refusal):
                return tried
            effect, trial = tried
            if version is not None and version != effect.version:
                return Moved(effect, self.changes_since(position, effect.routes))
            if effect.blocked is not None:
                return Refusal(effect.blocked.rule, "no van can do that, whoever decides it", ("route",))
            action = ActionId(self._desk.mint("act"))
            cases = self._tell.cases(effect, effect.proposal, origin)
            before = tuple(Sequence(route, self._planner.routes[route].stops) for route in effect.routes)
            take = TakeAction(
                action, effect.proposal, before if trial else (), tuple(one.case for one in cases), origin.at
            )
            commands: list[AnyCommand] = [
                take,
                *self._commands(action, effect.proposal, trial, origin),
                *cases,
            ]
            return self._desk.together(commands, origin) or action

    def undo(self, action: ActionId, origin: Origin) -> Refusal | None:
        """Take an action back in one commit: exactly, or as far as it is still feasible."""
        with self._planner.lock:
            state = self.state(action)
            refusal = undoable(state, origin.at)
            if state is None or refusal is not None:
                return refusal
            self._planner.catch_up(origin.at)
            undo = self._undo.of(state, origin)
            return undo if isinstance(undo, Refusal) else self._desk.together(undo, origin)

    # Inside -----------------------------------------------------------------------------------------

    def _try(self, proposal: Proposal) -> tuple[Effect, Trial | None] | Refusal:
        self._planner.catch_up(self._desk.now())
        refusal = _lacks(proposal)
        if refusal is not None:
            return refusal
        if proposal.kind in _ON_ROUTE:
            return self._try_on_route(proposal)
        trial = self._trials.of(proposal)
        if isinstance(trial, Refusal):
            return trial
        if proposal.kind is ActionKind.move and proposal.delivery is not None:
            # What was asked without a route is recorded with the one that was found.
            found = trial.after.route_of(proposal.delivery)
            effect = self._effects.of(proposal, trial)
            return _named(effect, None if found is None else RouteId(found)), trial
        return self._effects.of(proposal, trial), trial

    def _try_on_route(self, proposal: Proposal) -> tuple[Effect, None] | Refusal:
        """What is only said about a route must find it, with the stop that it is about."""
        route, delivery = proposal.route, proposal.delivery
        if route is None and delivery is not None:
            found = self._planner.plan.route_of(delivery)
            route = None if found is None else RouteId(found)
        state = None if route is None else self._planner.routes.get(route)
        if route is None or state is None or state.status not in LIVE:
            return Refusal("route_unknown", "there is no such live route")
        if delivery is not None and delivery not in state.deliveries:
            return Refusal("stop_unknown", f"{delivery} is not ahead on this route")
        return self._effects.of(_on(proposal, route), None), None

    def _commands(
        self, action: ActionId, proposal: Proposal, trial: Trial | None, origin: Origin
    ) -> list[AnyCommand]:
        """What carries a proposal out, once nothing speaks against it."""
        delivery, route, reason = proposal.delivery, proposal.route, proposal.reason
        match proposal.kind:
            case ActionKind.move | ActionKind.front:
                assert trial is not None, "a move is tried"
                return self._tell.plan(trial, f"{proposal.kind}: {reason}" if reason else proposal.kind.value)
            case ActionKind.hold:
                assert delivery is not None, "a hold names its delivery"
                until = proposal.until or after(origin.at, self._desk.book.attempts.hold_days * DAY_S)
                hold = HoldDelivery(delivery, f"hold/{action}", origin.at, reason, until)
                return [hold, *self._tell.off(delivery, reason)]
            case ActionKind.cancel:
                assert delivery is not None, "a cancellation names its delivery"
                state: DeliveryState = self._desk.state("delivery", delivery)
                assert state.created is not None, "what is planned was created"
                return [
                    CancelOrder(state.created.order, origin.actor, reason),
                    CancelDelivery(delivery, f"cancel/{action}", origin.at, reason),
                    *self._tell.off(delivery, reason),
                ]
            case ActionKind.pin:
                assert route is not None, "a pin names its route"
                return [PinRoute(route, delivery, reason)]
            case ActionKind.unpin:
                assert route is not None, "a pin names its route"
                return [UnpinRoute(route, delivery)]
            case ActionKind.message:
                assert route is not None, "a message names its route"
                return [MessageDriver(route, action, reason, delivery, origin.at)]


def _lacks(proposal: Proposal) -> Refusal | None:
    """What a proposal of its kind must say and does not."""
    kind = proposal.kind
    if proposal.delivery is None and kind not in _ON_ROUTE:
        return Refusal("delivery_missing", f"a {kind} names a delivery", ("delivery",))
    if kind in _WITH_REASON and not proposal.reason.strip():
        return Refusal("reason_missing", f"a {kind} says why", ("reason",))
    if kind is ActionKind.message and len(proposal.reason) > MESSAGE_CHARS_MAX:
        return Refusal(
            "message_too_long", f"a message has {MESSAGE_CHARS_MAX} characters at most", ("reason",)
        )
    return None


def _on(proposal: Proposal, route: RouteId) -> Proposal:
    return Proposal(proposal.kind, proposal.delivery, route, None, proposal.reason, None)


def _named(effect: Effect, route: RouteId | None) -> Effect:
    return msgspec.structs.replace(effect, proposal=msgspec.structs.replace(effect.proposal, route=route))


def _what(event: RouteEvent) -> str:
    return event.why if isinstance(event, RoutePlanned | StopRemoved) else type(event).__name__
