"""A small day of the demo city: every eighth order of its file, with the whole fleet."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.web.network import Network
from tests.web.town import Town

from doorstep.adapters.maps.streets import StreetMap
from doorstep.app import Settings
from doorstep.cli.market_files import read_market
from doorstep.cli.stage import Script, Stage, city_folder, city_map, read_script, set_stage
from doorstep.simulation.world import WorldParameters

EVERY = 8
Set = Callable[..., Stage]


@pytest.fixture(scope="session")
def small_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An order file of about 75 orders."""
    source = city_folder("neubrandenburg") / "orders.csv"
    target = tmp_path_factory.mktemp("orders") / "orders.csv"
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    with target.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([rows[0], *rows[1::EVERY]])
    return target


@pytest.fixture(scope="session")
def small_script(small_orders: Path) -> Script:
    """The small day's script."""
    network = read_market(city_folder("neubrandenburg") / "network.toml")
    return read_script(city_map("neubrandenburg"), network, small_orders, None)


@pytest.fixture
def set_small_stage(small_script: Script) -> Iterator[Set]:
    """Sets the small day's stage, as often as asked; ends the workers afterwards."""
    stages: list[Stage] = []

    def set_one(seed: int = 1, workers: int = 1, parameters: WorldParameters | None = None) -> Stage:
        settings = Settings(seed=seed, workers=workers)
        stage = set_stage(small_script, parameters or WorldParameters(), settings, seed=seed)
        stages.append(stage)
        return stage

    yield set_one
    for stage in stages:
        stage.app.close()


@pytest.fixture(scope="session")
def streets() -> StreetMap:
    """The demo city's map."""
    return city_map("neubrandenburg")


@pytest.fixture
def town(streets: StreetMap) -> Iterator[Town]:
    """A market with its doors open to who has a key."""
    founded = Town.founded(streets, local_webhooks=True)
    yield founded
    founded.app.close()


@pytest.fixture
def open_town(streets: StreetMap) -> Iterator[Town]:
    """A market whose pages are open on this machine."""
    founded = Town.founded(streets, open_reads=True)
    yield founded
    founded.app.close()


@pytest.fixture
def network(streets: StreetMap) -> Iterator[Network]:
    """A market with both carriers."""
    founded = Network.founded(streets)
    yield founded
    founded.town.app.close()
