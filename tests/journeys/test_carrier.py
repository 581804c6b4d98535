"""A carrier: it is asked, takes a delivery, tells of it in its own words, and sees where it stands."""

from tests.web.network import Network
from tests.web.town import at, iso

NIGHT = {"window_start": iso(at(21)), "window_end": iso(at(23))}
"""After the last van is home: the courier's hours."""


def test_a_courier_is_asked_delivers_and_tells(network: Network) -> None:
    """Tendered by policy, accepted under its own number, followed by its signed events to the hand."""
    town = network.town
    placed = town.place(**NIGHT)
    routing = f"/v1/orders/{placed['id']}/routing"
    [decision] = town.json("operator", "GET", routing)["decisions"]
    assert (decision["carrier"], decision["stands"]) == ("courier", "not asked yet")

    network.pass_to(at(22, 50))
    [decision] = town.json("operator", "GET", routing)["decisions"]
    [offer] = decision["tender"]["offers"]
    assert (decision["stands"], offer["answer"]) == ("accepted", "accepted")
    assert offer["reference"], "it goes under the carrier's own number"

    answers = town.json("operator", "GET", f"/v1/deliveries/{placed['delivery']}")
    assert answers["where"]["text"] == "With the recipient"
    page = town.call("operator", "GET", f"/orders/{placed['id']}").body.decode()
    assert "Flinke Boten" in page
    assert "delivered/to_recipient" in page, "its own code is kept"

    [standing] = [
        one for one in town.json("operator", "GET", "/v1/carriers")["carriers"] if one["id"] == "courier"
    ]
    assert (standing["connected"], standing["outages"], standing["set_aside"]) == (True, 0, 0)
