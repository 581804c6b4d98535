"""What drivers, shoppers and dispatchers see, in each of its states under axe: no violation is tolerated."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.web.axe import barriers_at_each_size
from tests.web.browser import CHROMIUM, Sight, looking, served
from tests.web.phone import Work, at_work, on, paired, photo, press, sign, stay, to_the_door, to_the_road
from tests.web.test_driver import Shift
from tests.web.test_incidents import SILENT, fall_silent
from tests.web.town import Town, at

from doorstep.vocabulary.units import after

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


class Looked:
    """What axe found so far, state by state."""

    def __init__(self, sight: Sight) -> None:
        self.page: Page = sight.page
        self.found: dict[str, list[str]] = {}

    def see(self, state: str) -> None:
        """Look at the page as it stands, at both sizes."""
        assert self.page.locator("h1:visible").count() >= 1, state
        self.found |= barriers_at_each_size(self.page, state)

    def settle(self, states: int) -> None:
        """Nothing was found, and nothing was passed over."""
        assert {where: barriers for where, barriers in self.found.items() if barriers} == {}
        assert len(self.found) == 2 * states


@pytest.fixture
def work(open_town: Town) -> Iterator[Work]:
    """A staged route at its shift's start, served."""
    with at_work(open_town) as found:
        yield found


def test_no_screen_of_a_drivers_day_has_a_barrier(work: Work, tmp_path: Path) -> None:
    """From the load-out over a message, the door, a held step and a failed stop to the closed day."""
    with paired(work) as sight:
        page, looked = sight.page, Looked(sight)
        body = {"kind": "message", "delivery": work.absent["delivery"], "reason": "Ring twice"}
        assert work.town.call("operator", "POST", "/v1/dispatch/actions", body, if_match="*").status == 201
        page.wait_for_selector(".message")
        looked.see("load, with a message")
        page.get_by_role("button", name="Understood").click()
        page.click("#scan-all")
        page.click("#loaded")
        looked.see("a step that is held")
        page.click("#send-now")
        on(page, "depart")
        looked.see("depart")
        press(page, "#depart")
        on(page, "way")
        looked.see("way")
        work.town.pass_to(at(12))
        to_the_door(page, "Ada Beispiel")
        looked.see("door")
        page.click("#scan-all")
        page.set_input_files("#photo", photo(tmp_path))
        sign(page)
        page.fill("#pin", work.proving["pin"])
        looked.see("door, with proofs")
        press(page, "#confirm")
        on(page, "way")
        looked.settle(6)


def test_no_screen_of_a_stop_that_fails_has_a_barrier(work: Work, tmp_path: Path) -> None:
    """From the list of stops over the reasons and their evidence to the day that is closed."""
    with paired(work) as sight:
        page, looked = sight.page, Looked(sight)
        to_the_road(page)
        work.town.pass_to(at(12))
        page.click("#stops")
        on(page, "stops")
        looked.see("stops")
        page.click("#back")
        to_the_door(page, "Bela Muster")
        stay(work, page, at(12, 6))
        page.click("#cant")
        looked.see("reasons")
        page.check("input[value='recipient.not_home']")
        looked.see("evidence")
        page.check("#contact")
        page.set_input_files("#photo", photo(tmp_path))
        press(page, "#confirm")
        on(page, "next")
        looked.see("what to do now")
        page.click("#go-on")
        out_of_time(page)
        on(page, "home")
        looked.see("home")
        press(page, "#returned")
        on(page, "debrief")
        looked.see("debrief")
        page.click("#none-back")
        page.click("#send-now")
        on(page, "end")
        looked.see("end")
        looked.settle(7)


def out_of_time(page: Page) -> None:
    """The other stop is not reached any more, so that the day can end."""
    to_the_door(page, "Ada Beispiel")
    page.click("#cant")
    page.check("input[value='carrier.out_of_time']")
    press(page, "#confirm")
    on(page, "next")
    page.click("#go-on")


def test_no_page_around_the_phone_has_a_barrier(work: Work) -> None:
    """The office's drivers with and without a code, the pairing with each answer, and a phone let go."""
    with looking(f"{work.server.url}/drivers") as sight:
        page, looked = sight.page, Looked(sight)
        looked.see("drivers")
        page.get_by_role("button", name="Pair a phone").first.click()
        page.wait_for_selector("#open")
        looked.see("drivers, with a code")
        link = page.locator("#open").get_attribute("href") or ""
        page.goto(link)
        looked.see("pair")
        page.click("#pair")
        page.wait_for_selector("#screen[data-screen]")
        looked.see("driver, before the shift or without a route")
        page.goto(link)
        looked.see("pair, with a code that was used")
        page.goto(f"{work.server.url}/driver/pair")
        looked.see("pair, without a code")
        looked.settle(6)


