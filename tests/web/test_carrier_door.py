"""The carriers' door: what is not theirs is refused, what cannot be placed is set aside."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.web.network import SECRET, Network
from tests.web.test_routing import Willing
from tests.web.town import Town, at, iso, problem

from doorstep.adapters.carriers.connection import Connection
from doorstep.adapters.carriers.courier.adapter import CourierCarrier
from doorstep.adapters.maps.streets import StreetMap
from doorstep.cli.partners import network_book
from doorstep.engine.log import read_record
from doorstep.simulation.carriers.courier import courier_sign
from doorstep.simulation.carriers.regional import regional_sign
from doorstep.vocabulary.carrier import MessageSetAside, ReportsRepeated
from doorstep.vocabulary.ids import CarrierId
from doorstep.vocabulary.units import Instant, after
from doorstep.web.loopback import Answered

NIGHT = {"window_start": iso(at(21)), "window_end": iso(at(23))}
"""After the last van is home: a carrier's hours."""
OTHER = "whsec_" + base64.b64encode(b"another secret of another house!").decode()
DOOR = "/v1/carriers/courier/events"


class Feed:
    """A courier that has one delivery, and whoever writes to its door."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.order = town.place(**NIGHT)
        town.pass_to(at(20, 30))
        [decision] = town.json("operator", "GET", f"/v1/orders/{self.order['id']}/routing")["decisions"]
        [offer] = decision["tender"]["offers"]
        assert offer["answer"] == "accepted"
        self.tender, self.reference = decision["tender"]["id"], offer["reference"]

    def message(self, **changes: object) -> bytes:
        """What it says of its delivery: collected, unless it says something else."""
        said: dict[str, object] = {
            "delivery_id": self.reference, "external_id": self.tender, "status": "picked_up", "sequence": 3,
            "occurred_at": iso(self.town.clock.now()), "reason": "",
        }  # fmt: skip
        return json.dumps({"type": "delivery.updated", "data": said | changes}).encode()

    def send(self, body: bytes, event: str = "evt_1", **more: Any) -> Answered:  # noqa: ANN401 - secret, time, headers
        """Push a message, signed now by the courier unless something else is said."""
        when: Instant = more.get("when") or self.town.clock.now()
        text = body if more.get("text") is None else more["text"]
        headers = dict(courier_sign(more.get("secret", SECRET))(event, when, text))
        headers |= more.get("headers", {})
        return self.town.call(
            None, "POST", DOOR, body, **{key.replace("-", "_"): value for key, value in headers.items()}
        )

    def taken(self, *sent: Any, **more: Any) -> dict[str, int]:  # noqa: ANN401 - as `send` takes it
        """What became of a message that is the courier's."""
        answer = self.send(*sent, **more)
        assert answer.status == 200, answer
        found: dict[str, int] = json.loads(answer.body)
        return found

    def aside(self) -> list[str]:
        """The reasons of what was set aside, in their order."""
        records = (
            read_record(event.text).data for event in self.town.app.store.events(self.town.app.market.id)
        )
        return [record.reason.value for record in records if isinstance(record, MessageSetAside)]

    def status(self) -> str:
        """Where the delivery stands."""
        return str(self.town.app.drivers.delivery(self.order["delivery"]).status.value)

    def delivers(self) -> None:
        """After all that came, the next good message is taken as ever."""
        self.taken(self.message(), "evt_good_1")
        done = self.message(status="delivered", sequence=9, reason="to_recipient")
        assert self.taken(done, "evt_good_2")["taken"] == 1
        assert self.status() == "delivered"


@pytest.fixture
def feed(streets: StreetMap) -> Iterator[Feed]:
    """A town with both adapters; its courier answers bookings from a carrier that always says yes."""
    network = Network.founded(streets)
    courier = network.town.app.routing.connections[CarrierId("courier")]
    willing = Willing(CarrierId("courier"))
    willing.read = courier.read  # type: ignore[method-assign]  # it books by itself, and reads as the real one does
    network.town.app.connect(willing)
    yield Feed(network.town)
    network.town.app.close()


