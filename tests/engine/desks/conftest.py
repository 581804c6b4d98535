"""A town with two vans on the day, and one in reserve where a test asks for it."""

from collections.abc import Callable

import pytest
from tests.engine.desks.floor import Floor, Ground, network, shift, wall

from doorstep.engine.network import DriverShift


@pytest.fixture
def open_floor() -> Callable[..., Floor]:
    """Opens a market at 06:00 with these shifts on sale."""

    def build(*shifts: DriverShift) -> Floor:
        floor = Floor(Ground(wall("06:00")), network(*shifts))
        floor.open_day()
        return floor

    return build


@pytest.fixture
def floor(open_floor: Callable[..., Floor]) -> Floor:
    """Two vans, both from 10:00."""
    return open_floor(shift("ada", "10:00", "18:00"), shift("ben", "10:00", "18:00"))
