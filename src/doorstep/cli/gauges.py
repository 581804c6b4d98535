"""Gauges: how large each bounded thing of a market grew in a day, beside its limit as it is declared."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from doorstep.adapters.blobs.photos import PHOTO_BYTES_MAX
from doorstep.app import Doorstep
from doorstep.engine.outbox import EFFECTS_PER_PUMP_MAX
from doorstep.engine.retry import EFFECT_RETRY, TIMER_RETRY
from doorstep.engine.timers import TIMERS_PER_TICK_MAX, Ticked
from doorstep.planning.waves import WAVE_JOBS_MAX
from doorstep.simulation.doors import Answered, Door
from doorstep.vocabulary.ids import HubId, PromiseId
from doorstep.vocabulary.promise import PromiseConfirmed, PromiseHeld, PromiseReleased
from doorstep.vocabulary.record import Record
from doorstep.web.cursors import PAGE_ITEMS_MAX
from doorstep.web.door import BODY_BYTES_MAX

LIMITS: Final[Mapping[str, int]] = {
    # What waits must be no more than one turn works off, should all of it fall due in the same instant.
    "timers fired in a tick": TIMERS_PER_TICK_MAX,
    "timers waiting": TIMERS_PER_TICK_MAX,
    "effects waiting": EFFECTS_PER_PUMP_MAX,
    "tries of a timer": TIMER_RETRY.tries_max,
    "tries of an effect": EFFECT_RETRY.tries_max,
    # A hold stands on a route as an order does: both are what a wave is planned of.
    "jobs of a hub's wave": WAVE_JOBS_MAX,
    "open holds of a hub": WAVE_JOBS_MAX,
    "items of a page": PAGE_ITEMS_MAX,
    "bytes of a request in JSON": BODY_BYTES_MAX,
    "bytes of a photo": PHOTO_BYTES_MAX,
}
"""Every gauge with its limit."""
PAGED: Final = ("/v1/orders", "/v1/cases", "/v1/events")
"""Doors whose answer is a page of a list."""


class Gauges:
    """Looks at a market after each tick, at its log and what passes its doors; keeps the greatest sizes."""

    def __init__(self, app: Doorstep) -> None:
        self._app = app
        self._hub_of: dict[PromiseId, HubId] = {}
        self._open: Counter[HubId] = Counter()
        self.greatest: dict[str, int] = dict.fromkeys(LIMITS, 0)

    def _saw(self, gauge: str, size: int) -> None:
        self.greatest[gauge] = max(self.greatest[gauge], size)

    def apply(self, record: Record) -> None:
        """Count the holds that are neither confirmed nor given back."""
        match record.data:
            case PromiseHeld(promise=promise, demand=demand):
                self._hub_of[promise] = demand.hub
                self._open[demand.hub] += 1
                self._saw("open holds of a hub", self._open[demand.hub])
            case PromiseConfirmed(promise=promise) | PromiseReleased(promise=promise):
                hub = self._hub_of.pop(promise, None)
                if hub is not None:
                    self._open[hub] -= 1
            case _:
                pass

    def ticked(self, ticked: Ticked) -> None:
        """What a tick did, and how much waits and is planned after it."""
        self._saw("timers fired in a tick", len(ticked.fired) + len(ticked.failed))
        waiting = self._app.store.waiting(self._app.market.id)
        self._saw("timers waiting", waiting.timers)
        self._saw("tries of a timer", waiting.timer_tries)
        self._saw("effects waiting", waiting.effects)
        self._saw("tries of an effect", waiting.effect_tries)
        jobs: Counter[int] = Counter()
        plan = self._app.planner.plan
        for name in plan.route_ids:
            route = plan.route(name)
            if route.frozen_count == 0:
                jobs[route.shift.hub_place] += len(plan.movable(name))
        self._saw("jobs of a hub's wave", max(jobs.values(), default=0))

    def at(self, door: Door) -> Door:
        """The same door, with every request and every page that goes through it measured."""

        def measured(
            method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", /
        ) -> Answered:
            is_photo = (headers or {}).get("content-type", "").startswith("image/")
            self._saw("bytes of a photo" if is_photo else "bytes of a request in JSON", len(body))
            answered = door(method, path, headers, body)
            if method == "GET" and path.partition("?")[0] in PAGED and answered.status == 200:
                page = msgspec.json.decode(answered.body, type=dict[str, object])
                longest = max((len(items) for items in page.values() if isinstance(items, list)), default=0)
                self._saw("items of a page", longest)
            return answered

        return measured
