"""Odds of a promise."""

from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.planning.odds import Exposure, Uncertainty, is_offered, kept_odds, narrowest_window

USUAL = Uncertainty(travel_sd_ratio=0.15, service_sd_s=60, floor_sd_s=120, first_attempt=0.96)
seconds = st.integers(0, 40_000)


def test_the_odds_are_the_documented_formula() -> None:
    """After an hour's drive and 16 stops the spread is the root of 540² + 16 · 60² + 120²."""
    spread_s = (540**2 + 16 * 60**2 + 120**2) ** 0.5
    odds = kept_odds(Exposure(10_000, 3_600, 16), 10_900, USUAL)
    assert odds == pytest.approx(0.96 * NormalDist(0, spread_s).cdf(900))


def test_an_arrival_on_the_last_second_is_an_even_chance() -> None:
    """Half of the first attempts' share, however far the van has to come."""
    assert kept_odds(Exposure(5_000, 9_000, 40), 5_000, USUAL) == pytest.approx(0.48)


@given(arrive_s=seconds, road_s=seconds, stops=st.integers(0, 200), end_s=seconds, more=st.integers(1, 5_000))
def test_odds_are_bounded_and_never_turn_the_wrong_way(
    arrive_s: int, road_s: int, stops: int, end_s: int, more: int
) -> None:
    """A later end never lowers them; more driving or stops never raises them for a timely arrival."""
    odds = kept_odds(Exposure(arrive_s, road_s, stops), end_s, USUAL)
    assert 0 <= odds <= USUAL.first_attempt
    assert kept_odds(Exposure(arrive_s, road_s, stops), end_s + more, USUAL) >= odds
    assert kept_odds(Exposure(arrive_s + more, road_s, stops), end_s, USUAL) <= odds
    if arrive_s <= end_s:
        assert kept_odds(Exposure(arrive_s, road_s + more, stops), end_s, USUAL) <= odds
        assert kept_odds(Exposure(arrive_s, road_s, stops + more), end_s, USUAL) <= odds


def test_the_window_is_as_narrow_as_the_target_allows() -> None:
    """The next narrower width misses the target, and an impossible target gives no window."""
    exposure = Exposure(36_500, 5_400, 20)
    window = narrowest_window(exposure, USUAL, 0.93, [7_200, 1_800, 3_600, 900], 900)
    assert window == (36_000, 36_000 + 3_600)
    assert kept_odds(exposure, 36_000 + 1_800, USUAL) < 0.93 <= kept_odds(exposure, 36_000 + 3_600, USUAL)
    assert narrowest_window(exposure, USUAL, 0.97, [7_200], 900) is None


def test_the_policy_s_least_odds_are_enough() -> None:
    """Exactly the least odds are offered."""
    assert is_offered(0.9, 0.9)
    assert not is_offered(0.8999, 0.9)


def test_without_a_floor_nothing_would_be_uncertain() -> None:
    """A model that claims certainty is a bug of the caller."""
    with pytest.raises(AssertionError):
        Uncertainty(0.1, 60, 0, 0.9)
