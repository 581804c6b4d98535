"""The regional carrier's people: a van that collects, a depot that sorts, tours that end in the evening."""

from functools import partial
from typing import Final

from doorstep.engine.ports.travel import OffMap
from doorstep.simulation.carriers.door import Doors, Met
from doorstep.simulation.carriers.feed import Fact, Feed
from doorstep.simulation.carriers.ground import Ground
from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.shipments import Shipment, Stage
from doorstep.vocabulary.places import Point
from doorstep.vocabulary.units import Instant, after, seconds_between

ANNOUNCED_S: Final = (60, 600)
"""Seconds from the booking to its first word."""
NOT_READY_S: Final = 1_800
SORTING_S: Final = (240, 900)
DEPOT_OFF_M: Final = 2_500
"""Metres from our hub to its depot."""
TOUR: Final = (0.05, 0.85)
"""Shares of the window between which its tours reach a door."""
HANDOVER_S: Final = 150
TOUR_END_S: Final = 5_400
"""Seconds after the window's end at which a tour is broken off."""
BACK_S: Final = 7_200
"""Seconds from a failed attempt to the depot's shelf."""
RESTACK_S: Final = 600
"""Seconds from the shelf to a van, at least."""
LOADS_S: Final = 1_800
"""Its vans are loaded this long before a window starts."""
DAY_S: Final = 86_400
MISSING_S: Final = 21_600
"""Seconds after which it says that something is lost."""
METRES_A_DEGREE: Final = 111_320
DEPOT: Final = "depot"
OUT_OF_TIME: Final = "ZEI"
FAILED: Final = {
    Met.nobody: ("ABW", "niemand angetroffen"),
    Met.refused: ("ANV", "Annahme verweigert"),
    Met.damaged: ("BES", "Karton offen"),
    Met.underage: ("ANV", "kein Nachweis"),
}


