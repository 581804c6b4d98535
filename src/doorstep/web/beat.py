"""A thread beside a server: it works off what is due, then sleeps until the next, until someone stops it."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from doorstep.engine.callers import OverloadedError
from doorstep.engine.ports.store import HeadMovedError, StoreUnavailableError
from doorstep.vocabulary.units import MICROSECONDS, Instant

if TYPE_CHECKING:
    from doorstep.app import Doorstep

BEAT_S: Final = 1.0
"""Seconds between two beats, at most."""
PAUSE_S_MIN: Final = 0.01
"""Seconds between two beats, at least, so that what is late leaves requests a turn."""

_log: Final = logging.getLogger(__name__)


class Beat(ABC):
    """Works off a market's share of waiting things, beat by beat.

    `on_defect` is called, on that thread, where something raised that nobody has foreseen; `stop` raises it.
    A store that does not answer is no defect: the beat waits for it.
    """

    def __init__(self, name: str, app: "Doorstep", on_defect: Callable[[], None]) -> None:
        self._name = name
        self._app = app
        self._on_defect = on_defect
        self._stopped = Event()
        self._thread = Thread(target=self._keep, name=name, daemon=True)
        self._defect: Exception | None = None

    @abstractmethod
    def _work(self) -> None:
        """Do what is due now."""

    @abstractmethod
    def _next_due(self) -> Instant | None:
        """When something is due next; None where nothing waits."""

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
                self._work()
                pause_s = self._until_next_s()
            except (StoreUnavailableError, HeadMovedError, OverloadedError) as fault:
                _log.warning("the %s waits for the store: %s", self._name, fault)
                pause_s = BEAT_S
            except Exception as defect:  # noqa: BLE001 - told to whoever stops this thread
                self._defect = defect
                self._on_defect()
                return

    def _until_next_s(self) -> float:
        due = self._next_due()
        if due is None:
            return BEAT_S
        return min(BEAT_S, max(PAUSE_S_MIN, (due - self._app.clock.now()) / MICROSECONDS))
