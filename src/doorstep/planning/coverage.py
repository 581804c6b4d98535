"""Coverage: which services and capabilities have one qualified carrier, or none, where two are needed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from doorstep.policy.contracts import Contract
from doorstep.vocabulary.ids import OWN_FLEET, CarrierId
from doorstep.vocabulary.order import Handling

CARRIERS_MIN: Final = 2
"""Carriers that a service with a capability needs: who does it, and a qualified backup."""


class Fleet(msgspec.Struct, frozen=True):
    """What the own fleet does: the services on sale, and what its vans and drivers are qualified for."""

    services: Collection[str]
    capabilities: Collection[Handling]


class Need(msgspec.Struct, frozen=True):
    """What has to be covered on a day, at odds that may be chosen."""

    services: Sequence[str]
    capabilities: Sequence[Handling]
    odds_min_ppm: int
    day: date


class Gap(msgspec.Struct, frozen=True):
    """A service with the capabilities that no qualified backup has, and who has them alone."""

    service: str
    lacking: tuple[tuple[Handling, tuple[CarrierId, ...]], ...]


def gaps(need: Need, fleet: Fleet, connected: Mapping[CarrierId, Contract]) -> tuple[Gap, ...]:
    """One gap a service, for what fewer than two carriers could do on that day."""
    found = []
    for service in need.services:
        able = {one: qualified(need, fleet, connected, service, one) for one in need.capabilities}
        lacking = tuple((one, who) for one, who in able.items() if len(who) < CARRIERS_MIN)
        if lacking:
            found.append(Gap(service, lacking))
    return tuple(found)


def qualified(
    need: Need,
    fleet: Fleet,
    connected: Mapping[CarrierId, Contract],
    service: str,
    capability: Handling,
) -> tuple[CarrierId, ...]:
    """Who could deliver a service with a capability: the own fleet first, then by name."""
    day = need.day.isoformat()
    own = (OWN_FLEET,) if service in fleet.services and capability in fleet.capabilities else ()
    others = tuple(
        carrier
        for carrier, contract in sorted(connected.items())
        if contract.valid_from <= day <= contract.valid_to
        and capability in contract.capabilities
        and any(
            service in sold.sells and sold.odds_ppm >= need.odds_min_ppm for sold in contract.service.values()
        )
    )
    return (*own, *others)
