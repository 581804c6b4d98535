"""Serving: a market behind an address, its timers kept by a thread beside it, until someone ends it.

A signal to stop (SIGINT, SIGTERM) lets requests end that are under way; a defect in the timers stops the
server too, for a market whose timers do not fire must not go on making promises.
"""

import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.types import ASGIApp

from doorstep.web.postman import Postman
from doorstep.web.timekeeper import Timekeeper

if TYPE_CHECKING:
    from doorstep.app import Doorstep

BACKLOG: Final = 1_024
"""Connections that wait to be accepted."""
STOP_S_MAX: Final = 3
"""Seconds that requests and streams get to end when the server stops."""
STOPS: Final = (signal.SIGINT, signal.SIGTERM)


class AddressUnusable(Exception):
    """Nothing can be served at this address."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that has the address and does not listen yet; port 0 is any that is free.

    Raises:
        AddressUnusable: the port is taken, or the host is none of this machine's; says which.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as fault:
        raise AddressUnusable(f"{host} is no address of this machine") from fault
    try:
        # A port that a server has just left can be had again at once.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as fault:
        bound.close()
        raise AddressUnusable(_why(fault, host, port)) from fault
    return bound


def url_of(bound: socket.socket) -> str:
    """The address as one types it."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(api: ASGIApp, bound: socket.socket, app: "Doorstep", on_ready: Callable[[], None]) -> None:
    """Serve a market until a signal ends it; `on_ready` is called once requests are taken.

    The rosters of the days on sale are open before the first request. The caller closes `app`.

    Raises:
        AddressUnusable: another process was faster to listen.
    """
    try:
        bound.listen(BACKLOG)
    except OSError as fault:
        raise AddressUnusable(_why(fault, *bound.getsockname()[:2])) from fault
    server = _Server(_config(api), on_ready)
    keeper, postman = Timekeeper(app, server.leave), Postman(app, server.leave)
    keeper.open_days()
    keeper.start()
    postman.start()
    try:
        with stopped_by_signals(server.leave):
            server.run(sockets=[bound])
    finally:
        try:
            postman.stop()
        finally:
            keeper.stop()


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets=sockets)
        self._on_ready()

    def leave(self) -> None:
        """Ask it to end; any thread may."""
        self.should_exit = True


def _config(api: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        api,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        # Nobody says for whom they ask: who calls from this machine is what the socket says.
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_S_MAX,
    )


@contextmanager
def stopped_by_signals(
    stop: Callable[[], None], numbers: tuple[signal.Signals, ...] = STOPS
) -> Iterator[None]:
    """While this lasts, a signal to stop ends the server, by `stop`, and not the process.

    Uvicorn catches signals only while it runs, and raises them again behind its end; both then meet this.
    """
    if current_thread() is not main_thread():
        yield  # only the main thread may catch signals, and whoever runs us beside it ends us in other ways
        return

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _why(fault: OSError, host: str, port: int) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken"
    if fault.errno == errno.EACCES:
        return f"port {port} of {host} is not ours to take"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine"
    return f"port {port} of {host} cannot be had: {fault.strerror}"
