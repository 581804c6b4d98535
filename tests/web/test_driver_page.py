"""The driver's page in a real browser, at the size of a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.web.browser import CHROMIUM
from tests.web.phone import WIDTH, Work, at_work, on, paired, photo, press, sign, to_the_door, to_the_road
from tests.web.town import Town, at

from doorstep.web.pairing import Pairings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]
SMALL_PX = 55.5
"""A target of 56 px may lose half a pixel to rounding."""

TARGETS = (
    ".messages button,"
    " .screen :is(button, a, .choice, .pick, input:not([type=file], [type=radio], [type=checkbox])),"
    " .dock :is(button, a)"
)


@pytest.fixture
def work(open_town: Town) -> Iterator[Work]:
    """A staged route at its shift's start, served."""
    with at_work(open_town) as found:
        yield found


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


def test_after_too_many_wrong_pins_the_page_says_what_to_do(work: Work, tmp_path: Path) -> None:
    """The field goes, the words say why, and the handoff without it is taken and told as unproven."""
    with paired(work) as sight:
        page = sight.page
        to_the_road(page)
        work.town.pass_to(at(12))
        to_the_door(page, "Ada Beispiel")
        page.click("#scan-all")
        page.set_input_files("#photo", photo(tmp_path))
        sign(page)
        right = int(work.proving["pin"])
        left = work.town.app.drivers.pin_tries_left(work.proving["delivery"])
        assert left > 1
        for wrong in range(1, left + 1):
            page.fill("#pin", f"{(right + wrong) % 10_000:04d}")
            press(page, "#confirm")
            tries = "1 try is left" if left - wrong == 1 else f"{left - wrong} tries are left"
            page.wait_for_selector("#pin-locked" if wrong == left else f"text={tries}")
        assert "no other counts" in page.locator("#pin-locked").inner_text()
        assert page.locator("#pin").count() == 0
        press(page, "#confirm")
        page.wait_for_selector("#said")
        assert "still needs: pin" in page.locator("#said").inner_text().lower()
        assert work.town.app.drivers.delivery(work.proving["delivery"]).missing == ("pin",)


def test_what_the_office_writes_stands_until_it_is_understood(work: Work) -> None:
    """A message comes by itself, says whom it is about, goes with a press, and stays away on a reload."""
    with paired(work) as sight:
        page = sight.page
        body = {"kind": "message", "delivery": work.absent["delivery"], "reason": "Ring at <Muster>, twice"}
        told = work.town.call("operator", "POST", "/v1/dispatch/actions", body, if_match="*")
        assert told.status == 201, told.body
        page.wait_for_selector(".message")
        said = page.locator(".message").inner_text()
        assert "about Bela Muster" in said
        assert "Ring at <Muster>, twice" in said
        large(page)
        page.get_by_role("button", name="Understood").click()
        assert page.locator(".message").count() == 0
        page.reload()
        on(page, "load")
        assert page.locator(".message").count() == 0
        assert sight.complaints == []


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
