import json
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.adapters.maps.geocoder import CANDIDATES_MAX, StreetGeocoder
from doorstep.adapters.maps.streets import StreetMap
from doorstep.engine.ports.geocoder import Resolved, Unresolved

if TYPE_CHECKING:
    from tests.adapters.maps.conftest import Town

SHARE_MIN = 0.99
"""Share of the demo city's addresses that must resolve to themselves."""

SAME_DEG = 1e-6
ANSWER_CPU_S_MAX = 0.5
"""A text of any length is answered within this, CPU seconds."""

BLNS = Path(__file__).parents[3].parent / "shared" / "vectors" / "blns" / "blns.json"


@pytest.fixture
def geocoder(crossing: "Town") -> StreetGeocoder:
    doors = [
        ("Große Wollweberstraße", "12", 10, 5, "17033", "Neustadt"),
        ("Große Wollweberstraße", "12a", 15, 5, "17033", "Neustadt"),
        ("Große Wollweberstraße", "20-24", 40, 5, "17033", "Neustadt"),
        ("Große Wollweberstraße", "30;32", 60, 5, "17033", "Neustadt"),
        ("Mühlenweg", "3", 5, 20, "17033", "Neustadt"),
        ("Mühlenweg", "5", 5, 40, "17033", "Neustadt"),
        ("Ringstraße", "7", 5, 60, "17033", "Neustadt"),
        ("Dorfstraße", "1", -90, 5, "17034", "Altdorf"),
        ("Dorfstraße", "1", 90, 90, "17035", "Neudorf"),
        ("Platz der Republik", "2", 5, -60, "17033", "Neustadt"),
        ("Straße des 17. Juni", "8", 5, -70, "17033", "Neustadt"),
        ("Rua de Santa Catarina", "112", 5, -80, "4000-447", "Porto Novo"),
        ("Stiller Weg", "4", 30, -80, "", ""),
        ("Ferner Weg", "1", 1_500, 0, "17033", "Neustadt"),
    ]
    for street, number, east_m, north_m, postcode, city in doors:
        town_tags = {"postcode": postcode, "city": city} if postcode else {}
        crossing.door(street, number, east_m, north_m, **town_tags)
    return StreetGeocoder(crossing.build())


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Große Wollweberstraße 12", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("GROSSE WOLLWEBERSTRASSE 12, 17033 NEUSTADT", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("grosse wollweberstr. 12", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("Gr\u006f\u00dfe Wollweber Str 12 17033 Neustadt", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("12 Große Wollweberstraße", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("12, Große Wollweberstraße, Neustadt", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("Große Wollweberstraße 12 A", "Große Wollweberstraße 12a, 17033 Neustadt"),
        ("Große Wollweberstraße 12A, Neustadt", "Große Wollweberstraße 12a, 17033 Neustadt"),
        ("17033 Neustadt, Große Wollweberstraße 12", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("Große Wollweberstraße 20 \u2013 24", "Große Wollweberstraße 20-24, 17033 Neustadt"),
        ("Große Wollweberstraße 22", "Große Wollweberstraße 20-24, 17033 Neustadt"),
        ("Große Wollweberstraße 32", "Große Wollweberstraße 32, 17033 Neustadt"),
        ("Große Wollweberstraße 30/32", "Große Wollweberstraße 30, 17033 Neustadt"),
        ("Muehlenweg 3", "Mühlenweg 3, 17033 Neustadt"),
        ("Mu\u0308hlenweg 3", "Mühlenweg 3, 17033 Neustadt"),
        ("Muhlenweg 3", "Mühlenweg 3, 17033 Neustadt"),
        ("Anna Beispiel\nMühlenweg 3\n17033 Neustadt\nDeutschland", "Mühlenweg 3, 17033 Neustadt"),
        ("Mühlenweg 3, 2. OG links, 17033 Neustadt", "Mühlenweg 3, 17033 Neustadt"),
        ("Pl. der Republik 2", "Platz der Republik 2, 17033 Neustadt"),
        ("Straße des 17. Juni 8", "Straße des 17. Juni 8, 17033 Neustadt"),
        ("R. de Santa Catarina 112, 4000-447 Porto Novo", "Rua de Santa Catarina 112, 4000-447 Porto Novo"),
        ("Dorfstr. 1, 17034", "Dorfstraße 1, 17034 Altdorf"),
        ("Dorfstr. 1, Neudorf", "Dorfstraße 1, 17035 Neudorf"),
        ("Stiller Weg 4", "Stiller Weg 4"),
    ],
)
def test_people_write_one_address_in_many_ways(geocoder: StreetGeocoder, written: str, label: str) -> None:
    """Case, accents, abbreviations, order, ranges, letters and towns are understood."""
    found = geocoder.resolve(written)
    assert isinstance(found, Resolved), found
    assert found.label == label
    assert found.postcode in label


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "not_found"),
        (" , ;\n", "not_found"),
        ("Hinterhof", "not_found"),
        ("Unbekannter Weg 3", "not_found"),
        ("Mühlenweg", "incomplete"),
        ("Mühlenweg, 17033 Neustadt", "incomplete"),
        ("Mühlenweg 4", "not_found"),
        ("Mühlenweg 3, 17034 Altdorf", "not_found"),
        ("Neue Ringstraße 7", "not_found"),
        ("Neue Ringstraße 7, 17033 Neustadt", "not_found"),
        ("7 Ringstraße Süd, 17033 Neustadt", "not_found"),
        ("Große Wollweberstraße 1 2. OG", "not_found"),
        ("Dorfstraße 1", "ambiguous"),
        ("Mühlenweg 3, Hamburg", "out_of_area"),
        ("Mühlenweg 3, 20095 Hamburg", "out_of_area"),
        ("Mühlenweg 3, 99999", "out_of_area"),
        ("Ferner Weg 1", "out_of_area"),
        ("n street", "incomplete"),
        ("n street 5", "not_found"),
    ],
)
def test_an_address_without_one_certain_place_says_why(
    geocoder: StreetGeocoder, written: str, reason: str
) -> None:
    """No house number, no such house, two places, elsewhere: never a place, always the reason."""
    found = geocoder.resolve(written)
    assert isinstance(found, Unresolved), found
    assert found.reason == reason


