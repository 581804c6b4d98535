"""A driver's phone: a served route, the phone that was paired with it, and what a thumb does on it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Page
from tests.web.browser import WAIT_MS, Served, Sight, looking, served
from tests.web.town import ADDRESSES, Town

from doorstep.vocabulary.units import Instant

WIDTH: Final = 390
HEIGHT: Final = 844


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


def staged(town: Town) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A route at its shift's start with two stops; the route, and both orders."""
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
    assert route is not None
    assert route == plan.route_of(absent["delivery"]), "both orders go to one door, and so with one van"
    town.pass_to(town.app.drivers.route(route, None).shift.start)
    return route, proving, absent


@contextmanager
def at_work(town: Town) -> Iterator[Work]:
    """A staged route with both stops, served."""
    route, proving, absent = staged(town)
    driver = town.app.drivers.route(route, None).shift.driver
    with served(town) as found:
        yield Work(town, found, route, driver, proving, absent)


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
