"""The demo's day: played at a pace behind a real server, while callers read pages and hear the stream."""

import asyncio
import io
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread

import httpx
import pytest
from rich.console import Console

from doorstep.app import Settings
from doorstep.cli.demo import REPORT_S, Pace, show
from doorstep.cli.stage import Script, Stage, set_stage
from doorstep.engine.log import export, log_hash
from doorstep.simulation.world import WorldParameters
from doorstep.vocabulary.units import Instant, after
from doorstep.web.serving import bind, url_of

SEED = 5
SPEED = 12_000
"""Virtual seconds a second: a day's shifts in about three."""
LIVE_BEFORE_END_S = 9 * 3_600
"""The last orders of the small day are out until late; the pace begins while vans are at work."""
JOIN_S_MAX = 30
PAGES = (
    "/",
    "/report",
    "/v1/board",
    "/v1/cases",
    "/v1/orders?limit=20",
    "/v1/routes",
    "/v1/report",
    "/health",
)


def staged(script: Script, report_s: int) -> Stage:
    """The small day as the demo sets it."""
    settings = Settings(seed=SEED, open_reads=True)
    return set_stage(script, WorldParameters(), settings, seed=SEED, report_s=report_s)


def hash_of(stage: Stage) -> str:
    """The hash of the whole log."""
    return log_hash(export(stage.app.store, stage.app.market.id))


class Callers:
    """A caller who reads one page after the other, and one who hears the stream, each on a thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = Event()
        self.read: Counter[int] = Counter()
        self.orders: set[str] = set()
        self.heard: Counter[str] = Counter()
        self.defects: list[BaseException] = []
        self._threads = [Thread(target=self._guarded, args=(work,)) for work in (self._reads, self._hears)]

    def start(self) -> None:
        """Begin to call."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._over.set()
        for thread in self._threads:
            thread.join(JOIN_S_MAX)

    def _guarded(self, work: Callable[[httpx.Client], None]) -> None:
        try:
            with httpx.Client(base_url=self._url, timeout=JOIN_S_MAX) as client:
                work(client)
        except httpx.TransportError:
            return  # the server goes when the day is over, in the midst of whatever is being read
        except BaseException as defect:  # noqa: BLE001 - told to the test, which fails by it
            self.defects.append(defect)

    def _reads(self, client: httpx.Client) -> None:
        while not self._over.is_set():
            for page in PAGES:
                self.read[client.get(page).status_code] += 1
            for line in client.get("/v1/orders?limit=5").json()["orders"]:
                self.orders.add(line["id"])
                self.read[client.get(f"/orders/{line['id']}").status_code] += 1

    def _hears(self, client: httpx.Client) -> None:
        while not self._over.is_set():
            with client.stream("GET", "/v1/stream") as stream:
                for line in stream.iter_lines():
                    if line.startswith("event: "):
                        self.heard[line.removeprefix("event: ")] += 1
                    if self._over.is_set():
                        return


@pytest.fixture(scope="module")
def alone(small_script: Script) -> str:
    """The hash of the day headless, as fast as it goes and with nobody watching."""
    stage = staged(small_script, REPORT_S)
    with closing(stage.app):
        for _ in stage.day.steps():
            pass
        return hash_of(stage)


async def watched(stage: Stage, pace: Pace) -> Callers:
    """Play the day as `doorstep demo` does, with callers at its doors."""
    bound = bind("127.0.0.1", 0)
    callers = Callers(url_of(bound))
    bound.listen()
    callers.start()
    try:
        await show(stage, bound, pace, stays=False)
    finally:
        await asyncio.to_thread(callers.stop)
    return callers


def test_a_day_at_a_pace_with_callers_at_its_doors_is_the_day_that_is_played_headless(
    small_script: Script, alone: str
) -> None:
    """Whoever watches, and however slowly time goes, the log is equal to the last byte."""
    stage = staged(small_script, REPORT_S)
    with closing(stage.app):
        live = Instant(after(stage.end, -LIVE_BEFORE_END_S))
        callers = asyncio.run(watched(stage, Pace(live, SPEED, Console(file=io.StringIO()))))
        assert hash_of(stage) == alone
    assert callers.defects == []
    assert set(callers.read) == {200}
    assert callers.read[200] >= 3 * len(PAGES)
    assert callers.orders
    assert callers.heard["board"] >= 1
    assert callers.heard["changes"] + callers.heard["vehicles"] >= 3


def test_how_often_vans_report_changes_no_event(small_script: Script, alone: str) -> None:
    """Positions are not in the log: a demo's dense ones and a headless day's few lead to one log."""
    stage = staged(small_script, 900)
    with closing(stage.app):
        for _ in stage.day.steps():
            pass
        assert hash_of(stage) == alone
