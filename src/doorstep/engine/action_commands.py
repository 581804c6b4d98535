"""Action commands: what leads from a trial to the log, with the cases of what it breaks."""

from doorstep.engine.action_effect import ActionEffects, Effect
from doorstep.engine.action_trial import Trial
from doorstep.engine.desk import Desk, Origin
from doorstep.engine.moves import Grounds
from doorstep.engine.planner import Planner
from doorstep.lifecycle.action import miss_causes
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import case_id, open_case
from doorstep.planning.problem import Change
from doorstep.vocabulary.action import ActionKind, Proposal
from doorstep.vocabulary.case import CaseKind, CaseSubject, OpenCase
from doorstep.vocabulary.ids import DeliveryId, RouteId
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.route import MoveCause, RemoveStop


class ActionCommands:
    """Writes the commands of actions, and of taking them back."""

    def __init__(self, desk: Desk, planner: Planner, effects: ActionEffects) -> None:
        self._desk = desk
        self._planner = planner
        self._effects = effects

    def plan(self, trial: Trial, why: str) -> list[AnyCommand]:
        """The new sequences of a trial."""
        change = Change(trial.sequences, (), ())
        return list(self._planner.preview(change, trial.jobs, Grounds(why, MoveCause.by_hand)).commands)

    def off(self, delivery: DeliveryId, why: str) -> list[AnyCommand]:
        """A delivery taken off its route, if it is on one."""
        route = self._planner.plan.route_of(delivery)
        return [] if route is None else [RemoveStop(RouteId(route), delivery, why)]

    def cases(self, effect: Effect, proposal: Proposal, origin: Origin) -> list[OpenCase]:
        """A case for each promise that an effect breaks, or all but breaks."""
        opened = (self._miss(delivery, proposal, origin) for delivery in effect.at_risk)
        return [case for case in opened if case is not None]

    def _miss(self, delivery: DeliveryId, proposal: Proposal, origin: Origin) -> OpenCase | None:
        """The case about a promise that an action breaks, or all but breaks."""
        state: DeliveryState = self._desk.state("delivery", delivery)
        assert state.created is not None, "what is planned was created"
        own = proposal.delivery == delivery
        what = "it was" if own else f"{proposal.delivery} was"
        done = {ActionKind.hold: "held", ActionKind.front: "put first"}.get(proposal.kind, "moved")
        for about in miss_causes(delivery):
            if self._desk.state("case", case_id(CaseKind.predicted_miss, *about)) is not None:
                continue
            opened = open_case(
                self._desk.book, CaseKind.predicted_miss, about,
                subject=CaseSubject(state.created.order, delivery), at=origin.at,
                breach_at=self._effects.window(state).end,
                happened="no van keeps the window as it is planned now",
                why=f"{what} {done} by hand" + (f": {proposal.reason}" if proposal.reason else ""),
            )  # fmt: skip
            assert isinstance(opened.command, OpenCase), "what opens a case is an order to open one"
            return opened.command
        return None
