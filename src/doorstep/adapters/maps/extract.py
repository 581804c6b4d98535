"""Extract: what Doorstep takes from an OpenStreetMap file, before any of it becomes a network."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
import osmium
from osmium.osm import Area, Node, Relation, TagList, Way, WayNodeList

from doorstep.adapters.maps.access import blocks, directions, may_drive
from doorstep.adapters.maps.drawing import AREA_LAYERS, Sketch, area_layer
from doorstep.adapters.maps.speeds import SpeedModel
from doorstep.adapters.maps.turns import Restriction, RestrictionKind
from doorstep.engine.ports.travel import MapUnreadable

SUFFIXES: Final = (".osm.pbf", ".osm.bz2", ".osm.gz", ".osm", ".pbf")
"""File names that OpenStreetMap extracts carry."""

TEXT_CHARS_MAX: Final = 120
"""A street, city or house number longer than this is no such thing, characters."""

_NOWHERE: Final = 2_147_483_647
"""The coordinate that osmium gives a node which the file does not hold."""

_FORWARD: Final = 1
_BACKWARD: Final = 2
_FACING: Final[dict[str | None, int]] = {"forward": _FORWARD, "backward": _BACKWARD}
_KEYS: Final = ("highway", "addr:housenumber", "barrier", "type", "building", *AREA_LAYERS)


class RawAddress(msgspec.Struct, frozen=True, order=True):
    """An address as mapped: texts without surrounding blanks, the place in 1e-7 degrees.

    `outline` is True where the place is the middle of a building rather than a mapped door.
    """

    street: str
    number: str
    postcode: str
    city: str
    outline: bool
    x: int
    y: int


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of street between gaps and barriers; parallel lists of node ids and 1e-7 degrees.

    Speeds are km/h along and against it; 0 is closed in that direction.
    """

    osm_id: int
    street_class: str
    kmh_forward: float
    kmh_backward: float
    refs: list[int]
    xs: list[int]
    ys: list[int]


class Extract:
    """Everything read from one file, in the file's order."""

    def __init__(self, model: SpeedModel) -> None:
        self.model = model
        self.ways: list[Stretch] = []
        self.street_names: set[str] = set()
        self.signals: dict[int, int] = {}
        self.restrictions: list[Restriction] = []
        self.addresses: list[RawAddress] = []
        self.sketch = Sketch()
        self.counts: Counter[str] = Counter()
        self._blocked: set[int] = set()
        self._twin = 0

    def node(self, node: Node) -> None:
        """Takes a node: an address, a barrier, a traffic light."""
        tags = node.tags
        if "addr:housenumber" in tags:
            self._address(_texts(tags), outline=False, x=node.location.x, y=node.location.y)
        if "barrier" in tags and blocks(_texts(tags)):
            self._blocked.add(node.id)
        if tags.get("highway") == "traffic_signals":
            self.signals[node.id] = _FACING.get(tags.get("traffic_signals:direction"), _FORWARD | _BACKWARD)

    def way(self, way: Way) -> None:
        """Takes a way: a street, or a building with an address."""
        if "highway" in way.tags:
            self._street(way.id, _texts(way.tags), way.nodes)
        if "addr:housenumber" in way.tags:
            corners = [(node.x, node.y) for node in way.nodes if node.x != _NOWHERE]
            if corners:
                x, y = _middle(corners)
                self._address(_texts(way.tags), outline=True, x=x, y=y)

    def relation(self, relation: Relation) -> None:
        """Takes a relation: a turn restriction that binds a van."""
        tags = _texts(relation.tags)
        if tags.get("type") not in {"restriction", "restriction:motorcar", "restriction:motor_vehicle"}:
            return
        self.counts["restrictions_mapped"] += 1
        kind = (
            tags.get("restriction:motorcar")
            or tags.get("restriction:motor_vehicle")
            or tags.get("restriction")
        )
        if kind is None:
            conditional = any(key.endswith(":conditional") for key in tags)
            self.counts["restrictions_conditional" if conditional else "restrictions_other_vehicles"] += 1
            return
        spared = set(tags.get("except", "").replace(" ", "").split(";"))
        if spared & {"motorcar", "motor_vehicle", "goods", "delivery"}:
            self.counts["restrictions_other_vehicles"] += 1
            return
        self._restriction(kind, [(member.type, member.role, member.ref) for member in relation.members])

    def area(self, area: Area) -> None:
        """Takes water, green or a building for the drawing."""
        layer = area_layer(area.tags)
        if layer is None:
            return
        for outer in area.outer_rings():
            ring = [(node.x, node.y) for node in outer]
            holes = [[(node.x, node.y) for node in inner] for inner in area.inner_rings(outer)]
            self.sketch.add_area(layer, ring, holes)

    def _restriction(self, kind: str, members: list[tuple[str, str, int]]) -> None:
        via = [(sort, ref) for sort, role, ref in members if role == "via"]
        origins = [ref for sort, role, ref in members if role == "from" and sort == "w"]
        goals = [ref for sort, role, ref in members if role == "to" and sort == "w"]
        only, _, turn = kind.partition("_")
        if only not in {"no", "only"} or not turn:
            self.counts["restrictions_unclear"] += 1
        elif any(sort == "w" for sort, _ in via):
            self.counts["restrictions_via_way"] += 1
        elif len(via) != 1 or not origins or not goals:
            self.counts["restrictions_unclear"] += 1
        else:
            self.restrictions.append(
                Restriction(
                    kind=RestrictionKind.ONLY if only == "only" else RestrictionKind.NO,
                    u_turn=turn == "u_turn",
                    via=via[0][1],
                    origins=tuple(origins),
                    goals=tuple(goals),
                )
            )

    def _address(self, tags: Mapping[str, str], *, outline: bool, x: int, y: int) -> None:
        street = _line(tags.get("addr:street") or tags.get("addr:place", ""))
        number = _line(tags["addr:housenumber"])
        if not street or not number:
            self.counts["addresses_without_street"] += 1
            return
        postcode, city = _line(tags.get("addr:postcode", "")), _line(tags.get("addr:city", ""))
        self.addresses.append(RawAddress(street, number, postcode, city, outline, x, y))

    def _street(self, osm_id: int, tags: Mapping[str, str], nodes: WayNodeList) -> None:
        street_class = tags["highway"]
        if street_class not in self.model.class_:
            return
        drivable = may_drive(tags)
        along, against = directions(tags) if drivable else (False, False)
        if name := _line(tags.get("name", "")):
            self.street_names.add(name)
        if not along and not against:
            return
        forward, backward = self.model.kmh(tags)
        speeds = (forward if along else 0.0, backward if against else 0.0)
        for refs, xs, ys in self._stretches(nodes):
            self.ways.append(Stretch(osm_id, street_class, *speeds, refs, xs, ys))
            self.sketch.add_street(self.model.class_[street_class].group, xs, ys)

    def _stretches(self, nodes: WayNodeList) -> Iterator[tuple[list[int], list[int], list[int]]]:
        """Splits a way where the file lacks a node, and in two ends that never meet at a barrier."""
        refs: list[int] = []
        xs: list[int] = []
        ys: list[int] = []
        for node in nodes:
            ref, place = node.ref, node.location
            x, y = place.x, place.y
            if x != _NOWHERE:
                if refs and refs[-1] == ref:
                    continue
                barred = ref in self._blocked
                refs.append(self._twin_id() if barred else ref)
                xs.append(x)
                ys.append(y)
                if not barred:
                    continue
            if len(refs) > 1:
                yield refs, xs, ys
            refs, xs, ys = ([self._twin_id()], [x], [y]) if x != _NOWHERE else ([], [], [])
        if len(refs) > 1:
            yield refs, xs, ys

    def _twin_id(self) -> int:
        # No OpenStreetMap node has this id: editors' own new nodes count down from -1.
        self._twin -= 1
        return self._twin - (1 << 60)


