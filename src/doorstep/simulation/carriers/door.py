"""At the door: what a carrier's person meets there, with what they take along as proof."""

from collections.abc import Callable
from enum import StrEnum

from msgspec.structs import replace

from doorstep.simulation.carriers.feed import Fact
from doorstep.simulation.carriers.ground import Ground
from doorstep.simulation.carriers.habits import Habit
from doorstep.simulation.carriers.house import House
from doorstep.simulation.carriers.shipments import Shipment
from doorstep.simulation.pictures import picture
from doorstep.vocabulary.places import Point

NO_NEIGHBOUR = frozenset({"age_check", "high_value", "cold", "pin"})


class Met(StrEnum):
    """What came of an attempt."""

    recipient = "recipient"
    neighbour = "neighbour"
    nobody = "nobody"
    refused = "refused"
    damaged = "damaged"
    underage = "underage"


class Doors:
    """The doors of the town, as this carrier finds them."""

    def __init__(self, house: House, ground: Ground, shopper_pin: Callable[[str], str]) -> None:
        self._house = house
        self._ground = ground
        self._shopper_pin = shopper_pin

    def meet(self, shipment: Shipment) -> Met:
        """Who is there, and whether they take it: people's luck is the world's, damage is the carrier's."""
        ground, parameters = self._ground, self._ground.parameters
        key = f"{self._house.carrier}/{shipment.number}/{shipment.attempts}"
        options = shipment.asked.options
        if self._house.happens(Habit.damaged, self._house.habits.damaged_share, "door", key):
            return Met.damaged
        if ground.happens(parameters.refused_share, "refused", key):
            return Met.refused
        if ground.happens(parameters.out_share, "out", key):
            takes = ground.happens(parameters.neighbour_share, "neighbour", key)
            return Met.neighbour if takes and not NO_NEIGHBOUR & options else Met.nobody
        if (
            "age_check" in options
            and self._house.draw("age", key).random() < self._house.habits.underage_share
        ):
            return Met.underage
        return Met.recipient

    def spot(self, shipment: Shipment) -> Point:
        """Where the device believes to be at the door."""
        truth = shipment.asked.place
        return self._ground.position(truth, f"{self._house.carrier}/{shipment.number}/{shipment.attempts}")

    def handover(self, shipment: Shipment, met: Met, fact: Fact) -> Fact:
        """The fact of a handover, with the proofs that were asked for, unless they were forgotten."""
        options, key = shipment.asked.options, f"{shipment.number}/{shipment.attempts}"
        share = self._ground.parameters.proof_forgotten_share
        forgets = self._ground.happens(share, "forgets", self._house.carrier, key)
        photo = "photo" in options and not forgets
        signature = ("signature" in options or met is Met.neighbour) and not forgets
        return replace(
            fact,
            point=self.spot(shipment),
            photo=picture(f"photo/{self._house.carrier}/{key}") if photo else None,
            signature=picture(f"signature/{self._house.carrier}/{key}") if signature else None,
            signed_by=("Nachbar" if met is Met.neighbour else shipment.asked.name) if signature else "",
            pin=self._shopper_pin(shipment.asked.ours) if "pin" in options else "",
            delivered=True,
        )

    def failure(self, shipment: Shipment, fact: Fact) -> Fact:
        """The fact of a failed attempt, with a photo of the door, unless that was forgotten."""
        key = f"{shipment.number}/{shipment.attempts}"
        share = self._ground.parameters.proof_forgotten_share
        forgets = self._ground.happens(share, "forgets door", self._house.carrier, key)
        photo = None if forgets else picture(f"door/{self._house.carrier}/{key}")
        return replace(fact, point=self.spot(shipment), photo=photo)
