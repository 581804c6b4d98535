import msgspec
from tests.lifecycle.life import answer, lived

from doorstep.vocabulary.ids import DriverId, HubId, RouteId, VehicleId
from doorstep.vocabulary.roster import CallReserve, PlanShift, RecordAbsence
from doorstep.vocabulary.route import Shift
from doorstep.vocabulary.units import Grams, Instant, Millilitres, Seconds

DAY = "2026-03-03"
SHIFT = Shift(
    DriverId("ada"), VehicleId("van"), HubId("hub"), Instant(100), Instant(900), Instant(0), Seconds(0),
    Grams(1), Millilitres(1), (),
)  # fmt: skip
BEN = msgspec.structs.replace(SHIFT, driver=DriverId("ben"))
ON = PlanShift(DAY, RouteId("r1"), SHIFT, reserve=False)
RESERVE = PlanShift(DAY, RouteId("r2"), BEN, reserve=True)


def test_a_route_is_on_the_roster_once() -> None:
    """On sale, in reserve or fallen away: planning it again is refused."""
    state = lived("roster", [ON, RESERVE])
    assert answer("roster", state, ON) == "shift_exists"
    assert answer("roster", state, RESERVE) == "shift_exists"
    gone = lived("roster", [RecordAbsence(DAY, DriverId("ada"), "ill", Instant(1))], state)
    assert answer("roster", gone, ON) == "shift_exists"


def test_a_driver_who_calls_out_takes_every_shift_away() -> None:
    """Sold ones and reserves alike; who has none is refused, and a second call too."""
    second = PlanShift(DAY, RouteId("r3"), SHIFT, reserve=True)
    state = lived("roster", [ON, RESERVE, second, RecordAbsence(DAY, DriverId("ada"), "ill", Instant(1))])
    assert (set(state.on), set(state.reserve), set(state.off)) == (set(), {"r2"}, {"r1", "r3"})
    again = RecordAbsence(DAY, DriverId("ada"), "ill", Instant(2))
    assert answer("roster", state, again) == "driver_not_on_roster"
    assert answer("roster", None, again) == "driver_not_on_roster"


def test_a_reserve_that_is_called_is_sold_from_when_the_driver_is_there() -> None:
    """Only once, and only within the time of being on call."""
    planned = RESERVE.shift
    later = msgspec.structs.replace(planned, start=Instant(planned.start + 1))
    call = CallReserve(DAY, RouteId("r2"), later, Instant(1))
    state = lived("roster", [RESERVE, call])
    assert state.on["r2"] == later
    assert state.reserve == {}
    assert answer("roster", state, call) == "no_such_reserve"
    early = msgspec.structs.replace(planned, start=Instant(planned.start - 1))
    on_call = lived("roster", [RESERVE])
    assert answer("roster", on_call, CallReserve(DAY, RouteId("r2"), early, Instant(1))) == "not_on_call"
    not_reserve = CallReserve(DAY, RouteId("r1"), planned, Instant(1))
    assert answer("roster", lived("roster", [ON]), not_reserve) == "no_such_reserve"