def _texts(tags: TagList) -> dict[str, str]:
    return dict(tags)


def _line(text: str) -> str:
    """One line of plain text, or nothing where it is too long to be a name."""
    text = " ".join(text.split())
    return text if len(text) <= TEXT_CHARS_MAX else ""


def _middle(corners: list[tuple[int, int]]) -> tuple[int, int]:
    """The centroid of an outline; the mean of its corners where it encloses nothing."""
    x0, y0 = corners[0]
    area = moment_x = moment_y = 0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        area += cross
        moment_x += (ax + bx - 2 * x0) * cross
        moment_y += (ay + by - 2 * y0) * cross
    if area == 0:
        return sum(x for x, _ in corners) // len(corners), sum(y for _, y in corners) // len(corners)
    return x0 + moment_x // (3 * area), y0 + moment_y // (3 * area)


def read_extract(source: Path, model: SpeedModel) -> Extract:
    """Reads an OpenStreetMap extract.

    Raises:
        MapUnreadable: The file is missing, or no OpenStreetMap file, or cut off.
    """
    if not source.is_file():
        raise MapUnreadable(f"{source} is not a file.")
    if not source.name.endswith(SUFFIXES):
        raise MapUnreadable(
            f"{source.name} is no OpenStreetMap extract: its name must end in {', '.join(SUFFIXES)}."
        )
    extract = Extract(model)
    try:
        areas = osmium.filter.KeyFilter("building", *AREA_LAYERS)
        wanted = osmium.filter.KeyFilter(*_KEYS)
        for entity in osmium.FileProcessor(str(source)).with_areas(areas).with_filter(wanted):
            match entity:
                case Node():
                    extract.node(entity)
                case Way():
                    extract.way(entity)
                case Relation():
                    extract.relation(entity)
                case Area():
                    extract.area(entity)
    except (RuntimeError, ValueError, OSError) as broken:
        raise MapUnreadable(f"{source.name} cannot be read as OpenStreetMap data: {broken}.") from broken
    return extract
