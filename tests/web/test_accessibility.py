"""Every page under axe, in both themes and at both widths: no violation is tolerated."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.web.axe import SIZES, barriers
from tests.web.browser import ARGS, CHROMIUM, Served, served
from tests.web.test_live_page import busy
from tests.web.town import ADDRESSES, Town, at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


@pytest.fixture
def live(open_town: Town) -> Iterator[Served]:
    """A town with orders, a case and a route that loads, served."""
    for number in range(1, 5):
        open_town.place(number, address=ADDRESSES[number % 3])
    open_town.place(20, address="Nirgendwoweg 20, 17033 Neubrandenburg")
    open_town.pass_to(at(8))
    with served(open_town) as found:
        yield found


def paths(town: Town) -> tuple[str, ...]:
    """One page of each kind."""
    order = town.json("operator", "GET", "/v1/orders?limit=1")["orders"][0]["id"]
    case = town.json("operator", "GET", "/v1/cases?state=open")["cases"][0]["id"]
    _, _, route = busy(town)
    tabs = ("/", "/?tab=map", f"/?tab=routes&route={route}", "/?view=list")
    return (*tabs, f"/orders/{order}", f"/cases/{case}", f"/routes/{route}", "/login", "/report", "/nothing")


def settled(page: Page) -> None:
    """Until a live page has drawn what it heard first."""
    if page.locator("#live").count():
        page.wait_for_selector('#live[data-state="live"]', state="attached")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(live: Served, theme: Literal["light", "dark"]) -> None:
    """Dispatch, order, case, route, sign-in, report and a page that is not there: axe finds nothing."""
    found: dict[str, list[str]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        for width, height in SIZES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            for path in paths(live.town):
                page = context.new_page()
                page.goto(live.url + path, wait_until="load")
                settled(page)
                assert page.locator("h1").count() == 1, path
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                found[f"{path} at {width}"] = barriers(page)
                page.close()
            context.close()
        browser.close()
    assert {where: barriers for where, barriers in found.items() if barriers} == {}
    assert len(found) == 2 * len(paths(live.town))


def test_axe_sees_a_barrier(live: Served) -> None:
    """An image without words is found, so that silence above means something."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        page = browser.new_page()
        page.goto(f"{live.url}/login", wait_until="load")
        page.evaluate("document.querySelector('main').append(document.createElement('img'))")
        assert any(said.startswith("image-alt") for said in barriers(page))
        browser.close()
