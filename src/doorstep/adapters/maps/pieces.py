"""Pieces: streets cut at junctions, and shorter where they run long, so that every door has a node nearby."""

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
    """All ways' points in one row, and the stretches of them between two junctions."""

    def __init__(self, extract: Extract) -> None:
        ways = extract.ways
        self.x = np.array([x for way in ways for x in way.xs], dtype=np.int64)
        self.y = np.array([y for way in ways for y in way.ys], dtype=np.int64)
        refs = np.array([ref for way in ways for ref in way.refs], dtype=np.int64)
        self.way = np.repeat(np.arange(len(ways)), [len(way.refs) for way in ways])
        self.unique, first, self.node = np.unique(refs, return_index=True, return_inverse=True)
        self.unique_x, self.unique_y = self.x[first], self.y[first]
        # Metres since the first point of the first way: differences within a way are what counts.
        self.metre = np.concatenate([[0.0], np.cumsum(segment_m(self.x, self.y))])
        uses = np.bincount(self.node, minlength=len(self.unique))
        edge = np.flatnonzero(np.diff(self.way))
        uses[self.node[np.concatenate([[0], edge, edge + 1, [len(self.way) - 1]])]] += 2
        stops = np.flatnonzero(uses[self.node] > 1)
        within = self.way[stops[:-1]] == self.way[stops[1:]]
        self.start, self.end = stops[:-1][within], stops[1:][within]
        mask = np.array([extract.signals.get(ref, 0) for ref in self.unique.tolist()], dtype=np.int64)
        # Entry i counts the lights before position i.
        self.lights_forward = np.concatenate([[0], np.cumsum(mask[self.node] & 1)])
        self.lights_backward = np.concatenate([[0], np.cumsum((mask[self.node] >> 1) & 1)])


class _Cutter:
    """Collects pieces; nodes that cutting adds are numbered after those of the file."""

    def __init__(self, chains: _Chains) -> None:
        self.chains = chains
        self.cut_x: list[int] = []
        self.cut_y: list[int] = []
        self.ends: list[tuple[int, int]] = []
        self.measures: list[tuple[int, float, int, int]] = []
        self.shapes_x: list[Ints] = []
        self.shapes_y: list[Ints] = []

    def cut(self, start: int, end: int) -> None:
        """Cuts the stretch between two junction positions into equal pieces no longer than the limit."""
        chains = self.chains
        tail, head = int(chains.node[start]), int(chains.node[end])
        begin, length = chains.metre[start], chains.metre[end] - chains.metre[start]
        # A loop back to its own junction needs a node on the way, or no address on it could be reached.
        count = max(1 + (tail == head), int(np.ceil(length / PIECE_M_MAX)))
        if count == 1:
            self._keep_whole(start, end, float(length))
            return
        marks = begin + length * np.arange(count + 1) / count
        marks[-1] = chains.metre[end]
        # First positions beyond each mark, and at or beyond it.
        beyond = start + np.searchsorted(chains.metre[start : end + 1], marks, side="right")
        at = start + np.searchsorted(chains.metre[start : end + 1], marks, side="left")
        beyond[0], at[0], beyond[-1], at[-1] = start + 1, start, end + 1, end
        corners = [(int(chains.x[start]), int(chains.y[start]))]
        corners += [self._between(int(beyond[part]) - 1, float(marks[part])) for part in range(1, count)]
        corners.append((int(chains.x[end]), int(chains.y[end])))
        nodes = [tail, *(self._add_node(corner) for corner in corners[1:-1]), head]
        for part in range(count):
            inner = slice(int(beyond[part]), int(at[part + 1]))
            (ax, ay), (bx, by) = corners[part], corners[part + 1]
            self.shapes_x.append(np.concatenate([[ax], chains.x[inner], [bx]]))
            self.shapes_y.append(np.concatenate([[ay], chains.y[inner], [by]]))
            self.ends.append((nodes[part], nodes[part + 1]))
            # A van meets the lights ahead of it: one at the piece's end, none at its start.
            forward = chains.lights_forward[beyond[part + 1]] - chains.lights_forward[beyond[part]]
            backward = chains.lights_backward[at[part + 1]] - chains.lights_backward[at[part]]
            self.measures.append((int(chains.way[start]), length / count, int(forward), int(backward)))

    def _keep_whole(self, start: int, end: int, length: float) -> None:
        """What `cut` does for the many stretches that are short already."""
        chains = self.chains
        self.shapes_x.append(chains.x[start : end + 1])
        self.shapes_y.append(chains.y[start : end + 1])
        self.ends.append((int(chains.node[start]), int(chains.node[end])))
        forward = chains.lights_forward[end + 1] - chains.lights_forward[start + 1]
        backward = chains.lights_backward[end] - chains.lights_backward[start]
        self.measures.append((int(chains.way[start]), length, int(forward), int(backward)))

    def _add_node(self, corner: tuple[int, int]) -> int:
        self.cut_x.append(corner[0])
        self.cut_y.append(corner[1])
        return len(self.chains.unique) + len(self.cut_x) - 1

    def _between(self, position: int, metre: float) -> tuple[int, int]:
        """The point at `metre` on the segment that begins at `position`."""
        chains = self.chains
        position = min(position, len(chains.x) - 2)
        span = float(chains.metre[position + 1] - chains.metre[position])
        share = (metre - float(chains.metre[position])) / span if span > 0 else 0.0
        x, y = chains.x[position : position + 2].tolist(), chains.y[position : position + 2].tolist()
        return round(x[0] + share * (x[1] - x[0])), round(y[0] + share * (y[1] - y[0]))


def cut_streets(extract: Extract) -> Pieces:
    """Cuts an extract's streets into pieces.

    Raises:
        MapUnreadable: The extract holds no street that a van may use.
    """
    if not extract.ways:
        raise MapUnreadable("The extract holds no street that a van may use.")
    chains = _Chains(extract)
    cutter = _Cutter(chains)
    for start, end in zip(chains.start.tolist(), chains.end.tolist(), strict=True):
        cutter.cut(start, end)
    ends = np.array(cutter.ends, dtype=np.int64)
    way, metres, forward, backward = (np.array(column) for column in zip(*cutter.measures, strict=True))
    codes = {name: code for code, name in enumerate(extract.model.class_)}
    ways = extract.ways
    cuts = len(cutter.cut_x)
    sizes = np.array([len(shape) for shape in cutter.shapes_x], dtype=np.int64)
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
        shape_start=np.concatenate([[0], np.cumsum(sizes)]),
        shape_x=np.concatenate(cutter.shapes_x),
        shape_y=np.concatenate(cutter.shapes_y),
    )
