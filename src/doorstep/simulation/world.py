"""World: what is really so. Nothing here is ever read by planner, promises or policies.

Streets are slower or faster than modelled, doors take longer or shorter, people are out, vans break down.
"""

from math import exp, log
from pathlib import Path
from typing import Final

import msgspec

from doorstep.engine.ports.travel import PathPoint, TravelTimes
from doorstep.simulation.draws import Draws
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import MICROSECONDS, Instant, Metres, Seconds

HOUR_S: Final = 3_600
WEEK_HOURS: Final = 168


class WorldParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The truth of a day, in shares (0 to 1), seconds and counts.

    Attributes:
        tempo_day_sd: spread of the whole day's driving time against the model.
        tempo_hour_sd: spread of each hour's.
        tempo_leg_sd: spread of each leg's.
        park_s: seconds from the street to the door, mean.
        service_factor: real service time against the planned one, mean.
        service_sd: its spread, as a share.
        out_share: recipients who are not there.
        neighbour_share: of those, where a neighbour takes it.
        refused_share: recipients who do not want it any more.
        damaged_share: parcels that are found damaged at the door.
        proof_forgotten_share: handoffs at which the driver forgets a photo or signature.
        short_share: parcels that are not on the floor at load-out.
        stray_gps_share: arrivals whose position is far off.
        asks_share: shoppers who ask where their order is.
        asks_told_share: of those, who still ask when a message has told them since the window was promised.
        asks_page_share: of those, whom the page answers.
        returns_share: shoppers who send back, the same day, what was delivered to them.
        breakdowns: vans that break down on the day.
        call_outs: drivers who call out in the morning.
    """

    tempo_day_sd: float = 0.03
    tempo_hour_sd: float = 0.03
    tempo_leg_sd: float = 0.15
    park_s: float = 25.0
    service_factor: float = 0.9
    service_sd: float = 0.35
    out_share: float = 0.035
    neighbour_share: float = 0.35
    refused_share: float = 0.004
    damaged_share: float = 0.002
    proof_forgotten_share: float = 0.004
    short_share: float = 0.001
    stray_gps_share: float = 0.003
    asks_share: float = 0.05
    asks_told_share: float = 0.6
    asks_page_share: float = 0.7
    returns_share: float = 0.02
    breakdowns: int = 1
    call_outs: int = 1


def read_parameters(path: Path) -> WorldParameters:
    """Parameters from a TOML file.

    Raises:
        msgspec.ValidationError: a key that is none, or a value of a wrong kind.
    """
    return msgspec.toml.decode(path.read_bytes(), type=WorldParameters)


class Drive(msgspec.Struct, frozen=True):
    """A drive as it really goes: seconds in all, metres, and points with their real seconds."""

    seconds: Seconds
    metres: Metres
    path: tuple[PathPoint, ...]


class World:
    """The truth behind one day."""

    def __init__(
        self, streets: TravelTimes, parameters: WorldParameters, draws: Draws, week_origin: Instant
    ) -> None:
        self.streets = streets
        self.parameters = parameters
        self.draws = draws
        self._week_origin = week_origin
        self._day_tempo = self._spread(draws.of("tempo"), parameters.tempo_day_sd)
        self.found: set[str] = set()
        """Parcels that were not on the floor, and that somebody found: they stand there now."""

    @staticmethod
    def _spread(source: object, sd: float) -> float:
        """A factor around 1 with this relative spread (log-normal)."""
        sigma = log(1 + sd * sd) ** 0.5
        return exp(source.gauss(-sigma * sigma / 2, sigma))  # type: ignore[attr-defined]  # Random by duck

    def drive(self, start: Point, end: Point, at: Instant, leg: str) -> Drive:
        """The drive from one point to another when leaving at an instant; `leg` names its luck."""
        a, b = self.streets.snap(start).node, self.streets.snap(end).node
        hour = ((at - self._week_origin) // MICROSECONDS // HOUR_S) % WEEK_HOURS
        profile = int(self.streets.hour_profile[hour])
        parameters = self.parameters
        tempo = self._day_tempo
        tempo *= self._spread(self.draws.of("hour", hour), parameters.tempo_hour_sd)
        tempo *= self._spread(self.draws.of("leg", leg), parameters.tempo_leg_sd)
        if a == b:
            seconds = round(parameters.park_s * tempo)
            here = PathPoint(end, Seconds(seconds), Metres(0))
            return Drive(Seconds(seconds), Metres(0), (here,))
        path = self.streets.path(profile, a, b)
        park_s = parameters.park_s * self._spread(self.draws.of("park", leg), 0.5)
        points = tuple(
            PathPoint(point.point, Seconds(round(point.seconds * tempo)), point.metres) for point in path
        )
        return Drive(Seconds(round(path[-1].seconds * tempo + park_s)), path[-1].metres, points)

    def hour(self, at: Instant) -> int:
        """The hour of the local day."""
        return ((at - self._week_origin) // MICROSECONDS // HOUR_S) % 24

    def service_s(self, planned_s: int, stop: str) -> int:
        """Real seconds at a door for which the plan has `planned_s`."""
        parameters = self.parameters
        factor = parameters.service_factor * self._spread(
            self.draws.of("service", stop), parameters.service_sd
        )
        return max(20, round(planned_s * factor))

    def happens(self, share: float, *what: object) -> bool:
        """Whether something with this share happens to this subject."""
        return self.draws.of(*what).random() < share

    def position(self, truth: Point, stop: str) -> Point:
        """Where the phone believes to be."""
        luck = self.draws.of("gps", stop)
        metres = 400.0 if luck.random() < self.parameters.stray_gps_share else 12.0
        return Point(truth.lat + luck.gauss(0, metres) / 111_320, truth.lon + luck.gauss(0, metres) / 66_000)
