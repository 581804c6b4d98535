"""Clocks."""

from time import time

from doorstep.adapters.clocks import SystemClock, VirtualClock
from doorstep.vocabulary.units import MICROSECONDS, Instant


def test_the_systems_clock_tells_microseconds() -> None:
    """Its time lies between two readings of the machine's."""
    before = int(time() * MICROSECONDS) - 1
    now = SystemClock().now()
    assert before <= now <= int(time() * MICROSECONDS) + 1


def test_a_virtual_clock_moves_only_when_told() -> None:
    """It stands, steps either way, and jumps."""
    clock = VirtualClock(Instant(5))
    assert clock.now() == clock.now() == 5
    assert clock.advance(2) == clock.now() == 2_000_005
    assert clock.advance(-2) == 5
    clock.move_to(Instant(-1))
    assert clock.now() == -1
