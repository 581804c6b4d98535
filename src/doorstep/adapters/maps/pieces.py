"""Pieces: streets cut at junctions, and shorter where they run long, so that every door has a node nearby."""

from bisect import bisect_right
from math import ceil
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from doorstep.adapters.maps.extract import Extract
from doorstep.engine.ports.travel import MapUnreadable
from doorstep.vocabulary.places import EARTH_RADIUS_M

PIECE_M_MAX: Final = 120
"""Longer stretches between junctions are cut into equal pieces, metres."""

KMH_STEPS: Final = 10
"""Speeds are kept in tenths of km/h."""

NO_REF: Final = np.iinfo(np.int64).min
"""Stands for the OpenStreetMap id of a node that cutting added."""

Ints = NDArray[np.int64]


class Pieces(msgspec.Struct, frozen=True):
    """Streets as pieces between nodes; node and piece numbers are places in these arrays.

    Coordinates are 1e-7 degrees; `shape_start` has one entry more than there are pieces. Speeds are 0.1 km/h
    along and against the drawn line, 0 where closed. `signals_*` counts the lights that a van passes on it.
    """

    node_x: Ints
    node_y: Ints
    node_ref: Ints
    tail: Ints
    head: Ints
    osm_id: Ints
    street_class: Ints
    length_cm: Ints
    speed_forward: Ints
    speed_backward: Ints
    signals_forward: Ints
    signals_backward: Ints
    shape_start: Ints
    shape_x: Ints
    shape_y: Ints


def segment_m(xs: Ints, ys: Ints) -> NDArray[np.float64]:
    """Great-circle metres from each point to the next, shape (points - 1,)."""
    lon, lat = np.radians(xs / 1e7), np.radians(ys / 1e7)
    chord = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


class _Chains:
    """All ways' points in one row, and the stretches of them between two junctions.

    Lists rather than arrays: the cutter takes single points, of which Python's lists are faster to read.
    """

    def __init__(self, extract: Extract) -> None:
        ways = extract.ways
        self.x = [x for way in ways for x in way.xs]
        self.y = [y for way in ways for y in way.ys]
        xs, ys = np.array(self.x, dtype=np.int64), np.array(self.y, dtype=np.int64)
        refs = np.array([ref for way in ways for ref in way.refs], dtype=np.int64)
        way = np.repeat(np.arange(len(ways)), [len(way.refs) for way in ways])
        self.unique, first, node = np.unique(refs, return_index=True, return_inverse=True)
        self.unique_x, self.unique_y = xs[first], ys[first]
        # Metres since the first point of the first way: differences within a way are what counts.
        self.metre: list[float] = [0.0, *np.cumsum(segment_m(xs, ys)).tolist()]
        uses = np.bincount(node, minlength=len(self.unique))
        edge = np.flatnonzero(np.diff(way))
        uses[node[np.concatenate([[0], edge, edge + 1, [len(way) - 1]])]] += 2
        stops = np.flatnonzero(uses[node] > 1)
        within = way[stops[:-1]] == way[stops[1:]]
        self.start: list[int] = stops[:-1][within].tolist()
        self.end: list[int] = stops[1:][within].tolist()
        lit = np.array([extract.signals.get(ref, 0) for ref in self.unique.tolist()], dtype=np.int64)[node]
        # Entry i counts the lights before position i.
        self.lights_forward: list[int] = [0, *np.cumsum(lit & 1).tolist()]
        self.lights_backward: list[int] = [0, *np.cumsum((lit >> 1) & 1).tolist()]
        self.node: list[int] = node.tolist()
        self.way: list[int] = way.tolist()


