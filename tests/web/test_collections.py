"""Collections through their doors: a van fetches what comes back, at a stop of its route."""

import json
from typing import Any

import pytest
from tests.web.test_driver import jpeg
from tests.web.test_messages import EMAIL, events, kinds, posted
from tests.web.test_returns import Bench
from tests.web.town import Town, iso, problem

from doorstep.engine.message_words import Wording
from doorstep.vocabulary.message import MessageDropped, MessageKind
from doorstep.vocabulary.units import after


class Visit:
    """A return of a delivered order, the window that was booked for it, and the van that comes."""

    def __init__(self, town: Town, **order: Any) -> None:  # noqa: ANN401 - an order's fields
        self.town, self.bench = town, Bench(town, weight_g=3_000, **order)
        self.back = self.bench.ask("wrong_size")
        self.window = self.windows()[0]
        self.book(self.window)

    def windows(self) -> list[Any]:
        """What is offered now."""
        path = f"/v1/returns/{self.back['id']}/windows"
        found: list[Any] = self.town.json(self.bench.merchant, "GET", path)["quote"]
        return found

    def book(self, window: Any, status: int = 200) -> Any:  # noqa: ANN401 - JSON of any shape
        """Choose a window."""
        body = {name: window[name] for name in ("window_start", "window_end")}
        path = f"/v1/returns/{self.back['id']}/book"
        return self.town.json(self.bench.merchant, "POST", path, body, status)

    def now(self) -> Any:  # noqa: ANN401 - JSON of any shape
        """The return as it stands."""
        return self.town.json(self.bench.merchant, "GET", f"/v1/returns/{self.back['id']}")

    @property
    def delivery(self) -> str:
        """The job of the visit in the plan."""
        return str(self.now()["collection"]["delivery"])

    @property
    def route(self) -> str | None:
        """The route that the visit is on."""
        return self.town.app.planner.plan.route_of(self.delivery)

    def leave(self) -> None:
        """Let the van that comes leave the hub, where it has not."""
        app, self.on = self.town.app, str(self.route)
        state = app.drivers.route(self.on, None)  # type: ignore[arg-type] - an id from the plan
        assert state is not None
        self.driver, self.path = state.shift.driver, f"/v1/driver/routes/{self.on}"
        self.visit = self.delivery
        if state.status == "open":
            self.town.pass_to(state.shift.start)
        for step in ("load", "depart"):
            if self.sheet()["state"] in ("staged", "loaded"):
                self.tell(f"{self.path}/{step}", {"parcels": []} if step == "load" else {})

    def sheet(self) -> Any:  # noqa: ANN401 - JSON of any shape
        """The route as its driver sees it."""
        return self.town.json(self.driver, "GET", self.path)

    def stop(self) -> Any:  # noqa: ANN401 - JSON of any shape
        """The visit as its driver sees it."""
        return next(stop for stop in self.sheet()["stops"] if stop["delivery"] == self.visit)

    def tell(self, path: str, body: dict[str, Any], status: int = 200) -> Any:  # noqa: ANN401 - JSON of any shape
        """Tell something now by the phone's clock."""
        return self.town.json(self.driver, "POST", path, {"at": iso(self.town.clock.now()), **body}, status)

    def step(self, step: str, status: int = 200, **body: Any) -> Any:  # noqa: ANN401 - JSON of any shape
        """Tell a step of the visit."""
        return self.tell(f"/v1/driver/collections/{self.visit}/{step}", {"route": self.on, **body}, status)

    def arrive(self) -> None:
        """Stand at the door in the window."""
        self.leave()
        booked = self.town.app.returns.state(self.back["id"]).collection
        self.town.pass_to(booked.window.start)
        stop = self.stop()
        assert self.step("arrive", lat=stop["lat"], lon=stop["lon"])["status"] == "booked"
        self.town.pass_s(180)

    def photo(self) -> str:
        """A picture of the goods, sent before."""
        sent = self.town.call(
            self.driver, "POST", "/v1/driver/proofs", jpeg(), content_type="image/jpeg", x_delivery=self.visit
        )
        assert sent.status == 201, sent.body
        return str(json.loads(sent.body)["sha256"])

    def home(self, parcels: list[str]) -> None:
        """Back to the hub and through the debrief."""
        self.town.pass_s(900)
        assert self.tell(f"{self.path}/return", {"driven_m": 4_000})["state"] == "returned"
        assert self.tell(f"{self.path}/debrief", {"parcels": parcels})["state"] == "debriefed"


