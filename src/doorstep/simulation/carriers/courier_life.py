"""The courier's people: a handful of riders, each with one delivery at a time, from the hub to the door."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from doorstep.simulation.carriers.door import Doors, Met
from doorstep.simulation.carriers.feed import Fact, Feed
from doorstep.simulation.carriers.ground import Ground
from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.shipments import Shipment, Stage
from doorstep.simulation.world import Drive
from doorstep.vocabulary.places import Point, distance_m
from doorstep.vocabulary.units import Instant, after

PICKUP_S: Final = (90, 420)
"""Seconds at the hub."""
HANDOVER_S: Final = 120
IMMINENT_M: Final = 80
"""Metres before the door at which it says that it is near."""
EARLY_S: Final = 60
"""Seconds before the window at which a rider who waits comes to the door, at most."""
DROPPED_S: Final = 240
"""Seconds after which a rider who was given a delivery gives it up."""
OFFICE: Final = "office"
WAITED_MINOR: Final = 150
"""What a way back costs its customer, in minor units."""
FAILED: Final = {
    Met.nobody: "recipient_unavailable",
    Met.refused: "recipient_refused",
    Met.damaged: "item_damaged",
    Met.underage: "id_check_failed",
}


@dataclass
class Rider:
    """Someone on the road: free from an instant on, at a place; None where nobody has seen them yet."""

    name: str
    free_at: Instant
    here: Point | None = None


class CourierLife:
    """What happens to a delivery there."""

    def __init__(self, house: House, feed: Feed, ground: Ground, doors: Doors) -> None:
        self._house = house
        self._feed = feed
        self._ground = ground
        self._doors = doors
        self._riders = [Rider(f"Bote {number}", Instant(0)) for number in range(1, house.habits.couriers + 1)]

    def begin(self, shipment: Shipment, now: Instant) -> None:
        """Say that it is taken, and look for a rider in time for its window."""
        house = self._house
        house.plan(after(now, 2), shipment.number, partial(self._pending, shipment))
        due = after(shipment.asked.start, -house.habits.collect_before_s)
        at = after(now, 20) if house.habits.prompt else max(due, after(now, 20))
        if house.happens(Habit.gave_back, house.habits.gave_back_share, shipment.number):
            house.plan(after(at, DROPPED_S), shipment.number, partial(self._give_back, shipment))
            return
        house.plan(at, shipment.number, partial(self._assign, shipment))

    def cancelled(self, shipment: Shipment, now: Instant) -> None:
        """Say so once."""
        self._feed.tell(shipment, Fact("canceled", "by_customer", device=OFFICE), now)

    def _pending(self, shipment: Shipment, now: Instant) -> None:
        if shipment.stage is Stage.open:
            self._feed.tell(shipment, Fact("pending", device=OFFICE), now)

    def _give_back(self, shipment: Shipment, now: Instant) -> None:
        """Nobody could be found after all."""
        if shipment.stage is Stage.open:
            shipment.stage = Stage.cancelled
            self._feed.tell(shipment, Fact("canceled", "no_courier", "niemand frei", OFFICE), now)

    # To the hub -------------------------------------------------------------------------------------

    def _assign(self, shipment: Shipment, now: Instant) -> None:
        """The rider who can be at the hub first; who was never seen starts near it."""
        if shipment.stage is not Stage.open:
            return
        hub = shipment.asked.hub
        rider = min(self._riders, key=lambda one: (max(now, one.free_at), self._away_m(one, hub), one.name))
        start = max(now, rider.free_at)
        drive = self._leg(shipment, rider.here or hub, hub, start)
        said = "courier_reassigned" if shipment.said.startswith("courier") else "courier_assigned"
        self._feed.tell(shipment, Fact(said, device=rider.name), now)
        house, number = self._house, shipment.number
        if said == "courier_assigned" and house.happens(
            Habit.reassigned, house.habits.reassigned_share, number
        ):
            house.plan(after(now, DROPPED_S), number, partial(self._assign, shipment))
            return
        there = after(start, drive.seconds)
        rider.free_at, rider.here = there, hub
        house.plan(max(start, after(now, 5)), number, partial(self._set_out, shipment, rider))
        house.plan(max(there, after(now, 10)), number, partial(self._at_hub, shipment, rider))

    def _set_out(self, shipment: Shipment, rider: Rider, now: Instant) -> None:
        if shipment.stage is Stage.open:
            self._feed.tell(shipment, Fact("enroute_to_pickup", device=rider.name), now)

    def _at_hub(self, shipment: Shipment, rider: Rider, now: Instant) -> None:
        if shipment.stage is not Stage.open:
            return
        house, asked = self._house, shipment.asked
        shipment.here = asked.hub
        self._feed.tell(shipment, Fact("arrived_at_pickup", device=rider.name, point=asked.hub), now)
        waits = round(house.draw("pickup", shipment.number).uniform(*PICKUP_S))
        rider.free_at = after(now, waits)
        house.plan(after(now, waits), shipment.number, partial(self._collect, shipment, rider))

    def _collect(self, shipment: Shipment, rider: Rider, now: Instant) -> None:
        """The parcels change hands; the ride begins so that it ends in the window."""
        if shipment.stage is not Stage.open:
            return
        shipment.stage = Stage.collected
        house, asked, number = self._house, shipment.asked, shipment.number
        fact = Fact("pickup_complete", device=rider.name, parcels=asked.parcels, point=asked.hub)
        self._feed.tell(shipment, fact, now)
        if house.happens(Habit.lost, house.habits.lost_share, number):
            if not house.happens(Habit.silent, house.habits.silent_share, number):
                house.plan(after(now, 7_200), number, partial(self._give_up, shipment))
            return
        drive = self._leg(shipment, asked.hub, asked.place, now)
        leaves = after(now, 20)
        if not house.habits.prompt:
            leaves = max(leaves, after(asked.start, EARLY_S - drive.seconds))
        rider.free_at, rider.here = after(leaves, drive.seconds + HANDOVER_S), asked.place
        house.plan(leaves, number, partial(self._ride, shipment, rider, drive))

    def _give_up(self, shipment: Shipment, now: Instant) -> None:
        shipment.stage = Stage.over
        self._feed.tell(shipment, Fact("lost", device=OFFICE), now)

    # To the door ------------------------------------------------------------------------------------

    def _ride(self, shipment: Shipment, rider: Rider, drive: Drive, now: Instant) -> None:
        house, number = self._house, shipment.number
        point = shipment.asked.hub
        self._feed.tell(shipment, Fact("enroute_to_dropoff", device=rider.name, point=point), now)
        near = next(one for one in drive.path if one.metres >= drive.metres - IMMINENT_M)
        for step in drive.path:
            house.plan(after(now, step.seconds), f"{number}/at", partial(self._seen, shipment, step.point))
        imminent = after(now, max(1, min(near.seconds, drive.seconds - 10)))
        house.plan(imminent, number, partial(self._imminent, shipment, rider, near.point))
        house.plan(after(now, drive.seconds), number, partial(self._stand, shipment, rider))

    def _seen(self, shipment: Shipment, here: Point, _: Instant) -> None:
        shipment.here = here

    def _imminent(self, shipment: Shipment, rider: Rider, here: Point, now: Instant) -> None:
        self._feed.tell(shipment, Fact("courier_imminent", device=rider.name, point=here), now)

    def _stand(self, shipment: Shipment, rider: Rider, now: Instant) -> None:
        house, number = self._house, shipment.number
        shipment.attempts += 1
        met = self._doors.meet(shipment)
        if house.draw("arrival", number).random() >= house.habits.no_arrival_share:
            spot = self._doors.spot(shipment)
            self._feed.tell(shipment, Fact("arrived_at_dropoff", device=rider.name, point=spot), now)
        spent_s = self._ground.service_s(HANDOVER_S, f"{house.carrier}/{number}")
        done = after(now, spent_s)
        rider.free_at = max(rider.free_at, done)
        act = self._fail if met in FAILED else self._hand_over
        house.plan(done, number, partial(act, shipment, rider, met))

    def _hand_over(self, shipment: Shipment, rider: Rider, met: Met, now: Instant) -> None:
        shipment.stage = Stage.over
        context = "to_neighbour" if met is Met.neighbour else "to_recipient"
        fact = Fact("delivered", context, device=rider.name, parcels=shipment.asked.parcels)
        self._feed.tell(shipment, self._doors.handover(shipment, met, fact), now)

    def _fail(self, shipment: Shipment, rider: Rider, met: Met, now: Instant) -> None:
        """Nobody took it: the parcels come back at once, and the way back is charged."""
        asked = shipment.asked
        fact = Fact("undeliverable", FAILED[met], device=rider.name, parcels=asked.parcels)
        self._feed.tell(shipment, self._doors.failure(shipment, fact), now)
        drive = self._leg(shipment, asked.place, asked.hub, now)
        rider.free_at, rider.here = max(rider.free_at, after(now, drive.seconds)), asked.hub
        house = self._house
        house.plan(after(now, 30), shipment.number, partial(self._turn, shipment, rider))
        back = after(now, 30 + drive.seconds)
        house.plan(back, shipment.number, partial(self._return, shipment, rider))

    def _turn(self, shipment: Shipment, rider: Rider, now: Instant) -> None:
        self._feed.tell(shipment, Fact("returning", device=rider.name), now)

    def _return(self, shipment: Shipment, rider: Rider, now: Instant) -> None:
        shipment.stage = Stage.over
        asked = shipment.asked
        fact = Fact(
            "returned", device=rider.name, parcels=asked.parcels, point=asked.hub, charge_minor=WAITED_MINOR
        )
        self._feed.tell(shipment, fact, now)

    # Streets ----------------------------------------------------------------------------------------

    def _leg(self, shipment: Shipment, start: Point, end: Point, at: Instant) -> Drive:
        """A ride for this shipment, with its own luck."""
        return self._ground.drive(start, end, at, f"{shipment.number}/{end.lat},{end.lon}")

    def _away_m(self, rider: Rider, hub: Point) -> int:
        return distance_m(rider.here, hub) if rider.here else 0
