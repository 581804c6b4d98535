import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from doorstep.adapters.maps import hierarchy
from doorstep.adapters.maps import streets as streets_module
from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.dijkstra import Dijkstra
from doorstep.adapters.maps.geocoder import StreetGeocoder
from doorstep.adapters.maps.pieces import PIECE_M_MAX
from doorstep.adapters.maps.speeds import modelled_speeds
from doorstep.adapters.maps.streets import StreetMap
from doorstep.engine.ports.geocoder import Resolved
from doorstep.engine.ports.travel import SNAP_M_MAX, InWater, MapUnreadable, OffMap
from doorstep.vocabulary.places import Point

if TYPE_CHECKING:
    from tests.adapters.maps.conftest import Town

CITY = Path(__file__).parents[3] / "examples" / "neubrandenburg"
BAD_ADDRESSES = 9
"""Orders of the demo city whose address no map should accept: its README says so."""


def test_a_one_way_street_is_driven_one_way(crossing: "Town") -> None:
    """Along a one-way street the van goes straight, against it round the block."""
    crossing.node("x", 0, 200)
    crossing.street("north", "n x")
    crossing.street("lane", "x e", oneway="yes")
    streets = crossing.build()
    assert crossing.way_of(streets, "x", "e") == "x e"
    assert crossing.way_of(streets, "e", "x") == "e m n x"


def test_oneway_minus_one_runs_against_its_line(crossing: "Town") -> None:
    """`oneway=-1` is a one-way street drawn backwards."""
    crossing.node("x", 0, 200)
    crossing.street("north", "n x")
    crossing.street("lane", "x e", oneway="-1")
    streets = crossing.build()
    assert crossing.way_of(streets, "e", "x") == "e x"


def test_a_roundabout_turns_one_way_without_saying_so(town: "Town") -> None:
    """A roundabout needs no one-way tag: the short way back is the long way round."""
    for name, east_m, north_m in (("a", 50, 0), ("b", 0, 50), ("c", -50, 0), ("d", 0, -50), ("x", 90, 0)):
        town.node(name, east_m, north_m)
    town.node("y", 0, 90)
    town.street("circle", "a b c d a", junction="roundabout")
    town.street("east", "a x")
    town.street("north", "b y")
    streets = town.build()
    assert town.way_of(streets, "x", "y") == "x a b y"
    assert town.way_of(streets, "y", "x") == "y b c d a x"


@pytest.mark.parametrize(
    "tags", [{"access": "private"}, {"motor_vehicle": "no"}, {"vehicle": "agricultural"}]
)
def test_a_closed_street_is_not_driven(crossing: "Town", tags: dict[str, str]) -> None:
    """A street that is private or closed to motors is no way for a van."""
    crossing.node("x", 100, 100)
    crossing.street("outer", "n x e", "living_street")
    crossing.street("short", "n e", "residential", **tags)
    assert crossing.way_of(crossing.build(), "n", "e") == "n m e"


def test_a_street_for_residents_and_their_parcels_is_open(crossing: "Town") -> None:
    """`access=no` with `motor_vehicle=destination` lets a delivery in: the more specific key decides."""
    crossing.street("short", "n e", access="no", motor_vehicle="destination")
    assert crossing.way_of(crossing.build(), "n", "e") == "n e"


def test_a_bollard_parts_a_street(town: "Town") -> None:
    """Nobody drives through a bollard in the middle of a street, and both ends stay reachable."""
    for name, east_m, north_m in (("a", 0, 0), ("c", 200, 0), ("d", 200, 300), ("e", 0, 300)):
        town.node(name, east_m, north_m)
    town.node("b", 100, 0, barrier="bollard")
    town.street("short", "a b c")
    town.street("round", "c d e a")
    streets = town.build()
    assert streets.metres(0, town.at(streets, "a"), town.at(streets, "c")) == 300 + 200 + 300


def test_an_island_is_left_out(crossing: "Town") -> None:
    """A street that no van reaches from the rest of the town is not part of the map."""
    before = crossing.build().nodes
    crossing.node("i", 300, 0)
    crossing.node("j", 360, 0)
    crossing.street("island", "i j")
    streets = crossing.build()
    assert streets.nodes == before
    assert streets.facts.counts["nodes_cut_off"] == 2
    assert streets.snap(crossing.point("i")).node == crossing.at(streets, "e")


def test_a_street_that_cannot_be_left_is_left_out(crossing: "Town") -> None:
    """A one-way street into nowhere would trap a van, so nobody is sent there."""
    crossing.node("trap", 200, 0)
    crossing.street("trap street", "e trap", oneway="yes")
    streets = crossing.build()
    assert streets.snap(crossing.point("trap")).node == crossing.at(streets, "e")


