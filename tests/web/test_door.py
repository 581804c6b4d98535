"""Doors: keys, limits, problems, idempotency and headers are the same on every one."""

import asyncio
import itertools
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from tests.web.town import Town, problem

from doorstep.web.door import BODY_BYTES_MAX

SCHEMA = (
    Path(__file__).parents[2].parent / "shared" / "vectors" / "rfc9457" / "schema" / "json" / "problem.json"
)
PIECE_BYTES = 64 << 10


def test_no_key_opens_nothing(town: Town) -> None:
    """Without a key, and with one that is unknown, a door says the same."""
    for headers in ({}, {"authorization": "Bearer nobody"}, {"authorization": "Basic abc"}):
        answer = town.loopback.call("GET", "/v1/orders", headers)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert problem(answer)["code"] == "unauthorized"


def test_a_key_of_another_role_is_turned_away(town: Town) -> None:
    """A driver reads no cases, and a merchant tells no arrival."""
    driver = next(iter(town.tokens.keys() - {"operator", *town.merchants}))
    assert town.call(driver, "GET", "/v1/cases").status == 403
    assert town.call(town.merchants[0], "POST", "/v1/driver/positions", {}).status == 403


def test_a_revoked_key_opens_nothing(town: Town) -> None:
    """From its revocation on, a key is as good as none."""
    key = next(key for key in town.app.keys.of_market(town.app.market.id) if key.label == "operator")
    assert town.call("operator", "GET", "/v1/orders").status == 200
    town.app.keys.revoke(key.hash, town.clock.now())
    assert town.call("operator", "GET", "/v1/orders").status == 401


def test_open_reads_are_for_this_machine_and_for_reading(open_town: Town) -> None:
    """In the demo a read needs no key on loopback; a write does, and a foreign name for this machine."""
    assert open_town.call(None, "GET", "/v1/board").status == 200
    assert open_town.call(None, "POST", "/v1/orders", open_town.order()).status == 401
    assert open_town.loopback.call("GET", "/v1/board", {"host": "evil.example"}).status == 401


def test_reads_are_closed_unless_the_settings_open_them(town: Town) -> None:
    """A market that is no demo asks everyone for a key, on loopback too."""
    assert town.call(None, "GET", "/v1/board").status == 401
    assert town.call(None, "GET", "/health").status == 200


def test_a_body_above_its_limit_is_refused(town: Town) -> None:
    """A body that is too large is given up, whatever its header claims."""
    raw = b'{"reason": "' + b"x" * BODY_BYTES_MAX + b'"}'
    answer = town.call("operator", "POST", "/v1/quotes", raw)
    assert (answer.status, problem(answer)["code"]) == (413, "too_large")
    answer = town.call("operator", "POST", "/v1/quotes", raw, content_length="5")
    assert answer.status == 413


def test_a_long_file_may_come_where_a_long_object_may_not(town: Town) -> None:
    """The door that takes files of orders has the object's limit for an object, and the file's for a file."""
    raw = json.dumps(town.order(instructions="x" * BODY_BYTES_MAX)).encode()
    answer = town.call("operator", "POST", "/v1/orders", raw)
    assert (answer.status, problem(answer)["code"]) == (413, "too_large")
    answer = town.call("operator", "POST", "/v1/orders", raw, content_type="application/x-ndjson")
    assert [json.loads(line)["status"] for line in answer.body.splitlines()] == [422]


def test_a_body_without_an_end_is_read_up_to_the_limit(town: Town) -> None:
    """A body that comes in pieces and names no length is given up at the first piece beyond the limit."""
    pieces, answered = itertools.count(1), []
    last = 0

    async def receive() -> dict[str, object]:
        nonlocal last
        last = next(pieces)
        return {"type": "http.request", "body": b" " * PIECE_BYTES, "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    headers = {"authorization": f"Bearer {town.tokens['operator']}", "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/quotes",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(town.api(scope, receive, send))
    assert answered[0]["status"] == 413
    assert last == BODY_BYTES_MAX // PIECE_BYTES + 1


def test_a_body_of_another_kind_is_refused(town: Town) -> None:
    """A form is no JSON."""
    answer = town.call(
        "operator", "POST", "/v1/quotes", b"a=1", content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status, problem(answer)["code"]) == (415, "media_type")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nothing", 404), ("DELETE", "/v1/orders", 405), ("GET", "/v1/orders/", 404)],
)
def test_what_the_router_refuses_is_a_problem_too(town: Town, method: str, path: str, status: int) -> None:
    """No path, or no such method on it, is said in the same form."""
    assert problem(town.call("operator", method, path))["status"] == status


@pytest.mark.parametrize("path", ["tenders", "tenders/tnd_x", "deliveries/dlv_x", "feed"])
def test_reads_that_are_open_are_no_carriers(open_town: Town, path: str) -> None:
    """Where everyone on this machine may read, nobody is a carrier without its key."""
    assert open_town.call(None, "GET", f"/v1/carrier/{path}").status == 403


