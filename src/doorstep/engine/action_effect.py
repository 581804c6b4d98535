"""Action effects: what a proposal would do to driving, promises and rules, as values for people."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import msgspec

from doorstep.engine.action_trial import BLOCKING, Trial, new_violations
from doorstep.engine.desk import Desk
from doorstep.engine.planner import Planner
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.route import RouteStatus
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Rule
from doorstep.vocabulary.action import Proposal
from doorstep.vocabulary.delivery import DeliveryCreated, ReattemptScheduled
from doorstep.vocabulary.ids import DeliveryId, OrderId, RouteId
from doorstep.vocabulary.units import Instant, after
from doorstep.vocabulary.windows import Window

DRIVER_TOLD = "driver_told"
"""The rule that is hit where a driver has a route's list already: it may be changed, and must be said."""
HOUR_S = 3_600


class Shift(msgspec.Struct, frozen=True):
    """What happens to one promise: when its door was and will be reached; None where no van comes."""

    delivery: DeliveryId
    order: OrderId
    window: Window
    old: Instant | None
    new: Instant | None

    @property
    def was_kept(self) -> bool:
        """Whether the plan kept it."""
        return self.old is not None and self.old <= self.window.end

    @property
    def is_kept(self) -> bool:
        """Whether the plan will keep it."""
        return self.new is not None and self.new <= self.window.end


class Hit(msgspec.Struct, frozen=True):
    """A rule that is hit, at which delivery or route, by how much; a blocking one cannot be overridden."""

    rule: str
    route: RouteId
    delivery: DeliveryId | None
    by: int
    blocking: bool


class Effect(msgspec.Struct, frozen=True):
    """What would happen. `version` is a hash over all of it that matters: the same places, the same breaks.

    `position` is how far the log was; `plan_hash` is over the whole live plan that it starts from.
    """

    proposal: Proposal
    routes: tuple[RouteId, ...]
    added_s: int
    added_m: int
    shifts: tuple[Shift, ...]
    hits: tuple[Hit, ...]
    at_risk: tuple[DeliveryId, ...]
    position: int
    plan_hash: str
    version: str

    @property
    def broken(self) -> tuple[Shift, ...]:
        """The promises that it breaks."""
        return tuple(shift for shift in self.shifts if shift.was_kept and not shift.is_kept)

    @property
    def mended(self) -> tuple[Shift, ...]:
        """The promises that it keeps after all."""
        return tuple(shift for shift in self.shifts if shift.is_kept and not shift.was_kept)

    @property
    def blocked(self) -> Hit | None:
        """The first rule that forbids it."""
        return next((hit for hit in self.hits if hit.blocking), None)


