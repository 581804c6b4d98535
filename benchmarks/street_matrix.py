"""Street matrix: building a city's map, and driving times between its places, in numbers.

    python benchmarks/street_matrix.py [EXTRACT] [--size 1000] [--peer-rows 20]

Prints one JSON object. CPU seconds count every thread of this process. The peer is SciPy's Dijkstra on the
same graph with the same restrictions, in the same run, on fewer rows; its figure for the whole matrix is
scaled, and named so.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from doorstep.adapters.maps.build import build_map
from doorstep.adapters.maps.hierarchy import Hierarchy
from doorstep.adapters.maps.streets import StreetMap, arc_weights_ms

PORTO = Path(__file__).parents[2] / "shared" / "data" / "osm" / "porto.osm.pbf"
REPEATS = 3
CUSTOMISATIONS = 10


class Timing(NamedTuple):
    """What a call took on the clock and on the processors, seconds."""

    wall_s: float
    cpu_s: float


def timed(call: Callable[[], Any]) -> Timing:
    """Runs a call once."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def customise_ms(streets: StreetMap) -> list[float]:
    """CPU milliseconds to renew all weights: from new weights to a hierarchy ready for queries."""
    hierarchy = streets._router  # noqa: SLF001  the step that loading does once per profile
    assert isinstance(hierarchy, Hierarchy)
    arrays, speeds = streets._arrays, streets.facts.speeds  # noqa: SLF001  the benchmark times what lies inside
    taken = []
    for _ in range(CUSTOMISATIONS):
        weights = arc_weights_ms(arrays, speeds)[0]
        taken.append(1_000 * timed(partial(hierarchy.renew, weights)).cpu_s)
    return taken


def measure(extract: Path, size: int, peer_rows: int) -> dict[str, Any]:
    """All figures for one city."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "city.map"
        built = timed(lambda: build_map(extract, out))
        map_bytes = out.stat().st_size
        loaded = [timed(lambda: StreetMap.load(out, "hierarchy")).wall_s for _ in range(REPEATS)]
        streets, peer = StreetMap.load(out, "hierarchy"), StreetMap.load(out, "dijkstra")
    chance = np.random.default_rng(1)
    sources, targets = (chance.integers(0, streets.nodes, size).tolist() for _ in range(2))
    streets.seconds(0, sources[:1], targets[:1])
    peer.seconds(0, sources[:1], targets[:1])
    matrix = [timed(lambda: streets.seconds(0, sources, targets)) for _ in range(REPEATS)]
    rows = timed(lambda: peer.seconds(0, sources[:peer_rows], targets))
    same = (
        streets.seconds(0, sources[:peer_rows], targets) == peer.seconds(0, sources[:peer_rows], targets)
    ).all()
    return {
        "extract": extract.name,
        "counts": streets.facts.counts,
        "build_s": round(built.wall_s, 2),
        "build_cpu_s": round(built.cpu_s, 2),
        "map_bytes": map_bytes,
        "load_s": round(median(loaded), 3),
        "matrix": f"{size}x{size}, restrictions on",
        "matrix_cpu_s": round(median(run.cpu_s for run in matrix), 3),
        "matrix_wall_s": round(median(run.wall_s for run in matrix), 3),
        "renew_all_weights_cpu_ms": round(median(customise_ms(streets)), 1),
        "dijkstra_rows": peer_rows,
        "dijkstra_rows_cpu_s": round(rows.cpu_s, 3),
        "dijkstra_matrix_cpu_s_scaled": round(rows.cpu_s * size / peer_rows, 1),
        "dijkstra_agrees": bool(same),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "routingkit_cch": version("routingkit-cch"),
        "scipy": version("scipy"),
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("extract", nargs="?", type=Path, default=PORTO)
    parser.add_argument("--size", type=int, default=1_000)
    parser.add_argument("--peer-rows", type=int, default=20)
    asked = parser.parse_args()
    if not asked.extract.is_file():
        parser.error(f"{asked.extract} is not there; name an OpenStreetMap extract")
    print(json.dumps(measure(asked.extract, asked.size, asked.peer_rows), indent=2))


if __name__ == "__main__":
    main()
