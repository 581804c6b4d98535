"""Returns through their doors: asked for, handed in, inspected, disposed of, paid back."""

import json
from typing import Any

import pytest
from tests.web.test_driver import Shift, jpeg
from tests.web.town import Town, iso, problem

from doorstep.lifecycle.cost import CostState
from doorstep.lifecycle.custody import CustodyState
from doorstep.vocabulary.event import StreamId

VALUE = {"value_minor": 5_001, "currency": "EUR"}
HOUR_S = 3_600


class Bench:
    """A delivered order of two parcels, and whoever handles its return."""

    def __init__(self, town: Town, **order: Any) -> None:  # noqa: ANN401 - an order's fields
        self.town = town
        shift = Shift(town, **({"parcels": 2} | VALUE | order))
        shift.leave()
        shift.arrive()
        town.pass_s(120)
        body = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"]}
        shift.tell(f"/v1/driver/stops/{shift.delivery}/handoff", body)
        self.order, self.parcels = shift.order["id"], shift.order["parcels"]
        self.merchant, self.other = town.merchants[:2]
        self.hub = next(iter(town.app.hubs))

    def ask(self, reason: str = "changed_mind", status: int = 201, **body: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        """The merchant asks for a return."""
        sent = {"order": self.order, "reason": reason, **body}
        return self.town.json(self.merchant, "POST", "/v1/returns", sent, status)

    def step(self, back: Any, step: str, **body: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        """A step that is taken, against whatever version stands."""
        path = f"/v1/returns/{back['id']}/{step}"
        answer = self.town.call("operator", "POST", path, body, if_match="*")
        assert answer.status == 200, (step, answer.body)
        return json.loads(answer.body)

    def refusal(self, back: Any, step: str, **body: Any) -> str:  # noqa: ANN401 - JSON of any shape
        """The code with which a step is refused."""
        path = f"/v1/returns/{back['id']}/{step}"
        answer = self.town.call("operator", "POST", path, body, if_match="*")
        assert answer.status == 409, (step, answer.body)
        return str(problem(answer)["code"])

    def handed_in(self, **body: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        """A return at the counter."""
        back = self.ask(**body)
        return self.step(back, "dropoff", hub=self.hub, parcels=back["parcels"])

    def inspected(self, condition: str = "as_new", **body: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        """A return that was looked at."""
        back = self.step(self.handed_in(**body), "receive")
        return self.step(back, "inspect", condition=condition)

    def holder(self, parcel: str) -> str:
        """What sort of party holds a parcel."""
        state: CustodyState | None = self.town.app.market.state(StreamId(f"custody/{parcel}"))
        assert state is not None
        return state.holder.kind.value

    def booked(self, page: str) -> list[str]:
        """The keys on a page of the ledger that have to do with a return, without its id."""
        state: CostState | None = self.town.app.market.state(StreamId(f"cost/{page}"))
        keys = state.keys if state else ()
        return [key.split("/")[2] for key in keys if key.startswith("return/")]

    def overdue(self, state: str = "open") -> list[Any]:
        """The cases about late returns."""
        path = f"/v1/cases?state={state}&kind=overdue_return"
        found: list[Any] = self.town.json("operator", "GET", path)["cases"]
        return found


@pytest.fixture
def bench(town: Town) -> Bench:
    return Bench(town)


def test_a_whole_return_from_the_request_to_the_money(bench: Bench) -> None:
    """Each step has its clock; the parcels are the hub's, costs are booked, the money goes back once."""
    back = bench.ask()
    assert (back["state"], back["version"]) == ("authorised", 2)
    assert back["value"] == {"minor": 5_001, "currency": "EUR"}
    assert bench.holder(bench.parcels[0]) == "recipient"
    back = bench.step(back, "dropoff", hub=bench.hub, parcels=bench.parcels[::-1])
    assert [bench.holder(parcel) for parcel in bench.parcels] == ["hub", "hub"]
    back = bench.step(back, "receive")
    path = f"/v1/returns/{back['id']}/photos"
    sent = bench.town.call("operator", "POST", path, jpeg(), content_type="image/jpeg")
    assert sent.status == 201
    photo = json.loads(sent.body)["sha256"]
    back = bench.step(back, "inspect", condition="as_new", photos=[photo])
    fee = bench.town.app.book.returns.shopper_fee_minor
    assert (back["photos"], back["owed"]) == ([photo], {"minor": 5_001 - fee, "currency": "EUR"})
    back = bench.step(back, "dispose")
    assert (back["disposition"], back["due_at"] is None) == ("restock", False)
    back = bench.step(back, "refund")
    assert (back["state"], back["refund"], back["due_at"]) == ("refunded", back["owed"], None)
    assert bench.refusal(back, "refund") == "return_not_there"
    assert bench.booked(bench.order) == ["drop_off", "inspection"]
    assert bench.booked(f"return/{back['id']}") == ["refund"]


def test_goods_paid_back_are_no_cost_of_the_delivery_and_handling_is(bench: Bench) -> None:
    """The order's costs grow by counter and bench, and not by the price of the goods."""
    before = bench.town.app.book.returns
    back = bench.step(bench.inspected(), "dispose")
    bench.step(back, "refund")
    story = bench.town.app.market.state(StreamId(f"cost/{bench.order}"))
    handling = 2 * (before.drop_off_minor + before.inspection_minor)
    attempt = bench.town.app.book.tariffs.attempt_minor
    assert story.borne_minor == attempt + handling


def test_only_what_was_handed_over_and_is_in_no_other_return_comes_back(bench: Bench) -> None:
    """A foreign parcel, one in another return, an order that was not delivered: each has its code."""
    first, second = bench.parcels
    back = bench.ask(parcels=[first])
    assert back["value"] == {"minor": 2_500, "currency": "EUR"}
    assert bench.ask(parcels=["pcl_x"], status=409)["code"] == "parcel_not_of_order"
    assert bench.ask(parcels=[first, second], status=409)["code"] == "parcel_in_return"
    bench.step(back, "cancel", why="keeps it")
    assert bench.ask(parcels=[first, second])["state"] == "authorised"
    waiting = bench.town.place(2)
    assert bench.ask(order=waiting["id"], status=409)["code"] == "not_delivered"


def test_several_returns_of_an_order_never_pay_more_than_it_is_worth(bench: Bench) -> None:
    """Each has its parcels' share, rounded down."""
    paid = 0
    for parcel in bench.parcels:
        back = bench.step(bench.inspected(reason="defective", parcels=[parcel]), "dispose")
        assert bench.refusal(back, "refund", minor=2_501, currency="EUR") == "refund_too_high"
        paid += bench.step(back, "refund")["refund"]["minor"]
    assert paid == 5_000


def test_a_person_says_yes_or_no_against_the_version_that_was_read(bench: Bench) -> None:
    """Without If-Match 428, against an old version 412, and a no has its reason."""
    back = bench.ask("damaged")
    assert back["state"] == "requested"
    path = f"/v1/returns/{back['id']}"
    call = bench.town.call
    assert call(bench.merchant, "POST", f"{path}/authorise", {}).status == 428
    assert call(bench.merchant, "POST", f"{path}/authorise", {}, if_match='"9"').status == 412
    read = call(bench.merchant, "GET", path)
    said = call(bench.merchant, "POST", f"{path}/authorise", {}, if_match=read.headers["etag"])
    assert (said.status, json.loads(said.body)["state"]) == (200, "authorised")
    other = bench.step(back, "cancel", why="not now")
    assert other["why"] == "not now"
    again = bench.ask("damaged")
    assert bench.step(again, "decline", why="used up")["state"] == "declined"


def test_a_late_step_is_a_case_until_it_comes(bench: Bench) -> None:
    """Nobody at the bench for a day: somebody owns that; the step itself closes the case."""
    back = bench.handed_in()
    hours = bench.town.app.book.returns.hours
    bench.town.pass_s(hours.receive * HOUR_S - 60)
    assert bench.overdue() == []
    bench.town.pass_s(120)
    [case] = bench.overdue()
    assert (case["order"], case["owner"]) == (bench.order, "returns_desk")
    late = bench.step(back, "receive")
    assert (late["overdue"], bench.overdue()) == (["dropped_off"], [])
    assert [one["id"] for one in bench.overdue("closed")] == [case["id"]]


def test_what_never_comes_is_a_case_that_a_cancellation_closes(bench: Bench) -> None:
    """A return that is over has no clock left."""
    back = bench.ask()
    bench.town.pass_s(bench.town.app.book.returns.hours.hand_in * HOUR_S + 60)
    assert len(bench.overdue()) == 1
    assert bench.step(back, "cancel", why="never came")["due_at"] is None
    assert bench.overdue() == []
    bench.town.pass_s(30 * 86_400)
    assert bench.overdue() == []


def test_a_counter_of_no_hub_and_a_picture_that_nobody_sent_are_refused(bench: Bench) -> None:
    """Each with a code of its own; the return stays where it is."""
    back = bench.ask()
    path = f"/v1/returns/{back['id']}/dropoff"
    answer = bench.town.call("operator", "POST", path, {"hub": "nowhere", "parcels": bench.parcels})
    assert (answer.status, problem(answer)["errors"][0]["code"]) == (422, "unknown_hub")
    assert bench.refusal(back, "dropoff", hub=bench.hub, parcels=[]) == "parcels_differ"
    back = bench.step(back, "dropoff", hub=bench.hub, parcels=bench.parcels)
    back = bench.step(back, "receive")
    assert bench.refusal(back, "inspect", condition="worn", photos=["0" * 64]) == "photo_not_sent"
    half = bench.town.call("operator", "POST", f"/v1/returns/{back['id']}/refund", {"minor": 5}, if_match="*")
    assert half.status == 422


def test_a_merchant_sees_its_own_returns_page_by_page(bench: Bench) -> None:
    """In their sequence, by order and state; another merchant sees none, and no trace of one."""
    asked = [bench.ask(parcels=[parcel])["id"] for parcel in bench.parcels]
    first = bench.town.call(bench.merchant, "GET", f"/v1/returns?limit=1&order={bench.order}")
    link = first.headers["link"].partition(">")[0].lstrip("<")
    second = bench.town.json(bench.merchant, "GET", link)
    assert [json.loads(first.body)["returns"][0]["id"], second["returns"][0]["id"]] == asked
    assert bench.town.json(bench.merchant, "GET", "/v1/returns?state=received")["returns"] == []
    assert bench.town.json(bench.other, "GET", "/v1/returns")["returns"] == []
    assert bench.town.call(bench.other, "GET", f"/v1/returns/{asked[0]}").status == 404
    foreign = {"order": bench.order, "reason": "late"}
    assert bench.town.call(bench.other, "POST", "/v1/returns", foreign).status == 404
    assert bench.town.call(bench.merchant, "POST", f"/v1/returns/{asked[0]}/receive", {}).status == 403


def test_a_request_under_one_key_is_one_return(bench: Bench) -> None:
    """The second time the first answer is said again."""
    body = {"order": bench.order, "reason": "late"}
    first, second = (
        bench.town.call(bench.merchant, "POST", "/v1/returns", body, idempotency_key="k-1") for _ in range(2)
    )
    assert (first.status, first.body) == (second.status, second.body)
    assert second.headers["idempotency-replayed"] == "true"
    assert len(bench.town.json(bench.merchant, "GET", "/v1/returns")["returns"]) == 1


def test_the_orders_page_shows_the_return(bench: Bench) -> None:
    """What comes back, where it stands, and what was paid."""
    back = bench.step(bench.step(bench.inspected(reason="late"), "dispose"), "refund")
    page = bench.town.call("operator", "GET", f"/orders/{bench.order}").body.decode()
    assert back["id"].rpartition("_")[2] in page
    assert "50.01" in page


def test_an_evidence_packet_tells_of_the_return(bench: Bench) -> None:
    """The return's stream is one of the order's."""
    back = bench.handed_in()
    assert f"return/{back['id']}" in bench.town.app.order_streams.of(bench.order)
    assert bench.town.call("operator", "POST", f"/v1/orders/{bench.order}/packet", {}).status == 201


def test_a_return_after_the_services_days_is_refused(bench: Bench) -> None:
    """By our clock."""
    bench.town.pass_s((bench.town.app.book.returns.days("next_day") + 1) * 86_400)
    assert bench.ask(status=409)["code"] == "return_too_late"
    assert iso(bench.town.clock.now()) > "2026-07-16"
