"""Streets: a built map, ready to answer how long and how far a van drives."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from doorstep.adapters.maps.addresses import AddressBook
from doorstep.adapters.maps.container import MapFacts, MapFile, read_map
from doorstep.adapters.maps.dijkstra import Dijkstra
from doorstep.adapters.maps.drawing import DrawnLines
from doorstep.adapters.maps.hierarchy import AVAILABLE, Hierarchy
from doorstep.adapters.maps.pieces import KMH_STEPS, segment_m
from doorstep.adapters.maps.speeds import GROUPS, SpeedModel
from doorstep.adapters.maps.turns import SINK
from doorstep.adapters.maps.water import Water
from doorstep.engine.ports.travel import SNAP_M_MAX, InWater, MapUnreadable, OffMap, PathPoint, Snapped
from doorstep.vocabulary.places import EARTH_RADIUS_M, Point, distance_m
from doorstep.vocabulary.units import Metres, Seconds

RouterName = Literal["hierarchy", "dijkstra"]

_MS_A_SECOND: Final = 1_000
_CM_MS_AT_1_KMH: Final = 36.0
"""Milliseconds that a centimetre takes at 1 km/h."""


class Router(Protocol):
    """Finds fastest drives over a map's arcs."""

    def matrix_ms(self, profile: int, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int64]:
        """Milliseconds of the fastest drives, shape (sources, targets)."""
        ...

    def arcs(self, profile: int, source: int, target: int) -> list[int]:
        """The arcs of the fastest drive, in driving order."""
        ...


def arc_weights_ms(arrays: Mapping[str, NDArray[Any]], speeds: SpeedModel) -> NDArray[np.int64]:
    """Milliseconds that a van needs for each arc, shape (profiles, arcs); 0 where drives merely end."""
    piece = arrays["arc_piece"]
    street = piece != SINK
    kmh = np.maximum(arrays["arc_speed"], 1) / KMH_STEPS
    free_ms = arrays["piece_length_cm"][piece] * _CM_MS_AT_1_KMH / kmh
    group = np.array([GROUPS.index(kind.group) for kind in speeds.class_.values()])
    share = speeds.shares()[:, group[arrays["piece_class"][piece]]]
    lights_ms = arrays["arc_signals"] * (speeds.limit.signal_s * _MS_A_SECOND)
    weights = np.maximum(1, np.rint(free_ms / share + lights_ms)).astype(np.int64)
    return np.asarray(np.where(street, weights, 0))


def _check_numbers(arrays: Mapping[str, NDArray[Any]], nodes: int) -> None:
    """Refuses arrays that point beyond each other: the hierarchy's library would crash on them.

    Raises:
        ValueError: A number lies outside its range.
    """
    total, pieces = len(arrays["node_x"]), len(arrays["piece_length_cm"])
    order, piece = arrays["order"], arrays["arc_piece"]
    ranges = (
        (arrays["arc_tail"], 0, total),
        (arrays["arc_head"], 0, total),
        (arrays["sink"], 0, total),
        (piece, SINK, pieces),
    )
    for numbers, first, end in ranges:
        if len(numbers) and not first <= int(numbers.min()) <= int(numbers.max()) < end:
            raise ValueError("a number out of range")
    sizes = {len(arrays[name]) for name in ("arc_tail", "arc_head", "arc_piece", "arc_speed", "arc_signals")}
    if len(sizes) != 1 or not 0 < nodes <= total or len(arrays["sink"]) != nodes:
        raise ValueError("arrays that do not belong together")
    if len(order) and not np.array_equal(np.sort(order), np.arange(total)):
        raise ValueError("an order that misses a node")


