"""A device's clock: its word is taken where it can be right; where it cannot, ours stands, and it is kept.

What a driver tells is sorted by when it happened, and promises are judged by it. A phone whose clock is wrong
must neither put a handoff before its load-out nor move what is due into another year.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from doorstep.engine.desk import Origin
from doorstep.lifecycle.delivery import DeliveryState
from doorstep.lifecycle.route import RouteState
from doorstep.vocabulary.canonical import INTEGER_MAX
from doorstep.vocabulary.delivery import Arrived, DeliveryAssigned, OutForDelivery, PickedUp
from doorstep.vocabulary.ids import RouteId
from doorstep.vocabulary.record import AnyCommand
from doorstep.vocabulary.route import SetClockAside
from doorstep.vocabulary.units import Instant, after

CLOCK_S_MAX: Final = 120
"""Seconds that a device's clock may run ahead of ours, or behind what was told before, and be believed."""
_WAY: Final = (DeliveryAssigned, PickedUp, OutForDelivery, Arrived)
"""What a driver's next word about a delivery comes after."""


def settled(origin: Origin, route: RouteState, about: Iterable[DeliveryState], now: Instant) -> Origin:
    """Who tells, with a time that can be right: not ahead of us, nor before what the route already told.

    A small difference is levelled; beyond `CLOCK_S_MAX` our own time stands, and `claimed_at` keeps theirs.
    """
    told = [at for at in (route.departed_at, route.last_at, route.returned_at) if at is not None]
    for delivery in about:
        told += [event.at for event in delivery.evidence if isinstance(event, _WAY) and event.said is None]
    floor = min(max(told, default=origin.at), now)
    if after(floor, -CLOCK_S_MAX) <= origin.at <= after(now, CLOCK_S_MAX):
        return replace(origin, at=min(max(origin.at, floor), now))
    # A log holds no greater integers: what is beyond the year 2255 is kept as that.
    claimed_at = Instant(max(-INTEGER_MAX, min(INTEGER_MAX, origin.at)))
    return replace(origin, at=now, claimed_at=claimed_at)


def set_aside(route: RouteId, origin: Origin) -> list[AnyCommand]:
    """What keeps a clock's word that was not taken; nothing where it was."""
    return [] if origin.claimed_at is None else [SetClockAside(route, origin.claimed_at, origin.at)]
