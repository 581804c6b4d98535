import gzip
from typing import TYPE_CHECKING

import msgspec
import pytest

from doorstep.adapters.maps.streets import StreetMap

if TYPE_CHECKING:
    from tests.adapters.maps.conftest import Town

DRAWING_BYTES_MAX = 400_000
"""What a page may load to draw the demo city, gzipped."""


def test_the_demo_city_is_drawn_within_its_budget(demo_city: StreetMap) -> None:
    """Streets, water, green and buildings of the whole city fit into 400 KB gzipped."""
    drawing = demo_city.lines.drawing(demo_city.attribution)
    assert len(gzip.compress(msgspec.json.encode(drawing))) <= DRAWING_BYTES_MAX
    assert drawing.attribution == demo_city.attribution
    assert min(len(drawing.areas[layer]) for layer in ("water", "green", "building")) > 10
    assert min(len(drawing.streets[group]) for group in ("main", "minor", "local", "service")) > 10


def test_steps_lead_to_the_drawn_points(demo_city: StreetMap) -> None:
    """The compact form and the plain lists hold the same lines."""
    lines = demo_city.lines
    drawing = lines.drawing("")
    for group, streets in lines.streets().items():
        for steps, line in zip(drawing.streets[group], streets, strict=True):
            x, y = 0, 0
            for at, (lon, lat) in enumerate(line):
                x, y = x + steps[2 * at], y + steps[2 * at + 1]
                assert lon == pytest.approx(drawing.origin[0] + x * drawing.step_deg, abs=1e-6)
                assert lat == pytest.approx(drawing.origin[1] + y * drawing.step_deg, abs=1e-6)


def test_a_bend_stays_and_a_straight_point_goes(town: "Town") -> None:
    """Simplifying keeps corners and ends, and drops what lies on the line between them."""
    for name, east_m, north_m in (("a", 0, 0), ("b", 100, 0), ("c", 200, 0), ("d", 200, 100)):
        town.node(name, east_m, north_m)
    town.street("bent", "a b c d")
    (line,) = town.build().street_lines()["local"]
    corners = [(round(lon * 111_195, -1), round(lat * 111_195, -1)) for lon, lat in line]
    assert corners == [(0, 0), (200, 0), (200, 100)]


def test_a_lake_keeps_its_island_and_a_shed_is_not_drawn(crossing: "Town") -> None:
    """Areas are drawn in their layer; buildings of less than 40 square metres are left out."""
    for name, east_m, north_m in (("p", 10, 10), ("q", 60, 10), ("r", 60, 60), ("t", 10, 60)):
        crossing.node(name, east_m, north_m)
    for name, east_m, north_m in (("h", -20, 10), ("i", -15, 10), ("j", -15, 15), ("k", -20, 15)):
        crossing.node(name, east_m, north_m)
    crossing.area("lake", "p q r t", natural="water")
    crossing.area("hall", "p q r t", building="yes")
    crossing.area("shed", "h i j k", building="yes")
    areas = crossing.build().lines.areas()
    assert [len(areas[layer]) for layer in ("water", "green", "building")] == [1, 0, 1]
    assert len(areas["water"][0][0]) == 5