def test_what_is_not_the_couriers_is_refused_and_leaves_nothing(feed: Feed) -> None:
    """Unsigned, signed by another house, changed on the way, of another time, of no carrier of ours."""
    town, body, head = feed.town, feed.message(), feed.town.app.market.head
    now = town.clock.now()
    refused = [
        town.call(None, "POST", DOOR, body),
        town.call("operator", "POST", DOOR, body),
        feed.send(body, secret=OTHER),
        feed.send(feed.message(status="delivered"), text=body),
        feed.send(body, headers={"webhook-id": "evt_2"}),
        feed.send(body, when=after(now, -301)),
        feed.send(body, when=after(now, 301)),
        feed.send(body, when=Instant(1_000_000)),
    ]
    assert {(answer.status, problem(answer)["code"]) for answer in refused} == {(401, "signature_refused")}
    signed = {key.replace("-", "_"): value for key, value in courier_sign(SECRET)("evt_1", now, body).items()}
    assert town.call(None, "POST", "/v1/carriers/regional/events", body, **signed).status == 401
    assert town.call(None, "POST", "/v1/carriers/nobody/events", body, **signed).status == 404
    assert town.app.market.head == head
    feed.delivers()


def test_a_replay_is_known_and_changes_nothing(feed: Feed) -> None:
    """The very bytes again, and the same event in a message that was signed anew: both are only counted."""
    assert feed.taken(feed.message()) == {"taken": 1, "known": 0, "aside": 0}
    market = feed.town.app.market
    size, state = market.head.size, feed.town.app.drivers.delivery(feed.order["delivery"])
    body = feed.message()
    assert feed.taken(body) == {"taken": 0, "known": 1, "aside": 0}
    feed.town.pass_s(60)
    assert feed.taken(body) == {"taken": 0, "known": 1, "aside": 0}
    assert feed.town.app.drivers.delivery(feed.order["delivery"]) is state
    since = [read_record(event.text).data for event in feed.town.app.store.events(market.id, size)]
    assert {type(event) for event in since} == {ReportsRepeated}, "that it came again is counted, no more"
    feed.delivers()


def test_what_cannot_be_placed_is_set_aside_with_its_reason(feed: Feed) -> None:
    """An unknown delivery, another currency, no shape, no text of ours: kept, counted, and nobody waits."""
    unknown = feed.message(delivery_id="CO-nobody", external_id="tnd_nobody")
    foreign = feed.message(charge={"amount": 700, "currency": "CHF"})
    garbage = (b"{}", b"[1, 2", b"null", b'{"type": "x", "data": {"status": 7}}')
    assert feed.taken(unknown, "evt_a")["aside"] == 1
    assert feed.taken(foreign, "evt_b")["aside"] == 1
    for number, body in enumerate(garbage):
        assert feed.taken(body, f"evt_c{number}")["aside"] == 1
    assert feed.aside() == ["unknown_delivery", "wrong_currency", *["unreadable"] * len(garbage)]
    assert feed.taken(unknown, "evt_a")["aside"] == 1
    assert len(feed.aside()) == 2 + len(garbage), "sent again, it is aside already"
    listed = feed.town.json("operator", "GET", "/v1/carriers")["carriers"]
    assert next(one["set_aside"] for one in listed if one["id"] == "courier") == 2 + len(garbage)
    feed.delivers()


@pytest.mark.parametrize("when", ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])
def test_a_clock_that_cannot_be_right_places_by_rank(feed: Feed, when: str) -> None:
    """The words are evidence, their time is not: a pick-up from 2099 does not undo the handoff after it."""
    assert feed.taken(feed.message(occurred_at=when))["taken"] == 1
    done = feed.message(status="delivered", sequence=9, reason="to_recipient")
    assert feed.taken(done, "evt_2")["taken"] == 1
    assert feed.status() == "delivered"


