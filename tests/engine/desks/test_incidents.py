"""Incidents, from what befalls a van to its last case."""

from collections.abc import Callable

from tests.engine.desks.floor import DAY, Floor, shift

from doorstep.engine.case_desk import CaseDesk
from doorstep.vocabulary.case import CaseClosed, CaseKind, CaseRecord
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import DriverId
from doorstep.vocabulary.incident import Cause, IncidentClosed, IncidentOpened

ORDERS = 5
RECORD = CaseRecord("the van is out", "ill", "moved to the next day", "a second reserve")


def fallen_out(open_floor: Callable[..., Floor]) -> tuple[Floor, CaseDesk]:
    """A market whose only van falls out with five orders."""
    floor = open_floor(shift("ada", "10:00", "18:00"))
    for number in range(ORDERS):
        floor.place(f"A-{number}", (11 + number, 10))
    assert floor.recovery.call_out(DAY.isoformat(), DriverId("ada"), "ill", floor.desk.origin()) is None
    return floor, CaseDesk(floor.desk)


def test_a_van_that_falls_out_is_one_incident(open_floor: Callable[..., Floor]) -> None:
    """Its own case and those of its five orders are one incident of five orders."""
    floor, desk = fallen_out(open_floor)
    (incident,) = desk.incidents()
    (breakdown,) = floor.cases_of(CaseKind.breakdown)
    assert (incident.cause, incident.about) == (Cause.route, breakdown.subject.route)
    assert incident.cases == {breakdown.id, *(case.id for case in floor.cases_of(CaseKind.no_capacity))}
    assert (len(incident.orders), len(incident.cases), incident.owner) == (ORDERS, ORDERS + 1, "dispatcher")
    opened = [record for record in floor.records() if isinstance(record.data, IncidentOpened)]
    assert [record.because.rule for record in opened if record.because] == ["cause.route"]


def test_it_ends_with_its_last_case(open_floor: Callable[..., Floor]) -> None:
    """Case by case is closed; with the last one the incident is, and its clock stops."""
    floor, desk = fallen_out(open_floor)
    (incident,) = desk.incidents()
    for number, case in enumerate(sorted(incident.cases), 1):
        assert desk.incidents()[0].open, number
        assert desk.close(case, "moved", RECORD, "Edda", floor.desk.origin()) is None
    ended = [r.data for r in floor.records() if isinstance(r.data, CaseClosed | IncidentClosed)]
    assert isinstance(ended[-1], IncidentClosed)
    assert not desk.incidents()[0].open
    floor.until("17:59")
    assert desk.incidents()[0].level == 0


def test_overdue_it_goes_up(open_floor: Callable[..., Floor]) -> None:
    """Nobody acts: it is the operations lead's, one level up."""
    floor, desk = fallen_out(open_floor)
    floor.until("09:59")
    (incident,) = desk.incidents()
    assert incident.level >= 1
    assert incident.owner == "operations_lead"


def test_a_person_takes_it(open_floor: Callable[..., Floor]) -> None:
    """Claimed it is theirs; what is no incident cannot be."""
    floor, desk = fallen_out(open_floor)
    (incident,) = desk.incidents()
    assert desk.claim_incident(incident.id, "Edda", floor.desk.origin()) is None
    assert desk.incidents()[0].owner == "Edda"
    unknown = desk.claim_incident(type(incident.id)("inc_none"), "Edda", floor.desk.origin())
    assert isinstance(unknown, Refusal)
