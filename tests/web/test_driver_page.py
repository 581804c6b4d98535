"""The driver's page in a real browser, at the size of a phone."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page
from tests.web.browser import CHROMIUM, WAIT_MS, Served, Sight, looking, served
from tests.web.town import ADDRESSES, Town, at

from doorstep.vocabulary.units import Instant
from doorstep.web.pairing import Pairings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]
WIDTH, HEIGHT = 390, 844
SMALL_PX = 55.5
"""A target of 56 px may lose half a pixel to rounding."""

TARGETS = (
    ".screen :is(button, a, .choice, .pick, input:not([type=file], [type=radio], [type=checkbox])),"
    " .dock :is(button, a)"
)


@dataclass
class Work:
    """A route with two stops: one that asks for every proof, and one where nobody is at home."""

    town: Town
    server: Served
    route: str
    driver: str
    proving: dict[str, Any]
    absent: dict[str, Any]

    @property
    def state(self) -> Any:  # noqa: ANN401 - a route's state
        """The route as the market holds it."""
        return self.town.app.drivers.route(self.route, None)

    def status(self, order: dict[str, Any]) -> str:
        """Where an order's delivery stands."""
        return self.town.app.drivers.delivery(order["delivery"]).status.value

    def events(self) -> list[str]:
        """The types of what this driver told, in the order of the log."""
        exported = self.town.call("operator", "GET", "/v1/events?limit=1000").body
        told = [json.loads(line) for line in exported.splitlines()]
        return [one["data"]["type"] for one in told if one["actor"] == f"driver:{self.driver}"]


@pytest.fixture
def work(open_town: Town) -> Iterator[Work]:
    """A staged route at its shift's start, served."""
    town = open_town
    proving = town.place(
        1,
        name="Ada Beispiel",
        address=ADDRESSES[0],
        handling=["photo", "signature", "pin"],
        instructions="The blue door in the yard",
    )
    absent = town.place(2, name="Bela Muster", address=ADDRESSES[0])
    plan = town.app.planner.plan
    route = plan.route_of(proving["delivery"])
    assert route == plan.route_of(absent["delivery"]), "both orders go to one door, and so with one van"
    shift = town.app.drivers.route(route, None).shift
    town.pass_to(shift.start)
    with served(town) as found:
        yield Work(town, found, route, shift.driver, proving, absent)


@contextmanager
def paired(work: Work) -> Iterator[Sight]:
    """A phone that was paired by the office's page, on the driver's page."""
    with looking(f"{work.server.url}/drivers", WIDTH, HEIGHT) as sight:
        page = sight.page
        page.set_default_timeout(WAIT_MS)
        names = {shift.driver: shift.name for shift in work.town.app.network.shifts}
        page.get_by_role("button", name=f"Pair a phone for {names[work.driver]}").click()
        page.goto(page.locator("#open").get_attribute("href") or "")
        page.click("#pair")
        page.wait_for_url("**/driver")
        on(page, "load")
        yield sight


def on(page: Page, screen: str) -> None:
    """Until a screen is shown."""
    page.wait_for_selector(f'[data-screen="{screen}"]')


def press(page: Page, button: str) -> None:
    """Confirm a step, and do not wait for its ten seconds."""
    page.click(button)
    page.click("#send-now")


def to_the_road(page: Page) -> None:
    """Load everything and leave."""
    page.click("#scan-all")
    press(page, "#loaded")
    on(page, "depart")
    press(page, "#depart")
    on(page, "way")


def to_the_door(page: Page, name: str) -> None:
    """Take a stop next, and stand at its door."""
    page.click("#stops")
    page.get_by_role("button", name=name).click()
    on(page, "way")
    assert (page.locator("#navigate").get_attribute("href") or "").startswith("geo:53.")
    page.click("#here")
    page.click("#arrived")
    on(page, "door")


def stay(work: Work, page: Page, until: Instant) -> None:
    """Let time pass at a door, until the phone knows it."""
    work.town.pass_to(until)
    shown = datetime.fromtimestamp(until / 1_000_000, work.town.app.zone)
    page.locator("#clock", has_text=f"{shown:%H:%M}").wait_for()


def photo(folder: Path) -> Path:
    """A photo as a phone's camera takes it."""
    path = folder / "door.jpg"
    Image.effect_noise((3000, 2000), 40).convert("RGB").save(path, "JPEG")
    return path


def sign(page: Page) -> None:
    """Draw a stroke on the pad."""
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=8)
    page.mouse.up()


def test_a_person_drives_a_whole_day(work: Work, tmp_path: Path) -> None:
    """Paired, loaded, left, delivered with every proof, failed with evidence, home and accounted for."""
    with paired(work) as sight:
        page = sight.page
        page.fill("#code", work.proving["parcels"][0][-6:])
        page.keyboard.press("Enter")
        page.fill("#code", work.absent["parcels"][0])
        page.keyboard.press("Enter")
        press(page, "#loaded")
        on(page, "depart")
        press(page, "#depart")
        on(page, "way")
        work.town.pass_to(at(12))

        to_the_door(page, "Ada Beispiel")
        assert "blue door" in page.locator(".instructions").inner_text()
        stay(work, page, at(12, 2))
        page.fill("#code", work.proving["parcels"][0])
        page.keyboard.press("Enter")
        page.set_input_files("#photo", photo(tmp_path))
        page.wait_for_selector("#do-signature")
        sign(page)
        page.wait_for_selector("#do-pin")
        page.fill("#pin", work.proving["pin"])
        press(page, "#confirm")
        on(page, "way")
        assert "delivered" in page.locator("#said").inner_text()
        assert work.status(work.proving) == "delivered"

        page.click("#here")
        page.click("#arrived")
        on(page, "door")
        stay(work, page, at(12, 6))
        page.click("#cant")
        page.check("input[value='recipient.not_home']")
        page.check("#contact")
        page.set_input_files("#photo", photo(tmp_path))
        press(page, "#confirm")
        on(page, "next")
        assert "hub" in page.locator(".instructions").inner_text()
        page.click("#go-on")

        on(page, "home")
        page.fill("#km", "12.5")
        press(page, "#returned")
        on(page, "debrief")
        page.fill("#code", work.absent["parcels"][0][-6:])
        page.keyboard.press("Enter")
        press(page, "#close-day")
        on(page, "end")
        assert sight.complaints == []
    check_the_day(work)


