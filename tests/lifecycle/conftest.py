"""The policies that ship with Doorstep."""

import pytest

from doorstep.app import default_book
from doorstep.policy.book import PolicyBook


@pytest.fixture(scope="session")
def book() -> PolicyBook:
    return default_book()