class RegionalLife:
    """What happens to a parcel there."""

    def __init__(self, house: House, feed: Feed, ground: Ground, doors: Doors) -> None:
        self._house = house
        self._feed = feed
        self._ground = ground
        self._doors = doors
        self._depots: dict[Point, Point] = {}

    def begin(self, shipment: Shipment, now: Instant) -> None:
        """Announce it, and collect it before its window."""
        house, number = self._house, shipment.number
        luck = house.draw("collects", number)
        house.plan(after(now, round(luck.uniform(*ANNOUNCED_S))), number, partial(self._announce, shipment))
        due = after(shipment.asked.start, -house.habits.collect_before_s + round(luck.uniform(-600, 600)))
        earliest = after(now, ANNOUNCED_S[1])
        at = earliest if house.habits.prompt else max(due, earliest)
        house.plan(at, number, partial(self._collect, shipment))

    def cancelled(self, shipment: Shipment, now: Instant) -> None:
        """Say so once."""
        self._feed.tell(shipment, Fact("ST", device=DEPOT), now)

    # To the depot -----------------------------------------------------------------------------------

    def _announce(self, shipment: Shipment, now: Instant) -> None:
        if shipment.stage is Stage.open:
            self._feed.tell(shipment, Fact("EI", note="angekündigt", device=DEPOT), now)

    def _collect(self, shipment: Shipment, now: Instant) -> None:
        if shipment.stage is not Stage.open:
            return
        house, asked = self._house, shipment.asked
        key = (shipment.number, shipment.attempts)
        if shipment.said != "AB" and house.happens(Habit.not_ready, house.habits.not_ready_share, *key):
            self._feed.tell(shipment, Fact("AB", "NB", "nicht bereit", self._van(shipment)), now)
            house.plan(after(now, NOT_READY_S), shipment.number, partial(self._collect, shipment))
            return
        shipment.stage = Stage.collected
        van = self._van(shipment)
        self._feed.tell(shipment, Fact("AB", "", "", van, asked.parcels, asked.hub), now)
        drive = self._ground.drive(asked.hub, self._depot(shipment), now, f"{shipment.number}/in")
        house.plan(after(now, drive.seconds), shipment.number, partial(self._arrive_in, shipment))

    def _arrive_in(self, shipment: Shipment, now: Instant) -> None:
        house, number = self._house, shipment.number
        self._feed.tell(shipment, Fact("DEI", "", "", DEPOT, shipment.asked.parcels), now)
        if house.happens(Habit.lost, house.habits.lost_share, number):
            if not house.happens(Habit.silent, house.habits.silent_share, number):
                house.plan(after(now, MISSING_S), number, partial(self._give_up, shipment))
            return
        luck = house.draw("sorts", number)
        house.plan(after(now, round(luck.uniform(*SORTING_S))), number, partial(self._sort, shipment))

    def _give_up(self, shipment: Shipment, now: Instant) -> None:
        shipment.stage = Stage.over
        self._feed.tell(shipment, Fact("VL", "", "Nachforschung ohne Ergebnis", DEPOT), now)

    def _sort(self, shipment: Shipment, now: Instant) -> None:
        house, number, parcels = self._house, shipment.number, shipment.asked.parcels
        if house.happens(Habit.damaged, house.habits.damaged_share, "depot", number):
            self._feed.tell(shipment, Fact("BE", "", "nass geworden", DEPOT, parcels), now)
            house.plan(after(now, BACK_S), number, partial(self._bring_back, shipment))
            return
        if shipment.attempts == 0 and house.happens(Habit.missorted, house.habits.missorted_share, number):
            self._feed.tell(shipment, Fact("SO", "FL", "falsches Depot", DEPOT, parcels), now)
            house.plan(self._tomorrow(shipment, now), number, partial(self._go_out, shipment))
            return
        self._feed.tell(shipment, Fact("SO", "", "", DEPOT, parcels), now)
        start = shipment.asked.start
        leaves = after(start, -self._ground.drive(
            self._depot(shipment), shipment.asked.place, start, f"{number}/plan"
        ).seconds)  # fmt: skip
        earliest = after(now, RESTACK_S)
        at = earliest if house.habits.prompt else max(earliest, leaves)
        house.plan(at, number, partial(self._go_out, shipment))

    # Out --------------------------------------------------------------------------------------------

    def _go_out(self, shipment: Shipment, now: Instant) -> None:
        """Onto the van; the door's place in the tour is luck, and some tours run late."""
        house, asked = self._house, shipment.asked
        shipment.attempts += 1
        key = f"{shipment.number}/{shipment.attempts}"
        van = self._van(shipment)
        self._feed.tell(shipment, Fact("ZU", "", "", van, asked.parcels, self._depot(shipment)), now)
        drive = self._ground.drive(self._depot(shipment), asked.place, now, key)
        luck = house.draw("tour", key)
        share = luck.uniform(*TOUR)
        late_s = luck.expovariate(1 / house.habits.late_tour_s)
        at = after(now, drive.seconds)
        if not house.habits.prompt:
            begin = self._window_start(shipment)
            at = max(at, after(begin, round(share * seconds_between(asked.start, asked.end))))
        if luck.random() < house.habits.late_tour_share:
            at = after(at, round(late_s))
        house.plan(at, shipment.number, partial(self._stand, shipment))

    def _stand(self, shipment: Shipment, now: Instant) -> None:
        """At the door, or too late to go there."""
        house, number = self._house, shipment.number
        over_s = seconds_between(self._window_start(shipment), now)
        width_s = seconds_between(shipment.asked.start, shipment.asked.end)
        if not house.habits.prompt and over_s > width_s + TOUR_END_S:
            self._fail(shipment, OUT_OF_TIME, "Tour beendet", now)
            return
        met = self._doors.meet(shipment)
        if house.draw("arrival", number, shipment.attempts).random() >= house.habits.no_arrival_share:
            spot = self._doors.spot(shipment)
            self._feed.tell(shipment, Fact("AN", "", "", self._van(shipment), (), spot), now)
        spent_s = self._ground.service_s(HANDOVER_S, f"{house.carrier}/{number}/{shipment.attempts}")
        if met in FAILED:
            house.plan(after(now, spent_s), number, partial(self._fail, shipment, *FAILED[met]))
        else:
            house.plan(after(now, spent_s), number, partial(self._hand_over, shipment, met))

    def _hand_over(self, shipment: Shipment, met: Met, now: Instant) -> None:
        shipment.stage = Stage.over
        context = "NAC" if met is Met.neighbour else "EMP"
        fact = Fact("ZS", context, "", self._van(shipment), shipment.asked.parcels)
        self._feed.tell(shipment, self._doors.handover(shipment, met, fact), now)

    def _fail(self, shipment: Shipment, context: str, note: str, now: Instant) -> None:
        fact = Fact("NZ", context, note, self._van(shipment), shipment.asked.parcels)
        if context != OUT_OF_TIME:
            fact = self._doors.failure(shipment, fact)
        self._feed.tell(shipment, fact, now)
        final = context in ("ANV", "BES") or shipment.attempts >= self._house.habits.attempts_max
        self._house.plan(after(now, BACK_S), shipment.number, partial(self._shelve, shipment, final))

    def _shelve(self, shipment: Shipment, final: bool, now: Instant) -> None:
        """Back at the depot: tomorrow again, or back to the sender."""
        self._feed.tell(shipment, Fact("LA", "", "", DEPOT, shipment.asked.parcels), now)
        act = partial(self._bring_back if final else self._go_out, shipment)
        self._house.plan(self._tomorrow(shipment, now), shipment.number, act)

    def _bring_back(self, shipment: Shipment, now: Instant) -> None:
        asked = shipment.asked
        self._feed.tell(shipment, Fact("RS", "", "", self._van(shipment), asked.parcels), now)
        drive = self._ground.drive(self._depot(shipment), asked.hub, now, f"{shipment.number}/back")
        self._house.plan(after(now, drive.seconds), shipment.number, partial(self._return, shipment))

    def _return(self, shipment: Shipment, now: Instant) -> None:
        shipment.stage = Stage.over
        asked = shipment.asked
        self._feed.tell(shipment, Fact("RZ", "", "", self._van(shipment), asked.parcels, asked.hub), now)

    # Where and when ---------------------------------------------------------------------------------

    def _depot(self, shipment: Shipment) -> Point:
        """Its depot: some way south of the hub where it collects; at the hub where no street leads there."""
        hub = shipment.asked.hub
        if hub not in self._depots:
            south = Point(hub.lat - DEPOT_OFF_M / METRES_A_DEGREE, hub.lon)
            try:
                self._ground.drive(hub, south, shipment.asked.start, "depot")
            except OffMap:
                south = hub
            self._depots[hub] = south
        return self._depots[hub]

    def _van(self, shipment: Shipment) -> str:
        """Whose handheld it is: tours go by window and by a part of the town."""
        return f"tour-{shipment.asked.start % 97}-{int(shipment.number[2:]) % 3}"

    def _window_start(self, shipment: Shipment) -> Instant:
        return after(shipment.asked.start, DAY_S * shipment.days)

    def _tomorrow(self, shipment: Shipment, now: Instant) -> Instant:
        """A day later: when the next day's tour leaves; at once, where nothing waits for a window."""
        shipment.days += 1
        soon = after(now, RESTACK_S)
        return soon if self._house.habits.prompt else max(soon, after(self._window_start(shipment), -LOADS_S))
