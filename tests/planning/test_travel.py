"""Travel times between hours, and tables that grow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.planning.plain import PlainTravel
from doorstep.planning.travel import LEG_S_MAX, TravelTable, latest_departure

PEAK_AT_EIGHT = [1 if hour % 24 == 8 else 0 for hour in range(168)]


def test_the_middle_of_an_hour_has_its_profile_s_time() -> None:
    """Half past eight takes the peak's seconds, half past seven and half past nine the calm ones."""
    table = TravelTable.of([[[0, 600], [600, 0]], [[0, 900], [900, 0]]], PEAK_AT_EIGHT)
    assert [table.leg_s(0, 1, s) for s in (27_000, 30_600, 34_200)] == [600, 900, 600]


def test_between_the_middles_seconds_are_interpolated() -> None:
    """A third of the way from calm to peak takes a third of the difference more."""
    table = TravelTable.of([[[0, 600], [600, 0]], [[0, 900], [900, 0]]], PEAK_AT_EIGHT)
    assert table.leg_s(0, 1, 27_000 + 1_200) == 700


def test_the_origin_shifts_the_week() -> None:
    """With the origin on Tuesday's midnight, a Tuesday-only peak is met at the same time of day."""
    hours = [1 if hour == 24 + 8 else 0 for hour in range(168)]
    tuesday = TravelTable.of([[[0, 60], [60, 0]], [[0, 90], [90, 0]]], hours, week_origin_s=86_400)
    assert tuesday.leg_s(0, 1, 30_600) == 90
    assert tuesday.leg_s(0, 1, 30_600 + 6 * 86_400) == 60


@settings(max_examples=200, deadline=None)
@given(
    legs=st.lists(st.integers(0, 30_000), min_size=3, max_size=3),
    hours=st.lists(st.integers(0, 2), min_size=168, max_size=168),
    t=st.integers(-90_000, 700_000),
    later=st.integers(1, 7_200),
)
def test_leaving_later_never_arrives_earlier(legs: list[int], hours: list[int], t: int, later: int) -> None:
    """Even where a profile falls by hours within an hour, nobody who leaves later overtakes."""
    hours[0], hours[1], hours[2] = 0, 1, 2
    table = TravelTable.of([[[0, leg], [leg, 0]] for leg in legs], hours)
    assert t + later + table.leg_s(0, 1, t + later) >= t + table.leg_s(0, 1, t)


@settings(max_examples=100, deadline=None)
@given(
    legs=st.lists(st.integers(0, 9_000), min_size=2, max_size=2),
    due=st.integers(0, 200_000),
    origin_s=st.integers(0, 604_799),
)
def test_the_latest_departure_is_the_last_second_that_still_makes_it(
    legs: list[int], due: int, origin_s: int
) -> None:
    """Leaving then arrives by the due time; leaving a second later does not."""
    table = TravelTable.of([[[0, leg], [leg, 0]] for leg in legs], PEAK_AT_EIGHT, week_origin_s=origin_s)
    nothing = np.zeros((1, 1, 1), dtype=np.int64)
    live = table.live(nothing, nothing[0])
    t = latest_departure(live, 0, 1, due)
    assert t + table.leg_s(0, 1, t) <= due < t + 1 + table.leg_s(0, 1, t + 1)


def test_a_table_that_grew_place_by_place_equals_one_made_at_once() -> None:
    """A hundred places added one by one, over several doublings of room, give the same legs."""
    rng = np.random.default_rng(5)
    seconds = rng.integers(1, 5_000, (2, 100, 100))
    metres = rng.integers(1, 50_000, (100, 100))
    for k in range(2):
        np.fill_diagonal(seconds[k], 0)
    np.fill_diagonal(metres, 0)
    whole = TravelTable.of(seconds, PEAK_AT_EIGHT, metres=metres)
    grown = TravelTable(PEAK_AT_EIGHT, with_metres=True)
    for n in range(100):
        grown.add_place(seconds[:, n, :n], seconds[:, :n, n], metres[n, :n], metres[:n, n])
    assert np.array_equal(whole.seconds[:, :100, :100], grown.seconds[:, :100, :100])
    assert np.array_equal(whole.soonest[:100, :100], grown.soonest[:100, :100])
    assert np.array_equal(whole.soonest_back[:100, :100], grown.soonest[:100, :100].T)
    assert np.array_equal(whole.metres[:100, :100], grown.metres[:100, :100])
    assert np.array_equal(grown.metres_back[:100, :100], grown.metres[:100, :100].T)


def test_a_forgotten_place_s_index_serves_the_next() -> None:
    """Quotes for places that nobody orders to do not make the table grow."""
    table = TravelTable.of([[0, 5, 6], [5, 0, 7], [6, 7, 0]])
    table.forget(1)
    place = table.add_place([[10, 99, 20]], [[11, 99, 21]])
    assert (place, table.places) == (1, 3)
    assert (table.leg_s(1, 2, 0), table.leg_s(2, 1, 0), table.leg_s(1, 1, 0)) == (20, 21, 0)
    with pytest.raises(AssertionError):
        table.forget(3)


def test_a_place_without_a_road_is_far_but_finite() -> None:
    """A map's infinity is cut to the longest leg that counts, so that sums stay whole numbers."""
    table = TravelTable.of([[0, 2**31 - 1], [4, 0]])
    assert table.leg_s(0, 1, 0) == LEG_S_MAX


def test_the_plain_reading_agrees() -> None:
    """The uncompiled reading of the rules gives the same legs at ten thousand random moments."""
    rng = np.random.default_rng(7)
    table = TravelTable.of(rng.integers(0, 4_000, (3, 6, 6)), rng.integers(0, 3, 168), week_origin_s=500_000)
    plain = PlainTravel(table)
    for a, b, t in zip(
        rng.integers(0, 6, 10_000), rng.integers(0, 6, 10_000), rng.integers(-50_000, 300_000, 10_000),
        strict=True,
    ):  # fmt: skip
        assert plain.leg_s(int(a), int(b), int(t)) == table.leg_s(int(a), int(b), int(t))
