"""Missing parcels through their doors."""

from typing import Any

import pytest
from tests.web.town import Town, at, iso, problem


@pytest.fixture
def short(town: Town) -> Any:  # noqa: ANN401 - whatever JSON it is
    """An order of two parcels, and the one of them that was not there at load-out."""
    placed = town.place(parcels=2)
    route = town.app.planner.plan.route_of(placed["delivery"])
    state = town.app.drivers.route(route, None)  # type: ignore[arg-type]  # the order was promised a route
    assert state is not None
    town.pass_to(at(12) if state.shift.start > at(9) else state.shift.start)
    driver, path = state.shift.driver, f"/v1/driver/routes/{route}"
    parcels = town.json(driver, "GET", path)["loading_list"]
    body = {"parcels": parcels[1:], "at": iso(town.clock.now())}
    town.json(driver, "POST", f"{path}/load", body)
    return {"order": placed["id"], "parcel": parcels[0]}


def test_a_parcel_says_who_holds_it_and_since_when_it_is_missing(town: Town, short: Any) -> None:  # noqa: ANN401 - JSON of any shape
    """Sought, then found: the case is closed by that fact."""
    path = f"/v1/parcels/{short['parcel']}"
    missing = town.json("operator", "GET", path)
    assert missing["holder"].startswith("hub:")
    assert missing["missing_since"] is not None
    [case] = town.json("operator", "GET", "/v1/cases?state=open&kind=shortage")["cases"]
    assert case["order"] == short["order"]
    found = town.json("operator", "POST", f"{path}/found", {})
    assert (found["missing_since"], found["outcome"]) == (None, None)
    assert town.json("operator", "GET", f"/v1/cases/{case['id']}")["state"] == "closed"


def test_who_gives_a_parcel_up_says_why(town: Town, short: Any) -> None:  # noqa: ANN401 - JSON of any shape
    """Lost, with a reason; what nobody misses can be neither found nor given up."""
    path = f"/v1/parcels/{short['parcel']}"
    assert town.call("operator", "POST", f"{path}/lost", {}).status == 422
    lost = town.json("operator", "POST", f"{path}/lost", {"why": "burnt"})
    assert lost["outcome"] == "lost"
    town.pass_s(1)
    again = town.call("operator", "POST", f"{path}/lost", {"why": "burnt"})
    assert problem(again)["code"] == "parcel_not_missing"


def test_a_parcel_of_nobody_is_unknown(town: Town) -> None:
    """And only an operator asks."""
    assert town.call("operator", "GET", "/v1/parcels/pcl_x").status == 404
    assert town.call(town.merchants[0], "GET", "/v1/parcels/pcl_x").status == 403