def test_the_driver_page_of_a_wrong_pin_and_of_a_phone_let_go_has_no_barrier(work: Work) -> None:
    """What is said when no PIN counts any more, and when the phone opens nothing any more."""
    with paired(work) as sight:
        page, looked = sight.page, Looked(sight)
        to_the_road(page)
        work.town.pass_to(at(12))
        to_the_door(page, "Ada Beispiel")
        stop = {
            "route": work.route,
            **_place(work),
            "method": "to_recipient",
            "parcels": work.proving["parcels"],
        }
        wrong = f"{(int(work.proving['pin']) + 1) % 10_000:04d}"
        path = f"/v1/driver/stops/{work.proving['delivery']}/handoff"
        phone = {"cookie": "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())}
        while work.town.app.drivers.pin_tries_left(work.proving["delivery"]):
            told = {**stop, "pin": wrong, "at": _now(work)}
            work.town.call(None, "POST", path, told, sec_fetch_site="same-origin", **phone)
        page.wait_for_selector("#pin-locked")
        looked.see("door, with a PIN that is locked")
        work.town.call("operator", "POST", "/drivers/unpair", f"driver={work.driver}".encode(),
                       content_type="application/x-www-form-urlencoded")  # fmt: skip
        on(page, "unpaired")
        looked.see("unpaired")
        looked.settle(2)


def _place(work: Work) -> dict[str, Any]:
    route = work.town.json("operator", "GET", f"/v1/driver/routes/{work.route}")
    stop = next(one for one in route["stops"] if one["delivery"] == work.proving["delivery"])
    return {"lat": stop["lat"], "lon": stop["lon"]}


def _now(work: Work) -> str:
    told: str = work.town.json("operator", "GET", f"/v1/driver/routes/{work.route}")["now"]
    return told


def tracked(town: Town, order: str) -> str:
    """The path of an order's tracking page."""
    path: str = town.json("operator", "POST", f"/v1/orders/{order}/tracking")["path"]
    return path


def test_no_state_of_the_tracking_page_has_a_barrier(town: Town) -> None:
    """Before, with a form that is refused, on the way, failed, delivered, expired, unknown."""
    shift = Shift(town, handling=["pin"])
    other = town.place(2, address=shift.town.order(1)["address"])
    with served(town) as server:
        first, second = (server.url + tracked(town, one) for one in (shift.order["id"], other["id"]))
        with looking(first, 390, 844) as sight:
            page, looked = sight.page, Looked(sight)
            for part in page.locator("details").all():
                part.locator("summary").click()
            looked.see("before, with every form open")
            page.get_by_label("With a neighbour").check()
            page.get_by_role("button", name="Save the place").click()
            assert page.locator("[role=alert]").is_visible()
            looked.see("a form that was refused")
            shift.leave()
            page.goto(first)
            looked.see("on the way")
            shift.arrive()
            town.pass_s(600)
            fail = {**shift.door(), "reason": "recipient.not_home", "contact_tried": True}
            path = f"/v1/driver/stops/{shift.delivery}/fail"
            assert json.dumps(shift.tell(path, fail))
            page.goto(first)
            looked.see("failed")
            deliver(shift, other)
            page.goto(second)
            assert "Delivered" in page.inner_text("h1")
            looked.see("delivered")
            town.clock.move_to(after(town.clock.now(), 400 * 86_400))
            page.goto(second)
            looked.see("expired")
            page.goto(f"{server.url}/t/{'x' * 48}")
            looked.see("unknown")
            looked.settle(7)


def deliver(shift: Shift, order: dict[str, Any]) -> None:
    """Hand another order of the same van over."""
    stop = next(one for one in shift.read()["stops"] if one["delivery"] == order["delivery"])
    place = {"route": shift.route, "lat": stop["lat"], "lon": stop["lon"]}
    at_stop = f"/v1/driver/stops/{order['delivery']}"
    shift.tell(f"{at_stop}/arrive", {**place, "accuracy_m": 5})
    shift.town.pass_s(120)
    shift.tell(f"{at_stop}/handoff", {**place, "method": "to_recipient", "parcels": stop["parcels"]})


def test_no_dialog_of_the_board_has_a_barrier(open_town: Town) -> None:
    """An incident that is open, the list of targets, the question for a reason, the sheet of shortcuts."""
    town = open_town
    for number in range(SILENT):
        fall_silent(town, town.place(number)["id"])
    town.pass_to(at(5))
    plan = town.app.planner.plan
    home = max(plan.route_ids, key=lambda route: len(plan.stops(route)))
    with served(town) as server, looking(server.url) as sight:
        page, looked = sight.page, Looked(sight)
        sight.wait("body[data-heard]")
        page.locator("case-list .case").first.click()
        sight.wait("case-list .case.in")
        looked.see("an incident that is open")
        for key, state in (("m", "move"), ("h", "hold"), ("s", "message")):
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(f"{server.url}/?route={home}")
            sight.wait("body[data-heard]")
            page.locator(f'.line[data-id="{home}"] .who').focus()
            page.keyboard.press("j")
            page.keyboard.press(key)
            page.wait_for_selector("dialog[open]")
            looked.see(state)
        page.goto(server.url)
        sight.wait("body[data-heard]")
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open]")
        looked.see("shortcuts")
        looked.settle(5)
