"""Turns: restrictions hold by giving a restricted junction one extra node for each street that they bind.

Whoever comes along a bound street arrives at that street's own copy of the junction, from where only the
permitted streets go on. Everybody else uses the junction itself. The graph grows by a few nodes for each
restriction instead of by one for each street end, so queries stay as fast as without restrictions.
"""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

SINK: Final = -1
"""The piece of an arc that is no street: it joins a junction's copies where a drive ends."""

Ints = NDArray[np.int64]


class RestrictionKind(Enum):
    """Whether the named turn is the one that is forbidden, or the only one allowed."""

    NO = "no"
    ONLY = "only"


class Restriction(msgspec.Struct, frozen=True):
    """A turn restriction at a node, with the OpenStreetMap ids of the streets that lead in and out."""

    kind: RestrictionKind
    u_turn: bool
    via: int
    origins: tuple[int, ...]
    goals: tuple[int, ...]


class Arcs(msgspec.Struct, frozen=True):
    """Directed streets: from node, to node, piece (or `SINK`), and 1 where it is driven against its line."""

    tail: Ints
    head: Ints
    piece: Ints
    reverse: Ints


class Expansion(msgspec.Struct, frozen=True):
    """The graph with its restrictions built in.

    `origin` names each node's junction: itself for the first nodes, the copied one after. `sink` maps a
    junction that has copies to the node where drives to it end.
    """

    arcs: Arcs
    origin: Ints
    sink: dict[int, int]


class _Junctions:
    """Which arcs lead into and out of a node."""

    def __init__(self, arcs: Arcs, nodes: int) -> None:
        self.arcs = arcs
        self._out = np.argsort(arcs.tail, kind="stable")
        self._out_start = np.searchsorted(arcs.tail[self._out], np.arange(nodes + 1))
        self._in = np.argsort(arcs.head, kind="stable")
        self._in_start = np.searchsorted(arcs.head[self._in], np.arange(nodes + 1))

    def out(self, node: int) -> list[int]:
        return self._out[self._out_start[node] : self._out_start[node + 1]].tolist()  # type: ignore[no-any-return]  # numpy says Any of a list

    def into(self, node: int) -> list[int]:
        return self._in[self._in_start[node] : self._in_start[node + 1]].tolist()  # type: ignore[no-any-return]  # numpy says Any of a list

    def tail(self, arc: int) -> int:
        return int(self.arcs.tail[arc])

    def head(self, arc: int) -> int:
        return int(self.arcs.head[arc])

    def onward(self, arc: int) -> list[int]:
        """The arcs that go on from the end of `arc` where the street neither forks nor ends, else none."""
        node, behind = self.head(arc), self.tail(arc)
        neighbours = {self.head(out) for out in self.out(node)} | {
            self.tail(into) for into in self.into(node)
        }
        if len(neighbours - {behind}) != 1:
            return []
        return [out for out in self.out(node) if self.head(out) != behind]


def _permitted(
    restrictions: Sequence[Restriction],
    junctions: _Junctions,
    osm_id: Ints,
    node_of: dict[int, int],
    counts: Counter[str],
) -> dict[int, set[int]]:
    """For each arc that a restriction binds, the arcs that may follow it."""
    permitted: dict[int, set[int]] = {}
    way = osm_id[junctions.arcs.piece]
    for restriction in restrictions:
        via = node_of.get(restriction.via)
        if via is None:
            counts["restrictions_off_network"] += 1
            continue
        into = [arc for arc in junctions.into(via) if int(way[arc]) in restriction.origins]
        out = [arc for arc in junctions.out(via) if int(way[arc]) in restriction.goals]
        everything = set(junctions.out(via))
        turning_back = restriction.u_turn and set(restriction.origins) & set(restriction.goals)
        if not into or not out:
            # A closed or one-way street already forbids what the restriction says.
            counts["restrictions_needless"] += 1
        elif turning_back and restriction.kind is RestrictionKind.NO:
            counts["restrictions_kept"] += 1
            for arc in into:
                back = {onward for onward in everything if junctions.head(onward) == junctions.tail(arc)}
                permitted[arc] = permitted.get(arc, everything) - back
        elif len(into) > len(restriction.origins) or len(out) > len(restriction.goals):
            counts["restrictions_unclear"] += 1
        else:
            counts["restrictions_kept"] += 1
            named = set(out)
            for arc in into:
                allowed = permitted.get(arc, everything)
                permitted[arc] = (
                    allowed - named if restriction.kind is RestrictionKind.NO else allowed & named
                )
    return permitted