class StreetMap:
    """A city's streets, addresses and drawing, loaded from a map file; its travel times are the port's.

    It may be shared between threads.
    """

    def __init__(self, file: MapFile, router: RouterName | None = None) -> None:
        self.facts: MapFacts = file.facts
        self.content_sha256 = file.content_sha256
        arrays = file.arrays
        _check_numbers(arrays, file.facts.nodes)
        self._arrays = arrays
        self._hours = file.facts.speeds.hour_profile()
        self._hours.setflags(write=False)
        self._weights_ms = arc_weights_ms(arrays, file.facts.speeds)
        name = router or ("hierarchy" if AVAILABLE else "dijkstra")
        self._router: Router = (Hierarchy if name == "hierarchy" else Dijkstra)(arrays, self._weights_ms)
        self._sink: NDArray[np.int32] = arrays["sink"]
        self._shape_start = np.concatenate([[0], np.cumsum(arrays["shape_size"])])
        south, west, north, east = file.facts.bounds
        self._middle = Point(lat=(south + north) / 2, lon=(west + east) / 2)
        self._stops = np.flatnonzero(arrays["stops"])
        self._tree = KDTree(
            self._flat(arrays["node_y"][self._stops] / 1e7, arrays["node_x"][self._stops] / 1e7)
        )
        self._water = Water(
            [
                [self._flat(*np.array(ring).T[::-1]) for ring in rings]
                for rings in self.lines.polygons("water")
            ]
        )
        self.addresses = AddressBook(arrays)

    @classmethod
    def load(cls, path: Path, router: RouterName | None = None) -> Self:
        """Loads a map file.

        Args:
            path: The file that `doorstep map build` made.
            router: The hierarchy or Dijkstra's algorithm; by default the hierarchy where its library is.

        Raises:
            MapUnreadable: The file is missing or no map.
        """
        file = read_map(path)
        try:
            return cls(file, router)
        except (KeyError, ValueError, IndexError) as damage:
            raise MapUnreadable(f"{path.name} is a damaged map; build it again.") from damage

    @property
    def profiles(self) -> int:
        """How many speed profiles the map has."""
        return len(self.facts.speeds.profile)

    @property
    def hour_profile(self) -> NDArray[np.int8]:
        """The profile in each hour of the week, shape (168,); hour 0 starts on Monday at 00:00 local."""
        return self._hours

    @property
    def modelled(self) -> bool:
        """Always True: speeds come from a model of roads and hours, none was measured."""
        return True

    @property
    def nodes(self) -> int:
        """How many nodes callers may use; they are numbered from 0."""
        return self.facts.nodes

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """South, west, north, east of all streets, degrees."""
        return self.facts.bounds

    @property
    def attribution(self) -> str:
        """The line that every drawn map must carry."""
        return self.facts.attribution

    @property
    def lines(self) -> DrawnLines:
        """Streets, water, green and buildings for a page to draw."""
        return DrawnLines(self._arrays)

    def street_lines(self) -> dict[str, list[list[tuple[float, float]]]]:
        """Simplified streets by group, as lists of (longitude, latitude), degrees."""
        return self.lines.streets()

    def node_point(self, node: int) -> Point:
        """Where a node lies."""
        return Point(lat=int(self._arrays["node_y"][node]) / 1e7, lon=int(self._arrays["node_x"][node]) / 1e7)

    def _flat(self, lat: ArrayLike, lon: ArrayLike) -> NDArray[np.float64]:
        """Metres north and east of the map's middle, shape (points, 2)."""
        north = np.radians(np.asarray(lat) - self._middle.lat) * EARTH_RADIUS_M
        east = (
            np.radians(np.asarray(lon) - self._middle.lon)
            * EARTH_RADIUS_M
            * np.cos(np.radians(self._middle.lat))
        )
        return np.stack([north, east], axis=-1)

    def nearest(self, point: Point) -> Snapped:
        """The nearest node where a van can stop, however far; the point must be valid."""
        _, found = self._tree.query(self._flat(point.lat, point.lon))
        node = int(self._stops[found])
        return Snapped(node, distance_m(point, self.node_point(node)))

    def snap(self, point: Point) -> Snapped:
        """The nearest node where a van can stop.

        Raises:
            OffMap: The point is no place, in the water, or more than 300 m from every street.
        """
        if not point.is_valid():
            raise OffMap("The point is no place on earth.")
        snapped = self.nearest(point)
        if snapped.offset_m > SNAP_M_MAX:
            raise OffMap(OffMap.__doc__)
        if self._water.covers(self._flat(point.lat, point.lon)):
            raise InWater(InWater.__doc__)
        return snapped

    def _check(self, profile: int, nodes: Sequence[int]) -> list[int]:
        assert 0 <= profile < self.profiles, f"profile {profile} of {self.profiles}"
        chosen = [int(node) for node in nodes]
        assert not chosen or (min(chosen) >= 0 and max(chosen) < self.nodes), "a node of another map"
        return chosen

    def seconds(self, profile: int, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int32]:
        """Driving seconds, rounded up, shape (sources, targets)."""
        starts, ends = self._check(profile, sources), self._check(profile, targets)
        if not starts or not ends:
            return np.zeros((len(starts), len(ends)), dtype=np.int32)
        found_ms = self._router.matrix_ms(profile, starts, self._sink[ends].tolist())
        return (-(-found_ms // _MS_A_SECOND)).astype(np.int32)

    def _driven(self, profile: int, source: int, target: int) -> NDArray[np.int64]:
        """The streets' arcs of the fastest drive."""
        start, end = self._check(profile, [source, target])
        chosen = np.array(self._router.arcs(profile, start, int(self._sink[end])), dtype=np.int64)
        return np.asarray(chosen[self._arrays["arc_piece"][chosen] != SINK])

    def metres(self, profile: int, source: int, target: int) -> Metres:
        """Metres along the fastest path."""
        pieces = self._arrays["arc_piece"][self._driven(profile, source, target)]
        return Metres(_whole_metres(int(self._arrays["piece_length_cm"][pieces].sum(dtype=np.int64))))

    def path(self, profile: int, source: int, target: int) -> tuple[PathPoint, ...]:
        """The fastest path's points in driving order, with seconds and metres since its start."""
        points = [PathPoint(self.node_point(source), Seconds(0), Metres(0))]
        done_ms, done_cm = 0, 0
        for arc in self._driven(profile, source, target).tolist():
            piece = int(self._arrays["arc_piece"][arc])
            span = slice(self._shape_start[piece], self._shape_start[piece + 1])
            step = -1 if self._arrays["arc_reverse"][arc] else 1
            xs = self._arrays["shape_x"][span][::step].astype(np.int64)
            ys = self._arrays["shape_y"][span][::step].astype(np.int64)
            along = np.cumsum(segment_m(xs, ys))
            share = along / along[-1] if along[-1] > 0 else np.ones(len(along))
            arc_ms, arc_cm = int(self._weights_ms[profile, arc]), int(self._arrays["piece_length_cm"][piece])
            share[-1] = 1.0
            for x, y, part in zip(xs[1:].tolist(), ys[1:].tolist(), share.tolist(), strict=True):
                seconds = -(-(done_ms + round(arc_ms * part)) // _MS_A_SECOND)
                metres = _whole_metres(done_cm + round(arc_cm * part))
                points.append(PathPoint(Point(lat=y / 1e7, lon=x / 1e7), Seconds(seconds), Metres(metres)))
            done_ms += arc_ms
            done_cm += arc_cm
        return tuple(points)


def _whole_metres(cm: int) -> int:
    return (cm + 50) // 100
