"""Returns from the tracking page: by van or to the counter, and where it stands, without a script."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.web.browser import ARGS, CHROMIUM, served
from tests.web.test_returns import Bench
from tests.web.test_tracking import page, send
from tests.web.town import Town

PICTURES = os.environ.get("DOORSTEP_PICTURES")


class Shopper:
    """Someone whose order was delivered, with the link to it."""

    def __init__(self, town: Town) -> None:
        self.town, self.bench = town, Bench(town, weight_g=3_000)
        path = town.json("operator", "POST", f"/v1/orders/{self.bench.order}/tracking")["path"]
        self.token = path.removeprefix("/t/")

    def page(self) -> str:
        """What the page says now."""
        return page(self.town, self.token)

    def send(self, form: str, **fields: str) -> tuple[int, str]:
        """What a form is answered."""
        known = re.findall(r'name="return" value="([^"]+)"', self.page())
        return send(self.town, self.token, form, **({"return": known[0]} if known else {}), **fields)

    def back(self) -> dict[str, object]:
        """The order's return as the office sees it."""
        path = f"/v1/returns?order={self.bench.order}"
        found: dict[str, object] = self.town.json("operator", "GET", path)["returns"][-1]
        return found

    def windows(self) -> list[str]:
        """The windows in which a van could come."""
        form = self.page().partition("/collection")[2].partition("</form>")[0]
        return re.findall(r'name="window" value="([^"]+)"', form)


@pytest.fixture
def shopper(town: Town) -> Shopper:
    return Shopper(town)


def test_a_return_is_asked_for_a_van_comes_and_another_time_is_chosen(shopper: Shopper) -> None:
    """Each step answers with the page, which says where it stands; sent twice, it was asked for once."""
    assert "Send it back" in shopper.page()
    assert shopper.send("return", reason="wrong_size")[0] == 303
    assert (shopper.back()["state"], shopper.back()["reason"]) == ("authorised", "wrong_size")
    assert "It may come back" in shopper.page()
    assert "Send it back" not in shopper.page()
    assert shopper.send("return", reason="wrong_size")[0] == 303
    assert len(shopper.town.app.returns.of(shopper.bench.order)) == 1
    first, second = shopper.windows()[:2]
    assert shopper.send("collection", window=first)[0] == 303
    booked = shopper.town.app.returns.of(shopper.bench.order)[0].collection
    assert booked is not None
    assert f"{booked.window.start}-{booked.window.end}" == first
    assert "A van comes for it" in shopper.page()
    assert first not in shopper.windows()
    assert shopper.send("collection", window=second)[0] == 303
    again = shopper.town.app.returns.of(shopper.bench.order)[0].collection
    assert again is not None
    assert f"{again.window.start}-{again.window.end}" == second


def test_the_shopper_brings_it_or_keeps_it(shopper: Shopper) -> None:
    """The van's visit is given up; kept, there is nothing on its way, and it may be asked for again."""
    shopper.send("return", reason="changed_mind")
    shopper.send("collection", window=shopper.windows()[0])
    assert shopper.send("counter")[0] == 303
    assert (shopper.back()["state"], shopper.back()["collection"]) == ("authorised", None)
    assert shopper.send("keep")[0] == 303
    assert shopper.back()["state"] == "cancelled"
    assert "You keep it" in shopper.page()
    assert "Send it back" in shopper.page()


def test_what_the_page_did_not_offer_is_refused_on_the_page(shopper: Shopper) -> None:
    """No reason, no time of ours, another order's return: a sentence, and nothing is done."""
    status, said = shopper.send("return", reason="bored")
    assert (status, "Choose a reason." in said) == (422, True)
    shopper.send("return", reason="changed_mind")
    for window in ("", "7-3", "x-y", "1-2"):
        status, said = shopper.send("collection", window=window)
        assert status == 422, window
        assert "Choose one of the times." in said or "no window of ours" in said
    assert shopper.back()["state"] == "authorised"
    assert send(shopper.town, shopper.token, "keep", **{"return": "ret_x"})[0] == 422
    other = shopper.town.place(2)
    path = shopper.town.json("operator", "POST", f"/v1/orders/{other['id']}/tracking")["path"]
    foreign = {"return": str(shopper.back()["id"])}
    assert send(shopper.town, path.removeprefix("/t/"), "keep", **foreign)[0] == 422
    assert "Send it back" not in page(shopper.town, path.removeprefix("/t/")), "it is not delivered yet"


def test_the_page_follows_the_return_to_the_money(shopper: Shopper) -> None:
    """At the hub, looked at, paid back with the amount; and no word about who handled it."""
    shopper.send("return", reason="wrong_item")
    bench = shopper.bench
    back = bench.step(shopper.back(), "dropoff", hub=bench.hub, parcels=bench.parcels)
    assert "You brought it to our hub" in shopper.page()
    back = bench.step(bench.step(back, "receive", by="Tilda"), "inspect", condition="as_new", by="Tilda")
    assert "The shop decides" in shopper.page()
    back = bench.step(bench.step(back, "dispose"), "refund")
    shown = shopper.page()
    assert "The shop pays you back" in shown
    assert "50.01" in shown
    assert "Tilda" not in shown
    assert shopper.send("keep")[0] == 422


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
def test_a_phone_without_a_script_sends_it_back(shopper: Shopper) -> None:
    """At 390 px: a reason, a time for the van, and the page says that it comes."""
    with served(shopper.town) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
        sight = context.new_page()
        sight.goto(f"{server.url}/t/{shopper.token}", wait_until="load")
        sight.locator("summary", has_text="Send it back").click()
        sight.get_by_label("It does not fit").check()
        sight.get_by_role("button", name="Send it back").click()
        assert "You asked to send it back." in sight.inner_text("[role=status]")
        sight.locator("summary", has_text="Let a van fetch it").click()
        sight.locator("input[name=window]").first.check()
        if PICTURES:
            sight.screenshot(path=str(Path(PICTURES) / "return-window.png"), full_page=True)
        sight.get_by_role("button", name="Let a van come").click()
        assert "A van comes for it" in sight.inner_text("main")
        if PICTURES:
            sight.screenshot(path=str(Path(PICTURES) / "return-booked.png"), full_page=True)
        browser.close()
