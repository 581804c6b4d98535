"""Coverage: a service without a qualified backup is one case, and no case once it has one."""

from collections.abc import Sequence

import msgspec
from tests.engine.desks.floor import DAY, Floor, Ground, network, shift, wall
from tests.engine.desks.test_tenders import BOATS, POST, Partner, contract

from doorstep.app import default_book
from doorstep.engine.coverage_desk import CoverageDesk
from doorstep.lifecycle.case import CaseState
from doorstep.vocabulary.case import CaseKind
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.order import Handling


def founded(carriers: Sequence[CarrierId]) -> tuple[Floor, CoverageDesk]:
    """A fleet without any skill, and these carriers, none of them connected yet."""
    book = default_book()
    contracts = msgspec.structs.replace(book.contracts, carrier={one: contract(500) for one in carriers})
    routing = msgspec.structs.replace(
        book.routing, backup_services=("slot",), backup_capabilities=(Handling.photo, Handling.cold)
    )
    told = msgspec.structs.replace(book, contracts=contracts, routing=routing)
    floor = Floor(Ground(wall("07:00")), network(shift("ada", "08:00", "18:00")), told)
    return floor, CoverageDesk(floor.desk, floor.network, floor.routing)


def open_cases(floor: Floor) -> list[CaseState]:
    """The gaps that somebody has."""
    return [case for case in floor.cases_of(CaseKind.coverage_gap) if case.open]


def test_a_market_of_one_carrier_is_no_network() -> None:
    """Without contracts nothing is looked at, and nothing is written."""
    floor, desk = founded([])
    head = floor.market.head
    assert desk.check(DAY, floor.desk.origin()) == ()
    assert floor.market.head == head


def test_a_gap_is_one_case_that_names_what_lacks() -> None:
    """Photos are covered by van and boat, cold goods by the boat alone; looking again changes nothing."""
    floor, desk = founded([BOATS])
    floor.routing.connections[BOATS] = Partner(BOATS)
    desk.check(DAY, floor.desk.origin())
    [case] = open_cases(floor)
    assert case.happened == "slot has no qualified backup for cold"
    assert case.why.endswith("cold: boats")
    head = floor.market.head
    desk.check(DAY, floor.desk.origin())
    assert floor.market.head == head


def test_a_backup_closes_the_case_and_its_loss_opens_another() -> None:
    """A fact closes it; the same gap later is somebody's again."""
    floor, desk = founded([BOATS, POST])
    floor.routing.connections[BOATS] = Partner(BOATS)
    desk.check(DAY, floor.desk.origin())
    floor.routing.connections[POST] = Partner(POST)
    desk.check(DAY, floor.desk.origin())
    assert open_cases(floor) == []
    del floor.routing.connections[POST]
    desk.check(DAY, floor.desk.origin())
    assert len(open_cases(floor)) == 1
    assert len(floor.cases_of(CaseKind.coverage_gap)) == 2
