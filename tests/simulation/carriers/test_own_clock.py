"""A carrier's own clock: a world that hurries tells the times of the clock on the wall."""

import pytest
from tests.adapters.carriers.houses import T0

from doorstep.adapters.clocks import VirtualClock
from doorstep.simulation.carriers.own_clock import WILD_S, Devices, OwnClock
from doorstep.simulation.draws import Draws
from doorstep.vocabulary.units import Instant, after


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_what_is_heard_is_told_again(speed: float) -> None:
    """An instant that came in from the wall goes out as the same instant."""
    clock = OwnClock(VirtualClock(T0), speed)
    for off_s in (-7_200, 0, 1, 86_400):
        assert clock.told(clock.heard(after(T0, off_s))) == after(T0, off_s)


def test_a_hurried_world() -> None:
    """At sixty times the speed a minute on the wall is an hour in the world, and is told as a minute."""
    wall = VirtualClock(T0)
    clock = OwnClock(wall, 60.0)
    wall.advance(60)
    assert clock.now() == after(T0, 3_600)
    assert clock.told(clock.now()) == after(T0, 60)


def test_devices_are_off_by_their_own() -> None:
    """One device is always off by the same, another by something else, and none where nothing is off."""
    devices = Devices(Draws(1), "x", 40.0, 0.0)
    first, again, other = (
        devices.show(T0, who, what)[0] for who, what in (("a", "1"), ("a", "2"), ("b", "3"))
    )
    assert first == again != other
    assert Devices(Draws(1), "x", 0.0, 0.0).show(T0, "a", "1") == (T0, False)


def test_a_wild_clock() -> None:
    """A clock that has gone wild is a day off to either side, or begins in 1970."""
    devices = Devices(Draws(1), "x", 0.0, 1.0)
    shown = {devices.show(T0, "a", str(number)) for number in range(50)}
    assert shown == {(after(T0, WILD_S), True), (after(T0, -WILD_S), True), (Instant(0), True)}
