"""Invariant 16: no merchant reads or moves what is another's, or learns that it exists."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec

from doorstep.simulation.checkers.doors import Call
from doorstep.simulation.checkers.exported import Log
from doorstep.simulation.checkers.verdict import Checker, Tally

NOT_FOUND_STATUS: Final = 404
OK_STATUS: Final = 200
_OWN_TO_ANSWER: Final = frozenset({"request_id", "instance"})
"""Fields of a problem that differ between any two answers."""


class GuardedRoute(msgspec.Struct, frozen=True):
    """A route with one id in it, `{id}`, and a body that it would take.

    `foreign` are ids that exist and belong to the other merchant; `unknown` is one of the same form that
    nobody has. `readable` are those of them that show their owner something: all, unless it says fewer.
    """

    method: str
    path: str
    foreign: tuple[str, ...]
    unknown: str
    headers: dict[str, str] = {}
    body: bytes = b""
    readable: tuple[str, ...] | None = None


class MerchantWalls(Checker):
    """Foreign is unknown: the same status, the same body, for every route and every foreign id.

    Args:
        call: to the running system.
        intruder: headers with the other merchant's key.
        owner: headers with the key that may read; a guarded GET must answer it, or the wall proves nothing.
        routes: every route that carries an id.
        lists: paths of lists; what the intruder sees there holds none of the foreign ids.
    """

    number: ClassVar[int] = 16
    name: ClassVar[str] = "no merchant reads another's data, foreign is unknown"

    def __init__(
        self,
        call: Call,
        intruder: Mapping[str, str],
        owner: Mapping[str, str],
        routes: Sequence[GuardedRoute],
        lists: Sequence[str] = (),
    ) -> None:
        self._call = call
        self._intruder = dict(intruder)
        self._owner = dict(owner)
        self._routes = tuple(routes)
        self._lists = tuple(lists)

    def inspect(self, log: Log, tally: Tally) -> None:
        """Knock at every door with every foreign id."""
        del log
        foreign = {name for route in self._routes for name in route.foreign}
        for route in self._routes:
            unknown = self._knock(route, route.unknown, self._intruder)
            name = f"{route.method} {route.path}"
            tally.that(unknown[0] == NOT_FOUND_STATUS, name, f"an unknown id is answered {unknown[0]}")
            for there in route.foreign:
                found = self._knock(route, there, self._intruder)
                tally.that(found == unknown, f"{name} {there}", f"answered {found[0]} unlike an unknown id")
            readable = route.foreign if route.readable is None else route.readable
            if route.method == "GET" and readable:
                own = self._knock(route, readable[0], self._owner)[0]
                tally.that(own == OK_STATUS, name, f"its owner is answered {own}")
        for path in self._lists:
            seen = self._call("GET", path, self._intruder, b"").body
            shown = sorted(there for there in foreign if there.encode() in seen)
            tally.that(not shown, f"GET {path}", f"it shows {', '.join(shown[:3])}")

    def _knock(self, route: GuardedRoute, name: str, key: Mapping[str, str]) -> tuple[int, Any]:
        """The status and the body, without what differs between any two answers."""
        path = route.path.replace("{id}", name)
        body = route.body.replace(b"{id}", name.encode())
        answer = self._call(route.method, path, {**route.headers, **key}, body)
        try:
            told = json.loads(answer.body.replace(name.encode(), b"{id}"))
        except ValueError:
            return answer.status, answer.body
        if isinstance(told, dict):
            told = {field: value for field, value in told.items() if field not in _OWN_TO_ANSWER}
        return answer.status, told
