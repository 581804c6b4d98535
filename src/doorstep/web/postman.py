"""The postman: a thread that sends what goes out, so that no timer and no request waits for who is slow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from doorstep.engine.outbox import Lanes
from doorstep.vocabulary.units import Instant
from doorstep.web.beat import Beat

if TYPE_CHECKING:
    from doorstep.app import Doorstep

LANES: Final = 8
"""Webhook messages that are under way at once. At a stop, these are waited for."""
BESIDE: Final = frozenset({"webhook"})
"""The kinds of effects that go out beside each other; carriers and shoppers are served one by one."""
SWEEP_BEATS: Final = 3_600
"""Beats after which what was sent long ago is forgotten."""


class Postman(Beat):
    """Keeps a market's outbox empty until it is stopped."""

    def __init__(self, app: "Doorstep", on_defect: Callable[[], None]) -> None:
        super().__init__("postman", app, on_defect)
        self._executor = ThreadPoolExecutor(LANES, "webhook")
        self._lanes = Lanes(BESIDE, self._executor)
        self._beats = 0

    def stop(self) -> None:
        """End, after what is under way; raises the defect that ended it, if one did."""
        try:
            super().stop()
        finally:
            self._executor.shutdown()

    def _work(self) -> None:
        self._app.send(self._lanes, LANES)
        self._beats += 1
        if self._beats % SWEEP_BEATS == 0:
            self._app.outbox.sweep(self._app.clock.now())

    def _next_due(self) -> Instant | None:
        return self._app.outbox.next_due()
