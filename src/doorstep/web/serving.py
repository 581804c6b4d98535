"""Serving: a market behind an address, its timers kept by a thread beside it, until someone ends it.

A signal to stop (SIGINT, SIGTERM) lets requests end that are under way; a defect in the timers stops the
server too, for a market whose timers do not fire must not go on making promises.
"""

import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Event, Thread, current_thread, main_thread
from types import FrameType
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.types import ASGIApp

from doorstep.engine.callers import OverloadedError
from doorstep.engine.ports.store import HeadMovedError, StoreUnavailableError
from doorstep.engine.timers import TimerFailed
from doorstep.vocabulary.units import MICROSECONDS, seconds_between
from doorstep.web.postman import Postman

if TYPE_CHECKING:
    from doorstep.app import Doorstep

BEAT_S: Final = 1.0
"""Seconds between two looks at the timers, at most."""
PAUSE_S_MIN: Final = 0.01
"""Seconds between two looks, at least, so that timers that are late leave requests a turn."""
SWEEP_S: Final = 3_600
"""Seconds between two times that old idempotency answers are forgotten."""
BACKLOG: Final = 1_024
"""Connections that wait to be accepted."""
STOP_S_MAX: Final = 3
"""Seconds that requests and streams get to end when the server stops."""
STOPS: Final = (signal.SIGINT, signal.SIGTERM)

_log: Final = logging.getLogger(__name__)


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


class Timekeeper:
    """A thread that fires a market's timers when they are due, and opens each new day's roster.

    `on_defect` is called, on that thread, where something raised that nobody has foreseen; `stop` raises it.
    """

    def __init__(self, app: "Doorstep", on_defect: Callable[[], None]) -> None:
        self._app = app
        self._on_defect = on_defect
        self._stopped = Event()
        self._thread = Thread(target=self._keep, name="timekeeper", daemon=True)
        self._opened: date | None = None
        self._swept_at = app.clock.now()
        self._defect: Exception | None = None

    def open_days(self) -> None:
        """Put the shifts of every day that is on sale by policy on the roster, once a day."""
        today = self._app.today()
        if self._opened == today:
            return
        with self._app.planner.lock:
            for ahead in range(self._app.book.promises.days_on_sale):
                self._app.open_day(today + timedelta(days=ahead))
        self._opened = today

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is under way; raises the defect that ended it, if one did."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._defect is not None:
            raise self._defect

    def _keep(self) -> None:
        pause_s = 0.0
        while not self._stopped.wait(pause_s):
            try:
                self._beat()
                pause_s = self._until_next_s()
            except (StoreUnavailableError, HeadMovedError, OverloadedError) as fault:
                _log.warning("the timers wait for the store: %s", fault)
                pause_s = BEAT_S
            except Exception as defect:  # noqa: BLE001 - told to whoever stops this thread
                self._defect = defect
                self._on_defect()
                return

    def _beat(self) -> None:
        self.open_days()
        for failed in self._app.fire().failed:
            _report(failed)
        self._app.checkpoints.keep_up()
        now = self._app.clock.now()
        if seconds_between(self._swept_at, now) >= SWEEP_S:
            self._app.idempotency.sweep(now)
            self._swept_at = now

    def _until_next_s(self) -> float:
        due = self._app.timers.next_due()
        if due is None:
            return BEAT_S
        return min(BEAT_S, max(PAUSE_S_MIN, (due - self._app.clock.now()) / MICROSECONDS))


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
        with _stopped_by_signals(server):
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
def _stopped_by_signals(server: _Server) -> Iterator[None]:
    """While this lasts, a signal to stop ends the server and not the process.

    Uvicorn catches signals only while it runs, and raises them again behind its end; both then meet this.
    """
    if current_thread() is not main_thread():
        yield  # only the main thread may catch signals, and whoever runs us beside it ends us in other ways
        return

    def leave(_number: int, _frame: FrameType | None) -> None:
        server.leave()

    before = {number: signal.signal(number, leave) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(failed: TimerFailed) -> None:
    timer = failed.timer
    if failed.is_dead:
        _log.error("timer %s was given up and has a case", timer.id, exc_info=failed.error)
    else:
        _log.warning("timer %s failed and is tried again: %s", timer.id, failed.error)


def _why(fault: OSError, host: str, port: int) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken"
    if fault.errno == errno.EACCES:
        return f"port {port} of {host} is not ours to take"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine"
    return f"port {port} of {host} cannot be had: {fault.strerror}"