@pytest.mark.parametrize(
    ("written", "candidate"),
    [
        ("Mühlnweg 3", "Mühlenweg 3, 17033 Neustadt"),
        ("Grosse Wolweberstr. 12", "Große Wollweberstraße 12, 17033 Neustadt"),
        ("Mühlenweg 4", "Mühlenweg 3, 17033 Neustadt"),
        ("Mühlenweg", "Mühlenweg 3, 17033 Neustadt"),
        ("Dorfstraße 1", "Dorfstraße 1, 17035 Neudorf"),
        ("n street 5", "n street"),
    ],
)
def test_a_small_slip_gives_candidates_and_no_place(
    geocoder: StreetGeocoder, written: str, candidate: str
) -> None:
    """What the writer may have meant is offered, not assumed."""
    found = geocoder.resolve(written)
    assert isinstance(found, Unresolved), found
    assert candidate in found.candidates
    assert len(found.candidates) <= CANDIDATES_MAX


def test_a_house_mapped_twice_is_one_house(crossing: "Town") -> None:
    """A door and its building's outline with one address are one place: the door's, with the fuller text."""
    for name, east_m, north_m in (("p", 10, 10), ("q", 30, 10), ("r", 30, 30), ("t", 10, 30)):
        crossing.node(name, east_m, north_m)
    tags = {
        "addr:street": "n street",
        "addr:housenumber": "1",
        "addr:postcode": "17033",
        "addr:city": "Neustadt",
    }
    crossing.area("house", "p q r t", building="yes", **tags)
    crossing.door("n street", "1", 10, 20)
    streets = crossing.build()
    assert [door.label for door in streets.addresses] == ["n street 1, 17033 Neustadt"]
    found = StreetGeocoder(streets).resolve("n street 1")
    assert isinstance(found, Resolved)
    assert crossing.way_of(streets, "m", "m") == "m"
    assert found.point.lon * 111_195 == pytest.approx(10, abs=0.1)


def test_a_building_with_an_address_lies_at_its_middle(crossing: "Town") -> None:
    """An address on an outline is found inside the outline."""
    for name, east_m, north_m in (("p", 10, 10), ("q", 30, 10), ("r", 30, 30), ("t", 10, 30)):
        crossing.node(name, east_m, north_m)
    crossing.area("house", "p q r t", building="yes", **{"addr:place": "Neustadt", "addr:housenumber": "9"})
    found = StreetGeocoder(crossing.build()).resolve("Neustadt 9")
    assert isinstance(found, Resolved)
    assert found.point.lat * 111_195 == pytest.approx(20, abs=0.1)
    assert found.point.lon * 111_195 == pytest.approx(20, abs=0.1)


def test_every_door_of_the_demo_city_is_found_by_its_label(demo_city: StreetMap) -> None:
    """At least 99 % of the doors with a postcode or a city resolve to themselves, none to another place."""
    geocoder = StreetGeocoder(demo_city)
    doors = [door for door in demo_city.addresses if door.postcode or door.city]
    assert len(doors) > 9_500
    exact = 0
    for door in doors:
        found = geocoder.resolve(door.label)
        if isinstance(found, Resolved):
            assert abs(found.point.lat - door.point.lat) < SAME_DEG, door.label
            assert abs(found.point.lon - door.point.lon) < SAME_DEG, door.label
            exact += 1
        else:
            assert found.reason in {"ambiguous", "out_of_area"}, door.label
    assert exact / len(doors) >= SHARE_MIN


def test_hostile_text_is_not_found(demo_city: StreetMap) -> None:
    """The big list of naughty strings has no address in Neubrandenburg, and breaks nothing."""
    if not BLNS.is_file():
        pytest.skip("the naughty strings are not here")
    geocoder = StreetGeocoder(demo_city)
    for text in json.loads(BLNS.read_text(encoding="utf-8")):
        assert isinstance(geocoder.resolve(text), Unresolved), text


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "1 " * 100_000, "Ringstraße 1, " * 15_000, "\ufdfa" * 400, "\0" * 399, "-" * 399]
)
def test_endless_text_is_answered_at_once(demo_city: StreetMap, text: str) -> None:
    """Length costs nothing: what is too long to be an address is none."""
    geocoder = StreetGeocoder(demo_city)
    started = process_time()
    assert geocoder.resolve(text) == Unresolved("not_found")
    assert process_time() - started < ANSWER_CPU_S_MAX


@given(text=st.text(max_size=500))
def test_any_text_has_an_answer(demo_city: StreetMap, text: str) -> None:
    """No text breaks the geocoder."""
    answer = StreetGeocoder(demo_city).resolve(text)
    assert isinstance(answer, Resolved | Unresolved)
