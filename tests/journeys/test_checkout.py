"""A shopper's checkout: quote, hold, confirm; and the shopper who comes second."""

import json
from typing import Any

from tests.journeys.conftest import Set

from doorstep.cli.stage import Stage

PARCEL = {
    "service": "next_day",
    "address": "Eichenstraße 24, 17033 Neubrandenburg",
    "parcels": 1,
    "weight_g": 900,
}


def post(
    stage: Stage, path: str, body: dict[str, Any], merchant: str = "faltenwurf"
) -> tuple[int, dict[str, Any]]:
    """A merchant's request, and its answer."""
    headers = {
        "authorization": f"Bearer {stage.tokens.merchants[merchant]}",
        "content-type": "application/json",
    }
    answered = stage.loopback.call("POST", path, headers, json.dumps(body).encode())
    return answered.status, json.loads(answered.body)


def held(stage: Stage) -> dict[str, Any]:
    """A window that was quoted and is held."""
    status, quote = post(stage, "/v1/quotes", PARCEL)
    assert status == 200
    window = {name: quote["quote"][0][name] for name in ("window_start", "window_end")}
    status, hold = post(stage, "/v1/promises", {**PARCEL, **window})
    assert (status, hold["state"]) == (201, "held")
    return hold


def test_a_held_window_becomes_an_order_with_its_promise(set_small_stage: Set) -> None:
    """What is confirmed is the window that was held, and the plan that keeps it is the live one."""
    stage = set_small_stage()
    hold = held(stage)
    before = stage.app.planner.plan.plan_hash()
    status, order = post(stage, f"/v1/promises/{hold['id']}/confirm", {**PARCEL, "external_id": "A-1"})
    assert (status, order["state"]) == (201, "promised")
    assert order["promise"]["window_start"] == hold["promise"]["window_start"]
    assert stage.app.planner.plan.plan_hash() == before
    status, again = post(stage, f"/v1/promises/{hold['id']}/confirm", {**PARCEL, "external_id": "A-2"})
    assert (status, again["code"]) == (409, "promise_not_held")


def test_an_order_that_asks_more_than_was_held_is_refused_and_the_hold_stays(set_small_stage: Set) -> None:
    """A heavier parcel is not what was held for; the shopper can still confirm the lighter one."""
    stage = set_small_stage()
    hold = held(stage)
    path = f"/v1/promises/{hold['id']}/confirm"
    status, problem = post(stage, path, {**PARCEL, "external_id": "B-1", "weight_g": 90_000})
    assert (status, problem["code"]) == (409, "not_what_was_held")
    assert "weight_g" in {error["field"] for error in problem["errors"]}
    assert post(stage, path, {**PARCEL, "external_id": "B-1"})[0] == 201


def test_a_released_or_foreign_hold_cannot_be_confirmed(set_small_stage: Set) -> None:
    """Capacity that was given back is nobody's; another merchant's hold does not exist."""
    stage = set_small_stage()
    hold = held(stage)
    path = f"/v1/promises/{hold['id']}"
    assert post(stage, f"{path}/confirm", {**PARCEL, "external_id": "C-1"}, "nachtviole")[0] == 404
    assert post(stage, f"{path}/release", {})[0] == 200
    status, problem = post(stage, f"{path}/confirm", {**PARCEL, "external_id": "C-1"})
    assert (status, problem["code"]) == (409, "promise_not_held")
