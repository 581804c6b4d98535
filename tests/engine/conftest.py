"""A market for the tests of the engine."""

import pytest
from tests.engine.shop import Diary, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def diary() -> Diary:
    return Diary()
