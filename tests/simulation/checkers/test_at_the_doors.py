"""The checkers that call a running system: a small honest shop, and shops with one defect each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from tests.simulation.checkers.defects import log_of
from tests.simulation.checkers.town import Town

from doorstep.simulation.checkers.one_answer import OneAnswer, another
from doorstep.simulation.checkers.verdict import Verdict
from doorstep.simulation.checkers.walls import GuardedRoute, MerchantWalls

KEY = "idempotency-key"
OURS, THEIRS = {"authorization": "ours"}, {"authorization": "theirs"}
LOG = log_of(Town().diary.records)


@dataclass(frozen=True)
class Reply:
    """What the shop answers."""

    status: int
    body: bytes


@dataclass(frozen=True)
class SentOnce:
    """A write that the shop has answered."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes


@dataclass
class Shop:
    """Keeps notes by id for whoever wrote them; `defect` names the one thing that it does wrong."""

    defect: str = ""
    events: int = 0
    notes: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    answers: dict[str, tuple[bytes, Reply]] = field(default_factory=dict)
    calls: int = 0

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", /
    ) -> Reply:
        """The answer to a request."""
        self.calls += 1
        headers = headers or {}
        known = self.answers.get(headers.get(KEY, ""))
        if known is not None and self.defect != "forgets keys":
            if known[0] != body and self.defect != "ignores bodies":
                return self._problem(422, "key_reused")
            if self.defect == "writes again":
                self.events += 1
            return known[1]
        if method == "POST":
            reply = self._write(path, headers, body)
            self.answers[headers.get(KEY, str(self.calls))] = (body, reply)
            return reply
        return self._read(path, headers)

    def _write(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        name = path.rpartition("/")[2]
        if name in self.notes and self.notes[name][0] != headers["authorization"]:
            return self._problem(403 if self.defect == "says forbidden" else 404, "unknown")
        if name not in self.notes and path.startswith("/notes/"):
            return self._problem(404, "unknown")
        self.events += 1
        name = f"n{self.events}"
        self.notes[name] = (headers["authorization"], body)
        return Reply(201, json.dumps({"id": name, "number": self.events}).encode())

    def _read(self, path: str, headers: Mapping[str, str]) -> Reply:
        who = headers.get("authorization")
        if path == "/notes":
            all_of_them = self.defect == "lists all"
            names = [name for name, (owner, _) in self.notes.items() if owner == who or all_of_them]
            return Reply(200, json.dumps(names).encode())
        if self.defect == "shuts everyone out":
            return self._problem(404, "unknown")
        owner, body = self.notes.get(path.rpartition("/")[2], ("", b""))
        if owner == who or (owner and self.defect == "shows all"):
            return Reply(200, body)
        code = "not_yours" if owner and self.defect == "words it differently" else "unknown"
        return self._problem(404, code)

    def _problem(self, status: int, code: str) -> Reply:
        return Reply(status, json.dumps({"code": code, "request_id": str(self.calls)}).encode())


def _sent(shop: Shop, number: int) -> SentOnce:
    headers = {**OURS, KEY: f"k{number}"}
    body = json.dumps({"text": f"note {number}", "count": number}).encode()
    reply = shop("POST", "/notes", headers, body)
    return SentOnce("POST", "/notes", headers, body, reply.status, reply.body)


def _one_answer(shop: Shop) -> Verdict:
    sample = [_sent(shop, number) for number in range(5)]
    return OneAnswer(shop, sample, lambda: shop.events).check(LOG)


def test_a_key_that_is_kept_is_found_clean() -> None:
    """The second copy of a request gets the first one's answer, another body a refusal, the log nothing."""
    verdict = _one_answer(Shop())
    assert verdict.broken == ()
    assert verdict.subjects == 5


@pytest.mark.parametrize("defect", ["forgets keys", "ignores bodies", "writes again"])
def test_a_key_that_is_not_kept_is_found(defect: str) -> None:
    """A second effect, a second answer, or one answer for two bodies is said."""
    assert not _one_answer(Shop(defect)).holds


@pytest.mark.parametrize(
    "body", [b'{"a": 1}', b'{"a": "x"}', b'{"a": null}', b"[1]", b"\xff\xd8 picture", b"", b'{"a": [1]}']
)
def test_another_body_is_another(body: bytes) -> None:
    """Whatever was sent, the other body differs from it as a value, not only in its spaces."""
    found = another(body)
    assert found != body
    try:
        value = json.loads(body)
    except ValueError:
        return
    assert json.loads(found) != value


def _walls(shop: Shop) -> Verdict:
    theirs = [shop("POST", "/notes", {**THEIRS, KEY: f"t{n}"}, b'{"secret": 1}') for n in range(3)]
    names = tuple(json.loads(reply.body)["id"] for reply in theirs)
    routes = [
        GuardedRoute("GET", "/notes/{id}", names, "n99"),
        GuardedRoute("POST", "/notes/{id}", names, "n99", {}, b'{"about": "{id}"}'),
    ]
    return MerchantWalls(shop, OURS, THEIRS, routes, ["/notes"]).check(LOG)


def test_a_wall_that_stands_is_found_clean() -> None:
    """Foreign and unknown are answered alike, while the owner reads what is its own."""
    verdict = _walls(Shop())
    assert verdict.broken == ()
    assert verdict.holds


@pytest.mark.parametrize(
    "defect",
    ["shows all", "words it differently", "says forbidden", "lists all", "shuts everyone out"],
)
def test_a_hole_in_the_wall_is_found(defect: str) -> None:
    """Reading, listing, another status or word for a foreign id, or a wall around nothing, is said."""
    assert not _walls(Shop(defect)).holds
