"""`doorstep map`: build a city's map from an OpenStreetMap extract, look into it, find an address in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from doorstep.adapters.maps.build import STEPS, build_map
from doorstep.adapters.maps.container import MapFacts, MapFile, read_map
from doorstep.adapters.maps.geocoder import StreetGeocoder
from doorstep.adapters.maps.streets import StreetMap
from doorstep.cli.failure import BadInput, FoundBroken
from doorstep.engine.ports.geocoder import Resolved
from doorstep.engine.ports.travel import MapUnreadable

app = typer.Typer(help="Build and look into street maps.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MapPath = Annotated[Path, typer.Argument(metavar="CITY.map", help="A map that `doorstep map build` made.")]

_REASONS = {
    "not_found": "no such street or house number on this map",
    "incomplete": "the house number is missing",
    "ambiguous": "several places fit; add the postcode or the city",
    "out_of_area": "the address lies outside this map",
}


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, one mark a step; none where nobody watches."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _step: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(STEPS[0], total=len(STEPS))
        yield lambda step: progress.update(task, completed=step, description=STEPS[step])


def _checked_zone(zone: str | None) -> str | None:
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as unknown:
            raise BadInput(f"{zone} is no time zone; write one like Europe/Berlin.") from unknown
    return zone


@app.command()
def build(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="An extract: .osm.pbf, .osm.bz2, .osm.gz or .osm.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="CITY.map", help="Where the map goes.")],
    zone: Annotated[str | None, typer.Option(help="The city's time zone, such as Europe/Berlin.")] = None,
    json: Json = False,
) -> None:
    """Build a map from an OpenStreetMap extract: streets, restrictions, addresses, and the drawing."""
    _checked_zone(zone)
    if not out.absolute().parent.is_dir():
        raise BadInput(f"{out.parent} is no folder; make it first or choose another --out.")
    if out.exists() and source.exists() and out.samefile(source):
        raise BadInput(f"{out} is the extract itself; --out names another file.")
    if out.is_dir():
        raise BadInput(f"{out} is a folder; --out names a file.")
    try:
        with _progress(quiet=json) as on_step:
            build_map(source, out, zone, on_step)
    except MapUnreadable as unreadable:
        raise BadInput(str(unreadable)) from unreadable
    except OSError as refused:
        raise BadInput(f"{out} cannot be written: {refused.strerror}.") from refused
    file = _read(out)
    _print_facts(out, file.facts, file.content_sha256, json=json)


@app.command()
def info(path: MapPath, json: Json = False) -> None:
    """Say what a map holds and where it comes from."""
    file = _read(path)
    _print_facts(path, file.facts, file.content_sha256, json=json)


@app.command()
def find(
    path: MapPath,
    address: Annotated[str, typer.Argument(help="An address, as people write it.")],
    json: Json = False,
) -> None:
    """Find an address on a map; ends with 1 where it has no certain place."""
    try:
        streets = StreetMap.load(path)
    except MapUnreadable as unreadable:
        raise BadInput(str(unreadable)) from unreadable
    found = StreetGeocoder(streets).resolve(address)
    if json:
        print(msgspec.json.encode(found).decode())
    elif isinstance(found, Resolved):
        print(f"{found.label}\t{found.point.lat:.6f}, {found.point.lon:.6f}")
    else:
        for candidate in found.candidates:
            print(candidate)
    if not isinstance(found, Resolved):
        hint = "; likely ones are listed" if found.candidates and not json else ""
        raise FoundBroken(f"{_REASONS[found.reason]}{hint}.")


def _read(path: Path) -> MapFile:
    try:
        return read_map(path)
    except MapUnreadable as unreadable:
        raise BadInput(str(unreadable)) from unreadable


def _print_facts(path: Path, facts: MapFacts, content_sha256: str, *, json: bool) -> None:
    profiles = [profile.name for profile in facts.speeds.profile]
    if json:
        told = {
            "map": str(path),
            "bytes": path.stat().st_size,
            "content_sha256": content_sha256,
            "source": facts.source,
            "source_sha256": facts.source_sha256,
            "attribution": facts.attribution,
            "zone": facts.zone,
            "bounds": facts.bounds,
            "profiles": profiles,
            "speeds": "modelled",
            "counts": facts.counts,
        }
        print(msgspec.json.encode(told).decode())
        return
    south, west, north, east = facts.bounds
    rows = [
        ("map", f"{path} ({path.stat().st_size / 1e6:.1f} MB, {content_sha256[:12]})"),
        ("source", f"{facts.source} ({facts.source_sha256[:12]})"),
        ("licence", facts.attribution),
        ("bounds", f"{south:.4f}, {west:.4f} to {north:.4f}, {east:.4f}"),
        ("zone", facts.zone or "not given"),
        ("speeds", f"modelled: {', '.join(profiles)}"),
        *((name.replace("_", " "), f"{count:,}") for name, count in facts.counts.items()),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
