"""The live page in a real browser."""

from collections.abc import Iterator

import pytest
from tests.web.browser import CHROMIUM, Served, Sight, looking, served
from tests.web.town import ADDRESSES, Town, at, iso

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]


@pytest.fixture
def live(open_town: Town) -> Iterator[Served]:
    """A town with orders and two cases, an hour into its day, served."""
    for number in range(1, 9):
        open_town.place(number, address=ADDRESSES[number % 3])
    for number in (20, 21):
        open_town.place(number, address=f"Nirgendwoweg {number}, 17033 Neubrandenburg")
    open_town.pass_to(at(8))
    with served(open_town) as found:
        yield found


def busy(town: Town) -> tuple[str, str, str]:
    """A driver of the day, the van and its route, with an order on it."""
    route = next(line for line in town.json("operator", "GET", "/v1/routes")["routes"] if line["stops"][1:])
    return route["driver"], route["vehicle"], route["id"]


def drive(town: Town, lat: float, lon: float) -> None:
    """Tell where the busy van is, a second later than before."""
    driver, vehicle, _ = busy(town)
    town.pass_s(1)
    body = {"vehicle": vehicle, "at": iso(town.clock.now()), "lat": lat, "lon": lon}
    assert town.json(driver, "POST", "/v1/driver/positions", body)["kept"]


def ready(sight: Sight) -> None:
    """Until the first board is drawn."""
    sight.wait("body[data-heard]")
    sight.wait("city-map[data-painted]")
    sight.wait('#live[data-state="live"]')


def test_the_page_says_what_is_at_risk_and_complains_of_nothing(live: Served) -> None:
    """Figures, cases, routes and the map are there, without a console error or a policy violation."""
    with looking(live.url) as sight:
        ready(sight)
        page = sight.page
        assert page.title() == "(2) Dispatch · Neubrandenburg"
        assert page.locator(".case").count() == 2
        assert page.locator("route-timeline .line").count() == 12
        figures = page.locator("day-figures").inner_text()
        assert "Delivered" in figures
        assert "of 8" in figures
        assert "OpenStreetMap" in page.locator("#credit").inner_text()
        assert sight.complaints == []


def test_vans_move_between_two_positions(live: Served) -> None:
    """A new position makes the van glide there, without anyone touching the page."""
    drive(live.town, 53.5570, 13.2610)
    with looking(live.url) as sight:
        ready(sight)
        sight.wait("city-map[data-first]")
        first = sight.attribute("city-map", "data-first")
        drive(live.town, 53.5650, 13.2750)
        sight.wait(f'city-map[data-first]:not([data-first="{first}"])')
        assert sight.attribute("city-map", "data-first") != first
        assert sight.complaints == []


def test_a_new_case_comes_by_itself(live: Served) -> None:
    """The list, the count and the title follow the log."""
    with looking(live.url) as sight:
        ready(sight)
        live.town.place(30, address="Nirgendwoweg 30, 17033 Neubrandenburg")
        sight.page.wait_for_selector(".case >> nth=0")
        sight.page.locator("#count", has_text="3").wait_for()
        assert sight.page.title().startswith("(3)")


def test_the_keyboard_reaches_every_case(live: Served) -> None:
    """J and K walk, the URL remembers, Enter opens, and the browser's way back leads to the board."""
    with looking(live.url) as sight:
        ready(sight)
        page = sight.page
        page.keyboard.press("j")
        first = sight.attribute(".case.selected", "data-id")
        assert f"case={first}" in page.url
        page.keyboard.press("j")
        second = sight.attribute(".case.selected", "data-id")
        assert second != first
        page.keyboard.press("k")
        assert sight.attribute(".case.selected", "data-id") == first
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{first}")
        assert "Playbook" in page.locator("main").inner_text()
        page.go_back()
        ready(sight)
        assert sight.attribute(".case.selected", "data-id") == first
        assert sight.complaints == []


def test_shortcuts_are_on_a_sheet(live: Served) -> None:
    """A question mark opens it, Escape closes it."""
    with looking(live.url) as sight:
        ready(sight)
        page = sight.page
        page.keyboard.press("?")
        assert page.locator("dialog#help").is_visible()
        page.keyboard.press("Escape")
        assert not page.locator("dialog#help").is_visible()