class _Expander:
    """Adds copies, their arcs and their sinks."""

    def __init__(self, junctions: _Junctions, nodes: int, permitted: dict[int, set[int]]) -> None:
        self.junctions = junctions
        self.permitted = permitted
        self.origin = list(range(nodes))
        self.rows: list[tuple[int, int, int, int]] = []
        self.landing = {arc: self._copy(junctions.head(arc)) for arc in sorted(permitted)}
        self.coasting: dict[int, int] = {}

    def _copy(self, node: int) -> int:
        self.origin.append(node)
        return len(self.origin) - 1

    def _end(self, arc: int, waiting: list[int]) -> int:
        """Where a permitted arc leads: a bound street's copy, or one from which nobody turns back mid-street.

        Without the latter a van would obey "no left turn" by turning round at the next house.
        """
        if arc in self.landing:
            return self.landing[arc]
        node = self.junctions.head(arc)
        if not self.junctions.onward(arc):
            return node
        if arc not in self.coasting:
            self.coasting[arc] = self._copy(node)
            waiting.append(arc)
        return self.coasting[arc]

    def expand(self) -> None:
        """Adds the arcs that leave each copy."""
        waiting: list[int] = []
        for arc, allowed in sorted(self.permitted.items()):
            for onward in sorted(allowed):
                self._add(self.landing[arc], onward, waiting)
        while waiting:
            arc = waiting.pop()
            for onward in self.junctions.onward(arc):
                self._add(self.coasting[arc], onward, waiting)

    def _add(self, copy: int, arc: int, waiting: list[int]) -> None:
        arcs = self.junctions.arcs
        self.rows.append((copy, self._end(arc, waiting), int(arcs.piece[arc]), int(arcs.reverse[arc])))

    def sinks(self) -> dict[int, int]:
        """Adds one end for each junction that has copies, and the arcs that lead there."""
        copies: dict[int, list[int]] = {}
        for node in (*self.landing.values(), *self.coasting.values()):
            copies.setdefault(self.origin[node], []).append(node)
        sink: dict[int, int] = {}
        for node, twins in sorted(copies.items()):
            sink[node] = self._copy(node)
            self.rows.extend((twin, sink[node], SINK, 0) for twin in (node, *twins))
        return sink


def expand_turns(
    arcs: Arcs,
    node_ref: Ints,
    osm_id: Ints,
    restrictions: Sequence[Restriction],
    counts: Counter[str],
) -> Expansion:
    """Builds restrictions into a graph.

    Args:
        arcs: The graph without restrictions.
        node_ref: Each node's OpenStreetMap id.
        osm_id: Each piece's OpenStreetMap way.
        restrictions: What to build in.
        counts: Takes how many restrictions were kept, needless, unclear or off the network.
    """
    nodes = len(node_ref)
    junctions = _Junctions(arcs, nodes)
    vias = {restriction.via for restriction in restrictions}
    node_of = {ref: node for node, ref in enumerate(node_ref.tolist()) if ref in vias}
    permitted = _permitted(restrictions, junctions, osm_id, node_of, counts)
    expander = _Expander(junctions, nodes, permitted)
    expander.expand()
    sink = expander.sinks()
    head = arcs.head.copy()
    for arc, landing in expander.landing.items():
        head[arc] = landing
    added = np.array(expander.rows, dtype=np.int64).reshape(-1, 4)
    expanded = Arcs(
        tail=np.concatenate([arcs.tail, added[:, 0]]),
        head=np.concatenate([head, added[:, 1]]),
        piece=np.concatenate([arcs.piece, added[:, 2]]),
        reverse=np.concatenate([arcs.reverse, added[:, 3]]),
    )
    return Expansion(expanded, np.array(expander.origin, dtype=np.int64), sink)
