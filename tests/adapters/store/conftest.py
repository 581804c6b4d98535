"""The engine's small market, for tests of what it is stored in."""

import pytest
from tests.engine.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()
