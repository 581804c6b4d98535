"""Drawing: streets, water, green and buildings as plain lines: a page draws the city without tiles."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from osmium.osm import TagList

from doorstep.adapters.maps.speeds import GROUPS

AREA_LAYERS: Final = ("natural", "landuse", "leisure", "waterway")
"""Keys whose areas may be drawn, besides buildings."""

LAYERS: Final = ("water", "green", "building", *GROUPS)
"""Layers from the bottom up; a layer's number is its place here."""

GRID: Final = 100
"""Drawn coordinates are whole 1e-5 degrees, about a metre; OpenStreetMap's are 1e-7."""

BUILDING_M2_MIN: Final = 40
"""Smaller buildings are sheds and garages, not drawn, square metres."""

DEVIATION_MAX: Final = {"water": 3.0, "green": 4.0, "building": 1.0}
"""How far a simplified outline may leave the mapped one, in grid steps; streets take `STREET_DEVIATION`."""

STREET_DEVIATION: Final = 2.0
_PASSES: Final = 4
_METRES_PER_STEP: Final = 1.11

_GREEN: Final = {
    "natural": frozenset({"wood", "scrub", "grassland", "heath", "wetland"}),
    "landuse": frozenset(
        {"forest", "grass", "meadow", "cemetery", "recreation_ground", "village_green", "allotments"}
    ),
    "leisure": frozenset({"park", "garden", "golf_course", "pitch"}),
}
_WATER: Final = {
    "natural": frozenset({"water", "bay"}),
    "landuse": frozenset({"reservoir", "basin"}),
    "waterway": frozenset({"riverbank", "dock"}),
}

Rings = list[list[tuple[float, float]]]
"""A polygon: its outer ring, then its holes; longitude before latitude, as in GeoJSON."""


def area_layer(tags: TagList) -> str | None:
    """The layer that an area is drawn in, if any."""
    if tags.get("building", "no") != "no":
        return "building"
    for layer, kinds in (("water", _WATER), ("green", _GREEN)):
        if any(tags.get(key) in values for key, values in kinds.items()):
            return layer
    return None


