"""Orders of erased people at their doors: answered, never compared with nothing, never made anew."""

import json
from typing import Any

import pytest
from tests.web.town import Town, problem


@pytest.fixture
def erased(town: Town) -> Any:  # noqa: ANN401 - whatever JSON it is
    """An order that stands while its person was erased."""
    placed = town.place()
    state = town.app.orders.state(placed["id"])
    assert state is not None
    town.app.people.erase(state.content.person, state.content.place)
    return placed


def test_its_id_sent_again_is_refused_and_changes_nothing(town: Town, erased: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """Neither the same content nor other content makes an order, and the answer has a stable code."""
    head = town.app.market.head
    for body in (town.order(), town.order(weight_g=1_300)):
        answer = town.call("operator", "POST", "/v1/orders", body)
        assert (answer.status, problem(answer)["code"]) == (409, "order_erased")
    assert town.app.market.head == head
    assert town.json("operator", "GET", f"/v1/orders/{erased['id']}")["state"] == "promised"


def test_its_row_in_a_file_keeps_no_other_row_out(town: Town, erased: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """The row gets its own 409 with the order that stands, and the rows around it are taken."""
    rows = (town.order(2), town.order(), town.order(3))
    raw = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    answer = town.call("operator", "POST", "/v1/orders", raw, content_type="application/x-ndjson")
    told = [json.loads(line) for line in answer.body.splitlines()]
    assert [row["status"] for row in told] == [201, 409, 201]
    assert told[1]["id"] == erased["id"]
    assert [error["code"] for error in told[1]["errors"]] == ["order_erased"]


def test_it_cannot_be_changed(town: Town, erased: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """A change has nothing to be merged with: it is refused with the same code."""
    path = f"/v1/orders/{erased['id']}"
    answer = town.call("operator", "PATCH", path, {"weight_g": 2_000}, if_match=f'"{erased["version"]}"')
    assert (answer.status, problem(answer)["code"]) == (409, "order_erased")
