"""Pages: what a person sees, and what a browser is never sent."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.web.town import Town, at, iso

import doorstep.web
from doorstep.vocabulary.ids import RouteId

WEB = Path(doorstep.web.__file__).parent
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Markup(HTMLParser):
    """Collects a page's elements, and refuses what is not well nested."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content, as in SVG."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        """Text."""
        self.text += data


def read(town: Town, path: str) -> Markup:
    """A page, parsed."""
    answer = town.call("operator", "GET", path)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    markup = Markup()
    markup.feed(answer.body.decode())
    assert markup.open == []
    return markup


@pytest.fixture
def placed(town: Town) -> Any:  # noqa: ANN401 - whatever JSON it is
    """An order with a name that is markup."""
    return town.place(name="<script>alert(1)</script>", instructions='"><img src=x onerror=alert(1)>')


def pages(town: Town, placed: Any) -> dict[str, Markup]:  # noqa: ANN401 - whatever JSON it is
    """One page of each kind."""
    case = town.place(2, address="Nirgendwoweg 99, 17033 Neubrandenburg")["case"]
    route = town.app.planner.plan.route_of(placed["delivery"])
    town.pass_to(at(7))
    paths = {
        "/": "/",
        "order": f"/orders/{placed['id']}",
        "case": f"/cases/{case}",
        "route": f"/routes/{route}",
    }
    return {name: read(town, path) for name, path in paths.items()}


def test_no_page_needs_what_the_policy_forbids(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """No inline script, style or handler; everything is fetched from this origin."""
    for markup in pages(town, placed).values():
        for tag, attributes in markup.elements:
            assert "style" not in attributes, (tag, attributes)
            assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
            assert tag != "style"
            if tag == "script":
                assert (attributes["src"] or "").startswith("/static/")
            for name in ("src", "href"):
                assert not (attributes.get(name) or "").startswith(("http", "//")), attributes


def test_every_file_that_a_page_names_is_there(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """Scripts, styles, fonts, icons, and what they import, are all served with their type."""
    wanted = {
        path
        for markup in pages(town, placed).values()
        for _, attributes in markup.elements
        for path in (attributes.get("src"), attributes.get("href"))
        if path and path.startswith("/static/")
    }
    for script in (WEB / "static" / "app").glob("*.js"):
        wanted |= {
            f"/static/app/{name}"
            for name in re.findall(r'from "\./([^"]+)"|import "\./([^"]+)"', script.read_text())
            for name in name
            if name
        }
    for sheet in (WEB / "static" / "app").glob("*.css"):
        wanted |= set(re.findall(r'url\("(/static/[^"]+)"\)', sheet.read_text()))
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "woff2": "font/woff2"}
    assert len(wanted) > 15
    for path in wanted:
        answer = town.call(None, "GET", path)
        assert answer.status == 200, path
        assert answer.headers["content-type"].startswith(kinds[path.rpartition(".")[2]])
        again = town.call(None, "GET", path, if_none_match=answer.headers["etag"])
        assert again.status == 304


@pytest.mark.parametrize(
    "path", ["../api.py", "app/../../api.py", "%2e%2e/api.py", "app", "vendor/vendor.lock"]
)
def test_nothing_but_the_static_files_is_served(town: Town, path: str) -> None:
    """No path leads out of the folder."""
    assert town.call(None, "GET", f"/static/{path}").status == 404


def test_an_order_page_answers_where_next_and_who(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """The answers, the promise, the recipient and the events are on it, and markup in a name is text."""
    markup = pages(town, placed)["order"]
    for text in (
        "Where is it",
        "What happens next",
        "Who is fixing it",
        "Promise",
        "Custody",
        "Cost",
        "order.placed",
    ):
        assert text in markup.text
    assert "<script>alert(1)</script>" in markup.text
    assert "09:00–13:00" in markup.text
    assert not [1 for tag, attributes in markup.elements if tag == "img" and attributes.get("src") == "x"]


def test_a_case_page_shows_playbook_and_record(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """The steps, the next one, and the four parts of the record."""
    markup = pages(town, placed)["case"]
    for text in (
        "What happened",
        "Why",
        "What was done",
        "What will change",
        "Playbook",
        "Call the shopper for the address",
    ):
        assert text in markup.text


def test_a_route_page_shows_every_stop(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """Each stop's order stands with its promise."""
    markup = pages(town, placed)["route"]
    assert "T-1" in markup.text
    assert "Room to the promise" in markup.text


def test_a_page_that_has_not_changed_is_not_sent_again(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """A page carries an ETag, so that looking again costs nothing."""
    first = town.call("operator", "GET", f"/orders/{placed['id']}")
    again = town.call("operator", "GET", f"/orders/{placed['id']}", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_a_page_of_an_erased_person_shows_nothing_of_them(town: Town, placed: Any) -> None:  # noqa: ANN401 - whatever JSON it is
    """After an erasure the page stands, and the name is gone."""
    content = town.app.orders.state(placed["id"]).content  # type: ignore[union-attr]  # the order stands
    town.app.people.erase(content.person, content.place)
    markup = read(town, f"/orders/{placed['id']}")
    assert "Erased" in markup.text
    assert "alert(1)" not in markup.text


def test_the_map_names_its_source(town: Town) -> None:
    """The drawing carries the attribution that its licence asks for, and is small enough to send whole."""
    answer = town.call(None, "GET", "/map.json", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 600_000
    plain = town.call(None, "GET", "/map.json")
    assert "© OpenStreetMap contributors".encode() in plain.body
    assert town.call(None, "GET", "/map.json", if_none_match=plain.headers["etag"]).status == 304


def test_templates_hold_no_inline_code() -> None:
    """The rule holds for every template, also for parts that a test's page does not show."""
    for template in (WEB / "pages").glob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), template.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), template.name


def test_a_stop_that_changed_vans_says_why_on_both_pages(open_town: Town) -> None:
    """A driver calls out: the order's page and the new route's page name both vans and the cause."""
    orders = [open_town.place(number)["id"] for number in range(1, 7)]
    app = open_town.app
    moved = app.orders.state(orders[0])
    assert moved is not None
    assert moved.delivery is not None
    gone = app.planner.plan.route_of(moved.delivery)
    assert gone is not None
    driver = app.planner.routes[RouteId(gone)].shift.driver
    body = {"day": "2026-06-16", "driver": driver, "why": "ill", "at": iso(open_town.clock.now())}
    open_town.json("operator", "POST", "/v1/roster/absences", body)
    line = app.moves.of_delivery(moved.delivery)[0]
    for path in (f"/orders/{moved.id}", f"/routes/{line.route}", f"/routes/{line.left}"):
        page = open_town.call("operator", "GET", path).body.decode()
        assert f"oved from {line.left_vehicle} to {line.vehicle} because" in page, path
        assert "is out (ill)" in page
        assert "rule dispatch" in page