class Sketch:
    """Gathers lines while a file is read."""

    def __init__(self) -> None:
        self._xs: list[int] = []
        self._ys: list[int] = []
        self._lengths: list[int] = []
        self._layers: list[int] = []
        self._holes: list[bool] = []

    def add_street(self, group: str, xs: Sequence[int], ys: Sequence[int]) -> None:
        """Adds a street's line, in 1e-7 degrees."""
        self._add(LAYERS.index(group), xs, ys, hole=False)

    def add_area(self, layer: str, outer: list[tuple[int, int]], holes: list[list[tuple[int, int]]]) -> None:
        """Adds an outline and its holes, in 1e-7 degrees; the tiniest buildings are left out."""
        if layer == "building" and _area_m2(outer) < BUILDING_M2_MIN:
            return
        for ring in (outer, *holes):
            xs, ys = zip(*ring, strict=True)
            self._add(LAYERS.index(layer), xs, ys, hole=ring is not outer)

    def _add(self, layer: int, xs: Sequence[int], ys: Sequence[int], *, hole: bool) -> None:
        self._xs.extend(xs)
        self._ys.extend(ys)
        self._lengths.append(len(xs))
        self._layers.append(layer)
        self._holes.append(hole)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The simplified lines for the map file, by array name."""
        xs = np.rint(np.array(self._xs, dtype=np.int64) / GRID).astype(np.int32)
        ys = np.rint(np.array(self._ys, dtype=np.int64) / GRID).astype(np.int32)
        lengths = np.array(self._lengths, dtype=np.int64)
        layers = np.array(self._layers, dtype=np.uint8)
        tolerance = np.array([DEVIATION_MAX.get(layer, STREET_DEVIATION) for layer in LAYERS])
        line = np.repeat(np.arange(len(lengths)), lengths)
        for parity in range(_PASSES):
            kept = _kept(xs, ys, line, tolerance[layers[line]], parity)
            xs, ys, line = xs[kept], ys[kept], line[kept]
        return {
            "draw_x": xs,
            "draw_y": ys,
            "draw_length": np.bincount(line, minlength=len(lengths)).astype(np.int32),
            "draw_layer": layers,
            "draw_hole": np.array(self._holes, dtype=np.uint8),
        }


def _kept(
    xs: NDArray[np.int32],
    ys: NDArray[np.int32],
    line: NDArray[np.int64],
    tolerance: NDArray[np.float64],
    parity: int,
) -> NDArray[np.bool_]:
    """Which points stay when every other one that hardly leaves the chord of its neighbours goes."""
    kept = np.ones(len(xs), dtype=np.bool_)
    if len(xs) < 3:
        return kept
    ax, ay = xs[:-2].astype(np.float64), ys[:-2].astype(np.float64)
    chord_x, chord_y = xs[2:] - ax, ys[2:] - ay
    off_x, off_y = xs[1:-1] - ax, ys[1:-1] - ay
    length = np.hypot(chord_x, chord_y)
    # Where both neighbours coincide, the point is the tip of a spur: its own distance counts.
    leave = np.where(
        length > 0,
        np.abs(chord_x * off_y - chord_y * off_x) / np.maximum(length, 1e-9),
        np.hypot(off_x, off_y),
    )
    inner = (line[:-2] == line[1:-1]) & (line[1:-1] == line[2:])
    turn = (np.arange(1, len(xs) - 1) + parity) % 2 == 0
    kept[1:-1] = ~(inner & turn & (leave < tolerance[1:-1]))
    return kept


def _area_m2(ring: list[tuple[int, int]]) -> float:
    """Rough square metres of a ring in 1e-7 degrees, good enough to tell a shed from a house."""
    x0, y0 = ring[0]
    twice = sum((ax - x0) * (by - y0) - (bx - x0) * (ay - y0) for (ax, ay), (bx, by) in pairwise(ring))
    shrink = float(np.cos(np.radians(y0 / 1e7)))
    return abs(twice) / 2 * (_METRES_PER_STEP / GRID) ** 2 * shrink


class Drawing(msgspec.Struct, frozen=True):
    """The city's drawing for a page, small enough to send whole.

    A line is a flat list of whole numbers: x and y of the first point, then the step to each next one, all in
    `step_deg` from `origin` (longitude, latitude). `streets` maps each group of streets to its lines. `areas`
    maps `water`, `green` and `building`, bottom first, to polygons: lists of lines, outer ring, then holes.
    """

    origin: tuple[float, float]
    step_deg: float
    areas: dict[str, list[list[list[int]]]]
    streets: dict[str, list[list[int]]]
    attribution: str


class DrawnLines:
    """The drawing as it lies in a map file."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._x: NDArray[np.int32] = arrays["draw_x"]
        self._y: NDArray[np.int32] = arrays["draw_y"]
        self._layer: NDArray[np.uint8] = arrays["draw_layer"]
        self._hole: NDArray[np.uint8] = arrays["draw_hole"]
        lengths = arrays["draw_length"]
        self._end = np.cumsum(lengths)
        self._start = self._end - lengths

    def streets(self) -> dict[str, Rings]:
        """Each group's streets as lists of (longitude, latitude), degrees."""
        return {group: [self._line(at) for at in self._of(group)] for group in GROUPS}

    def areas(self) -> dict[str, list[Rings]]:
        """Each area layer's polygons."""
        return {layer: self.polygons(layer) for layer in LAYERS[: -len(GROUPS)]}

    def polygons(self, layer: str) -> list[Rings]:
        """The polygons of one area layer."""
        polygons: list[Rings] = []
        for at in self._of(layer):
            if self._hole[at]:
                polygons[-1].append(self._line(at))
            else:
                polygons.append([self._line(at)])
        return polygons

    def drawing(self, attribution: str) -> Drawing:
        """The whole in its compact form."""
        if not len(self._x):
            return Drawing((0.0, 0.0), GRID / 1e7, {}, {}, attribution)
        x0, y0 = int(self._x.min()), int(self._y.min())
        areas: dict[str, list[list[list[int]]]] = {}
        for layer in LAYERS[: -len(GROUPS)]:
            polygons = areas.setdefault(layer, [])
            for at in self._of(layer):
                steps = self._steps(at, x0, y0)
                if self._hole[at]:
                    polygons[-1].append(steps)
                else:
                    polygons.append([steps])
        streets = {group: [self._steps(at, x0, y0) for at in self._of(group)] for group in GROUPS}
        origin = (x0 * GRID / 1e7, y0 * GRID / 1e7)
        return Drawing(origin, GRID / 1e7, areas, streets, attribution)

    def _of(self, layer: str) -> list[int]:
        return np.flatnonzero(self._layer == LAYERS.index(layer)).tolist()

    def _line(self, at: int) -> list[tuple[float, float]]:
        span = slice(self._start[at], self._end[at])
        xs, ys = (self._x[span] * GRID / 1e7).tolist(), (self._y[span] * GRID / 1e7).tolist()
        return [(round(x, 5), round(y, 5)) for x, y in zip(xs, ys, strict=True)]

    def _steps(self, at: int, x0: int, y0: int) -> list[int]:
        span = slice(self._start[at], self._end[at])
        xs = np.diff(self._x[span], prepend=x0)
        ys = np.diff(self._y[span], prepend=y0)
        return np.stack([xs, ys], axis=1).ravel().tolist()
