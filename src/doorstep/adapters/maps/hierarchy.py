"""Hierarchy: fastest drives by customizable contraction hierarchies (RoutingKit's).

The binding's queries belong to the thread that made them, and panic when a result is held at the next query.
So every call here makes its own query, at about 0.1 ms, and keeps no result.
"""

import importlib.util
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from routingkit_cch import CCHMetric

AVAILABLE: Final = importlib.util.find_spec("routingkit_cch") is not None
"""Whether the wheel is there; Linux on ARM has none, and uses Dijkstra's algorithm instead."""


def contraction_order(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.int32]:
    """The order in which nodes are contracted, shape (nodes,); empty where the library is missing.

    Dead ends and nodes along a street go first, since contracting them joins at most two neighbours; forks, a
    third of a city's nodes, are ordered by nested dissection.
    """
    if not AVAILABLE:
        return np.zeros(0, dtype=np.int32)
    from routingkit_cch import compute_order_inertial

    nodes = len(arrays["node_x"])
    simple, edges = _contract_simple(nodes, arrays["arc_tail"], arrays["arc_head"])
    forks = np.setdiff1d(np.arange(nodes), simple)
    if not len(forks):
        # The library crashes on a graph without nodes.
        return simple.astype(np.int32)
    number = np.zeros(nodes, dtype=np.int64)
    number[forks] = np.arange(len(forks))
    order = compute_order_inertial(
        len(forks),
        number[edges // nodes].tolist(),
        number[edges % nodes].tolist(),
        (arrays["node_y"][forks] / 1e7).tolist(),
        (arrays["node_x"][forks] / 1e7).tolist(),
    )
    return np.concatenate([simple, forks[np.array(order, dtype=np.int64)]]).astype(np.int32)


def _edges(tail: NDArray[Any], head: NDArray[Any], nodes: int) -> NDArray[np.int64]:
    """Each pair of different ends once, as lower * nodes + higher."""
    low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head).astype(np.int64)
    return np.asarray(np.unique((low * nodes + high)[low != high]))


def _contract_simple(
    nodes: int, tail: NDArray[Any], head: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Contracts nodes with at most two neighbours, in rounds of nodes that are no neighbours of each other.

    Returns:
        The contracted nodes in their order, and the edges that are left between the others.
    """
    edges = _edges(tail, head, nodes)
    # A fixed shuffle: along a street about every third node goes in a round, so rounds are few.
    turn = (np.arange(nodes, dtype=np.uint64) * np.uint64(2_654_435_761)) % np.uint64(1 << 32)
    left = np.ones(nodes, dtype=np.bool_)
    rounds: list[NDArray[np.int64]] = []
    while True:
        low, high = edges // nodes, edges % nodes
        degree = np.bincount(low, minlength=nodes) + np.bincount(high, minlength=nodes)
        chosen = left & (degree <= 2)
        rivals = chosen[low] & chosen[high]
        chosen[np.where(turn[low] > turn[high], low, high)[rivals]] = False
        if not chosen.any():
            break
        rounds.append(np.flatnonzero(chosen))
        left &= ~chosen
        centre = np.concatenate([low[chosen[low]], high[chosen[high]]])
        beside = np.concatenate([high[chosen[low]], low[chosen[high]]])
        by_centre = np.argsort(centre, kind="stable")
        centre, beside = centre[by_centre], beside[by_centre]
        first = np.flatnonzero(centre[1:] == centre[:-1])
        joined = _edges(beside[first], beside[first + 1], nodes)
        edges = np.union1d(edges[~(chosen[low] | chosen[high])], joined)
    return np.concatenate([np.zeros(0, dtype=np.int64), *rounds]), edges


class Hierarchy:
    """Fastest drives for several sets of weights over one graph.

    Args:
        arrays: A map's arrays.
        weights_ms: Milliseconds per arc, shape (profiles, arcs).
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], weights_ms: NDArray[np.int64]) -> None:
        from routingkit_cch import CCH

        order = arrays["order"] if len(arrays["order"]) else contraction_order(arrays)
        self._cch = CCH(order.tolist(), arrays["arc_tail"].tolist(), arrays["arc_head"].tolist(), False)
        self._weights_ms = weights_ms
        self._metrics: dict[int, CCHMetric] = {}
        self._lock = threading.Lock()

    def renew(self, weights_ms: NDArray[np.int64]) -> "CCHMetric":
        """The hierarchy under new weights, shape (arcs,), ready for queries."""
        from routingkit_cch import CCHMetric

        return CCHMetric(self._cch, weights_ms.tolist())

    def customise(self, profile: int) -> "CCHMetric":
        """The hierarchy under a profile's weights, made on first use."""
        with self._lock:
            if profile not in self._metrics:
                self._metrics[profile] = self.renew(self._weights_ms[profile])
            return self._metrics[profile]

    def matrix_ms(self, profile: int, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int64]:
        """Milliseconds of the fastest drives, shape (sources, targets)."""
        from routingkit_cch import CCHManyToOne, CCHOneToMany

        metric = self.customise(profile)
        if len(targets) < len(sources):
            into = CCHManyToOne(metric, list(sources))
            columns = [np.array(into.distances_to(target), dtype=np.int64) for target in targets]
            return np.stack(columns, axis=1) if columns else np.zeros((len(sources), 0), dtype=np.int64)
        out = CCHOneToMany(metric, list(targets))
        rows = [np.array(out.distances_from(source), dtype=np.int64) for source in sources]
        return np.stack(rows) if rows else np.zeros((0, len(targets)), dtype=np.int64)

    def arcs(self, profile: int, source: int, target: int) -> list[int]:
        """The arcs of the fastest drive, in driving order."""
        from routingkit_cch import CCHQuery

        found = CCHQuery(self.customise(profile)).run(source, target)
        arcs: list[int] = found.arc_path
        return arcs
