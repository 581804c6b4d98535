from collections.abc import Sequence

import pytest
from tests.lifecycle.life import answer, lived

from doorstep.lifecycle.route import MESSAGES_MAX, RouteState, RouteStatus
from doorstep.vocabulary.ids import DeliveryId, DriverId, HubId, ParcelId, RouteId, VehicleId
from doorstep.vocabulary.route import (
    AnyRouteCommand,
    CompleteStop,
    DebriefRoute,
    DepartRoute,
    InsertStop,
    LoadRoute,
    MessageDriver,
    OpenRoute,
    PinRoute,
    PlanRoute,
    RemoveStop,
    ReturnRoute,
    Shift,
    StageRoute,
    Stop,
    StopKind,
    UnpinRoute,
    WithdrawMessage,
    WithdrawRoute,
)
from doorstep.vocabulary.units import Grams, Instant, Metres, Millilitres, Seconds

RTE = RouteId("rte")
HUB = Stop(StopKind.hub)
A, B, C = (Stop(StopKind.delivery, DeliveryId(name)) for name in "abc")
BOXES = (ParcelId("box-b"), ParcelId("box-a"))
SHIFT = Shift(
    DriverId("ada"), VehicleId("van"), HubId("hub"), Instant(100), Instant(900), Instant(0), Seconds(0),
    Grams(1), Millilitres(1), (),
)  # fmt: skip
OPEN = OpenRoute(RTE, SHIFT)
PLAN = PlanRoute(RTE, (HUB, A, B), "h", "why")
STAGE, LOAD, DEPART = StageRoute(RTE, BOXES), LoadRoute(RTE, BOXES, Instant(1)), DepartRoute(RTE, Instant(2))
DO_A, DO_B = CompleteStop(RTE, A, Instant(3)), CompleteStop(RTE, B, Instant(4))
RETURN, DEBRIEF = ReturnRoute(RTE, Instant(5), Metres(9)), DebriefRoute(RTE, (), (), Instant(6))
WITHDRAW = WithdrawRoute(RTE, "engine", Instant(7))
NOTE = MessageDriver(RTE, "m", "Ring twice.", None, Instant(8))
WAYS: dict[str, Sequence[AnyRouteCommand]] = {
    "open": [OPEN, PLAN],
    "staged": [OPEN, PLAN, STAGE],
    "loaded": [OPEN, PLAN, STAGE, LOAD],
    "departed": [OPEN, PLAN, STAGE, LOAD, DEPART],
    "returned": [OPEN, PLAN, STAGE, LOAD, DEPART, DO_A, DO_B, RETURN],
    "debriefed": [OPEN, PLAN, STAGE, LOAD, DEPART, DO_A, DO_B, RETURN, DEBRIEF],
    "withdrawn": [OPEN, PLAN, WITHDRAW],
}
LIVE = ["open", "staged", "loaded", "departed"]
WRONG = dict.fromkeys(WAYS, "route_status")
COMMANDS: dict[str, tuple[AnyRouteCommand, dict[str, str]]] = {
    "open": (OPEN, dict.fromkeys(WAYS, "")),
    "plan": (PlanRoute(RTE, (HUB, B, A), "h", "why"), WRONG | dict.fromkeys(LIVE, "RoutePlanned")),
    "insert": (InsertStop(RTE, DeliveryId("c"), 4, 3, "h"), WRONG | dict.fromkeys(LIVE, "StopInserted")),
    "remove": (
        RemoveStop(RTE, DeliveryId("a"), "why"),
        dict.fromkeys(WAYS, "stop_unknown") | dict.fromkeys(LIVE, "StopRemoved"),
    ),
    "stage": (STAGE, WRONG | {"open": "RouteStaged"}),
    "load": (LOAD, WRONG | {"staged": "RouteLoaded"}),
    "depart": (DEPART, WRONG | {"loaded": "RouteDeparted"}),
    "complete": (DO_A, WRONG | {"departed": "StopCompleted"}),
    "return": (RETURN, WRONG | {"departed": "stops_left"}),
    "debrief": (DEBRIEF, WRONG | dict.fromkeys(["returned", "withdrawn"], "RouteDebriefed")),
    "withdraw": (WITHDRAW, WRONG | dict.fromkeys(LIVE, "RouteWithdrawn")),
    "pin": (PinRoute(RTE, DeliveryId("a"), "why"), WRONG | dict.fromkeys(LIVE, "RoutePinned")),
    "pin all": (PinRoute(RTE, None, "why"), WRONG | dict.fromkeys(LIVE, "RoutePinned")),
    "unpin": (UnpinRoute(RTE, DeliveryId("a")), WRONG | dict.fromkeys(LIVE, "")),
    "message": (NOTE, WRONG | dict.fromkeys(LIVE, "DriverMessaged")),
    "withdraw message": (WithdrawMessage(RTE, "m"), WRONG | dict.fromkeys(LIVE, "")),
}


def told(status: str) -> RouteState:
    state = lived("route", WAYS[status])
    assert isinstance(state, RouteState)
    return state


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("status", WAYS)
def test_each_status_takes_its_commands_and_no_other(status: str, command: str) -> None:
    """Each command in each status comes to the one event, or the one refusal, of the table."""
    state = told(status)
    assert state.status == status
    given, table = COMMANDS[command]
    expected = table[status]
    assert answer("route", state, given) == ((expected,) if expected[:1].isupper() else expected or ())


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "open"])
def test_nothing_happens_to_a_route_that_is_none(command: str) -> None:
    """Only a shift begins it; another shift under its id is refused."""
    assert answer("route", None, COMMANDS[command][0]) == "route_unknown"
    other = Shift(**{name: getattr(SHIFT, name) for name in SHIFT.__struct_fields__} | {"end": Instant(901)})
    assert answer("route", told("open"), OpenRoute(RTE, other)) == "route_exists"


