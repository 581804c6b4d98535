"""Intervals: no figure stands alone; each carries its number of cases and a 95 % interval.

Shares have Wilson's score interval (E. B. Wilson, 1927), which stays inside 0 to 1 and holds for few cases.
Means have Student's t interval, cut off at 0 where nothing that was counted is negative. Both are computed,
never drawn by chance, so a log has one report.
"""

from collections.abc import Sequence
from math import ceil, floor, sqrt
from typing import Final

import msgspec

PPM: Final = 1_000_000
"""Millionths in a whole."""
MILLI: Final = 1_000
"""Thousandths in a unit."""
Z_95: Final = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % on each side."""
_T_95: Final = (
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139,
)  # fmt: skip
"""Student's t likewise for 1 to 10 degrees of freedom; beyond, an expansion is exact to four digits."""
_P90: Final = 90


class Share(msgspec.Struct, frozen=True):
    """`count` of `cases`, in millionths, with Wilson's 95 % interval; None where there is no case."""

    count: int
    cases: int
    share_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None


class Mean(msgspec.Struct, frozen=True):
    """A mean over `cases` in thousandths of its unit with a 95 % interval.

    The mean is None without a case, its interval with fewer than two.
    """

    cases: int
    mean_milli: int | None
    low_milli: int | None
    high_milli: int | None


class Spread(msgspec.Struct, frozen=True):
    """Times in seconds: their mean with its 95 % interval, the median and the 90th percentile."""

    cases: int
    mean_s: int | None
    low_s: int | None
    high_s: int | None
    median_s: int | None
    p90_s: int | None


def share_of(count: int, cases: int) -> Share:
    """The share of `count` in `cases` with its interval, rounded outwards."""
    assert 0 <= count <= cases, f"{count} of {cases}"
    if cases == 0:
        return Share(0, 0, None, None, None)
    share, z2 = count / cases, Z_95 * Z_95
    centre = (share + z2 / (2 * cases)) / (1 + z2 / cases)
    half = Z_95 * sqrt(share * (1 - share) / cases + z2 / (4 * cases * cases)) / (1 + z2 / cases)
    low = 0 if count == 0 else floor((centre - half) * PPM)
    high = PPM if count == cases else ceil((centre + half) * PPM)
    return Share(count, cases, round(share * PPM), max(0, low), min(PPM, high))


def student_t(degrees: int) -> float:
    """The quantile of Student's t distribution that leaves 2.5 % on each side.

    Beyond ten degrees of freedom by Fisher and Cornish's expansion (Abramowitz and Stegun 26.7.5).
    """
    assert degrees >= 1, "a spread needs two cases"
    if degrees <= len(_T_95):
        return _T_95[degrees - 1]
    z = Z_95
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160
    return z + first / degrees + second / degrees**2 + third / degrees**3 + fourth / degrees**4


def mean_of(values: Sequence[int]) -> Mean:
    """The mean of whole numbers."""
    if not values:
        return Mean(0, None, None, None)
    mean = sum(values) / len(values)
    half = _half_width(values, mean)
    if half is None:
        return Mean(len(values), round(mean * MILLI), None, None)
    low = floor((mean - half) * MILLI)
    return Mean(len(values), round(mean * MILLI), _possible(low, values), ceil((mean + half) * MILLI))


def ratio_of(amounts: Sequence[int], hits: Sequence[bool]) -> Mean:
    """All amounts over the number of hits, pairwise one subject's: a cost per success.

    The interval is that of a ratio of two means, linearised: the spread of `amount - ratio × hit`.
    """
    assert len(amounts) == len(hits), "each subject has an amount and an outcome"
    number = sum(hits)
    if number == 0:
        return Mean(0, None, None, None)
    ratio = sum(amounts) / number
    if len(amounts) < 2:
        return Mean(number, round(ratio * MILLI), None, None)
    residuals = [amount - ratio * hit for amount, hit in zip(amounts, hits, strict=True)]
    variance = sum(residual * residual for residual in residuals) / (len(residuals) - 1)
    half = student_t(len(residuals) - 1) * sqrt(len(residuals) * variance) / number
    low = floor((ratio - half) * MILLI)
    return Mean(number, round(ratio * MILLI), _possible(low, amounts), ceil((ratio + half) * MILLI))


def spread_of(times_s: Sequence[int]) -> Spread:
    """The spread of times in whole seconds; percentiles are by nearest rank."""
    if not times_s:
        return Spread(0, None, None, None, None, None)
    ordered = sorted(times_s)
    mean = sum(ordered) / len(ordered)
    half = _half_width(ordered, mean)
    low = None if half is None else max(0, floor(mean - half))
    high = None if half is None else ceil(mean + half)
    return Spread(len(ordered), round(mean), low, high, percentile(ordered, 50), percentile(ordered, _P90))


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that `percent` of the sorted values do not exceed."""
    assert ordered, "no values have no percentile"
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _possible(low: int, values: Sequence[int]) -> int:
    """The lower end of an interval: with few cases Student's may lie where no mean of such values can."""
    return low if min(values) < 0 else max(0, low)


def _half_width(values: Sequence[int], mean: float) -> float | None:
    if len(values) < 2:
        return None
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return student_t(len(values) - 1) * sqrt(variance / len(values))