def test_long_streets_get_nodes_on_the_way(town: "Town") -> None:
    """Every point of a long street has a node within half a piece."""
    town.node("a", 0, 0)
    town.node("b", 1_000, 0)
    town.street("long", "a b")
    streets = town.build()
    for east_m in range(0, 1_001, 10):
        town.node(f"at {east_m}", east_m, 0)
        assert streets.snap(town.point(f"at {east_m}")).offset_m <= PIECE_M_MAX / 2
    assert streets.metres(0, town.at(streets, "a"), town.at(streets, "b")) == pytest.approx(1_000, abs=1)


def test_a_loop_is_reached_on_its_far_side(town: "Town") -> None:
    """A cul-de-sac that loops back to its own start has nodes on the loop."""
    for name, east_m, north_m in (("a", 0, 0), ("b", 40, 0), ("c", 60, 20), ("d", 60, -20)):
        town.node(name, east_m, north_m)
    town.street("in", "a b")
    town.street("loop", "b c d b")
    streets = town.build()
    assert streets.snap(Point(lat=0.0, lon=town.point("c").lon)).node != town.at(streets, "b")


def test_a_point_off_the_map_is_refused(crossing: "Town") -> None:
    """Farther than 300 m from every street, or no place at all, there is no node."""
    streets = crossing.build()
    crossing.node("far", 410, 0)
    crossing.node("edge", 390, 0)
    assert streets.snap(crossing.point("edge")).offset_m == 290
    with pytest.raises(OffMap, match="farther than 300 m"):
        streets.snap(crossing.point("far"))
    with pytest.raises(OffMap):
        streets.snap(Point(lat=float("nan"), lon=0.0))


def test_a_place_in_the_water_is_refused_however_near_a_street(crossing: "Town") -> None:
    """In the middle of a lake there is no door; at its bank, on its island and beside it there may be one."""
    corners = (("sw", 20, 20), ("se", 220, 20), ("ne", 220, 220), ("nw", 20, 220))
    for name, east_m, north_m in (("a", 100, 100), ("b", 160, 100), ("c", 160, 160), ("d", 100, 160)):
        crossing.node(f"isle_{name}", east_m, north_m)
    for name, east_m, north_m in corners:
        crossing.node(f"lake_{name}", east_m, north_m)
    crossing.lake("lake_sw lake_se lake_ne lake_nw", "isle_a isle_b isle_c isle_d")
    for name, east_m, north_m in (
        ("middle", 60, 60),
        ("bank", 40, 120),
        ("isle", 130, 130),
        ("land", 10, 60),
    ):
        crossing.node(name, east_m, north_m)
    streets = crossing.build()
    with pytest.raises(InWater, match="lies in a lake"):
        streets.snap(crossing.point("middle"))
    for name in ("bank", "isle", "land"):
        assert streets.snap(crossing.point(name)).offset_m <= SNAP_M_MAX