class _Cutter:
    """Collects pieces; nodes that cutting adds are numbered after those of the file."""

    def __init__(self, chains: _Chains) -> None:
        self.chains = chains
        self.cut_x: list[int] = []
        self.cut_y: list[int] = []
        self.ends: list[tuple[int, int]] = []
        self.measures: list[tuple[int, float, int, int]] = []
        self.sizes: list[int] = []
        self.shape_x: list[int] = []
        self.shape_y: list[int] = []

    def cut(self, start: int, end: int) -> None:
        """Cuts the stretch between two junction positions into equal pieces no longer than the limit."""
        chains = self.chains
        metre, begin = chains.metre, chains.metre[start]
        length = metre[end] - begin
        tail, goal = chains.node[start], chains.node[end]
        # A loop back to its own junction needs a node on the way, or no address on it could be reached.
        count = max(1 + (tail == goal), ceil(length / PIECE_M_MAX))
        low, corner = start, (chains.x[start], chains.y[start])
        for part in range(1, count + 1):
            if part == count:
                at, beyond, head, next_corner = end, end, goal, (chains.x[end], chains.y[end])
            else:
                mark = begin + length * part / count
                # The last position at or before the mark.
                at = min(bisect_right(metre, mark, low, end + 1) - 1, end - 1)
                beyond, next_corner = at + 1, self._between(at, mark)
                head = self._add_node(next_corner)
            self.shape_x += [corner[0], *chains.x[low + 1 : beyond], next_corner[0]]
            self.shape_y += [corner[1], *chains.y[low + 1 : beyond], next_corner[1]]
            self.sizes.append(beyond - low + 1)
            self.ends.append((tail, head))
            # A van meets the lights ahead of it: one at the piece's end, none at its start.
            forward = chains.lights_forward[at + 1] - chains.lights_forward[low + 1]
            behind = start if part == 1 else low + 1
            backward = chains.lights_backward[beyond] - chains.lights_backward[behind]
            self.measures.append((chains.way[start], length / count, forward, backward))
            tail, low, corner = head, at, next_corner

    def _add_node(self, corner: tuple[int, int]) -> int:
        self.cut_x.append(corner[0])
        self.cut_y.append(corner[1])
        return len(self.chains.unique) + len(self.cut_x) - 1

    def _between(self, position: int, metre: float) -> tuple[int, int]:
        """The point at `metre` on the segment that begins at `position`."""
        x, y, metres = self.chains.x, self.chains.y, self.chains.metre
        span = metres[position + 1] - metres[position]
        share = (metre - metres[position]) / span if span > 0 else 0.0
        return (
            round(x[position] + share * (x[position + 1] - x[position])),
            round(y[position] + share * (y[position + 1] - y[position])),
        )


def cut_streets(extract: Extract) -> Pieces:
    """Cuts an extract's streets into pieces.

    Raises:
        MapUnreadable: The extract holds no street that a van may use.
    """
    if not extract.ways:
        raise MapUnreadable("The extract holds no street that a van may use.")
    chains = _Chains(extract)
    cutter = _Cutter(chains)
    for start, end in zip(chains.start, chains.end, strict=True):
        cutter.cut(start, end)
    ends = np.array(cutter.ends, dtype=np.int64)
    way, metres, forward, backward = (np.array(column) for column in zip(*cutter.measures, strict=True))
    codes = {name: code for code, name in enumerate(extract.model.class_)}
    ways = extract.ways
    cuts = len(cutter.cut_x)
    return Pieces(
        node_x=np.concatenate([chains.unique_x, np.array(cutter.cut_x, dtype=np.int64)]),
        node_y=np.concatenate([chains.unique_y, np.array(cutter.cut_y, dtype=np.int64)]),
        node_ref=np.concatenate([chains.unique, np.full(cuts, NO_REF, dtype=np.int64)]),
        tail=ends[:, 0],
        head=ends[:, 1],
        osm_id=np.array([one.osm_id for one in ways], dtype=np.int64)[way],
        street_class=np.array([codes[one.street_class] for one in ways], dtype=np.int64)[way],
        length_cm=np.rint(metres * 100).astype(np.int64),
        speed_forward=np.rint(np.array([one.kmh_forward for one in ways])[way] * KMH_STEPS).astype(np.int64),
        speed_backward=np.rint(np.array([one.kmh_backward for one in ways])[way] * KMH_STEPS).astype(
            np.int64
        ),
        signals_forward=forward,
        signals_backward=backward,
        shape_start=np.concatenate([[0], np.cumsum(cutter.sizes)]),
        shape_x=np.array(cutter.shape_x, dtype=np.int64),
        shape_y=np.array(cutter.shape_y, dtype=np.int64),
    )