class ActionEffects:
    """Weighs trials."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk = desk
        self._planner = planner

    def of(self, proposal: Proposal, trial: Trial | None) -> Effect:
        """The effect of a trial; of a proposal that leaves the plan alone, where there is none."""
        position, plan_hash = self._desk.market.head.size, self._planner.plan.plan_hash()
        if trial is None:
            routes = () if proposal.route is None else (proposal.route,)
            return Effect(proposal, routes, 0, 0, (), (), (), position, plan_hash, _version(proposal, [], []))
        shifts = self._shifts(trial)
        hits = self._hits(trial)
        at_risk = self._at_risk(shifts)
        drives = [
            sum(plan.schedule(route).drive_s for route in trial.routes)
            for plan in (trial.before, trial.after)
        ]
        broken = [shift.delivery for shift in shifts if shift.was_kept and not shift.is_kept]
        lines = [_line(plan, route) for plan in (trial.before, trial.after) for route in trial.routes]
        return Effect(
            proposal, tuple(map(RouteId, trial.routes)), drives[1] - drives[0], self._added_m(trial),
            shifts, hits, at_risk, position, plan_hash, _version(proposal, lines, broken),
        )  # fmt: skip

    def window(self, state: DeliveryState) -> Window:
        """The window that is due: a later attempt has one of its own."""
        windows = [
            event.window
            for event in state.evidence
            if isinstance(event, DeliveryCreated | ReattemptScheduled)
        ]
        return windows[-1]

    def _shifts(self, trial: Trial) -> tuple[Shift, ...]:
        """Every promise on the changed routes whose door is reached at another time."""
        old, new = (self._arrivals(plan, trial.routes) for plan in (trial.before, trial.after))
        found = []
        for delivery in sorted(old.keys() | new.keys()):
            state: DeliveryState | None = self._desk.state("delivery", delivery)
            was, will = old.get(delivery), new.get(delivery)
            if state is not None and state.created is not None and was != will:
                shift = Shift(state.created.delivery, state.created.order, self.window(state), was, will)
                found.append(shift)
        return tuple(found)

    def _arrivals(self, plan: LivePlan, routes: list[str]) -> dict[str, Instant]:
        return {
            times.stop.delivery_id: self._planner.clock.instant(times.start_s)
            for route in routes
            for times in plan.schedule(route).times
            if times.stop.delivery_id is not None
        }

    def _hits(self, trial: Trial) -> tuple[Hit, ...]:
        found = []
        for broken in new_violations(trial):
            delivery = None if broken.delivery_id is None else DeliveryId(broken.delivery_id)
            by = broken.by
            blocking = broken.rule in BLOCKING
            if broken.rule is Rule.late_window and delivery is not None:
                # A window that a shopper holds and may confirm any moment is not a dispatcher's to break.
                blocking = self._desk.state("delivery", delivery) is None
            found.append(Hit(broken.rule.value, RouteId(broken.route_id), delivery, by, blocking))
        found += [
            Hit(DRIVER_TOLD, route, None, 1, blocking=False)
            for route in map(RouteId, trial.routes)
            if self._planner.routes[route].status is not RouteStatus.open
        ]
        return tuple(found)

    def _at_risk(self, shifts: tuple[Shift, ...]) -> tuple[DeliveryId, ...]:
        """The promises that need a case: broken, or so close to it that the watch would say so.

        One that is taken off its route has nobody who keeps it.
        """
        found = []
        lead_s = self._desk.book.dispatch.predict_miss_s
        for shift in shifts:
            close = after(shift.window.end, -lead_s)
            is_close = shift.new is None or shift.new >= close
            was_close = shift.old is not None and shift.old >= close
            if (is_close and not was_close) or (shift.was_kept and not shift.is_kept):
                found.append(shift.delivery)
        return tuple(found)

    def _added_m(self, trial: Trial) -> int:
        """Metres that are driven more, or fewer: only legs that differ are asked of the streets."""
        legs = [Counter[tuple[int, int]](), Counter[tuple[int, int]]()]
        for count, plan in zip(legs, (trial.before, trial.after), strict=True):
            for route in trial.routes:
                planned = plan.route(route)
                places = [
                    planned.last_place,
                    *(stop.place for stop in planned.rest()),
                    planned.shift.end_place,
                ]
                count.update(pair for pair in pairwise(places) if pair[0] != pair[1])
        table = self._planner.table
        hour = (table.week_origin_s + self._planner.clock.second(self._desk.now())) // HOUR_S
        profile = int(table.hour_profile[hour % len(table.hour_profile)])
        gone, come = legs[0] - legs[1], legs[1] - legs[0]

        def metres(pairs: Counter[tuple[int, int]]) -> int:
            node, travel = self._planner.node, self._planner.travel
            return sum(n * travel.metres(profile, node(a), node(b)) for (a, b), n in pairs.items())

        return metres(come) - metres(gone)


def _line(plan: LivePlan, route: str) -> str:
    return " ".join([route, *(stop.delivery_id or "@hub" for stop in plan.stops(route))])


def _version(proposal: Proposal, lines: Sequence[str], broken: Sequence[DeliveryId]) -> str:
    """What an action is taken on: whom it is about, the places before and after, what it breaks."""
    asked = (proposal.kind, proposal.delivery or "", "" if lines else proposal.route or "")
    told = [*asked, *lines, *broken]
    return sha256("\n".join(told).encode()).hexdigest()[:32]
