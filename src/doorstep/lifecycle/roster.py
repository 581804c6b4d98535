"""The life of a day's roster: shifts are planned, drivers call out, the reserve comes in."""

from typing import assert_never

import msgspec

from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.event import Refusal
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.roster import (
    AbsenceRecorded,
    AnyRosterCommand,
    AnyRosterEvent,
    CallReserve,
    PlanShift,
    RecordAbsence,
    ReserveCalled,
    ShiftPlanned,
)
from doorstep.vocabulary.route import Shift


class RosterState(msgspec.Struct, frozen=True):
    """The shifts on sale, those in reserve, and those that fell away, by route."""

    day: str
    on: dict[RouteId, Shift]
    reserve: dict[RouteId, Shift]
    off: dict[RouteId, Shift]


def decide(
    state: RosterState | None, command: AnyRosterCommand, book: PolicyBook
) -> tuple[AnyRosterEvent, ...] | Refusal:
    """What follows from the command, or the rule that says no."""
    del book
    state = state or RosterState(command.day, {}, {}, {})
    match command:
        case PlanShift(route=route, shift=shift, reserve=reserve):
            if route in state.on or route in state.reserve or route in state.off:
                return Refusal("shift_exists", f"route {route} is on the roster already")
            return (ShiftPlanned(command.day, route, shift, reserve),)
        case RecordAbsence(driver=driver, why=why, at=at):
            routes = tuple(sorted(r for r, s in (state.on | state.reserve).items() if s.driver == driver))
            if not routes:
                return Refusal("driver_not_on_roster", f"{driver} has no shift on {command.day}")
            return (AbsenceRecorded(command.day, driver, routes, why, at),)
        case CallReserve(route=route, shift=shift, at=at):
            if route not in state.reserve:
                return Refusal("no_such_reserve", f"route {route} is not in reserve")
            planned = state.reserve[route]
            if not planned.start <= shift.start < shift.end <= planned.end or shift.driver != planned.driver:
                return Refusal("not_on_call", "the reserve is not on call then")
            return (ReserveCalled(command.day, route, shift, at),)
        case _:
            assert_never(command)


def evolve(state: RosterState | None, event: AnyRosterEvent) -> RosterState:
    """The state after the event."""
    state = state or RosterState(event.day, {}, {}, {})
    match event:
        case ShiftPlanned(route=route, shift=shift, reserve=reserve):
            if reserve:
                return msgspec.structs.replace(state, reserve=state.reserve | {route: shift})
            return msgspec.structs.replace(state, on=state.on | {route: shift})
        case AbsenceRecorded(routes=routes):
            gone = {r: s for r, s in (state.on | state.reserve).items() if r in routes}
            return msgspec.structs.replace(
                state,
                on={r: s for r, s in state.on.items() if r not in gone},
                reserve={r: s for r, s in state.reserve.items() if r not in gone},
                off=state.off | gone,
            )
        case ReserveCalled(route=route, shift=shift):
            left = {r: s for r, s in state.reserve.items() if r != route}
            return msgspec.structs.replace(state, reserve=left, on=state.on | {route: shift})
        case _:
            assert_never(event)
