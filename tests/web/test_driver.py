"""The driver's doors: a day's work told by the phone."""

import io
import json
from typing import Any

import pytest
from PIL import Image
from tests.web.town import Town, at, iso, problem

from doorstep.vocabulary.canonical import INTEGER_MAX


def jpeg(size: tuple[int, int] = (40, 30)) -> bytes:
    """A photo."""
    out = io.BytesIO()
    Image.new("RGB", size, (120, 90, 60)).save(out, "JPEG")
    return out.getvalue()


class Shift:
    """A driver with one route, on the way to the one order on it."""

    def __init__(self, town: Town, **order: Any) -> None:  # noqa: ANN401 - an order's fields
        self.town = town
        self.order = town.place(**order)
        self.delivery = self.order["delivery"]
        self.route = town.app.planner.plan.route_of(self.delivery)
        state = town.app.drivers.route(self.route, None)
        assert state is not None
        self.driver, self.vehicle = state.shift.driver, state.shift.vehicle
        self.path = f"/v1/driver/routes/{self.route}"

    def read(self) -> Any:  # noqa: ANN401 - whatever JSON it is
        """The route as the driver sees it."""
        return self.town.json(self.driver, "GET", self.path)

    def tell(self, path: str, body: dict[str, Any], status: int = 200) -> Any:  # noqa: ANN401 - JSON of any shape
        """Tell something now by the phone's clock."""
        now = {"at": iso(self.town.clock.now())}
        return self.town.json(self.driver, "POST", path, now | body, status)

    def leave(self) -> None:
        """Load what the list says, and leave."""
        shift = self.town.app.drivers.route(self.route, None).shift
        self.town.pass_to(shift.start)
        self.tell(f"{self.path}/load", {"parcels": self.read()["loading_list"]})
        self.tell(f"{self.path}/depart", {})

    def door(self) -> dict[str, Any]:
        """The stop's place."""
        stop = next(stop for stop in self.read()["stops"] if stop["delivery"] == self.delivery)
        return {"route": self.route, "lat": stop["lat"], "lon": stop["lon"]}

    def arrive(self) -> Any:  # noqa: ANN401 - whatever JSON it is
        """Stand at the door."""
        self.town.pass_to(at(9, 30))
        return self.tell(f"/v1/driver/stops/{self.delivery}/arrive", {**self.door(), "accuracy_m": 5})


@pytest.fixture
def shift(town: Town) -> Shift:
    return Shift(town)


def test_a_driver_reads_what_the_day_needs(shift: Shift) -> None:
    """Names, addresses, windows, parcels, proofs and the policy of the door are there."""
    route = shift.read()
    stop = next(stop for stop in route["stops"] if stop["delivery"] == shift.delivery)
    assert (stop["name"], stop["window_start"]) == ("Ada Beispiel", iso(at(9)))
    assert stop["address"].endswith("Neubrandenburg")
    assert stop["parcels"] == list(shift.order["parcels"])
    assert stop["planned_at"] >= iso(at(9))
    assert {"recipient.not_home", "address.not_found"} <= {r["reason"] for r in route["policy"]["reasons"]}
    listed = shift.town.json(shift.driver, "GET", "/v1/driver/routes?day=2026-06-16")["routes"]
    assert [one["route"] for one in listed] == [shift.route]


def test_a_whole_delivery_is_told_by_the_phone(shift: Shift) -> None:
    """Loaded, departed, arrived, handed over with a photo, home, debriefed: the order is fulfilled."""
    shift.leave()
    assert shift.arrive()["status"] == "arrived"
    sent = shift.town.call(
        shift.driver,
        "POST",
        "/v1/driver/proofs",
        jpeg(),
        content_type="image/jpeg",
        x_delivery=shift.delivery,
    )
    assert sent.status == 201
    shift.town.pass_s(120)
    photo = json.loads(sent.body)["sha256"]
    body = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"], "photo": photo}
    done = shift.tell(f"/v1/driver/stops/{shift.delivery}/handoff", body)
    assert (done["status"], done["missing"]) == ("delivered", [])
    shift.town.pass_s(900)
    assert shift.tell(f"{shift.path}/return", {"driven_m": 5200})["state"] == "returned"
    assert shift.tell(f"{shift.path}/debrief", {"parcels": []})["state"] == "debriefed"
    order = shift.town.json("operator", "GET", f"/v1/orders/{shift.order['id']}")
    assert order["state"] == "fulfilled"
    kept = shift.town.call("operator", "GET", f"/v1/orders/{shift.order['id']}/proofs/{photo}")
    assert (kept.status, kept.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(kept.body)).size == (40, 30)


