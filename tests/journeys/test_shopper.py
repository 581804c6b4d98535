"""A shopper: an honest window at checkout, the parcel followed on a phone, another time, the proof."""

import json

import pytest
from playwright.sync_api import Page
from tests.web.browser import CHROMIUM, looking, served
from tests.web.test_driver import jpeg
from tests.web.town import Town, at, iso

from doorstep.adapters.messaging.local import LocalMailbox
from doorstep.vocabulary.message import MessageKind

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]
EMAIL = "ada@example.org"


def bought(town: Town) -> dict[str, str]:
    """The checkout: windows with odds are listed, one is held while she pays, and confirmed."""
    shop = town.merchants[0]
    told = town.order(email=EMAIL)
    ask = {key: told[key] for key in told if key not in ("external_id", "name", "email")}
    asked = ask | {"window_start": None, "window_end": None}
    offers = town.json(shop, "POST", "/v1/quotes", asked)["quote"]
    assert offers
    assert all(0.9 <= offer["odds"] <= 1 for offer in offers)
    chosen = {key: offers[0][key] for key in ("window_start", "window_end")}
    held = town.json(shop, "POST", "/v1/promises", ask | chosen, 201)
    order = {key: told[key] for key in told if not key.startswith("window")}
    placed: dict[str, str] = town.json(shop, "POST", f"/v1/promises/{held['id']}/confirm", order, 201)
    return placed


def another_time(page: Page) -> str:
    """She takes the last window that is offered; how the page writes it."""
    page.locator("summary", has_text="Another time").click()
    choice = page.locator("label.choice", has=page.locator("input[name=window]")).last
    choice.locator("input").check()
    words = choice.inner_text().strip()
    page.get_by_role("button", name="Change the time").click()
    assert "The time is changed." in page.inner_text("[role=status]")
    return words.rpartition(", ")[2]


def deliver(town: Town, order: str) -> None:
    """Her van's driver loads, drives, and hands over with a photo."""
    state = town.app.orders.state(order)
    assert state is not None
    delivery = state.delivery
    assert delivery is not None
    route = town.app.planner.plan.route_of(delivery)
    assert route is not None
    shift = town.app.drivers.route(route, None).shift
    path, driver = f"/v1/driver/routes/{route}", shift.driver

    def tell(where: str, **body: object) -> None:
        town.json(driver, "POST", where, {"at": iso(town.clock.now()), **body})

    town.pass_to(shift.start)
    tell(f"{path}/load", parcels=town.json(driver, "GET", path)["loading_list"])
    tell(f"{path}/depart")
    seen = town.json(driver, "GET", path)
    stop = next(one for one in seen["stops"] if one["delivery"] == delivery)
    assert "hinten" in stop["instructions"], "what she wrote is on the driver's phone"
    place = {"route": route, "lat": stop["lat"], "lon": stop["lon"]}
    town.pass_to(at(18))
    tell(f"/v1/driver/stops/{delivery}/arrive", **place, accuracy_m=5)
    sent = town.call(
        driver, "POST", "/v1/driver/proofs", jpeg(), content_type="image/jpeg", x_delivery=delivery
    )
    photo = json.loads(sent.body)["sha256"]
    town.pass_s(120)
    handoff = {**place, "method": "to_recipient", "parcels": stop["parcels"], "photo": photo}
    tell(f"/v1/driver/stops/{delivery}/handoff", **handoff)
    town.app.tick()


def test_a_shopper_buys_changes_the_time_and_has_the_proof(town: Town) -> None:
    """From the windows at checkout to the photo of the handover, by the link in the first letter."""
    town.app.post = mailbox = LocalMailbox()
    placed = bought(town)
    town.app.tick()
    (letter,) = mailbox.letters(placed["id"])
    assert (letter.kind, letter.to) == (MessageKind.promised, EMAIL)

    with served(town) as server, looking(server.url + letter.link, 390, 844) as sight:
        page = sight.page
        assert "On time" in page.inner_text("#live")
        window = another_time(page)
        assert window in page.inner_text("h1")
        page.locator("summary", has_text="Tell the driver").click()
        page.get_by_label("Door, bell, way in").fill("Klingel hinten")
        page.get_by_role("button", name="Tell the driver").click()
        deliver(town, placed["id"])
        page.reload()
        assert "Delivered" in page.inner_text("h1")
        picture = page.locator("figure img")
        picture.scroll_into_view_if_needed()
        picture.evaluate("(img) => img.decode()")
        assert picture.evaluate("(img) => img.naturalWidth") > 0
        assert sight.complaints == []

        page.locator("summary", has_text="Report a problem").click()
        page.get_by_label("It is damaged").check()
        page.get_by_label("What happened").fill("Die Ecke ist eingedrückt")
        page.get_by_role("button", name="Send").click()
        assert "Support" in page.inner_text("#live"), "somebody has it, and the page says who"
    (case,) = town.json("operator", "GET", "/v1/cases?state=open&kind=reported_problem")["cases"]
    assert (case["order"], case["owner"]) == (placed["id"], "support")
