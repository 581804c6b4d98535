"""Shares, means and spreads with their intervals, held against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from doorstep.views.intervals import (
    MILLI,
    PPM,
    mean_of,
    percentile,
    ratio_of,
    share_of,
    spread_of,
    student_t,
)


@given(st.integers(1, 5_000), st.data())
def test_a_share_has_wilsons_interval(cases: int, data: st.DataObject) -> None:
    """The interval is scipy's, rounded outwards to a millionth, and holds the share."""
    count = data.draw(st.integers(0, cases))
    share = share_of(count, cases)
    expected = stats.binomtest(count, cases).proportion_ci(0.95, "wilson")
    assert share.share_ppm is not None
    assert share.low_ppm is not None
    assert share.high_ppm is not None
    assert 0 <= share.low_ppm <= share.share_ppm <= share.high_ppm <= PPM
    assert share.low_ppm == pytest.approx(expected.low * PPM, abs=1.5)
    assert share.high_ppm == pytest.approx(expected.high * PPM, abs=1.5)


def test_a_share_of_nothing_is_no_share() -> None:
    """Without a case there is no share; it is not 0 and not 100 %."""
    assert share_of(0, 0).share_ppm is None
    assert share_of(0, 3).low_ppm == 0
    assert share_of(3, 3).high_ppm == PPM


@pytest.mark.parametrize("degrees", [1, 2, 5, 10, 11, 12, 20, 30, 100, 10_000])
def test_students_t_is_the_distributions(degrees: int) -> None:
    """The table and the expansion behind it agree with the exact quantile."""
    assert student_t(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=2e-5)


@given(st.lists(st.integers(-5_000, 5_000), min_size=2, max_size=80))
def test_a_mean_has_students_interval(values: list[int]) -> None:
    """The interval is scipy's, rounded outwards to a thousandth."""
    found = mean_of(values)
    assert found.mean_milli == round(sum(values) / len(values) * MILLI)
    spread = stats.sem(values)
    if spread == 0:
        assert found.low_milli == found.high_milli == found.mean_milli
        return
    low, high = stats.t.interval(0.95, len(values) - 1, sum(values) / len(values), spread)
    low = low if min(values) < 0 else max(0.0, low)
    assert found.low_milli == pytest.approx(low * MILLI, abs=2 + abs(high - low))
    assert found.high_milli == pytest.approx(high * MILLI, abs=2 + abs(high - low))


def test_few_cases_say_so() -> None:
    """No case has no mean, one has no interval."""
    assert mean_of([]).mean_milli is None
    assert (mean_of([7]).mean_milli, mean_of([7]).low_milli) == (7_000, None)
    assert spread_of([]).median_s is None
    assert ratio_of([5], [False]).mean_milli is None


@pytest.mark.parametrize("cases", range(1, 6))
def test_no_interval_of_few_cases_leaves_what_is_possible(cases: int) -> None:
    """One to five cases: a share stays within 0 and 100 %, a mean or a cost of nothing negative above 0."""
    for count in range(cases + 1):
        share = share_of(count, cases)
        assert share.low_ppm is not None
        assert share.high_ppm is not None
        assert 0 <= share.low_ppm <= share.high_ppm <= PPM
    costs = [0] * cases + [900]
    for found in (mean_of(costs), ratio_of(costs, [True] * len(costs))):
        assert found.low_milli == 0, "Student's interval begins below 0 here"
        assert found.high_milli is not None
    refunds = mean_of([-900, *costs])
    assert refunds.low_milli is not None
    assert refunds.low_milli < 0


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_percentiles_are_by_nearest_rank(values: list[int]) -> None:
    """At least the asked share of the values does not exceed the percentile, and it is one of them."""
    ordered = sorted(values)
    for percent in (50, 90, 100):
        found = percentile(ordered, percent)
        assert found in values
        assert sum(value <= found for value in values) * 100 >= percent * len(values)
        assert sum(value < found for value in values) * 100 < percent * len(values)


def test_a_ratio_is_a_cost_per_success() -> None:
    """All amounts ÷ successes; equal amounts and no failure leave nothing uncertain."""
    sure = ratio_of([500] * 10, [True] * 10)
    assert (sure.cases, sure.mean_milli, sure.low_milli, sure.high_milli) == (10, 500_000, 500_000, 500_000)
    unsure = ratio_of([500] * 10, [True] * 8 + [False] * 2)
    assert unsure.mean_milli == 625_000
    assert unsure.low_milli is not None
    assert unsure.low_milli < 625_000
