"""Relief: a van behind its plan gives stops away before promises break; what is left is a case."""

from typing import Final

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.moves import Grounds
from doorstep.engine.planner import Planner
from doorstep.engine.timers import NotYet, Step
from doorstep.engine.transaction import ENGINE_ACTOR
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.opening import case_id, open_case
from doorstep.lifecycle.promise import PromiseState
from doorstep.lifecycle.route import LIVE, RouteState
from doorstep.planning.live import LivePlan
from doorstep.planning.problem import Overdue
from doorstep.planning.relief import ReliefLimits, relieve
from doorstep.reactions.roster import STUCK_S
from doorstep.views.moves import MoveBook
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.event import Source, StreamId
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.record import Instruction
from doorstep.vocabulary.route import MoveCause, StopKind
from doorstep.vocabulary.timer import Reasoned
from doorstep.vocabulary.units import Instant, after, seconds_between

LOOK_AGAIN_S: Final = 600
"""Seconds between two looks at a van that says nothing."""


class ReliefDesk:
    """Looks after each sign of life of a van, and after its silence; a task that timers wake."""

    def __init__(self, desk: Desk, planner: Planner, moves: MoveBook) -> None:
        self._desk = desk
        self._planner = planner
        self._moves = moves

    def watch_route(self, subject: str, now: Instant) -> list[Step] | NotYet:
        """Take a route's stops out of danger; those that stay there get a case before the shopper notices.

        A van that has been silent for long is looked at again and again.
        """
        self._planner.catch_up(now)
        state = self._planner.routes.get(RouteId(subject))
        if state is None or state.status not in LIVE:
            return []
        plan, steps = self._relieve(state, now)
        late = plan.overdue(self._planner.clock.second(now))
        cases = [self._case(one, now) for one in late if one.route_id == subject]
        steps += [case for case in cases if case is not None]
        if not steps and state.deliveries and self._is_silent(state, now):
            return NotYet(after(now, LOOK_AGAIN_S))
        return steps

    def _is_silent(self, state: RouteState, now: Instant) -> bool:
        leaves_at = after(state.shift.start, self._desk.book.dispatch.load_out_s)
        return seconds_between(state.last_at or leaves_at, now) >= STUCK_S

    def _relieve(self, state: RouteState, now: Instant) -> tuple[LivePlan, list[Step]]:
        """The plan as it will be, and what leads there."""
        dispatch, planner = self._desk.book.dispatch, self._planner
        moves = dispatch.moves
        limits = ReliefLimits(
            danger_s=dispatch.margin_s - moves.relief_before_s,
            gain_s=moves.relief_gain_s,
            added_s_max=moves.relief_added_s_max,
        )
        now_s = planner.clock.second(now)
        change = relieve(planner.plan, state.id, now_s, limits, self._settled(state, now))
        if change is None:
            return planner.plan, []
        grounds = Grounds(f"{state.shift.vehicle} is behind its plan", MoveCause.van_late)
        preview = planner.preview(change, (), grounds)
        because = dispatch.because("moves.relief_before_s")
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return preview.plan, [tuple(self._desk.instruct(one, origin, because) for one in preview.commands)]

    def _settled(self, state: RouteState, now: Instant) -> frozenset[str]:
        """What changed vans a short while ago, and what the van is on its way to load."""
        rest_s = self._desk.book.dispatch.moves.relief_rest_s
        found = set()
        for delivery in state.deliveries:
            moved_at = self._moves.last_at(delivery)
            is_fresh = moved_at is not None and seconds_between(moved_at, now) < rest_s
            # A return that is fetched was promised with its van, and waits for no hub.
            job = self._planner.known_job(delivery)
            if is_fresh or (job is not None and job.collects):
                found.add(delivery)
        ahead = state.remaining
        if ahead and ahead[0].kind is StopKind.hub:
            for stop in ahead[1:]:
                if stop.delivery is None:
                    break
                found.add(stop.delivery)
        return frozenset(found)

    def _case(self, late: Overdue, now: Instant) -> Instruction | None:
        dispatch = self._desk.book.dispatch
        if late.late_s < dispatch.margin_s - dispatch.predict_miss_s:
            return None
        state: DeliveryState | None = self._desk.market.state(StreamId(f"delivery/{late.delivery_id}"))
        if state is None or state.created is None:
            return None
        if self._desk.state("case", case_id(CaseKind.predicted_miss, late.delivery_id)) is not None:
            return None
        promise: PromiseState = self._desk.state("promise", state.created.promise)
        minutes = max(1, (late.late_s - dispatch.margin_s) // 60)
        opened: Reasoned = open_case(
            self._desk.book, CaseKind.predicted_miss, (late.delivery_id,),
            subject=CaseSubject(state.created.order, state.created.delivery, RouteId(late.route_id)), at=now,
            breach_at=promise.window.end if promise.window else None,
            happened=f"expected about {minutes} min after the window's end",
            why="the van is behind its plan",
        )  # fmt: skip
        origin = Origin(ENGINE_ACTOR, Source.derived, now)
        return self._desk.instruct(opened.command, origin, opened.because)
