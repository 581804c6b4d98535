"""Coverage: a service or capability without a qualified backup is somebody's case until it has one."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from doorstep.engine.desk import Desk, Origin
from doorstep.engine.network import Network
from doorstep.engine.quoting import SKILL_BY_HANDLING
from doorstep.engine.routing_desk import RoutingDesk
from doorstep.lifecycle.case import CaseState
from doorstep.lifecycle.opening import case_id, open_case, settled_by_fact
from doorstep.planning.coverage import Fleet, Gap, Need, gaps
from doorstep.vocabulary.case import CaseKind, CaseSubject, OpenCase
from doorstep.vocabulary.ids import CaseId
from doorstep.vocabulary.order import Handling
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.units import Instant

RECURRENCES_MAX: Final = 100
"""Times that the same gap may come back; then the case that a fact closed last stands for it."""
COVERED: Final = "covered"
"""The resolution of a case whose gap is closed."""
DONE: Final = "another carrier is qualified for it now"
"""What was done about it then: no person did it, so the same gap later is a new case."""


class CoverageDesk:
    """Looks, when a day opens, whether each service and capability has two carriers."""

    def __init__(self, desk: Desk, network: Network, routing: RoutingDesk) -> None:
        self._desk = desk
        self._network = network
        self._routing = routing

    def check(self, day: date, origin: Origin) -> tuple[Gap, ...]:
        """Open a case for each service with a gap, and close those whose gap is no more.

        A market without contracts has one carrier and is no network: nothing is looked at there.
        """
        if not self._desk.book.contracts.carrier:
            return ()
        found, now = self._gaps(day), self._desk.now()
        wanted = {self._case_of(gap): gap for gap in found}
        commands: list[AnyCommand] = [
            self._opened(case, gap, now) for case, gap in wanted.items() if self._state(case) is None
        ]
        for state in list(self._desk.market.all_of("case").values()):
            if state.kind is CaseKind.coverage_gap and state.id not in wanted:
                commands += settled_by_fact(state, COVERED, DONE, now)
        if commands:
            refusal = self._desk.together(commands, origin)
            assert refusal is None, f"what was looked at a moment ago was refused: {refusal}"
        return found

    def _gaps(self, day: date) -> tuple[Gap, ...]:
        book, connections = self._desk.book, self._routing.connections
        need = Need(
            book.routing.backup_services,
            book.routing.backup_capabilities,
            max(book.routing.odds_min_ppm, book.promises.odds_min_ppm),
            day,
        )
        contracts = {one: told for one, told in book.contracts.carrier.items() if one in connections}
        return gaps(need, Fleet(frozenset(book.services.service), self._fleet_capabilities()), contracts)

    def _fleet_capabilities(self) -> frozenset[Handling]:
        """What any driver can do, and what a van with its driver has the skill for."""
        vans = {van.id: set(van.skills) for van in self._network.vans}
        skills = set().union(*(vans[shift.van] | set(shift.skills) for shift in self._network.shifts))
        return frozenset(
            one for one in Handling if one not in SKILL_BY_HANDLING or SKILL_BY_HANDLING[one] in skills
        )

    def _case_of(self, gap: Gap) -> CaseId:
        """The gap's case. One that a person closed stands for its deviation; after a fact, it is another."""
        about = (gap.service, *(one for one, _ in gap.lacking))
        for time in range(RECURRENCES_MAX):
            case = case_id(CaseKind.coverage_gap, *about, str(time))
            state = self._state(case)
            if state is None or state.open or state.record is None or state.record.done != DONE:
                return case
        return case

    def _opened(self, case: CaseId, gap: Gap, now: Instant) -> AnyCommand:
        alone = "; ".join(f"{one}: {', '.join(who) or 'nobody'}" for one, who in gap.lacking)
        opened = open_case(
            self._desk.book, CaseKind.coverage_gap, (), subject=CaseSubject(), at=now, breach_at=None,
            happened=f"{gap.service} has no qualified backup for {', '.join(one for one, _ in gap.lacking)}",
            why=f"fewer than two carriers are qualified: {alone}",
        )  # fmt: skip
        assert isinstance(opened.command, OpenCase), "a case is opened by that command"
        return replace(opened.command, case=case)

    def _state(self, case: CaseId) -> CaseState | None:
        state: CaseState | None = self._desk.state("case", case)
        return state
