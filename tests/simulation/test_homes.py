"""Homes: where the simulated shoppers live, by what they wrote."""

from typing import NamedTuple

import pytest

from doorstep.simulation.draws import Draws
from doorstep.simulation.homes import Homes
from doorstep.vocabulary.places import Point


class Plate(NamedTuple):
    """A door of a small map."""

    street: str
    number: str
    postcode: str
    city: str
    point: Point


DOORS = (
    Plate("Südbahnstraße", "7a", "17033", "Neubrandenburg", Point(1, 1)),
    Plate("Südbahnstraße", "9", "17033", "Neubrandenburg", Point(1, 2)),
    Plate("Seestraße", "7a", "17033", "Neubrandenburg", Point(1, 3)),
    Plate("Südbahnstraße", "7a", "17034", "Neubrandenburg", Point(1, 4)),
    Plate("Marie-Hager-Straße", "27", "17094", "Burg Stargard", Point(1, 5)),
    Plate("Südbahnstraße", "7a", "", "", Point(1, 6)),
)


@pytest.mark.parametrize(
    ("written", "home"),
    [
        ("Sdübhsntraße 7a, 17033 Neubrandenburg", DOORS[0]),
        ("7A Südbahnstr., 17034", DOORS[3]),
        ("MiaeH-ager-Straße 27, Burg Stargard", DOORS[4]),
        ("Südbahnstraße 7a, 20095 Hamburg", None),
        ("Xylophonweg 7a, 17033 Neubrandenburg", None),
        ("Südbahnstraße 7a", None),
        ("", None),
    ],
)
def test_a_home_is_the_door_that_was_meant(written: str, home: Plate | None) -> None:
    """The likest street of the named town, at the number that was written; elsewhere where no such one is."""
    assert Homes(DOORS, Draws(1)).of(written, "A-1") == (home and home.point)


def test_a_shopper_who_wrote_no_number_lives_at_one_door_of_the_street() -> None:
    """It is the same door whenever one asks, and not the same for every shopper."""
    homes = Homes(DOORS, Draws(1))
    found = {
        shopper: homes.of("Südbahnstraße, 17033 Neubrandenburg", shopper) for shopper in map(str, range(20))
    }
    assert set(found.values()) == {DOORS[0].point, DOORS[1].point}
    assert all(homes.of("Südbahnstraße, 17033 Neubrandenburg", who) == home for who, home in found.items())
