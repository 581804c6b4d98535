"""Build: from an OpenStreetMap extract to a map file; the same extract gives the same bytes."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from doorstep.adapters.maps.addresses import address_arrays, distinct_doors
from doorstep.adapters.maps.container import MapFacts, write_map
from doorstep.adapters.maps.extract import read_extract
from doorstep.adapters.maps.network import connect
from doorstep.adapters.maps.pieces import cut_streets
from doorstep.adapters.maps.speeds import modelled_speeds

ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"
"""What the licence asks every map made from OpenStreetMap to say."""

STEPS: Final = (
    "read the extract",
    "cut the streets",
    "join the network",
    "sort the addresses",
    "write the map",
)
"""What a build does, in order."""


def _ignore(_step: int) -> None:
    """Reports to nobody."""


def build_map(
    source: Path, out: Path, zone: str | None = None, on_step: Callable[[int], None] = _ignore
) -> MapFacts:
    """Builds a map file.

    Args:
        source: An OpenStreetMap extract: `.osm.pbf`, `.osm.bz2`, `.osm.gz` or `.osm`.
        out: Where the map goes; what is there is replaced at once, or not at all.
        zone: The time zone whose clock the speed profiles follow, such as `Europe/Berlin`.
        on_step: Called with a place in `STEPS` as each step begins.

    Raises:
        MapUnreadable: The source is no extract, or holds no streets.
        OSError: The map cannot be written.
    """
    model = modelled_speeds()
    on_step(0)
    extract = read_extract(source, model)
    on_step(1)
    pieces = cut_streets(extract)
    on_step(2)
    counts = extract.counts
    network = connect(pieces, extract.restrictions, model, counts)
    on_step(3)
    doors = distinct_doors(extract.addresses)
    arrays = network.arrays | address_arrays(doors, extract.street_names) | extract.sketch.arrays()
    counts.update(addresses=len(doors), street_names=len(extract.street_names))
    on_step(4)
    x, y = network.arrays["node_x"] / 1e7, network.arrays["node_y"] / 1e7
    facts = MapFacts(
        source=source.name,
        source_sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
        attribution=ATTRIBUTION,
        zone=zone,
        bounds=(float(np.min(y)), float(np.min(x)), float(np.max(y)), float(np.max(x))),
        nodes=network.nodes,
        counts=dict(sorted(counts.items())),
        speeds=model,
    )
    write_map(out, facts, arrays)
    return facts
