"""The routing decision through its doors: asked dry, read on record, and sold where no van goes."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

import msgspec
import pytest
from tests.web.town import Town, at, iso, problem

from doorstep.adapters.maps.streets import StreetMap
from doorstep.app import default_book
from doorstep.engine.ports.carriers import Booked, Declined, Kept, Released, Shipment
from doorstep.policy.contracts import ContractPolicy
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId

COURIER, REGIONAL = CarrierId("courier"), CarrierId("regional")


class Willing:
    """A carrier that takes all it is asked."""

    def __init__(self, carrier: CarrierId) -> None:
        self.id = carrier
        self.has: dict[str, Booked] = {}

    def book(self, shipment: Shipment) -> Booked | Declined:
        """Take it, under a number."""
        taken = Booked(f"{self.id}-{len(self.has) + 1}", shipment.price_minor, shipment.currency)
        return self.has.setdefault(shipment.ours, taken)

    def find(self, ours: str) -> Booked | None:
        """What it has."""
        return self.has.get(ours)

    def cancel(self, ours: str) -> Released | Kept:
        """Let it go."""
        self.has.pop(ours, None)
        return Released(0)

    def read(self, headers: object, body: bytes, now: object) -> tuple[()]:
        """Nobody pushes here."""
        raise AssertionError((headers, body, now))


NIGHT = {"window_start": iso(at(21)), "window_end": iso(at(23))}
"""After the last van is home."""


@pytest.fixture
def served(streets: StreetMap) -> Iterator[Town]:
    """The town with two carriers beside its vans."""
    text = (resources.files("doorstep.simulation.carriers") / "contracts.toml").read_text(encoding="utf-8")
    contracts = msgspec.convert(tomllib.loads(text), ContractPolicy)
    town = Town.founded(streets, book=msgspec.structs.replace(default_book(), contracts=contracts))
    for carrier in (COURIER, REGIONAL):
        town.app.connect(Willing(carrier))
    yield town
    town.app.close()


def ask(town: Town, **fields: object) -> dict[str, object]:
    """What a quote, a hold and an evaluation ask."""
    told = town.order(**fields)
    return {name: told[name] for name in told if name not in ("external_id", "name")}


def test_an_evaluation_lists_every_option_and_writes_nothing(served: Town) -> None:
    """Each carrier's each service has its rule, its cost, its odds and its room; the log stays as it is."""
    head = served.app.market.head
    found = served.json("operator", "POST", "/v1/dispatch/evaluate", ask(served))
    assert served.app.market.head == head
    best = found["options"][0]
    assert best["carrier"] == found["carrier"]
    assert {o["carrier"] for o in found["options"]} == {OWN_FLEET, COURIER, REGIONAL}
    costs = [o["expected_minor"] for o in found["options"] if o["rule"] in ("chosen", "committed", "dearer")]
    assert costs == sorted(costs)
    assert all(o["cost_minor"] <= o["expected_minor"] for o in found["options"] if o["odds"])
    [direct] = [o for o in found["options"] if o["service"] == "direct"]
    assert (direct["capacity_left"], direct["odds"]) == (60, 0.96)
    assert direct["cutoff"] is not None
    assert all(o["why"] and o["detail"] for o in found["options"])


def test_an_evaluation_is_what_is_decided_then(served: Town) -> None:
    """The order that follows has the same options, in the same order, at the same cost."""
    found = served.json("operator", "POST", "/v1/dispatch/evaluate", ask(served))
    placed = served.place()
    [decision] = served.json("operator", "GET", f"/v1/orders/{placed['id']}/routing")["decisions"]
    assert decision["options"] == found["options"]
    assert (decision["carrier"], decision["trigger"]) == (found["carrier"], "confirmed")


def test_a_merchant_sees_rules_and_odds_and_no_rates(served: Town) -> None:
    """What a carrier costs and how much room it has is not in what a merchant reads, before or after."""
    merchant = served.merchants[0]
    found = served.json(merchant, "POST", "/v1/dispatch/evaluate", ask(served))
    order = served.place(**NIGHT)["id"]
    served.pass_to(at(22))
    [decision] = served.json(merchant, "GET", f"/v1/orders/{order}/routing")["decisions"]
    for option in (*found["options"], *decision["options"]):
        assert option["rule"]
        assert {option[f] for f in ("detail", "cost_minor", "expected_minor", "capacity_left")} == {None}
    [offer] = decision["tender"]["offers"]
    assert (offer["answer"], offer["offered_minor"], offer["accepted_minor"]) == ("accepted", None, None)
    assert served.call(merchant, "GET", f"/v1/tenders/{decision['tender']['id']}").status == 403
    assert served.call(merchant, "GET", "/v1/carriers").status == 403
    other = served.merchants[1]
    assert served.call(other, "GET", f"/v1/orders/{order}/routing").status == 404


