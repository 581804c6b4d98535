"""What carriers have of the day, and vans that are out, on the board and on their pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.browser import CHROMIUM, looking, served
from tests.web.network import Network
from tests.web.test_driver import Shift
from tests.web.test_incidents import SILENT, fall_silent
from tests.web.town import Town, at, iso

from doorstep.adapters.maps.streets import StreetMap
from doorstep.vocabulary.carrier import PauseCarrier
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import after

NIGHT = {"window_start": iso(at(21)), "window_end": iso(at(23))}


@pytest.fixture
def network(streets: StreetMap) -> Iterator[Network]:
    """A market with both carriers, open on this machine."""
    founded = Network.founded(streets, open_reads=True)
    yield founded
    founded.town.app.close()


def courier(town: Town) -> Any:  # noqa: ANN401 - whatever JSON it is
    """The courier's line."""
    return next(
        one for one in town.json("operator", "GET", "/v1/board")["carriers"] if one["id"] == "courier"
    )


def test_the_board_says_what_a_carrier_has(network: Network) -> None:
    """Nothing before it is asked; then what it took, and in the end what it delivered."""
    town = network.town
    network.pass_to(at(6))
    order = town.place(**NIGHT)
    assert (courier(town)["name"], courier(town)["has"]) == ("Flinke Boten", 0)
    network.pass_to(at(18, 50))
    assert (courier(town)["has"], courier(town)["delivered"], courier(town)["failed"]) == (1, 0, 0)
    network.pass_to(at(22, 50))
    assert (courier(town)["has"], courier(town)["delivered"], courier(town)["at_risk"]) == (1, 1, 0)
    other = town.place(2, window_start=None, window_end=None)
    assert courier(town)["has"] == 1, (order, other)


def test_what_is_taken_back_is_a_carriers_no_more(network: Network) -> None:
    """A cancelled order leaves the carrier's count."""
    town = network.town
    network.pass_to(at(6))
    order = town.place(**NIGHT)
    network.pass_to(at(18, 50))
    assert courier(town)["has"] == 1
    town.json("operator", "POST", f"/v1/orders/{order['id']}/cancel", {"reason": "changed mind"})
    network.pass_s(60)
    assert courier(town)["has"] == 0


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed")
def test_the_page_shows_carriers_and_what_ails_them(network: Network) -> None:
    """By their names: what they have, and by itself that one is left alone, and whose incident it is."""
    town = network.town
    network.pass_to(at(6))
    town.place(**NIGHT)
    network.pass_to(at(18, 50))
    with served(town) as live, looking(live.url) as sight:
        sight.wait("body[data-heard]")
        carriers = sight.page.locator("#carriers")
        assert "Flinke Boten" in carriers.inner_text()
        assert "0 of 1 delivered" in carriers.inner_text()
        assert "nothing today" in carriers.inner_text()
        now = town.clock.now()
        pause = PauseCarrier(CarrierId("courier"), after(now, 1_800), "it answered 503", now)
        assert town.app.desk.together([pause], town.app.desk.origin()) is None
        carriers.get_by_text("left alone until").wait_for()
        for number in range(SILENT):
            fall_silent(town, town.place(number + 10, **NIGHT)["id"])
        row = sight.page.locator("case-list .case", has_text="Incident: Tollense Paketdienst")
        row.wait_for()
        assert "Tollense Paketdienst said nothing" in row.inner_text()
        assert sight.complaints == []


def test_a_van_that_is_out_says_since_when_and_why(town: Town) -> None:
    """On the board and on its page, where nothing pretends that it will leave."""
    shift = Shift(town)
    shift.leave()
    town.pass_s(600)
    shift.tell(f"{shift.path}/breakdown", {"why": "the engine stopped"})
    line = next(
        one for one in town.json("operator", "GET", "/v1/board")["routes"] if one["id"] == shift.route
    )
    assert (line["out_since"], line["out_why"]) == (iso(town.clock.now()), "the engine stopped")
    page = town.call("operator", "GET", f"/routes/{shift.route}").body.decode()
    assert "the engine stopped" in page
    absence = {"day": "2026-06-16", "driver": _free(town), "why": "ill"}
    town.json("operator", "POST", "/v1/roster/absences", absence)
    routes = town.json("operator", "GET", "/v1/board")["routes"]
    gone = next(one for one in routes if one["driver"] == absence["driver"])
    page = town.call("operator", "GET", f"/routes/{gone['id']}").body.decode()
    assert "never left" in page
    assert "No stop yet" not in page


def _free(town: Town) -> str:
    """A driver whose van stands still at its hub."""
    routes = town.json("operator", "GET", "/v1/board")["routes"]
    return str(next(one["driver"] for one in routes if one["state"] in ("open", "staged")))
