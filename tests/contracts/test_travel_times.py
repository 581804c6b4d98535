"""What every adapter of the travel-times port keeps, on real cities."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.hierarchy import AVAILABLE
from doorstep.adapters.maps.streets import StreetMap
from doorstep.engine.ports.travel import HOURS_A_WEEK, SNAP_M_MAX, OffMap, TravelTimes
from doorstep.vocabulary.places import Point, distance_m

ROOT = Path(__file__).parents[2]
SOURCES = {
    "neubrandenburg": ROOT / "examples" / "neubrandenburg" / "neubrandenburg.osm.pbf",
    "helsinki": ROOT.parent / "shared" / "data" / "osm" / "helsinki.osm.pbf",
}
SAMPLES = 25
"""Nodes of each city that are asked about."""

ROUND_M = 2
"""Rounded coordinates and lengths leave at most this much between two ways to measure, metres."""


@pytest.fixture(scope="module", params=SOURCES)
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = SOURCES[request.param]
    if not source.is_file():
        pytest.skip(f"the real data is not here: {source.name}")
    out = tmp_path_factory.mktemp("city") / f"{request.param}.map"
    build_map(source, out)
    return out


@pytest.fixture(scope="module", params=["hierarchy", "dijkstra"])
def streets(request: pytest.FixtureRequest, city: Path) -> StreetMap:
    if request.param == "hierarchy" and not AVAILABLE:
        pytest.skip("this machine has no wheel of the contraction hierarchy")
    return StreetMap.load(city, request.param)


def travel_times(streets: StreetMap) -> TravelTimes:
    """The map as the port, so that the type checker holds the adapter to it."""
    return streets


def sample(streets: StreetMap, seed: int = 1) -> list[int]:
    chosen = np.random.default_rng(seed).choice(streets.nodes, SAMPLES, replace=False)
    return [int(node) for node in chosen]


def test_a_week_has_a_profile_for_every_hour(streets: StreetMap) -> None:
    """Each of the 168 hours names a profile that exists."""
    port = travel_times(streets)
    assert port.hour_profile.shape == (HOURS_A_WEEK,)
    assert port.hour_profile.dtype == np.int8
    assert set(port.hour_profile.tolist()) == set(range(port.profiles))


def test_staying_takes_no_time_and_going_takes_some(streets: StreetMap) -> None:
    """The diagonal is zero; between two places there are seconds."""
    nodes = sample(streets)
    for profile in range(streets.profiles):
        seconds = streets.seconds(profile, nodes, nodes)
        assert (np.diag(seconds) == 0).all()
        assert (seconds[~np.eye(SAMPLES, dtype=bool)] > 0).all()


def test_a_detour_is_never_shorter(streets: StreetMap) -> None:
    """The triangle inequality holds to the second."""
    nodes = sample(streets)
    seconds = streets.seconds(0, nodes, nodes).astype(np.int64)
    assert (seconds[:, None, :] <= seconds[:, :, None] + seconds[None, :, :]).all()


def test_a_matrix_holds_what_single_drives_take(streets: StreetMap) -> None:
    """Rows, columns and single questions agree, whichever side is longer."""
    nodes = sample(streets)
    seconds = streets.seconds(1, nodes, nodes)
    assert (streets.seconds(1, nodes, nodes[:1]) == seconds[:, :1]).all()
    assert (streets.seconds(1, nodes[:1], nodes) == seconds[:1]).all()


def test_a_path_ends_with_its_seconds_and_metres(streets: StreetMap) -> None:
    """A path starts at the source with nothing and ends at the target with what the drive takes."""
    nodes = sample(streets)
    for source, target in zip(nodes, nodes[1:] + nodes[:1], strict=True):
        path = streets.path(2, source, target)
        assert (path[0].seconds, path[0].metres) == (0, 0)
        assert path[0].point == streets.node_point(source)
        assert path[-1].point == streets.node_point(target)
        assert path[-1].seconds == streets.seconds(2, [source], [target])[0, 0]
        assert path[-1].metres == streets.metres(2, source, target)


def test_metres_are_the_sum_along_the_path(streets: StreetMap) -> None:
    """Metres equal the lengths between the path's own points, and time and way never run backwards."""
    nodes = sample(streets)
    for source, target in pairwise(nodes):
        path = streets.path(0, source, target)
        steps_m = [distance_m(a.point, b.point) for a, b in pairwise(path)]
        assert path[-1].metres == pytest.approx(sum(steps_m), abs=ROUND_M + 0.5 * len(path))
        assert all(a.metres <= b.metres and a.seconds <= b.seconds for a, b in pairwise(path))
        assert path[-1].metres >= distance_m(path[0].point, path[-1].point) - ROUND_M


def test_a_path_to_where_it_starts_is_that_point(streets: StreetMap) -> None:
    """Staying is a path of one point."""
    node = sample(streets)[0]
    path = streets.path(0, node, node)
    assert [(each.point, each.seconds, each.metres) for each in path] == [(streets.node_point(node), 0, 0)]
    assert streets.metres(0, node, node) == 0


def test_a_node_snaps_to_its_own_place(streets: StreetMap) -> None:
    """A point on the network is on the network, a point at sea is not."""
    for node in sample(streets):
        snapped = streets.snap(streets.node_point(node))
        assert snapped.offset_m <= SNAP_M_MAX
        assert distance_m(streets.node_point(snapped.node), streets.node_point(node)) == snapped.offset_m
    with pytest.raises(OffMap):
        streets.snap(Point(lat=0.0, lon=0.0))


@pytest.mark.skipif(not AVAILABLE, reason="this machine has no wheel of the contraction hierarchy")
def test_the_hierarchy_finds_what_dijkstra_finds(city: Path) -> None:
    """Both adapters give the same seconds for every profile, and paths that take them."""
    fast, plain = StreetMap.load(city, "hierarchy"), StreetMap.load(city, "dijkstra")
    sources, targets = sample(fast, 2), sample(fast, 3)
    for profile in range(fast.profiles):
        expected = plain.seconds(profile, sources, targets)
        assert (fast.seconds(profile, sources, targets) == expected).all()
    for source, target in zip(sources, targets, strict=True):
        assert fast.path(0, source, target)[-1].seconds == plain.path(0, source, target)[-1].seconds
