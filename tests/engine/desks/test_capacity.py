"""The capacity gauge reads the live plan of a market."""

from tests.engine.desks.floor import Floor, wall

from doorstep.engine.capacity import READ_EVERY_S, CapacityGauge
from doorstep.vocabulary.units import after
from doorstep.vocabulary.windows import Window

TODAY = Window(wall("00:00"), wall("23:59"))


def test_there_is_no_reading_without_a_stop_to_measure_with(floor: Floor) -> None:
    """While nothing is planned nobody knows what is typical."""
    assert CapacityGauge(floor.planner).reading(floor.clock.now(), TODAY) is None


def test_what_is_left_shrinks_as_orders_come_and_time_goes(floor: Floor) -> None:
    """More stops leave less room, and towards the end of the day nothing fits any more."""
    floor.place(weight_g=100_000)
    first = CapacityGauge(floor.planner).reading(floor.clock.now(), TODAY)
    for number in range(3):
        floor.place(f"B-{number}", weight_g=100_000)
    second = CapacityGauge(floor.planner).reading(floor.clock.now(), TODAY)
    assert first is not None
    assert second is not None
    assert first.left > second.left > 0
    assert second.cutoff is not None
    assert floor.clock.now() <= second.cutoff < TODAY.end
    late = CapacityGauge(floor.planner).reading(wall("17:59"), TODAY)
    assert late is not None
    assert (late.left, late.cutoff) == (0, None)


def test_a_reading_stays_good_for_a_minute(floor: Floor) -> None:
    """Whoever looks often is told what was read, until a minute of the market's clock has passed."""
    floor.place(weight_g=100_000)
    gauge, now = CapacityGauge(floor.planner), floor.clock.now()
    first = gauge.reading(now, TODAY)
    for number in range(3):
        floor.place(f"B-{number}", weight_g=100_000)
    assert gauge.reading(after(now, READ_EVERY_S - 1), TODAY) == first
    assert gauge.reading(after(now, READ_EVERY_S), TODAY) != first
