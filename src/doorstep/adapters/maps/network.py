"""Network: the largest part of a city's streets in which a van gets from everywhere to everywhere."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from doorstep.adapters.maps.hierarchy import contraction_order
from doorstep.adapters.maps.pieces import Pieces
from doorstep.adapters.maps.speeds import SpeedModel
from doorstep.adapters.maps.turns import SINK, Arcs, Restriction, expand_turns
from doorstep.engine.ports.travel import MapUnreadable

NO_STOPPING: Final = ("motorway", "motorway_link")
"""Classes of street where no van may stop, so no address is snapped there."""

Ints = NDArray[np.int64]


class Network(msgspec.Struct, frozen=True):
    """The arrays of a map file, and how many of its nodes callers may use: the first ones."""

    arrays: dict[str, NDArray[Any]]
    nodes: int


def _graph(tail: Ints, head: Ints, nodes: int) -> csr_array:
    return coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes)).tocsr()


def _largest_part(graph: csr_array) -> NDArray[np.bool_]:
    """Which nodes lie in the largest strongly connected part."""
    _, part = connected_components(graph, directed=True, connection="strong")
    return np.asarray(part == np.bincount(part).argmax())


def _tied_to_main_part(arcs: Arcs, nodes: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """From which nodes a van gets to the largest part, and to which nodes it gets from there."""
    graph = _graph(arcs.tail, arcs.head, nodes)
    root = int(np.argmax(_largest_part(graph)))
    leaves, entered = np.zeros(nodes, dtype=np.bool_), np.zeros(nodes, dtype=np.bool_)
    leaves[breadth_first_order(graph.T.tocsr(), root, return_predecessors=False)] = True
    entered[breadth_first_order(graph, root, return_predecessors=False)] = True
    return leaves, entered


def _street_arcs(pieces: Pieces) -> Arcs:
    numbers = np.arange(len(pieces.tail))
    along, against = numbers[pieces.speed_forward > 0], numbers[pieces.speed_backward > 0]
    arcs = Arcs(
        tail=np.concatenate([pieces.tail[along], pieces.head[against]]),
        head=np.concatenate([pieces.head[along], pieces.tail[against]]),
        piece=np.concatenate([along, against]),
        reverse=np.concatenate([np.zeros(len(along), dtype=np.int64), np.ones(len(against), dtype=np.int64)]),
    )
    # Arcs that start together lie together: queries touch less memory.
    return _pick(arcs, np.lexsort((arcs.head, arcs.tail)))


def _pick(arcs: Arcs, chosen: NDArray[Any]) -> Arcs:
    return Arcs(arcs.tail[chosen], arcs.head[chosen], arcs.piece[chosen], arcs.reverse[chosen])


def _renumber(arcs: Arcs, number: Ints) -> Arcs:
    """The arcs between nodes that have a number, under that number; -1 is none."""
    kept = _pick(arcs, (number[arcs.tail] >= 0) & (number[arcs.head] >= 0))
    return Arcs(number[kept.tail], number[kept.head], kept.piece, kept.reverse)


def _numbers(chosen: Ints, nodes: int) -> Ints:
    number = np.full(nodes, -1, dtype=np.int64)
    number[chosen] = np.arange(len(chosen))
    return number


def connect(
    pieces: Pieces, restrictions: Sequence[Restriction], model: SpeedModel, counts: Counter[str]
) -> Network:
    """Joins pieces to a network with its turn restrictions, and orders it for queries.

    Raises:
        MapUnreadable: No two places can be reached from each other.
    """
    arcs = _street_arcs(pieces)
    main = np.flatnonzero(_largest_part(_graph(arcs.tail, arcs.head, len(pieces.node_x))))
    arcs = _renumber(arcs, _numbers(main, len(pieces.node_x)))
    counts["nodes_cut_off"] = len(np.union1d(pieces.tail, pieces.head)) - len(main)
    expansion = expand_turns(arcs, pieces.node_ref[main], pieces.osm_id, restrictions, counts)
    arcs, origin = expansion.arcs, expansion.origin
    sink = np.arange(len(main))
    sink[list(expansion.sink)] = list(expansion.sink.values())
    leaves, entered = _tied_to_main_part(arcs, len(origin))
    # A drive may start at a junction itself and end at its sink, though neither lies on any round trip.
    public = np.flatnonzero(leaves[: len(main)] & entered[sink])
    if len(public) < 2:
        raise MapUnreadable("The extract holds no streets between which a van can drive there and back.")
    hidden = np.setdiff1d(np.arange(len(origin)), public)
    order = np.concatenate([public, hidden])
    number = _numbers(order, len(origin))
    arcs = _renumber(arcs, number)
    place = main[origin[order]]
    counts.update(
        {"nodes": len(public), "nodes_for_restrictions": len(hidden), "arcs": int(np.sum(arcs.piece != SINK))}
    )
    used = np.unique(arcs.piece[arcs.piece != SINK])
    arrays = _arrays(pieces, arcs, used, place)
    arrays["sink"] = number[sink[public]].astype(np.int32)
    arrays["stops"] = _stops(pieces, arcs, place, model)[: len(public)]
    arrays["order"] = contraction_order(arrays)
    return Network(arrays, len(public))


def _stops(pieces: Pieces, arcs: Arcs, place: Ints, model: SpeedModel) -> NDArray[np.uint8]:
    """Whether a van may stop at a node: a street that is no motorway touches it."""
    closed = [code for code, name in enumerate(model.class_) if name in NO_STOPPING]
    streets = (arcs.piece != SINK) & ~np.isin(pieces.street_class[arcs.piece], closed)
    stops = np.zeros(len(pieces.node_x), dtype=np.uint8)
    stops[place[arcs.tail[streets]]] = 1
    stops[place[arcs.head[streets]]] = 1
    if not stops.any():
        stops[place] = 1
    return stops[place]


def _arrays(pieces: Pieces, arcs: Arcs, used: Ints, place: Ints) -> dict[str, NDArray[Any]]:
    number = _numbers(used, len(pieces.tail) + 1)
    number[SINK] = SINK
    against = arcs.reverse == 1
    street = arcs.piece != SINK
    speed = np.where(against, pieces.speed_backward[arcs.piece], pieces.speed_forward[arcs.piece])
    signals = np.where(against, pieces.signals_backward[arcs.piece], pieces.signals_forward[arcs.piece])
    sizes = np.diff(pieces.shape_start)
    chosen = np.zeros(len(sizes), dtype=np.bool_)
    chosen[used] = True
    points = np.repeat(chosen, sizes)
    return {
        "node_x": pieces.node_x[place].astype(np.int32),
        "node_y": pieces.node_y[place].astype(np.int32),
        "arc_tail": arcs.tail.astype(np.int32),
        "arc_head": arcs.head.astype(np.int32),
        "arc_piece": number[arcs.piece].astype(np.int32),
        "arc_reverse": arcs.reverse.astype(np.uint8),
        "arc_speed": np.where(street, speed, 0).astype(np.uint16),
        "arc_signals": np.where(street, signals, 0).astype(np.uint8),
        "piece_length_cm": pieces.length_cm[used].astype(np.int32),
        "piece_class": pieces.street_class[used].astype(np.uint8),
        "shape_size": sizes[used].astype(np.int32),
        "shape_x": pieces.shape_x[points].astype(np.int32),
        "shape_y": pieces.shape_y[points].astype(np.int32),
    }
