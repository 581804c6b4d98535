"""A support agent: a question answered in one look, a case taken, worked and closed with its record."""

import pytest
from tests.web.browser import CHROMIUM, looking, served
from tests.web.town import Town

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]
RECORD = {
    "happened": "The house number is missing",
    "why": "The shop takes addresses without one",
    "done": "Asked the shopper",
    "will_change": "The shop checks the house number at checkout",
}


def test_where_is_my_order_is_answered_in_one_look(town: Town) -> None:
    """Signed in, the case leads to the order; where, next and who stand there, and the call is on record."""
    placed = town.place(address="Nirgendwoweg 99, 17033 Neubrandenburg")
    with served(town) as server, looking(server.url) as sight:
        page = sight.page
        page.fill("#key", town.tokens["operator"])
        page.click("button")
        sight.wait('#live[data-state="live"]')
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/*")
        assert "Bad address" in page.locator("h1").inner_text()
        assert "a role: nobody by name has taken it" in page.inner_text("main")
        case = f"/v1/cases/{placed['case']}"
        step = town.json("operator", "POST", f"{case}/claim", {"owner": "Mira"})["next_step"]
        page.locator(".answers", has_text="Mira").wait_for()

        body = {
            "order": placed["id"],
            "topic": "where_is_my_order",
            "channel": "phone",
            "answered_by": "Mira",
        }
        answers = town.json("operator", "POST", "/v1/contacts", body)
        page.get_by_role("link", name="Order page").click()
        shown = page.locator(".answers").inner_text()
        assert answers["fixing"]["owner"] == "Mira"
        for said in (answers["where"]["text"], "Mira", step):
            assert said.lower() in shown.lower()
        assert "by phone, answered by Mira" in page.inner_text("aside")

        ran = {"step": step, "by": "Mira", "note": "She lives at number 5"}
        town.json("operator", "POST", f"{case}/steps", ran)
        place = {"lat": 53.5570, "lon": 13.2610, "address": "Turmstraße 5"}
        town.json("operator", "POST", f"{case}/address", place)
        page.locator(".answers", has_text="Nobody needs to").wait_for()
        assert sight.complaints == []
    order = town.json("operator", "GET", f"/v1/orders/{placed['id']}")
    assert order["state"] == "promised"


def test_a_problem_is_closed_with_what_will_change(town: Town) -> None:
    """A shopper's report is worked to its end, and its four-part record stands on the case's page."""
    order = town.place()["id"]
    path = town.json("operator", "POST", f"/v1/orders/{order}/tracking")["path"].replace(
        "/t/", "/v1/tracking/"
    )
    town.json(None, "POST", f"{path}/problem", {"problem": "damaged", "key": "abcdef0123456789"})
    (case,) = town.json("operator", "GET", "/v1/cases?state=open")["cases"]
    closing = {"resolution": "replaced", "by": "Mira", **RECORD}
    town.json("operator", "POST", f"/v1/cases/{case['id']}/close", closing)
    page = town.call("operator", "GET", f"/cases/{case['id']}").body.decode()
    assert all(said in page for said in RECORD.values())
    assert town.json("operator", "GET", "/v1/board")["cases"] == []
