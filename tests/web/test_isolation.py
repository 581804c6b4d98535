"""Isolation: what belongs to somebody else looks exactly like what does not exist."""

import json
import re
from typing import Any

from tests.web.town import Town

from doorstep.web.auth import Role
from doorstep.web.routes import DOORS


def told(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an answer of the loopback
    body: dict[str, Any] = json.loads(answer.body)
    body.pop("request_id")
    return body


def test_every_door_of_merchants_answers_foreign_ids_as_unknown_ones(town: Town) -> None:
    """Over all doors that a merchant may try, another merchant's id and a made-up one give the same 404."""
    mine, theirs = town.merchants[:2]
    placed = town.place(1, merchant=mine)
    raw = json.dumps(town.order(2, merchant=mine)).encode()
    batch = town.call(mine, "POST", "/v1/orders", raw, content_type="application/x-ndjson").headers[
        "import-id"
    ]
    ask = {key: value for key, value in town.order(3).items() if key not in ("external_id", "name")}
    held = town.json(mine, "POST", "/v1/promises", ask, 201)
    ids = {"order": placed["id"], "import": batch, "promise": held["id"], "delivery": placed["delivery"]}
    ids["webhook"] = town.json(mine, "POST", "/v1/webhooks", {"url": "https://hooks.example.com/"}, 201)["id"]
    seen = 0
    for door in DOORS:
        names = re.findall(r"{(\w+)}", door.path)
        if Role.merchant not in door.roles or not names:
            continue
        paths = []
        for known in (True, False):
            path = door.path
            for name in names:
                path = path.replace(f"{{{name}}}", ids.get(name, "0" * 64) if known else "unknown_x")
            paths.append(path)
        body = {"reason": "x", "why": "x"} if door.is_write and door.media else None
        headers = {"if_match": '"1"'} if door.method == "PATCH" else {}
        foreign, unknown = (town.call(theirs, door.method, path, body, **headers) for path in paths)
        assert foreign.status == 404, (door.method, paths[0], foreign.body)
        assert told(foreign) == told(unknown), door.path
        seen += 1
    assert seen >= 10


def test_a_list_shows_only_ones_own(town: Town) -> None:
    """Another merchant's orders are in no page of the list."""
    mine, theirs = town.merchants[:2]
    town.place(1, merchant=mine)
    assert town.json(theirs, "GET", "/v1/orders")["orders"] == []


def test_a_contact_about_a_foreign_order_is_unknown(town: Town) -> None:
    """The id in a body is no way around."""
    mine, theirs = town.merchants[:2]
    placed = town.place(1, merchant=mine)
    body = {"order": placed["id"], "topic": "where_is_my_order", "channel": "phone"}
    assert town.call(theirs, "POST", "/v1/contacts", body).status == 404
    assert town.call(mine, "POST", "/v1/contacts", body).status == 200


def test_a_driver_sees_and_tells_only_of_own_routes(town: Town) -> None:
    """Another driver's route, stop and photo give the same 404 as unknown ones."""
    placed = town.place()
    route = town.app.planner.plan.route_of(placed["delivery"])
    state = town.app.drivers.route(route, None)
    assert state is not None
    own = state.shift.driver
    other = next(shift.driver for shift in town.app.network.shifts if shift.driver != own)
    assert town.call(own, "GET", f"/v1/driver/routes/{route}").status == 200
    foreign = town.call(other, "GET", f"/v1/driver/routes/{route}")
    unknown = town.call(other, "GET", "/v1/driver/routes/unknown_x")
    assert (foreign.status, told(foreign)) == (404, told(unknown))
    arrive = {"route": route, "at": "2026-06-16T08:00:00Z", "lat": 53.5, "lon": 13.2}
    assert town.call(other, "POST", f"/v1/driver/stops/{placed['delivery']}/arrive", arrive).status == 404
    photo = town.call(
        other,
        "POST",
        "/v1/driver/proofs",
        b"\xff\xd8\xff",
        content_type="image/jpeg",
        x_delivery=placed["delivery"],
    )
    assert photo.status == 404
