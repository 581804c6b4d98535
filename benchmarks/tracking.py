"""How long the tracking page takes: `python benchmarks/tracking.py` prints JSON.

A day's stand of orders in the demo city, in memory, is asked through the whole web surface in this process:
door, link, views, live quote, template. No network is in the figure.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from doorstep.app import Settings
from doorstep.cli.market_files import read_market
from doorstep.cli.stage import city_folder, city_map, read_script, set_stage
from doorstep.planning.warm import warm
from doorstep.simulation.world import WorldParameters

LOOKS: int = 2_000
"""Pages that are asked for."""


def main() -> None:
    """Play a day until the hour, ask for pages in turn, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=Path, default=city_folder("neubrandenburg") / "orders.csv")
    parser.add_argument("--hour", type=int, default=11, help="local hour up to which the day is played")
    parser.add_argument("--looks", type=int, default=LOOKS)
    asked = parser.parse_args()
    warm()
    network = read_market(city_folder("neubrandenburg") / "network.toml")
    script = read_script(city_map("neubrandenburg"), network, asked.orders, None)
    stage = set_stage(script, WorldParameters(), Settings(seed=1, relaxed=True), seed=1)
    midnight_s = stage.end // 1_000_000 - 23 * 3_600 - 1_800
    for now in stage.day.steps():
        if now // 1_000_000 >= midnight_s + asked.hour * 3_600:
            break
    app = stage.app
    orders = [state.id for _, state in sorted(app.market.all_of("order").items())]
    first, again = [], []
    stage.loopback.call("GET", f"/t/{app.tracking.token(orders[0])}")  # compiles the template
    for order, path in _paths(orders, asked.looks, stage):
        spent = first if order is not None else again
        start = perf_counter()
        answer = stage.loopback.call("GET", path, {"accept": "text/html"})
        spent.append((perf_counter() - start) * 1_000)
        assert answer.status == 200, answer
    page_bytes = len(gzip.compress(answer.body, 5))
    figures = {
        "orders": len(orders),
        "events": app.market.head.size,
        "page_gzip_bytes": page_bytes,
        "first_look_ms": _figures(first),
        "later_look_ms": _figures(again),
    }
    app.close()
    print(json.dumps(figures, indent=1))


def _paths(orders: list, looks: int, stage) -> Iterator[tuple[str | None, str]]:  # noqa: ANN001  a stage of the command line
    """Each order's page once, which records the look, then in turn again."""
    paths = [f"/t/{stage.app.tracking.token(order)}" for order in orders]
    yield from zip(orders, paths, strict=True)
    for number in range(max(0, looks - len(paths))):
        yield None, paths[number * 7 % len(paths)]


def _figures(spent: list[float]) -> dict[str, float]:
    cuts = quantiles(spent, n=100)
    return {
        "looks": len(spent),
        "p50": round(cuts[49], 2),
        "p95": round(cuts[94], 2),
        "p99": round(cuts[98], 2),
        "max": round(max(spent), 2),
    }


if __name__ == "__main__":
    main()