def test_the_map_has_a_list_twin(live: Served) -> None:
    """L shows the vans as a table, and the URL keeps it."""
    with looking(live.url) as sight:
        ready(sight)
        page = sight.page
        page.keyboard.press("l")
        assert page.locator("#twin tbody tr").count() == 12
        assert "view=list" in page.url
        page.reload()
        ready(sight)
        assert page.locator("#twin").is_visible()


def test_a_route_opens_its_stops_with_their_promises(live: Served) -> None:
    """A click on a route shows a lane a stop, and the URL keeps the route."""
    _, _, route = busy(live.town)
    with looking(live.url) as sight:
        ready(sight)
        page = sight.page
        page.locator(f'.line[data-id="{route}"] .who').click()
        sight.wait(".line.selected .lanes .s-window")
        assert f"route={route}" in page.url
        page.keyboard.press("Escape")
        assert page.locator(".lanes").count() == 0


def test_the_page_comes_back_after_the_line_dropped(live: Served) -> None:
    """When the server is gone the page says how old its data are; when it is back, it goes on by itself."""
    with looking(live.url) as sight:
        ready(sight)
        live.stop()
        sight.wait('#live[data-state="stale"]')
        assert "Reconnecting" in sight.page.locator("#live").inner_text()
        live.town.place(31, address="Nirgendwoweg 31, 17033 Neubrandenburg")
        live.start()
        sight.wait('#live[data-state="live"]')
        sight.page.locator("#count", has_text="3").wait_for()


def test_a_second_tab_hears_the_first_ones_stream(live: Served) -> None:
    """One tab holds the line and tells the other, so that many tabs never exhaust the connections."""
    with looking(live.url) as sight:
        ready(sight)
        other = sight.page.context.new_page()
        other.goto(live.url)
        other.wait_for_selector('#live[data-state="live"]')
        live.town.place(32, address="Nirgendwoweg 32, 17033 Neubrandenburg")
        other.locator("#count", has_text="3").wait_for()
        assert sight.complaints == []


@pytest.mark.parametrize("tab", ["cases", "map", "routes"])
def test_a_phone_sees_one_thing_at_a_time(live: Served, tab: str) -> None:
    """At the width of a phone nothing is cut off sideways, and each tab shows its part."""
    part = {"cases": "case-list", "map": "city-map", "routes": "route-timeline"}[tab]
    with looking(f"{live.url}/?tab={tab}", 390, 844) as sight:
        sight.wait('#live[data-state="live"]')
        assert sight.page.locator(part).is_visible()
        for hidden in {"case-list", "city-map", "route-timeline"} - {part}:
            assert not sight.page.locator(hidden).is_visible()
        assert sight.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert sight.complaints == []


def test_the_pages_of_order_case_and_route_complain_of_nothing(live: Served) -> None:
    """Each opens without a console error, and takes what changed by itself."""
    town = live.town
    placed = town.json("operator", "GET", "/v1/orders?limit=1")["orders"][0]
    case = town.json("operator", "GET", "/v1/cases?state=open")["cases"][0]
    _, _, route = busy(town)
    for path in (f"/orders/{placed['id']}", f"/cases/{case['id']}", f"/routes/{route}"):
        with looking(f"{live.url}{path}", 390, 844) as sight:
            assert sight.page.locator("h1").is_visible()
            assert sight.page.evaluate("document.documentElement.scrollWidth") <= 390
            assert sight.complaints == [], path
    with looking(f"{live.url}/orders/{placed['id']}") as sight:
        town.json("operator", "POST", f"/v1/orders/{placed['id']}/cancel", {"reason": "changed mind"})
        sight.page.locator("h1 + .tag", has_text="Cancelled").wait_for(timeout=10_000)
        assert sight.complaints == []


def test_a_person_signs_in_and_sees_the_board(town: Town) -> None:
    """Where reads are closed, the page asks for a key and then shows the day."""
    with served(town) as found, looking(found.url) as sight:
        page = sight.page
        assert page.url.endswith("/login?next=/")
        page.fill("#key", "wrong")
        page.click("button")
        assert "opens nothing" in page.locator("#refused").inner_text()
        page.fill("#key", town.tokens["operator"])
        page.click("button")
        sight.wait('#live[data-state="live"]')
        assert page.locator("h1").inner_text() == "Dispatch, Neubrandenburg"
