"""`doorstep carrier-sim`: a carrier's test server: book with it, and its messages come within a minute."""

import asyncio
import contextlib
import socket
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import msgspec
import typer
import uvicorn

from doorstep.adapters.clocks import SystemClock
from doorstep.cli.failure import BadInput
from doorstep.simulation.carriers.carrier_world import HABITS, CarrierKind, CarrierWorld, Keys, Surroundings
from doorstep.simulation.carriers.ground import FlatGround
from doorstep.simulation.carriers.habits import calm
from doorstep.simulation.carriers.live import LiveAgenda, Slow, act_in_time
from doorstep.simulation.draws import Draws
from doorstep.simulation.world import WorldParameters
from doorstep.web.serving import STOP_S_MAX, AddressUnusable, bind, url_of

SPEED: Final = 60
"""Seconds of the carrier's world in one of ours."""
API_KEY: Final = "test"
SECRET: Final = "whsec_" + b64encode(b"a secret for tests, known to all").decode()
"""What signs where nobody names a secret: good for tests alone."""
FORM_OF_WHSEC: Final = "the courier's secret is written as whsec_ and base 64."
WEBHOOK_S_MAX: Final = 5.0
NAMES: Final = {CarrierKind.regional: "Tollense Paketdienst", CarrierKind.courier: "Flinke Boten"}


class Taken(NamedTuple):
    """What the customer's door answered; status 0 is none that answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class PrintingDoor:
    """Where nobody listens yet: each message is printed, headers and all, and counts as taken."""

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Taken:
        """Print one message."""
        lines = [f"{method} {path}", *(f"{name}: {value}" for name, value in (headers or {}).items()), ""]
        print("\n".join(lines), body.decode(), "", sep="\n", flush=True)
        return Taken(200, {}, b"")


class HttpDoor:
    """A customer's door on the network; what became of each message is printed in one line."""

    def __init__(self, origin: str) -> None:
        self._client = httpx.Client(base_url=origin, timeout=WEBHOOK_S_MAX, trust_env=False)

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Taken:
        """Send one message."""
        try:
            answer = self._client.request(method, path, headers=dict(headers or {}), content=body)
        except httpx.HTTPError as fault:
            print(f"{len(body)} bytes to {path}: {type(fault).__name__}", flush=True)
            return Taken(0, {}, b"")
        print(f"{len(body)} bytes to {path}: {answer.status_code}", flush=True)
        return Taken(answer.status_code, {}, b"")


def carrier_sim(
    *,
    kind: Annotated[CarrierKind, typer.Argument(help="Which protocol it speaks.")],
    webhook: Annotated[
        str,
        typer.Option("--webhook", metavar="URL", help="Where its messages go; without it they are printed."),
    ] = "",
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="The port; 0 takes any that is free.")
    ] = 0,
    api_key: Annotated[str, typer.Option("--key", help="The bearer key that opens its doors.")] = API_KEY,
    secret: Annotated[
        str, typer.Option("--secret", envvar="DOORSTEP_CARRIER_SECRET", help="What signs its messages.")
    ] = SECRET,
    zone: Annotated[str, typer.Option("--zone", help="The zone of its depots' clocks.")] = "Europe/Berlin",
    speed: Annotated[
        float, typer.Option("--speed", min=1, max=10_000, help="Its seconds in one of yours.")
    ] = SPEED,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Its luck.")] = 1,
    faults: Annotated[bool, typer.Option("--faults", help="With outages, late and wrong messages.")] = False,
    by_window: Annotated[
        bool, typer.Option("--by-window", help="Wait for a shipment's window; else it starts at once.")
    ] = False,
) -> None:
    """Run a carrier's test server.

    A booking with it is seen through to its delivery, and each thing that happens is pushed, signed.
    """
    address = urlsplit(webhook)
    if webhook and (address.scheme not in ("http", "https") or not address.netloc):
        raise BadInput(f"{webhook!r} is no address for messages; write it like http://127.0.0.1:8000/path.")
    habits = HABITS[kind] if faults else calm(HABITS[kind])
    draws = Draws(seed)
    around = Surroundings(
        agenda=LiveAgenda(),
        clock=SystemClock(),
        ground=FlatGround(WorldParameters(), draws),
        draws=draws,
        zone=_zone(zone),
        door=HttpDoor(f"{address.scheme}://{address.netloc}") if webhook else PrintingDoor(),
        path=(address.path or "/") + (f"?{address.query}" if address.query else ""),
        speed=speed,
    )
    keys = Keys(api_key, _checked(kind, secret))
    world = CarrierWorld(
        kind, kind.value, keys, around, msgspec.structs.replace(habits, prompt=not by_window)
    )
    try:
        bound = bind(host, port)
    except AddressUnusable as fault:
        raise BadInput(f"{fault}; choose another with --host and --port.") from fault
    print(f"{NAMES[kind]} answers at {url_of(bound)}", flush=True)
    if secret == SECRET:
        print(f"It signs with {SECRET}, which everybody knows: for tests alone.", flush=True)
    asyncio.run(show(world, around, bound))


async def show(world: CarrierWorld, around: Surroundings, bound: socket.socket) -> None:
    """The carrier's server and its people, until a signal ends the server."""
    world.start(world.house.clock.now())
    config = uvicorn.Config(
        Slow(world.server), lifespan="off", ws="none", log_level="warning", access_log=False,
        timeout_graceful_shutdown=STOP_S_MAX,
    )  # fmt: skip
    server = uvicorn.Server(config)
    people = asyncio.create_task(act_in_time(around.agenda, world.house.clock))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    done, _ = await asyncio.wait({people, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    if people in done:
        people.result()  # a defect of its people ends the server too, and is told
    people.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await people


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise BadInput(f"{name!r} is no zone; write one like Europe/Berlin.") from fault


def _checked(kind: CarrierKind, secret: str) -> str:
    """The secret, once it is one that this protocol can sign with."""
    if not secret:
        raise BadInput("an empty secret signs nothing.")
    if kind is CarrierKind.courier:
        prefix, _, coded = secret.partition("_")
        try:
            known = b64decode(coded, validate=True)
        except ValueError as fault:
            raise BadInput(FORM_OF_WHSEC) from fault
        if prefix != "whsec" or not known:
            raise BadInput(FORM_OF_WHSEC)
    return secret
