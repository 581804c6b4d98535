"""A dispatcher: a van breaks down, the board says what is at risk and who has it, and a stop moves."""

import pytest
from tests.web.browser import CHROMIUM, looking, served
from tests.web.test_driver import Shift
from tests.web.town import ADDRESSES, Town, iso

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


def test_a_breakdown_is_seen_understood_and_worked(open_town: Town) -> None:
    """The driver tells it, the board shows it by itself; a stop is moved, undone, and its driver told."""
    town = open_town
    shift = Shift(town, number=1)
    for number in range(2, 9):
        town.place(number, address=ADDRESSES[number % 3])
    shift.leave()
    with served(town) as server, looking(server.url) as sight:
        page = sight.page
        sight.wait('#live[data-state="live"]')
        assert "Nothing needs you" in page.locator("case-list").inner_text()
        shift.tell(f"{shift.path}/breakdown", {"why": "engine"})
        page.locator(".case").first.wait_for()
        said = page.locator("case-list").inner_text()
        assert shift.vehicle in said

        plan = town.app.planner.plan
        home = max(plan.route_ids, key=lambda route: len(plan.stops(route)))
        text = plan.plan_text()
        page.locator(f'.line[data-id="{home}"] .who').click()
        sight.wait(".line.selected .lanes")
        page.locator(f'.line[data-id="{home}"] .who').focus()
        page.keyboard.press("j")
        sight.wait(".s-picked")
        page.keyboard.press("m")
        sight.wait('dialog.act[data-preview="there"]')
        assert "driving" in page.locator(".effect").inner_text(), "the server says what it would cost"
        page.keyboard.press("Enter")
        sight.wait('.toast[data-tone="good"] button')
        assert plan.plan_text() != text
        page.keyboard.press("z")
        page.wait_for_selector("text=Taken back")
        assert plan.plan_text() == text

        page.keyboard.press("s")
        page.keyboard.type("Ring twice.")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Told the driver")
        driver = town.app.drivers.route(home, None).shift.driver
        told = town.json(driver, "GET", f"/v1/driver/routes/{home}")["messages"]
        assert [one["text"] for one in told] == ["Ring twice."]
        assert sight.complaints == []


def test_a_driver_who_calls_out_costs_no_promise_unseen(open_town: Town) -> None:
    """Each order of the shift is on another van, or somebody has its case."""
    town = open_town
    shift = Shift(town, number=1)
    orders = [shift.order, *(town.place(number, address=ADDRESSES[number % 3]) for number in range(2, 9))]
    body = {"day": "2026-06-16", "driver": shift.driver, "why": "ill", "at": iso(town.clock.now())}
    town.json("operator", "POST", "/v1/roster/absences", body)
    cases = {case["order"] for case in town.json("operator", "GET", "/v1/cases?state=open")["cases"]}
    plan = town.app.planner.plan
    for order in orders:
        route = plan.route_of(order["delivery"])
        assert route != shift.route
        assert route is not None or order["id"] in cases