def test_what_is_done_cannot_be_planned_again() -> None:
    """The prefix is frozen up to the last stop that was done."""
    state = lived("route", [DO_A], told("departed"))
    assert state.done == 2
    for stops in ((HUB, B, A), (HUB, B), (A, HUB, B)):
        assert answer("route", state, PlanRoute(RTE, stops, "h", "why")) == "prefix_frozen"
    assert answer("route", state, InsertStop(RTE, DeliveryId("c"), 1, None, "h")) == "prefix_frozen"
    assert answer("route", state, PlanRoute(RTE, (HUB, A, HUB, B), "h", "why")) == ("RoutePlanned",)


def test_nothing_stands_twice() -> None:
    """Neither by a plan nor by an insertion."""
    assert answer("route", told("open"), PlanRoute(RTE, (HUB, A, B, A), "h", "why")) == "stop_twice"
    assert answer("route", told("open"), InsertStop(RTE, DeliveryId("a"), 1, None, "h")) == "stop_twice"


@pytest.mark.parametrize("status", ["staged", "loaded", "departed"])
def test_what_is_not_on_board_needs_a_hub_visit_before_it(status: str) -> None:
    """From the loading list on, a new delivery stands behind another visit to the hub."""
    state = told(status)
    assert answer("route", state, InsertStop(RTE, DeliveryId("c"), 2, None, "h")) == "not_on_board"
    assert answer("route", state, PlanRoute(RTE, (HUB, A, C, B), "h", "why")) == "not_on_board"
    assert answer("route", state, InsertStop(RTE, DeliveryId("c"), 4, 3, "h")) == ("StopInserted",)
    assert answer("route", state, PlanRoute(RTE, (HUB, A, B, HUB, C), "h", "why")) == ("RoutePlanned",)


def test_an_open_route_takes_a_stop_anywhere() -> None:
    """Nothing is loaded yet."""
    state = lived("route", [InsertStop(RTE, DeliveryId("c"), 2, None, "h")], told("open"))
    assert state.stops == (HUB, A, C, B)
    state = lived("route", [InsertStop(RTE, DeliveryId("c"), 3, 2, "h")], told("open"))
    assert state.stops == (HUB, A, HUB, C, B)


def test_a_stop_that_is_done_early_moves_to_the_front() -> None:
    """The sequence is then the one that was driven."""
    state = lived("route", [DO_B], told("departed"))
    assert (state.stops, state.done, state.remaining) == ((HUB, B, A), 2, (A,))
    assert answer("route", state, DO_B) == "stop_done"


def test_the_load_out_splits_the_list_into_loaded_and_short() -> None:
    """In the list's order; a scan that is not on it refuses all."""
    state = lived("route", [LoadRoute(RTE, BOXES[1:], Instant(1))], told("staged"))
    assert (state.loaded, state.short) == (BOXES[1:], BOXES[:1])
    foreign = LoadRoute(RTE, (*BOXES, ParcelId("strange")), Instant(1))
    assert answer("route", told("staged"), foreign) == "parcel_not_on_list"


def test_a_withdrawn_route_names_its_orphans_and_keeps_its_history() -> None:
    """What was done stays done; what was ahead is nobody's stop any more."""
    state = lived("route", [DO_A, WITHDRAW], told("departed"))
    assert (state.status, state.stops, state.deliveries) == (RouteStatus.withdrawn, (HUB, A), ())


def test_the_debrief_names_what_did_not_come_back() -> None:
    """Expected and not returned is missing."""
    state = told("returned")
    debrief = DebriefRoute(RTE, BOXES[:1], BOXES, Instant(9))
    assert answer("route", state, debrief) == ("RouteDebriefed",)
    assert lived("route", [debrief], state).status is RouteStatus.debriefed


def test_pins_stay_until_they_are_taken_off_or_their_stop_leaves() -> None:
    """A stop's pin keeps that stop, the route's pin all of them; what left the route is kept by none."""
    pin_a, pin_all = PinRoute(RTE, DeliveryId("a"), "why"), PinRoute(RTE, None, "why")
    state = lived("route", [pin_a], told("open"))
    assert state.kept == (DeliveryId("a"),)
    assert answer("route", state, pin_a) == ()
    assert lived("route", [pin_all], state).kept == (DeliveryId("a"), DeliveryId("b"))
    assert lived("route", [pin_all, UnpinRoute(RTE, None)], state).kept == (DeliveryId("a"),)
    assert lived("route", [UnpinRoute(RTE, DeliveryId("a"))], state).kept == ()
    assert lived("route", [RemoveStop(RTE, DeliveryId("a"), "why")], state).kept == ()
    assert answer("route", state, PinRoute(RTE, DeliveryId("z"), "why")) == "stop_unknown"


def test_a_driver_gets_a_message_once_and_not_without_end() -> None:
    """The same key is the same message; the twenty-first is refused until one is taken back."""
    state = lived("route", [NOTE], told("departed"))
    assert answer("route", state, NOTE) == ()
    notes = [MessageDriver(RTE, f"m{n}", "Ring.", None, Instant(9)) for n in range(MESSAGES_MAX)]
    full = lived("route", notes[1:], state)
    assert answer("route", full, notes[0]) == "messages_full"
    room = lived("route", [WithdrawMessage(RTE, "m")], full)
    assert answer("route", room, notes[0]) == ("DriverMessaged",)
