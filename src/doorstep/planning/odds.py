"""The odds of a promise: how likely a parcel is handed over inside its window, as the firm can know it.

The arrival is taken as normal around the planned one, with the variance

    (travel_sd_ratio * road_s)^2 + stops_before * service_sd_s^2 + floor_sd_s^2

where `road_s` and `stops_before` count from the last moment at which the vehicle's place was certain.
Being early costs nothing, because the driver waits; so the parcel is handed over inside the window when
the arrival is not after its end and the recipient takes it at the first attempt:

    odds = Phi((window_end_s - planned_arrive_s) / sd) * first_attempt
"""

from collections.abc import Iterable
from math import erf, hypot, sqrt

import msgspec


class Uncertainty(msgspec.Struct, frozen=True):
    """What the firm has measured of its own past days, or assumes until it has.

    Attributes:
        travel_sd_ratio: standard deviation of driving times, relative to the planned driving time.
        service_sd_s: standard deviation of one stop's service time, seconds.
        floor_sd_s: standard deviation of what is uncertain even at the next door, seconds; above 0.
        first_attempt: share of recipients who take the parcel at the first attempt, 0 to 1.
    """

    travel_sd_ratio: float
    service_sd_s: float
    floor_sd_s: float
    first_attempt: float

    def __post_init__(self) -> None:
        assert self.travel_sd_ratio >= 0
        assert self.service_sd_s >= 0
        assert self.floor_sd_s > 0
        assert 0 <= self.first_attempt <= 1

    def arrival_sd_s(self, road_s: int, stops_before: int) -> float:
        """Standard deviation of an arrival after `road_s` of driving and `stops_before` stops, seconds."""
        return hypot(self.travel_sd_ratio * road_s, sqrt(stops_before) * self.service_sd_s, self.floor_sd_s)


class Exposure(msgspec.Struct, frozen=True):
    """What lies before a planned arrival: driving and stops since the vehicle's place was last certain."""

    arrive_s: int
    road_s: int
    stops_before: int


def kept_odds(exposure: Exposure, window_end_s: int, uncertainty: Uncertainty) -> float:
    """The probability, 0 to 1, that the parcel is handed over by `window_end_s` at the first attempt.

    It falls as the planned arrival, the driving or the stops before it grow, as long as the arrival is
    planned before the window's end, and rises with the window's end.
    """
    sd_s = uncertainty.arrival_sd_s(exposure.road_s, exposure.stops_before)
    on_time = (1 + erf((window_end_s - exposure.arrive_s) / (sd_s * sqrt(2)))) / 2
    return min(1.0, max(0.0, on_time * uncertainty.first_attempt))


def is_offered(odds: float, odds_min: float) -> bool:
    """Whether the policy's least odds allow this window to be offered."""
    return odds >= odds_min


def narrowest_window(
    exposure: Exposure,
    uncertainty: Uncertainty,
    odds_target: float,
    widths_s: Iterable[int],
    grid_s: int,
) -> tuple[int, int] | None:
    """The narrowest window (start, end) around a planned arrival that is kept with the target odds.

    Windows start on multiples of `grid_s`, the last one not after the arrival, so that the driver need
    not wait; None when even the widest of `widths_s` misses the target.
    """
    assert grid_s > 0
    start_s = exposure.arrive_s // grid_s * grid_s
    for width_s in sorted(widths_s):
        if kept_odds(exposure, start_s + width_s, uncertainty) >= odds_target:
            return start_s, start_s + width_s
    return None