def test_a_failed_attempt_says_what_to_do_with_the_parcel(shift: Shift) -> None:
    """The answer tells the driver where the parcel goes, and somebody has a case."""
    shift.leave()
    shift.arrive()
    shift.town.pass_s(180)
    body = {**shift.door(), "reason": "recipient.refused", "contact_tried": True}
    told = shift.tell(f"/v1/driver/stops/{shift.delivery}/fail", body)
    assert told["status"] == "returning"
    assert "merchant" in told["next"]
    answers = shift.town.json("operator", "GET", f"/v1/deliveries/{shift.delivery}")
    assert answers["fixing"]["kind"] == "failed_attempt"


def test_a_pin_is_locked_after_so_many_tries(town: Town) -> None:
    """The phone is told how many are left, each refusal says so, and a locked PIN says what to do instead."""
    shift = Shift(town, handling=["pin"])
    shift.leave()
    shift.arrive()
    path = f"/v1/driver/stops/{shift.delivery}/handoff"
    body = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"]}
    right = town.app.drivers.pin(shift.delivery)
    guess = "0000" if right != "0000" else "0001"

    def left() -> int:
        stops = shift.read()["stops"]
        found: int = next(stop["pin_tries_left"] for stop in stops if stop["delivery"] == shift.delivery)
        return found

    bound = left()
    assert bound == town.app.book.proof.bounds.pin_tries_max
    codes = [shift.tell(path, body | {"pin": guess}, 409)["code"] for _ in range(bound)]
    assert (set(codes), left()) == ({"wrong_pin"}, 0)
    refused = shift.tell(path, body | {"pin": right}, 409)
    assert refused["code"] == "pin_locked"
    assert "without a PIN" in refused["detail"]
    answer = shift.tell(path, body)
    assert (answer["status"], answer["missing"]) == ("delivered", ["pin"])


def test_the_same_arrival_told_twice_is_one_piece_of_evidence(shift: Shift) -> None:
    """A phone that repeats itself without a key changes nothing."""
    shift.leave()
    shift.arrive()
    size = shift.town.app.market.head.size
    body = {"at": iso(shift.town.clock.now()), **shift.door()}
    shift.town.json(shift.driver, "POST", f"/v1/driver/stops/{shift.delivery}/arrive", body)
    assert shift.town.app.market.head.size == size


