"""Incidents through their doors and on the board."""

from collections import Counter

import pytest
from tests.web.town import Town, problem

from doorstep.adapters.messaging.local import LocalMailbox
from doorstep.lifecycle.opening import open_case
from doorstep.vocabulary.case import CaseKind, CaseSubject
from doorstep.vocabulary.ids import CarrierId, OrderId

SILENT = 3
RECORD = {"happened": "silence", "why": "a broken feed", "done": "asked them", "will_change": "a second feed"}


@pytest.fixture
def orders(town: Town) -> list[str]:
    """Orders of which a carrier tells nothing."""
    placed = [town.place(number)["id"] for number in range(SILENT)]
    for order in placed:
        fall_silent(town, order)
    return placed


def fall_silent(town: Town, order: str) -> None:
    """The feed's own case about an order: the carrier does not say where it is."""
    opened = open_case(
        town.app.book, CaseKind.carrier_silence, (order,),
        subject=CaseSubject(OrderId(order), carrier=CarrierId("regional")), at=town.clock.now(),
        breach_at=None, happened="regional said nothing for 240 min", why="no event where one is due",
    )  # fmt: skip
    assert town.app.desk.together([opened.command], town.app.desk.origin()) is None


def incidents(town: Town, query: str = "") -> list[dict]:
    """The incidents."""
    found: list[dict] = town.json("operator", "GET", f"/v1/incidents{query}")["incidents"]
    return found


def test_a_carrier_that_falls_silent_is_one_incident(town: Town, orders: list[str]) -> None:
    """Three silent orders are one incident, with owner, clock, playbook, and the cases themselves."""
    (found,) = incidents(town, "?state=open")
    assert (found["cause"], found["about"], found["orders"]) == ("carrier", "regional", SILENT)
    assert (found["owner"], found["state"], found["times"]) == ("network_owner", "open", 1)
    whole = town.json("operator", "GET", f"/v1/incidents/{found['id']}")
    assert {case["order"] for case in whole["cases"]} == set(orders)
    assert whole["next_step"] == whole["playbook"][0]


def test_too_few_cases_are_none(town: Town) -> None:
    """Two silent orders are two cases and no incident, and the board shows them as such."""
    for number in range(SILENT - 1):
        fall_silent(town, town.place(number)["id"])
    assert incidents(town) == []
    assert [case["incident"] for case in town.json("operator", "GET", "/v1/board")["cases"]] == [None] * 2


def test_the_board_counts_an_incident_once(town: Town, orders: list[str]) -> None:
    """Each of its cases names the one incident, with its owner and its orders; another case names none."""
    town.place(9, address="Nirgendwoweg 99, 17033 Neubrandenburg")
    cases = town.json("operator", "GET", "/v1/board")["cases"]
    (incident,) = incidents(town)
    named = Counter(case["incident"] and case["incident"]["id"] for case in cases)
    assert named == {incident["id"]: len(orders), None: 1}
    shown = next(case["incident"] for case in cases if case["incident"])
    assert (shown["owner"], shown["orders"], shown["cases"]) == ("network_owner", SILENT, SILENT)


def test_an_incident_is_taken_and_ends_with_its_cases(town: Town, orders: list[str]) -> None:
    """Claimed it is a person's; with its last case it is closed, and the board names it no more."""
    (found,) = incidents(town)
    path = f"/v1/incidents/{found['id']}"
    assert town.json("operator", "POST", f"{path}/claim", {"owner": "Mira"})["owner"] == "Mira"
    for case in town.json("operator", "GET", path)["cases"]:
        body = {"resolution": "found", "by": "Mira", **RECORD}
        town.json("operator", "POST", f"/v1/cases/{case['id']}/close", body)
    (over,) = incidents(town, "?state=closed")
    assert (over["id"], over["cases_open"], over["orders"]) == (found["id"], 0, len(orders))
    assert incidents(town, "?state=open") == []
    assert town.json("operator", "GET", "/v1/board")["cases"] == []
    answer = town.call("operator", "POST", f"{path}/claim", {"owner": "Edda"})
    assert answer.status == 404


def test_each_shopper_of_an_incident_is_told_once(town: Town) -> None:
    """A van that falls out with many orders tells each shopper once, however many cases there are."""
    mailbox = LocalMailbox()
    town.app.post = mailbox
    placed = [town.place(number, email=f"s{number}@example.org")["id"] for number in range(6)]
    town.pass_s(60)
    origin = town.app.desk.origin()
    for driver in {shift.driver for shift in town.app.network.shifts}:
        town.app.recovery.call_out("2026-06-16", driver, "ill", origin)
    town.pass_s(12 * 3_600)
    assert "route" in {one["cause"] for one in incidents(town)}
    told = Counter((letter.order, letter.kind) for order in placed for letter in mailbox.letters(order))
    assert set(told.values()) == {1}
    late = {order for order, kind in told if kind == "late"}
    assert late == set(placed)


def test_what_is_no_incident_is_not_found(town: Town) -> None:
    """An unknown incident is a 404; a merchant may not ask."""
    answer = town.call("operator", "GET", "/v1/incidents/inc_none")
    assert (answer.status, problem(answer)["code"]) == (404, "not_found")
    assert town.call(town.merchants[0], "GET", "/v1/incidents").status == 403