def test_a_wrong_method_is_told_all_that_the_path_has(town: Town) -> None:
    """Each method of a path is a door of its own, and the refusal names them all."""
    for path, methods in (("/v1/orders", "GET, HEAD, POST"), ("/v1/orders/ord_x", "GET, HEAD, PATCH")):
        assert town.call("operator", "DELETE", path).headers["allow"] == methods


def test_every_answer_carries_the_security_headers(town: Town) -> None:
    """Pages, data, refusals: a browser is told the same of all of them."""
    for path in ("/", "/v1/board", "/v1/nothing", "/static/app/dispatch.js", "/health"):
        headers = town.call("operator", "GET", path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-request-id"]


def test_what_may_hold_a_persons_data_stays_in_no_cache(town: Town) -> None:
    """An answer that does not say otherwise is not stored."""
    assert town.call("operator", "GET", "/v1/orders").headers["cache-control"] == "no-store"


def test_a_callers_request_id_comes_back_where_it_is_harmless(town: Town) -> None:
    """A caller's own id is repeated; one that could forge a header is replaced."""
    assert town.call("operator", "GET", "/health", x_request_id="mine-1").headers["x-request-id"] == "mine-1"
    assert town.call("operator", "GET", "/health", x_request_id="a b\tc").headers["x-request-id"] != "a b\tc"


def test_a_problem_names_the_request(town: Town) -> None:
    """The problem's request id is the one in the header."""
    answer = town.call("operator", "GET", "/v1/orders/none")
    assert problem(answer)["request_id"] == answer.headers["x-request-id"]


def test_the_same_key_and_request_is_done_once(town: Town) -> None:
    """A request that is repeated under its key gets the first answer, and changes nothing."""
    first = town.call("operator", "POST", "/v1/orders", town.order(), idempotency_key="k-1")
    size = town.app.market.head.size
    again = town.call("operator", "POST", "/v1/orders", town.order(), idempotency_key='"k-1"')
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert town.app.market.head.size == size


def test_the_same_key_for_another_request_is_refused(town: Town) -> None:
    """A key stands for one request: another body, or another path, cannot use it."""
    town.call("operator", "POST", "/v1/orders", town.order(), idempotency_key="k-1")
    other = town.call("operator", "POST", "/v1/orders", town.order(2), idempotency_key="k-1")
    assert (other.status, problem(other)["code"]) == (422, "key_reused")


def test_a_refusal_by_a_rule_is_said_again_under_its_key(town: Town) -> None:
    """What a rule refused stays refused for that key, so that a phone's late copy cannot slip through."""
    placed = town.place()
    path = f"/v1/orders/{placed['id']}/cancel"
    town.call("operator", "POST", path, {"reason": "changed mind"})
    first = town.call("operator", "POST", path, {"reason": "again"}, idempotency_key="k-2")
    again = town.call("operator", "POST", path, {"reason": "again"}, idempotency_key="k-2")
    assert first.status == again.status == 409
    assert first.body == again.body


def test_a_request_that_was_never_carried_out_leaves_its_key_free(town: Town) -> None:
    """A body with an error may be mended and sent again under the same key."""
    bad = town.call("operator", "POST", "/v1/orders", {**town.order(), "parcels": 0}, idempotency_key="k-3")
    good = town.call("operator", "POST", "/v1/orders", town.order(), idempotency_key="k-3")
    assert (bad.status, good.status) == (422, 201)


def test_two_callers_may_use_the_same_key(town: Town) -> None:
    """A key is its caller's own."""
    mine, theirs = town.merchants[:2]
    first = town.call(mine, "POST", "/v1/orders", town.order(), idempotency_key="k")
    second = town.call(theirs, "POST", "/v1/orders", town.order(2, merchant=theirs), idempotency_key="k")
    assert (first.status, second.status) == (201, 201)
    assert first.body != second.body


def test_a_parameter_twice_in_the_query_is_refused(town: Town) -> None:
    """Of two values we would have to guess one."""
    assert town.call("operator", "GET", "/v1/orders?limit=1&limit=2").status == 400


@pytest.mark.skipif(not SCHEMA.exists(), reason="the problem-details schema is not here")
def test_problems_fit_the_schema_of_rfc_9457(town: Town) -> None:
    """Each member that the standard defines has the type and the range that its schema says."""
    # The RFC folds long lines of its schema with a backslash.
    schema = json.loads(SCHEMA.read_text().replace("\\\n", ""))
    kinds = {"string": str, "integer": int}
    answers = [
        town.call(None, "GET", "/v1/orders"),
        town.call("operator", "GET", "/v1/orders/none"),
        town.call("operator", "POST", "/v1/orders", {"parcels": "x"}),
        town.call("operator", "GET", "/v1/nothing"),
    ]
    for answer in answers:
        found = problem(answer)
        assert {"type", "title", "status", "detail"} <= found.keys()
        for name, rule in schema["properties"].items():
            if name in found:
                assert isinstance(found[name], kinds[rule["type"]])
        assert 100 <= found["status"] <= 599
        assert found["status"] == answer.status