def test_the_demo_city_s_lake_is_no_address_and_all_its_orders_have_one(demo_city: StreetMap) -> None:
    """The middle of the Tollensesee is refused; whatever the demo's orders name is a place a van gets to."""
    with pytest.raises(OffMap):
        demo_city.snap(Point(53.50, 13.21))
    geocoder = StreetGeocoder(demo_city)
    with (CITY / "orders.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [geocoder.resolve(row["address"]) for row in rows if not row["lat"]]
    known = [each.point for each in found if isinstance(each, Resolved)]
    known += [Point(float(row["lat"]), float(row["lon"])) for row in rows if row["lat"]]
    assert len(known) == len(rows) - BAD_ADDRESSES
    assert max(demo_city.snap(point).offset_m for point in known) < SNAP_M_MAX / 2


def test_all_but_one_in_a_thousand_doors_are_within_reach(demo_city: StreetMap) -> None:
    """The bound refuses the sea, not the houses: hardly a mapped door lies beyond it or in the water."""
    beyond = 0
    for door in demo_city.addresses:
        try:
            demo_city.snap(door.point)
        except OffMap:
            beyond += 1
    assert beyond <= len(demo_city.addresses) / 1_000


def test_nobody_stops_on_a_motorway(town: "Town") -> None:
    """An address beside a motorway snaps to the next street where a van may stop."""
    for name, east_m, north_m in (("a", 0, 0), ("b", 200, 0), ("c", 0, 300), ("d", 200, 300)):
        town.node(name, east_m, north_m)
    town.node("m", 100, 0)
    town.street("out", "a m b", "motorway")
    town.street("home", "b d c a", "primary")
    streets = town.build()
    beside = Point(lat=0.0, lon=town.point("m").lon)
    assert streets.snap(beside).offset_m >= 99


def test_a_posted_limit_and_a_light_cost_seconds(crossing: "Town") -> None:
    """A slower limit makes a drive longer; a traffic light adds its mean delay once."""
    crossing.node("x", 200, 0)
    crossing.street("slow", "e x", maxspeed="20")
    crossing.node("l", 0, 200, highway="traffic_signals")
    crossing.node("y", 0, 300)
    crossing.street("lit", "n l y", maxspeed="20")
    streets = crossing.build()
    speeds = modelled_speeds()
    drive_s = 100 / (20 * speeds.limit.share / 3.6)
    slow = streets.seconds(0, [crossing.at(streets, "e")], [crossing.at(streets, "x")])[0, 0]
    lit = streets.seconds(0, [crossing.at(streets, "n")], [crossing.at(streets, "y")])[0, 0]
    assert slow == pytest.approx(drive_s, abs=1)
    assert lit == pytest.approx(2 * drive_s + speeds.limit.signal_s, abs=1)


@pytest.mark.parametrize("light_m", [0, 50, 200, 390, 400])
def test_a_light_is_met_once_wherever_it_stands(town: "Town", light_m: int) -> None:
    """However a street is cut, its light counts once each way; who starts at a light has passed it."""
    for east_m in (0, 50, 200, 390, 400):
        town.node(f"{east_m}", east_m, 0, **({"highway": "traffic_signals"} if east_m == light_m else {}))
    town.street("lit", "0 50 200 390 400")
    streets = town.build()
    start, end = town.at(streets, "0"), town.at(streets, "400")
    dark_s = 400 / (modelled_speeds().class_["residential"].kmh / 3.6)
    for source, target, passed_m in ((start, end, 0), (end, start, 400)):
        delay_s = 0 if light_m == passed_m else modelled_speeds().limit.signal_s
        assert streets.seconds(0, [source], [target])[0, 0] == pytest.approx(dark_s + delay_s, abs=1)


def test_peaks_take_longer_than_nights(demo_city: StreetMap) -> None:
    """The modelled week has a slow morning and evening and a fast night, and says that it is modelled."""
    nodes = list(range(0, demo_city.nodes, 97))
    mean_s = [demo_city.seconds(profile, nodes, nodes).mean() for profile in range(demo_city.profiles)]
    night, noon, rush = (int(demo_city.hour_profile[hour]) for hour in (2, 12, 17))
    assert mean_s[night] < mean_s[noon] < mean_s[rush]
    assert demo_city.hour_profile.shape == (168,)
    assert demo_city.modelled


def test_threads_share_a_map(demo_city: StreetMap) -> None:
    """Many threads that ask one map at once get the answers that one thread gets."""
    nodes = list(range(0, demo_city.nodes, 401))

    def answer(source: int) -> tuple[list[int], int]:
        seconds = demo_city.seconds(1, [source], nodes)[0].tolist()
        return seconds, demo_city.metres(1, source, nodes[0])

    alone = [answer(source) for source in nodes]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, nodes)) == alone


def test_no_sources_or_no_targets_give_an_empty_matrix(crossing: "Town") -> None:
    """An empty question has an empty answer of the right shape."""
    streets = crossing.build()
    assert streets.seconds(0, [], [0]).shape == (0, 1)
    assert streets.seconds(0, [0, 1], []).shape == (2, 0)
    assert streets.seconds(0, [0], [0]).dtype == np.int32


def test_a_town_without_streets_is_no_map(town: "Town") -> None:
    """An extract with footpaths alone is refused in one sentence."""
    town.node("a", 0, 0)
    town.node("b", 100, 0)
    town.street("path", "a b", "footway")
    with pytest.raises(MapUnreadable, match="no street that a van may use"):
        town.build()


def test_a_town_of_traps_is_no_map(town: "Town") -> None:
    """Streets between which nobody gets back are refused in one sentence."""
    town.node("a", 0, 0)
    town.node("b", 100, 0)
    town.street("out", "a b", oneway="yes")
    with pytest.raises(MapUnreadable, match="there and back"):
        town.build()


def test_a_machine_without_the_hierarchy_builds_and_drives(
    crossing: "Town", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the wheel is missing, Dijkstra drives a map without an order, with the same answers."""
    usual = crossing.build()
    nodes = list(range(usual.nodes))
    monkeypatch.setattr(hierarchy, "AVAILABLE", False)
    monkeypatch.setattr(streets_module, "AVAILABLE", False)
    plain = crossing.build()
    assert isinstance(plain._router, Dijkstra)
    assert not len(plain._arrays["order"])
    assert (plain.seconds(0, nodes, nodes) == usual.seconds(0, nodes, nodes)).all()


@pytest.mark.skipif(not hierarchy.AVAILABLE, reason="this machine has no wheel of the contraction hierarchy")
def test_a_map_from_a_machine_without_the_hierarchy_gets_its_order_on_loading(
    crossing: "Town", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A map without an order is no worse a map: loading finds the order."""
    out = tmp_path / "plain.map"
    with monkeypatch.context() as without:
        without.setattr(hierarchy, "AVAILABLE", False)
        build_map(crossing.write(), out)
    late, usual = StreetMap.load(out, "hierarchy"), crossing.build()
    nodes = list(range(usual.nodes))
    assert (late.seconds(0, nodes, nodes) == usual.seconds(0, nodes, nodes)).all()