@pytest.fixture
def visit(town: Town) -> Visit:
    return Visit(town)


def test_goods_are_fetched_at_a_stop_and_received_at_the_debrief(visit: Visit) -> None:
    """Booked, at the door, in the driver's hands, at the hub: each step has a holder, a clock and a cost."""
    bench = visit.bench
    assert (visit.now()["state"], visit.now()["due_at"] > visit.window["window_end"]) == ("booked", True)
    visit.arrive()
    stop = visit.stop()
    assert (stop["kind"], stop["name"], stop["proofs_required"]) == (
        "collection", "Ada Beispiel", ["photo"],
    )  # fmt: skip
    assert stop["parcels"] == bench.parcels
    assert stop["window_start"] == visit.window["window_start"]
    told = visit.step("collect", parcels=bench.parcels, photo=visit.photo())
    assert told["status"] == "collected"
    assert [bench.holder(parcel) for parcel in bench.parcels] == ["driver", "driver"]
    assert set(visit.sheet()["aboard"]) == set(bench.parcels)
    assert visit.now()["due_at"] is not None
    visit.home(bench.parcels)
    back = visit.now()
    assert (back["state"], back["hub"]) == ("received", bench.hub)
    assert [bench.holder(parcel) for parcel in bench.parcels] == ["hub", "hub"]
    page = visit.town.app.market.state(f"cost/{bench.order}")
    assert f"collection/{visit.visit}/visit" in page.keys
    route = visit.town.app.market.state(f"cost/route/{visit.on}")
    assert route.borne_minor > 0
    assert bench.step(bench.step(back, "inspect", condition="as_new"), "dispose")["state"] == "disposed"


def test_what_was_scanned_and_photographed_must_be_what_comes_back(visit: Visit) -> None:
    """One parcel of two is refused, and so are both without the picture that policy asks for."""
    visit.arrive()
    parcels = visit.bench.parcels
    assert visit.step("collect", 409, parcels=parcels[:1], photo=visit.photo())["code"] == "parcels_differ"
    assert visit.step("collect", 409, parcels=parcels)["code"] == "proof_missing"
    nobody = visit.step("collect", 422, parcels=parcels, photo="0" * 64)
    assert nobody["errors"][0]["code"] == "no_such_file"
    assert [visit.bench.holder(parcel) for parcel in parcels] == ["recipient", "recipient"]


def test_after_visits_that_fetched_nothing_the_shopper_brings_it(
    visit: Visit,
) -> None:
    """Failed visits count while somebody really stood there; when policy's number is used up no van comes."""
    rules = visit.town.app.book.returns.collection
    for failures in range(1, rules.failures_max + 1):
        visit.arrive()
        body = {"reason": "recipient.not_home", "photo": visit.photo(), "contact_tried": True}
        stop = visit.stop()
        told = visit.step("fail", lat=stop["lat"], lon=stop["lon"], **body)
        assert (told["status"], visit.now()["failures"]) == ("authorised", failures)
        assert visit.stop()["done"]
        if failures < rules.failures_max:
            visit.book(visit.windows()[0])
    path = f"/v1/returns/{visit.back['id']}/windows"
    refused = visit.town.call(visit.bench.merchant, "GET", path)
    assert (refused.status, problem(refused)["code"]) == (409, "collections_used_up")
    visit.home([])
    dropped = visit.bench.step(visit.now(), "dropoff", hub=visit.bench.hub, parcels=visit.bench.parcels)
    assert dropped["state"] == "dropped_off"


def test_another_time_or_way_takes_the_stop_out_of_the_plan(visit: Visit) -> None:
    """Booked anew there is one stop, the new one; cancelled or brought to the counter there is none."""
    first, windows = visit.delivery, visit.windows()
    assert len(windows) > 1
    visit.book(windows[1])
    plan = visit.town.app.planner.plan
    assert plan.route_of(first) is None
    assert visit.delivery != first
    assert visit.route is not None
    assert visit.now()["collection"]["window_start"] == windows[1]["window_start"]
    second = visit.delivery
    path = f"/v1/returns/{visit.back['id']}/release"
    why = {"why": "changed plans"}
    assert visit.town.json(visit.bench.merchant, "POST", path, why)["state"] == "authorised"
    assert plan.route_of(second) is None
    visit.book(windows[0])
    dropped = visit.bench.step(visit.now(), "dropoff", hub=visit.bench.hub, parcels=visit.bench.parcels)
    assert (dropped["state"], dropped["collection"]) == ("dropped_off", None)
    assert all("ret_" not in str(stop.delivery_id) for one in plan.route_ids for stop in plan.stops(one))