def check_the_day(work: Work) -> None:
    """What the log and the API say of the day."""
    delivered = work.town.app.drivers.delivery(work.proving["delivery"]).delivered
    assert {proof.kind.value for proof in delivered.proofs} == {"photo", "signature", "pin"}
    assert work.town.app.drivers.delivery(work.proving["delivery"]).missing == ()
    sha256 = next(proof.sha256 for proof in delivered.proofs if proof.kind.value == "photo")
    kept = work.town.call("operator", "GET", f"/v1/orders/{work.proving['id']}/proofs/{sha256}")
    assert max(Image.open(io.BytesIO(kept.body)).size) == 1600
    failed = work.town.app.drivers.delivery(work.absent["delivery"])
    assert (failed.attempts_physical, failed.attempts_claimed) == (1, 0)
    assert (work.state.status.value, work.state.driven_m) == ("debriefed", 12_500)
    told = work.events()
    for event in (
        "route.loaded", "route.departed", "delivery.arrived", "delivery.delivered",
        "delivery.attempt_failed", "route.returned", "route.debriefed",
    ):  # fmt: skip
        assert event in told, event


def test_a_step_can_be_undone_for_ten_seconds(work: Work) -> None:
    """Undone, nothing was told and the form stands; left alone, it goes out by itself."""
    with paired(work) as sight:
        page = sight.page
        page.clock.install()
        page.click("#scan-all")
        page.click("#loaded")
        page.clock.run_for(5_000)
        assert "Is sent in 5 s" in page.locator(".held").inner_text()
        page.click("#undo")
        page.clock.run_for(20_000)
        assert work.state.status.value == "staged"
        assert page.locator("li.there").count() == 2
        page.click("#loaded")
        page.clock.run_for(10_000)
        on(page, "depart")
        assert work.state.status.value == "loaded"
        assert sight.complaints == []


def test_a_server_that_is_gone_loses_nothing(work: Work) -> None:
    """The page says so and keeps the step; tried again, it is told once."""
    with paired(work) as sight:
        page = sight.page
        page.click("#scan-all")
        page.click("#loaded")
        work.server.stop()
        page.click("#send-now")
        page.wait_for_selector("#not-sent")
        assert work.state.status.value == "staged"
        work.server.start()
        page.click("#again")
        on(page, "depart")
        assert work.events().count("route.loaded") == 1


def test_a_wrong_pin_is_said_and_the_form_stays(work: Work, tmp_path: Path) -> None:
    """What was entered stands, and the right PIN is taken."""
    with paired(work) as sight:
        page = sight.page
        to_the_road(page)
        work.town.pass_to(at(12))
        to_the_door(page, "Ada Beispiel")
        page.click("#scan-all")
        page.set_input_files("#photo", photo(tmp_path))
        sign(page)
        right = work.proving["pin"]
        page.fill("#pin", f"{(int(right) + 1) % 10_000:04d}")
        press(page, "#confirm")
        assert "PIN" in page.locator("#problem").inner_text()
        assert page.locator(".taken").is_visible()
        page.fill("#pin", right)
        press(page, "#confirm")
        on(page, "way")
        assert work.status(work.proving) == "delivered"


def test_a_phone_that_was_let_go_says_so(work: Work) -> None:
    """When another phone takes the driver's place, this one stops and tells why."""
    with paired(work) as sight:
        app = work.town.app
        pairings = Pairings(app.keys, app.market.id, app.wall_clock)
        pairings.take(pairings.offer(work.driver).code)
        on(sight.page, "unpaired")
        assert "another phone" in sight.page.locator("#screen").inner_text().lower()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_is_large_enough_for_a_thumb(work: Work, theme: str) -> None:
    """On each screen targets have 56 px, words 15 px, and nothing is cut off sideways, in both themes."""
    with paired(work) as sight:
        page = sight.page
        page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
        large(page)
        to_the_road(page)
        large(page)
        work.town.pass_to(at(12))
        to_the_door(page, "Ada Beispiel")
        large(page)
        page.click("#cant")
        large(page)
        page.check("input[value='recipient.not_home']")
        large(page)
        assert sight.complaints == []


def large(page: Page) -> None:
    """No button, field or choice is smaller than a thumb, and no word smaller than can be read."""
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    for target in page.locator(TARGETS).all():
        if target.is_visible():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= SMALL_PX, target.inner_text()
    sizes = page.evaluate(
        "[...document.querySelectorAll('.screen *, .dock *')].filter((el) => el.innerText)"
        ".map((el) => parseFloat(getComputedStyle(el).fontSize))"
    )
    assert min(sizes) >= 15
