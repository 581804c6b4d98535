"""The running server's own parts: the address, the thread that keeps time, and the end of both."""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import pytest

from doorstep.adapters.clocks import VirtualClock
from doorstep.adapters.lease import FolderTaken, FolderUnusable, Lease, claim, market_in
from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.streets import StreetMap
from doorstep.app import Doorstep, Settings
from doorstep.engine.network import read_network
from doorstep.engine.ports.store import StoreUnavailableError
from doorstep.engine.timers import Ticked
from doorstep.vocabulary.units import Instant
from doorstep.web.serving import AddressUnusable, bind, serve, url_of
from doorstep.web.timekeeper import Timekeeper

EVENING = Instant(1_780_000_000_000_000)
"""2026-05-28, 22:26:40 in Berlin."""
TODAY = date(2026, 5, 28)
WAIT_S_MAX = 30

TOWN = """<osm version="0.6">
<node id="1" lat="0.0000" lon="0.0000"/><node id="2" lat="0.0010" lon="0.0000"/>
<node id="3" lat="0.0010" lon="0.0010"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="highway" v="residential"/></way>
</osm>"""
NETWORK = b"""
market = {id = "m", name = "M", zone = "Europe/Berlin", currency = "EUR", country = "DE"}
merchants = [{id = "books", name = "Books"}]
hubs = [{id = "hub", name = "Hub", lat = 0.0, lon = 0.0}]
vans = [{id = "van", hub = "hub", capacity_g = 1000, capacity_ml = 1000}]
shifts = [{driver = "ada", name = "Ada", van = "van", start = "08:00", end = "20:00"}]
"""


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> StreetMap:
    """Three streets around a block."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "town.osm").write_text(TOWN, encoding="utf-8")
    build_map(folder / "town.osm", folder / "town.map")
    return StreetMap.load(folder / "town.map")


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands until it is moved."""
    return VirtualClock(EVENING)


@pytest.fixture
def app(streets: StreetMap, clock: VirtualClock) -> Iterator[Doorstep]:
    """A market in memory."""
    with closing(Doorstep(read_network(NETWORK), streets, Settings(), clock=clock)) as market:
        yield market


def open_days(app: Doorstep) -> list[date]:
    """The days whose rosters are open."""
    return sorted(date.fromisoformat(stream.partition("/")[2]) for stream in app.market.all_of("roster"))


def test_midnight_opens_the_next_day(app: Doorstep, clock: VirtualClock) -> None:
    """Today and tomorrow are open from the start; local midnight opens the day after, once."""
    keeper = Timekeeper(app, lambda: None)
    keeper.open_days()
    assert open_days(app) == [TODAY, TODAY + timedelta(days=1)]
    size = app.market.head.size
    clock.advance(90 * 60)
    keeper.open_days()
    assert app.market.head.size == size, "23:56 is the same day"
    clock.advance(5 * 60)
    keeper.open_days()
    assert open_days(app) == [TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)]


def test_the_thread_fires_what_is_due(app: Doorstep, clock: VirtualClock) -> None:
    """The thread opens the days and fires timers that are due, without being asked."""
    opened = Event()

    class Watch:
        """Sees the log grow."""

        def apply(self, record: object) -> None:
            """Notes the roster of the day after tomorrow."""
            if str(TODAY + timedelta(days=2)) in str(getattr(record, "stream", "")):
                opened.set()

    app.market.subscribe(Watch())
    keeper = Timekeeper(app, lambda: None)
    keeper.start()
    clock.advance(2 * 3_600)
    assert opened.wait(WAIT_S_MAX)
    keeper.stop()
    due = app.timers.next_due()
    assert due is None or due > clock.now()


def test_a_store_that_fails_is_asked_again(app: Doorstep, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer does not end the timers."""
    fire, answered = app.fire, Event()
    faults = [StoreUnavailableError("the disk is full")]

    def failing() -> Ticked:
        if faults:
            raise faults.pop()
        ticked = fire()
        answered.set()
        return ticked

    monkeypatch.setattr(app, "fire", failing)
    keeper = Timekeeper(app, lambda: pytest.fail("no defect"))
    keeper.start()
    assert answered.wait(WAIT_S_MAX)
    keeper.stop()


def test_a_defect_in_the_timers_stops_the_server(app: Doorstep, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody has foreseen ends the server and comes out of it; it never serves on without timers."""

    def broken() -> Ticked:
        raise AssertionError("planted")

    monkeypatch.setattr(app, "fire", broken)
    ready = Event()

    async def nothing(scope: object, receive: object, send: object) -> None:
        """Answers nobody."""

    with closing(bind("127.0.0.1", 0)) as bound, pytest.raises(AssertionError, match="planted"):
        serve(nothing, bound, app, ready.set)


def test_addresses() -> None:
    """An address is had before anybody listens, told as a URL, and refused with a reason."""
    with closing(bind("127.0.0.1", 0)) as bound:
        host, port = bound.getsockname()
        assert url_of(bound) == f"http://{host}:{port}"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressUnusable, match=f"port {port} of 127.0.0.1 is taken"):
            bind("127.0.0.1", port)


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    """A second lease is refused with the holder's note; the folder is free after the first is released."""
    with Lease(tmp_path / "data") as lease:
        lease.note("process 7 at\nhttp://127.0.0.1:1")
        with pytest.raises(FolderTaken, match=r"process 7 at http://127\.0\.0\.1:1"):
            Lease(tmp_path / "data")
    Lease(tmp_path / "data").release()
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnusable, match="is a file"):
        Lease(tmp_path / "file")


def test_a_folder_holds_one_market(tmp_path: Path) -> None:
    """Whoever claims a folder first names its market for good."""
    assert market_in(tmp_path / "data") is None
    assert claim(tmp_path / "data", "berlin") == "berlin"
    assert claim(tmp_path / "data", "hamburg") == "berlin"
    assert market_in(tmp_path / "data") == "berlin"
