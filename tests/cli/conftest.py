"""A small market in the demo city, and a real server that runs it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from doorstep.cli.main import exit_code

EXTRACT = Path(__file__).parents[2] / "examples" / "neubrandenburg" / "neubrandenburg.osm.pbf"
PROGRAM = "from doorstep.cli.main import run; run()"
STOP_S_MAX = 60
ADDRESSES = ("Eichenstraße 24, 17033 Neubrandenburg", "Apfelweg 24, 17033 Neubrandenburg")

NETWORK = """
[market]
id = "nbg"
name = "Little Neubrandenburg"
zone = "Europe/Berlin"
currency = "EUR"
country = "DE"

[[merchants]]
id = "books"
name = "Books"

[[merchants]]
id = "shoes"
name = "Shoes"

[[hubs]]
id = "hub"
name = "Hub"
lat = 53.5637
lon = 13.2896

[[vans]]
id = "van"
hub = "hub"
capacity_g = 1_000_000
capacity_ml = 9_000_000

[[shifts]]
driver = "ada"
name = "Ada"
van = "van"
start = "08:00"
end = "20:00"
"""


@dataclass(frozen=True)
class Running:
    """A server that answers at an address."""

    process: subprocess.Popen[str]
    url: str
    key: str | None
    data: Path

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Ends it by a signal; its exit code and what it said after it was ready."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=STOP_S_MAX)
        return self.process.returncode, out, err

    def get(self, path: str, key: str | None = None) -> tuple[int, bytes]:
        """Asks it."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=STOP_S_MAX)
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
        connection.close()
        return status, body


Serve = Callable[[Path], Running]


@pytest.fixture(scope="session")
def city_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city's map."""
    out = tmp_path_factory.mktemp("map") / "city.map"
    assert exit_code(["map", "build", str(EXTRACT), "--out", str(out), "--zone", "Europe/Berlin"]) == 0
    return out


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub, a van, a driver and two merchants."""
    path = tmp_path_factory.mktemp("network") / "network.toml"
    path.write_text(NETWORK, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def serve(city_map: Path, network: Path) -> Iterator[Serve]:
    """Starts servers, and ends those that a test left running."""
    started: list[subprocess.Popen[str]] = []

    def start(data: Path) -> Running:
        is_fresh = not (data / "market.db").exists()
        words = ["serve", "--map", city_map, "--network", network, "--data", data, "--port", "0"]
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("Doorstep serves Little Neubrandenburg at http://127.0.0.1:"), (
            process.stderr.read()
        )
        url = line.rpartition(" ")[2].strip()
        key = process.stdout.readline().rpartition(" ")[2].strip() if is_fresh else None
        return Running(process, url, key, data)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture(scope="session")
def market(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A market that runs for all tests."""
    return serve(tmp_path_factory.mktemp("market") / "data")


@pytest.fixture
def asked(market: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that lead to the running market; its operator's key stands in the environment."""
    assert market.key is not None
    monkeypatch.setenv("DOORSTEP_KEY", market.key)
    return ["--url", market.url]


def tomorrow(hour: int) -> str:
    """An hour of tomorrow in the market."""
    day = datetime.now(ZoneInfo("Europe/Berlin")).date() + timedelta(days=1)
    return f"{day.isoformat()}T{hour:02}:00"


HEADER = "external_id,merchant,address,service,parcels,weight_g,window_start,window_end"


def row(external_id: str, merchant: str = "books", address: str = ADDRESSES[0], **changes: str) -> str:
    """A row for tomorrow, with some cells changed."""
    cells = {
        "external_id": external_id,
        "merchant": merchant,
        "address": f'"{address}"',
        "service": "next_day",
        "parcels": "1",
        "weight_g": "900",
        "window_start": tomorrow(10),
        "window_end": tomorrow(16),
    }
    return ",".join((cells | changes).values())


@pytest.fixture
def order_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes files of orders from rows."""

    def write(*rows: str, name: str = "orders.csv", header: str = HEADER) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(filter(None, (header, *rows))) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def new_row() -> Callable[..., str]:
    """Makes rows."""
    return row


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key comes from the developer's own environment."""
    monkeypatch.delenv("DOORSTEP_KEY", raising=False)
