"""The demo city behind its doors."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.town import Town, built_map

from doorstep.adapters.maps.streets import StreetMap
from doorstep.cli.partners import network_book


@pytest.fixture(scope="session")
def streets(tmp_path_factory: pytest.TempPathFactory) -> StreetMap:
    """The city's map, built once for a worker."""
    folder: Path = tmp_path_factory.mktemp("map")
    return built_map(folder)


@pytest.fixture
def town(streets: StreetMap) -> Iterator[Town]:
    """A fresh market."""
    founded = Town.founded(streets)
    yield founded
    founded.app.close()


@pytest.fixture
def open_town(streets: StreetMap) -> Iterator[Town]:
    """A fresh market that lets everyone on this machine read."""
    founded = Town.founded(streets, open_reads=True)
    yield founded
    founded.app.close()


@pytest.fixture
def partner_town(streets: StreetMap) -> Iterator[Town]:
    """A fresh market with two carriers' contracts, whose pages everyone on this machine reads."""
    founded = Town.founded(streets, open_reads=True, book=network_book())
    yield founded
    founded.app.close()
