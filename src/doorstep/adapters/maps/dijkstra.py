"""Dijkstra: the same fastest drives where the hierarchy's library is missing; slower, equal answers."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra


class Dijkstra:
    """Fastest drives for several sets of weights over one graph.

    Args:
        arrays: A map's arrays.
        weights_ms: Milliseconds per arc, shape (profiles, arcs).
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], weights_ms: NDArray[np.int64]) -> None:
        self._tail, self._head = arrays["arc_tail"], arrays["arc_head"]
        self._nodes = len(arrays["node_x"])
        self._weights_ms = weights_ms
        self._graphs: dict[int, tuple[csr_array, NDArray[np.int64]]] = {}
        self._lock = threading.Lock()

    def _graph(self, profile: int) -> tuple[csr_array, NDArray[np.int64]]:
        """The graph under a profile's weights, and the arc behind each of its entries."""
        with self._lock:
            if profile not in self._graphs:
                weights = self._weights_ms[profile]
                # Of parallel arcs only the fastest may stay: SciPy would add them up.
                order = np.lexsort((weights, self._head, self._tail))
                tail, head = self._tail[order], self._head[order]
                first = np.ones(len(order), dtype=np.bool_)
                first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
                arcs = order[first]
                starts = np.searchsorted(tail[first], np.arange(self._nodes + 1))
                # Explicit zeros stay arcs in a sparse graph.
                graph = csr_array(
                    (weights[arcs].astype(np.float64), head[first], starts), shape=(self._nodes, self._nodes)
                )
                self._graphs[profile] = (graph, arcs)
            return self._graphs[profile]

    def matrix_ms(self, profile: int, sources: Sequence[int], targets: Sequence[int]) -> NDArray[np.int64]:
        """Milliseconds of the fastest drives, shape (sources, targets)."""
        found = np.zeros((len(sources), len(targets)), dtype=np.int64)
        graph, _ = self._graph(profile)
        chosen = list(targets)
        for row, source in enumerate(sources):
            # One source at a time: a row of all nodes is large, and only the targets' part is kept.
            found[row] = dijkstra(graph, indices=source)[chosen]
        return found

    def arcs(self, profile: int, source: int, target: int) -> list[int]:
        """The arcs of the fastest drive, in driving order."""
        graph, arc_of = self._graph(profile)
        _, before = dijkstra(graph, indices=source, return_predecessors=True)
        path: list[int] = []
        node = target
        while node != source:
            previous = int(before[node])
            assert previous >= 0, "every node of a map is reachable from every other"
            span = slice(graph.indptr[previous], graph.indptr[previous + 1])
            entry = graph.indptr[previous] + int(np.searchsorted(graph.indices[span], node))
            path.append(int(arc_of[entry]))
            node = previous
        return path[::-1]