def test_only_what_was_offered_can_be_booked_and_only_by_who_may(visit: Visit) -> None:
    """A window of one's own is none, another merchant finds no return, another driver no stop."""
    window = {**visit.window, "window_start": iso(after(visit.town.clock.now(), 60))}
    assert visit.book(window, 409)["code"] == "no_such_window"
    assert visit.book({**window, "window_end": window["window_start"]}, 422)["status"] == 422
    path = f"/v1/returns/{visit.back['id']}/windows"
    assert visit.town.call(visit.bench.other, "GET", path).status == 404
    visit.arrive()
    others = sorted({one.driver for one in visit.town.app.network.shifts} - {visit.driver})
    body = {"route": visit.on, "at": iso(visit.town.clock.now()), "parcels": visit.bench.parcels}
    path = f"/v1/driver/collections/{visit.visit}/collect"
    assert visit.town.call(others[0], "POST", path, body).status == 404


def test_a_van_that_is_out_gives_its_visit_to_another_or_back_to_the_shopper(visit: Visit) -> None:
    """After each breakdown the visit stands on a live route, or the return waits for another choice."""
    app, drivers = visit.town.app, 0
    while (route := visit.route) is not None and drivers < 10:
        shift = app.drivers.route(route, None).shift  # type: ignore[arg-type] - an id from the plan
        path = f"/v1/driver/routes/{route}/breakdown"
        body = {"at": iso(visit.town.clock.now()), "why": "a flat tyre"}
        visit.town.json(shift.driver, "POST", path, body)
        drivers += 1
        booked = visit.now()["collection"]
        if booked is None:
            break
    assert drivers > 0
    assert (visit.now()["state"], visit.now()["collection"]) == ("authorised", None)


def test_a_visit_that_nobody_makes_is_somebodys(visit: Visit) -> None:
    """Some hours after the window a case has the return, and it closes when something happens."""
    booked = app_state = visit.town.app.returns.state(visit.back["id"])
    assert app_state is not None
    assert booked.due_at is not None
    visit.town.pass_to(after(booked.due_at, 1))
    [case] = visit.bench.overdue()
    assert "booked" in case["happened"]
    path = f"/v1/returns/{visit.back['id']}/release"
    visit.town.json(visit.bench.merchant, "POST", path, {"why": "brings it"})
    assert visit.bench.overdue() == []


def test_the_shopper_is_told_what_happens_to_the_return_each_fact_once(town: Town) -> None:
    """May come back, a van comes then and then, fetched, paid back; and what is past is never told."""
    mailbox = posted(town)
    visit = Visit(town, email=EMAIL)
    town.app.tick()
    told = [kind for kind in kinds(mailbox, visit.bench.order) if kind.startswith("return_")]
    assert told == [MessageKind.return_booked]  # by then it was more than authorised
    letter = mailbox.letters(visit.bench.order)[-1]
    booked = town.app.returns.state(visit.back["id"]).collection
    local = Wording("de", town.app.zone).window(booked.window)
    assert local in letter.text
    visit.arrive()
    visit.step("collect", parcels=visit.bench.parcels, photo=visit.photo())
    town.app.tick()
    visit.home(visit.bench.parcels)
    back = visit.bench.step(visit.now(), "inspect", condition="as_new")
    back = visit.bench.step(visit.bench.step(back, "dispose"), "refund")
    for _ in range(2):
        town.app.tick()
    told = [kind for kind in kinds(mailbox, visit.bench.order) if kind.startswith("return_")]
    assert told == [
        MessageKind.return_booked, MessageKind.return_collected, MessageKind.return_refunded,
    ]  # fmt: skip
    dropped = [one for one in events(town, MessageDropped) if one.news.kind == "return_authorised"]
    assert [one.why for one in dropped] == ["past"]
