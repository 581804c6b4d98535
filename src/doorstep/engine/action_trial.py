"""Action trials: a person's proposal carried out on a copy of the live plan, before anything changes."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from doorstep.engine.desk import Desk
from doorstep.engine.planner import Planner
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Job, PlannedStop, Rule, Violation
from doorstep.vocabulary.action import ActionKind, Proposal
from doorstep.vocabulary.delivery import DeliveryStatus
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DeliveryId, RouteId

BLOCKING: Final = frozenset(
    {Rule.over_weight, Rule.over_volume, Rule.skill_missing, Rule.not_loaded, Rule.wrong_hub}
)
"""What no dispatcher can decide away; being late is a decision, and has a case."""

Sequences = dict[str, tuple[PlannedStop, ...]]


class Trial(NamedTuple):
    """The plan before and after: whole sequences of what changes, and the jobs that they bring in."""

    before: LivePlan
    after: LivePlan
    sequences: Sequences
    jobs: tuple[Job, ...]

    @property
    def routes(self) -> list[str]:
        """The routes that change."""
        return sorted(self.sequences)


class Target(NamedTuple):
    """A route that could take a delivery: the driving that it adds to the whole, or why it cannot in time."""

    route: RouteId
    added_s: int | None
    refused: str | None
    is_current: bool


class ActionTrials:
    """Tries proposals; every caller holds the planner's lock and has caught up with the clock."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk = desk
        self._planner = planner

    @property
    def plan(self) -> LivePlan:
        """The live plan."""
        return self._planner.plan

    def trial(self, sequences: Sequences, jobs: Sequence[Job] = ()) -> Trial:
        """Whole sequences on a copy."""
        after = self.plan.copy()
        after.apply(sequences, jobs)
        return Trial(self.plan, after, sequences, tuple(jobs))

    def of(self, proposal: Proposal) -> Trial | Refusal:
        """What a proposal does to the plan, or the rule that lets nobody even try."""
        assert proposal.delivery is not None, "the desk checks what each kind needs"
        state, delivery = self.delivery(proposal.delivery), proposal.delivery
        if isinstance(state, Refusal):
            return state
        source = self.plan.route_of(delivery)
        if proposal.kind is ActionKind.move:
            return self._move(proposal, source)
        if source is None:
            return Refusal("not_planned", "it is on no route", ("delivery",))
        if proposal.kind is ActionKind.front:
            return self._at(delivery, source, source, self.first_free(source))
        if not state.at_hub:
            return Refusal("on_board", f"it is {state.status}: what has left cannot be kept back")
        # The hub visit that it leaves idle stays, as it does in the log.
        return self.trial({source: self._without(source, delivery)})

    def delivery(self, delivery: DeliveryId) -> DeliveryState | Refusal:
        """A delivery that someone may still do something about."""
        state: DeliveryState | None = self._desk.state("delivery", delivery)
        if state is None or state.created is None:
            return Refusal("delivery_unknown", f"there is no delivery {delivery}")
        if self._planner.known_job(delivery) is None:
            return Refusal("not_planned", "no van of ours carries it", ("delivery",))
        if state.status is DeliveryStatus.arrived:
            return Refusal("stop_frozen", "the driver stands at this door")
        if not state.at_hub and self.plan.route_of(delivery) is None:
            return Refusal("delivery_status", f"it is {state.status}")
        return state

    def first_free(self, route: str) -> int:
        """The first place that may change: behind what is done, and the door the van is at."""
        stops = self.plan.stops(route)
        place = max(self.plan.route(route).frozen_count, 1)
        while place < len(stops) and self._is_at_door(stops[place]):
            place += 1
        return place

    def targets(self, delivery: DeliveryId, targets_max: int) -> tuple[Target, ...] | Refusal:
        """The routes of its day by the driving that the move adds; those that cannot keep it in time last."""
        state = self.delivery(delivery)
        if isinstance(state, Refusal):
            return state
        source = self.plan.route_of(delivery)
        if source is not None and delivery in self._planner.routes[RouteId(source)].aboard:
            return self.on_board(delivery)
        scratch, job, saved_s = self._taken_off(delivery, source)
        found = []
        for route in scratch.route_ids:
            shift = scratch.route(route).shift
            of_its_day = shift.start_s <= job.window_end_s and shift.end_s >= job.window_start_s
            if not of_its_day and route != source:
                continue
            fit = scratch.best(job, [route])
            added_s = None
            if fit.placement is not None:
                before_s = scratch.schedule(route).drive_s
                inserted = scratch.insert(job, fit.placement)
                assert inserted, "the placement was found a moment ago"
                added_s = scratch.schedule(route).drive_s - before_s - saved_s
                scratch.remove(delivery)
            refused = None if fit.refused is None else fit.refused.value
            found.append(Target(RouteId(route), added_s, refused, route == source))
        found.sort(key=lambda one: (one.added_s is None, one.added_s or 0, one.route))
        return tuple(found[:targets_max])

    @staticmethod
    def on_board(delivery: DeliveryId) -> Refusal:
        """What is on a van, or on its loading list, stays on it."""
        return Refusal("on_board", f"{delivery} is on the van, or on its loading list", ("delivery",))

    # Moving -----------------------------------------------------------------------------------------

    def _move(self, proposal: Proposal, source: str | None) -> Trial | Refusal:
        assert proposal.delivery is not None, "the desk checks what each kind needs"
        delivery = proposal.delivery
        aboard = source is not None and delivery in self._planner.routes[RouteId(source)].aboard
        target = source if aboard and proposal.route is None else proposal.route
        if aboard and target != source:
            return self.on_board(delivery)
        if target is None:
            return self._best_of_all(delivery, source)
        if target not in self.plan.route_ids:
            return Refusal("route_unknown", f"there is no live route {target}")
        if proposal.before is None:
            return self._best_on(delivery, source, target, aboard=aboard)
        return self._before(proposal.before, delivery, source, target)

    def _before(
        self, before: DeliveryId, delivery: DeliveryId, source: str | None, target: str
    ) -> Trial | Refusal:
        places = [stop.delivery_id for stop in self._without(target, delivery)]
        if before not in places:
            return Refusal("stop_unknown", f"{before} is not ahead on this route")
        place = places.index(before)
        if place < self.first_free(target):
            return Refusal("stop_frozen", "what is done cannot be planned again", ("before",))
        return self._at(delivery, source, target, place)

    def _best_of_all(self, delivery: DeliveryId, source: str | None) -> Trial | Refusal:
        scratch, job, _ = self._taken_off(delivery, source)
        placement = scratch.best(job).placement
        if placement is None:
            return Refusal("no_place", "no route keeps its promise; name one that shall break it", ("route",))
        return self._best_on(delivery, source, placement.route_id, aboard=False)

    def _best_on(
        self, delivery: DeliveryId, source: str | None, target: str, *, aboard: bool
    ) -> Trial | Refusal:
        """The best place in time, or the one that breaks least."""
        if not aboard:
            scratch, job, _ = self._taken_off(delivery, source)
            placement = scratch.best(job, [target]).placement
            if placement is not None and placement.at >= self.first_free(target):
                inserted = scratch.insert(job, placement)
                assert inserted, "the placement was found a moment ago"
                changed = {target} if source is None else {source, target}
                return self._changed({route: scratch.stops(route) for route in changed}, job)
        places = range(self.first_free(target), len(self._without(target, delivery)) + 1)
        tried = [self._placed(delivery, source, target, place) for place in places]
        return self._told(min(tried, key=self._harm))

    def _at(self, delivery: DeliveryId, source: str | None, target: str, place: int) -> Trial | Refusal:
        return self._told(self._placed(delivery, source, target, place))

    def _placed(self, delivery: DeliveryId, source: str | None, target: str, place: int) -> Trial:
        """At exactly this place of the sequence without it."""
        job = self._job(delivery)
        rest = self._without(target, delivery)
        sequences = {target: (*rest[:place], PlannedStop(delivery, job.place, job.collects), *rest[place:])}
        if source is not None and source != target:
            scratch, _, _ = self._taken_off(delivery, source)
            sequences[source] = scratch.stops(source)
        return self.trial(sequences, () if source is not None else (job,))

    def _changed(self, sequences: Sequences, job: Job) -> Trial | Refusal:
        is_new = self.plan.route_of(job.delivery_id) is None
        return self._told(self.trial(sequences, (job,) if is_new else ()))

    @staticmethod
    def _told(trial: Trial) -> Trial | Refusal:
        if all(trial.before.stops(route) == stops for route, stops in trial.sequences.items()):
            return Refusal("no_change", "it stands there already")
        return trial

    def _harm(self, trial: Trial) -> tuple[int, int, int, int]:
        """What a trial breaks, worst first: what cannot be, late doors, seconds of it, driving."""
        broken = [violation for route in trial.routes for violation in trial.after.check(route)]
        late = [violation.by for violation in broken if violation.rule is Rule.late_window]
        drive_s = sum(trial.after.schedule(route).drive_s for route in trial.routes)
        return sum(violation.rule in BLOCKING for violation in broken), len(late), sum(late), drive_s

    def _taken_off(self, delivery: DeliveryId, source: str | None) -> tuple[LivePlan, Job, int]:
        """A copy of the plan without it, its job, and the driving seconds that this saves."""
        scratch = self.plan.copy()
        if source is None:
            return scratch, self._job(delivery), 0
        before_s = scratch.schedule(source).drive_s
        job = scratch.remove(delivery)
        return scratch, job, before_s - scratch.schedule(source).drive_s

    def _without(self, route: str, delivery: DeliveryId) -> tuple[PlannedStop, ...]:
        return tuple(stop for stop in self.plan.stops(route) if stop.delivery_id != delivery)

    def _job(self, delivery: DeliveryId) -> Job:
        job = self.plan.job(delivery) or self._planner.known_job(delivery)
        assert job is not None, "what is planned was held for a promise"
        return job

    def _is_at_door(self, stop: PlannedStop) -> bool:
        if stop.delivery_id is None:
            return False
        state: DeliveryState | None = self._desk.state("delivery", stop.delivery_id)
        return state is not None and state.status is DeliveryStatus.arrived


def new_violations(trial: Trial) -> list[Violation]:
    """What the changed routes break afterwards and did not before."""
    known = {_breach(one) for route in trial.routes for one in trial.before.check(route)}
    after = [one for route in trial.routes for one in trial.after.check(route)]
    return [one for one in after if _breach(one) not in known]


def _breach(violation: Violation) -> tuple[str, str]:
    """A rule and whom it hits: a delivery wherever it stands, else the route."""
    return violation.rule, violation.delivery_id or violation.route_id
