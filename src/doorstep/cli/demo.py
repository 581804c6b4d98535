"""`doorstep demo`: the demo city live: a simulated day at a chosen speed behind the real doors and pages."""

import asyncio
import contextlib
import signal
import socket
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn
from rich.console import Console

from doorstep.app import Settings, instant_of
from doorstep.cli.failure import BadInput
from doorstep.cli.market_files import read_market
from doorstep.cli.stage import Stage, city_folder, city_map, read_script, set_stage
from doorstep.planning.warm import warm
from doorstep.simulation.world import WorldParameters
from doorstep.vocabulary.units import MICROSECONDS, Instant
from doorstep.web.serving import STOP_S_MAX, AddressUnusable, bind, stopped_by_signals, url_of

PORT: Final = 8000
SPEED: Final = 30
"""Virtual seconds a second."""
LIVE_FROM: Final = "07:35"
"""Local time up to which the day is played as fast as it goes: vans load, none has left yet."""
REPORT_S: Final = 30
"""Virtual seconds between two positions of a moving van."""
ACTS_A_TURN: Final = 5
"""Acts that fast-forwarding plays before it lets the server answer."""


def demo(
    *,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65_535, envvar="PORT", help="Where to listen.")
    ] = PORT,
    host: Annotated[str, typer.Option("--host", help="On which address.")] = "127.0.0.1",
    city: Annotated[str, typer.Option("--city", help="A city of the examples.")] = "neubrandenburg",
    orders: Annotated[
        Path | None, typer.Option("--orders", metavar="FILE", help="Other orders: .csv or .ndjson.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The world's luck.")] = 1,
    speed: Annotated[
        float, typer.Option("--speed", min=0.1, max=3_600, help="Virtual seconds a second.")
    ] = SPEED,
    live_from: Annotated[
        str, typer.Option("--from", metavar="HH:MM", help="Local time from which you watch.")
    ] = LIVE_FROM,
) -> None:
    """Run the demo city live and print its address."""
    try:
        bound = bind(host, port)
    except AddressUnusable as fault:
        raise BadInput(f"{fault}. Name another with --port or PORT.") from fault
    console = Console(stderr=True)
    console.print("Reading the city …")
    folder = city_folder(city)
    network = read_market(folder / "network.toml")
    script = read_script(city_map(city), network, orders or folder / "orders.csv", None)
    try:
        moment = datetime.combine(script.day, time.fromisoformat(live_from), network.market.clock())
    except ValueError as fault:
        raise BadInput(f"--from {live_from} is no time of day; write one like {LIVE_FROM}.") from fault
    warm()
    settings = Settings(seed=seed, open_reads=True, local_webhooks=True)
    stage = set_stage(script, WorldParameters(), settings, seed=seed, report_s=REPORT_S)
    console.print(f"Doorstep: {url_of(bound)}/", highlight=False)
    try:
        asyncio.run(show(stage, bound, Pace(instant_of(moment), speed, console)))
    finally:
        stage.app.close()


class Pace:
    """When virtual time may go on: at once before `live`, then `speed` virtual seconds a second."""

    def __init__(self, live: Instant, speed: float, console: Console) -> None:
        self._live = live
        self._speed = speed
        self._console = console
        self._since: float | None = None
        self._acts = 0

    async def wait_until(self, now: Instant) -> None:
        """Let the server answer, and wait where the day is watched."""
        loop = asyncio.get_running_loop()
        if now < self._live:
            self._acts += 1
            if self._acts % ACTS_A_TURN == 0:
                await asyncio.sleep(0)
            return
        if self._since is None:
            self._since = loop.time()
            self._console.print(f"Live, {self._speed:g} times as fast as life. Stop with Ctrl-C.")
        due = self._since + (now - self._live) / MICROSECONDS / self._speed
        await asyncio.sleep(max(0.0, due - loop.time()))


async def show(stage: Stage, bound: socket.socket, pace: Pace, *, stays: bool = True) -> None:
    """The server and the world on one loop: no act ever meets a half-done request.

    The pages stay when the day is over, until a signal ends the server; without `stays` they go with it.
    """
    server = uvicorn.Server(
        uvicorn.Config(stage.api, log_level="warning", timeout_graceful_shutdown=STOP_S_MAX)
    )

    def leave() -> None:
        server.should_exit = True

    # Uvicorn raises the signal again behind its end: unheeded, that would end the process on the spot, and
    # leave the route solvers behind. Ctrl-C stays what it is at a shell, an interrupt.
    with stopped_by_signals(leave, (signal.SIGTERM,)):
        await _side_by_side(stage, server, bound, pace, stays=stays)


async def _side_by_side(
    stage: Stage, server: uvicorn.Server, bound: socket.socket, pace: Pace, *, stays: bool
) -> None:
    world = asyncio.create_task(_play(stage, pace))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    done, _ = await asyncio.wait({world, serving}, return_when=asyncio.FIRST_COMPLETED)
    if stays and world in done and world.exception() is None:
        local = datetime.fromtimestamp(stage.app.clock.now() / MICROSECONDS, UTC).astimezone(stage.app.zone)
        Console(stderr=True).print(f"The day is over ({local:%H:%M}). The pages stay; stop with Ctrl-C.")
        await serving
        return
    server.should_exit = True
    await serving
    world.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await world


async def _play(stage: Stage, pace: Pace) -> None:
    for now in stage.day.steps():
        await pace.wait_until(now)
