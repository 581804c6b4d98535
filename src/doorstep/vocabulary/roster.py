"""Roster: who can work when. What is sold is sold against it."""

import msgspec

from doorstep.vocabulary.event import StreamId, tag_for
from doorstep.vocabulary.ids import DriverId, RouteId
from doorstep.vocabulary.route import Shift
from doorstep.vocabulary.units import Instant


class RosterCommand(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("roster")):
    """Addressed to a market's roster of one day, `YYYY-MM-DD`."""

    day: str

    def stream(self) -> StreamId:
        """The day's stream."""
        return StreamId(f"roster/{self.day}")


class PlanShift(RosterCommand, frozen=True):
    """Put a shift on the roster; `reserve` shifts are sold only after they were called."""

    route: RouteId
    shift: Shift
    reserve: bool


class RecordAbsence(RosterCommand, frozen=True):
    """A driver calls out."""

    driver: DriverId
    why: str
    at: Instant


class CallReserve(RosterCommand, frozen=True):
    """Bring a reserve shift in, as it will be worked: perhaps later, shorter, or for another hub."""

    route: RouteId
    shift: Shift
    at: Instant


class RosterEvent(msgspec.Struct, frozen=True, tag_field="type", tag=tag_for("roster")):
    """A fact about a day's roster."""

    day: str


class ShiftPlanned(RosterEvent, frozen=True):
    """On the roster."""

    route: RouteId
    shift: Shift
    reserve: bool


class AbsenceRecorded(RosterEvent, frozen=True):
    """Called out; `routes` are the shifts that fall away."""

    driver: DriverId
    routes: tuple[RouteId, ...]
    why: str
    at: Instant


class ReserveCalled(RosterEvent, frozen=True):
    """The reserve comes in."""

    route: RouteId
    shift: Shift
    at: Instant


AnyRosterEvent = ShiftPlanned | AbsenceRecorded | ReserveCalled
AnyRosterCommand = PlanShift | RecordAbsence | CallReserve
