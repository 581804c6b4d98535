"""A simulated driver at the hub: what is loaded there stands there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from tests.engine.desks.grid import Grid, crossing
from tests.views.diary import clock

from doorstep.simulation.agenda import Agenda
from doorstep.simulation.doors import Caller, instant, rfc3339
from doorstep.simulation.draws import Draws
from doorstep.simulation.driver import RELOAD_S, Driver
from doorstep.simulation.world import World, WorldParameters
from doorstep.vocabulary.units import Instant, after

HUB = {"kind": "hub", "lat": crossing(3, 3).lat, "lon": crossing(3, 3).lon, "done": True}
READY = clock(10, 30)
"""When the parcels of the order that joins the van stand at the hub."""


@dataclass
class Answer:
    """What the phone shows."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Phone:
    """The driver's routes of one van that has two hub visits, and hears of one more order at an instant."""

    def __init__(self, joins_at: Instant, state_then: str, *, visit_goes: bool = False) -> None:
        self._visit_goes = visit_goes
        self.agenda = Agenda()
        self.now = clock(8)
        self.visits: list[tuple[Instant, list[str]]] = []
        self._joins_at = joins_at
        self._state_then = state_then
        self._state = "staged"

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", /
    ) -> Answer:
        """Answer one request of the driver."""
        del headers
        if method == "GET":
            return Answer(200, msgspec.json.encode(self._view()))
        told: dict[str, Any] = msgspec.json.decode(body) if body else {}
        match path.rsplit("/", 1)[-1]:
            case "load":
                self._state = "loaded"
            case "depart":
                self._state = "departed"
            case "hub":
                self.visits.append((instant(told["at"]), told["parcels"]))
            case "return":
                self._state = "returned"
        return Answer(200, b"{}")

    def _view(self) -> dict[str, Any]:
        joined = self.now >= self._joins_at
        visited = bool(self.visits)
        return {
            "state": self._state_then if joined and self._state == "departed" else self._state,
            "vehicle": "van_1",
            "stops": [HUB] if joined and self._visit_goes else [HUB, HUB | {"done": visited}],
            "loading_list": ["pcl_1", "pcl_2"] if joined else ["pcl_1"],
            "loads_at": rfc3339(READY if joined else clock(8)),
            "ends_at": rfc3339(clock(16)),
            "aboard": [],
        }

    def play(self, until: Instant) -> None:
        """Let the driver work until an instant."""
        draws = Draws(1)
        world = World(Grid(), WorldParameters(short_share=0.0), draws, clock(0))
        driver = Driver(
            "driver-1", "rte_1", Caller(self, "key", "driver-1", []), world, self.agenda,
            report_s=600, shopper_pin=lambda _: "",
        )  # fmt: skip
        driver.start(self.now)
        while (at := self.agenda.next_at()) is not None and at <= until:
            self.now, act = self.agenda.take()
            act(self.now)


def _arrival() -> Instant:
    """When a van that nothing joins is done with its hub visit."""
    phone = Phone(clock(20), "departed")
    phone.play(clock(15))
    ((at, parcels),) = phone.visits
    assert parcels == ["pcl_1"]
    return at


@pytest.mark.parametrize("before_s", [1, RELOAD_S - 1])
def test_a_driver_waits_for_what_joined_while_loading(before_s: int) -> None:
    """What joins a van while it loads is on it only once it stands at the hub, and is scanned after that."""
    phone = Phone(after(_arrival(), -before_s), "departed")
    phone.play(clock(15))
    assert phone.visits == [(after(READY, RELOAD_S), ["pcl_1", "pcl_2"])]


def test_a_driver_whose_van_is_out_loads_nothing_more() -> None:
    """A route that is withdrawn while its van stands at the hub is loaded no further."""
    phone = Phone(after(_arrival(), -1), "withdrawn")
    phone.play(clock(15))
    assert phone.visits == []


def test_a_driver_whose_visit_was_taken_away_goes_on() -> None:
    """What was to be loaded went to another van while this one stood at the hub: it goes home."""
    phone = Phone(after(_arrival(), -1), "departed", visit_goes=True)
    phone.play(clock(15))
    assert phone.visits == []
    assert phone.agenda.next_at() is None or phone.now >= clock(15)