@pytest.mark.parametrize(
    "when", ["yesterday", "1492-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "", "٢٠٢٦-٠٦-١٦"]
)
def test_what_is_no_time_is_set_aside(feed: Feed, when: str) -> None:
    """No year that even a broken clock shows, and no time at all."""
    assert feed.taken(feed.message(occurred_at=when)) == {"taken": 0, "known": 0, "aside": 1}
    assert feed.aside() == ["unreadable"]
    feed.delivers()


def test_a_carriers_free_words_are_no_events_and_go_with_the_person(feed: Feed) -> None:
    """They may name anybody: the page shows them, no export holds them, and an erasure reaches them."""
    town, words = feed.town, "Handed to Frau Wintersonne at number 7"
    assert feed.taken(feed.message(note=words))["taken"] == 1
    log = b"".join(event.text for event in town.app.store.events(town.app.market.id))
    assert b"Wintersonne" not in log
    page = f"/orders/{feed.order['id']}"
    assert words in town.call("operator", "GET", page).body.decode()
    content = town.app.orders.state(feed.order["id"]).content
    town.app.people.erase(content.person, content.place)
    assert "Wintersonne" not in town.call("operator", "GET", page).body.decode()


@pytest.mark.parametrize("count", [-1, 2**31, 2**53, 10**30])
def test_a_count_that_no_log_holds_is_set_aside(feed: Feed, count: int) -> None:
    """The carrier is not left to send it again for ever."""
    assert feed.taken(feed.message(sequence=count)) == {"taken": 0, "known": 0, "aside": 1}
    assert feed.aside() == ["unreadable"]
    feed.delivers()


def test_forty_megabytes_are_given_up(feed: Feed) -> None:
    """A message is a megabyte at most; a longer one is refused before it is read as anything."""
    head = feed.town.app.market.head
    answer = feed.send(b" " * (40 << 20), text=b"x")
    assert (answer.status, answer.headers.get("connection")) == (413, "close")
    assert feed.town.app.market.head == head
    feed.delivers()


def test_bytes_that_are_no_text_are_refused(feed: Feed) -> None:
    """They cannot be what was signed."""
    assert feed.send(b"\xff\xfe" + feed.message(), text=feed.message()).status == 401
    feed.delivers()


def test_a_carrier_tells_nothing_of_what_another_has(feed: Feed) -> None:
    """The parcel carrier's word about the courier's delivery is set aside."""
    row = f"3;TPD17;{feed.tender};{feed.order['parcels'][0]};ZS;EMP;17TOL;{iso(feed.town.clock.now())};;;"
    body = json.dumps({"batch": "B-1", "rows": [row]}).encode()
    signed = regional_sign(SECRET)("", feed.town.clock.now(), body)
    headers = {key.replace("-", "_"): value for key, value in signed.items()}
    answer = feed.town.call(None, "POST", "/v1/carriers/regional/events", body, **headers)
    assert json.loads(answer.body) == {"taken": 0, "known": 0, "aside": 1}
    assert feed.aside() == ["unknown_delivery"]
    assert feed.status() != "delivered"
    feed.delivers()


def answers(request: httpx.Request, currency: str = "EUR", ours: str | None = None) -> httpx.Response:
    """The courier's word on whatever is asked, in a currency, about our delivery or about another."""
    asked = json.loads(request.read() or b"{}").get("external_id", "")
    fee = {"amount": 600, "currency": currency}
    said = {"id": "CO-1", "external_id": asked if ours is None else ours, "status": "ok", "fee": fee}
    return httpx.Response(200, content=iter([json.dumps(said | {"deliveries": []}).encode()]))


SICK: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "garbage": lambda _: httpx.Response(200, content=iter([b"<html>welcome</html>"])),
    "forty megabytes": lambda _: httpx.Response(200, content=(b" " * (1 << 16) for _ in range(640))),
    "another's delivery": lambda request: answers(request, ours="tnd_other"),
    "a fee in another currency": lambda request: answers(request, currency="CHF"),
    "a redirect inward": lambda _: httpx.Response(
        307, headers={"location": "http://127.0.0.1/quotes"}, content=iter([])
    ),
    "an error": lambda _: httpx.Response(503, content=iter([])),
}


@pytest.mark.parametrize("sick", SICK)
def test_a_carrier_that_answers_nonsense_loses_no_order(streets: StreetMap, sick: str) -> None:
    """Nothing it says is an acceptance: a van takes the order, and somebody has the case of who is down."""
    town = Town.founded(streets, book=network_book())
    told = Connection(CarrierId("courier"), "http://courier.localhost", "key", (SECRET,), "Europe/Berlin")
    town.app.connect(CourierCarrier(told, httpx.MockTransport(SICK[sick])))
    order = town.place(**NIGHT)
    town.pass_to(at(20, 30))
    first, *_, last = town.json("operator", "GET", f"/v1/orders/{order['id']}/routing")["decisions"]
    assert (first["carrier"], last["carrier"]) == ("courier", "own_fleet")
    assert first["stands"] in {"nobody answered in time", "refused"}
    assert town.app.planner.plan.route_of(order["delivery"]) is not None
    if sick != "a fee in another currency":
        outages = town.json("operator", "GET", "/v1/cases?kind=carrier_outage")["cases"]
        assert outages
        assert all(case["owner"] for case in outages)
    town.app.close()
