"""The pages of one thing in a real browser: they follow the stream, and leave the reader in peace."""

from collections.abc import Iterator

import pytest
from tests.web.browser import CHROMIUM, Served, looking, served
from tests.web.town import Town, at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]
CONTACT = {"topic": "where_is_my_order", "channel": "phone", "answered_by": "Mira"}
LIVE = '#live[data-state="live"]'


@pytest.fixture
def live(open_town: Town) -> Iterator[Served]:
    """A town with two orders, served."""
    for number in (1, 2):
        open_town.place(number)
    open_town.pass_to(at(8))
    with served(open_town) as found:
        yield found


def orders(town: Town) -> list[str]:
    """The ids of the town's orders."""
    return [order["id"] for order in town.json("operator", "GET", "/v1/orders")["orders"]]


def test_a_page_takes_what_changed_and_keeps_the_readers_place(live: Served) -> None:
    """A contact shows by itself; focus, scroll, an opened switch and the very elements stay as they were."""
    first, _ = orders(live.town)
    with looking(f"{live.url}/orders/{first}", 900, 500) as sight:
        page = sight.page
        sight.wait(LIVE)
        page.locator("#codes").check()
        page.get_by_role("button", name="Evidence packet").focus()
        page.evaluate("window.scrollTo(0, 300); document.querySelector('.eventful').mark = 1")
        live.town.json("operator", "POST", "/v1/contacts", {"order": first, **CONTACT})
        page.locator("aside", has_text="answered by Mira").wait_for()
        assert page.evaluate("window.scrollY") == 300
        assert page.evaluate("document.activeElement.textContent") == "Evidence packet"
        assert page.evaluate("document.querySelector('.eventful').mark") == 1
        assert page.locator("#codes").is_checked()
        assert page.locator(".eventful .raw", has_text="contact.recorded").is_visible()
        assert sight.complaints == []


def test_a_page_does_not_read_itself_for_what_others_do(live: Served) -> None:
    """News about one order makes its page look again, and no other."""
    first, second = orders(live.town)
    with looking(f"{live.url}/orders/{first}") as sight:
        sight.wait(LIVE)
        other = sight.page.context.new_page()
        other.goto(f"{live.url}/orders/{second}")
        other.wait_for_selector(LIVE, state="attached")
        live.town.json("operator", "POST", "/v1/contacts", {"order": second, **CONTACT})
        other.wait_for_selector("main[data-read]", state="attached")
        assert sight.attribute("main", "data-read") == ""


def test_a_page_says_how_old_it_is_and_comes_back(live: Served) -> None:
    """Without the server it says so; when the server is back, it shows what it missed."""
    first, _ = orders(live.town)
    with looking(f"{live.url}/orders/{first}") as sight:
        sight.wait(LIVE)
        live.stop()
        sight.wait('#live[data-state="stale"]')
        assert "Reconnecting" in sight.page.locator("#live").inner_text()
        live.town.json("operator", "POST", "/v1/contacts", {"order": first, **CONTACT})
        live.start()
        sight.wait(LIVE)
        sight.page.locator("aside", has_text="answered by Mira").wait_for()


def test_a_page_is_right_without_scripts(live: Served) -> None:
    """What the server sends says all of it, and as of when."""
    first, _ = orders(live.town)
    with looking(live.url) as sight:
        still = sight.page.context.browser
        assert still is not None
        page = still.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
        page.goto(f"{live.url}/orders/{first}")
        assert "as of 08:00" in page.locator("#live").inner_text()
        assert page.locator("main").inner_text().count("09:00") >= 1
        page.locator("label", has_text="Codes and rules").click()
        assert page.locator(".raw", has_text="order.placed").is_visible()
