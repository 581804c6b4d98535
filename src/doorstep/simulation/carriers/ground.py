"""Ground: what a carrier shares with the own fleet's world: streets as they really are, and people's luck."""

from typing import Final, Protocol

from doorstep.engine.ports.travel import PathPoint
from doorstep.simulation.draws import Draws
from doorstep.simulation.world import Drive, WorldParameters
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.units import Instant, Metres, Seconds

DETOUR: Final = 1.35
"""Street metres for each metre as the crow flies, where no map is at hand: modelled."""
METRES_A_SECOND: Final = 7.0
"""How fast that is driven: modelled."""
PARK_S: Final = 40
STEPS: Final = 60
"""Points of a drive without a map."""
SERVICE_S_MIN: Final = 20


class Ground(Protocol):
    """As much of a world as a carrier meets; `doorstep.simulation.world.World` is one."""

    parameters: WorldParameters

    def drive(self, start: Point, end: Point, at: Instant, leg: str) -> Drive:
        """The drive as it really goes."""
        ...

    def service_s(self, planned_s: int, stop: str) -> int:
        """Real seconds at a door."""
        ...

    def happens(self, share: float, *what: object) -> bool:
        """Whether something with this share happens to this subject."""
        ...

    def position(self, truth: Point, stop: str) -> Point:
        """Where a phone believes to be."""
        ...


class FlatGround:
    """A ground without a map, for a carrier that runs alone: straight lines, driven with a detour."""

    def __init__(self, parameters: WorldParameters, draws: Draws) -> None:
        self.parameters = parameters
        self._draws = draws

    def drive(self, start: Point, end: Point, at: Instant, leg: str) -> Drive:  # noqa: ARG002  no hour is faster here
        """Along a straight line."""
        metres = distance_m(start, end) * DETOUR
        slow = self._draws.of("leg", leg).uniform(0.85, 1.3)
        seconds = metres / METRES_A_SECOND * slow
        path = tuple(
            PathPoint(
                Point(
                    start.lat + (end.lat - start.lat) * step / STEPS,
                    start.lon + (end.lon - start.lon) * step / STEPS,
                ),
                Seconds(round(seconds * step / STEPS)),
                Metres(round(metres * step / STEPS)),
            )
            for step in range(STEPS + 1)
        )
        return Drive(Seconds(round(seconds) + PARK_S), Metres(round(metres)), path)

    def service_s(self, planned_s: int, stop: str) -> int:
        """Around what is planned."""
        return max(SERVICE_S_MIN, round(planned_s * self._draws.of("service", stop).uniform(0.6, 1.5)))

    def happens(self, share: float, *what: object) -> bool:
        """By the draw of this subject."""
        return self._draws.of(*what).random() < share

    def position(self, truth: Point, stop: str) -> Point:
        """Some metres off."""
        luck = self._draws.of("gps", stop)
        return Point(truth.lat + luck.gauss(0, 12) / 111_320, truth.lon + luck.gauss(0, 12) / 66_000)
