"""`doorstep day`: a whole delivery day in seconds, with its log, its packets and its report."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from doorstep.adapters.report_html import write_report
from doorstep.adapters.signing import public_pem
from doorstep.app import Settings
from doorstep.cli.failure import BadInput, FoundBroken
from doorstep.cli.inspection import inspect
from doorstep.cli.market_files import read_market, read_streets
from doorstep.cli.rejected_rows import say_rejected, write_rejected
from doorstep.cli.stage import (
    Script,
    Stage,
    check_zone,
    city_folder,
    city_map,
    read_script,
    service_day,
    set_stage,
)
from doorstep.engine.log import export, log_hash, read_record
from doorstep.lifecycle.order import OrderState, OrderStatus
from doorstep.simulation.world import WorldParameters
from doorstep.views.day_report import DayReport, DayReportFold
from doorstep.views.period import Period
from doorstep.vocabulary.units import MICROSECONDS, seconds_between

PPM: Final = 1_000_000
DAYS_APART_MAX: Final = 7
"""Days that `--day` may lie from the day that most orders want."""


def day(
    *,
    orders: Annotated[Path, typer.Option("--orders", metavar="FILE", help="Orders: .csv or .ndjson.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where log, packets and report go.")],
    city: Annotated[str, typer.Option("--city", help="A city of the examples.")] = "neubrandenburg",
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="CITY.map", help="Another city's map.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option("--network", metavar="FILE.toml", help="Hubs, vans and roster.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The world's luck.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Route search processes.")] = 1,
    on: Annotated[str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="The day to run.")] = None,
    zone: Annotated[str, typer.Option("--zone", help="Time zone of a map without a network.")] = "UTC",
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run a delivery day in seconds and say how it went.

    Rows that cannot be taken are named and kept, and the day goes on without them: that is no failure. Ends
    with 1 where an invariant is broken.
    """
    asked = _date(on)
    script = _script(city, map_file, network, orders, asked, zone)
    _check_day(script, asked)
    _make_folder(out)
    settings = Settings(folder=out, seed=seed, workers=workers, relaxed=True)
    stage = set_stage(script, WorldParameters(), settings, seed=seed)
    try:
        _play(stage, quiet=json)
        _write_packets(stage, out)
        texts = list(export(stage.app.store, stage.app.market.id))
        report = _report(stage, script, texts)
    finally:
        stage.app.close()
    _write(stage, report, script, texts, out)
    if json:
        sys.stdout.write(report.to_json().decode() + "\n")
    else:
        _show(report, script, out)
    say_rejected(script.orders, script.rejected, out)
    if report.invariants.broken:
        raise FoundBroken(
            f"{len(report.invariants.broken)} invariants are broken: {report.invariants.broken[0]}"
        )


def _date(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as fault:
        raise BadInput(f"--day {text} is no day; write one like 2026-06-16.") from fault


def _check_day(script: Script, asked: date | None) -> None:
    """A day on which nobody wants anything would only play the days before it."""
    wanted = service_day(script.rows, script.network)
    if asked is not None and abs((asked - wanted).days) > DAYS_APART_MAX:
        raise BadInput(f"--day {asked}: the orders are for {wanted}; name a day near it.")


def _make_folder(out: Path) -> None:
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise BadInput(f"{out} is no empty folder; name one that is new or empty.")
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadInput(f"--out {out}: {fault.strerror}.") from fault


def _script(
    city: str, map_file: Path | None, network: Path | None, orders: Path, on: date | None, zone: str
) -> Script:
    """The script from the options: a city of the examples, or a map with or without a network."""
    check_zone(zone)
    if map_file is None:
        streets = city_map(city)
        described = read_market(network or city_folder(city) / "network.toml")
        return read_script(streets, described, orders, on)
    streets = read_streets(map_file)
    found = None if network is None else read_market(network)
    return read_script(streets, found, orders, on, zone=streets.facts.zone or zone)


def _play(stage: Stage, *, quiet: bool) -> None:
    """Run the day, with a bar over virtual time where somebody watches."""
    console = Console(stderr=True)
    start = stage.app.clock.now()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("the day", total=seconds_between(start, stage.end))
        for now in stage.day.steps():
            local = datetime.fromtimestamp(now / MICROSECONDS, UTC).astimezone(stage.app.zone)
            bar.update(task, completed=seconds_between(start, now), description=f"{local:%a %H:%M}")


def _write_packets(stage: Stage, out: Path) -> None:
    """A packet for every order that came to its end."""
    states: list[OrderState] = [
        state
        for _, state in sorted(stage.app.market.all_of("order").items())
        if state.status in (OrderStatus.fulfilled, OrderStatus.undelivered)
    ]
    folder = out / "packets"
    folder.mkdir()
    for state, packet in zip(states, stage.app.packets(states), strict=True):
        (folder / f"{state.id}.zip").write_bytes(packet)


def _report(stage: Stage, script: Script, texts: list[bytes]) -> DayReport:
    """The report over the whole log, with what the independent checkers found."""
    app = stage.app
    fold = DayReportFold(app.market.id, script.network.market.currency)
    for text in texts:
        fold.apply(read_record(text))
    checked = inspect(stage, texts)
    return fold.summary(Period.whole(app.clock.now()), log_hash(texts), checked)


def _write(stage: Stage, report: DayReport, script: Script, texts: list[bytes], out: Path) -> None:
    (out / "log.ndjson").write_bytes(b"".join(text + b"\n" for text in texts))
    (out / "market.pub.pem").write_bytes(public_pem(stage.app.signer.public_key))
    (out / "report.json").write_bytes(report.to_json() + b"\n")
    contracts = stage.app.book.contracts.carrier
    names = {str(one): contract.name for one, contract in contracts.items()}
    write_report(report, out, zone=script.network.market.zone, names=names)
    write_rejected(script.orders, script.rejected, out)


def _show(report: DayReport, script: Script, out: Path) -> None:
    console = Console()
    promises, cost = report.promises, report.cost
    table = Table(title=f"{script.network.market.name}, {script.day:%A %d %B %Y}", show_header=False)
    for name, value in (
        ("orders", str(report.orders)),
        ("delivered", str(report.delivered)),
        ("promises kept", f"{promises.kept} of {promises.due} due"),
        ("refused", str(promises.refused)),
        ("cases", f"{report.cases.total.opened}, open at the end {report.cases.total.open}"),
        (
            "cost of a delivered order",
            f"{(cost.per_delivered.mean_milli or 0) / 100_000:.2f} {cost.currency}",
        ),
        ("invariants broken", str(len(report.invariants.broken))),
    ):
        table.add_row(name, value)
    console.print(table)
    for name, told in (
        ("log", report.log_hash), ("report", out / "report.html"), ("packets", out / "packets")
    ):  # fmt: skip
        print(f"{name:<7} {told}")