def test_a_decision_is_read_with_its_tender_and_the_answer(served: Town) -> None:
    """Where a carrier is cheaper than the last van, the decision names it, its reference and both prices."""
    placed = served.place(**NIGHT)
    path = f"/v1/deliveries/{placed['delivery']}/routing"
    [before] = served.json("operator", "GET", path)["decisions"]
    assert (before["carrier"], before["stands"], before["tender"]) == (COURIER, "not asked yet", None)
    served.pass_to(at(22))
    [decision] = served.json("operator", "GET", path)["decisions"]
    assert decision["stands"] == "accepted"
    [offer] = decision["tender"]["offers"]
    assert (offer["reference"], offer["answer"]) == ("courier-1", "accepted")
    assert offer["offered_minor"] == offer["accepted_minor"] > 0
    assert served.json("operator", "GET", f"/v1/tenders/{decision['tender']['id']}") == decision["tender"]
    assert problem(served.call("operator", "GET", "/v1/tenders/tnd_x"))["code"] == "not_found"


def test_carriers_are_listed_with_what_is_taken_of_their_day(served: Town) -> None:
    """A delivery that a carrier has counts on the day of its window, and on no other."""

    def used() -> Any:  # noqa: ANN401 - whatever JSON it is
        carriers = served.json("operator", "GET", "/v1/carriers")["carriers"]
        assert [(one["id"], one["connected"]) for one in carriers] == [(COURIER, True), (REGIONAL, True)]
        return carriers[0]["services"][0]["used_today"]

    served.place(**NIGHT)
    assert used() == 0
    served.pass_to(at(2))
    assert used() == 1


def test_a_window_of_a_carrier_is_quoted_held_and_confirmed(served: Town) -> None:
    """Where no van goes, the quote names the carrier, the hold takes one of its day, the order goes to it."""
    offered = served.json("operator", "POST", "/v1/quotes", ask(served, **NIGHT))["quote"]
    night = next(one for one in offered if one["window_start"] == NIGHT["window_start"])
    assert (night["carrier"], night["odds"], night["added_s"]) == (COURIER, 0.96, 0)
    held = served.json("operator", "POST", "/v1/promises", ask(served, **NIGHT), 201)
    window = {name: held["promise"][name] for name in ("window_start", "window_end")}
    assert window == NIGHT
    body = {name: value for name, value in served.order().items() if not name.startswith("window")}
    placed = served.json("operator", "POST", f"/v1/promises/{held['id']}/confirm", body, 201)
    [decision] = served.json("operator", "GET", f"/v1/orders/{placed['id']}/routing")["decisions"]
    assert (decision["carrier"], decision["options"][0]["rule"]) == (COURIER, "chosen")
    assert served.app.planner.plan.route_of(placed["delivery"]) is None
    served.pass_to(at(22))
    [decision] = served.json("operator", "GET", f"/v1/orders/{placed['id']}/routing")["decisions"]
    assert decision["stands"] == "accepted"


def test_a_carriers_hold_is_given_back_and_is_for_what_was_asked(served: Town) -> None:
    """More than the carrier takes is refused at the confirmation; a hold that lapses frees its room."""
    held = served.json("operator", "POST", "/v1/promises", ask(served, **NIGHT), 201)
    body = served.order(length_mm=900, width_mm=10, height_mm=10)
    answer = served.call("operator", "POST", f"/v1/promises/{held['id']}/confirm", body)
    assert problem(answer)["code"] == "not_what_was_held"

    def left() -> Any:  # noqa: ANN401 - whatever JSON it is
        found = served.json("operator", "POST", "/v1/dispatch/evaluate", ask(served, **NIGHT))["options"]
        return next(o["capacity_left"] for o in found if o["carrier"] == COURIER)

    assert left() == 59
    served.pass_s(served.app.book.promises.hold_s + 1)
    assert left() == 60


def test_a_day_that_is_not_on_sale_is_nobodys(served: Town) -> None:
    """A carrier is not asked for a day on which a van may be cheaper: neither quoted nor decided."""
    later = {"window_start": iso(at(9, day=25)), "window_end": iso(at(13, day=25))}
    quote = served.json("operator", "POST", "/v1/quotes", ask(served, **later))
    assert quote["quote"] == []
    found = served.json("operator", "POST", "/v1/dispatch/evaluate", ask(served, **later))
    assert (found["carrier"], found["reasons"]) == (None, ["not_on_sale_yet"])


def test_the_orders_page_says_who_carries_it_and_why(served: Town) -> None:
    """The carrier by its name, what it costs, who else could have it, and what it answered."""
    order = served.place(**NIGHT)["id"]
    served.pass_to(at(22))
    page = served.call("operator", "GET", f"/orders/{order}").body.decode()
    section = page.partition("Who carries it and why")[2].partition("</section>")[0]
    assert '<span class="strong">Flinke Boten</span>: accepted' in section
    assert "Tollense Paketdienst" in section
    assert "courier-1" in section
    assert "hub_" not in section, "hubs are called by their names"
