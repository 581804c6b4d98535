"""What a dispatcher does on the live page, by keyboard, in a real browser."""

import os
from collections.abc import Iterator

import pytest
from tests.web.browser import CHROMIUM, Served, Sight, looking, served
from tests.web.town import ADDRESSES, Town, at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


@pytest.fixture
def live(open_town: Town) -> Iterator[Served]:
    """A town with orders on its vans, early in its day, served."""
    for number in range(1, 9):
        open_town.place(number, address=ADDRESSES[number % 3])
    open_town.pass_to(at(5))
    with served(open_town) as found:
        yield found


def busy(town: Town) -> str:
    """The route with most stops."""
    plan = town.app.planner.plan
    return max(plan.route_ids, key=lambda route: len(plan.stops(route)))


def picked(sight: Sight, route: str) -> str:
    """The first stop of the open route, picked with J."""
    sight.wait("body[data-heard]")
    sight.page.locator(f'.line[data-id="{route}"] .who').focus()
    sight.page.keyboard.press("j")
    sight.wait(".s-picked")
    return sight.page.evaluate("new URLSearchParams(location.search).get('stop')")


def shot(sight: Sight, name: str) -> None:
    """A picture for who wants to look."""
    folder = os.environ.get("DOORSTEP_SHOTS")
    if folder:
        sight.page.screenshot(path=f"{folder}/{name}.png")


def test_m_enter_and_z_move_a_stop_and_take_that_back(live: Served) -> None:
    """M lists the routes with the server's word on the one in focus, Enter moves it, Z moves it back."""
    town = live.town
    home = busy(town)
    text = town.app.planner.plan.plan_text()
    with looking(f"{live.url}/?route={home}") as sight:
        stop = picked(sight, home)
        sight.page.keyboard.press("m")
        sight.wait('dialog.act[data-preview="there"]')
        assert sight.page.locator("dialog.act li").count() > 2
        assert "driving" in sight.page.locator(".effect").inner_text()
        shot(sight, "move")
        sight.page.keyboard.press("Enter")
        sight.wait('.toast[data-tone="good"] button')
        shot(sight, "moved")
        assert town.app.planner.plan.route_of(stop) not in (None, home)
        sight.page.keyboard.press("z")
        sight.page.wait_for_selector("text=Taken back")
        assert town.app.planner.plan.plan_text() == text
        assert sight.complaints == []


def test_h_holds_a_stop_for_a_reason(live: Served) -> None:
    """The reason is asked, and stands in the log with the case."""
    town = live.town
    home = busy(town)
    with looking(f"{live.url}/?route={home}") as sight:
        stop = picked(sight, home)
        sight.page.keyboard.press("h")
        sight.page.keyboard.type("box is wet")
        sight.page.keyboard.press("Enter")
        sight.wait('.toast[data-tone="good"]')
        assert town.app.planner.plan.route_of(stop) is None
        assert town.app.desk.state("delivery", stop).held_reason == "box is wet"


def test_p_and_s_pin_a_stop_and_write_to_its_driver(live: Served) -> None:
    """Improvement leaves the stop, and the route has the message."""
    town = live.town
    home = busy(town)
    with looking(f"{live.url}/?route={home}") as sight:
        stop = picked(sight, home)
        sight.page.keyboard.press("p")
        sight.page.wait_for_selector("text=Pinned")
        assert stop not in town.app.planner.plan.movable(home)
        sight.page.keyboard.press("s")
        sight.page.keyboard.type("Ring twice.")
        sight.page.keyboard.press("Enter")
        sight.page.wait_for_selector("text=Told the driver")
        assert [one.text for one in town.app.desk.state("route", home).messages] == ["Ring twice."]


def test_without_the_server_the_page_says_so_and_stays(live: Served) -> None:
    """An action that cannot be asked for is an error in words, over a page that is still there."""
    home = busy(live.town)
    with looking(f"{live.url}/?route={home}") as sight:
        picked(sight, home)
        sight.page.route("**/v1/dispatch/**", lambda route: route.abort())
        sight.page.keyboard.press("m")
        sight.wait('.toast[data-tone="bad"]')
        assert "cannot be reached" in sight.page.locator(".toast").inner_text()
        assert sight.page.locator("route-timeline .line").count() > 0
