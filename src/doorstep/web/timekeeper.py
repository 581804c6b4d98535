"""The timekeeper: a thread that fires a market's timers, and opens each new day's roster."""

import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from doorstep.engine.timers import TimerFailed
from doorstep.vocabulary.units import Instant, seconds_between
from doorstep.web.beat import Beat

if TYPE_CHECKING:
    from doorstep.app import Doorstep

SWEEP_S: Final = 3_600
"""Seconds between two times that old idempotency answers are forgotten."""

_log: Final = logging.getLogger(__name__)


class Timekeeper(Beat):
    """Fires timers when they are due until it is stopped; rosters open before them."""

    def __init__(self, app: "Doorstep", on_defect: Callable[[], None]) -> None:
        super().__init__("timekeeper", app, on_defect)
        self._opened: date | None = None
        self._swept_at = app.clock.now()

    def open_days(self) -> None:
        """Put the shifts of every day that is on sale by policy on the roster, once a day."""
        today = self._app.today()
        if self._opened == today:
            return
        with self._app.planner.lock:
            for ahead in range(self._app.book.promises.days_on_sale):
                self._app.open_day(today + timedelta(days=ahead))
        self._opened = today

    def _work(self) -> None:
        self.open_days()
        for failed in self._app.fire().failed:
            _report(failed)
        self._app.checkpoints.keep_up()
        now = self._app.clock.now()
        if seconds_between(self._swept_at, now) >= SWEEP_S:
            self._app.idempotency.sweep(now)
            self._swept_at = now

    def _next_due(self) -> Instant | None:
        return self._app.timers.next_due()


def _report(failed: TimerFailed) -> None:
    timer = failed.timer
    if failed.is_dead:
        _log.error("timer %s was given up and has a case", timer.id, exc_info=failed.error)
    else:
        _log.warning("timer %s failed and is tried again: %s", timer.id, failed.error)
