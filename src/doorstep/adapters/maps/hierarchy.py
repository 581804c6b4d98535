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
    """The order in which nodes are contracted, shape (nodes,); empty where the library is missing."""
    if not AVAILABLE:
        return np.zeros(0, dtype=np.int32)
    from routingkit_cch import compute_order_inertial

    order = compute_order_inertial(
        len(arrays["node_x"]),
        arrays["arc_tail"].tolist(),
        arrays["arc_head"].tolist(),
        (arrays["node_y"] / 1e7).tolist(),
        (arrays["node_x"] / 1e7).tolist(),
    )
    return np.array(order, dtype=np.int32)


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

    def customise(self, profile: int) -> "CCHMetric":
        """The hierarchy under a profile's weights, made on first use."""
        from routingkit_cch import CCHMetric

        with self._lock:
            if profile not in self._metrics:
                self._metrics[profile] = CCHMetric(self._cch, self._weights_ms[profile].tolist())
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
