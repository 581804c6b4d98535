"""Action undo: what puts everything back as it stood, or as near to it as the plan of now allows."""

from doorstep.engine.action_commands import ActionCommands
from doorstep.engine.action_effect import ActionEffects
from doorstep.engine.action_trial import ActionTrials, Sequences, Trial
from doorstep.engine.desk import Desk, Origin
from doorstep.engine.planner import Planner
from doorstep.lifecycle.action import ActionState
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.route import LIVE, RouteState, RouteStatus
from doorstep.vocabulary.action import ActionKind, Proposal, Sequence, UndoAction
from doorstep.vocabulary.case import CaseRecord, CloseCase
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import CaseId, DeliveryId, RouteId
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.route import PinRoute, Stop, UnpinRoute, WithdrawMessage


class ActionUndo:
    """Finds what takes an action back; its caller holds the planner's lock."""

    def __init__(
        self,
        desk: Desk,
        planner: Planner,
        trials: ActionTrials,
        effects: ActionEffects,
        commands: ActionCommands,
    ) -> None:
        self._desk = desk
        self._planner = planner
        self._trials = trials
        self._effects = effects
        self._commands = commands

    def of(self, state: ActionState, origin: Origin) -> list[AnyCommand] | Refusal:
        """What takes an action back, or why nobody can any more."""
        match state.proposal.kind:
            case ActionKind.move | ActionKind.front | ActionKind.hold:
                return self._put_back(state, origin)
            case _:
                return self._unsay(state, origin)

    def _unsay(self, state: ActionState, origin: Origin) -> list[AnyCommand] | Refusal:
        """What takes back an action that left the plan alone."""
        proposal, route = state.proposal, state.proposal.route
        assert route is not None, "what is said about a route names it"
        undo = UndoAction(state.id, exactly=True, at=origin.at)
        match proposal.kind:
            case ActionKind.pin:
                return [undo, UnpinRoute(route, proposal.delivery)]
            case ActionKind.unpin:
                return [undo, PinRoute(route, proposal.delivery, proposal.reason)]
            case ActionKind.message:
                return [undo, WithdrawMessage(route, state.id)]
            case _:
                return Refusal("undo_never", f"a {proposal.kind} cannot be taken back")

    def _put_back(self, state: ActionState, origin: Origin) -> list[AnyCommand] | Refusal:
        """What puts a delivery back where it stood, or as near to it as the plan of now allows."""
        delivery = state.proposal.delivery
        assert delivery is not None, "a move names its delivery"
        acted = self._acted_on(state, delivery)
        if acted is not None:
            return acted
        was_on = next((one for one in state.before if _holds(one.stops, delivery)), None)
        if was_on is None:
            # It waited on no route, and does so again.
            undo = UndoAction(state.id, exactly=True, at=origin.at)
            return [undo, *self._commands.off(delivery, "taken back"), *self._closed(state, origin)]
        trial, exactly = self._exactly(state, delivery), True
        if trial is None:
            trial, exactly = self._nearly(delivery, was_on), False
        if trial is None:
            return Refusal("undo_no_room", "its old route has no room for it in time any more")
        effect = self._effects.of(state.proposal, trial)
        undo = UndoAction(state.id, exactly=exactly, at=origin.at)
        return [
            undo,
            *self._commands.plan(trial, "taken back"),
            *self._commands.cases(effect, state.proposal, origin),
            *self._closed(state, origin),
        ]

    def _acted_on(self, state: ActionState, delivery: DeliveryId) -> Refusal | None:
        """Why nobody can take it back any more: the van, or the floor, went on with it."""
        told = self._trials.delivery(delivery)
        if isinstance(told, Refusal):
            return told
        on = self._planner.plan.route_of(delivery)
        if on is None:
            return None if told.at_hub else self._trials.on_board(delivery)
        now: RouteState = self._planner.routes[RouteId(on)]
        stayed = any(one.route == on and _holds(one.stops, delivery) for one in state.before)
        return self._trials.on_board(delivery) if delivery in now.aboard and not stayed else None

    def _exactly(self, state: ActionState, delivery: DeliveryId) -> Trial | None:
        """The sequences of before, where nobody changed anything else of them or took it to a third route."""
        on = self._planner.plan.route_of(delivery)
        if on is not None and all(one.route != on for one in state.before):
            return None
        sequences: Sequences = {}
        for one in state.before:
            now: RouteState | None = self._planner.routes.get(one.route)
            if now is None or now.status not in LIVE or now.stops[: now.done] != one.stops[: now.done]:
                return None
            if _others(now.stops, delivery) != _others(one.stops, delivery):
                return None
            sequences[one.route] = tuple(self._planner.planned_stops(one.route, one.stops))
        return self._fits(sequences, delivery)

    def _nearly(self, delivery: DeliveryId, was_on: Sequence) -> Trial | None:
        """Behind the stop that it stood behind, or else where its old route takes it in time."""
        if was_on.route not in self._planner.plan.route_ids:
            return None
        again = Proposal(ActionKind.move, delivery, was_on.route)
        tried = self._trials.of(again)
        if isinstance(tried, Refusal):
            return None
        effect = self._effects.of(again, tried)
        return None if effect.blocked or effect.broken else tried

    def _fits(self, sequences: Sequences, delivery: DeliveryId) -> Trial | None:
        planner = self._planner
        job = planner.known_job(delivery)
        if job is None:
            return None
        jobs = () if planner.plan.route_of(delivery) else (job,)
        trial = self._trials.trial(sequences, jobs)
        blocked = self._effects.of(Proposal(ActionKind.move, delivery), trial).blocked
        staged = any(planner.routes[RouteId(one)].status is not RouteStatus.open for one in sequences)
        # A loading list that was made meanwhile is fixed: nothing new stands before the next hub visit.
        return None if blocked or (staged and not self._is_listed(sequences)) else trial

    def _is_listed(self, sequences: Sequences) -> bool:
        for name, stops in sequences.items():
            state = self._planner.routes[RouteId(name)]
            if state.status is RouteStatus.open:
                continue
            for stop in stops[max(state.done, 1) :]:
                if stop.delivery_id is None:
                    break
                if stop.loads and stop.delivery_id not in state.aboard:
                    return False
        return True

    def _closed(self, state: ActionState, origin: Origin) -> list[AnyCommand]:
        """The cases that the action opened and that someone still has."""
        return [
            CloseCase(
                case,
                "taken back",
                CaseRecord(found.happened, found.why, "the change was taken back", "nothing yet"),
                origin.actor,
                origin.at,
            )
            for case in state.cases
            for found in (self._case(case),)
            if found is not None and found.open
        ]

    def _case(self, case: CaseId) -> CaseState | None:
        found: CaseState | None = self._desk.state("case", case)
        return found


def _holds(stops: tuple[Stop, ...], delivery: DeliveryId) -> bool:
    return any(stop.delivery == delivery for stop in stops)


def _others(stops: tuple[Stop, ...], delivery: DeliveryId) -> list[DeliveryId]:
    return [stop.delivery for stop in stops if stop.delivery is not None and stop.delivery != delivery]
