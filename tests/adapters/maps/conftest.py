"""Small towns, drawn by the tests themselves, built into real maps."""

from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.streets import StreetMap
from doorstep.vocabulary.places import Point

METRE_DEG = 1 / 111_195
"""Degrees of latitude in a metre; towns lie at the equator, where longitude is the same."""


class Town:
    """A town on a grid: nodes are named, placed in metres east and north of (0, 0)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: dict[str, int] = {}
        self._places: dict[str, tuple[float, float]] = {}
        self._nodes: list[str] = []
        self._ways: list[str] = []
        self._relations: list[str] = []
        self._way_ids: dict[str, int] = {}

    def node(self, name: str, east_m: float, north_m: float, **tags: str) -> None:
        """Places a node."""
        self._ids[name] = len(self._ids) + 1
        self._places[name] = (east_m, north_m)
        lat, lon = north_m * METRE_DEG, east_m * METRE_DEG
        place = f'id="{self._ids[name]}" lat="{lat:.7f}" lon="{lon:.7f}"'
        self._nodes.append(f"<node {place}>{_tags(tags)}</node>")

    def street(self, name: str, nodes: str, highway: str = "residential", **tags: str) -> None:
        """Draws a street along nodes, given as their names with blanks between them."""
        self._way_ids[name] = len(self._way_ids) + 1
        refs = "".join(f'<nd ref="{self._ids[node]}"/>' for node in nodes.split())
        tagged = _tags({"highway": highway, "name": name} | tags)
        self._ways.append(f'<way id="{self._way_ids[name]}">{refs}{tagged}</way>')

    def area(self, name: str, nodes: str, **tags: str) -> None:
        """Draws an outline along nodes, closed by its first."""
        self._way_ids[name] = len(self._way_ids) + 1
        refs = "".join(
            f'<nd ref="{self._ids[node]}"/>' for node in [*nodes.split(), nodes.split(maxsplit=1)[0]]
        )
        self._ways.append(f'<way id="{self._way_ids[name]}">{refs}{_tags(tags)}</way>')

    def lake(self, shore: str, island: str) -> None:
        """Draws a lake with an island, each outline given as the names of its nodes."""
        for name, nodes in (("shore", shore), ("island", island)):
            self.area(name, nodes)
        members = "".join(
            f'<member type="way" ref="{self._way_ids[name]}" role="{role}"/>'
            for name, role in (("shore", "outer"), ("island", "inner"))
        )
        tagged = _tags({"type": "multipolygon", "natural": "water"})
        self._relations.append(f'<relation id="{len(self._relations) + 1}">{members}{tagged}</relation>')

    def restriction(self, kind: str, origin: str, via: str, goal: str, **tags: str) -> None:
        """Restricts the turn from one street over a node (or a street) into another."""
        is_way = via in self._way_ids
        sort, ref = ("way", self._way_ids[via]) if is_way else ("node", self._ids[via])
        members = (
            f'<member type="way" ref="{self._way_ids[origin]}" role="from"/>'
            f'<member type="{sort}" ref="{ref}" role="via"/>'
            f'<member type="way" ref="{self._way_ids[goal]}" role="to"/>'
        )
        kinds = {"restriction": kind} if kind else {}
        tagged = _tags({"type": "restriction"} | kinds | tags)
        self._relations.append(f'<relation id="{len(self._relations) + 1}">{members}{tagged}</relation>')

    def door(self, street: str, number: str, east_m: float, north_m: float, **tags: str) -> None:
        """Places an address; `postcode` and `city` may be given."""
        parts = {f"addr:{key}": value for key, value in tags.items()}
        self.node(
            f"door {len(self._ids)}",
            east_m,
            north_m,
            **{"addr:street": street, "addr:housenumber": number} | parts,
        )

    def write(self) -> Path:
        """The town as an OpenStreetMap file."""
        source = self._folder / "town.osm"
        body = "".join((*self._nodes, *self._ways, *self._relations))
        source.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
        return source

    def build(self) -> StreetMap:
        """The town as a loaded map."""
        build_map(self.write(), self._folder / "town.map")
        return StreetMap.load(self._folder / "town.map")

    def point(self, name: str) -> Point:
        """Where a node lies."""
        east_m, north_m = self._places[name]
        return Point(lat=round(north_m * METRE_DEG, 7), lon=round(east_m * METRE_DEG, 7))

    def at(self, streets: StreetMap, name: str) -> int:
        """The map's node at a place, which must be right there."""
        snapped = streets.snap(self.point(name))
        assert snapped.offset_m == 0, f"{name} is no node of the map"
        return snapped.node

    def way_of(self, streets: StreetMap, start: str, end: str) -> str:
        """The names of the nodes that the fastest path passes."""
        names = {self.point(name): name for name in self._places}
        path = streets.path(0, self.at(streets, start), self.at(streets, end))
        places = [Point(round(each.point.lat, 7), round(each.point.lon, 7)) for each in path]
        passed = [names[place] for place in places if place in names]
        return " ".join(dict.fromkeys(passed)) if len(passed) == len(set(passed)) else " ".join(passed)


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


@pytest.fixture
def new_town(tmp_path: Path) -> Callable[[], Town]:
    """Makes empty towns, each in a folder of its own."""
    folders = iter(range(1_000_000))

    def make() -> Town:
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        return Town(folder)

    return make


@pytest.fixture
def town(new_town: Callable[[], Town]) -> Town:
    """An empty town."""
    return new_town()


@pytest.fixture
def crossing(town: Town) -> Town:
    """Four streets of 100 m that meet in the middle, joined outside by a slower ring.

      n
    w m e
      s
    """
    for name, east_m, north_m in (("m", 0, 0), ("n", 0, 100), ("e", 100, 0), ("s", 0, -100), ("w", -100, 0)):
        town.node(name, east_m, north_m)
    for name in "nesw":
        town.street(f"{name} street", f"{name} m")
    town.street("ring", "n e s w n", "service")
    return town


@pytest.fixture(scope="session")
def demo_city(tmp_path_factory: pytest.TempPathFactory) -> StreetMap:
    """Neubrandenburg, built from the extract that the project carries."""
    source = Path(__file__).parents[3] / "examples" / "neubrandenburg" / "neubrandenburg.osm.pbf"
    out = tmp_path_factory.mktemp("demo") / "city.map"
    build_map(source, out, "Europe/Berlin")
    return StreetMap.load(out)
