"""Travel times between the places of a plan: a table per hour profile that grows with the places known."""

from typing import Final

import numpy as np
import numpy.typing as npt

from doorstep.planning.packed import (
    HALF_HOUR_S,
    HOUR_S,
    WEEK_HOURS,
    WEEK_S,
    Int64Array,
    Live,
    kernel,
)

PLACES_MAX: Final = 20_000
"""Places that one table may hold; the table is square."""
FIRST_ROOM_PLACES: Final = 64
SOONEST_MAX: Final = 65_535
LEG_S_MAX: Final = 1_000_000
"""Longest leg that counts, seconds; longer ones, and places without a road, count as this."""


@kernel
def leg_s(live: Live, a: int, b: int, t: int) -> int:
    """Seconds from place `a` to `b` when leaving at `t`: linear between the middles of hours, floored."""
    week_s = (live.week_origin_s + t - HALF_HOUR_S) % WEEK_S
    hour = week_s // HOUR_S
    now = live.hour_profile[hour]
    later = live.hour_profile[(hour + 1) % WEEK_HOURS]
    first = int(live.seconds[now, a, b])
    if now == later:
        return first
    rise = int(live.seconds[later, a, b]) - first
    return first + rise * (week_s - hour * HOUR_S) // HOUR_S


@kernel
def latest_departure(live: Live, a: int, b: int, due: int) -> int:
    """The latest time of leaving `a` that reaches `b` by `due`; exact, because later never overtakes."""
    fastest = int(live.seconds[0, a, b])
    slowest = fastest
    for k in range(1, live.seconds.shape[0]):
        fastest = min(fastest, int(live.seconds[k, a, b]))
        slowest = max(slowest, int(live.seconds[k, a, b]))
    low = due - slowest
    high = due - fastest
    while low < high:
        middle = (low + high + 1) >> 1
        if middle + leg_s(live, a, b, middle) <= due:
            low = middle
        else:
            high = middle - 1
    return low


