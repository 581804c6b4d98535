import pytest

from doorstep.adapters.maps.access import blocks, directions, may_drive


@pytest.mark.parametrize(
    ("tags", "open_"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "customers"}, True),
        ({"highway": "service", "service": "emergency_access"}, False),
        ({"highway": "residential", "access": "no", "motor_vehicle": "destination"}, True),
        ({"highway": "residential", "motor_vehicle": "yes", "motorcar": "no"}, False),
        ({"highway": "pedestrian"}, False),
        ({"highway": "pedestrian", "motor_vehicle": "delivery"}, True),
        ({"highway": "track"}, False),
        ({"highway": "track", "tracktype": "grade1"}, True),
        ({"highway": "track", "tracktype": "grade1", "motor_vehicle": "agricultural"}, False),
        ({"highway": "unclassified", "area": "yes"}, False),
    ],
)
def test_where_a_van_may_drive(tags: dict[str, str], open_: bool) -> None:
    """The most specific tag decides; what is private, closed or no street stays closed."""
    assert may_drive(tags) is open_


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({}, (True, True)),
        ({"oneway": "yes"}, (True, False)),
        ({"oneway": "-1"}, (False, True)),
        ({"oneway": "no", "junction": "roundabout"}, (True, True)),
        ({"junction": "roundabout"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"oneway": "reversible"}, (False, False)),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
        ({"oneway": "sometimes"}, (True, True)),
    ],
)
def test_in_which_direction_a_van_may_drive(tags: dict[str, str], ways: tuple[bool, bool]) -> None:
    """One-way streets are tagged, or follow from the kind of street."""
    assert directions({"highway": "residential"} | tags) == ways


@pytest.mark.parametrize(
    ("tags", "stopped"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "lift_gate"}, False),
        ({"barrier": "kerb"}, False),
        ({}, False),
    ],
)
def test_which_barriers_stop_a_van(tags: dict[str, str], stopped: bool) -> None:
    """A bollard stops a van unless a tag lets it pass; a gate stops it only when it is private."""
    assert blocks(tags) is stopped
