"""One key, one effect, one answer: also where the process ends between the effect and its answer."""

import re
from pathlib import Path

import pytest
from tests.web.town import Town, at, iso, problem

from doorstep.engine.idempotency import IdempotencyKeys
from doorstep.engine.ports.store import Batch, StoreUnavailableError
from doorstep.web.loopback import Answered
from doorstep.web.routes import DOORS

KEY = "once-1"
HTTP = Path(__file__).parents[2] / "docs" / "reference" / "http.md"
SESSIONS = {"/login", "/logout"}
"""These change no market."""


def killed(town: Town, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: object) -> None:
    """Send the request, and let the process end when it has committed the effect and not yet its answer."""
    commit = town.app.store.commit

    def commit_effects_alone(batch: Batch) -> None:
        if not batch.events:
            raise StoreUnavailableError("the process was killed")
        commit(batch)

    with monkeypatch.context() as patched:
        patched.setattr(town.app.store, "commit", commit_effects_alone)
        assert town.call("operator", method, path, body, idempotency_key=KEY, if_match="*").status == 503
    # What a process knows of requests under way ends with it.
    town.app.idempotency = IdempotencyKeys(town.app.market.id, town.app.store, town.clock)


def asked(town: Town, kind: str) -> tuple[str, str, object]:
    """A request of a kind, with what it needs in place."""
    absence = {"day": "2026-06-16", "driver": town.app.network.shifts[0].driver, "why": "ill"}
    held = {**town.order(), "external_id": "held"}
    fresh: dict[str, tuple[str, str, object]] = {
        "place": ("POST", "/v1/orders", town.order()),
        "hold": ("POST", "/v1/promises", held),
        "absence": ("POST", "/v1/roster/absences", absence),
    }
    if kind in fresh:
        return fresh[kind]
    if kind in ("confirm", "release"):
        path = f"/v1/promises/{town.json('operator', 'POST', '/v1/promises', held, 201)['id']}/{kind}"
        body = {name: value for name, value in town.order().items() if not name.startswith("window")}
        return "POST", path, body if kind == "confirm" else {"why": "left"}
    street = (
        "Nirgendwoweg 99, 17033 Neubrandenburg" if kind == "case" else "Turmstraße 18, 17033 Neubrandenburg"
    )
    placed = town.place(1, address=street)
    path = f"/v1/orders/{placed['id']}"
    return {
        "contact": (
            "POST", "/v1/contacts", {"order": placed["id"], "topic": "where_is_my_order", "channel": "phone"},
        ),
        "case": (
            "POST", f"/v1/cases/{placed['case']}/snooze", {"until": iso(at(9)), "why": "asked", "by": "ada"},
        ),
        "amend": ("PATCH", path, {"instructions": "ring twice"}),
        "cancel": ("POST", f"{path}/cancel", {"reason": "changed mind"}),
        "packet": ("POST", f"{path}/packet", None),
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["place", "hold", "confirm", "release", "absence", "contact", "case", "amend", "cancel", "packet"],
)
def test_a_kill_between_effect_and_answer_doubles_neither(
    town: Town, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Asked again under its key, the request does nothing more and is answered, ever after the same."""
    method, path, body = asked(town, kind)
    before = town.app.market.head.size
    killed(town, monkeypatch, method, path, body)
    done = town.app.market.head
    assert done.size > before

    def again() -> Answered:
        return town.call("operator", method, path, body, idempotency_key=KEY, if_match="*")

    answer = again()
    assert answer.status in (200, 201), answer.body
    assert answer.headers["idempotency-replayed"] == "true"
    assert again().body == answer.body
    assert town.app.market.head == done


def test_a_refusal_leaves_no_receipt(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused did nothing, so that the same request is decided anew after the process ended."""
    path = f"/v1/orders/{town.place()['id']}/cancel"
    town.json("operator", "POST", path, {"reason": "changed mind"})
    killed(town, monkeypatch, "POST", path, {"reason": "again"})
    answer = town.call("operator", "POST", path, {"reason": "again"}, idempotency_key=KEY)
    assert answer.status == 409
    assert "idempotency-replayed" not in answer.headers
    assert problem(answer)["code"] != "in_flight"


def test_the_doors_that_cannot_are_written_down() -> None:
    """Every write whose key is not in the commit of its effect is named in the conventions."""
    told = HTTP.read_text(encoding="utf-8")
    without = {door.path for door in DOORS if door.is_write and door.retell is None} - SESSIONS
    section = told.partition("do no harm when they are repeated:")[2].partition("\n#")[0]
    assert without | {"/v1/orders"} == set(re.findall(r"`POST (\S+)`", section))