class TravelTable:
    """Seconds (and, if given, metres) of every leg between known places, per distinct hour profile.

    `hour_profile[h]` names the profile that holds in the middle of local hour-of-week `h` (0 is Monday,
    00:00 to 01:00); between the middles the seconds are interpolated. `week_origin_s` is the local
    second-of-week at the plan's origin. Where a profile falls by more than an hour within an hour, the
    later value is raised, so that leaving later never arrives earlier.

    Attributes:
        places: how many places are known, forgotten ones included; indices are 0 to `places` - 1.
    """

    seconds: npt.NDArray[np.int32]
    soonest: npt.NDArray[np.uint16]
    soonest_back: npt.NDArray[np.uint16]
    metres: npt.NDArray[np.int32]
    metres_back: npt.NDArray[np.int32]

    def __init__(
        self, hour_profile: npt.ArrayLike, *, week_origin_s: int = 0, with_metres: bool = False
    ) -> None:
        self.hour_profile = np.array(hour_profile, dtype=np.int8)
        assert self.hour_profile.shape == (WEEK_HOURS,), "one profile for each hour of the week"
        self.profiles = int(self.hour_profile.max()) + 1
        self.week_origin_s = week_origin_s % WEEK_S
        self.places = 0
        self.growth = 0
        self._forgotten: list[int] = []
        pairs = zip(self.hour_profile.tolist(), np.roll(self.hour_profile, -1).tolist(), strict=True)
        self._falls = sorted({(now, later) for now, later in pairs if now != later})
        self._with_metres = with_metres
        self._give_room(FIRST_ROOM_PLACES)

    @classmethod
    def of(
        cls,
        seconds: npt.ArrayLike,
        hour_profile: npt.ArrayLike | None = None,
        *,
        week_origin_s: int = 0,
        metres: npt.ArrayLike | None = None,
    ) -> "TravelTable":
        """A table of `n` places at once, from `seconds` [profiles, n, n] (or [n, n]) and `metres` [n, n]."""
        given = np.asarray(seconds)
        given = given if given.ndim == 3 else given[np.newaxis]
        hours = np.zeros(WEEK_HOURS, dtype=np.int8) if hour_profile is None else hour_profile
        table = cls(hours, week_origin_s=week_origin_s, with_metres=metres is not None)
        n = given.shape[1]
        table._make_room(n)
        table.places = n
        table.seconds[:, :n, :n] = table._lifted(given)
        table._bound(slice(n), slice(n))
        if metres is not None:
            table.metres[:n, :n] = np.asarray(metres)
            table.metres_back[:n, :n] = table.metres[:n, :n].T
        return table

    def add_place(
        self,
        to_known: npt.ArrayLike,
        from_known: npt.ArrayLike,
        metres_to: npt.ArrayLike | None = None,
        metres_from: npt.ArrayLike | None = None,
    ) -> int:
        """Learn one more place and return its index; a forgotten place's index is used again.

        Args:
            to_known: seconds [profiles, places] from the new place to each known one.
            from_known: seconds [profiles, places] from each known place to the new one.
            metres_to: metres [places] likewise; only where the table holds metres.
            metres_from: metres [places] likewise.
        """
        n = self.places
        if self._forgotten:
            place = self._forgotten.pop()
        else:
            place = n
            self._make_room(n + 1)
            self.places += 1
        self.seconds[:, place, :n] = self._lifted(np.asarray(to_known).reshape(self.profiles, n))
        self.seconds[:, :n, place] = self._lifted(np.asarray(from_known).reshape(self.profiles, n))
        self.seconds[:, place, place] = 0
        known = slice(self.places)
        self._bound(slice(place, place + 1), known)
        self._bound(known, slice(place, place + 1))
        if self._with_metres:
            assert metres_to is not None
            assert metres_from is not None
            self.metres[place, :n] = np.asarray(metres_to)
            self.metres[:n, place] = np.asarray(metres_from)
            self.metres[place, place] = 0
            self.metres_back[known, place] = self.metres[place, known]
            self.metres_back[place, known] = self.metres[known, place]
        return place

    def forget(self, place: int) -> None:
        """Give a place's index free for the next new place; no route may still visit it."""
        assert 0 <= place < self.places
        assert place not in self._forgotten
        self._forgotten.append(place)

    def leg_s(self, a: int, b: int, t: int) -> int:
        """Seconds from `a` to `b` when leaving at second `t` of the plan."""
        no_rows = np.zeros((1, 1, 1), dtype=np.int64)
        return int(leg_s(self.live(no_rows, no_rows[0]), a, b, t))

    def live(self, nodes: Int64Array, routes: Int64Array) -> Live:
        """What kernels read: these rows over this table; ask anew after `growth` has risen."""
        return Live(
            nodes,
            routes,
            self.seconds,
            self.soonest,
            self.soonest_back,
            self.metres,
            self.metres_back,
            self.hour_profile,
            self.week_origin_s,
        )

    def _bound(self, a: slice, b: slice) -> None:
        least = np.minimum(self.seconds[:, a, b].min(axis=0), SOONEST_MAX)
        self.soonest[a, b] = least
        self.soonest_back[b, a] = least.T

    def _lifted(self, given: npt.NDArray[np.generic]) -> npt.NDArray[np.int32]:
        lifted = np.clip(given.astype(np.int64), 0, LEG_S_MAX)
        for _ in range(self.profiles):
            for now, later in self._falls:
                np.maximum(lifted[later], lifted[now] - HOUR_S, out=lifted[later])
        return lifted.astype(np.int32)

    def _make_room(self, places: int) -> None:
        assert places <= PLACES_MAX, f"more than {PLACES_MAX} places in one plan"
        room = self.seconds.shape[1]
        if places > room:
            self._give_room(max(places, room + room // 4))
            self.growth += 1

    def _give_room(self, room: int) -> None:
        """Arrays for so many places, with the legs that are known."""
        n = self.places
        room_m = room if self._with_metres else 0
        seconds = np.zeros((self.profiles, room, room), dtype=np.int32)
        soonest = np.zeros((2, room, room), dtype=np.uint16)
        metres = np.zeros((2, room_m, room_m), dtype=np.int32)
        if n:
            seconds[:, :n, :n] = self.seconds[:, :n, :n]
            soonest[0, :n, :n], soonest[1, :n, :n] = self.soonest[:n, :n], self.soonest_back[:n, :n]
            metres[0, :n, :n], metres[1, :n, :n] = self.metres[:n, :n], self.metres_back[:n, :n]
        self.seconds = seconds
        self.soonest, self.soonest_back = soonest
        self.metres, self.metres_back = metres
