"""The tracking page in a real browser, on a phone, with and without a script."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.web.browser import ARGS, CHROMIUM, served
from tests.web.town import Town, at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]
PICTURES = os.environ.get("DOORSTEP_PICTURES")
"""A folder for pictures of what was seen; none are taken without one."""


def take(page: Page, name: str) -> None:
    """Keep a picture for people."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_phone_reads_and_changes(town: Town, script: bool) -> None:
    """At 390 px a shopper reads the window, chooses another, names a neighbour and reports a problem."""
    order = town.place(handling=["pin"])["id"]
    path = town.json("operator", "POST", f"/v1/orders/{order}/tracking")["path"]
    kind = "on" if script else "off"
    with served(town) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=script)
        page = context.new_page()
        asked, complaints = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(server.url + path, wait_until="load")
        assert "09:00–13:00" in page.inner_text("h1")
        take(page, f"tracking-{kind}")
        wide = page.evaluate("document.documentElement.scrollWidth") if script else 390
        assert wide <= 390, "nothing is cut off"

        page.locator("summary", has_text="Another time").click()
        page.locator("input[name=window]").last.check()
        take(page, f"tracking-{kind}-window")
        page.get_by_role("button", name="Change the time").click()
        assert "The time is changed." in page.inner_text("[role=status]")
        assert "09:00–13:00" not in page.inner_text("h1")

        page.locator("summary", has_text="Leave it elsewhere").click()
        page.get_by_label("With a neighbour").check()
        page.get_by_role("button", name="Save the place").click()
        assert "say which neighbour" in page.inner_text("[role=alert]")
        page.get_by_label("With a neighbour").check()
        page.get_by_label("Which neighbour or place").fill("Frau Kranich")
        page.get_by_role("button", name="Save the place").click()
        assert "neighbour" in page.inner_text("main")

        page.locator("summary", has_text="Report a problem").click()
        page.get_by_label("Something else").check()
        page.get_by_label("What happened").fill("Please ring twice")
        page.get_by_role("button", name="Send").click()
        assert "Support" in page.inner_text("#live")
        take(page, f"tracking-{kind}-done")
        assert all(url.startswith(server.url) for url in asked)
        # A refused form is answered with 422, which the browser notes; nothing else may be said.
        assert [text for text in complaints if "422" not in text] == []
        browser.close()


def test_the_page_keeps_up_by_itself(town: Town) -> None:
    """With a script, a page looked at again shows what has happened, and keeps its forms."""
    order = town.place()["id"]
    path = town.json("operator", "POST", f"/v1/orders/{order}/tracking")["path"]
    with served(town) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(server.url + path, wait_until="load")
        assert "Announced to the hub" in page.inner_text("#live")
        page.locator("summary", has_text="Tell the driver").click()
        page.get_by_label("Door, bell, way in").fill("hinten")
        town.pass_to(at(12, 30))
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_selector("#live[data-refreshed]")
        assert "loading list" in page.inner_text("#live")
        assert page.get_by_label("Door, bell, way in").input_value() == "hinten"
        browser.close()
