"""A route's path: the map draws streets, not straight lines."""

from itertools import pairwise
from math import cos, hypot, radians

from tests.web.town import ADDRESSES, Town, at

METRES_A_DEGREE = 111_320
SNAP_M_MAX = 300


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The way as the crow flies between two points, longitude first."""
    return METRES_A_DEGREE * hypot((a[0] - b[0]) * cos(radians(a[1])), a[1] - b[1])


def test_a_path_follows_the_streets_from_stop_to_stop(town: Town) -> None:
    """Each leg leads from the stop before to its own, in steps as short as streets are, and is no shorter."""
    for number in range(1, 9):
        town.place(number, address=ADDRESSES[number % 3])
    town.pass_to(at(7))
    routes = [route for route in town.json("operator", "GET", "/v1/routes")["routes"] if route["stops"][1:]]
    longest = 0
    for route in routes:
        path = town.json("operator", "GET", f"/v1/routes/{route['id']}/path")
        assert len(path["legs"]) == len(route["stops"])
        assert path["legs"][0] == []
        for (before, stop), leg in zip(pairwise(route["stops"]), path["legs"][1:], strict=True):
            points = list(zip(leg[::2], leg[1::2], strict=True))
            if not points:
                continue  # two parcels of one house
            start, end = (before["lon"], before["lat"]), (stop["lon"], stop["lat"])
            assert metres(points[0], start) < SNAP_M_MAX
            assert metres(points[-1], end) < SNAP_M_MAX
            driven = sum(metres(a, b) for a, b in pairwise(points))
            assert driven >= metres(points[0], points[-1]) * 0.99
            longest = max(longest, len(points))
    assert longest > 10, "a drive through a city has more than its two ends"


def test_a_path_of_no_route_is_not_there(town: Town) -> None:
    """An unknown route answers as every unknown thing does."""
    assert town.call("operator", "GET", "/v1/routes/rte_none/path").status == 404