def test_a_rule_that_says_no_is_a_conflict_with_its_code(shift: Shift) -> None:
    """A van that was not loaded cannot leave."""
    answer = shift.town.call(
        shift.driver, "POST", f"{shift.path}/depart", {"at": iso(shift.town.clock.now())}
    )
    assert (answer.status, problem(answer)["code"]) == (409, "route_status")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lat": 91}, "lat"),
        ({"lon": "13"}, "lon"),
        ({"at": "2026-06-16T10:00:00"}, "at"),
        ({"accuracy_m": -1}, "accuracy_m"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_field_that_is_wrong_is_named(shift: Shift, change: dict[str, Any], field: str) -> None:
    """Coordinates out of range or as text, a time without an offset, a field that is none."""
    body = {"route": shift.route, "at": iso(at(9)), "lat": 53.5, "lon": 13.2} | change
    answer = shift.town.call(shift.driver, "POST", f"/v1/driver/stops/{shift.delivery}/arrive", body)
    assert [error["field"] for error in problem(answer)["errors"]] == [field]


def test_a_photo_that_is_none_is_refused(shift: Shift) -> None:
    """An SVG is no photo, and an empty body neither."""
    shift.leave()
    for raw, status in ((b"<svg/>", 415), (b"", 422)):
        answer = shift.town.call(
            shift.driver,
            "POST",
            "/v1/driver/proofs",
            raw,
            content_type="image/jpeg",
            x_delivery=shift.delivery,
        )
        assert answer.status == status, answer.body


def test_a_hash_that_nobody_sent_is_refused(shift: Shift) -> None:
    """A handoff cannot name a photo that is not there."""
    shift.leave()
    shift.arrive()
    body = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"], "photo": "0" * 64}
    told = {"at": iso(shift.town.clock.now()), **body}
    answer = shift.town.call(shift.driver, "POST", f"/v1/driver/stops/{shift.delivery}/handoff", told)
    assert (answer.status, problem(answer)["errors"][0]["code"]) == (422, "no_such_file")


def test_only_the_last_position_of_ones_own_van_is_kept(shift: Shift) -> None:
    """A later position replaces an earlier one, an older one is dropped, another's van is unknown."""
    shift.town.pass_to(at(9))
    body = {"vehicle": shift.vehicle, "at": iso(at(9)), "lat": 53.55, "lon": 13.26, "heading": 90.4}
    path = "/v1/driver/positions"
    assert shift.town.json(shift.driver, "POST", path, body)["kept"] is True
    assert shift.town.json(shift.driver, "POST", path, body | {"at": iso(at(8))})["kept"] is False
    vans = shift.town.json("operator", "GET", "/v1/vehicles")
    mine = next(van for van in vans if van["id"] == shift.vehicle)
    assert (mine["lat"], mine["heading"], mine["at"]) == (53.55, 90, iso(at(9)))
    assert shift.town.call(shift.driver, "POST", path, body | {"vehicle": "van-99"}).status == 404


WRONG = ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", iso(at(7, 30))]


@pytest.mark.parametrize("wrong", WRONG, ids=["1970", "2099", "the end of time", "two hours behind"])
@pytest.mark.parametrize("step", ["load", "depart", "arrive", "handoff"])
def test_a_phone_whose_clock_is_wrong_once_blocks_nothing(town: Town, step: str, wrong: str) -> None:
    """Our time stands for what it told, its own word is kept, and the promise is judged by ours."""
    shift = Shift(town)
    size = town.app.market.head.size
    town.pass_to(town.app.drivers.route(shift.route, None).shift.start)
    claims = {step: {"at": wrong}}
    shift.tell(f"{shift.path}/load", {"parcels": shift.read()["loading_list"], **claims.get("load", {})})
    shift.tell(f"{shift.path}/depart", claims.get("depart", {}))
    town.pass_to(at(9, 30))
    stop = f"/v1/driver/stops/{shift.delivery}"
    arrived = shift.tell(f"{stop}/arrive", {**shift.door(), "accuracy_m": 5, **claims.get("arrive", {})})
    assert arrived["status"] == "arrived"
    body = {**shift.door(), "method": "to_recipient", "parcels": shift.order["parcels"]}
    done = shift.tell(f"{stop}/handoff", body | claims.get("handoff", {}))
    assert done["status"] == "delivered"
    told = [json.loads(event.text) for event in town.app.store.events(town.app.market.id, size)]
    aside = [one["data"] for one in told if one["data"]["type"] == "route.clock_set_aside"]
    (claimed,) = (one["claimed_at"] for one in aside)
    assert iso(claimed) == wrong or claimed == INTEGER_MAX
    handed = next(one["data"] for one in told if one["data"]["type"] == "delivery.delivered")
    assert handed["at"] == town.clock.now()


def test_a_phone_that_runs_a_little_ahead_is_levelled(shift: Shift) -> None:
    """A minute is no matter for anybody: nothing is set aside, and nothing happens later than now."""
    shift.leave()
    now = shift.town.clock.now()
    soon = {**shift.door(), "accuracy_m": 5, "at": iso(now + 60_000_000)}
    shift.tell(f"/v1/driver/stops/{shift.delivery}/arrive", soon)
    state = shift.town.app.drivers.delivery(shift.delivery)
    assert state is not None
    assert max(event.at for event in state.evidence) == now
    assert state.status == "arrived"


def test_a_position_of_tomorrow_does_not_hide_those_of_today(shift: Shift) -> None:
    """It counts as of now, and the next one replaces it."""
    shift.town.pass_to(at(9))
    body = {"vehicle": shift.vehicle, "at": "2099-01-01T00:00:00Z", "lat": 53.55, "lon": 13.26}
    assert shift.town.json(shift.driver, "POST", "/v1/driver/positions", body)["kept"] is True
    shift.town.pass_s(60)
    later = body | {"at": iso(shift.town.clock.now()), "lat": 53.56}
    assert shift.town.json(shift.driver, "POST", "/v1/driver/positions", later)["kept"] is True
