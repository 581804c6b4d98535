"""The postman: a thread that sends what goes out, so that no timer and no request waits for who is slow."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from doorstep.engine.callers import OverloadedError
from doorstep.engine.outbox import Lanes
from doorstep.engine.ports.store import HeadMovedError, StoreUnavailableError
from doorstep.vocabulary.units import MICROSECONDS

if TYPE_CHECKING:
    from doorstep.app import Doorstep

LANES: Final = 8
"""Webhook messages that are under way at once. At a stop, these are waited for."""
BESIDE: Final = frozenset({"webhook"})
"""The kinds of effects that go out beside each other; carriers and shoppers are served one by one."""
BEAT_S: Final = 1.0
"""Seconds between two looks at the outbox, at most."""
PAUSE_S_MIN: Final = 0.01
"""Seconds between two looks, at least."""
SWEEP_BEATS: Final = 3_600
"""Looks after which what was sent long ago is forgotten."""

_log: Final = logging.getLogger(__name__)


class Postman:
    """Keeps a market's outbox empty until it is stopped.

    `on_defect` is called, on that thread, where something raised that nobody has foreseen; `stop` raises it.
    """

    def __init__(self, app: "Doorstep", on_defect: Callable[[], None]) -> None:
        self._app = app
        self._on_defect = on_defect
        self._stopped = Event()
        self._thread = Thread(target=self._keep, name="postman", daemon=True)
        self._beats = 0
        self._defect: Exception | None = None

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
        with ThreadPoolExecutor(LANES, "webhook") as executor:
            lanes = Lanes(BESIDE, executor)
            while not self._stopped.wait(pause_s):
                try:
                    self._app.send(lanes, LANES)
                    self._sweep()
                    pause_s = self._until_next_s()
                except (StoreUnavailableError, HeadMovedError, OverloadedError) as fault:
                    _log.warning("the outbox waits for the store: %s", fault)
                    pause_s = BEAT_S
                except Exception as defect:  # noqa: BLE001 - told to whoever stops this thread
                    self._defect = defect
                    self._on_defect()
                    return

    def _sweep(self) -> None:
        self._beats += 1
        if self._beats % SWEEP_BEATS == 0:
            self._app.outbox.sweep(self._app.clock.now())

    def _until_next_s(self) -> float:
        due = self._app.outbox.next_due()
        if due is None:
            return BEAT_S
        return min(BEAT_S, max(PAUSE_S_MIN, (due - self._app.clock.now()) / MICROSECONDS))
