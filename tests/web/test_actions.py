import json
from typing import Any

import pytest
from tests.web.town import Town, iso, problem

from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.units import after

ORDERS = 6


@pytest.fixture
def planned(town: Town) -> list[Any]:
    """Orders for the morning, on the town's vans."""
    return [town.place(number) for number in range(1, ORDERS + 1)]


def route_of(town: Town, order: Any) -> str | None:  # noqa: ANN401 - JSON of any shape
    return town.app.planner.plan.route_of(order["delivery"])


def targets(town: Town, order: Any) -> list[Any]:  # noqa: ANN401 - JSON of any shape
    found: list[Any] = town.json("operator", "GET", f"/v1/dispatch/targets?delivery={order['delivery']}")[
        "targets"
    ]
    return found


def preview(town: Town, **body: object) -> tuple[Any, str]:
    answer = town.call("operator", "POST", "/v1/dispatch/preview", body)
    assert answer.status == 200, answer.body
    return json.loads(answer.body), answer.headers["etag"]


def take(town: Town, tag: str, **body: object) -> Any:  # noqa: ANN401 - JSON of any shape
    answer = town.call("operator", "POST", "/v1/dispatch/actions", body, if_match=tag)
    assert answer.status == 201, answer.body
    return json.loads(answer.body)


def test_a_stop_is_moved_by_its_preview_and_taken_back(town: Town, planned: list[Any]) -> None:
    """The best other route of the list, its preview, the action, and undo: everything stands as before."""
    order = planned[0]
    home, text = route_of(town, order), town.app.planner.plan.plan_text()
    best = next(one for one in targets(town, order) if not one["is_current"] and one["added_s"] is not None)
    body = {"kind": "move", "delivery": order["delivery"], "route": best["route"]}
    effect, tag = preview(town, **body)
    assert effect["added_s"] == best["added_s"]
    assert effect["is_possible"]
    assert effect["broken"] == []
    assert {one["delivery"] for one in effect["promises"]} >= {order["delivery"]}
    assert route_of(town, order) == home
    action = take(town, tag, **body)
    assert route_of(town, order) == best["route"]
    undone = town.json("operator", "POST", f"/v1/dispatch/actions/{action['id']}/undo")
    assert undone["undone_at"] is not None
    assert town.app.planner.plan.plan_text() == text
    assert town.json("operator", "GET", f"/v1/dispatch/actions/{action['id']}") == undone


def test_two_dispatchers_on_one_route_are_told_of_each_other(town: Town, planned: list[Any]) -> None:
    """The second one's preview is of a plan that is gone: 412, with who changed which route how."""
    order = planned[0]
    best = next(one for one in targets(town, order) if not one["is_current"])
    body = {"kind": "move", "delivery": order["delivery"], "route": best["route"]}
    (_, first), (_, second) = preview(town, **body), preview(town, **body)
    take(town, first, **body)
    hold = {"kind": "hold", "delivery": order["delivery"], "reason": "box is wet"}
    answer = town.call("operator", "POST", "/v1/dispatch/actions", hold, if_match=second)
    assert answer.status == 412
    told = problem(answer)
    assert told["code"] == "plan_moved"
    assert [change["what"] for change in told["differences"][best["route"]]] == ["move"]
    assert route_of(town, order) == best["route"]


def test_an_action_needs_a_preview(town: Town, planned: list[Any]) -> None:
    """Without If-Match 428, with nonsense 400; `*` takes whatever it does now."""
    body = {"kind": "pin", "delivery": planned[0]["delivery"], "reason": "she waits"}
    assert town.call("operator", "POST", "/v1/dispatch/actions", body).status == 428
    assert town.call("operator", "POST", "/v1/dispatch/actions", body, if_match='"x"').status == 400
    assert take(town, "*", **body)["kind"] == "pin"


def test_one_key_is_one_action(town: Town, planned: list[Any]) -> None:
    """Sent twice under a key, it is done once, and told twice."""
    body = {"kind": "message", "delivery": planned[0]["delivery"], "reason": "Ring twice."}
    sent = {"if_match": "*", "idempotency_key": "once"}
    first, second = (town.call("operator", "POST", "/v1/dispatch/actions", body, **sent) for _ in range(2))
    assert first.body == second.body
    route = town.app.planner.plan.route_of(planned[0]["delivery"])
    driver = town.app.planner.routes[RouteId(str(route))].shift.driver
    seen = town.json(driver, "GET", f"/v1/driver/routes/{route}")
    assert [(message["text"], message["delivery"]) for message in seen["messages"]] == [
        ("Ring twice.", planned[0]["delivery"])
    ]


def test_what_is_said_wrongly_is_named(town: Town, planned: list[Any]) -> None:
    """A hold without a reason, a long message, a stop that nobody knows, a time in the past of nothing."""
    delivery = planned[0]["delivery"]
    asked = [
        ({"kind": "hold", "delivery": delivery}, 422, "reason_missing"),
        ({"kind": "move"}, 422, "delivery_missing"),
        ({"kind": "front", "delivery": "dlv_none"}, 404, "not_found"),
        ({"kind": "dance"}, 422, "invalid"),
        ({"kind": "message", "delivery": delivery, "reason": "x" * 281}, 422, "invalid"),
    ]
    for body, status, code in asked:
        answer = town.call("operator", "POST", "/v1/dispatch/preview", body)
        assert (answer.status, problem(answer)["code"]) == (status, code)
    assert town.call("operator", "GET", "/v1/dispatch/targets?delivery=dlv_none").status == 404
    assert town.call("operator", "POST", "/v1/dispatch/actions/act_none/undo").status == 404


def test_it_is_the_dispatchers_alone(town: Town, planned: list[Any]) -> None:
    """A merchant's key opens none of these doors."""
    body = {"kind": "front", "delivery": planned[0]["delivery"]}
    assert town.call(town.merchants[0], "POST", "/v1/dispatch/preview", body).status == 403
    path = f"/v1/dispatch/targets?delivery={planned[0]['delivery']}"
    assert town.call(town.merchants[0], "GET", path).status == 403


def test_it_is_too_late_after_five_minutes(town: Town, planned: list[Any]) -> None:
    """409, and it stays done."""
    body = {"kind": "hold", "delivery": planned[0]["delivery"], "reason": "box is wet"}
    body["until"] = iso(after(town.clock.now(), 86_400))
    action = take(town, preview(town, **body)[1], **body)
    assert action["cases"] != []
    town.clock.move_to(after(town.clock.now(), 301))
    answer = town.call("operator", "POST", f"/v1/dispatch/actions/{action['id']}/undo")
    assert (answer.status, problem(answer)["code"]) == (409, "undo_too_late")
    assert route_of(town, planned[0]) is None
