"""A market behind its doors for tests: the demo city in memory, on a clock that the test moves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from doorstep.adapters.clocks import VirtualClock
from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.streets import StreetMap
from doorstep.app import Doorstep, Settings
from doorstep.engine.network import read_network
from doorstep.engine.ports.keys import ApiKey
from doorstep.policy.book import PolicyBook
from doorstep.vocabulary.ids import DriverId, MerchantId
from doorstep.vocabulary.units import Instant, after
from doorstep.web.api import create_api
from doorstep.web.loopback import Answered, Loopback

CITY = Path(__file__).parents[2] / "examples" / "neubrandenburg"
DAY = date(2026, 6, 16)
ADDRESSES = (
    "Neutorstraße 12, 17033 Neubrandenburg",
    "Friedländer Straße 14, 17033 Neubrandenburg",
    "Turmstraße 18, 17033 Neubrandenburg",
)


def at(hours: int, minutes: int = 0, day: int = 16) -> Instant:
    """An instant of June 2026 by the wall clock of Berlin."""
    return Instant(int(datetime(2026, 6, day, hours - 2, minutes, tzinfo=UTC).timestamp()) * 1_000_000)


def iso(instant: Instant) -> str:
    """The instant as the API writes it."""
    return datetime.fromtimestamp(instant // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def built_map(folder: Path) -> StreetMap:
    """The demo city's map."""
    built = folder / "city.map"
    if not built.exists():
        build_map(CITY / "neubrandenburg.osm.pbf", built)
    return StreetMap.load(built)


@dataclass
class Town:
    """The market, its clock, its keys, and a way to call it."""

    app: Doorstep
    clock: VirtualClock
    api: FastAPI
    loopback: Loopback
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def founded(
        cls,
        streets: StreetMap,
        *,
        open_reads: bool = False,
        local_webhooks: bool = False,
        book: PolicyBook | None = None,
    ) -> "Town":
        """A fresh market at six in the morning of the day before, with that day's roster on sale."""
        network = read_network((CITY / "network.toml").read_bytes())
        clock = VirtualClock(at(6, day=15))
        settings = Settings(seed=1, open_reads=open_reads, local_webhooks=local_webhooks)
        app = Doorstep(network, streets, settings, clock=clock, book=book)
        app.open_day(DAY)
        api = create_api(app)
        town = cls(app, clock, api, Loopback(api))
        town._give_key("operator", "operator")
        for merchant in network.merchants:
            town._give_key(merchant.id, "merchant", merchant=MerchantId(merchant.id))
        for shift in network.shifts:
            if shift.driver not in town.tokens:
                town._give_key(shift.driver, "driver", driver=DriverId(shift.driver))
        return town

    @property
    def merchants(self) -> list[str]:
        """The merchants' ids."""
        return [merchant.id for merchant in self.app.network.merchants]

    def call(self, who: str | None, method: str, path: str, body: object = None, **headers: str) -> Answered:
        """Call a door as someone; a body that is no bytes goes as JSON, `_` in a header is a hyphen."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            sent["authorization"] = f"Bearer {self.tokens[who]}"
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if raw and "content-type" not in sent:
            sent["content-type"] = "application/json"
        return self.loopback.call(method, path, sent, raw)

    def json(self, who: str | None, method: str, path: str, body: object = None, status: int = 200) -> Any:  # noqa: ANN401 - whatever JSON it is
        """The JSON of an answer that must have this status."""
        answer = self.call(who, method, path, body)
        assert answer.status == status, (answer.status, answer.body)
        return json.loads(answer.body)

    def order(self, number: int = 1, **fields: object) -> dict[str, object]:
        """An order's body for the first merchant, due on the morning of the day."""
        return {
            "external_id": f"T-{number}",
            "merchant": self.merchants[0],
            "name": "Ada Beispiel",
            "address": ADDRESSES[number % len(ADDRESSES)],
            "service": "next_day",
            "parcels": 1,
            "weight_g": 1200,
            "window_start": iso(at(9)),
            "window_end": iso(at(13)),
            **fields,
        }

    def place(self, number: int = 1, **fields: object) -> Any:  # noqa: ANN401 - whatever JSON it is
        """An order that was taken on."""
        return self.json("operator", "POST", "/v1/orders", self.order(number, **fields), 201)

    def pass_to(self, instant: Instant) -> None:
        """Let time pass, timer by timer."""
        while (due := self.app.next_due()) is not None and due <= instant:
            self.clock.move_to(max(due, self.clock.now()))
            self.app.tick()
        self.clock.move_to(max(instant, self.clock.now()))

    def pass_s(self, seconds: int) -> None:
        """Let seconds pass."""
        self.pass_to(after(self.clock.now(), seconds))

    def _give_key(self, name: str, role: str, **bound: Any) -> None:  # noqa: ANN401 - a merchant or a driver
        token = f"token-of-{name}"
        hashed = sha256(token.encode()).hexdigest()
        key = ApiKey(hashed, self.app.market.id, name, (role,), self.clock.now(), **bound)
        self.app.keys.add(key)
        self.tokens[name] = token


def problem(answer: Answered) -> Mapping[str, Any]:
    """The problem in an answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    found: Mapping[str, Any] = json.loads(answer.body)
    return found
