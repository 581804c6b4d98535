"""Cases, contacts and absences through their doors."""

from typing import Any

import pytest
from tests.web.town import Town, iso, problem

from doorstep.vocabulary.units import after

RECORD = {"happened": "no such street", "why": "a typo", "done": "called", "will_change": "check at checkout"}


@pytest.fixture
def case(town: Town) -> Any:  # noqa: ANN401 - whatever JSON it is
    """The case of an address that is no place."""
    placed = town.place(address="Nirgendwoweg 99, 17033 Neubrandenburg")
    return town.json("operator", "GET", f"/v1/cases/{placed['case']}")


def test_a_case_is_worked_from_claim_to_record(town: Town, case: Any) -> None:  # noqa: ANN401 - JSON of any shape
    """Claimed, stepped, told, closed: each answer shows where it stands."""
    path = f"/v1/cases/{case['id']}"
    assert (case["owner"], case["decides"], case["told"]) == ("support", "support", ["shopper", "merchant"])
    assert town.json("operator", "POST", f"{path}/claim", {"owner": "Mira"})["owner"] == "Mira"
    step = {"step": case["playbook"][0], "by": "Mira", "note": "left a message"}
    assert town.json("operator", "POST", f"{path}/steps", step)["next_step"] == case["playbook"][1]
    assert town.json("operator", "POST", f"{path}/told", {"by": "Mira"})["told_at"] is not None
    closed = town.json("operator", "POST", f"{path}/close", {"resolution": "found", "by": "Mira", **RECORD})
    assert (closed["state"], closed["record"]) == ("closed", RECORD)
    found = town.json("operator", "GET", path)
    assert [run["note"] for run in found["steps_run"]] == ["left a message"]
    assert town.json("operator", "GET", "/v1/cases?state=open")["cases"] == []
    assert len(town.json("operator", "GET", "/v1/cases?state=closed")["cases"]) == 1


def test_a_case_waits_only_for_a_reason_and_a_time_to_come(town: Town, case: Any) -> None:  # noqa: ANN401 - JSON of any shape
    """Snoozing needs why, and until when."""
    path = f"/v1/cases/{case['id']}/snooze"
    later = iso(after(town.clock.now(), 3600))
    assert town.call("operator", "POST", path, {"until": later}).status == 422
    past = iso(after(town.clock.now(), -60))
    answer = town.call("operator", "POST", path, {"until": past, "why": "waiting"})
    assert problem(answer)["code"] == "until_past"
    assert town.json("operator", "POST", path, {"until": later, "why": "waiting"})["due_at"] == later


def test_finding_the_place_promises_the_order(town: Town, case: Any) -> None:  # noqa: ANN401 - JSON of any shape
    """Support sets the place, and the order has its window in the same answer's commit."""
    body = {"lat": 53.5570, "lon": 13.2610, "address": "Turmstraße 5"}
    town.json("operator", "POST", f"/v1/cases/{case['id']}/address", body)
    order = town.json("operator", "GET", f"/v1/orders/{case['order']}")
    assert order["state"] == "promised"
    assert town.json("operator", "GET", f"/v1/cases/{case['id']}")["state"] == "closed"


def test_a_contact_is_answered_with_where_next_and_who(town: Town) -> None:
    """Whoever asks gets the three answers, and the log remembers that they asked."""
    placed = town.place()
    body = {"order": placed["id"], "topic": "where_is_my_order", "channel": "phone"}
    answers = town.json("operator", "POST", "/v1/contacts", body)
    assert answers["order"] == placed["id"]
    assert answers["next"]["event"] == "delivery.picked_up"
    assert answers["promise"]["window_start"] == placed["promise"]["window_start"]
    assert answers["fixing"] is None
    page = town.call("operator", "GET", f"/orders/{placed['id']}").body.decode()
    assert "Where is my order by phone" in page


def test_a_driver_who_calls_out_leaves_no_promise_without_a_van_or_a_case(town: Town) -> None:
    """After the absence each delivery of the shift is on another van, or somebody has it."""
    placed = town.place()
    route = town.app.planner.plan.route_of(placed["delivery"])
    driver = town.app.drivers.route(route, None).shift.driver  # type: ignore[union-attr]  # the route stands
    town.json(
        "operator", "POST", "/v1/roster/absences", {"day": "2026-06-16", "driver": driver, "why": "ill"}
    )
    moved = town.app.planner.plan.route_of(placed["delivery"])
    cases = town.json("operator", "GET", "/v1/cases?state=open")["cases"]
    assert moved not in (None, route) or any(one["order"] == placed["id"] for one in cases)
    again = {"day": "2026-06-16", "driver": "nobody", "why": "ill"}
    assert town.call("operator", "POST", "/v1/roster/absences", again).status == 409


@pytest.mark.parametrize(
    "when", ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"]
)
def test_an_absence_of_a_time_that_cannot_be_is_refused(town: Town, when: str) -> None:
    """With its reason and without a trace; told of now, it is taken."""
    body = {"day": "2026-06-16", "driver": town.app.network.shifts[0].driver, "why": "ill"}
    head = town.app.market.head
    answer = town.call("operator", "POST", "/v1/roster/absences", body | {"at": when})
    assert (answer.status, problem(answer)["errors"][0]["code"]) == (422, "clock_wrong")
    assert town.app.market.head == head
    town.json("operator", "POST", "/v1/roster/absences", body | {"at": iso(town.clock.now())})
